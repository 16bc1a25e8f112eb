"""What a channel, a daemon and a machine go through: garbage, kills, pauses, reverts, moves."""
import contextlib
import copy
import datetime
import os
import random
import socket
import subprocess
import threading
import unittest

import channel
from channel import FakeAgent, element, i64, name
from ctl import Ctl
from guestops import ROOT, VM_TOOLS, Guest, Vm, auth, spec, wait_for
from support import GuestCase, env, parallel, unique

SLOW = bool(os.environ.get("GUESTOPS_SLOW"))


class AdversityCase(GuestCase):
    @contextlib.contextmanager
    def without_daemon(self):
        env.daemon.stop()
        try:
            yield
        finally:
            env.daemon.start()
            env.wait_ready()
            self.client = env.client()
            self.addCleanup(self.client.close)

    def agent_lives_on(self):
        """Returns its pid, which has to be the same when the test is over."""
        agent = self.guest.agent_pid()
        self.addCleanup(lambda: self.assertEqual(self.guest.agent_pid(), agent))
        return agent

    def marker(self):
        """A program that leaves its pid in a file of its own, and the file."""
        file = f"/tmp/{unique('mark')}"
        self.addCleanup(lambda: self.guest.command(f"rm -f {file}"))
        return file, spec("/bin/sh", f"-c 'echo $$ >> {file}'")

    def pids_in(self, file):
        return [int(line) for line in
                self.guest.command(f"cat {file} 2>/dev/null")[1].split()]

    def begun(self, file):
        """How many programs the agent has started that name this file."""
        return len([row for row in self.rows("root") if file in row["cmdLine"]])

    def assertNeverRan(self, file):
        """The agent is live, and whatever came before has been dealt with."""
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        self.assertEqual(self.begun(file), 0)
        self.assertEqual(self.pids_in(file), [])

    def assertRanOnce(self, file, pid):
        self.finish("root", pid)
        self.assertEqual(self.pids_in(file), [pid])


class Hand:
    """A host at the agent's port, played by hand."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        wait_for(lambda: self._connected(path), "QEMU lets us in")
        self.data = b""

    def _connected(self, path):
        try:
            self.sock.connect(path)
        except BlockingIOError:  # the one before us is still waiting, too
            return False
        return True

    __enter__ = lambda self: self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def _need(self, size):
        while len(self.data) < size:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError("QEMU has hung up")
            self.data += more

    def frames(self):
        """(kind, nonce, id, payload); what is no frame is passed over."""
        size = channel.HEADER.size + 4
        while True:
            self._need(size)
            magic, _, kind, _, nonce, id, length, _ = \
                channel.HEADER.unpack(self.data[:channel.HEADER.size])
            if magic != channel.MAGIC:
                self.data = self.data[1:]
                continue
            self._need(size + length)
            payload = self.data[size:size + length]
            self.data = self.data[size + length:]
            yield kind, nonce, id, payload

    def wait(self, kind, nonce, id=0):
        for frame in self.frames():
            if frame[:3] == (kind, nonce, id):
                return frame[3]

    def hello(self):
        """Until a welcome comes; returns the nonce and the agent's instance and clock."""
        payload = element(1, env.vm.uuid) + element(2, "by hand")
        self.sock.settimeout(2)
        for _ in range(15):
            nonce = random.getrandbits(63) | 1
            self.send(channel.frame(channel.HELLO, payload, nonce))
            with contextlib.suppress(TimeoutError):
                welcome = dict(channel.elements(self.wait(channel.WELCOME, nonce)))
                self.sock.settimeout(30)
                return (nonce, welcome[3].decode(),
                        int.from_bytes(welcome[5], "little", signed=True))
        raise AssertionError("the agent does not welcome us")

    def ping(self, nonce):
        """All that was sent before has been read when this returns."""
        self.send(channel.frame(channel.PING, b"", nonce))
        self.wait(channel.PONG, nonce)


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


