"""The guest reboots by itself, and starts cold."""
import sys

from guestops import wait_for
from host import HostCase, env
from transfers import TransferCase


class Reboot(TransferCase, HostCase):
    def upload(self):
        """One that the agent has begun, and waits for."""
        upload = self.connect(self.upload_url(10))
        self.addCleanup(upload.https.close)
        upload.send_head("PUT", Content_Length=10, Expect="100-continue")
        stream = upload.https.sock.makefile("rb")
        self.assertEqual(stream.readline().split()[1], b"100")
        return upload

    def test_reboot(self):
        running = self.start("demo", "/bin/sleep", "604")
        boot, agent = self.guest.boot_id(), self.guest.agent_pid()
        since = self.info().get("guestOperationsReady")
        self.assertTrue(since)
        upload = self.upload()
        self.guest.command("systemctl reboot")
        wait_for(lambda: not env.is_ready(), "the agent has ended", 60)
        upload.send(10 * b"x")
        print(upload.https.sock.recv(4000))
        env.wait_ready(240)
        self.assertNotEqual(self.guest.boot_id(), boot)
        self.assertEqual(self.names(), [])
        for row in self.rows("demo", [running]):
            self.assertNotIn("604", row["cmdLine"])
        self.assertEqual([row for row in self.rows("demo") if "604" in row["cmdLine"]], [])
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 6'")["exitCode"], 6)
        del agent
