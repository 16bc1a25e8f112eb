"""Provider libvirt, with a libvirtd and a guest of its own."""
import json
import os
import re
import signal
import socket
import subprocess
import time
import unittest
import urllib.parse
import uuid

from guestops import Daemon, auth, spec, wait_for
from libvirt_case import BARE, LibvirtCase, Libvirtd, Machine, Source, small_guest
from support import env, parallel

def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


PORT = free_port()


def setUpModule():
    libvirtd = LibvirtCase.libvirtd = Libvirtd("--listen")
    unittest.addModuleCleanup(libvirtd.stop)
    os.makedirs(libvirtd.path("config/libvirt"))
    with open(libvirtd.path("config/libvirt/libvirtd.conf"), "w") as file:
        file.write('listen_tls = 0\nlisten_tcp = 1\nauth_tcp = "none"\n'
                   f'listen_addr = "127.0.0.1"\ntcp_port = "{PORT}"\n')
    libvirtd.give(libvirtd.path("config/libvirt"))
    libvirtd.start()
    LibvirtCase.machine = small_guest(libvirtd)
    libvirtd.virsh("start", LibvirtCase.machine.name)


class Connected(LibvirtCase):
    """By libvirtd's own socket, and the one of the channel."""

    def setUp(self):
        super().setUp()
        source = self.source(self.libvirtd.uri)
        source.__enter__()
        self.addCleanup(source.__exit__, None, None, None)
        self.appears(self.machine)


class Alive(Connected):
    """The guest runs, and does so in the end."""

    def setUp(self):
        super().setUp()
        self.wait_ready()

    def test_runs(self):
        self.assertEqual(self.state(), "poweredOn")
        config = self.client.get(f"VirtualMachine/{self.machine.moid}/config").json
        self.assertEqual((config["hardware"]["numCPU"], config["hardware"]["memoryMB"]),
                         (1, env.guest.memory))
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 7'")["exitCode"], 7)

    def test_pause(self):
        pid = self.sleeper()
        self.machine.virsh("suspend")
        self.refused("InvalidState")
        self.assertEqual(self.state(), "poweredOn")
        for method in ("PowerOnVM_Task", "ResetVM_Task", "SuspendVM_Task", "ShutdownGuest"):
            self.assertFault(self.ask(method), "InvalidState")
        self.machine.virsh("resume")
        self.wait_ready()
        self.assertRuns(pid)
        self.end(pid)

    def end(self, pid):
        self.client.try_terminate(self.vm, auth("demo"), pid)

    def job(self, command, *words):
        """One that writes to where nobody reads, and is ended; returns its task."""
        fifo = self.libvirtd.path(f"fifo-{command}")
        os.mkfifo(fifo)
        self.libvirtd.give(fifo)
        reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        virsh = self.libvirtd.begin(command, self.machine.uuid, fifo, *words)
        try:
            task = self.refused("TaskInProgress")["task"]
            self.assertEqual(self.info(task)["state"], "running")
            self.assertEqual(self.assertFault(self.ask("PowerOffVM_Task"),
                                              "TaskInProgress")["task"], task)
            self.machine.virsh("domjobabort")
            os.set_blocking(reader, True)
            while os.read(reader, 1 << 20):
                pass
            virsh.wait(60)
        finally:
            os.close(reader)
            virsh.kill()
            virsh.communicate()
        self.wait_ready()
        return wait_for(lambda: "completeTime" in self.info(task) and self.info(task), "its end")

    def test_jobs(self):
        pid = self.sleeper()
        for command, words, name in (("save", (), "save of its memory"),
                                     ("dump", (), "dump of its memory"),
                                     ("dump", ("--live",), "dump of its memory")):
            with self.subTest(command, words=words):
                info = self.job(command, *words)
                os.unlink(self.libvirtd.path(f"fifo-{command}"))
                self.assertEqual((info["name"], info["state"]), (name, "error"), info)
        self.assertRuns(pid)
        self.end(pid)

    def test_managed_save(self):
        pid = self.sleeper()
        info = self.succeed("SuspendVM_Task")
        self.assertEqual(info["entity"]["value"], self.machine.moid)
        self.assertEqual(self.state(), "suspended")
        self.refused("InvalidPowerState", existingState="suspended", requestedState="poweredOn")
        self.succeed("PowerOnVM_Task")
        self.wait_ready()
        self.assertRuns(pid)

        self.machine.virsh("managedsave")  # by somebody else
        self.wait_state("suspended")
        self.machine.virsh("start")
        self.wait_state("poweredOn")
        self.wait_ready()
        self.assertRuns(pid)
        self.end(pid)

    def test_snapshot(self):
        before = self.sleeper()
        mark = len(env.daemon.log())
        self.machine.virsh("snapshot-create-as", "one")
        wait_for(lambda: "busy with a save of its memory" in env.daemon.log()[mark:], "it is noticed")
        self.wait_ready()
        after = self.sleeper()
        self.machine.virsh("snapshot-revert", "one")
        wait_for(lambda: self.try_true().status == 200 and after not in
                 [row["pid"] for row in self.rows("demo")], "it was never started", 60)
        self.assertRuns(before)
        self.machine.virsh("snapshot-delete", "one")
        self.wait_ready()
        self.end(before)

    def test_libvirtd_is_killed(self):
        pid = self.sleeper()
        self.libvirtd.process.kill()
        self.libvirtd.process.wait()
        fault = self.refused("GuestOperationsUnavailable")
        self.assertIn(self.libvirtd.uri, fault["faultstring"])
        self.assertFault(self.ask("SuspendVM_Task"), "InvalidState")
        self.assertEqual(self.client.try_list(env.vm.ref, auth("root"), [1]).status, 200)
        self.libvirtd.start()
        self.wait_ready()
        self.assertRuns(pid)
        self.end(pid)

    def test_libvirtd_hangs(self):
        pid = self.sleeper()
        process = self.libvirtd.process
        process.send_signal(signal.SIGSTOP)
        try:
            task = self.ask("SuspendVM_Task")  # it waits, and nothing else does
            began = time.monotonic()
            fault = self.refused("GuestOperationsUnavailable")
            self.assertIn("libvirtd does not answer", fault["faultstring"])
            self.assertEqual(self.client.try_list(env.vm.ref, auth("root"), [1]).status, 200)
            self.assertLess(time.monotonic() - began, 25)
        finally:
            process.send_signal(signal.SIGCONT)
        if task.status == 200:
            wait_for(lambda: "completeTime" in self.info(task.json), "its end", 60)
            self.wait_state("suspended")
            self.succeed("PowerOnVM_Task")
        self.wait_ready()
        self.assertRuns(pid)
        self.end(pid)

    def test_child_is_killed(self):
        def child():
            for name in filter(str.isdigit, os.listdir("/proc")):
                try:
                    with open(f"/proc/{name}/cmdline", "rb") as file:
                        words = file.read().split(b"\0")
                    with open(f"/proc/{name}/stat") as file:
                        parent = int(file.read().rsplit(")", 1)[1].split()[1])
                except OSError:
                    continue
                if words[0] == b"guestops-libvirt" and parent == env.daemon.process.pid:
                    return int(name)
            return None

        first = child()
        self.assertEqual(sorted(os.listdir(f"/proc/{first}/fd"), key=int)[:3], ["0", "1", "2"])
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: child() not in (None, first), "it is started again")
        self.wait_ready()


