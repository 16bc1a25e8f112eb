"""pyVmomi, as its users write it. tools/compat runs this again with the newest release."""
import concurrent.futures
import datetime

from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import SoapStubAdapter, vim, vmodl

from adversity import OwnGuest
from guestops import Vm, auth, spec, wait_for
from pyvmomi_case import (COLLECTOR, PyvmomiCase, connect, context, credentials, identifier,
                          program)
from support import VM_UUID, env, parallel, unique


class Connect(PyvmomiCase):
    def test_version_is_negotiated(self):
        # The newest that both know.
        self.assertRegex(self.stub.versionId, r'^"?urn:vim25/\d+(\.\d+)*"?$')
        self.assertNotIn("4.1", self.stub.versionId)

    def test_content(self):
        self.assertEqual(self.content.about.apiVersion, "8.0.2.0")
        self.assertEqual(self.content.rootFolder._GetMoId(), "group-d1")
        self.assertIsInstance(self.content.sessionManager, vim.SessionManager)
        self.assertIsInstance(self.content.propertyCollector, COLLECTOR)

    def test_current_time(self):
        here = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(self.si.CurrentTime() - here), datetime.timedelta(seconds=30))

    def test_current_session(self):
        session = self.content.sessionManager.currentSession
        self.assertEqual(session.userName, "administrator")
        self.assertEqual(session.loginTime.tzinfo.utcoffset(None), datetime.timedelta(0))
        self.assertTrue(self.content.sessionManager.SessionIsActive(session.key,
                                                                    session.userName))

    def test_login_gives_the_same_session(self):
        Disconnect(self.si)
        session = self.content.sessionManager.Login("administrator", env.daemon.password)
        self.assertEqual(self.content.sessionManager.currentSession.key, session.key)

    def test_wrong_password(self):
        with self.assertRaises(vim.fault.InvalidLogin) as caught:
            connect(password="wrong")
        self.assertTrue(caught.exception.msg)

    def test_disconnect_ends_the_session(self):
        Disconnect(self.si)
        self.assertRaisesFault(vim.fault.NotAuthenticated, lambda: self.machine.name,
                               object=self.machine, privilegeId="System.View")
        self.assertIsNone(self.content.sessionManager.currentSession)

    def test_content_needs_no_session(self):
        stub = SoapStubAdapter("localhost", env.daemon.port, path="/sdk", sslContext=context(),
                               version="vim.version.version9")
        content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
        self.assertEqual(content.about.fullName, self.content.about.fullName)
        self.assertIsNone(content.sessionManager.currentSession)
        self.assertRaises(vim.fault.NotAuthenticated, lambda: content.rootFolder.childEntity)

    def test_old_version(self):
        """A client of 5.5 is spared what it does not know."""
        si = connect(preferredApiVersions="vim.version.version9")
        self.addCleanup(Disconnect, si)
        machine = vim.VirtualMachine(env.vm.moid, si._GetStub())
        self.assertEqual(machine.guest.toolsStatus, "toolsOk")
        self.assertEqual(machine.summary.config.uuid, VM_UUID)
        self.assertEqual(machine.config.uuid, VM_UUID)


