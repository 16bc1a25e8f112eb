"""What a guest says of itself: by agents that lie, and by the real one while things change."""
import contextlib
import json
import os
import shutil
import socket
import subprocess
import threading
import unittest

import channel
import native
from channel import address, disk, facts, interface
from fakes import FakeCase
from guestops import SANITIZER, Vm, auth, wait_for
from support import env, unique

MAC = "00:00:5e:00:53:01"
MIB = 1 << 20


def told(nics):
    """GuestNicInfo in short: [(MAC, connected, ["address/prefix"])]."""
    return [(nic.get("macAddress"), nic["connected"],
             [f"{ip['ipAddress']}/{ip['prefixLength']}"
              for ip in nic.get("ipConfig", {}).get("ipAddress", ())])
            for nic in nics]


def filled(info):
    """GuestDiskInfo in short: [(path, capacity, free, type)]."""
    return [(item["diskPath"], item["capacity"], item["freeSpace"], item["filesystemType"])
            for item in info.get("disk", [])]


class Monitor:
    """QEMU's, as far as the daemon asks it."""

    def __init__(self, path):
        self.status = "running"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        self._socket, _ = self._listener.accept()
        self._say({"QMP": {"version": {}, "capabilities": []}})
        for line in self._socket.makefile():
            asked = json.loads(line)
            answers = {"query-status": {"status": self.status}, "query-jobs": []}
            answer = {"return": answers.get(asked["execute"], {})}
            self._say(answer | {key: asked[key] for key in ("id",) if key in asked})

    def _say(self, value):
        self._socket.sendall(json.dumps(value).encode() + b"\r\n")

    def event(self, name):
        self._say({"event": name, "timestamp": {"seconds": 1}})

    def close(self):
        self._listener.close()
        self._thread.join(10)


