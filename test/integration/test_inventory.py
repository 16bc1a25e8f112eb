"""The inventory and its objects' properties, by GETs."""
import calendar
import hashlib
import json
import os
import socket
import ssl
import time

from guestops import Vm, wait_for
from support import GuestCase, env


def reference(type_name, moid):
    return {"_typeName": "ManagedObjectReference", "type": type_name, "value": moid}


def seconds(text):
    """Since 1970, without their fraction."""
    return calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S"))


COMPUTE = reference("ComputeResource", "domain-c7")
HOST = reference("HostSystem", "host-9")
POOL = reference("ResourcePool", "resgroup-8")
ROOT_FOLDER = reference("Folder", "group-d1")


class InventoryCase(GuestCase):
    def get(self, of, name):
        """A property's value; None for unset."""
        answer = self.client.get(f"{of['type']}/{of['value']}/{name}")
        if answer.status == 204:
            return None
        return self.assertOk(answer)

    def assertSubset(self, part, whole):
        self.assertEqual(part, {name: whole.get(name) for name in part})


class Tree(InventoryCase):
    def test_content(self):
        content = self.client.get("ServiceInstance/ServiceInstance/content").json
        for member, type_name, moid in (("rootFolder", "Folder", "group-d1"),
                                        ("propertyCollector", "PropertyCollector",
                                         "propertyCollector"),
                                        ("searchIndex", "SearchIndex", "SearchIndex"),
                                        ("viewManager", "ViewManager", "ViewManager")):
            self.assertEqual(content[member], reference(type_name, moid))
            self.assertFault(self.client.get(f"{type_name}/{moid}/noSuch"), "InvalidProperty")

    def test_vm_found_by_gets(self):
        found = []
        for datacenter in self.get(ROOT_FOLDER, "childEntity"):
            self.assertEqual(datacenter["type"], "Datacenter")
            folder = self.get(datacenter, "vmFolder")
            self.assertEqual(self.get(folder, "parent"), datacenter)
            for vm in self.get(folder, "childEntity"):
                self.assertEqual(vm["type"], "VirtualMachine")
                self.assertEqual(self.get(vm, "parent"), folder)
                if self.get(vm, "name") == env.vm.name:
                    found.append(vm)
        self.assertEqual(found, [env.vm.ref])

    def test_vm_found_by_its_host(self):
        """PowerCLI's way: Datacenter.hostFolder, ComputeResource.host, HostSystem.vm."""
        datacenter, = self.get(ROOT_FOLDER, "childEntity")
        compute, = self.get(self.get(datacenter, "hostFolder"), "childEntity")
        self.assertEqual(compute, COMPUTE)
        host, = self.get(compute, "host")
        self.assertIn(env.vm.ref, self.get(host, "vm"))

    def test_parents_end_at_the_root(self):
        for entity in (env.vm.ref, HOST, POOL, COMPUTE):
            with self.subTest(entity=entity["type"]):
                names = []
                while entity != ROOT_FOLDER:
                    names.append(self.get(entity, "name"))
                    entity = self.get(entity, "parent")
                    self.assertLess(len(names), 10)
                self.assertTrue(all(names), names)
        self.assertIsNone(self.get(ROOT_FOLDER, "parent"))

    def test_folders_without_content(self):
        datacenter, = self.get(ROOT_FOLDER, "childEntity")
        for what in ("datastore", "network"):
            folder = self.get(datacenter, f"{what}Folder")
            self.assertEqual(self.get(folder, "childEntity"), [])
            self.assertIn(what.capitalize(), self.get(folder, "childType"))
            for entity in (datacenter, COMPUTE, HOST, env.vm.ref):
                self.assertEqual(self.get(entity, what), [])

    def test_managers(self):
        manager = reference("GuestOperationsManager", "guestOperationsManager")
        self.assertEqual(self.get(manager, "processManager"),
                         reference("GuestProcessManager", "guestOperationsProcessManager"))

    def test_what_every_entity_has(self):
        for entity in (ROOT_FOLDER, COMPUTE, HOST, POOL, env.vm.ref):
            with self.subTest(entity=entity["type"]):
                for name, value in (("overallStatus", "gray"), ("configStatus", "gray"),
                                    ("customValue", []), ("value", []), ("recentTask", []),
                                    ("tag", None), ("permission", None), ("configIssue", None),
                                    ("effectiveRole", None), ("disabledMethod", None),
                                    ("declaredAlarmState", None), ("triggeredAlarmState", None),
                                    ("alarmActionsEnabled", None), ("availableField", None)):
                    self.assertEqual(self.get(entity, name), value, name)


