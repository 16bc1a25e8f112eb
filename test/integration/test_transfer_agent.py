"""Transfers as the agent sees them: the channel's words, from a host that is only a socket."""
import contextlib
import os
import unittest

import channel
import native
from guestops import SANITIZER, wait_for
from rawhost import DATA, Answer, RawHost, posix
from support import env

MIB = 1 << 20
FROZEN = "/run/guestops-agent.frozen"
CONF = "[login]\nfail_delay = 0\n"


@unittest.skipUnless(native.is_able(), "needs root and namespaces")
class TransferCase(unittest.TestCase):
    conf = CONF

    @classmethod
    def setUpClass(cls):
        cls.native = native.NativeGuest(env.guest.guest, os.path.join(env.build, "guestops-agent"))
        cls.addClassCleanup(cls.native.stop)
        cls.native.start(cls.conf)
        cls.sh = cls.native.sh

    def setUp(self):
        self.host = RawHost(self.native.channel)
        self.addCleanup(lambda: self.host.close())
        self.sh("rm -rf /t; mkdir -m 777 /t")

    def tearDown(self):
        self.assertIsNone(SANITIZER.search(self.native.log()))

    def again(self, **more):
        self.host.close()
        self.host = RawHost(self.native.channel, **more)

    def configure(self, text):
        """Until the test ends; the agent has read it."""
        def write(conf):
            known = self.native.log().count("has been read again")
            self.native.configure(conf)
            wait_for(lambda: self.native.log().count("has been read again") > known,
                     "the change is noticed")

        self.addCleanup(write, self.conf)
        write(self.conf + text)

    def assertFault(self, answer, fault, text=""):
        self.assertEqual(answer.fault, fault, answer)
        self.assertIn(text, answer.message)

    def assertDone(self, answer):
        self.assertEqual(answer, Answer(None, None, ""))

    def to(self, path, **more):
        answer = self.host.initiate_to(more.pop("user", "demo"), path, **more)
        self.assertIsNone(answer.fault, answer)
        return answer.result

    def come(self, path, user="demo"):
        answer = self.host.initiate_from(user, path)
        self.assertIsNone(answer.fault, answer)
        return answer.result[3].decode()

    def open(self, handle, **part):
        id, opened = self.host.open(handle, **part)
        self.assertNotIsInstance(opened, Answer)
        return id, opened

    def put(self, path, data, **more):
        id, _ = self.open(self.to(path, **more))
        self.assertDone(self.host.upload(id, data))

    def get(self, path, user="demo", **part):
        id, opened = self.open(self.come(path, user), **part)
        data, end = self.host.download(id)
        self.assertDone(end)
        self.assertEqual(len(data), opened.length)
        return data

    def in_root(self, path):
        return self.native.root + path

    def listing(self):
        return sorted(os.listdir(self.in_root("/t")))