class Properties(PyvmomiCase):
    def test_managers(self):
        manager = self.si.content.guestOperationsManager
        self.assertIsInstance(manager.processManager, vim.vm.guest.ProcessManager)
        self.assertIsInstance(manager.authManager, vim.vm.guest.AuthManager)

    def test_machine(self):
        self.assertEqual(self.machine.name, "demo-vm")
        self.assertEqual(self.machine.parent.name, "vm")
        self.assertEqual(self.machine.runtime.powerState, "poweredOn")
        self.assertEqual(self.machine.overallStatus, "gray")
        self.assertIsNone(self.machine.snapshot)
        self.assertIsNone(self.machine.parentVApp)

    def test_guest(self):
        guest = self.machine.guest
        self.assertEqual(guest.toolsStatus, "toolsOk")
        self.assertEqual(guest.toolsRunningStatus, "guestToolsRunning")
        self.assertEqual(guest.toolsVersionStatus2, "guestToolsUnmanaged")
        self.assertEqual(guest.guestState, "running")
        self.assertEqual(guest.guestFamily, "linuxGuest")
        self.assertEqual(guest.hostName, "guestops-demo")
        self.assertIs(guest.guestOperationsReady, True)
        self.assertIs(guest.interactiveGuestOperationsReady, False)

    def test_summary(self):
        summary = self.machine.summary
        self.assertEqual(summary.config.uuid, VM_UUID)
        self.assertEqual(summary.config.name, "demo-vm")
        self.assertIs(summary.config.template, False)
        self.assertTrue(summary.config.vmPathName)
        self.assertEqual(summary.vm, self.machine)
        self.assertEqual(summary.runtime.powerState, "poweredOn")
        self.assertEqual(summary.guest.toolsStatus, "toolsOk")
        self.assertEqual(summary.overallStatus, "gray")

    def test_config(self):
        config = self.machine.config
        self.assertEqual((config.uuid, config.name), (VM_UUID, "demo-vm"))
        self.assertGreaterEqual(config.hardware.numCPU, 1)
        self.assertGreaterEqual(config.hardware.memoryMB, 128)
        self.assertIs(config.template, False)

    def test_host_and_pool(self):
        host = self.machine.runtime.host
        self.assertTrue(host.name)
        self.assertIn(self.machine, host.vm)
        self.assertEqual(host.runtime.connectionState, "connected")
        self.assertTrue(self.machine.resourcePool.owner.name)

    def test_walk_down(self):
        """As get_vm_names of the samples."""
        names = []

        def walk(entity):
            if isinstance(entity, vim.VirtualMachine):
                names.append(entity.summary.config.name)
            for child in getattr(entity, "childEntity", []):
                walk(child)

        for datacenter in self.content.rootFolder.childEntity:
            self.assertIsInstance(datacenter, vim.Datacenter)
            walk(datacenter.vmFolder)
        self.assertIn("demo-vm", names)

    def test_walk_up(self):
        chain, entity = [], self.machine
        while entity is not None:
            chain.append(entity.name)
            last, entity = entity, entity.parent
        self.assertEqual(chain[:2], ["demo-vm", "vm"])
        self.assertEqual(last, self.content.rootFolder)

    def test_child_types(self):
        self.assertEqual(list(self.machine.parent.childType), ["Folder", "VirtualMachine"])

    def test_every_property_of_every_object(self):
        """None of them breaks the parser; what we do not have is InvalidProperty."""
        objects = [self.content.rootFolder, self.machine, self.machine.parent,
                   self.content.rootFolder.childEntity[0], self.content.guestOperationsManager,
                   self.content.sessionManager, self.content.viewManager,
                   self.content.propertyCollector, self.si]
        read = 0
        for entity in objects:
            for info in type(entity)._GetPropertyList():
                try:
                    getattr(entity, info.name)
                    read += 1
                except vmodl.query.InvalidProperty as fault:
                    self.assertEqual(fault.name, info.name)
                except vmodl.fault.MethodNotFound as fault:  # the client's own, if it is newer
                    self.assertEqual((fault.msg, fault.method), (None, info.name))
        self.assertGreater(read, 40)

    def test_gone(self):
        gone = self.object(vim.VirtualMachine, "vm-none")
        self.assertRaisesFault(vmodl.fault.ManagedObjectNotFound, lambda: gone.name, obj=gone)


class Views(PyvmomiCase):
    def test_get_all_vms(self):
        children = self.view([vim.VirtualMachine]).view
        self.assertIn("demo-vm", [child.summary.config.name for child in children])

    def test_containers(self):
        datacenter, = self.content.rootFolder.childEntity
        for container in (datacenter, datacenter.vmFolder, datacenter.hostFolder,
                          datacenter.hostFolder.childEntity[0]):
            with self.subTest(container=container):
                self.assertIn(self.machine, self.view([vim.VirtualMachine], container).view)

    def test_all_kinds(self):
        everything = self.view([]).view
        for kind in (vim.Datacenter, vim.Folder, vim.VirtualMachine, vim.HostSystem,
                     vim.ComputeResource, vim.ResourcePool):
            self.assertTrue([entity for entity in everything if isinstance(entity, kind)], kind)
        entities = self.view([vim.ManagedEntity]).view
        self.assertEqual({str(entity) for entity in entities},
                         {str(entity) for entity in everything})
        self.assertEqual(list(self.view([vim.VirtualApp]).view), [])

    def test_destroyed(self):
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [], True)
        view.Destroy()
        self.assertRaisesFault(vmodl.fault.ManagedObjectNotFound, lambda: view.view, obj=view)


