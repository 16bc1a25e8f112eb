"""The guest ends and begins: by itself, by its power button, by the power switch."""
import sys
import time

from guestops import wait_for
from host import HostCase, env
from transfers import TransferCase


class EndCase(TransferCase, HostCase):
    def setUp(self):
        super().setUp()
        self.boot = self.guest.boot_id()
        self.start("demo", "/bin/sleep", "604")
        self.guest.sh("sync")  # some of these ends are hard ones

    def upload(self):
        """One that the agent has begun, and waits for."""
        upload = self.connect(self.upload_url(10))
        self.addCleanup(upload.https.close)
        upload.send_head("PUT", Content_Length=10, Expect="100-continue")
        stream = upload.https.sock.makefile("rb")
        self.assertEqual(stream.readline().split()[1], b"100")
        self.assertEqual(stream.readline(), b"\r\n")
        return upload

    def assertBroken(self, upload):
        upload.send(10 * b"x")
        self.assertRefused(upload.answer(), 503)

    def assertBegunAnew(self):
        self.assertNotEqual(self.guest.boot_id(), self.boot)
        self.assertEqual(self.names(), [])
        rows = self.rows("root")
        self.assertEqual([row for row in rows if "exitCode" in row or "604" in row["cmdLine"]], [])
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 6'")["exitCode"], 6)


class Reboot(EndCase):
    def test_by_itself(self):
        upload = self.upload()
        self.guest.sh("systemctl reboot")
        wait_for(lambda: not env.is_ready(), "the agent has ended", 120)
        self.assertBroken(upload)
        env.wait_ready(240)
        self.assertBegunAnew()

    def test_asked_for(self):
        self.assertVoid(self.ask("RebootGuest"))
        wait_for(lambda: not env.is_ready(), "the agent has ended", 120)
        env.wait_ready(240)
        self.assertBegunAnew()


class PowerOff(EndCase):
    def assertOff(self):
        self.assertFault(self.try_start("demo", "/bin/true"), "InvalidPowerState",
                         requestedState="poweredOn", existingState="poweredOff")

    def test_shut_down(self):
        self.assertVoid(self.ask("ShutdownGuest"))
        self.wait_power("poweredOff")
        self.assertOff()
        began = time.monotonic()
        self.succeed("PowerOnVM_Task")
        wait_for(env.is_ready, "operations are ready", 240)
        print(f"operations were ready {time.monotonic() - began:.1f} s after power on",
              file=sys.stderr)
        env.wait_ready()
        self.assertBegunAnew()

    def test_cut(self):
        upload = self.upload()
        self.guest.virsh("destroy")
        self.wait_power("poweredOff")
        self.assertBroken(upload)
        self.assertOff()
        self.guest.virsh("start")
        env.wait_ready(240)
        self.assertBegunAnew()