class Power(Connected):
    """Leaves the machine on."""

    def test_all(self):
        self.wait_ready()
        pid = self.sleeper()
        self.assertFault(self.ask("PowerOnVM_Task"), "InvalidPowerState",
                         existingState="poweredOn")
        self.assertFault(self.ask("StandbyGuest"), "NotSupported")
        self.assertVoid(self.ask("ShutdownGuest"))  # nobody in this guest reacts
        self.assertVoid(self.ask("RebootGuest"))
        self.assertRuns(pid)
        self.succeed("ResetVM_Task")
        wait_for(lambda: self.try_true().status == 200 and pid not in
                 [row["pid"] for row in self.rows("demo")], "it has been reset", 120)

        self.succeed("SuspendVM_Task")
        self.succeed("PowerOffVM_Task")  # and what was kept is gone
        self.assertEqual(self.state(), "poweredOff")
        self.refused("InvalidPowerState", existingState="poweredOff")
        self.assertFault(self.ask("SuspendVM_Task"), "InvalidPowerState")
        self.succeed("PowerOnVM_Task")
        self.succeed("PowerOffVM_Task")
        self.succeed("PowerOnVM_Task")
        self.assertEqual(self.state(), "poweredOn")


class Inventory(Connected):
    def test_come_and_go(self):
        names = {
            "plain": "plain",
            "../../etc": None,  # libvirt takes neither slash nor line end
            "two\nlines": None,
            "<b>&amp;": "<b>&amp;",
            "100%": "100%25",
            "back\\slash": "back%5cslash",
            "grüße \U0001f600": "grüße \U0001f600",
            "x" * 200: "x" * 80,
            "ä" * 100: "ä" * 40,
        }
        machines = {}
        for name, shown in names.items():
            if shown is None:
                with self.assertRaisesRegex(AssertionError, "cannot contain|invalid char"):
                    Machine(self.libvirtd, name)
            else:
                machines[shown] = Machine(self.libvirtd, name)
        for shown, machine in machines.items():
            self.appears(machine, shown)
            self.assertEqual(self.state(machine), "poweredOff")
            found = self.client.call("SearchIndex/SearchIndex/FindByUuid",
                                     {"uuid": machine.uuid, "vmSearch": True})
            self.assertEqual(found.json["value"], machine.moid)
        plain = machines["plain"]
        plain.virsh("domrename", "other")
        self.appears(plain, "other")
        for machine in machines.values():
            machine.virsh("undefine")
        for machine in machines.values():
            wait_for(lambda uuid=machine.uuid: uuid not in self.names(), "it has gone")

    def test_channels_that_cannot_be(self):
        """What a machine lacks, it is told."""
        channel = "<channel type='unix'>%s<target type='virtio' name='%s'/></channel>"
        rows = (
            ("", r"'guestops attach none-\d+' adds it"),
            (channel % ("", "org.qemu.guest_agent.0"), "'guestops attach"),
            (channel % (f"<source mode='bind' path='{self.libvirtd.path('x' * 100)}'/>",
                        "org.guestops.agent.0"), "107 bytes"),
            ("<channel type='pty'><target type='virtio' name='org.guestops.agent.0'/></channel>",
             "type unix"),
        )
        for number, (devices, reason) in enumerate(rows):
            with self.subTest(reason):
                xml = BARE.replace("{devices}", devices)
                machine = Machine(self.libvirtd, f"none-{number}", xml)
                code, said = self.libvirtd.try_virsh("start", machine.name)
                if code != 0:  # QEMU itself knows that a path is too long
                    self.assertIn("too long", said)
                    machine.virsh("undefine")
                    continue
                self.vm = machine.ref
                self.appears(machine)
                wait_for(lambda: re.search(reason, self.try_true().json["faultstring"]), reason)
                self.refused("GuestOperationsUnavailable")
                machine.virsh("destroy")
                machine.virsh("undefine")


