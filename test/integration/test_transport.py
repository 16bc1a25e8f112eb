"""How an agent is reached: a VMM's vsock, sockets that may be a stranger's, two daemons at one."""
import os
import socket
import tempfile
import unittest

import native
from adversity import AdversityCase
from channel import FakeAgent
from fakes import FakeCase
from guestops import SANITIZER, Daemon, Vm, auth, spec, wait_for
from support import env, unique
from vmm import PORT, Vmm


class TransportCase(FakeCase):
    def reason(self, vm, text):
        """Until a request fails for that reason; the daemon says it once in its log."""
        def said():
            answer = self.list_in(vm, [1])
            self.assertEqual(answer.status, 500, answer)
            self.assertEqual(answer.json["_typeName"], "GuestOperationsUnavailable")
            return text in answer.json["faultstring"]

        wait_for(said, f"the fault says {text}", 30)
        self.assertEqual(env.daemon.log().count(f"{vm.name}: channel: "), 1)


class VmmVsock(TransportCase):
    def test_fake_agent(self):
        for drip in (False, True):
            directory = self.temporary()
            path = os.path.join(directory, "v.sock")
            agent = FakeAgent(os.path.join(directory, "s"))
            self.addCleanup(agent.close)
            vmm = Vmm(path, os.path.join(directory, "s"), drip=drip)
            self.addCleanup(vmm.close)
            with env.machine(Vm(unique("vmm"), "static", path, vsock_port=PORT)) as vm:
                wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "it is ready")
                self.assertEqual(vmm.asked, [f"CONNECT {PORT}\n"])
                runtime = self.client.get(f"VirtualMachine/{vm.moid}/runtime").json
                self.assertEqual(runtime["powerState"], "poweredOn")

    def test_nothing_listens(self):
        path = os.path.join(self.temporary(), "v.sock")
        vmm = Vmm(path, "", listens=False)
        self.addCleanup(vmm.close)
        with env.machine(Vm(unique("vmm"), "static", path, vsock_port=77)) as vm:
            self.reason(vm, f"{path}: nothing in the guest listens on vsock port 77")
        self.assertEqual(set(vmm.asked), {"CONNECT 77\n"})

    def test_never_answers(self):
        path = os.path.join(self.temporary(), "v.sock")
        vmm = Vmm(path, "", answers=False)
        self.addCleanup(vmm.close)
        with env.machine(Vm(unique("vmm"), "static", path, vsock_port=PORT)) as vm:
            self.reason(vm, f"{path}: the guest does not answer")

    def test_nobody_has_this_cid(self):
        with env.machine(Vm(unique("cid"), "static", None, vsock_cid=4242)) as vm:
            self.reason(vm, f"vsock 4242:{PORT}: ")


@unittest.skipUnless(native.is_able(), "needs root and namespaces")
class VmmAgent(TransportCase):
    """The real agent behind it, in a container of this machine."""

    def test_operations(self):
        guest = native.NativeGuest(env.guest.guest, os.path.join(env.build, "guestops-agent"))
        self.addCleanup(guest.stop)
        self.addCleanup(lambda: self.assertIsNone(SANITIZER.search(guest.log())))
        guest.start()
        path = os.path.join(self.temporary(), "v.sock")
        vmm = Vmm(path, guest.channel)
        self.addCleanup(vmm.close)
        with env.machine(Vm(unique("vmm"), "static", path, vsock_port=PORT)) as vm:
            wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "it is ready")
            pid = self.client.start(vm.ref, auth("demo"), spec("/bin/sh", "-c 'exit 23'"))
            self.assertEqual(self.client.wait_end(vm.ref, auth("demo"), pid)["exitCode"], 23)


class Strangers(TransportCase):
    MALLORY = 54321

    def listener(self, path):
        listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(listener.close)
        listener.bind(path)
        listener.listen(4)
        listener.settimeout(0)
        return listener

    def refused(self, path, listener, reason):
        with env.machine(Vm(unique("stranger"), "local", path)) as vm:
            self.reason(vm, f"{path}: {reason}")
        self.assertRaises(BlockingIOError, listener.accept)

    def test_symbolic_link(self):
        directory = self.temporary()
        path = os.path.join(directory, "link")
        listener = self.listener(os.path.join(directory, "s"))
        os.symlink("s", path)
        self.refused(path, listener, "it is a symbolic link, and not followed")

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_owner(self):
        """A user has put a socket where QEMU was expected to make one."""
        directory = tempfile.mkdtemp(dir=self.temporary())
        path = os.path.join(directory, "s")
        os.chmod(directory, 0o1777)
        listener = self.listener(path)
        os.chown(path, self.MALLORY, -1)
        self.refused(path, listener,
                     f"it belongs to user {self.MALLORY}, and others can write to {directory}")

    @unittest.skipUnless(os.geteuid() == 0, "needs root")
    def test_owner_of_a_directory(self):
        directory = self.temporary()
        path = os.path.join(directory, "s")
        listener = self.listener(path)
        os.chown(path, self.MALLORY, -1)
        with env.machine(Vm(unique("qemu"), "local", path)):
            listener.settimeout(30)
            listener.accept()[0].close()  # it is as with libvirt: QEMU runs as another user


class TwoDaemons(AdversityCase):
    def test_second_steps_back(self):
        """QEMU serves one client, and keeps for later what others send."""
        self.agent_lives_on()
        other = Daemon(os.path.join(env.build, "guestopsd"))
        self.addCleanup(other.remove)
        self.addCleanup(other.stop)
        vm = other.put_vm(Vm("same", "static", self.guest.path("agent.sock")))
        other.start()
        client = other.admin()
        self.addCleanup(client.close)
        busy = "another program is connected to it"
        wait_for(lambda: busy in other.log(), "the second one says so", 30)
        answer = client.try_list(vm.ref, auth("root"), [1])
        self.assertEqual(answer.json["_typeName"], "GuestOperationsUnavailable")
        self.assertIn(busy, answer.json["faultstring"])
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        with self.without_daemon():
            wait_for(lambda: client.try_list(vm.ref, auth("root"), [1]).status == 200,
                     "its turn has come", 60)
            other.stop()
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
