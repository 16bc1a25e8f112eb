"""guestops attach, detach and doctor with a libvirtd: from a bare domain to its agent."""
import json
import os
import shutil
import signal
import subprocess
import unittest
from xml.sax.saxutils import escape

from guestops import Daemon, wait_for
from libvirt import Libvirtd
from libvirt_case import small_guest
from support import env, unique
from test_cli import DoctorCase, ask, doctor, guestops

DOMAIN = """<domain type='qemu'><name>{name}</name><memory unit='MiB'>32</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os>
<devices><emulator>/usr/bin/qemu-system-x86_64</emulator>{devices}</devices></domain>"""
CHANNEL = "<channel type='{}'><target type='virtio' name='org.guestops.agent.0'/></channel>"
PORT = "org.guestops.agent.0"


class LibvirtCase(DoctorCase):
    @classmethod
    def setUpClass(cls):
        if not shutil.which("libvirtd"):
            raise unittest.SkipTest("there is no libvirtd")
        cls.libvirtd = Libvirtd().start()
        cls.addClassCleanup(cls.libvirtd.stop)
        cls.uri = cls.libvirtd.uri

    def xml(self, name, devices=""):
        path = self.libvirtd.path(f"{unique('domain')}.xml")
        with open(path, "w") as file:
            file.write(DOMAIN.format(name=escape(name), devices=devices))
        os.chmod(path, 0o644)
        return path

    def define(self, name, devices=""):
        self.libvirtd.virsh("define", self.xml(name, devices))
        return name

    def command(self, verb, *words):
        return guestops(verb, "-c", self.uri, *words)

    def channels(self, name, place):
        done = subprocess.run([os.path.join(env.build, "guestops-libvirt"), "describe", name,
                               self.uri], stdout=subprocess.PIPE, check=True)
        return [channel["name"] for channel in json.loads(done.stdout)[place]["channels"]]


