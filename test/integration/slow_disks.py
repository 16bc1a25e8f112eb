"""Half a minute, after which the agent asks its disks anew. Run by `make check-slow`."""
from guestops import wait_for
from support import GuestCase, env

MIB = 1 << 20


class Disks(GuestCase):
    def free(self):
        return self.client.get(f"VirtualMachine/{env.vm.moid}/guest").json["disk"][0]["freeSpace"]

    def test_without_being_asked(self):
        before = self.free()
        pid = self.start("root", "/bin/dd", "if=/dev/zero of=/root/file bs=1M count=20")
        self.assertEqual(self.finish("root", pid)["exitCode"], 0)
        try:
            wait_for(lambda: before - self.free() >= 19 * MIB, "20 MiB less", 60, poll=1)
        finally:
            self.finish("root", self.start("root", "/bin/rm", "/root/file"))
        wait_for(lambda: before - self.free() < 10 * MIB, "it is free again", 60, poll=1)