class Told(FakeCase):
    def wait_net(self, vm, expected):
        wait_for(lambda: told(self.guest_info(vm).get("net", [])) == expected, expected)

    def wait_disks(self, vm, expected):
        wait_for(lambda: filled(self.guest_info(vm)) == expected, expected)

    def test_nothing_of_an_older_agent(self):
        with self.fake() as (vm, _):
            info = self.guest_info(vm)
            self.assertNotIn("disk", info)
            self.assertNotIn("net", info)
            self.assertNotIn("ipAddress", info)

    def test_all(self):
        payload = facts(interface(address("192.0.2.7", 24), address("2001:db8::7", 64, True)),
                        interface(up=False, mac=None, interface_name="tun0"),
                        host_name="other", os_name="Other OS 2")
        with self.fake(facts=payload) as (vm, _):
            self.wait_net(vm, [(MAC, True, ["192.0.2.7/24", "2001:db8::7/64"]), (None, False, [])])
            info = self.guest_info(vm)
            self.assertEqual(info["hostName"], "other")
            self.assertEqual(info["guestFullName"], "Other OS 2")
            self.assertEqual(info["ipAddress"], "192.0.2.7")
            self.assertEqual(info["net"], [
                {"_typeName": "GuestNicInfo", "ipAddress": ["192.0.2.7", "2001:db8::7"],
                 "macAddress": MAC, "connected": True, "deviceConfigId": -1,
                 "ipConfig": {"_typeName": "NetIpConfigInfo", "ipAddress": [
                     {"_typeName": "NetIpConfigInfoIpAddress", "ipAddress": "192.0.2.7",
                      "prefixLength": 24, "state": "preferred"},
                     {"_typeName": "NetIpConfigInfoIpAddress", "ipAddress": "2001:db8::7",
                      "prefixLength": 64, "state": "deprecated"}]}},
                {"_typeName": "GuestNicInfo", "connected": False, "deviceConfigId": -1}])

    def test_which_address_stands_for_the_guest(self):
        rows = (("IPv4 first", "192.0.2.1", [interface(address("2001:db8::1", 64),
                                                       address("192.0.2.1", 24))]),
                ("the first interface", "2001:db8::1", [interface(address("2001:db8::1", 64)),
                                                        interface(address("192.0.2.1", 24))]),
                ("that is up", "192.0.2.2", [interface(address("192.0.2.1", 24), up=False),
                                             interface(address("192.0.2.2", 24))]),
                ("no link's", "192.0.2.3", [interface(address("169.254.0.1", 16),
                                                      address("fe80::1", 64)),
                                            interface(address("192.0.2.3", 24))]),
                ("none", None, [interface(address("127.0.0.1", 8), address("fe80::1", 64))]))
        with self.fake() as (vm, agent):
            for about, expected, interfaces in rows:
                with self.subTest(about):
                    agent.tell(facts(*interfaces, host_name=about))
                    wait_for(lambda: self.guest_info(vm)["hostName"] == about, about)
                    self.assertEqual(self.guest_info(vm).get("ipAddress"), expected)

    def test_changes(self):
        one, two = interface(address("192.0.2.1", 24)), interface(address("192.0.2.2", 24))
        with self.fake(facts=facts(one)) as (vm, agent):
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
            agent.tell(facts(one, two))
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"]), (MAC, True, ["192.0.2.2/24"])])
            agent.tell(facts())
            self.wait_net(vm, [])
            self.assertNotIn("ipAddress", self.guest_info(vm))

    def test_last_word_counts(self):
        """However many are told, few are looked at."""
        with self.fake(facts=facts(interface(address("192.0.2.1", 24)))) as (vm, agent):
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
            said = f"{vm.name}: what is known of its guest has changed"
            before = env.daemon.log().count(said)
            for i in range(2000):
                agent.tell(facts(interface(address(f"10.0.{i // 250}.{i % 250 + 1}", 24))))
            self.wait_net(vm, [(MAC, True, ["10.0.7.250/24"])])
            self.assertLess(env.daemon.log().count(said) - before, 20)

    def test_lost_before_it_is_looked_at(self):
        one, two = (facts(interface(address(f"192.0.2.{i}", 24))) for i in (1, 2))
        with self.fake(facts=one) as (vm, agent):
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
            agent.tell(two)
            agent.hang_up()
            self.wait_net(vm, [(MAC, True, ["192.0.2.2/24"])])  # told again

    def test_another_agent(self):
        """It tells nothing: what the one before has told is not taken for its word."""
        with self.fake(facts=facts(interface(address("192.0.2.1", 24)))) as (vm, agent):
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
            agent.facts = None
            agent.hang_up()
            wait_for(lambda: agent.connections == 2 and self.guest_info(vm)["guestOperationsReady"],
                     "it is ready again")
            self.assertEqual(self.guest_info(vm)["ipAddress"], "192.0.2.1")  # the same one
            agent.welcome = channel.welcome(os.urandom(16).hex())
            agent.send(channel.frame(channel.ANNOUNCE))
            self.wait_net(vm, [])
            self.assertTrue(wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "ready"))

    @contextlib.contextmanager
    def monitored(self, payload):
        """A machine whose agent and monitor are ours to play."""
        directory = self.temporary()
        agent = channel.FakeAgent(os.path.join(directory, "s"), facts=payload)
        monitor = Monitor(os.path.join(directory, "q"))
        vm = Vm(unique("fake"), "qmp", os.path.join(directory, "s"), os.path.join(directory, "q"))
        try:
            with env.machine(vm):
                yield vm, agent, monitor
        finally:
            agent.close()
            monitor.close()

    def test_forgotten(self):
        """With a guest that is gone, and not before."""
        def reset(monitor):
            monitor.event("RESET")

        def power_off(monitor):
            monitor.status = "shutdown"
            monitor.event("SHUTDOWN")

        for end in (reset, power_off):
            with self.subTest(end.__name__), \
                    self.monitored(facts(interface(address("192.0.2.1", 24)),
                                         disks=[disk()])) as (vm, agent, monitor):
                self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
                self.assertEqual(len(filled(self.guest_info(vm))), 1)
                agent.welcome = agent.facts = None
                agent.hang_up()
                wait_for(lambda: not self.guest_info(vm)["guestOperationsReady"], "it is lost")
                self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
                end(monitor)
                self.wait_net(vm, [])
                self.assertNotIn("hostName", self.guest_info(vm))
                self.assertEqual(filled(self.guest_info(vm)), [])

    def test_nonsense(self):
        """It is refused as a whole, and the next one is taken."""
        good = facts(interface(address("192.0.2.1", 24)))
        many = [interface()] * 65
        bad = (b"\xff", good[:-1], facts(*[interface()] * 65),
               channel.element(4, address("192.0.2.1", 24)),
               facts(interface(*[address("192.0.2.1", 24)] * 33)), facts(interface(mac="x" * 9000)),
               facts(interface(address("1" * 9000, 24))),
               facts(interface(address("2001:db8::1", 2 ** 31 - 1))))
        with self.fake(facts=good) as (vm, agent):
            self.wait_net(vm, [(MAC, True, ["192.0.2.1/24"])])
            said = f"{vm.name}: its agent's facts are not taken"
            for payload in bad:
                with self.subTest(payload=payload[:60]):
                    before = env.daemon.log().count(said)
                    agent.tell(payload)
                    wait_for(lambda: env.daemon.log().count(said) > before, "it is refused")
                    self.assertEqual(told(self.guest_info(vm)["net"]),
                                     [(MAC, True, ["192.0.2.1/24"])])
            agent.tell(facts(interface(address("192.0.2.2", 24))))
            self.wait_net(vm, [(MAC, True, ["192.0.2.2/24"])])

    def test_disks(self):
        payload = facts(disks=[disk(), disk("/srv/a b", 10, 3, "xfs")])
        with self.fake(facts=payload) as (vm, agent):
            wait_for(lambda: self.guest_info(vm).get("disk") == [
                {"_typeName": "GuestDiskInfo", "diskPath": "/", "capacity": 4 << 30,
                 "freeSpace": 1 << 30, "filesystemType": "ext4"},
                {"_typeName": "GuestDiskInfo", "diskPath": "/srv/a b", "capacity": 10,
                 "freeSpace": 3, "filesystemType": "xfs"}], "two disks")
            agent.tell(facts(disks=[disk(free=7)]))
            self.wait_disks(vm, [("/", 4 << 30, 7, "ext4")])
            agent.tell(facts())
            self.wait_disks(vm, [])

    def test_disks_that_are_nonsense(self):
        bad = (disk(""), disk(capacity=-1, free=-1), disk(free=-1), disk(capacity=7, free=8),
               disk()[:-1], address("192.0.2.1", 24))
        with self.fake(facts=facts(disks=[disk()])) as (vm, agent):
            self.wait_disks(vm, [("/", 4 << 30, 1 << 30, "ext4")])
            said = f"{vm.name}: its agent's facts are not taken"
            for payload in [facts(disks=[disk(), item]) for item in bad] + \
                    [facts(disks=[disk()] * 65)]:
                with self.subTest(payload=payload[:60]):
                    before = env.daemon.log().count(said)
                    agent.tell(payload)
                    wait_for(lambda: env.daemon.log().count(said) > before, "it is refused")
                    self.assertEqual(filled(self.guest_info(vm)),
                                     [("/", 4 << 30, 1 << 30, "ext4")])
            agent.tell(facts(disks=[disk("/bell\7", kind="\1" * 9)] * 64))
            self.wait_disks(vm, [("/bell?", 4 << 30, 1 << 30, "?" * 9)] * 64)

    def test_texts(self):
        """Only what XML and JSON can hold, and no more than there is room for."""
        payload = facts(interface(interface_name="\7" * 9000), host_name="bell \7",
                        os_name="x" * 9000)
        with self.fake(facts=payload) as (vm, _):
            self.wait_net(vm, [(MAC, True, [])])
            info = self.guest_info(vm)
            self.assertEqual(info["hostName"], "bell ?")
            self.assertEqual(info["guestFullName"], "x" * 255)


