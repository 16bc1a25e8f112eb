"""What a channel, a daemon and a machine go through: garbage, kills, pauses, many starts, clocks."""
import contextlib
import datetime
import os
import threading

import channel
from adversity import AdversityCase
from channel import FakeAgent, element, i64, name
from guestops import Vm, auth, spec, wait_for
from hand import Hand
from support import env, parallel, unique


def start_request(instance, deadline, program):
    who = name("NamePasswordAuthentication") + element(1, b"\0") + \
        element(0x101, "root") + element(0x102, "root-secret")
    what = name("GuestProgramSpec") + element(1, program["programPath"]) + \
        element(2, program["arguments"])
    params = name("StartProgramInGuestRequestType") + \
        element(1, name("VirtualMachine") + env.vm.moid.encode()) + \
        element(2, who) + element(3, what)
    return element(1, "StartProgramInGuest") + element(2, instance) + \
        element(3, unique("by-hand")) + element(4, i64(deadline)) + element(5, params)


def half_a_frame(kind, nonce):
    """A header that promises more than ever comes."""
    return channel.frame(kind, b"x" * channel.PAYLOAD_MAX, nonce, 1)[:5000]


class GarbageOnThePort(AdversityCase):
    MINUTE = 60 * 10 ** 6

    def hand(self):
        return Hand(self.guest.path("agent.sock"))

    def garbage(self):
        return os.urandom(3000) + channel.MAGIC * 40 + b"\xc7" * 300 + \
            half_a_frame(channel.REQUEST, 4711)

    def replay(self, nonce, instance, clock, program, ids=(1, 2, 7)):
        payload = start_request(instance, clock + 10 * self.MINUTE, program)
        return b"".join(channel.frame(channel.REQUEST, payload, nonce, id) +
                        channel.frame(channel.GO, b"", nonce, id) for id in ids)

    def test_replayed_request(self):
        once, program = self.marker()
        self.agent_lives_on()
        with self.without_daemon():
            with self.hand() as host:
                # First the proof that these bytes start a program in their own conversation.
                nonce, instance, clock = host.hello()
                bytes_ = self.replay(nonce, instance, clock, program, ids=[7])
                host.send(bytes_)
                host.wait(channel.CONFIRM, nonce, 7)
                host.send(channel.frame(channel.GO, b"", nonce, 7))
                answer = dict(channel.elements(host.wait(channel.ANSWER, nonce, 7)))
                self.assertEqual(answer[1][0], channel.FORM_LONG, answer)
                pid = int.from_bytes(answer[1][7:], "little")
            with self.hand() as host:
                host.send(bytes_)  # no conversation at all
                nonce, _, _ = host.hello()
                host.send(bytes_ + self.garbage() + bytes_)  # another conversation
                # The right nonce, but meant for another agent, and too late for this one.
                other = start_request("0" * 32, clock + 10 * self.MINUTE, program)
                late = start_request(instance, clock - 1, program)
                for id, payload in ((8, other), (9, late)):
                    host.send(channel.frame(channel.REQUEST, payload, nonce, id) +
                              channel.frame(channel.GO, b"", nonce, id))
                    answer = dict(channel.elements(host.wait(channel.ANSWER, nonce, id)))
                    self.assertIn(b"GuestOperationsUnavailable", answer[2])
                host.ping(nonce)
        self.assertRanOnce(once, pid)
        self.assertEqual(self.begun(once), 1)

    def test_left_by_others(self):
        """Each leaves something else behind, cut off where it hurts."""
        file, program = self.marker()
        self.agent_lives_on()
        with self.without_daemon():
            with self.hand() as host:
                nonce, instance, clock = host.hello()
            old = self.replay(nonce, instance, clock, program)
            zero = self.replay(0, instance, clock, program)  # of no conversation
            hello = channel.frame(channel.HELLO, element(1, env.vm.uuid) + element(2, "x"), 2002)
            for left in (os.urandom(20000), self.garbage(), old, zero, old[:-20] + old,
                         hello[:20], hello[:-1], hello + old + zero,
                         hello + self.replay(2002, instance, clock, program, [3])[:-200],
                         self.garbage() + old + half_a_frame(channel.HELLO, 2003)):
                with self.hand() as host:
                    host.send(left)
        self.assertNeverRan(file)

    def test_second_client(self):
        """QEMU takes it, and all it has sent, when the daemon has left."""
        file, program = self.marker()
        self.agent_lives_on()
        replay = self.replay(3001, "1" * 32, 2 ** 60, program)
        with self.hand() as host:
            host.send(self.garbage() + replay + half_a_frame(channel.REQUEST, 3001))
            self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        with self.without_daemon():
            pass
        self.assertNeverRan(file)

    def test_towards_the_daemon(self):
        garbage = self.garbage

        class Torn(FakeAgent):
            """Each connection begins with what an earlier life has left."""

            def _talk(self):
                old = channel.frames(channel.ANSWER, channel.answer_long(666), 99, 1)
                self.send(garbage() + old + channel.frame(channel.CONFIRM, b"", 99, 1) +
                          half_a_frame(channel.ANSWER, 99))
                super()._talk()

        def torn_answer(agent, id, operation):
            agent.send(channel.frames(channel.ANSWER, channel.answer_long(1), agent.nonce,
                                      id)[:-3])
            agent.hang_up()

        path = os.path.join(self.temporary(), "s")
        agent = Torn(path, torn_answer)
        self.addCleanup(agent.close)
        with env.machine(Vm(unique("torn"), "local", path)) as vm:
            def ready():
                info = self.client.get(f"VirtualMachine/{vm.moid}/guest").json
                return info["guestOperationsReady"]

            wait_for(ready, "it is ready")
            answer = self.client.try_start(vm.ref, auth("root"), spec("/bin/true"))
            self.assertFault(answer, "GuestOperationsUnavailable")
            agent.on_request = lambda agent, id, operation: \
                agent.answer(id, channel.answer_long(4))
            wait_for(lambda: agent.connections > 1 and ready(), "it is ready again")
            self.assertEqual(self.client.start(vm.ref, auth("root"), spec("/bin/true")), 4)
            self.assertEqual(len(agent.requests), 2)