class Initiate(TransferCase):
    def setUp(self):
        super().setUp()
        self.sh("""
            echo hello >/t/file; chmod 666 /t/file
            echo secret >/t/secret; chmod 600 /t/secret
            ln -s file /t/link; ln -s none /t/dangling; mkfifo /t/pipe; mkdir /t/dir
            mkdir -m 700 /t/private; echo private >/t/private/file
        """)

    def test_from(self):
        for path, fault in [("/t/none", "FileNotFound"), ("/t/link", "InvalidArgument"),
                            ("/t/dangling", "InvalidArgument"), ("/t/dir", "NotAFile"),
                            ("/t/pipe", "NotAFile"), ("/dev/null", "NotAFile"),
                            ("/t/file/x", "NotADirectory"), ("", "InvalidArgument"),
                            ("/t/private/file", "GuestPermissionDenied"),
                            ("/t/" + 300 * "a", "FileNameTooLong"),
                            (3000 * "/t", "FileNameTooLong")]:
            with self.subTest(path[:20]):
                self.assertFault(self.host.initiate_from("demo", path), fault)
        # Whether it can be read is seen when it is read.
        id, answer = self.host.open(self.come("/t/secret"))
        self.assertFault(answer, "GuestPermissionDenied")
        self.assertEqual(self.get("t/file"), b"hello\n")  # relative to "/"

    def test_from_tells(self):
        os.utime(self.in_root("/t/file"), (1000000000, 1100000000))
        result = self.host.initiate_from("demo", "/t/file").result
        self.assertEqual(int.from_bytes(result[2], "little"), 6)
        name = result[1][1:1 + result[1][0]]
        attributes = {tag: int.from_bytes(value, "little")
                      for tag, value in channel.elements(result[1][1 + len(name):])}
        self.assertEqual((name, attributes),
                         (b"GuestPosixFileAttributes",
                          {1: 1100000000000000, 2: 1000000000000000, 0x101: 0, 0x102: 0,
                           0x103: 0o100666}))

    def test_to(self):
        for path, overwrite, fault in [
                ("/t/file", False, "FileAlreadyExists"), ("/t/link", True, "InvalidArgument"),
                ("/t/dangling", True, "InvalidArgument"), ("/t/dir", True, "NotAFile"),
                ("/t/dir", False, "NotAFile"), ("/t/pipe", True, "NotAFile"),
                ("/t/none/x", True, "FileNotFound"), ("/t/file/x", True, "NotADirectory"),
                ("/t/secret", True, "GuestPermissionDenied"),
                ("/t/private/x", True, "GuestPermissionDenied"),
                ("/x", True, "GuestPermissionDenied"), ("", True, "InvalidArgument"),
                ("/t/" + 300 * "a", True, "FileNameTooLong")]:
            with self.subTest(path[:20]):
                self.assertFault(self.host.initiate_to("demo", path, overwrite=overwrite), fault)
        before = self.listing()
        self.assertFault(self.host.initiate_to("demo", "/t/x", size=-1), "InvalidArgument")
        self.assertFault(self.host.initiate_to("demo", "/t/x", attributes=posix(owner=0)),
                         "GuestPermissionDenied")
        self.assertFault(self.host.initiate_to("demo", "/t/x", attributes=posix(-1)),
                         "InvalidArgument")
        self.to("/t/x")
        self.to("/t/file", overwrite=True)
        self.assertEqual(self.listing(), before)

    def test_login(self):
        answer = self.host.call("InitiateFileTransferFromGuest",
                                "InitiateFileTransferFromGuestRequestType",
                                channel.element(1, channel.name("VirtualMachine") + b"vm-1") +
                                channel.element(2, channel.name("NamePasswordAuthentication") +
                                                channel.element(1, b"\0") +
                                                channel.element(0x101, "demo") +
                                                channel.element(0x102, "wrong")) +
                                channel.element(3, "/t/file"))
        self.assertFault(answer, "InvalidGuestLogin")