class Guest(FakeCase):
    def test_disks(self):
        """Its root is in memory, and there is nothing else."""
        wait_for(lambda: filled(self.guest_info(env.vm)), "its disks")
        (path, capacity, free, kind), *more = filled(self.guest_info(env.vm))
        self.assertEqual((path, more), ("/", []))
        self.assertIn(kind, ("rootfs", "tmpfs"))
        self.assertTrue(0 < free < capacity, (free, capacity))


class Native(FakeCase):
    """The real agent, in a container of this machine."""

    def setUp(self):
        super().setUp()
        self.native = native.NativeGuest(env.guest.guest, os.path.join(env.build, "guestops-agent"))
        self.addCleanup(self.stop)
        self.native.start()
        self.machine = Vm(unique("native"), "local", self.native.channel)
        scope = env.machine(self.machine)
        scope.__enter__()
        self.addCleanup(scope.__exit__, None, None, None)
        wait_for(lambda: self.info()["guestOperationsReady"], "the agent is ready")

    def stop(self):
        said = self.native.log()
        self.native.stop()
        self.assertIsNone(SANITIZER.search(said))

    def info(self):
        return self.guest_info(self.machine)


@unittest.skipUnless(native.is_able() and shutil.which("ip"), "needs root, namespaces and ip(8)")
class Network(Native):
    def nic(self, mac=MAC):
        """(connected, addresses) of the interface with this MAC; link-local ones are the kernel's."""
        for found, connected, addresses in told(self.info().get("net", [])):
            if found == mac:
                return connected, [text for text in addresses if not text.startswith("fe80:")]
        return None

    def add_interface(self):
        self.native.ip(f"link add e0 address {MAC} type veth peer name e1", "link set e1 up",
                       "link set e0 up")

    def test_addresses(self):
        self.assertIsNone(self.nic())
        self.add_interface()
        wait_for(lambda: self.nic() == (True, []), "the interface")
        self.assertNotIn("ipAddress", self.info())
        self.native.ip("addr add 192.0.2.5/24 dev e0")
        wait_for(lambda: self.nic() == (True, ["192.0.2.5/24"]), "the address")
        self.assertEqual(self.info()["ipAddress"], "192.0.2.5")
        self.native.ip("addr add 2001:db8::5/64 dev e0 nodad")
        wait_for(lambda: self.nic() == (True, ["192.0.2.5/24", "2001:db8::5/64"]), "another")
        self.native.ip("addr del 192.0.2.5/24 dev e0")
        wait_for(lambda: self.nic() == (True, ["2001:db8::5/64"]), "it is gone")
        self.assertEqual(self.info()["ipAddress"], "2001:db8::5")
        self.native.ip("addr add 192.0.2.6/24 dev e0", "link set e1 down")
        wait_for(lambda: (self.nic() or [True])[0] is False, "its cable is out")
        self.assertNotIn("ipAddress", self.info())
        self.native.ip("link del e0")
        wait_for(lambda: self.nic() is None, "the interface is gone")

    def test_host_name(self):
        for name in ("renamed", "again"):
            self.native.sh(f"echo {name} >/proc/sys/kernel/hostname")
            wait_for(lambda: self.info()["hostName"] == name, name)
        self.native.sh("printf 'k\\366ln' >/proc/sys/kernel/hostname")  # Latin-1
        wait_for(lambda: self.info()["hostName"] == "k?ln", "what is no UTF-8")

    def test_flapping(self):
        """The host hears of it once a second, and of how it ends."""
        self.add_interface()
        wait_for(lambda: self.nic() == (True, []), "the interface")
        said = f"{self.machine.name}: what is known of its guest has changed"
        before = env.daemon.log().count(said)
        self.native.ip(*["addr add 192.0.2.5/24 dev e0", "addr del 192.0.2.5/24 dev e0"] * 2000,
                       "addr add 192.0.2.9/24 dev e0")
        wait_for(lambda: self.nic() == (True, ["192.0.2.9/24"]), "the end of it")
        self.assertLess(env.daemon.log().count(said) - before, 20)

    def test_many(self):
        """More than a frame holds: the lowest interfaces, and the first addresses of each."""
        lines = []
        for pair in range(35):
            lines += [f"link add a{pair} type veth peer name b{pair}"]
        for pair in range(35):
            for side in "ab":
                lines += [f"addr add 10.{pair}.{ord(side)}.{i}/32 dev {side}{pair}"
                          for i in range(1, 41)]
        self.native.ip(*lines)

        def full():
            nics = told(self.info().get("net", []))
            return len(nics) == 64 and all(len(nic[2]) == 8 for nic in nics)

        wait_for(full, "64 interfaces with 8 addresses")
        for _, _, addresses in told(self.info()["net"]):
            self.assertEqual([int(text.split("/")[0].split(".")[3]) for text in addresses],
                             list(range(1, 9)))
        self.assertOk(self.client.try_list(self.machine.ref, auth("root"), [1]))