class Host(InventoryCase):
    def test_resources(self):
        self.assertEqual(self.get(COMPUTE, "resourcePool"), POOL)
        self.assertEqual(self.get(COMPUTE, "name"), self.get(HOST, "name"))
        self.assertEqual(self.get(POOL, "name"), "Resources")
        self.assertEqual(self.get(POOL, "owner"), COMPUTE)
        self.assertEqual(self.get(POOL, "resourcePool"), [])
        self.assertEqual(self.get(POOL, "vm"), self.get(HOST, "vm"))

    def test_vms_come_and_go(self):
        vm = Vm("hosted", "qmp", "/nonexistent/a", "/nonexistent/q")
        self.assertNotIn(vm.ref, self.get(HOST, "vm"))
        with env.machine(vm):
            self.assertIn(vm.ref, self.get(HOST, "vm"))
            self.assertIn(vm.ref, self.get(POOL, "vm"))
        self.assertNotIn(vm.ref, self.get(HOST, "vm"))

    def test_runtime(self):
        runtime = self.get(HOST, "runtime")
        self.assertSubset({"connectionState": "connected", "powerState": "poweredOn",
                           "inMaintenanceMode": False}, runtime)
        with open("/proc/stat") as file:
            booted, = [int(line.split()[1]) for line in file if line.startswith("btime ")]
        self.assertAlmostEqual(seconds(runtime["bootTime"]), booted, delta=2)

    def test_summary(self):
        summary = self.get(HOST, "summary")
        self.assertEqual(summary["host"], HOST)
        self.assertEqual(summary["config"]["name"], socket.gethostname())
        self.assertEqual(summary["config"]["port"], env.daemon.port)
        self.assertEqual(summary["config"]["product"]["_typeName"], "AboutInfo")
        self.assertEqual(summary["runtime"]["powerState"], "poweredOn")

    def test_thumbprint_is_that_of_the_certificate(self):
        pem = ssl.get_server_certificate(("127.0.0.1", env.daemon.port))
        digest = hashlib.sha1(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
        thumbprint = self.get(HOST, "summary")["config"]["sslThumbprint"]
        self.assertEqual(thumbprint, ":".join(digest[i:i + 2] for i in range(0, 40, 2)))

    def test_config_is_there(self):
        config = self.get(HOST, "config")
        self.assertEqual(config["host"], HOST)
        self.assertEqual(config["virtualNicManagerInfo"],
                         {"_typeName": "HostVirtualNicManagerInfo"})


class Machine(InventoryCase):
    def test_identity(self):
        vm = env.vm.ref
        config, summary = self.get(vm, "config"), self.get(vm, "summary")
        self.assertSubset({"name": env.vm.name, "uuid": env.vm.uuid, "instanceUuid": env.vm.uuid,
                           "template": False, "guestId": "otherLinux64Guest"}, config)
        self.assertIn("Debian", config["guestFullName"])
        self.assertEqual(config["files"]["vmPathName"],
                         f"{env.daemon.vms}/{env.vm.name}.conf")
        self.assertEqual(config["changeVersion"], config["modified"])
        self.assertEqual(config["hardware"]["_typeName"], "VirtualHardware")
        self.assertSubset({"name": env.vm.name, "uuid": env.vm.uuid, "instanceUuid": env.vm.uuid,
                           "template": False, "guestId": config["guestId"],
                           "guestFullName": config["guestFullName"],
                           "vmPathName": config["files"]["vmPathName"]}, summary["config"])
        self.assertEqual(summary["vm"], vm)
        self.assertEqual(self.get(vm, "resourcePool"), POOL)
        for name in ("layout", "layoutEx", "parentVApp", "resourceConfig", "rootSnapshot",
                     "snapshot", "storage", "environmentBrowser", "capability"):
            self.assertIsNone(self.get(vm, name), name)

    def test_on(self):
        vm = env.vm.ref
        runtime, guest = self.get(vm, "runtime"), self.get(vm, "guest")
        self.assertSubset({"_typeName": "VirtualMachineRuntimeInfo", "powerState": "poweredOn",
                           "connectionState": "connected", "host": HOST}, runtime)
        self.assertNotIn("bootTime", runtime)
        self.assertSubset({"_typeName": "GuestInfo", "toolsStatus": "toolsOk",
                           "toolsVersionStatus": "guestToolsUnmanaged",
                           "toolsVersionStatus2": "guestToolsUnmanaged",
                           "toolsRunningStatus": "guestToolsRunning", "guestState": "running",
                           "guestFamily": "linuxGuest", "guestId": "otherLinux64Guest",
                           "hostName": "guestops-demo", "guestOperationsReady": True,
                           "interactiveGuestOperationsReady": False}, guest)
        self.assertIn("Debian", guest["guestFullName"])
        summary = self.get(vm, "summary")
        self.assertEqual(summary["runtime"], runtime)
        self.assertEqual(summary["quickStats"]["guestHeartbeatStatus"], "green")
        self.assertEqual(self.get(vm, "guestHeartbeatStatus"), "green")
        short = summary["guest"]
        self.assertEqual(short.pop("_typeName"), "VirtualMachineGuestSummary")
        self.assertSubset(short, guest)

    def test_off_and_never_seen(self):
        vm = Vm("coming", "qmp", "/nonexistent/a", "/nonexistent/q")
        path = f"VirtualMachine/{vm.moid}/name"
        self.assertFault(self.client.get(path), "ManagedObjectNotFound")
        with env.machine(vm):
            self.assertEqual(self.assertOk(self.client.get(path)), "coming")
            self.assertEqual(self.get(vm.ref, "runtime")["powerState"], "poweredOff")
            guest = self.get(vm.ref, "guest")
            self.assertSubset({"toolsStatus": "toolsNotInstalled",
                               "toolsVersionStatus2": "guestToolsNotInstalled",
                               "toolsRunningStatus": "guestToolsNotRunning",
                               "guestState": "notRunning", "guestOperationsReady": False}, guest)
            for unknown in ("guestFamily", "guestId", "hostName", "toolsVersion"):
                self.assertNotIn(unknown, guest)
            config = self.get(vm.ref, "config")
            self.assertSubset({"guestId": "otherGuest", "guestFullName": ""}, config)
            self.assertSubset({"numCPU": 0, "memoryMB": 0}, config["hardware"])
            summary = self.get(vm.ref, "summary")
            self.assertEqual(summary["guest"]["toolsStatus"], "toolsNotInstalled")
            self.assertNotIn("numCpu", summary["config"])
            self.assertEqual(self.get(vm.ref, "guestHeartbeatStatus"), "gray")
        self.assertFault(self.client.get(path), "ManagedObjectNotFound")

    def test_paused_and_back(self):
        self.guest.qmp("stop")
        try:
            wait_for(lambda: not self.get(env.vm.ref, "guest")["guestOperationsReady"],
                     "it is seen to be paused")
            self.assertEqual(self.get(env.vm.ref, "runtime")["powerState"], "poweredOn")
            self.assertEqual(self.get(env.vm.ref, "guest")["toolsStatus"], "toolsNotRunning")
            self.assertEqual(self.get(env.vm.ref, "guest")["hostName"], "guestops-demo")
        finally:
            self.guest.qmp("cont")
            env.wait_ready()
        self.assertEqual(self.get(env.vm.ref, "guest")["toolsStatus"], "toolsOk")

    def test_local_machine_counts_itself(self):
        vm = Vm("here", "local", "/nonexistent/agent.sock")
        with env.machine(vm):
            hardware = self.get(vm.ref, "config")["hardware"]
            self.assertEqual(hardware["numCPU"], os.cpu_count())
            self.assertAlmostEqual(hardware["memoryMB"],
                                   os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
                                   delta=1)


class Service(InventoryCase):
    MANAGER = reference("SessionManager", "SessionManager")

    def test_locales(self):
        self.assertEqual(self.get(self.MANAGER, "defaultLocale"), "en")
        self.assertEqual(self.get(self.MANAGER, "supportedLocaleList"), ["en"])
        self.assertEqual(self.get(self.MANAGER, "messageLocaleList"), ["en"])
        self.assertIsNone(self.get(self.MANAGER, "message"))

    def test_session_list(self):
        current = self.get(self.MANAGER, "currentSession")
        sessions = self.get(self.MANAGER, "sessionList")
        self.assertIn(current["key"], [session["key"] for session in sessions])
        self.assertNotIn(self.client.session, json.dumps(sessions))

    def test_session_list_is_not_for_everybody(self):
        env.daemon.put_user("reader", "reader-password", "ReadOnly")
        self.addCleanup(env.daemon.remove_user, "reader")
        client = env.daemon.client()
        self.addCleanup(client.close)
        client.login("reader", "reader-password")
        path = "SessionManager/SessionManager"
        self.assertFault(client.get(f"{path}/sessionList"), "NoPermission",
                         privilegeId="Sessions.TerminateSession")
        self.assertOk(client.get(f"{path}/currentSession"))
        self.assertOk(client.get(f"VirtualMachine/{env.vm.moid}/summary"))

    def test_server_clock(self):
        clock = self.get(reference("ServiceInstance", "ServiceInstance"), "serverClock")
        self.assertAlmostEqual(seconds(clock), time.time(), delta=10)
