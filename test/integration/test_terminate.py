"""TerminateProcessInGuest and ReadEnvironmentVariableInGuest."""
from guestops import auth, wait_for
from support import GuestCase, env, unique


class Terminate(GuestCase):
    def terminate(self, user, pid, who=None):
        return self.client.call(f"{self.client.PROCESSES}/TerminateProcessInGuest",
                                {"vm": self.vm, "auth": who or auth(user), "pid": pid})

    def exists(self, pid):
        return self.guest.command(f"test -d /proc/{pid}")[0] == 0

    def test_started(self):
        pid = self.start("demo", "/bin/sleep", "65")
        self.assertVoid(self.terminate("demo", pid))
        row = self.finish("demo", pid)
        self.assertEqual(row["exitCode"], 143)
        self.assertFalse(self.exists(pid))

    def test_behind_a_redirection(self):
        # The pid is the shell's; its child must not be left behind.
        mark = unique("66")
        pid = self.start("demo", "/bin/bash", f"-c 'sleep 66; true' {mark} > /dev/null 2>&1")
        wait_for(lambda: self.guest.command(f"pgrep -s {pid} -x sleep")[0] == 0, "the child")
        self.assertVoid(self.terminate("demo", pid))
        self.assertEqual(self.guest.command(f"pgrep -s {pid}")[1], "")
        self.assertIn("endTime", self.finish("demo", pid))

    def test_that_ignores_the_first_signal(self):
        file = f"/tmp/{unique('trap')}"
        pid = self.start("demo", "/bin/bash",
                         f"-c 'trap \"\" TERM; touch {file}; while :; do sleep 1; done'")
        wait_for(lambda: self.guest.command(f"test -e {file}")[0] == 0, "the trap is set")
        self.assertVoid(self.terminate("demo", pid))
        self.assertEqual(self.finish("demo", pid)["exitCode"], 137)
        self.guest.sh(f"rm {file}")

    def test_ended_and_unknown(self):
        pid = self.start("demo", "/bin/true")
        self.finish("demo", pid)
        self.assertFault(self.terminate("demo", pid), "GuestProcessNotFound", pid=pid)
        for other in (999999, 0, -1, 2 ** 32 + 1, 2 ** 62, -(2 ** 63)):
            with self.subTest(pid=other):
                self.assertFault(self.terminate("root", other), "GuestProcessNotFound", pid=other)

    def test_of_others(self):
        pid = self.start("alice", "/bin/sleep", "67")
        self.assertFault(self.terminate("demo", pid), "GuestPermissionDenied")
        self.assertFault(self.terminate("demo", 1), "GuestPermissionDenied")
        self.assertTrue(self.exists(pid))
        self.assertVoid(self.terminate("root", pid))
        self.assertEqual(self.finish("alice", pid)["exitCode"], 143)

    def test_agent_and_its_helpers(self):
        agent = self.guest.agent_pid()
        self.assertFault(self.terminate("root", agent), "GuestPermissionDenied")
        for helper in self.guest.command(f"pgrep -P {agent} -x exe")[1].split():
            self.assertFault(self.terminate("root", int(helper)), "GuestPermissionDenied")
        self.assertEqual(self.guest.agent_pid(), agent)

    def test_any_process_of_the_user(self):
        pid = int(self.guest.sh("setpriv --reuid 1000 --regid 1000 --clear-groups sleep 68 "
                                ">/dev/null 2>&1 & echo $!"))
        wait_for(lambda: self.guest.sh(f"stat -c %u /proc/{pid}").strip() == "1000", "it is demo's")
        self.assertFault(self.terminate("alice", pid), "GuestPermissionDenied")
        self.assertVoid(self.terminate("demo", pid))

    def test_wrong_password(self):
        pid = self.start("demo", "/bin/sleep", "69")
        self.assertFault(self.terminate("demo", pid, auth("demo", "wrong")), "InvalidGuestLogin")
        self.assertTrue(self.exists(pid))
        self.end_program(pid)

    def test_missing_pid(self):
        answer = self.client.call(f"{self.client.PROCESSES}/TerminateProcessInGuest",
                                  {"vm": self.vm, "auth": auth("demo")})
        self.assertFault(answer, "InvalidArgument", invalidProperty="pid")


class ReadEnvironment(GuestCase):
    def read(self, user, names=None, who=None):
        body = {"vm": self.vm, "auth": who or auth(user)}
        if names is not None:
            body["names"] = names
        return self.client.call(f"{self.client.PROCESSES}/ReadEnvironmentVariableInGuest", body)

    def test_all(self):
        for names in (None, []):
            lines = self.assertOk(self.read("demo", names))
            self.assertIn("USER=demo", lines)
            self.assertIn("HOME=/home/demo", lines)

    def test_is_what_programs_get(self):
        given = set(self.output("demo", "/usr/bin/env").splitlines())
        given = {line for line in given if line.split("=")[0] not in ("PWD", "SHLVL", "_")}
        self.assertEqual(set(self.assertOk(self.read("demo"))), given)

    def test_names(self):
        self.assertEqual(self.assertOk(self.read("demo", ["SHELL", "NOPE", "USER", "USER",
                                                          "user", "USER=demo", ""])),
                         ["SHELL=/bin/bash", "USER=demo", "USER=demo"])
        answer = self.read("demo", ["NOPE"])
        self.assertOk(answer)
        self.assertEqual(answer.body.strip(), b"[]")

    def test_many_names(self):
        self.assertEqual(len(self.assertOk(self.read("demo", ["USER"] * 20000))), 20000)

    def test_refused(self):
        self.assertFault(self.read("demo", who=auth("demo", "wrong")), "InvalidGuestLogin")
        self.assertFault(self.read("demo", who=auth("demo", interactiveSession=True)),
                         "OperationNotSupportedByGuest")


class Audited(GuestCase):
    def test_terminate(self):
        pid = self.start("demo", "/bin/sleep", "70")
        answer = self.client.call(f"{self.client.PROCESSES}/TerminateProcessInGuest",
                                  {"vm": self.vm, "auth": auth("demo"), "pid": pid})
        line, = [line for line in env.daemon.audit()
                 if line.get("requestId") == answer.headers["X-Request-Id"]]
        self.assertEqual((line["operation"], line["result"], line["guestUser"]),
                         ("TerminateProcessInGuest", "ok", "demo"))
