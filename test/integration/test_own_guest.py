"""What a machine goes through that has a guest of its own: reverts, moves, clones, ends."""
import os
import threading

from adversity import OwnGuest
from guestops import auth, spec, wait_for
from support import env, parallel


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
    def test_programs(self):
        ended = self.start("demo", "/bin/sh", "-c 'exit 41'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "68")
        socket = os.path.join(self.guest.directory, "migration")
        source, target = self.machine, self.second("t", f"unix:{socket}")
        machine = self.put(target)

        def refused():
            """It never starts anything; why, is known when QEMU has said its state."""
            answer = self.client.try_start(machine.ref, auth("demo"), spec("/bin/true"))
            self.assertEqual(answer.status, 500, answer)
            return answer.json["_typeName"] == "InvalidState"

        wait_for(refused, "QEMU has told that it waits for the machine")
        self.state_goes_to(f"unix:{socket}")
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
            wait_for(lambda: "migrated away" in self.client.try_list(
                source.ref, auth("demo")).json["faultstring"], "QEMU has told that it is over")
            for answer in (self.client.try_start(source.ref, auth("demo"), spec("/bin/true")),
                           self.client.try_list(source.ref, auth("demo"))):
                fault = self.assertFault(answer, "InvalidState")
                self.assertIn("migrated away", fault["faultstring"])
        finally:
            self.guest = old


class Clone(OwnGuest):
    AUTH = "GuestAuthManager/guestOperationsAuthManager"

    def validate(self, vm, who):
        return self.client.call(f"{self.AUTH}/ValidateCredentialsInGuest",
                                {"vm": vm, "auth": who})

    def test_two_with_one_identity(self):
        said = len(env.daemon.log())
        ended = self.start("demo", "/bin/sh", "-c 'exit 51'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "69")
        ticket = self.client.call(f"{self.AUTH}/AcquireCredentialsInGuest",
                                  {"vm": self.vm, "requestedAuth": auth("demo")}).json
        state = os.path.join(self.guest.directory, "state")
        self.state_goes_to(f"exec:cat > {state}")
        copy = self.second("c", f"exec:cat {state}")
        clone = self.put(copy)
        self.guest.qmp("cont")
        machines = (self.machine.ref, clone.ref)
        for machine in (self.machine, clone):
            self.wait_ready(machine)
        # The agent in the clone has noticed, and goes by another id than the one that it came from.
        noticed = "this machine is another one now"
        self.assertIn(noticed, copy.agent_log())
        self.assertNotIn(noticed, self.guest.agent_log())
        self.assertNotIn("has the id of that of", env.daemon.log()[said:])
        # What was before is in both; what comes is in one, whatever its pid.
        for vm in machines:
            before, now = self.client.list(vm, auth("demo"), [ended, running])
            self.assertEqual(before["exitCode"], 51)
            self.assertNotIn("endTime", now)
        clients = [self.client.copy() for _ in machines]
        pids = parallel([lambda c=c, vm=vm, code=code: c.start(
            vm, auth("demo"), spec("/bin/sh", f"-c 'exit {code}'"))
            for c, vm, code in zip(clients, machines, (61, 62))])
        for client, vm, pid, code in zip(clients, machines, pids, (61, 62)):
            self.assertEqual(client.wait_end(vm, auth("demo"), pid)["exitCode"], code)
            lines = [row["cmdLine"] for row in client.list(vm, auth("demo"))]
            self.assertEqual([line for line in lines if "exit 6" in line],
                             [f"\"/bin/sh\" -c 'exit {code}'"])
            client.close()
        self.assertVoid(self.client.try_terminate(clone.ref, auth("demo"), running))
        wait_for(lambda: "endTime" in self.client.list(clone.ref, auth("demo"), [running])[0],
                 "it has ended in the clone")
        self.assertNotIn("endTime", self.rows("demo", [running])[0])
        # A ticket is good for the machine that it was given for.
        self.assertFault(self.validate(clone.ref, ticket), "InvalidGuestLogin")
        self.assertVoid(self.validate(self.vm, ticket))
        self.end_program(running)


class PowerOff(OwnGuest):
    def test_in_the_middle(self):
        file, program = self.marker()
        before = self.start("demo", "/bin/sleep", "70")
        clients = [self.client.copy() for _ in range(4)]
        answers = []

        def ask():
            answers.extend(parallel([
                lambda c=c: c.try_start(self.vm, auth("demo", "wrong"), program)
                for c in clients]))

        thread = threading.Thread(target=ask, daemon=True)
        thread.start()
        wait_for(lambda: "login of 'demo' refused" in self.guest.agent_log(),
                 "the refusals wait for their time")
        self.start("root", "/usr/sbin/guest-poweroff")
        thread.join(60)
        self.assertEqual(len(answers), 4)
        for answer in answers:
            self.assertEqual(answer.status, 500)
            fault = answer.json
            if fault["_typeName"] == "GuestOperationsFault":
                self.assertIn("may have been carried out", fault["faultstring"])
            else:  # the last where it was about to be said
                self.assertIn(fault["_typeName"], ("GuestOperationsUnavailable",
                                                   "InvalidPowerState", "InvalidGuestLogin"))

        def state():
            return self.client.get(f"VirtualMachine/{self.machine.moid}/runtime"
                                   ).json["powerState"]

        wait_for(lambda: state() == "poweredOff", "the end is noticed")
        for answer in (self.client.try_start(self.vm, auth("demo"), spec("/bin/true")),
                       self.client.try_list(self.vm, auth("demo"))):
            self.assertFault(answer, "InvalidPowerState", existingState="poweredOff",
                             requestedState="poweredOn")
        self.guest.boot()
        self.wait_ready(self.machine)
        self.assertEqual([row for row in self.rows("demo", [before]) if row["name"] == "sleep"],
                         [])
        self.assertNeverRan(file)


class Unplugged(OwnGuest):
    PORT = "org.guestops.agent.0"

    def test_and_plugged_in_again(self):
        agent = self.guest.agent_pid()
        running = self.start("demo", "/bin/sleep", "72")
        self.guest.qmp("device_del", id="agent")
        wait_for(lambda: self.guest.command(
            f"grep -qx {self.PORT} /sys/class/virtio-ports/*/name")[0] != 0, "the port is gone")
        wait_for(lambda: "waiting for it" in self.guest.agent_log(), "the agent has noticed")
        self.guest.qmp("device_add", driver="virtserialport", chardev="agent", id="agent",
                       name=self.PORT)
        self.wait_ready(self.machine)
        self.assertEqual(self.guest.agent_pid(), agent)
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)