class Remote(LibvirtCase):
    """Everything goes through libvirtd."""

    def transfers(self, client, size=3_000_000):
        """There and back again."""
        data = os.urandom(size)
        who = auth("demo")
        url = client.call("GuestFileManager/guestOperationsFileManager/"
                          "InitiateFileTransferToGuest",
                          {"vm": self.vm, "auth": who, "guestFilePath": "/tmp/remote",
                           "fileAttributes": {"_typeName": "GuestFileAttributes"},
                           "fileSize": size, "overwrite": True}).json
        target = urllib.parse.urlsplit(url)
        answer = client.request("PUT", f"{target.path}?{target.query}", data)
        self.assertEqual(answer.status, 200, answer)
        info = client.call("GuestFileManager/guestOperationsFileManager/"
                           "InitiateFileTransferFromGuest",
                           {"vm": self.vm, "auth": who, "guestFilePath": "/tmp/remote"}).json
        target = urllib.parse.urlsplit(info["url"])
        answer = client.request("GET", f"{target.path}?{target.query}")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.body, data)

    def test_tcp(self):
        with self.source(f"qemu+tcp://127.0.0.1:{PORT}/session"):
            self.appears(self.machine)
            self.wait_ready()
            self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 3'")["exitCode"], 3)
            self.transfers(self.client)
            pids = parallel([lambda client=env.client(): client.start(
                self.vm, auth("demo"), spec("/bin/true")) for _ in range(8)])
            self.assertEqual(len(set(pids)), 8)
            self.succeed("SuspendVM_Task")
            self.succeed("PowerOnVM_Task")
            self.wait_ready()

    def test_two_sources(self):
        """The second is heard when the first has gone."""
        with self.source(f"qemu+tcp://127.0.0.1:{PORT}/session"):
            with self.source(self.libvirtd.uri):
                self.appears(self.machine)
                self.wait_ready()
                self.assertEqual(list(self.names().values()).count(self.machine.name), 1)
            self.appears(self.machine)
            self.wait_ready()
        self.assertNotIn(self.machine.uuid, self.names())

    @unittest.skipIf(os.getuid() != 0, "libvirtd and the daemon are of one user")
    def test_socket_of_another_user(self):
        """Who may not connect to it has libvirtd do it."""
        for name in ("", "run", "run/libvirt"):
            os.chmod(self.libvirtd.path(name), 0o755)
        os.chmod(self.libvirtd.path("run/libvirt/libvirt-sock"), 0o777)
        wrapper = os.path.join(self.temporary(), "guestopsd")
        with open(wrapper, "w") as file:
            file.write("#!/bin/sh\nexec setpriv --bounding-set=-dac_override,-dac_read_search "
                       f"--inh-caps=-all {env.build}/guestopsd \"$@\"\n")
        os.chmod(wrapper, 0o755)
        daemon = Daemon(wrapper)
        self.addCleanup(daemon.remove)
        daemon.put_vm(Source(self.libvirtd.uri))
        daemon.start()
        self.addCleanup(daemon.stop)
        self.client = daemon.admin()
        self.addCleanup(self.client.close)
        self.wait_ready()
        self.transfers(self.client, 300_000)