class Move(TransferCase):
    def test_both_ways(self):
        for size in (0, 1, 32768, 5 * MIB + 3):
            with self.subTest(size):
                data = os.urandom(size)
                self.put("/t/file", data, overwrite=True)
                self.assertEqual(self.get("/t/file"), data)
                self.assertEqual(self.listing(), ["file"])
        self.assertEqual(self.get("/t/file", offset=5 * MIB), data[5 * MIB:])
        self.assertEqual(self.get("/t/file", offset=7, length=MIB), data[7:7 + MIB])
        self.assertEqual(self.sh("stat -c '%a %U' /t/file"), "644 demo\n")

    def test_name_that_is_no_utf8(self):
        self.put("/t/k\uf0f6ln", b"hello")
        self.assertEqual(os.listdir(os.fsencode(self.in_root("/t"))), [b"k\xf6ln"])
        self.assertEqual(self.get("/t/k\uf0f6ln"), b"hello")

    def test_attributes(self):
        self.put("/t/file", b"", attributes=posix(0o4711, 1001, 1001), user="root")
        self.assertEqual(self.sh("stat -c '%a %U %G' /t/file"), "4711 alice alice\n")
        self.put("/t/file", b"", overwrite=True, user="root")
        self.assertEqual(self.sh("stat -c '%a %U %G' /t/file"), "711 alice alice\n")

    def test_no_space(self):
        self.addCleanup(self.sh, "umount /t/small")
        self.sh("mkdir -m 777 /t/small; mount -t tmpfs -o size=1m,mode=777 none /t/small")
        id, _ = self.open(self.to("/t/small/file", size=10))
        self.assertFault(self.host.upload(id, os.urandom(3 * MIB)), "NoDiskSpace")
        self.assertEqual(self.sh("ls -A /t/small"), "")
        self.assertIn(" 0% ", self.sh("df /t/small"))

    def test_many_uploads(self):
        """More than a link has streams for at once."""
        for _ in range(1100):
            self.put("/t/file", b"hello", overwrite=True, user="root")

    def test_side_by_side(self):
        data = os.urandom(MIB)
        ups = [self.open(self.to(f"/t/{i}", user=("demo", "alice")[i % 2]))[0] for i in range(20)]
        for id in reversed(ups):
            self.host.put(id, data[:MIB // 2])
        for id in ups:
            self.assertDone(self.host.upload(id, data[MIB // 2:]))
        downs = [self.open(self.come(f"/t/{i}"))[0] for i in range(20)]
        for id in reversed(downs):
            self.assertEqual(self.host.download(id), (data, Answer(None, None, "")))


class Limits(TransferCase):
    conf = CONF + "[guestoperations]\ntransfers_max = 5\ntransfers_per_user_max = 3\n"

    def test_promised(self):
        self.sh("echo hello >/t/file")
        handles = [self.come("/t/file") for _ in range(3)]
        self.assertFault(self.host.initiate_from("demo", "/t/file"), "GuestOperationsFault",
                         "Too many file transfers")
        for _ in range(2):
            self.come("/t/file", "alice")
        self.assertFault(self.host.initiate_from("alice", "/t/file"), "GuestOperationsFault")
        self.assertDone(self.host.close_transfer(handles[0]))
        self.come("/t/file", "alice")


class Handles(TransferCase):
    def setUp(self):
        super().setUp()
        self.sh("echo hello >/t/file")
        self.handle = self.come("/t/file")

    def assertOver(self, handle):
        self.assertFault(self.host.open(handle)[1], "NotFound", "does not know")

    def test_conversations(self):
        self.again()
        self.assertEqual(self.host.download(self.open(self.handle)[0])[0], b"hello\n")
        self.again(vm="22222222-2222-4222-8222-222222222222")
        self.assertOver(self.handle)
        self.again()  # what a clone has forgotten does not come back
        self.assertOver(self.handle)

    def test_closed(self):
        self.assertDone(self.host.close_transfer(self.handle))
        self.assertFault(self.host.close_transfer(self.handle), "NotFound")
        self.assertOver(self.handle)

    def test_upload_succeeds_once(self):
        handle = self.to("/t/new")
        self.assertDone(self.host.upload(self.open(handle)[0], b"hello"))
        self.assertOver(handle)

    def test_made_up(self):
        for handle in ("", "0" * 32, self.handle[:-1], self.handle + "0", self.handle.upper()):
            self.assertOver(handle)

    def test_accounts_change(self):
        self.sh("touch /etc/shadow")
        self.assertOver(self.handle)

    def test_disabled(self):
        self.configure("[guestoperations]\nInitiateFileTransferFromGuest.disabled = true\n")
        self.assertFault(self.host.initiate_from("demo", "/t/file"), "OperationDisabledByGuest")
        self.assertFault(self.host.open(self.handle)[1], "OperationDisabledByGuest")
        self.configure("")
        self.assertOver(self.handle)

    def test_disabled_on_the_way(self):
        self.put("/t/large", bytes(5 * MIB))
        down = self.open(self.come("/t/large"))[0]
        up = self.open(self.to("/t/new"))[0]
        self.configure("[guestoperations]\nInitiateFileTransferFromGuest.disabled = true\n")
        data, end = self.host.download(down)
        self.assertLess(len(data), 5 * MIB)
        self.assertFault(end, "OperationDisabledByGuest")
        self.assertDone(self.host.upload(up, b"hello"))


class Adversity(TransferCase):
    def assertNoLitter(self, *names):
        wait_for(lambda: self.listing() == sorted(names), "nothing is left")

    def workers(self):
        return [int(pid) for pid in self.sh("pgrep -u demo -x guestops-agent || true").split()]

    def test_given_up(self):
        for way in (lambda id: self.host.send(channel.CANCEL, b"", id), lambda id: self.again()):
            id, _ = self.open(self.to("/t/file"))
            self.host.put(id, bytes(3 * MIB))
            way(id)
            self.assertNoLitter()
            wait_for(lambda: not self.workers(), "the worker has ended")
        self.put("/t/file", b"hello")

    def test_worker_is_killed(self):
        id, _ = self.open(self.to("/t/file"))
        self.host.put(id, bytes(MIB))
        self.sh("pkill -KILL -u demo -x guestops-agent")
        self.assertFault(self.host.end(id), "GuestOperationsFault", "died")
        self.assertNoLitter()

    def test_worker_hangs(self):
        """Its socket is full, the host has used its credit up, and nobody else notices."""
        handle = self.to("/t/file")
        id, _ = self.open(handle)
        pid, = self.workers()
        self.sh(f"kill -STOP {pid}")
        data = bytes(channel.PAYLOAD_MAX)
        while self.host.credit[id] >= len(data):
            self.host.credit[id] -= len(data)
            self.host.send(DATA, data, id)
        self.put("/t/other", b"hello")
        self.assertFault(self.host.open(handle)[1], "GuestOperationsFault", "open already")
        self.sh(f"kill -CONT {pid}")
        self.assertDone(self.host.upload(id, b"end"))
        self.assertEqual(self.get("/t/file")[-3:], b"end")

    def test_reader_that_does_not_read(self):
        self.put("/t/file", os.urandom(20 * MIB))
        before = self.memory()
        ids = [self.open(self.come("/t/file"))[0] for _ in range(10)]
        for id in ids:
            wait_for(lambda i=id: sum(len(f[2]) for f in self.host.frames[i]) == 262144,
                     "all that was credited has come")
        self.put("/t/other", b"hello")
        if not self.native.sanitized:
            self.assertLess(self.memory() - before, 10 * 512)
        self.assertEqual(len(self.host.download(ids[3])[0]), 20 * MIB)

    def memory(self):
        """Of the monitor, in KiB."""
        pid = self.native.agent_pid()
        return int(self.sh(f"grep RssAnon /proc/{pid}/status").split()[1])

    def test_too_much(self):
        """What was not credited ends the conversation."""
        id, _ = self.open(self.to("/t/file"))
        pid, = self.workers()
        self.sh(f"kill -STOP {pid}")
        with contextlib.suppress(OSError):
            for _ in range(64):
                self.host.send(DATA, bytes(channel.PAYLOAD_MAX), id)
        wait_for(lambda: self.host.lost, "the agent hangs up")
        self.sh(f"kill -CONT {pid}")
        self.assertNoLitter()
        self.again()
        self.put("/t/file", b"hello")

    def test_frozen(self):
        self.put("/t/file", b"hello")
        handle = self.to("/t/new")
        self.sh(f"touch {FROZEN}")
        self.assertFault(self.host.open(handle)[1], "InvalidState", "frozen")
        self.assertEqual(self.get("/t/file"), b"hello")
        self.sh(f"rm {FROZEN}")
        self.assertDone(self.host.upload(self.open(handle)[0], b"hello"))

    def test_race_for_a_name(self):
        one, other = (self.open(self.to("/t/file"))[0] for _ in range(2))
        self.assertDone(self.host.upload(one, b"one"))
        self.assertFault(self.host.upload(other, b"other"), "FileAlreadyExists")
        self.assertEqual(self.get("/t/file"), b"one")
        self.assertNoLitter("file")


class End(TransferCase):
    def test_agent_ends(self):
        id, _ = self.open(self.to("/t/file"))
        self.host.put(id, bytes(MIB))
        self.native.command("pkill -KILL -o -x guestops-agent")
        wait_for(lambda: self.host.lost, "the agent is gone")
        wait_for(lambda: not self.listing(), "nothing is left")
