"""Ends and beginnings: of agents, guests, daemons, connections."""
import json
import os
import threading

from guestops import Vm, auth, spec, wait_for
from support import GuestCase, env, parallel, unique


class Agent(GuestCase):
    def test_killed_while_a_program_runs(self):
        ended = self.start("demo", "/bin/sh", "-c 'exit 3'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "62")
        env.restart_agent()
        self.assertEqual(self.rows("demo", [ended]), [])
        row, = self.rows("demo", [running])  # an ordinary process from now on
        self.assertEqual((row["name"], row["cmdLine"], row["owner"]),
                         ("sleep", "/bin/sleep 62", "demo"))
        self.assertNotIn("endTime", row)
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 4'")["exitCode"], 4)
        self.guest.sh(f"kill {running}")
        wait_for(lambda: not self.rows("demo", [running]), "the row is gone")

    def test_killed_while_requests_wait(self):
        clients = [self.client.copy() for _ in range(4)]
        marks = [unique("killed") for _ in clients]

        def wait_refused(client, mark):
            return client.try_start(self.vm, auth("demo", "wrong"), spec("/bin/touch", mark))

        threads_done = []

        def run():
            threads_done.extend(parallel([lambda c=c, m=m: wait_refused(c, m)
                                          for c, m in zip(clients, marks)]))

        thread = threading.Thread(target=run)
        thread.start()
        wait_for(lambda: self.guest.agent_log().count("login of 'demo' refused") >= 1,
                 "the refusals wait")
        env.restart_agent()
        thread.join(60)
        self.assertEqual(len(threads_done), 4)
        for answer in threads_done:
            self.assertEqual(answer.status, 500)
            self.assertIn(answer.json["_typeName"],
                          ("GuestOperationsUnavailable", "GuestOperationsFault",
                           "InvalidGuestLogin"))

    def test_terminated(self):
        old = self.guest.agent_pid()
        pid = self.start("demo", "/bin/sleep", "63")
        self.guest.sh(f"kill -TERM {old}")
        wait_for(lambda: self.guest.agent_pid() not in (None, old), "the next agent")
        env.wait_ready()
        self.assertIn("agent ended with code 0", self.guest.agent_log())
        self.assertEqual(len(self.rows("demo", [pid])), 1)
        self.guest.sh(f"kill {pid}")


class Deadline(GuestCase):
    """With a short deadline of the daemon's, so that nobody waits for a minute."""

    def setUp(self):
        env.daemon.restart(guest_timeout=3)
        self.addCleanup(lambda: (env.daemon.restart(guest_timeout=None), env.wait_ready()))
        env.wait_ready()
        super().setUp()

    def test_stopped_agent(self):
        file = f"/tmp/{unique('late')}"
        agent = self.guest.agent_pid()
        self.guest.sh(f"kill -STOP {agent}")
        try:
            fault = self.assertFault(self.try_start("root", "/usr/bin/touch", file),
                                     "GuestOperationsUnavailable")
            self.assertIn("not begun", fault["faultstring"])
        finally:
            self.guest.sh(f"kill -CONT {agent}")
        env.wait_ready()
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        # At most once: what was given up is not carried out later.
        self.assertNotEqual(self.guest.command(f"test -e {file}")[0], 0)
        self.assertEqual(self.guest.agent_pid(), agent)

    def test_agent_falls_silent_and_comes_back(self):
        self.assertEqual(self.rows("demo", [1])[0]["pid"], 1)
        agent = self.guest.agent_pid()
        path = f"VirtualMachine/{env.vm.moid}/guest"
        self.guest.sh(f"kill -STOP {agent}")
        try:
            wait_for(lambda: self.client.get(path).json["guestOperationsReady"] is False,
                     "the silence is noticed", 40)
            fault = self.assertFault(self.try_start("demo", "/bin/true"),
                                     "GuestOperationsUnavailable")
            self.assertIn("silent", fault["faultstring"])
        finally:
            self.guest.sh(f"kill -CONT {agent}")
        env.wait_ready()
        self.assertEqual(self.guest.agent_pid(), agent)

    def test_no_agent(self):
        self.guest.sh("touch /run/no-agent")
        try:
            self.guest.kill_agent()
            self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsUnavailable")
            self.assertFault(self.client.try_list(self.vm, auth("demo")),
                             "GuestOperationsUnavailable")
        finally:
            self.guest.sh("rm /run/no-agent")
        env.wait_ready()
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)