class Collector(PyvmomiCase):
    PATHS = ["name", "config.uuid", "config.hardware.numCPU", "config.hardware.memoryMB",
             "guest.guestState", "config.guestFullName", "config.guestId", "config.version",
             "summary.runtime.powerState"]

    def test_vminfo_quick(self):
        rows = self.content.propertyCollector.RetrieveContents(
            [self.collect(vim.VirtualMachine, self.PATHS)])
        row, = [row for row in rows if row.obj == self.machine]
        values = {pair.name: pair.val for pair in row.propSet}
        self.assertEqual(values["name"], "demo-vm")
        self.assertEqual(values["config.uuid"], VM_UUID)
        self.assertEqual(values["guest.guestState"], "running")
        self.assertEqual(values["summary.runtime.powerState"], "poweredOn")
        self.assertGreaterEqual(values["config.hardware.numCPU"], 1)
        self.assertEqual(set(values), set(self.PATHS))

    def test_everything_of_a_machine(self):
        rows = self.content.propertyCollector.RetrieveContents(
            [self.collect(vim.VirtualMachine, None, every=True)])
        values = {pair.name: pair.val for row in rows if row.obj == self.machine
                  for pair in row.propSet}
        for name in ("name", "parent", "guest", "summary", "config", "runtime"):
            self.assertIn(name, values)

    def test_pages(self):
        names = [unique("page") for _ in range(3)]
        machines = [Vm(name, "local", "/nonexistent/a") for name in names]
        for vm in machines:
            env.daemon.put_vm(vm)
            self.addCleanup(env.daemon.remove_vm, vm)
        options = COLLECTOR.RetrieveOptions(maxObjects=1)
        collector = self.content.propertyCollector
        page = collector.RetrievePropertiesEx([self.collect(vim.VirtualMachine, ["name"])],
                                              options)
        seen = []
        while page:
            self.assertEqual(len(page.objects), 1)
            seen += [pair.val for row in page.objects for pair in row.propSet]
            page = collector.ContinueRetrievePropertiesEx(page.token) if page.token else None
        self.assertEqual(set(seen), {"demo-vm", *names})

    def test_named_selections(self):
        """Every folder and machine below the root, by specs that name each other."""
        folder = COLLECTOR.TraversalSpec(
            name="folder", type=vim.Folder, path="childEntity", skip=False,
            selectSet=[COLLECTOR.SelectionSpec(name="datacenter"),
                       COLLECTOR.SelectionSpec(name="folder"),
                       COLLECTOR.SelectionSpec(name="never defined")])
        datacenter = COLLECTOR.TraversalSpec(
            name="datacenter", type=vim.Datacenter, path="vmFolder", skip=False,
            selectSet=[COLLECTOR.SelectionSpec(name="folder")])
        start = COLLECTOR.ObjectSpec(obj=self.content.rootFolder, skip=False,
                                     selectSet=[folder, datacenter])
        properties = [COLLECTOR.PropertySpec(type=vim.ManagedEntity, pathSet=["name"])]
        rows = self.content.propertyCollector.RetrieveContents(
            [COLLECTOR.FilterSpec(objectSet=[start], propSet=properties)])
        names = [pair.val for row in rows for pair in row.propSet]
        self.assertEqual(names[0], "Datacenters")
        self.assertIn("demo-vm", names)
        self.assertIn("vm", names)
        self.assertNotIn("host", names)

    def test_unknown_path(self):
        start = COLLECTOR.ObjectSpec(obj=self.machine)
        for path in ("noSuch", "name.noSuch", "guest.noSuch"):
            properties = COLLECTOR.PropertySpec(type=vim.VirtualMachine, pathSet=[path])
            self.assertRaisesFault(
                vmodl.query.InvalidProperty, self.content.propertyCollector.RetrieveContents,
                [COLLECTOR.FilterSpec(objectSet=[start], propSet=[properties])], name=path)

    def test_unknown_object(self):
        gone = self.object(vim.VirtualMachine, "vm-none")
        properties = COLLECTOR.PropertySpec(type=vim.VirtualMachine, pathSet=["name"])
        self.assertRaisesFault(
            vmodl.fault.ManagedObjectNotFound, self.content.propertyCollector.RetrieveContents,
            [COLLECTOR.FilterSpec(objectSet=[COLLECTOR.ObjectSpec(obj=gone)],
                                  propSet=[properties])], obj=gone)


