"""The Debian guest and the daemon that all these tests share.

The words are those of the integration tests, which find this environment in place of theirs.
"""
import os
import re

import support
from guestops import Daemon, Vm, wait_for
from libvirt import Libvirtd
from machine import Machine

# The last ones leave no agent behind.
MODULES = ["test_operations", "test_unit", "test_power", "test_upgrade", "test_reboot",
           "test_own_daemon", "test_purge"]
# What packages may leave behind nothing in.
LISTED = "/etc /home /lib /opt /root /run /srv /usr /var"
# Others' business: what dpkg, systemd, udev and the tests themselves keep.
UNLISTED = """/var/lib/dpkg /var/tmp/systemd-private-* /var/cache /var/log /run/systemd /run/udev /run/log /run/ctl.out
    /var/lib/systemd/deb-systemd-helper-enabled /var/lib/systemd/deb-systemd-user-helper-enabled"""


class Connection(Vm):
    """The daemon's file of our libvirt, which has one machine."""

    def __init__(self, name, uri, uuid):
        super().__init__(name, "libvirt", None, uuid=uuid)
        self.uri = uri

    def text(self):
        return f"[vm]\nprovider = {self.provider}\nuri = {self.uri}\n"


class Host(support.Environment):
    libvirtd = None

    def start(self, build, guest):
        self.build = build
        self.libvirtd = Libvirtd().start()
        self.guest = Machine(self.libvirtd, "debian", guest)
        self.daemon = Daemon(os.path.join(build, "guestopsd"))
        self.vm = self.daemon.put_vm(Connection("debian", self.libvirtd.uri, self.guest.uuid))
        self.daemon.start()
        self.guest.virsh("start")
        self.guest.sh("systemctl is-system-running --wait")
        self.files = self.list_files()
        self.accounts = self.guest.sh("getent passwd; getent group")
        self.install("now", "guestops-agent")
        self.wait_ready()

    def stop(self):
        try:
            return super().stop()
        finally:
            if self.libvirtd:
                self.libvirtd.stop()

    def is_ready(self):
        client = self.client()
        try:
            return client.get(f"VirtualMachine/{self.vm.moid}/guest").json.get(
                "guestOperationsReady")
        finally:
            client.close()

    def install(self, which, package):
        self.guest.sh(f"dpkg --install /mnt/{which}/{package}_*.deb", 400)

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

    # power

    def ask(self, method):
        return self.client.call(f"VirtualMachine/{env.vm.moid}/{method}")

    def succeed(self, method):
        """Of a task; returns what is told of it after its end."""
        task = self.assertOk(self.ask(method))["value"]

        def ended():
            info = self.client.get(f"Task/{task}/info").json
            return info if "completeTime" in info else None

        info = wait_for(ended, f"{method} has ended", 120)
        self.assertEqual(info["state"], "success", info)
        return info

    def power(self):
        return self.client.get(f"VirtualMachine/{env.vm.moid}/runtime").json["powerState"]

    def wait_power(self, state, deadline=120):
        wait_for(lambda: self.power() == state, f"the machine is {state}", deadline)

    def property(self, unit, name):
        return self.guest.sh(f"systemctl show --property={name} --value {unit}").strip()