class Daemon(GuestCase):
    def test_restarted_under_a_running_guest(self):
        pid = self.start("demo", "/bin/sh", "-c 'sleep 0.2; exit 9'")
        agent, old = self.guest.agent_pid(), self.client.session
        env.daemon.restart()
        env.wait_ready()
        client = env.client()
        self.assertNotEqual(client.session, old)  # sessions are the daemon's own
        self.assertFault(client.get(f"VirtualMachine/{env.vm.moid}/name",
                                    {"vmware-api-session-id": old}), "NotAuthenticated")
        # The machine's id is the same, and so is the agent with its table.
        self.assertEqual(client.get(f"VirtualMachine/{env.vm.moid}/name").json, env.vm.name)
        self.assertEqual(client.wait_end(self.vm, auth("demo"), pid)["exitCode"], 9)
        self.assertEqual(self.guest.agent_pid(), agent)
        client.close()

    def test_password_is_told_once(self):
        env.daemon.restart()
        self.assertNotIn(env.daemon.password, env.daemon.log())
        env.daemon.admin().close()
        env.wait_ready()

    def test_terminated_while_requests_wait(self):
        client = self.client.copy()
        answers = []

        def ask():
            try:
                answers.append(client.try_start(self.vm, auth("demo", "wrong"),
                                                spec("/bin/true")).status)
            except Exception as error:  # noqa: BLE001 a reset is as good
                answers.append(type(error).__name__)

        before = len(env.daemon.audit())
        thread = threading.Thread(target=ask)
        thread.start()
        refused = self.guest.agent_log().count("refused")
        wait_for(lambda: self.guest.agent_log().count("refused") > refused or answers,
                 "the request has reached the guest")
        env.daemon.restart()  # asserts a clean end
        thread.join(30)
        self.assertEqual(len(answers), 1)
        self.assertGreater(len(env.daemon.audit()), before)
        env.wait_ready()

    def test_hangup_keeps_sessions_and_requests(self):
        client = env.daemon.admin()
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            client.copy().try_start(self.vm, auth("demo", "wrong"), spec("/bin/true"))))
        thread.start()
        for _ in range(3):
            env.daemon.reload()
        thread.join(60)
        self.assertFault(answers[0], "InvalidGuestLogin")
        self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/name"))
        self.assertOk(client.try_list(self.vm, auth("demo"), [1]))
        client.close()

    def test_hangup_with_a_broken_configuration(self):
        with open(env.daemon.config) as file:
            text = file.read()
        try:
            with open(env.daemon.config, "w") as file:
                file.write("[http]\nport = nonsense\n")
            env.daemon.reload()
            self.assertOk(self.client.get(f"VirtualMachine/{env.vm.moid}/name"))
            with open(f"{env.daemon.state}/users") as file:
                users = file.read()
            env.daemon.write_config()
            with open(f"{env.daemon.state}/users", "a") as file:
                file.write("this is no user\n")
            env.daemon.reload()
            self.assertOk(self.client.get(f"VirtualMachine/{env.vm.moid}/name"))
            with open(f"{env.daemon.state}/users", "w") as file:
                file.write(users)
        finally:
            with open(env.daemon.config, "w") as file:
                file.write(text)
        env.daemon.reload()
        env.daemon.admin().close()

    def test_bad_machine_files_are_left_out(self):
        path = f"{env.daemon.vms}/bad.conf"
        for text in ("", "[vm]\n", "nonsense", "[vm]\nprovider = other\nname = x\n",
                     Vm("x", "qmp", "/a", "/b", "no-uuid").text(),
                     Vm("x", "qmp", "/" + "a" * 200, "/b").text(),
                     Vm("x", "qmp", "/a", "/b", env.vm.uuid).text().replace("= x", "= twin")):
            with open(path, "w") as file:
                file.write(text)
            env.daemon.reload()
            self.assertOk(self.client.get(f"VirtualMachine/{env.vm.moid}/runtime"))
        os.unlink(path)
        env.daemon.reload()
        env.wait_ready()
        self.assertEqual(self.assertOk(self.client.get(f"VirtualMachine/{env.vm.moid}/name")),
                         env.vm.name)

    def test_rotated_audit(self):
        path = f"{env.daemon.state}/audit.jsonl"
        os.rename(path, path + ".1")
        env.daemon.reload()
        answer = self.try_start("demo", "/bin/true")
        self.assertIn(answer.headers["X-Request-Id"],
                      [line.get("requestId") for line in env.daemon.audit()])


