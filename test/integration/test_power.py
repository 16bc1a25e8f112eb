"""Power: a machine's own, and what its guest is asked to do."""
import json
import socket

from adversity import OwnGuest
from guestops import Vm, auth, spec, wait_for
from support import GuestCase, env, unique

TASKS = ("PowerOffVM_Task", "PowerOnVM_Task", "ResetVM_Task", "SuspendVM_Task")
REQUESTS = ("RebootGuest", "ShutdownGuest", "StandbyGuest")
METHODS = TASKS + REQUESTS


class Events:
    """All that the test's own monitor of QEMU hears; no other command can be given meanwhile."""

    def __init__(self, guest):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(guest.path("qmp-test.sock"))
        self.stream = self.sock.makefile("rw")
        self.stream.readline()
        self.stream.write('{"execute":"qmp_capabilities"}\n')
        self.stream.flush()
        self.stream.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.sock.close()

    def wait(self, name):
        """The names of all that came, up to this one."""
        seen = []
        while name not in seen:
            line = self.stream.readline()
            if not line:
                raise AssertionError(f"QEMU has ended after {seen}")
            seen.append(json.loads(line).get("event"))
        return seen


class PowerCase(OwnGuest):
    def ask(self, method, body=None, client=None):
        return (client or self.client).call(f"VirtualMachine/{self.machine.moid}/{method}", body)

    def info(self, answer):
        task = self.assertOk(answer)
        self.assertEqual(task["type"], "Task")
        return self.client.get(f"Task/{task['value']}/info").json

    def succeed(self, method):
        answer = self.ask(method)
        info = wait_for(lambda: "completeTime" in self.info(answer) and self.info(answer),
                        f"{method} has ended")
        self.assertEqual(info["state"], "success", info)
        self.assertEqual(info["name"], method)
        return info

    def state(self):
        return self.client.get(f"VirtualMachine/{self.machine.moid}/runtime").json["powerState"]

    def refused(self, fault, methods, **members):
        for method in methods:
            with self.subTest(method, fault=fault):
                self.assertFault(self.ask(method), fault, **members)