class OwnGuest(AdversityCase):
    """With a guest that may be ruined."""

    def setUp(self):
        super().setUp()
        self.guest = Guest(env.guest.guest, os.path.join(env.build, "guestops-agent"),
                           os.path.join(ROOT, "data", "guestops-agent.pam"))
        self.addCleanup(self.guest.stop)
        self.guest.boot()
        self.machine = self.put(self.guest)
        self.vm = self.machine.ref
        self.wait_ready(self.machine)

    def put(self, guest):
        machine = env.daemon.put_vm(Vm(unique("own"), "qmp", guest.path("agent.sock"),
                                       guest.path("qmp.sock")))
        self.addCleanup(env.daemon.remove_vm, machine)
        return machine

    def wait_ready(self, machine, deadline=120):
        wait_for(lambda: self.client.try_list(machine.ref, auth("root"), [1]).status == 200,
                 f"{machine.name} is ready", deadline)

    def job(self, command, **arguments):
        job = unique("job")
        self.guest.qmp(command, **{"job-id": job, **arguments})

        def ended():
            for row in self.guest.qmp("query-jobs"):
                if row["id"] == job and row["status"] == "concluded":
                    return row

        row = wait_for(ended, f"{command} has ended", 60)
        self.guest.qmp("job-dismiss", id=job)
        self.assertNotIn("error", row)


class SnapshotRevert(OwnGuest):
    def put_disk(self):
        """A disk that the guest does not see; the machine's state goes there."""
        path = os.path.join(self.guest.directory, "disk")
        self.job("blockdev-create", options={"driver": "file", "filename": path, "size": 0})
        self.guest.qmp("blockdev-add", **{"node-name": "file", "driver": "file",
                                          "filename": path})
        self.job("blockdev-create", options={"driver": "qcow2", "file": "file",
                                             "size": 1 << 20})
        self.guest.qmp("blockdev-add", **{"node-name": "disk", "driver": "qcow2",
                                          "file": "file"})

    def test_programs(self):
        where = {"tag": "before", "vmstate": "disk", "devices": ["disk"]}
        self.put_disk()
        ended = self.start("demo", "/bin/sh", "-c 'exit 31'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "66")
        self.job("snapshot-save", **where)
        self.wait_ready(self.machine)
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)
        lost = [self.run_program("demo", "/bin/sh", f"-c 'exit {code}'")["pid"]
                for code in range(100, 105)]
        alive = self.start("demo", "/bin/sleep", "67")
        self.job("snapshot-load", **where)
        self.wait_ready(self.machine)
        self.assertEqual(self.rows("demo", [ended])[0]["exitCode"], 31)
        row, = self.rows("demo", [running])  # it was not killed in this past
        self.assertNotIn("endTime", row)
        # Their pids may be anybody's now; their exit codes are nobody's.
        for row in self.rows("demo", lost + [alive]):
            self.assertNotIn("exitCode", row)
            self.assertNotIn("67", row["cmdLine"])
        self.assertEqual([row for row in self.rows("demo") if "exit 10" in row["cmdLine"]], [])
        new = {self.start("demo", "/bin/sh", f"-c 'exit {code}'"): code
               for code in range(50, 58)}
        self.assertEqual(len(new), 8)
        for pid, code in new.items():
            self.assertEqual(self.finish("demo", pid)["exitCode"], code)
        for row in self.rows("demo", lost + [alive]):
            self.assertEqual(row.get("exitCode"), new.get(row["pid"]))
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)


