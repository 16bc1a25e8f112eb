"""Guest operations in Debian as it is installed."""
import os

from guestops import auth, spec
from host import HostCase, env
from transfers import TransferCase, digest


class Programs(HostCase):
    def test_exit_code(self):
        row = self.run_program("demo", "/bin/sh", "-c 'exit 7'")
        self.assertEqual((row["name"], row["owner"], row["exitCode"]), ("sh", "demo", 7))

    def test_list(self):
        owners = {row["name"]: row["owner"] for row in self.rows("root")}
        self.assertEqual(owners["dbus-daemon"], "messagebus")
        self.assertEqual(owners["guestops-agent"], "root")

    def test_terminate(self):
        pid = self.start("demo", "/bin/sleep", "600")
        self.assertVoid(self.client.try_terminate(self.vm, auth("demo"), pid))
        self.assertEqual(self.finish("demo", pid)["exitCode"], 143)

    def test_login(self):
        for who in (auth("demo", "wrong"), auth("nobody"), auth("nosuchuser")):
            with self.subTest(who["username"]):
                self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                                 "InvalidGuestLogin")

    def test_facts(self):
        info = self.info()
        self.assertEqual(info["hostName"], "guestops-debian")
        self.assertIn("Debian GNU/Linux 12", info["guestFullName"])
        self.assertEqual(info["guestState"], "running")
        self.assertEqual(info["toolsVersion"], env.packaged("guestops-agent"))
        root, = [disk for disk in info["disk"] if disk["diskPath"] == "/"]
        self.assertEqual(root["filesystemType"], "ext4")


class Files(TransferCase):
    def test_up_and_down(self):
        data = os.urandom(3 << 20)
        self.assertStored(self.put(self.upload_url(len(data)), data))
        self.assertEqual(self.digest_of(), digest(data))
        self.assertEqual(self.stat("%U %G %a"), "demo demo 644")
        self.assertEqual(self.names(), ["file"])
        self.assertWhole(self.request(self.download_url()), digest(data))