class DaemonKilled(AdversityCase):
    def kill_daemon(self):
        env.daemon.process.kill()
        env.daemon.process.wait()
        env.daemon.process = None
        env.daemon.start()

    def in_thread(self, results, key, function):
        def work():
            try:
                results[key] = function()
            except Exception as error:  # noqa: BLE001 the daemon is gone
                results[key] = error

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        return thread

    def connections(self, number):
        clients = [self.client.copy() for _ in range(number)]
        for client in clients:
            self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/name"))
            self.addCleanup(client.close)
        return clients

    def check(self, answers):
        """answers: {file: answer or exception}"""
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        ran = 0
        for file, answer in answers.items():
            if getattr(answer, "status", None) == 200:
                self.assertRanOnce(file, answer.json)
            else:
                self.assertLessEqual(self.begun(file), 1)
                self.assertLessEqual(len(self.pids_in(file)), 1)
            ran += self.begun(file)
        return ran

    def test_programs_run(self):
        self.agent_lives_on()
        ended = self.start("demo", "/bin/sh", "-c 'exit 21'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "65")
        answers = {}
        refused = self.guest.agent_log().count("login of 'demo' refused")
        threads = [self.in_thread(answers, number,
                                  lambda c=client: c.try_start(self.vm, auth("demo", "wrong"),
                                                               spec("/bin/true")))
                   for number, client in enumerate(self.connections(3))]
        wait_for(lambda: self.guest.agent_log().count("login of 'demo' refused") > refused or
                 answers, "the refusals wait")
        self.kill_daemon()
        for thread in threads:
            thread.join(30)
        env.wait_ready()
        self.client = env.client()
        self.addCleanup(self.client.close)
        self.assertEqual(len(answers), 3)
        self.assertEqual(self.rows("demo", [ended])[0]["exitCode"], 21)
        self.assertNotIn("endTime", self.rows("demo", [running])[0])
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)

    def test_while_programs_start(self):
        self.agent_lives_on()
        work = [self.marker() for _ in range(12)]
        answers = {}
        threads = [self.in_thread(answers, file,
                                  lambda c=client, p=program: c.try_start(self.vm, auth("root"), p))
                   for (file, program), client in zip(work, self.connections(len(work)))]
        wait_for(lambda: answers, "one has been answered", poll=0.001)
        self.kill_daemon()
        for thread in threads:
            thread.join(30)
        env.wait_ready()
        self.client = env.client()
        self.addCleanup(self.client.close)
        self.assertEqual(len(answers), len(work))
        self.assertGreaterEqual(self.check(answers), 1)

    def test_before_the_agent_reads(self):
        """It finds requests of a host that is gone: nobody says "go"."""
        agent = self.agent_lives_on()
        work = [self.marker() for _ in range(4)]
        answers = {}
        clients = self.connections(len(work))
        self.guest.sh(f"kill -STOP {agent}")
        try:
            threads = [self.in_thread(answers, file, lambda c=client, p=program:
                                      c.try_start(self.vm, auth("root"), p))
                       for (file, program), client in zip(work, clients)]
            self.assertOk(self.client.get(f"VirtualMachine/{env.vm.moid}/name"))
            self.kill_daemon()
        finally:
            self.guest.sh(f"kill -CONT {agent}")
        for thread in threads:
            thread.join(30)
        env.wait_ready()
        self.client = env.client()
        self.addCleanup(self.client.close)
        for file, _ in work:
            self.assertNotIsInstance(answers[file], type(None))
            self.assertNeverRan(file)