class Waits(PyvmomiCase):
    def test_first_update_has_all(self):
        _, _, values = self.watch(self.machine, ["name", "guest.guestOperationsReady",
                                                 "runtime.powerState"])
        self.assertEqual(values, {"name": "demo-vm", "guest.guestOperationsReady": True,
                                  "runtime.powerState": "poweredOn"})

    def test_nothing_happens(self):
        collector, version, _ = self.watch(self.machine, ["name"])
        self.assertIsNone(collector.WaitForUpdatesEx(
            version, COLLECTOR.WaitOptions(maxWaitSeconds=1)))
        self.assertIsNone(collector.WaitForUpdatesEx(
            version, COLLECTOR.WaitOptions(maxWaitSeconds=0)))
        self.assertIsNone(collector.CheckForUpdates(version))

    def test_readiness_while_parked(self):
        collector, version, values = self.watch(self.machine, ["guest.guestOperationsReady"])
        self.assertEqual(values, {"guest.guestOperationsReady": True})
        said = []
        with self.parked(collector.WaitForUpdates, version) as waits:
            env.restart_agent()
            update = waits.result(30)
            said += self.changes(update).values()
        while not said[-1]:
            update = collector.WaitForUpdates(update.version)
            said += self.changes(update).values()
        self.assertEqual(said, [False, True])

    def test_other_calls_go_on_meanwhile(self):
        collector, version, _ = self.watch(self.machine, ["name"])
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waits = pool.submit(collector.WaitForUpdatesEx, version,
                                COLLECTOR.WaitOptions(maxWaitSeconds=20))
            for _ in range(20):
                self.assertEqual(self.machine.name, "demo-vm")
            self.assertFalse(waits.done())
            collector.CancelWaitForUpdates()
            with self.assertRaises(vmodl.fault.RequestCanceled):
                waits.result(10)

    def test_machines_come_and_go(self):
        view = self.view([vim.VirtualMachine])
        collector = self.content.propertyCollector.CreatePropertyCollector()
        self.addCleanup(collector.Destroy)
        collector.CreateFilter(self.collect(vim.VirtualMachine, ["name"], view), True)
        version = collector.WaitForUpdatesEx(None).version
        vm = Vm(unique("comes"), "local", "/nonexistent/a")
        kinds = []
        for change in (env.daemon.put_vm, env.daemon.remove_vm):
            with self.parked(collector.WaitForUpdatesEx, version,
                             COLLECTOR.WaitOptions(maxWaitSeconds=20)) as waits:
                change(vm)
                update = waits.result(30)
            version = update.version
            kinds += [(entity.kind, entity.obj._GetMoId()) for filters in update.filterSet
                      for entity in filters.objectSet]
        self.assertEqual(kinds, [("enter", vm.moid), ("leave", vm.moid)])


