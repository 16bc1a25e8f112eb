"""A Debian machine in a libvirtd of the tests."""
import os
import re
import shutil
import sys
import threading
import uuid
from xml.sax.saxutils import escape

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kit"))

from guestops import Ctl, tail  # noqa: E402

# As test/vm/run-guest has it: no self tests and nothing else that only takes time at boot.
APPEND = """console=ttyS0 quiet panic=-1 cryptomgr.notests mitigations=off nokaslr
    ipv6.disable=1 lsm=apparmor clocksource=hpet no_timer_check 8250.nr_uarts=1
    initcall_blacklist=crypto_kdf108_init,init_encrypted TERM=dumb"""
DOMAIN = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='pc'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{append}</cmdline>
  </os>
  <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
  <cpu mode='maximum'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='unsafe'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='{packages}'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <serial type='file'><source path='{console}' append='on'/><target port='0'/></serial>
    <channel type='unix'><target type='virtio' name='org.guestops.agent.0'/></channel>
    <channel type='unix'><target type='virtio' name='org.guestops.test.0'/></channel>
  </devices>
</domain>
"""


class Machine:
    """Boots a copy of what make-guest and make-packages made."""

    def __init__(self, libvirtd, name, guest, memory=512):
        self.libvirtd, self.name = libvirtd, name
        self.uuid = str(uuid.uuid4())
        self.directory = libvirtd.path(name)
        os.mkdir(self.directory)
        files = {"disk": "disk.qcow2", "kernel": "vmlinux", "initrd": "initrd",
                 "packages": "packages.qcow2"}
        for target, source in files.items():
            shutil.copyfile(os.path.join(guest, source), self.path(target))
            files[target] = self.path(target)
        with open(self.path("domain.xml"), "w") as file:
            file.write(DOMAIN.format(name=name, uuid=self.uuid, memory=memory,
                                     append=escape(" ".join(APPEND.split())),
                                     console=self.path("console.log"), **files))
        libvirtd.give(self.directory, self.path("domain.xml"), *files.values())
        libvirtd.virsh("define", self.path("domain.xml"))
        self._lock = threading.Lock()
        self._ctl = None

    def path(self, name):
        return os.path.join(self.directory, name)

    def virsh(self, command, *words):
        return self.libvirtd.virsh(command, self.name, *words)

    def begin(self, command, *words):
        """Does not wait for its end; returns virsh's process."""
        return self.libvirtd.begin(command, self.name, *words)

    def port(self, name):
        """The socket of a port; each start gives it another one."""
        return re.search(f"path='([^']*/{re.escape(name)})'", self.virsh("dumpxml")).group(1)

    # what is done inside, past everything that is tested

    def command(self, command, timeout=120):
        """Runs it as root; returns (exit code, output)."""
        with self._lock:
            path = self.port("org.guestops.test.0")
            if not self._ctl or self._ctl.path != path:
                self._close()
                self._ctl = Ctl(path, deadline=240)
            return self._ctl.run(command, timeout)

    def sh(self, command, timeout=120):
        """Runs it as root; its output; it has to succeed."""
        code, output = self.command(command, timeout)
        if code != 0:
            raise AssertionError(f"in the guest: {command}: code {code}: {output}")
        return output

    def _close(self):
        if self._ctl:
            self._ctl.close()
        self._ctl = None

    def boot_id(self):
        return self.sh("cat /proc/sys/kernel/random/boot_id").strip()

    def agent_pid(self):
        """Of the unit's process; None where none runs."""
        return int(self.sh("systemctl show --property=MainPID --value guestops-agent")) or None

    def agent_log(self):
        return self.sh("journalctl --no-pager --unit=guestops-agent --lines=60", 30)

    def console(self):
        return tail(self.path("console.log"), 60)

    def stop(self):
        self._close()