class Power(PowerCase):
    def test_suspend_reset_off(self):
        agent, boot = self.guest.agent_pid(), self.guest.boot_id()
        running = self.start("demo", "/bin/sleep", "73")

        # on
        self.refused("InvalidPowerState", ["PowerOnVM_Task"], requestedState="poweredOn",
                     existingState="poweredOn")
        self.refused("NotSupported", ["StandbyGuest"])
        nowhere = {"_typeName": "ManagedObjectReference", "type": "HostSystem", "value": "x"}
        self.assertFault(self.ask("PowerOnVM_Task", {"host": nowhere}), "ManagedObjectNotFound",
                         obj=nowhere)

        # suspended
        info = self.succeed("SuspendVM_Task")
        self.assertEqual(info["descriptionId"], "VirtualMachine.suspend")
        self.assertEqual(info["reason"], {"_typeName": "TaskReasonUser",
                                          "userName": "administrator"})
        self.assertEqual(info["entity"]["value"], self.machine.moid)
        self.assertEqual(info["entityName"], self.machine.name)
        self.assertIs(info["cancelable"], False)
        self.assertNotIn("result", info)
        self.assertEqual(self.state(), "suspended")
        for answer in (self.client.try_start(self.vm, auth("demo"), spec("/bin/true")),
                       self.client.try_list(self.vm, auth("demo"))):
            self.assertFault(answer, "InvalidPowerState", existingState="suspended",
                             requestedState="poweredOn")
        self.refused("InvalidPowerState", ["ResetVM_Task", *REQUESTS],
                     requestedState="poweredOn", existingState="suspended")
        self.refused("InvalidPowerState", ["SuspendVM_Task"], requestedState="suspended",
                     existingState="suspended")
        self.succeed("PowerOnVM_Task")
        self.assertEqual(self.state(), "poweredOn")
        self.wait_ready(self.machine)
        self.assertEqual((self.guest.agent_pid(), self.guest.boot_id()), (agent, boot))
        row, = self.rows("demo", [running])
        self.assertNotIn("endTime", row)
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)

        # paused by somebody else, who lets it go on; also where it was suspended
        self.guest.qmp("stop")
        wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 500,
                 "the pause is noticed")
        self.assertEqual(self.state(), "poweredOn")
        self.refused("InvalidState", [name for name in METHODS if name != "PowerOffVM_Task"])
        self.guest.qmp("cont")
        self.wait_ready(self.machine)
        self.succeed("SuspendVM_Task")
        self.guest.qmp("cont")
        wait_for(lambda: self.state() == "poweredOn", "another lets it go on")
        self.wait_ready(self.machine)

        # busy
        self.guest.qmp("migrate-set-parameters", **{"max-bandwidth": 100000})
        self.guest.qmp("migrate", uri="exec:cat > /dev/null")
        wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 500,
                 "the migration is noticed")
        for method in METHODS:
            task = self.assertFault(self.ask(method), "TaskInProgress")["task"]
        self.guest.qmp("migrate_cancel")
        self.wait_ready(self.machine)
        info = self.client.get(f"Task/{task['value']}/info").json
        self.assertEqual((info["name"], info["state"]), ("migration", "error"))
        self.assertEqual(info["error"]["_typeName"], "RequestCanceled")

        # reset
        self.succeed("ResetVM_Task")
        self.assertEqual(self.state(), "poweredOn")
        self.guest.wait_reboot(boot)
        self.wait_ready(self.machine)
        self.assertEqual([row for row in self.rows("demo", [running]) if row["name"] == "sleep"],
                         [])

        # off
        info = self.succeed("PowerOffVM_Task")
        self.assertEqual(info["descriptionId"], "VirtualMachine.powerOff")
        self.assertEqual(self.state(), "poweredOff")
        self.refused("InvalidPowerState", ["PowerOffVM_Task"], requestedState="poweredOff",
                     existingState="poweredOff")
        self.refused("InvalidPowerState", ["ResetVM_Task", "SuspendVM_Task", *REQUESTS],
                     requestedState="poweredOn", existingState="poweredOff")
        self.refused("NotSupported", ["PowerOnVM_Task"])
        self.assertIn("start it on the host", self.ask("PowerOnVM_Task").json["faultstring"])
        self.assertEqual([(line["operation"], line["result"], line["vmName"], line["user"])
                          for line in env.daemon.audit()
                          if line["event"] == "power" and line["vm"] == self.machine.moid][-1],
                         ("PowerOnVM_Task", "NotSupported", self.machine.name, "administrator"))
        self.guest.boot()
        self.wait_ready(self.machine)
        self.assertEqual(self.state(), "poweredOn")

    def test_guest_is_asked(self):
        running = self.start("demo", "/bin/sleep", "74")
        boot = self.guest.boot_id()
        with Events(self.guest) as events:
            self.assertVoid(self.ask("ShutdownGuest"))
            events.wait("POWERDOWN")  # there is nobody in this guest who would react
        self.assertNotIn("endTime", self.rows("demo", [running])[0])

        with Events(self.guest) as events:
            self.assertVoid(self.ask("RebootGuest"))
            events.wait("POWERDOWN")
            self.start("root", "/usr/sbin/guest-poweroff")
            events.wait("SHUTDOWN")
            self.assertEqual(self.state(), "poweredOn")
            events.wait("RESUME")
        self.guest.wait_reboot(boot)
        self.wait_ready(self.machine)
        self.assertEqual([row for row in self.rows("demo", [running]) if row["name"] == "sleep"],
                         [])

        # A guest that reboots by itself has done what it was asked for.
        boot = self.guest.boot_id()
        self.assertVoid(self.ask("RebootGuest"))
        self.start("root", "/usr/sbin/guest-reboot")
        self.guest.wait_reboot(boot)
        self.wait_ready(self.machine)

        # Another shutdown is one, and so is the one that follows a RebootGuest.
        self.assertVoid(self.ask("RebootGuest"))
        self.assertVoid(self.ask("ShutdownGuest"))
        self.start("root", "/usr/sbin/guest-poweroff")
        wait_for(lambda: self.state() == "poweredOff", "QEMU has ended")
        self.refused("NotSupported", ["PowerOnVM_Task"])

    def test_off_and_on_again(self):
        """With a QEMU that stays: what -no-shutdown does."""
        self.guest.qmp("set-action", shutdown="pause")
        boot = self.guest.boot_id()
        self.start("root", "/usr/sbin/guest-poweroff")
        wait_for(lambda: self.state() == "poweredOff", "the shutdown is noticed")
        self.refused("InvalidPowerState", ["ResetVM_Task", "PowerOffVM_Task"])
        self.succeed("PowerOnVM_Task")
        self.assertEqual(self.state(), "poweredOn")
        self.guest.wait_reboot(boot)
        self.wait_ready(self.machine)


class Permissions(GuestCase):
    def test_each(self):
        name = unique("user")
        path = f"VirtualMachine/{env.vm.moid}"
        env.daemon.put_user(name, "service-secret", "ReadOnly")
        self.addCleanup(env.daemon.remove_user, name)
        client = env.daemon.client()
        self.addCleanup(client.close)
        client.login(name, "service-secret")
        for role in ("ReadOnly", "GuestOperator"):
            env.daemon.set_role(name, role)
            for method in METHODS:
                fault = self.assertFault(client.call(f"{path}/{method}"), "NoPermission",
                                         object=self.vm)
                self.assertTrue(fault["privilegeId"].startswith("VirtualMachine.Interact."))
        lines = [line for line in env.daemon.audit() if line.get("user") == name
                 and line["event"] == "power"]
        self.assertEqual([line["operation"] for line in lines], list(METHODS * 2))
        self.assertEqual({line["result"] for line in lines}, {"NoPermission"})
        self.assertEqual({line["vm"] for line in lines}, {env.vm.moid})
        self.assertFault(env.daemon.client().call(f"{path}/PowerOffVM_Task"), "NotAuthenticated")

    def test_local_machine(self):
        with env.machine(Vm("host", "local", "/nonexistent/a")) as vm:
            for method in METHODS:
                fault = self.assertFault(self.client.call(f"VirtualMachine/{vm.moid}/{method}"),
                                         "NotSupported")
                self.assertIn("provider local", fault["faultstring"])