class Search(PyvmomiCase):
    def setUp(self):
        super().setUp()
        self.index = self.content.searchIndex

    def test_by_uuid(self):
        self.assertEqual(self.index.FindByUuid(None, VM_UUID, True), self.machine)
        self.assertEqual(self.index.FindByUuid(None, VM_UUID.upper(), True, False), self.machine)
        found = self.index.FindByUuid(None, self.machine.config.instanceUuid, True, True)
        self.assertEqual(found, self.machine)
        datacenter, = self.content.rootFolder.childEntity
        self.assertEqual(self.index.FindByUuid(datacenter, VM_UUID, True), self.machine)
        self.assertEqual(list(self.index.FindAllByUuid(None, VM_UUID, True)), [self.machine])

    def test_by_path_and_child(self):
        datacenter, = self.content.rootFolder.childEntity
        path = f"{datacenter.name}/vm/demo-vm"
        self.assertEqual(self.index.FindByInventoryPath(path), self.machine)
        self.assertEqual(self.index.FindByInventoryPath("/" + path), self.machine)
        self.assertEqual(self.index.FindByInventoryPath(datacenter.name), datacenter)
        self.assertEqual(self.index.FindChild(datacenter.vmFolder, "demo-vm"), self.machine)

    def test_by_name_and_address(self):
        self.assertEqual(self.index.FindByDnsName(None, "guestops-demo", True), self.machine)
        address = self.machine.guest.ipAddress
        if address:
            self.assertEqual(self.index.FindByIp(None, address, True), self.machine)

    def test_not_found(self):
        self.assertIsNone(self.index.FindByUuid(None, VM_UUID[:-1] + "0", True))
        self.assertIsNone(self.index.FindByInventoryPath("no/such/path"))
        self.assertIsNone(self.index.FindByDnsName(None, "no-such-host", True))
        self.assertIsNone(self.index.FindByIp(None, "192.0.2.1", True))
        self.assertIsNone(self.index.FindChild(self.content.rootFolder, "none"))
        self.assertEqual(list(self.index.FindAllByDnsName(None, "no-such-host", True)), [])


class Processes(PyvmomiCase):
    def test_execute_program_in_vm(self):
        """The sample of that name: look at the tools, start, poll, look at the exit code."""
        self.assertNotIn(self.machine.guest.toolsStatus, ("toolsNotInstalled", "toolsNotRunning"))
        file = f"/tmp/{unique('sample')}"
        row = self.run_to_end("demo", "/bin/sh", f"-c 'id -un > {file}; exit 7'")
        self.assertEqual(row.exitCode, 7)
        self.assertEqual(self.guest.sh(f"cat {file}; rm {file}"), "demo\n")
        self.assertEqual((row.name, row.owner), ("sh", "demo"))
        self.assertEqual(row.cmdLine, f"\"/bin/sh\" -c 'id -un > {file}; exit 7'")
        self.assertLessEqual(row.startTime, row.endTime)
        here = datetime.datetime.now(datetime.timezone.utc)
        self.assertLess(abs(here - row.startTime), datetime.timedelta(minutes=5))

    def test_runs(self):
        who = credentials("demo")
        pid = self.processes.StartProgramInGuest(self.machine, who, program("/bin/sleep", "60"))
        self.assertGreater(pid, 0)
        self.assertEqual(self.guest.sh(f"cat /proc/{pid}/comm").strip(), "sleep")
        row, = self.processes.ListProcessesInGuest(self.machine, who, [pid])
        self.assertIsNone(row.exitCode)
        self.assertIsNone(row.endTime)
        self.processes.TerminateProcessInGuest(self.machine, who, pid)
        self.assertNotEqual(self.guest.command(f"kill -0 {pid}")[0], 0)
        row, = self.processes.ListProcessesInGuest(self.machine, who, [pid])
        self.assertEqual(row.exitCode, 143)

    def test_list(self):
        who = credentials("root")
        for pids in (None, []):
            rows = self.processes.ListProcessesInGuest(self.machine, who, pids)
            self.assertGreater(len(rows), 10)
            self.assertIn(1, [row.pid for row in rows])
        rows = self.processes.ListProcessesInGuest(self.machine, who, [1, 999999])
        self.assertEqual([row.pid for row in rows], [1])
        self.assertEqual(self.processes.ListProcessesInGuest(self.machine, who, [999999]), [])

    def test_output_by_redirection(self):
        file = f"/tmp/{unique('out')}"
        text = "a & b < c > \"d\" 'e' \u00fc \u6f22"
        quoted = "'" + text.replace("'", "'\\''") + "'"
        row = self.run_to_end("demo", "/bin/echo", f"{quoted} > {file} 2>&1")
        self.assertEqual(row.exitCode, 0)
        self.assertEqual(self.guest.sh(f"cat {file}; rm {file}"), text + "\n")
        self.assertIn(quoted, row.cmdLine)

    def test_directory_and_variables(self):
        file = f"/tmp/{unique('env')}"
        row = self.run_to_end("demo", "/usr/bin/env", f"> {file}; pwd >> {file}",
                              workingDirectory="/usr/share", envVariables=["A=1", "B=x y=z"])
        self.assertEqual(row.exitCode, 0)
        lines = self.guest.sh(f"cat {file}; rm {file}").splitlines()
        self.assertIn("A=1", lines)
        self.assertIn("B=x y=z", lines)
        self.assertEqual(lines[-1], "/usr/share")

    def test_empty_strings_are_unset(self):
        row = self.run_to_end("demo", "/bin/true", workingDirectory="", envVariables=[])
        self.assertEqual(row.exitCode, 0)

    def test_environment(self):
        read = self.processes.ReadEnvironmentVariableInGuest
        who = credentials("demo")
        values = dict(line.split("=", 1) for line in read(self.machine, who, None))
        self.assertEqual((values["USER"], values["HOME"]), ("demo", "/home/demo"))
        self.assertEqual(list(read(self.machine, who, ["HOME", "NO_SUCH", "USER"])),
                         ["HOME=/home/demo", "USER=demo"])
        self.assertEqual(list(read(self.machine, who, ["NO_SUCH"])), [])