class Attach(LibvirtCase):
    def assertSaid(self, answer, code, *lines):
        self.assertEqual((answer[0], answer[1].splitlines()), (code, list(lines)), answer)

    def test_one_that_is_off(self):
        name = self.define("off")
        self.assertSaid(self.command("attach", name), 0, "off: persistent: channel added")
        self.assertSaid(self.command("attach", name), 0, "off: persistent: channel is there already")
        self.assertEqual(self.channels(name, "config"), [PORT])
        self.libvirtd.virsh("start", name)
        self.assertEqual(self.channels(name, "live"), [PORT])
        self.assertSaid(self.command("detach", name), 0, "off: persistent: channel removed",
                        "off: live: channel removed")
        self.assertSaid(self.command("detach", name), 0, "off: persistent: channel is not there",
                        "off: live: channel is not there")
        # The controller is there now, with room for it.
        self.assertSaid(self.command("attach", name), 0, "off: persistent: channel added",
                        "off: live: channel added")
        self.assertEqual(self.channels(name, "live"), [PORT])

    def test_one_that_runs_without_a_controller(self):
        name = self.define("bare")
        self.libvirtd.virsh("start", name)
        answer = self.command("attach", name)
        self.assertSaid(answer, 1, "bare: persistent: channel added")
        self.assertIn("guestops: bare: live: channel: ", answer[2])
        self.assertIn("no virtio-serial controllers are available", answer[2])
        self.assertIn("shut down and started again", answer[2])

    def test_transient(self):
        self.libvirtd.virsh("create", self.xml("passing", CHANNEL.format("unix").replace(
            PORT, "other.0")))
        self.assertSaid(self.command("attach", "passing"), 0, "passing: live: channel added")
        self.assertEqual(self.channels("passing", "live"), ["other.0", PORT])
        self.libvirtd.virsh("create", self.xml("fleeting"))
        answer = self.command("attach", "fleeting")
        self.assertSaid(answer, 1)
        self.assertIn("it is transient", answer[2])

    def test_another_port(self):
        name = self.define("ports")
        self.assertSaid(self.command("attach", "--port", "org.example.a-1_0", name), 0,
                        "ports: persistent: channel added")
        self.assertSaid(self.command("attach", name), 0, "ports: persistent: channel added")
        self.assertSaid(self.command("detach", "--port", "org.example.a-1_0", name), 0,
                        "ports: persistent: channel removed")
        self.assertEqual(self.channels(name, "config"), [PORT])

    def test_in_the_way(self):
        name = self.define("pty", CHANNEL.format("pty"))
        answer = self.command("attach", name)
        self.assertSaid(answer, 1)
        self.assertIn("there is one already that is no UNIX socket", answer[2])
        self.assertSaid(self.command("detach", name), 0, "pty: persistent: channel removed")

    def test_a_socket_in_a_place_of_its_own(self):
        path = self.libvirtd.path("run/it's & <mine>.sock")
        name = self.define("placed", CHANNEL.format("unix").replace(
            "<target", f"<source mode='bind' path=\"{escape(path)}\"/><target"))
        self.assertSaid(self.command("detach", name), 0, "placed: persistent: channel removed")

    def test_names(self):
        for name in ("-rf", "--help", "two words", "$(reboot)", "<b>&amp;", "Straße ☃",
                     "6695eb01-f6a4-8304-79aa-97f2502e193f"):
            self.define(name)
            code, out, err = self.command("attach", "--", name)
            self.assertEqual((code, out, err), (0, f"{name}: persistent: channel added\n", ""))
            self.assertEqual(self.channels(name, "config"), [PORT])
        uuid = self.libvirtd.virsh("domuuid", "two words")
        self.assertEqual(self.command("detach", uuid)[0], 0)
        self.assertEqual(self.channels("two words", "config"), [])
        code, out, err = self.command("attach", "none\033[2J\nnone")
        self.assertEqual((code, out, err), (1, "", "guestops: none?[2J?none: Domain not found: no "
                                                   "domain with matching name 'none?[2J?none'\n"))

    def test_vsock(self):
        name = self.define("socks")
        answer = self.command("attach", "--vsock=77", name)
        if not os.path.exists("/dev/vhost-vsock"):
            # It could not be started any more.
            self.assertSaid(answer, 1)
            self.assertIn("modprobe vhost_vsock", answer[2])
            self.assertEqual(self.channels(name, "config"), [])
            name = self.define("socks-2", "<vsock model='virtio'><cid auto='no' address='77'/></vsock>")
        else:
            self.assertSaid(answer, 0, "socks: persistent: channel added",
                            "socks: persistent: vsock added")
        answer = self.command("detach", "--vsock", name)
        self.assertEqual(answer[0], 0, answer)
        self.assertIn(": persistent: vsock removed", answer[1])

    def test_no_libvirtd(self):
        uri = self.uri.replace("libvirt-sock", "none")
        code, out, err = guestops("attach", "-c", uri, "x")
        self.assertEqual((code, out), (1, ""))
        self.assertIn(f"guestops: {uri}: Failed to connect socket", err)