class Unread(LibvirtCase):
    """guestops-libvirt itself, with a guest that does not read."""

    def say(self, **message):
        self.parent.send(json.dumps(message).encode())

    def hear(self, name):
        """The next packet of that name, and its descriptor."""
        while True:
            text, descriptors, _, _ = socket.recv_fds(self.parent, 9000, 1)
            self.assertTrue(text, f"it has ended before {name}")
            message = json.loads(text)
            self.assertNotIn("lost", message)
            if name in message:
                return message[name], descriptors

    def test_stops_no_other(self):
        channel = "<channel type='unix'><target type='virtio' name='org.guestops.agent.0'/></channel>"
        machine = Machine(self.libvirtd, "deaf", BARE.replace("{devices}", channel))
        self.addCleanup(machine.virsh, "undefine")
        machine.virsh("start")
        self.addCleanup(machine.virsh, "destroy")
        self.parent, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.parent.settimeout(60)
        program = os.path.join(env.build, "guestops-libvirt")
        with child:
            process = subprocess.Popen(
                [program, "serve", f"qemu+tcp://127.0.0.1:{PORT}/session"], stdin=child)
        self.addCleanup(process.wait)
        self.addCleanup(self.parent.close)
        self.hear("listed")
        self.say(channel={"id": 1, "uuid": machine.uuid, "stream": False})
        answer, (stream,) = self.hear("channel")
        self.assertEqual(answer, {"id": 1, "uuid": machine.uuid})
        with socket.socket(fileno=stream) as stream:
            stream.settimeout(3)  # what takes longer does not go on
            sent = 0
            with self.assertRaises(TimeoutError):
                while sent < 64 << 20:
                    sent += stream.send(bytes(65536))
            self.assertLess(sent, 2 << 20)
            self.say(ping=7)
            self.assertEqual(self.hear("pong")[0], 7)
            self.say(power={"id": 2, "uuid": machine.uuid, "action": "reset"})
            self.assertEqual(self.hear("power")[0], {"id": 2, "uuid": machine.uuid})


class Wrong(LibvirtCase):
    def test_nobody_there(self):
        uri = f"qemu+unix:///session?socket={self.libvirtd.path('nobody')}"
        mark = len(env.daemon.log())
        with self.source(uri):
            wait_for(lambda: f"libvirt at {uri}: Failed to connect socket" in
                     env.daemon.log()[mark:], "the reason is logged")
        self.assertEqual(self.client.try_list(env.vm.ref, auth("root"), [1]).status, 200)

    def test_files(self):
        for text, reason in (("provider = libvirt\n", "uri has to be"),
                             ("provider = libvirt\nuri = test:///default\nname = a\n",
                              "no key but uri"),
                             (f"provider = qmp\nuri = test:///default\nname = a\nuuid = "
                              f"{self.machine.uuid}\nchannel = /a\nqmp = /b\n",
                              "provider libvirt only")):
            source = Source("x")
            source.text = lambda text=text: f"[vm]\n{text}"
            mark = len(env.daemon.log())
            env.daemon.put_vm(source)
            self.assertIn(reason, env.daemon.log()[mark:])
            env.daemon.remove_vm(source)




class Yonder(LibvirtCase):
    """Last of all: the machine moves to another libvirtd, as if that were on another host."""

    def setUp(self):
        super().setUp()
        self.other = Libvirtd()
        self.addCleanup(self.other.stop)
        os.makedirs(self.other.path("config/libvirt"))
        with open(self.other.path("config/libvirt/libvirtd.conf"), "w") as file:
            file.write(f'host_uuid = "{uuid.uuid4()}"\n')
        self.other.give(self.other.path("config/libvirt"))
        self.other.start()

    def test_migration(self):
        with self.source(self.libvirtd.uri), self.source(self.other.uri):
            self.appears(self.machine)
            self.wait_ready()
            pid = self.sleeper()
            virsh = self.libvirtd.begin(
                "migrate", "--live", "--unsafe", "--persistent", "--undefinesource",
                "--bandwidth", "2", "--migrateuri", "tcp://127.0.0.1", self.machine.uuid,
                self.other.uri)
            task = self.refused("TaskInProgress")["task"]
            self.assertEqual((self.info(task)["name"], self.info(task)["state"]),
                             ("migration", "running"))
            self.machine.virsh("migrate-setspeed", "10000")
            said, _ = virsh.communicate(timeout=120)
            self.assertEqual(virsh.returncode, 0, said)
            self.wait_ready()
            self.assertRuns(pid)
            self.assertEqual(self.libvirtd.virsh("list", "--all", "--uuid"), "")
            self.assertIn(self.machine.uuid, self.other.virsh("list", "--uuid"))