class Credentials(PyvmomiCase):
    def setUp(self):
        super().setUp()
        self.auths = self.content.guestOperationsManager.authManager

    def test_validate(self):
        self.assertIsNone(self.auths.ValidateCredentialsInGuest(self.machine,
                                                                credentials("demo")))
        self.assertRaisesFault(
            vim.fault.InvalidGuestLogin, self.auths.ValidateCredentialsInGuest, self.machine,
            credentials("demo", "wrong"),
            msg="Failed to authenticate with the guest operating system using the supplied "
                "credentials.")

    def test_ticket(self):
        ticket = self.auths.AcquireCredentialsInGuest(self.machine, credentials("demo"), 0)
        self.assertIsInstance(ticket, vim.vm.guest.TicketedSessionAuthentication)
        self.auths.ValidateCredentialsInGuest(self.machine, ticket)
        pid = self.processes.StartProgramInGuest(self.machine, ticket, program("/bin/true"))
        row, = self.processes.ListProcessesInGuest(self.machine, ticket, [pid])
        self.assertEqual(row.owner, "demo")
        self.auths.ReleaseCredentialsInGuest(self.machine, ticket)
        self.assertRaisesFault(vim.fault.InvalidGuestLogin,
                               self.auths.ValidateCredentialsInGuest, self.machine, ticket)

    def test_other_kinds(self):
        for who in (vim.vm.guest.SSPIAuthentication(sspiToken="eA=="),
                    vim.vm.guest.SAMLTokenAuthentication(token="x", username="demo")):
            who.interactiveSession = False
            self.assertRaisesFault(vim.fault.OperationNotSupportedByGuest,
                                   self.auths.ValidateCredentialsInGuest, self.machine, who)


