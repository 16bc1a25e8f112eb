"""A private libvirtd with one small guest that has our agent, for the tests of provider libvirt."""
import contextlib
import os
import shutil
import subprocess
import uuid
from xml.sax.saxutils import escape

from guestops import auth, spec, tail, wait_for
from libvirt import Libvirtd
from support import GuestCase, env, unique

APPEND = """console=ttyS0 quiet panic=-1 cryptomgr.notests mitigations=off nokaslr
    ipv6.disable=1 lsm= clocksource=hpet no_timer_check 8250.nr_uarts=1
    initcall_blacklist=crypto_kdf108_init,init_encrypted"""
GUEST = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>{memory}</memory>
  <vcpu>1</vcpu>
  <os>
    <type arch='x86_64' machine='q35'>hvm</type>
    <kernel>{kernel}</kernel>
    <initrd>{initrd}</initrd>
    <cmdline>{append}</cmdline>
  </os>
  <features><acpi/><tcg><tb-cache unit='MiB'>64</tb-cache></tcg></features>
  <cpu mode='maximum'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' cache='none'/>
      <source file='{disk}'/>
      <target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <serial type='file'><source path='{console}' append='on'/><target port='0'/></serial>
    <channel type='unix'><target type='virtio' name='org.guestops.agent.0'/></channel>
  </devices>
</domain>
"""
BARE = """<domain type='qemu'>
  <name>{name}</name>
  <uuid>{uuid}</uuid>
  <memory unit='MiB'>16</memory>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <devices><memballoon model='none'/>{devices}</devices>
</domain>
"""


class Source:
    """A file of the daemon that has the machines of a connection."""

    def __init__(self, uri):
        self.name, self.uri = unique("libvirt"), uri

    def text(self):
        return f"[vm]\nprovider = libvirt\nuri = {self.uri}\n"


class Machine:
    """A domain of libvirt."""

    def __init__(self, libvirtd, name, xml=BARE, **values):
        self.libvirtd, self.name, self.uuid = libvirtd, name, str(uuid.uuid4())
        self.moid = f"vm-{self.uuid}"
        file = libvirtd.path(f"{self.uuid}.xml")
        values = {"devices": "", **{key: escape(value) for key, value in values.items()}}
        with open(file, "w") as out:
            out.write(xml.format(name=escape(name), uuid=self.uuid, **values))
        libvirtd.give(file)
        libvirtd.virsh("define", file)

    @property
    def ref(self):
        return {"_typeName": "ManagedObjectReference", "type": "VirtualMachine",
                "value": self.moid}

    def virsh(self, command, *words):
        return self.libvirtd.virsh(command, self.uuid, *words)


def small_guest(libvirtd, name="web"):
    """The one that all tests share, with the same agent in it."""
    memory = str(env.guest.memory)
    files = {"kernel": os.path.join(env.guest.guest, "vmlinux"),
             "initrd": env.guest.path("initrd")}
    if not os.path.exists(files["kernel"]):
        files["kernel"] = os.path.join(env.guest.guest, "vmlinuz")
    for key, source in files.items():
        files[key] = shutil.copyfile(source, libvirtd.path(key))
    files["disk"] = libvirtd.path("disk.qcow2")
    subprocess.run(["qemu-img", "create", "-q", "-f", "qcow2", files["disk"], "1G"], check=True)
    libvirtd.give(*files.values())
    return Machine(libvirtd, name, GUEST, memory=memory, append=" ".join(APPEND.split()),
                   console=libvirtd.path("console.log"), **files)


class LibvirtCase(GuestCase):
    libvirtd = machine = None

    def setUp(self):
        super().setUp()
        self.vm = self.machine.ref

    @contextlib.contextmanager
    def source(self, uri, daemon=None):
        source = (daemon or env.daemon).put_vm(Source(uri))
        try:
            yield source
        finally:
            (daemon or env.daemon).remove_vm(source)

    def names(self):
        """Of all machines, by UUID."""
        answer = self.client.get("Folder/group-v3/childEntity").json
        return {row["value"][3:]: self.client.get(f"VirtualMachine/{row['value']}/name").json
                for row in answer}

    def appears(self, machine, name=None):
        wait_for(lambda: self.names().get(machine.uuid) == (name or machine.name),
                 f"{machine.name} is there")

    def state(self, machine=None):
        moid = (machine or self.machine).moid
        return self.client.get(f"VirtualMachine/{moid}/runtime").json["powerState"]

    def wait_state(self, state, machine=None):
        wait_for(lambda: self.state(machine) == state, f"the machine is {state}", 60)

    def ask(self, method):
        return self.client.call(f"VirtualMachine/{self.machine.moid}/{method}")

    def info(self, task):
        return self.client.get(f"Task/{task['value']}/info").json

    def finished(self, method):
        """What has become of its task."""
        task = self.assertOk(self.ask(method))
        return wait_for(lambda: "completeTime" in self.info(task) and self.info(task),
                        f"{method} has ended", 90)

    def succeed(self, method):
        info = self.finished(method)
        self.assertEqual((info["state"], info["name"]), ("success", method), info)
        return info

    def try_true(self):
        return self.client.try_list(self.vm, auth("root"), [1])

    def wait_ready(self, deadline=120):
        wait_for(lambda: self.try_true().status == 200, "the agent answers", deadline)

    def refused(self, fault, **members):
        """Waits until guest operations are refused so; returns the fault."""
        answer = wait_for(lambda: (lambda answer: answer.status == 500 and
                                   answer.json["_typeName"] == fault and answer)(self.try_true()),
                          f"{fault}, instead of {self.try_true()}", 60)
        return self.assertFault(answer, fault, **members)

    def assertRuns(self, pid):
        row, = self.rows("demo", [pid])
        self.assertNotIn("endTime", row)

    def sleeper(self):
        return self.client.start(self.vm, auth("demo"), spec("/bin/sleep", "1000"))

    def console(self):
        return tail(self.libvirtd.path("console.log"), 60)


__all__ = ["BARE", "GUEST", "LibvirtCase", "Libvirtd", "Machine", "Source", "small_guest"]