class PausedInTheMiddle(AdversityCase):
    def test_starts(self):
        later = []
        self.addCleanup(lambda: self.guest.qmp("cont"))
        client = self.client.copy()
        self.addCleanup(client.close)
        kinds = set()
        for delay in (0, 0.002, 0.005, 0.01, 0.02, 0.04):  # other moments of the start
            file, program = self.marker()
            answers, sent = [], threading.Event()
            client.get(f"VirtualMachine/{env.vm.moid}/name")

            def ask():
                sent.set()
                answers.append(client.try_start(self.vm, auth("root"), program))

            thread = threading.Thread(target=ask, daemon=True)
            thread.start()
            sent.wait()
            thread.join(delay)
            self.guest.qmp("stop")
            thread.join(20)
            self.assertEqual(len(answers), 1, "a paused machine holds up nobody")
            self.guest.qmp("cont")
            env.wait_ready()
            answer, = answers
            kinds.add(answer.json["_typeName"] if answer.status == 500 else "started")
            later.append((file, answer))
            self.check(file, answer)
        for file, answer in later:
            self.check(file, answer)
        self.assertTrue(kinds <= {"started", "InvalidState", "GuestOperationsFault",
                                  "GuestOperationsUnavailable"}, kinds)

    def check(self, file, answer):
        if answer.status == 200:
            self.assertRanOnce(file, answer.json)
            return
        fault = self.assertFault(answer, answer.json["_typeName"])
        if "may have been carried out" in fault["faultstring"]:
            self.assertEqual(fault["_typeName"], "GuestOperationsFault")
            self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
            self.assertLessEqual(self.begun(file), 1)
            self.assertLessEqual(len(self.pids_in(file)), 1)
        else:
            self.assertNeverRan(file)


class PidsWrap(AdversityCase):
    NUMBER = 64
    TOGETHER = 8

    def test_exit_codes(self):
        path = "/proc/sys/kernel/pid_max"
        before = self.guest.sh(f"cat {path}").strip()
        code, output = self.guest.command(f"echo 340 > {path}")
        if code != 0:
            self.skipTest(f"pid_max cannot be set: {output}")
        self.addCleanup(self.guest.sh, f"echo {before} > {path}")
        seen = {}
        for base in range(0, self.NUMBER, self.TOGETHER):
            wanted = {}
            for number in range(base, base + self.TOGETHER):
                pid = self.start("root", "/bin/sh", f"-c 'exit {number % 200}'")
                self.assertNotIn(pid, wanted, "two programs at once")
                wanted[pid] = number % 200
                seen[pid] = number % 200

            def ended():
                rows = self.rows("root", list(wanted))
                return rows if all("endTime" in row for row in rows) else None

            rows = wait_for(ended, "all have ended")
            self.assertEqual({row["pid"]: row["exitCode"] for row in rows}, wanted)
            self.assertEqual(len(rows), len(wanted))
        self.assertLess(len(seen), self.NUMBER, "no pid was used twice")
        # One row for each pid, that of the newest program.
        rows = self.rows("root", list(seen))
        self.assertEqual({row["pid"]: row.get("exitCode") for row in rows}, seen)
        self.assertEqual(len(rows), len(seen))


class ClockJump(AdversityCase):
    def times(self, row):
        return [datetime.datetime.fromisoformat(row[key].replace("Z", "+00:00"))
                for key in ("startTime", "endTime")]

    def jump(self, hours):
        self.guest.sh(f"date -s @$(($(date +%s) + {hours} * 3600))")

    def test_while_a_program_runs(self):
        for hours in (1, -1):
            fifo = f"/tmp/{unique('fifo')}"
            self.guest.sh(f"mkfifo -m 666 {fifo}")
            self.addCleanup(self.guest.command, f"rm -f {fifo}")
            pid = self.start("root", "/bin/sh", f"-c 'read x < {fifo}; exit 51'")
            self.jump(hours)
            try:
                self.guest.sh(f"echo x > {fifo}")
                row = self.finish("root", pid)
                started, ended = self.times(row)
                self.assertGreaterEqual(ended, started, row)
                self.assertEqual(row["exitCode"], 51)
                self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
            finally:
                self.jump(-hours)
            # Remembered for its time, whatever the wall clock says.
            self.assertEqual(self.rows("root", [pid])[0]["exitCode"], 51)

    def test_retention(self):
        with env.agent_conf("[guestoperations]\nretention = 2\n"):
            for hours in (1, -1):
                pid = self.run_program("root", "/bin/true")["pid"]
                self.jump(hours)
                try:
                    self.assertEqual(len(self.rows("root", [pid])), 1)
                    wait_for(lambda: not self.rows("root", [pid]), "it is forgotten", 20)
                finally:
                    self.jump(-hours)