class Faults(PyvmomiCase):
    def start(self, path, machine=None, who=None, **more):
        return lambda: self.processes.StartProgramInGuest(
            machine or self.machine, who or credentials("demo"), program(path, **more))

    def test_files(self):
        self.assertRaisesFault(vim.fault.FileNotFound, self.start("/no/such"), file="/no/such",
                               msg="File /no/such was not found")
        self.assertRaisesFault(vim.fault.NotADirectory,
                               self.start("/bin/true", workingDirectory="/etc/passwd"),
                               file="/etc/passwd")
        self.assertRaisesFault(vim.fault.CannotAccessFile, self.start("/home/alice/x"),
                               file="/home/alice/x")
        self.assertRaisesFault(vim.fault.GuestPermissionDenied, self.start("/etc/passwd"))

    def test_login(self):
        self.assertRaisesFault(vim.fault.InvalidGuestLogin,
                               self.start("/bin/true", who=credentials("demo", "wrong")))

    def test_no_such_process(self):
        self.assertRaisesFault(vim.fault.GuestProcessNotFound,
                               self.processes.TerminateProcessInGuest, self.machine,
                               credentials("demo"), 999999, pid=999999)

    def test_machine_is_off(self):
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            self.assertRaisesFault(vim.fault.InvalidPowerState,
                                   self.start("/bin/true", self.machine_of(vm)),
                                   requestedState="poweredOn", existingState="poweredOff")
            self.assertEqual(self.machine_of(vm).runtime.powerState, "poweredOff")
            self.assertEqual(self.machine_of(vm).guest.guestState, "notRunning")

    def test_no_agent(self):
        with env.machine(Vm("apart", "local", "/nonexistent/a")) as vm:
            fault = self.assertRaisesFault(vim.fault.GuestOperationsUnavailable,
                                           self.start("/bin/true", self.machine_of(vm)))
            self.assertIsInstance(fault, vim.fault.GuestOperationsFault)
            self.assertEqual(self.machine_of(vm).guest.toolsStatus, "toolsNotInstalled")

    def test_no_such_machine(self):
        gone = self.object(vim.VirtualMachine, "vm-none")
        self.assertRaisesFault(vmodl.fault.ManagedObjectNotFound, self.start("/bin/true", gone),
                               obj=gone)

    def test_no_such_method(self):
        self.assertRaisesFault(vmodl.fault.MethodNotFound, self.machine.MarkAsTemplate,
                               receiver=self.machine, method="MarkAsTemplate")

    def test_arguments(self):
        self.assertRaisesFault(vmodl.fault.InvalidArgument, self.start(""),
                               invalidProperty="spec.programPath")

    def test_no_session(self):
        Disconnect(self.si)
        processes = self.object(vim.vm.guest.ProcessManager, "guestOperationsProcessManager")
        self.assertRaisesFault(
            vim.fault.NotAuthenticated, processes.StartProgramInGuest, self.machine,
            credentials("demo"), program("/bin/true"), object=processes,
            privilegeId="VirtualMachine.GuestOperations.Execute")

    def test_no_permission(self):
        si = self.reader()
        self.assertEqual(vim.VirtualMachine(env.vm.moid, si._GetStub()).name, "demo-vm")
        processes = si.content.guestOperationsManager.processManager
        self.assertRaisesFault(
            vim.fault.NoPermission, processes.StartProgramInGuest, self.machine,
            credentials("demo"), program("/bin/true"),
            privilegeId="VirtualMachine.GuestOperations.Execute")


class Sharing(PyvmomiCase):
    def test_threads_share_a_connection(self):
        def work(number):
            self.assertEqual(self.machine.name, "demo-vm")
            row = self.run_to_end("demo", "/bin/sh", f"-c 'exit {number}'")
            self.assertEqual(row.exitCode, number)
            return self.content.sessionManager.currentSession.key

        keys = parallel([lambda number=number: work(number) for number in range(12)])
        self.assertEqual(len(set(keys)), 1)

    def test_slow_calls_hold_nobody_up(self):
        def refused():
            with self.assertRaises(vim.fault.InvalidGuestLogin):
                self.content.guestOperationsManager.authManager.ValidateCredentialsInGuest(
                    self.machine, credentials("demo", "wrong"))

        with env.agent_conf("[login]\nfail_delay = 8\n"), \
                concurrent.futures.ThreadPoolExecutor() as pool:
            before = self.guest.agent_log().count("login of 'demo' refused")
            slow = pool.submit(refused)
            wait_for(lambda: self.guest.agent_log().count("login of 'demo' refused") > before,
                     "the refusal waits for its time")
            self.assertEqual(self.run_to_end("demo", "/bin/true").exitCode, 0)
            self.assertFalse(slow.done())
            slow.result(30)

    def test_session_of_soap_in_json(self):
        client = env.daemon.client(identifier(self.stub))
        self.addCleanup(client.close)
        session = client.get("SessionManager/SessionManager/currentSession").json
        self.assertEqual(session["key"], self.content.sessionManager.currentSession.key)
        pid = client.start(self.vm, auth("demo"), spec("/bin/sh", "-c 'exit 3'"))
        client.wait_end(self.vm, auth("demo"), pid)
        row, = self.processes.ListProcessesInGuest(self.machine, credentials("demo"), [pid])
        self.assertEqual(row.exitCode, 3)

    def test_session_of_json_in_soap(self):
        client = env.daemon.admin()
        self.addCleanup(client.close)
        stub = SoapStubAdapter("localhost", env.daemon.port, path="/sdk", sslContext=context(),
                               version=self.stub.version)
        stub.cookie = f'vmware_soap_session="{client.session}"'
        content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
        key = client.get("SessionManager/SessionManager/currentSession").json["key"]
        self.assertEqual(content.sessionManager.currentSession.key, key)
        content.sessionManager.Logout()
        self.assertEqual(client.get(f"VirtualMachine/{env.vm.moid}/name").status, 500)