@unittest.skipUnless(native.is_able(), "needs root and namespaces")
class Disks(Native):
    def again(self):
        """A new conversation: the agent asks its disks anew."""
        env.daemon.remove_vm(self.machine)
        env.daemon.put_vm(self.machine)

    def disk(self, path):
        return next((item for item in filled(self.info()) if item[0] == path), None)

    def wait_told(self, told, not_told=()):
        self.again()
        wait_for(lambda: all(self.disk(path) for path in told) and
                 not any(self.disk(path) for path in not_told), f"{told} and not {not_told}")

    def add_disk(self, path):
        image = os.path.join(self.temporary(), "disk")
        with open(image, "wb") as file:
            file.truncate(64 << 20)
        subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
        self.native.sh(f"mkdir -p '{path}'")
        try:
            self.native.mount("-t", "ext4", "-o", "loop", image, path)
        except subprocess.CalledProcessError:
            self.skipTest("no loop devices")

    def test_root(self):
        wait_for(lambda: self.disk("/"), "the root")
        _, capacity, free, _ = self.disk("/")
        real = os.statvfs(self.native.root)
        self.assertEqual(capacity, real.f_blocks * real.f_frsize)
        self.assertEqual(free % MIB, 0)
        self.assertLess(abs(free - real.f_bavail * real.f_frsize), 1 << 30)  # others write, too
        paths = [item[0] for item in filled(self.info())]
        self.assertEqual(paths[0], "/")
        self.assertNotIn("/tmp", paths)
        self.assertNotIn("/proc", paths)

    def test_another(self):
        self.add_disk("/srv/a b")
        self.wait_told(["/", "/srv/a b"])
        _, capacity, before, kind = self.disk("/srv/a b")
        self.assertEqual(kind, "ext4")
        self.assertTrue(40 * MIB < before < capacity < 64 * MIB, (before, capacity))

        self.native.sh("dd if=/dev/zero of='/srv/a b/file' bs=1M count=20 && sync")
        self.again()
        wait_for(lambda: 19 * MIB <= before - self.disk("/srv/a b")[2] <= 22 * MIB, "20 MiB less")

    def test_which(self):
        """Where it is mounted first, and there to be seen; and not by a user."""
        self.add_disk("/srv/one")
        self.native.sh("mkdir -p /srv/two /run/mount && mount --bind /srv/one /srv/two")
        self.wait_told(["/srv/one"], ["/srv/two"])
        self.native.sh("mount -t tmpfs tmpfs /srv/one")
        self.wait_told(["/srv/two"], ["/srv/one"])
        self.native.sh("umount /srv/one")
        self.native.sh("echo 'SRC=/dev/x TARGET=/srv/one ROOT=/ OPTS=user=bob' >/run/mount/utab")
        self.wait_told(["/srv/two"], ["/srv/one"])
        self.native.sh("umount /srv/two")
        self.wait_told(["/"], ["/srv/one", "/srv/two"])
