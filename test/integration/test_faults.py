"""Each fault of StartProgramInGuest by its real cause."""
from guestops import Vm, auth, spec, wait_for
from support import GuestCase, env, unique


class Files(GuestCase):
    def test_not_found(self):
        for path in ("/bin/no-such-program", "/no/such/folder/x", "ls", "./ls", "bin/no-such"):
            with self.subTest(path=path):
                fault = self.assertFault(self.try_start("demo", path), "FileNotFound", file=path)
                self.assertEqual(fault["faultstring"], f"File {path} was not found")

    def test_not_a_directory(self):
        self.assertFault(self.try_start("demo", "/etc/passwd/x"), "NotADirectory",
                         file="/etc/passwd/x")

    def test_name_too_long(self):
        for path in ("/" + "x" * 300, "/x" * 3000):
            self.assertFault(self.try_start("demo", path), "FileNameTooLong", file=path)

    def test_symlink_loop(self):
        link = f"/tmp/{unique('loop')}"
        self.guest.sh(f"ln -s {link} {link}")
        self.assertFault(self.try_start("demo", link), "FileFault", file=link)
        self.guest.sh(f"rm {link}")

    def test_dangling_symlink(self):
        link = f"/tmp/{unique('dangling')}"
        self.guest.sh(f"ln -s /nowhere/at/all {link}")
        self.assertFault(self.try_start("demo", link), "FileNotFound", file=link)
        self.guest.sh(f"rm {link}")

    def test_cannot_access(self):
        self.guest.sh("cp /bin/true /home/alice/true; chown alice: /home/alice/true")
        for path in ("/home/alice/true", "/home/alice/none"):
            self.assertFault(self.try_start("demo", path), "CannotAccessFile", file=path)
        self.assertEqual(self.run_program("alice", "/home/alice/true")["exitCode"], 0)
        self.guest.sh("rm /home/alice/true")

    def test_permission_denied(self):
        fault = self.assertFault(self.try_start("demo", "/etc/passwd"), "GuestPermissionDenied")
        self.assertNotIn("file", fault)
        self.assertFault(self.try_start("root", "/etc/passwd"), "GuestPermissionDenied")
        file = f"/tmp/{unique('mine')}"
        self.guest.sh(f"cp /bin/true {file}; chmod 700 {file}; chown alice {file}")
        self.assertFault(self.try_start("demo", file), "GuestPermissionDenied")
        self.assertEqual(self.run_program("alice", file)["exitCode"], 0)
        self.guest.sh(f"rm {file}")

    def test_working_directory(self):
        for path in ("/no/such/folder", "/etc/passwd", "/home/alice/x", "relative"):
            with self.subTest(path=path):
                self.assertFault(self.try_start("demo", "/bin/true", cwd=path), "NotADirectory",
                                 file=path)
        # There it is, but closed.
        self.assertFault(self.try_start("demo", "/bin/true", cwd="/home/alice"),
                         "CannotAccessFile", file="/home/alice")

    def test_order_of_checks(self):
        self.assertFault(self.try_start("demo", "/no/such", cwd="/no/such/folder"), "FileNotFound")

    def test_quoted_path_in_the_fault_is_verbatim(self):
        self.assertFault(self.try_start("demo", '"/no/such"'), "FileNotFound", file='"/no/such"')

    def test_path_with_utf8_and_control_characters(self):
        path = "/tmp/gr\u00fc\u00df\n\t\u001b[31m"
        self.assertFault(self.try_start("demo", path), "FileNotFound", file=path)


class Arguments(GuestCase):
    def test_before_the_login(self):
        wrong = auth("demo", "wrong")
        for program, member in ((spec(""), "programPath"),
                                (spec("/bin/true", env=["A=1", "NOVALUE"]), "envVariables"),
                                (spec("/bin/true", env=["", " "]), "envVariables")):
            for who in (auth("demo"), wrong):
                answer = self.client.try_start(self.vm, who, program)
                fault = self.assertFault(answer, "InvalidArgument")
                self.assertIn(member, fault["invalidProperty"])

    def test_nul_bytes(self):
        for program in (spec("/bin/true\0x"), spec("/bin/true", "a\0b"),
                        spec("/bin/true", cwd="/\0"), spec("/bin/true", env=["A=\0"])):
            answer = self.client.try_start(self.vm, auth("demo"), program)
            self.assertEqual(answer.status, 500)
            self.assertIn(answer.json["_typeName"], ("InvalidArgument", "InvalidRequest"))

    def test_much_environment(self):
        env_variables = [f"V{i}=x" for i in range(2000)]
        text = self.output("demo", "/usr/bin/env", env=env_variables)
        self.assertGreaterEqual(len(text.splitlines()), 2000)