class Power(PyvmomiCase, OwnGuest):
    def setUp(self):
        super().setUp()
        self.machine = self.object(vim.VirtualMachine, self.vm["value"])

    def wait_for_tasks(self, tasks):
        """As the samples have it: one filter for all tasks, WaitForUpdates until none is left."""
        left = [str(task) for task in tasks]
        collector = self.content.propertyCollector
        watched = collector.CreateFilter(COLLECTOR.FilterSpec(
            objectSet=[COLLECTOR.ObjectSpec(obj=task) for task in tasks],
            propSet=[COLLECTOR.PropertySpec(type=vim.Task, pathSet=[], all=True)]), True)
        try:
            version, state = None, None
            while left:
                update = collector.WaitForUpdates(version)
                for entity in [entity for filters in update.filterSet
                               for entity in filters.objectSet]:
                    for change in entity.changeSet:
                        if change.name == "info":
                            state = change.val.state
                        elif change.name == "info.state":
                            state = change.val
                        if str(entity.obj) in left and state == vim.TaskInfo.State.success:
                            left.remove(str(entity.obj))
                        elif state == vim.TaskInfo.State.error:
                            raise entity.obj.info.error
                version = update.version
        finally:
            watched.Destroy()

    def test_wrong_state(self):
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            machine = self.machine_of(vm)
            for function in (machine.PowerOff, machine.Reset, machine.Suspend):
                with self.assertRaises(vim.fault.InvalidPowerState) as caught:
                    self.wait_for_tasks([function()])
                self.assertEqual(caught.exception.existingState, "poweredOff")
            with self.assertRaises(vim.fault.InvalidPowerState):
                WaitForTask(machine.PowerOff(), si=self.si)
            with self.assertRaises(vim.fault.InvalidPowerState):
                machine.ShutdownGuest()

    def test_tasks(self):
        """Started, waited for, and seen by another filter at the same time."""
        pid = self.start("demo", "/bin/sleep", "75")
        collector, version, values = self.watch(self.machine, ["runtime.powerState"])
        self.assertEqual(values, {"runtime.powerState": "poweredOn"})
        said = []
        for function, state in ((self.machine.Suspend, "suspended"),
                                (self.machine.PowerOn, "poweredOn")):
            with self.parked(collector.WaitForUpdatesEx, version,
                             COLLECTOR.WaitOptions(maxWaitSeconds=60)) as waits:
                task = function()
                self.wait_for_tasks([task])
                update = waits.result(60)
            self.assertEqual(task.info.state, "success")
            self.assertEqual(task.info.entity, self.machine)
            self.assertGreaterEqual(task.info.completeTime, task.info.startTime)
            version = update.version
            said += self.changes(update).values()
            self.assertEqual(self.machine.runtime.powerState, state)
        self.assertEqual(said, ["suspended", "poweredOn"])
        wait_for(lambda: self.machine.guest.guestOperationsReady, "the agent answers again")
        row, = self.processes.ListProcessesInGuest(self.machine, credentials("demo"), [pid])
        self.assertIsNone(row.exitCode)
        self.assertEqual(WaitForTask(self.machine.Reset(), si=self.si), "success")

    def test_two_tasks_at_once(self):
        with self.assertRaises((vim.fault.TaskInProgress, vim.fault.InvalidPowerState)):
            self.wait_for_tasks([self.machine.Suspend(), self.machine.Suspend()])