class Migration(OwnGuest):
    def target(self):
        """The same QEMU once more, waiting for the machine; in another folder."""
        other = copy.copy(self.guest)
        other.run = os.path.join(self.guest.directory, "t")
        other._lock = threading.Lock()
        other._ctl = Ctl(other.path("ctl.sock"), deadline=60)
        os.mkdir(other.run)
        os.link(self.guest.path("initrd"), other.path("initrd"))
        with open(self.guest.path("qemu.pid")) as file:
            pid = file.read().strip()
        with open(f"/proc/{pid}/cmdline") as file:
            line = [word.replace(self.guest.run + "/", other.run + "/")
                    for word in file.read().split("\0")[:-1]]
        subprocess.run(line + ["-incoming", f"unix:{other.path('migration')}"], check=True)
        self.addCleanup(subprocess.run, [os.path.join(VM_TOOLS, "stop-guest"), "--run",
                                         other.run], check=False)
        self.addCleanup(other._ctl.close)
        return other

    def test_programs(self):
        ended = self.start("demo", "/bin/sh", "-c 'exit 41'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "68")
        source, target = self.machine, self.target()
        machine = self.put(target)
        self.assertFault(self.client.try_start(machine.ref, auth("demo"), spec("/bin/true")),
                         "InvalidState")
        self.guest.qmp("migrate", uri=f"unix:{target.path('migration')}")

        def completed():
            status = self.guest.qmp("query-migrate")["status"]
            self.assertNotIn(status, ("failed", "cancelled"))
            return status == "completed"

        wait_for(completed, "the machine has moved", 60)
        self.vm, old = machine.ref, self.guest
        self.wait_ready(machine)
        self.guest = target
        try:
            self.assertEqual(self.rows("demo", [ended])[0]["exitCode"], 41)
            row, = self.rows("demo", [running])
            self.assertEqual((row["name"], row["owner"]), ("sleep", "demo"))
            self.assertIn(" 68", row["cmdLine"])
            self.assertNotIn("endTime", row)
            self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 42'")["exitCode"], 42)
            self.end_program(running)
            self.assertEqual(self.finish("demo", running)["exitCode"], 137)
            for answer in (self.client.try_start(source.ref, auth("demo"), spec("/bin/true")),
                           self.client.try_list(source.ref, auth("demo"))):
                fault = self.assertFault(answer, "InvalidState")
                self.assertIn("migrated away", fault["faultstring"])
        finally:
            self.guest = old


class ManyStarts(AdversityCase):
    CONF = "[guestoperations]\nretention = 1\n"
    CONNECTIONS = 4

    def usage(self):
        """Of the agent and the daemon, when nothing is remembered any more."""
        agent = self.guest.agent_pid()
        rss, fds, agents = map(int, self.guest.sh(
            f"grep VmRSS /proc/{agent}/status | tr -dc 0-9; echo; ls /proc/{agent}/fd | wc -l; "
            "pgrep -c -x guestops-agent").split())
        return {"agent KiB": rss, "agent fds": fds, "agents": agents,
                "daemon fds": len(os.listdir(f"/proc/{env.daemon.process.pid}/fd"))}

    def run_starts(self, number):
        """On kept connections, each program after the one before on the same."""
        def work(client):
            for _ in range(number // self.CONNECTIONS):
                pid = client.start(self.vm, auth("root"), spec("/bin/true"))
            return pid

        clients = [self.client.copy() for _ in range(self.CONNECTIONS)]
        try:
            last = parallel([lambda c=client: work(c) for client in clients], 3600)
        finally:
            for client in clients:
                client.close()
        wait_for(lambda: not self.rows("root", last), "the last ones are forgotten")
        return self.usage()

    def many(self, number):
        with env.agent_conf(self.CONF):
            before = self.run_starts(24)
            after = self.run_starts(number)
            wait_for(lambda: self.usage()["daemon fds"] <= before["daemon fds"],
                     "the daemon has closed what was closed")
        self.assertEqual((after["agent fds"], after["agents"]),
                         (before["agent fds"], before["agents"]))
        if not self.guest.sanitized:  # a sanitizer keeps what was freed
            self.assertLess(after["agent KiB"], before["agent KiB"] + 1024, (before, after))

    def test_hundred(self):
        self.many(100)

    @unittest.skipUnless(SLOW, "takes minutes; GUESTOPS_SLOW=1 runs it")
    def test_ten_thousand(self):
        self.many(10000)


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