class Doctor(LibvirtCase):
    def setUp(self):
        self.daemon = Daemon(env.daemon.binary)
        self.addCleanup(self.daemon.remove)
        self.daemon.start()
        self.addCleanup(self.daemon.stop)

    def doctor(self, name):
        return doctor("-c", self.uri, name, daemon=self.daemon)

    def follow(self, found):
        """Does what it says, with our programs, libvirtd's user's virsh, and no systemd."""
        for line in found.mend:
            if line == "systemctl reload guestopsd":
                self.daemon.reload()
            elif line.startswith("virsh "):
                subprocess.run(self.libvirtd.become + ["sh", "-c", line], check=True,
                               env=self.libvirtd.environment, stdout=subprocess.DEVNULL)
            else:
                subprocess.run(["sh", "-c", line], check=True, stdout=subprocess.DEVNULL,
                               env={"PATH": f"{env.build}:/usr/bin:/bin"})

    def wait_step(self, name, step):
        """What the daemon has not heard of yet it hears soon."""
        found = None

        def is_there():
            nonlocal found
            found = self.doctor(name)
            return found.step == step

        try:
            wait_for(is_there, step, 60)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{found}") from None
        return found

    def connect(self):
        with open(os.path.join(self.daemon.vms, "libvirt.conf"), "w") as file:
            file.write(f"[vm]\nprovider = libvirt\nuri = {self.uri}\n")
        self.daemon.reload()

    def test_the_whole_path(self):
        name = self.define("it's $(a) <path>")
        found = self.doctor(name)
        self.assertEqual((found.step, found.detail),
                         ("the service knows the machine", "no file names this connection"), found)
        self.follow(found)
        found = self.wait_step(name, "a channel is defined")
        self.follow(found)
        found = self.doctor(name)
        self.assertEqual(found.step, "the machine runs", found)
        self.follow(found)
        found = self.wait_step(name, "the guest has its port open")
        self.assertEqual((found.code, found.mend[0]), (1, "in the guest: apt install guestops-agent"))
        self.assertIn("the service is connected", found.good)
        self.libvirtd.virsh("suspend", name)
        self.follow(self.wait_step(name, "the machine runs"))
        self.wait_step(name, "the guest has its port open")

    def test_started_before_it_had_the_channel(self):
        name = self.define("early")
        self.libvirtd.virsh("start", name)
        self.assertEqual(self.command("attach", name)[0], 1)
        self.connect()
        found = self.wait_step(name, "it has the channel now")
        self.assertIn(f"guestops attach -c '{self.uri}' early || virsh", found.mend[0])

    def test_no_such_domain(self):
        found = self.doctor("none")
        self.assertEqual((found.code, found.step), (1, "libvirt knows the machine"), found)
        self.assertIn("none: Domain not found", found.detail)

    def test_known_by_another_file(self):
        name = self.define("twice")
        uuid = self.libvirtd.virsh("domuuid", name)
        path = os.path.join(self.daemon.vms, "a b.conf")
        with open(path, "w") as file:
            file.write(f"[vm]\nprovider = local\nname = x\nuuid = {uuid}\nchannel = /nowhere\n")
        self.daemon.reload()
        self.connect()
        found = self.doctor(name)
        self.assertWrong(found, "the service knows the machine", path, f"rm '{path}'",
                         "systemctl reload guestopsd")
        self.follow(found)
        self.wait_step(name, "a channel is defined")

    def test_no_libvirtd(self):
        name = self.define("lonely")
        self.connect()
        self.wait_step(name, "a channel is defined")
        self.libvirtd.end()
        try:
            found = self.doctor(name)
            self.assertEqual((found.code, found.step), (1, "libvirt knows the machine"), found)
            self.assertIn("Failed to connect", found.detail)
            wait_for(lambda: "source-lost" in ask("status", daemon=self.daemon)[1], "it is missed")
        finally:
            self.libvirtd.start()
        self.wait_step(name, "a channel is defined")

    def test_a_guest(self):
        """All is well; then the port is unplugged under the agent, and plugged in again."""
        machine = small_guest(self.libvirtd, "real")
        machine.virsh("start")
        self.addCleanup(machine.virsh, "destroy")
        self.connect()
        found = self.wait_step(machine.name, None)
        self.assertEqual((found.code, found.mend), (0, []), found)
        self.assertIn("the guest has its port open", found.good)
        code, out, err = self.command("detach", machine.name)
        self.assertEqual((code, err), (0, ""), out)
        found = self.wait_step(machine.name, "a channel is defined")
        self.follow(found)
        self.wait_step(machine.name, None)

    def test_a_libvirtd_that_hangs(self):
        self.connect()
        self.libvirtd.process.send_signal(signal.SIGSTOP)
        try:
            found = self.doctor("any")
        finally:
            self.libvirtd.process.send_signal(signal.SIGCONT)
        self.assertWrong(found, "libvirt knows the machine", "libvirtd does not answer",
                         "systemctl restart libvirtd")
