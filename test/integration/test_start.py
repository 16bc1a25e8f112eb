"""StartProgramInGuest: what runs, as whom, and how its end is told."""
from guestops import auth, spec
from support import GuestCase, env, parallel, unique

PATH_USER = "/usr/local/bin:/usr/bin:/bin"


def environment(text):
    return dict(line.split("=", 1) for line in text.splitlines())


class Pid(GuestCase):
    def test_bare_integer(self):
        answer = self.try_start("demo", "/bin/true")
        self.assertOk(answer)
        self.assertRegex(answer.body, rb"^[1-9][0-9]*\s*$")

    def test_row_at_once(self):
        pid = self.start("demo", "/bin/sleep", "30")
        row, = self.rows("demo", [pid])
        self.assertEqual(row["_typeName"], "GuestProcessInfo")
        self.assertEqual(set(row), {"_typeName", "name", "pid", "owner", "cmdLine", "startTime"})
        self.assertEqual((row["pid"], row["name"], row["owner"]), (pid, "sleep", "demo"))
        self.assertRegex(row["startTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z$")
        self.end_program(pid)
        row = self.finish("demo", pid)
        self.assertEqual(row["exitCode"], 137)
        self.assertGreaterEqual(row["endTime"], row["startTime"])

    def test_is_the_programs_own_for_a_plain_command(self):
        pid = self.start("demo", "/bin/sleep", "30")
        self.assertEqual(self.guest.sh(f"cat /proc/{pid}/comm").strip(), "sleep")
        self.end_program(pid)

    def test_without_type_names(self):
        body = {"vm": {"type": "VirtualMachine", "value": env.vm.moid}, "auth": auth("demo"),
                "spec": {"programPath": "/bin/true", "arguments": ""}}
        self.assertOk(self.client.call(f"{self.client.PROCESSES}/StartProgramInGuest", body))
        body["_typeName"] = "StartProgramInGuestRequestType"
        self.assertOk(self.client.call(f"{self.client.PROCESSES}/StartProgramInGuest", body))

    def test_nulls_are_unset(self):
        body = {"vm": self.vm, "auth": auth("demo"),
                "spec": {**spec("/bin/true"), "workingDirectory": None, "envVariables": None}}
        self.assertOk(self.client.call(f"{self.client.PROCESSES}/StartProgramInGuest", body))

    def test_missing_members(self):
        path = f"{self.client.PROCESSES}/StartProgramInGuest"
        whole = {"vm": self.vm, "auth": auth("demo"), "spec": spec("/bin/true")}
        for name in whole:
            body = {key: value for key, value in whole.items() if key != name}
            self.assertFault(self.client.call(path, body), "InvalidArgument", invalidProperty=name)
        bad = spec("/bin/true")
        del bad["arguments"]
        self.assertFault(self.client.call(path, {**whole, "spec": bad}), "InvalidArgument",
                         invalidProperty="spec.arguments")
        self.assertFault(self.client.call(path, {**whole, "spec": {**spec("/bin/true"), "x": 1}}),
                         "InvalidArgument", invalidProperty="spec.x")
        bad = auth("demo")
        del bad["_typeName"]
        self.assertEqual(self.client.call(path, {**whole, "auth": bad}).status, 500)
        self.assertFault(self.client.call(path, {**whole, "auth": {**auth("demo"), "_typeName":
                                                                   "GuestProgramSpec"}}),
                         "InvalidType")
        self.assertFault(self.client.call(path, {**whole, "spec": {**spec("/bin/true"),
                                                                   "_typeName": "NoSuchType"}}),
                         "InvalidType")


class Ends(GuestCase):
    def test_exit_codes(self):
        for code in (0, 1, 7, 255):
            with self.subTest(code=code):
                row = self.run_program("demo", "/bin/sh", f"-c 'exit {code}'")
                self.assertEqual(row["exitCode"], code)
                self.assertIn("endTime", row)

    def test_exit_code_zero_is_sent(self):
        pid = self.start("demo", "/bin/true")
        self.finish("demo", pid)
        answer = self.client.try_list(self.vm, auth("demo"), [pid])
        self.assertIn(b'"exitCode":0', answer.body)

    def test_signals(self):
        for signal in (9, 15, 6, 13):
            with self.subTest(signal=signal):
                row = self.run_program("demo", "/bin/bash", f"-c 'kill -{signal} $$'")
                self.assertEqual(row["exitCode"], 128 + signal)

    def test_signal_behind_a_redirection(self):
        row = self.run_program("demo", "/bin/bash", "-c 'kill -9 $$' > /dev/null 2>&1")
        self.assertEqual(row["exitCode"], 137)

    def test_running_has_neither_end_nor_code(self):
        pid = self.start("demo", "/bin/sleep", "60")
        for _ in range(3):
            row, = self.rows("demo", [pid])
            self.assertNotIn("endTime", row)
            self.assertNotIn("exitCode", row)
        self.end_program(pid)
        self.assertEqual(self.finish("demo", pid)["exitCode"], 137)

    def test_background(self):
        file = f"/tmp/{unique('bg')}"
        row = self.run_program("demo", "/bin/sleep", f"61 & echo $! > {file}")
        self.assertEqual(row["exitCode"], 0)
        child = int(self.guest.sh(f"cat {file}; rm {file}"))
        self.assertEqual(self.guest.sh(f"cat /proc/{child}/comm").strip(), "sleep")
        row, = self.rows("demo", [child])
        self.assertNotIn("exitCode", row)
        self.guest.sh(f"kill {child}")

    def test_not_an_executable_after_the_shell(self):
        # A folder passes the checks, as it does with VMware Tools; then the shell says 126.
        self.assertEqual(self.run_program("demo", "/tmp")["exitCode"], 126)


class Shell(GuestCase):
    def test_redirections(self):
        self.assertEqual(self.output("demo", "/bin/echo", "a  'b  c'"), "a b  c\n")
        file = f"/tmp/{unique('err')}"
        self.run_program("demo", "/bin/ls", f"/no/such/file 2> {file}")
        self.assertIn("/no/such/file", self.guest.sh(f"cat {file}; rm {file}"))
        row = self.run_program("demo", "/bin/cat", f"< /etc/hostname > {file}")
        self.assertEqual(row["exitCode"], 0)
        self.assertEqual(self.guest.sh(f"cat {file}; rm {file}"), "guestops-demo\n")

    def test_pipes_lists_and_expansions(self):
        self.assertEqual(self.output("demo", "/bin/echo", "abc | tr a-c x-z"), "xyz\n")
        self.assertEqual(self.output("demo", "/bin/true", "&& echo $((6 * 7))"), "42\n")
        self.assertEqual(self.output("demo", "/bin/echo", "$(echo in) `echo side`"), "in side\n")
        self.assertEqual(self.output("demo", "/bin/echo", "/etc/host[n]ame"), "/etc/hostname\n")

    def test_utf8(self):
        self.assertEqual(self.output("demo", "/bin/echo", "gr\u00fc\u00df \u6f22\u5b57 \U0001f600"),
                         "gr\u00fc\u00df \u6f22\u5b57 \U0001f600\n")

    def test_no_arguments(self):
        row = self.run_program("demo", "/bin/true")
        self.assertEqual((row["exitCode"], row["cmdLine"]), (0, '"/bin/true"'))

    def test_long_arguments(self):
        text = "x" * 60000
        self.assertEqual(len(self.output("demo", "/bin/echo", text)), len(text) + 1)

    def test_longest_string(self):
        self.assertFault(self.try_start("demo", "/bin/true", "x" * 65537), "InvalidArgument",
                         invalidProperty="spec.arguments")
        self.addCleanup(env.restart_agent)  # nothing of it shall be left to the other tests
        pid = self.start("demo", "/bin/true", "x" * 65536)
        # The row is longer than the argument was; it must not spoil anybody's list.
        self.assertEqual(self.finish("demo", pid)["exitCode"], 0)
        for user in ("demo", "alice", "root"):
            self.assertIn(pid, [row["pid"] for row in self.rows(user)])

    def test_command_line_and_name(self):
        row = self.run_program("demo", "/bin/ls", "-l /")
        self.assertEqual((row["cmdLine"], row["name"]), ('"/bin/ls" -l /', "ls"))

    def test_path_with_blanks_and_quotes(self):
        self.guest.sh("mkdir -p '/tmp/a b'; cp /bin/true '/tmp/a b/c d'; chmod -R a+rx '/tmp/a b'")
        row = self.run_program("demo", "/tmp/a b/c d")
        self.assertEqual((row["exitCode"], row["name"]), (0, "c d"))
        row = self.run_program("demo", '"/bin/true"')
        self.assertEqual(row["exitCode"], 0)
        self.guest.sh("rm -r '/tmp/a b'")

    def test_owner_is_the_credentials_spelling(self):
        row = self.run_program("grouped", "/bin/true")
        self.assertEqual(row["owner"], "grouped")


class Environment(GuestCase):
    def test_default(self):
        for user, home, path in (("demo", "/home/demo", PATH_USER), ("root", "/root", "sbin")):
            with self.subTest(user=user):
                env = environment(self.output(user, "/usr/bin/env"))
                self.assertEqual(env["USER"], user)
                self.assertEqual(env["LOGNAME"], user)
                self.assertEqual(env["HOME"], home)
                self.assertEqual(env["SHELL"], "/bin/bash")
                self.assertIn(path, env["PATH"])
                self.assertEqual(env["LANG"], "C.UTF-8")  # of /etc/environment
                self.assertEqual(set(env) - {"PWD", "SHLVL", "_"},
                                 {"USER", "LOGNAME", "HOME", "SHELL", "PATH", "LANG"})

    def test_without_a_shell_it_is_the_same(self):
        """A path with a backslash takes the shell, and names the same file."""
        for env in (None, ["A=1", "B=x y"]):
            with self.subTest(env=env):
                found = []
                for path in ("/bin/cp", "/bin/c\\p"):
                    self.guest.sh("ln -sf cp '/bin/c\\p'")
                    self.run_program("demo", path, "/proc/self/environ '/tmp/env of cp'", env=env)
                    entries = self.guest.sh("cat '/tmp/env of cp'; rm -f '/tmp/env of cp'")
                    found.append(sorted(entry for entry in entries.split("\0")
                                        if entry and not entry.startswith("_=")))
                self.assertEqual(found[0], found[1])
                self.assertIn("SHLVL=0", found[0])

    def test_a_script_without_interpreter(self):
        self.guest.sh("printf 'exit 23' >/tmp/bare-script; chmod +x /tmp/bare-script")
        self.assertEqual(self.run_program("demo", "/tmp/bare-script")["exitCode"], 23)

    def test_the_default_is_of_now(self):
        """Who has just been let in is not asked about again, but his environment is."""
        self.guest.sh("cp -p /etc/environment /run/environment.tests")
        try:
            for value in ("one", "two"):
                self.guest.sh(f"echo OF_NOW={value} >>/etc/environment")
                self.assertIn(f"OF_NOW={value}\n", self.output("demo", "/usr/bin/env"))
        finally:
            self.guest.sh("cp -p /run/environment.tests /etc/environment")

    def test_given_replaces_all(self):
        text = self.output("demo", "/usr/bin/env", env=["A=1", "B=x y=z", "EMPTY=", "=odd"])
        env = {line for line in text.splitlines()
               if line.split("=")[0] not in ("PWD", "SHLVL", "_", "OLDPWD")}
        self.assertEqual(env, {"A=1", "B=x y=z", "EMPTY="} | (env & {"=odd"}))

    def test_empty_entries_are_none(self):
        text = self.output("demo", "/usr/bin/env", env=["", "A=1", ""])
        self.assertIn("A=1\n", text)
        self.assertNotIn("USER=", text)
        self.assertIn("USER", environment(self.output("demo", "/usr/bin/env", env=[""])))

    def test_empty_list_is_unset(self):
        self.assertIn("USER", environment(self.output("demo", "/usr/bin/env", env=[])))


class Directory(GuestCase):
    def test_default_is_home(self):
        self.assertEqual(self.output("demo", "/bin/pwd"), "/home/demo\n")
        self.assertEqual(self.output("demo", "/bin/pwd", cwd=""), "/home/demo\n")
        self.assertEqual(self.output("root", "/bin/pwd"), "/root\n")

    def test_given(self):
        self.assertEqual(self.output("demo", "/bin/pwd", cwd="/usr/share"), "/usr/share\n")


class Identity(GuestCase):
    def test_id_of_a_grouped_user(self):
        text = self.output("grouped", "/usr/bin/id")
        self.assertIn("uid=1005(grouped) gid=1005(grouped)", text)
        groups = set(text.split("groups=")[1].split()[0].split(","))
        self.assertEqual({group.split("(")[1].rstrip(")") for group in groups},
                         {"grouped", "adm", "audio", "team"})

    def test_id_of_demo_and_root(self):
        self.assertEqual(self.output("demo", "/usr/bin/id").split(),
                         ["uid=1000(demo)", "gid=1000(demo)", "groups=1000(demo)"])
        self.assertEqual(self.output("root", "/usr/bin/id").split(),
                         ["uid=0(root)", "gid=0(root)", "groups=0(root)"])

    def test_all_ids_and_no_capabilities(self):
        status = self.output("demo", "/bin/grep", "-E '^(Uid|Gid|Cap...|NoNewPrivs):' "
                                                  "/proc/self/status")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        self.assertEqual(fields["Uid"].split(), ["1000"] * 4)
        self.assertEqual(fields["Gid"].split(), ["1000"] * 4)
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            self.assertEqual(int(fields[name], 16), 0)

    def test_may_not_become_root_again(self):
        row = self.run_program("demo", "/bin/cat", "/etc/shadow")
        self.assertEqual(row["exitCode"], 1)

    def test_umask(self):
        self.assertEqual(self.output("demo", "/bin/sh", "-c umask"), "0022\n")

    def test_own_session_and_group(self):
        pid = self.start("demo", "/bin/sleep", "60")
        # "pid (comm) state ppid pgrp session"
        stat = self.guest.sh(f"cat /proc/{pid}/stat").rsplit(")", 1)[1].split()
        self.assertEqual(stat[2:4], [str(pid), str(pid)])
        self.assertEqual(stat[4], "0")  # no terminal
        self.end_program(pid)

    def test_descriptors(self):
        listing = self.output("demo", "/bin/ls", "-l /proc/self/fd")
        links = dict(line.split()[-3::2] for line in listing.splitlines() if "->" in line)
        self.assertEqual(links.pop("0"), "/dev/null")
        self.assertIn("/tmp/", links.pop("1") + links.pop("2"))
        links.pop("3")  # ls itself, reading the folder
        self.assertEqual(links, {})

    def test_standard_streams_are_null(self):
        pid = self.start("demo", "/bin/sleep", "60")
        for fd in (0, 1, 2):
            self.assertEqual(self.guest.sh(f"readlink /proc/{pid}/fd/{fd}").strip(), "/dev/null")
        self.assertEqual(self.guest.sh(f"ls /proc/{pid}/fd").split(), ["0", "1", "2"])
        self.end_program(pid)

    def test_signals_are_default(self):
        status = self.output("demo", "/bin/grep", "-E '^Sig(Blk|Ign)' /proc/self/status")
        for line in status.splitlines():
            self.assertEqual(int(line.split()[1], 16), 0, status)

    def test_sigpipe(self):
        text = self.output("demo", "/bin/bash", "-c 'yes | head -1; echo ${PIPESTATUS[0]}'")
        self.assertEqual(text, "y\n141\n")

    def test_limits(self):
        self.assertEqual(self.output("demo", "/bin/bash", "-c 'ulimit -Sn'"), "1024\n")


class Many(GuestCase):
    def test_hundred_at_once(self):
        self.start("demo", "/bin/true")  # so that the login is remembered
        clients = [self.client.copy() for _ in range(100)]

        def start(index, client):
            return client.start(self.vm, auth("demo"), spec("/bin/sh", f"-c 'exit {index}'"))

        pids = parallel([lambda i=i, c=c: start(i, c) for i, c in enumerate(clients)])
        for client in clients:
            client.close()
        self.assertEqual(len(set(pids)), 100)
        rows = {}
        for pid in pids:
            rows[pid] = self.finish("demo", pid)
        self.assertEqual([rows[pid]["exitCode"] for pid in pids], list(range(100)))
        listed = self.rows("demo", pids)
        self.assertEqual([row["pid"] for row in listed], pids)

    def test_many_over_one_connection(self):
        pids = [self.start("demo", "/bin/sh", f"-c 'exit {i}'") for i in range(30)]
        self.assertEqual([self.finish("demo", pid)["exitCode"] for pid in pids], list(range(30)))

    def test_no_zombies_and_no_descriptors_left(self):
        def count():
            agent = self.guest.agent_pid()
            fds = len(self.guest.sh(f"ls /proc/{agent}/fd").split())
            zombies = self.guest.command("ps -eo stat= | grep -c ^Z")[1].strip()
            return fds, int(zombies)

        self.run_program("demo", "/bin/true")
        before = count()
        for _ in range(20):
            self.run_program("demo", "/bin/true")
        after = count()
        self.assertLessEqual(after[0], before[0] + 4)  # an idle login helper or two
        self.assertEqual(after[1], 0)