class Privileges(GuestCase):
    def user(self, role):
        name = unique("user")
        env.daemon.put_user(name, "service-secret", role)
        self.addCleanup(env.daemon.remove_user, name)
        client = env.daemon.client()
        self.addCleanup(client.close)
        client.login(name, "service-secret")
        return client

    def test_read_only(self):
        client = self.user("ReadOnly")
        vm = {"_typeName": "ManagedObjectReference", **self.vm}
        answer = client.try_start(self.vm, auth("demo"), spec("/bin/true"))
        self.assertFault(answer, "NoPermission", object=vm,
                         privilegeId="VirtualMachine.GuestOperations.Execute")
        line, = [line for line in env.daemon.audit()
                 if line.get("requestId") == answer.headers["X-Request-Id"]]
        self.assertEqual((line["result"], line["guestUser"]), ("NoPermission", "demo"))
        self.assertFault(client.try_list(self.vm, auth("demo")), "NoPermission", object=vm,
                         privilegeId="VirtualMachine.GuestOperations.Query")
        # Not even wrong credentials get into the guest.
        self.assertFault(client.try_list(self.vm, auth("demo", "wrong")), "NoPermission")
        self.assertEqual(self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/name")),
                         env.vm.name)
        self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/runtime"))

    def test_no_access(self):
        name = unique("user")
        env.daemon.put_user(name, "service-secret", "NoAccess")
        self.addCleanup(env.daemon.remove_user, name)
        client = env.daemon.client()
        self.addCleanup(client.close)
        login = "SessionManager/SessionManager/Login"
        self.assertFault(client.call(login, {"userName": name, "password": "service-secret"}),
                         "NoPermission")
        self.assertFault(client.call(login, {"userName": name, "password": "wrong"}),
                         "InvalidLogin")

    def test_guest_operator(self):
        client = self.user("GuestOperator")
        pid = client.start(self.vm, auth("demo"), spec("/bin/true"))
        self.assertEqual(client.wait_end(self.vm, auth("demo"), pid)["exitCode"], 0)

    def test_removed_user_loses_the_session(self):
        name = unique("user")
        env.daemon.put_user(name, "service-secret", "Admin")
        client = env.daemon.client()
        client.login(name, "service-secret")
        self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/name"))
        env.daemon.remove_user(name)
        self.assertFault(client.get(f"VirtualMachine/{env.vm.moid}/name"), "NotAuthenticated")
        client.close()

    def test_role_changes_at_once(self):
        name = unique("user")
        env.daemon.put_user(name, "service-secret", "ReadOnly")
        self.addCleanup(env.daemon.remove_user, name)
        client = env.daemon.client()
        client.login(name, "service-secret")
        self.assertFault(client.try_list(self.vm, auth("demo"), [1]), "NoPermission")
        env.daemon.set_role(name, "GuestOperator")
        self.assertOk(client.try_list(self.vm, auth("demo"), [1]))
        client.close()


class Machines(GuestCase):
    def both(self, vm, type_name, **members):
        self.assertFault(self.client.try_start(vm, auth("demo"), spec("/bin/true")), type_name,
                         **members)
        self.assertFault(self.client.try_list(vm, auth("demo")), type_name, **members)

    def test_unknown(self):
        for vm in ({"type": "VirtualMachine", "value": "vm-none"},
                   {"type": "Folder", "value": "group-v3"}, {"type": "x", "value": ""}):
            reference = {"_typeName": "ManagedObjectReference", **vm}
            self.both(reference, "ManagedObjectNotFound", obj=reference)

    def test_no_qmp_socket_is_powered_off(self):
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            self.both(vm.ref, "InvalidPowerState", existingState="poweredOff",
                      requestedState="poweredOn")

    def test_no_channel_socket(self):
        with env.machine(Vm("apart", "local", "/nonexistent/a")) as vm:
            self.both(vm.ref, "GuestOperationsUnavailable")

    def test_arguments_before_the_machine_is_asked(self):
        # What the decoder sees comes first, whatever the state of the machine.
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            answer = self.client.call(f"{self.client.PROCESSES}/StartProgramInGuest",
                                      {"vm": vm.ref, "auth": auth("demo")})
            self.assertFault(answer, "InvalidArgument", invalidProperty="spec")

    def test_paused(self):
        path = f"VirtualMachine/{env.vm.moid}"
        pid = self.start("demo", "/bin/sleep", "60")
        self.guest.qmp("stop")
        try:
            self.wait_fault("InvalidState")
            self.both(self.vm, "InvalidState")
            self.assertEqual(self.client.get(f"{path}/runtime").json["powerState"], "poweredOn")
            self.assertIs(self.client.get(f"{path}/guest").json["guestOperationsReady"], False)
        finally:
            self.guest.qmp("cont")
        env.wait_ready()
        row, = self.rows("demo", [pid])  # the same agent, the same table
        self.assertNotIn("endTime", row)
        self.end_program(pid)
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)

    def test_migration_is_a_task(self):
        # So slow that it does not end: a job has the machine. (Less than 10 bytes/s is no limit.)
        self.guest.qmp("migrate-set-parameters", **{"max-bandwidth": 100000})
        self.guest.qmp("migrate", uri="exec:cat > /dev/null")
        try:
            self.wait_fault("TaskInProgress")
            answer = self.client.try_start(self.vm, auth("demo"), spec("/bin/true"))
            self.assertFault(answer, "TaskInProgress")
            task = answer.json["task"]
            self.assertEqual(task["type"], "Task")
            info = self.client.get(f"Task/{task['value']}/info").json
            self.assertEqual(info["state"], "running")
            self.assertEqual(info["entity"]["value"], env.vm.moid)
            self.assertNotIn("completeTime", info)
        finally:
            self.guest.qmp("migrate_cancel")
        wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 200,
                 "the end of the migration")
        info = self.client.get(f"Task/{task['value']}/info").json
        self.assertEqual(info["state"], "error")
        self.assertEqual(info["error"]["_typeName"], "RequestCanceled")
        self.assertEqual(info["reason"], {"_typeName": "TaskReasonSystem"})
        self.assertIn("completeTime", info)
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)

    def wait_fault(self, type_name):
        def is_fault():
            answer = self.client.try_list(self.vm, auth("demo"), [1])
            return answer.status == 500 and answer.json["_typeName"] == type_name

        wait_for(is_fault, type_name)
