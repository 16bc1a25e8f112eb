"""What libvirt does to a machine that runs on afterwards."""
from guestops import auth, spec, wait_for
from host import HostCase, env


class StateCase(HostCase):
    def setUp(self):
        super().setUp()
        self.boot, self.agent = self.guest.boot_id(), self.guest.agent_pid()
        self.ended = self.run_program("demo", "/bin/sh", "-c 'exit 31'")["pid"]
        self.running = self.start("demo", "/bin/sleep", "606")

    def answer(self):
        """The fault that a start gets; None where it does not."""
        answer = self.client.try_start(self.vm, auth("demo"), spec("/bin/true"))
        return None if answer.status == 200 else answer.json["_typeName"]

    def assertGoesOn(self):
        self.assertEqual((self.guest.boot_id(), self.guest.agent_pid()), (self.boot, self.agent))
        self.assertEqual(self.rows("demo", [self.ended])[0]["exitCode"], 31)
        row, = self.rows("demo", [self.running])
        self.assertNotIn("endTime", row)
        self.assertIn("606", row["cmdLine"])
        self.end_program(self.running)
        self.assertEqual(self.finish("demo", self.running)["exitCode"], 137)


class State(StateCase):
    def test_paused(self):
        self.guest.virsh("suspend")
        wait_for(lambda: self.answer() == "InvalidState", "the pause is known")
        fault = self.assertFault(self.try_start("demo", "/bin/true"), "InvalidState")
        self.assertIn("paused", fault["faultstring"])
        self.guest.virsh("resume")
        env.wait_ready()
        self.assertGoesOn()

    def test_saved(self):
        seen = set()
        saving = self.guest.begin("managedsave")
        while saving.poll() is None:
            seen.add(self.answer())
        self.assertEqual(saving.wait(), 0, saving.stdout.read())
        saving.stdout.close()
        self.wait_power("suspended")
        self.assertFault(self.try_start("demo", "/bin/true"), "InvalidPowerState",
                         requestedState="poweredOn", existingState="suspended")
        self.assertIn("TaskInProgress", seen)
        self.succeed("PowerOnVM_Task")
        self.assertEqual(self.power(), "poweredOn")
        env.wait_ready()
        self.assertGoesOn()

    def test_suspended(self):
        self.succeed("SuspendVM_Task")
        self.assertEqual(self.power(), "suspended")
        self.assertEqual(self.answer(), "InvalidPowerState")
        self.succeed("PowerOnVM_Task")
        env.wait_ready()
        self.assertGoesOn()


class Snapshot(StateCase):
    def test_revert(self):
        self.guest.virsh("snapshot-create-as", "before")
        self.addCleanup(self.guest.virsh, "snapshot-delete", "before")
        env.wait_ready()
        self.end_program(self.running)
        self.assertEqual(self.finish("demo", self.running)["exitCode"], 137)
        lost = [self.run_program("demo", "/bin/sh", f"-c 'exit {code}'")["pid"]
                for code in range(100, 103)]
        alive = self.start("demo", "/bin/sleep", "607")
        self.guest.sh("touch /home/demo/later; sync")
        self.guest.virsh("snapshot-revert", "before")
        env.wait_ready()
        # Their pids may be anybody's now; their exit codes are nobody's.
        for row in self.rows("demo", lost + [alive]):
            self.assertNotIn("exitCode", row)
            self.assertNotIn("607", row["cmdLine"])
        self.assertNotEqual(self.guest.command("test -e /home/demo/later")[0], 0)
        new = {self.start("demo", "/bin/sh", f"-c 'exit {code}'"): code for code in range(50, 54)}
        for pid, code in new.items():
            self.assertEqual(self.finish("demo", pid)["exitCode"], code)
        for row in self.rows("demo", lost + [alive]):
            self.assertEqual(row.get("exitCode"), new.get(row["pid"]))
        self.assertGoesOn()