class Clients(GuestCase):
    def send_start(self, sock, who):
        body = json.dumps({"vm": self.vm, "auth": who, "spec": spec("/bin/true")})
        sock.sendall((f"POST {self.client.url(self.client.PROCESSES)}/StartProgramInGuest "
                      f"HTTP/1.1\r\nHost: x\r\nvmware-api-session-id: {self.client.session}\r\n"
                      f"Content-Length: {len(body)}\r\n\r\n{body}").encode())

    def test_leaves_while_parked(self):
        name = unique("ghost")
        sock = self.client.raw_socket()
        self.send_start(sock, auth(name))
        wait_for(lambda: name in self.guest.agent_log(), "the login is refused")
        sock.close()

        def line():
            return [line for line in env.daemon.audit() if line.get("guestUser") == name]

        row, = wait_for(line, "it is in the audit")
        self.assertEqual(row["operation"], "StartProgramInGuest")
        self.assertNotEqual(row["result"], "ok")
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)

    def test_many_leave(self):
        sockets = [self.client.raw_socket() for _ in range(20)]
        for sock in sockets:
            self.send_start(sock, auth("nobody-here", "x"))
        for sock in sockets:
            sock.close()
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
        self.assertTrue(env.daemon.alive())

    def test_half_a_request(self):
        sockets = [self.client.raw_socket() for _ in range(30)]
        for sock in sockets:
            sock.sendall(b"POST /sdk/vim25/8.0.2.0/SessionManager/SessionManager/Login HTTP/1.1"
                         b"\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
        for sock in sockets:
            sock.close()

    def test_mix(self):
        for user in ("demo", "alice", "grouped", "root"):
            self.rows(user, [1])  # remembered

        def work(number):
            client = self.client.copy()
            try:
                for turn in range(4):
                    user = ("demo", "alice", "grouped", "root")[(number + turn) % 4]
                    kind = (number + turn) % 5
                    if kind == 0:
                        self.assertFault(client.try_start(self.vm, auth(user), spec("/no")),
                                         "FileNotFound", file="/no")
                    elif kind == 1:
                        rows = client.list(self.vm, auth(user))
                        self.assertIn(1, [row["pid"] for row in rows])
                    elif kind == 2:
                        self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/guest"))
                    else:
                        code = number % 100
                        pid = client.start(self.vm, auth(user),
                                           spec("/bin/sh", f"-c 'exit {code}' | cat; "
                                                           f"exit {code}"))
                        row = client.wait_end(self.vm, auth(user), pid)
                        self.assertEqual((row["exitCode"], row["owner"]), (code, user))
            finally:
                client.close()

        parallel([lambda n=n: work(n) for n in range(16)])


class Guest(GuestCase):
    def test_reset(self):
        pid = self.start("demo", "/bin/sleep", "64")
        boot = self.guest.boot_id()
        path = f"VirtualMachine/{env.vm.moid}/guest"
        self.guest.qmp("system_reset")
        wait_for(lambda: self.client.get(path).json["guestOperationsReady"] is False,
                 "the reset is noticed")
        self.guest.wait_reboot(boot)
        env.wait_ready(120)
        self.assertNotEqual(self.guest.boot_id(), boot)
        self.assertEqual([row for row in self.rows("demo", [pid]) if row["name"] == "sleep"], [])
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 5'")["exitCode"], 5)

    def test_reboot_from_inside(self):
        boot = self.guest.boot_id()
        self.start("root", "/usr/sbin/guest-reboot")
        self.guest.wait_reboot(boot)
        env.wait_ready(120)
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
