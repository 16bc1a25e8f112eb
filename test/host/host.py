"""The Debian guest and the daemon that all these tests share.

The words are those of the integration tests, which find this environment in place of theirs.
"""
import os
import re
import time

import support
from guestops import Daemon, Vm, wait_for
from libvirt import Libvirtd
from machine import Machine

# The last ones leave no agent behind.
MODULES = ["test_unit", "test_operations", "test_upgrade", "test_reboot", "test_power",
           "test_own_daemon", "test_purge"]
# What packages may leave behind nothing in.
LISTED = "/etc /home /lib /opt /root /run /srv /usr /var"
# Others' business: what dpkg, systemd, udev and the tests themselves keep.
UNLISTED = """/var/lib/dpkg /var/tmp/systemd-private-* /var/cache /var/log /run/systemd /run/udev /run/log /run/ctl.out
    /var/lib/systemd/deb-systemd-helper-enabled /var/lib/systemd/deb-systemd-user-helper-enabled"""


class Host(support.Environment):
    libvirtd = None

    def start(self, build, guest):
        self.build = build
        self.libvirtd = Libvirtd().start()
        self.guest = Machine(self.libvirtd, "debian", guest)
        self.daemon = Daemon(os.path.join(build, "guestopsd"))
        self.daemon.start()
        self.begin()
        self.guest.sh("mount -o ro /dev/vdb /mnt")
        self.files = self.list_files()
        self.accounts = self.guest.sh("getent passwd; getent group")
        self.guest.sh("dpkg --install /mnt/now/guestops-agent_*.deb")
        self.wait_ready()

    def stop(self):
        try:
            return super().stop()
        finally:
            if self.libvirtd:
                self.libvirtd.stop()

    def begin(self, command="start"):
        """Powers the machine on, or lets it go on."""
        self.guest.virsh(command)
        self.attach()

    def attach(self):
        if self.vm:
            self.daemon.remove_vm(self.vm)
        self.vm = self.daemon.put_vm(Vm("debian", "local", self.guest.port("org.guestops.agent.0"),
                                        uuid=self.guest.uuid))

    def is_ready(self):
        client = self.client()
        try:
            return client.get(f"VirtualMachine/{self.vm.moid}/guest").json.get(
                "guestOperationsReady")
        finally:
            client.close()

    def time_to_ready(self):
        """Seconds from a start of the machine until its agent has said that it is ready."""
        began = time.monotonic()
        self.begin()
        wait_for(self.is_ready, "operations are ready", 240)
        return time.monotonic() - began

    def list_files(self):
        pruned = " -o ".join(f"-path '{path}'" for path in UNLISTED.split())
        return set(self.guest.sh(f"find {LISTED} -xdev \\( {pruned} \\) -prune -o -print")
                   .splitlines())

    def packaged(self, package, which="now"):
        """The version of a package on the disk."""
        name = self.guest.sh(f"cd /mnt/{which} && echo {package}_*.deb").strip()
        return re.match(r".*_(.*)-\d+_", name).group(1)


env = support.env = Host()


class HostCase(support.GuestCase):
    def restart(self, *words):
        """Of the agent's unit; returns when the next agent answers."""
        old = self.guest.agent_pid()
        self.guest.sh(" ".join(words) or "systemctl restart guestops-agent")
        wait_for(lambda: self.guest.agent_pid() not in (None, old), "the next agent")
        env.wait_ready()
        return old

    def info(self):
        return self.client.get(f"VirtualMachine/{env.vm.moid}/guest").json

    def assertOrdinary(self, pid, command):
        """It runs, and the agent knows of it what the guest's kernel says."""
        row, = self.rows("demo", [pid])
        self.assertEqual((row["owner"], row["cmdLine"]), ("demo", command))
        self.assertNotIn("endTime", row)
        self.guest.sh(f"kill {pid}")
        wait_for(lambda: not self.rows("demo", [pid]), "the row is gone")

    def property(self, unit, name):
        return self.guest.sh(f"systemctl show --property={name} --value {unit}").strip()
