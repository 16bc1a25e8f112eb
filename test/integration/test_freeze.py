"""File systems that are frozen under a start, as backups do it."""
from adversity import AdversityCase
from guestops import auth, wait_for
from support import parallel

HOOK = "/etc/qemu/fsfreeze-hook.d/guestops-agent"


class Frozen(AdversityCase):
    MOUNT = "/run/frozen"

    def setUp(self):
        super().setUp()
        self.guest.sh(f"modprobe loop; mkdir -p {self.MOUNT}; truncate -s 16M /run/disk && mke2fs -q -t ext4 /run/disk && "
                      f"mount -o loop /run/disk {self.MOUNT} && chmod 1777 {self.MOUNT}")
        self.addCleanup(self.guest.sh, f"umount {self.MOUNT}; rm /run/disk")

    def freeze(self):
        self.guest.sh(f"fsfreeze --freeze {self.MOUNT}")
        self.addCleanup(self.guest.command, f"fsfreeze --unfreeze {self.MOUNT}")

    def thaw(self):
        self.guest.sh(f"fsfreeze --unfreeze {self.MOUNT}")

    def test_program_waits_and_nobody_else(self):
        """Without the hook a program starts, and waits by itself where it writes."""
        self.guest.sh(f"cp /bin/sh {self.MOUNT}/sh")
        self.freeze()
        pid = self.start("demo", f"{self.MOUNT}/sh", "-c 'echo $$ > here; exit 7'",
                         cwd=self.MOUNT)
        wait_for(lambda: self.guest.sh(f"ps -o stat= -p {pid}").startswith("D"),
                 "the program hangs in its write")
        for _ in range(3):
            self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
        self.assertNotIn("endTime", self.rows("demo", [pid])[0])
        self.thaw()
        self.assertEqual(self.finish("demo", pid)["exitCode"], 7)
        self.assertEqual(self.guest.sh(f"cat {self.MOUNT}/here").strip(), str(pid))

    def test_terminated_while_it_waits(self):
        self.freeze()
        pid = self.start("demo", "/bin/sh", f"-c 'echo > {self.MOUNT}/never; exit 7'")
        wait_for(lambda: self.guest.sh(f"ps -o stat= -p {pid}").startswith("D"),
                 "the program hangs in its write")

        def thaw_when_signalled():
            wait_for(lambda: "ShdPnd:\t0000000000004000" in
                     self.guest.sh(f"cat /proc/{pid}/status"), "SIGTERM waits")
            self.thaw()

        answer, _ = parallel([lambda: self.client.try_terminate(self.vm, auth("demo"), pid),
                              thaw_when_signalled])
        self.assertVoid(answer)
        self.assertIn(self.finish("demo", pid)["exitCode"], (137, 143))

    def test_nothing_begins_where_the_hook_is_installed(self):
        file, program = self.marker()
        running = self.start("demo", "/bin/sleep", "73")
        self.guest.sh(f"{HOOK} freeze")
        self.addCleanup(self.guest.command, f"{HOOK} thaw")
        self.freeze()
        for answer in (self.client.try_start(self.vm, auth("root"), program),
                       self.client.try_start(self.vm, auth("root", "wrong"), program),
                       self.client.try_terminate(self.vm, auth("demo"), running)):
            fault = self.assertFault(answer, "InvalidState")
            self.assertIn("frozen", fault["faultstring"])
        # What changes nothing is answered.
        row, = self.rows("demo", [running])
        self.assertNotIn("endTime", row)
        self.thaw()
        self.guest.sh(f"{HOOK} thaw")
        self.assertNeverRan(file)
        self.end_program(running)
        self.assertEqual(self.finish("demo", running)["exitCode"], 137)

    def test_arguments_of_the_hook(self):
        code, output = self.guest.command(f"{HOOK} melt")
        self.assertEqual((code, output.strip()), (2, "Usage: guestops-agent freeze|thaw"))
