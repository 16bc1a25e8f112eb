"""Files out of the guest and into it: their bytes, parts, attributes, and what is left of failures."""
import contextlib
import datetime
import hashlib
import os
import random
import socket
import threading

from adversity import OwnGuest
from guestops import auth, wait_for
from support import env, parallel
from transfers import TransferCase, digest

MB = 1 << 20


class Downloads(TransferCase):
    def test_bytes(self):
        for size in (0, 1, 4096, 5 * MB + 1):
            with self.subTest(size=size):
                expected = self.make(size)
                answer = self.try_download()
                self.assertEqual(self.assertOk(answer)["size"], size)
                url = answer.json["url"]
                answer = self.request(url, Accept_Encoding="gzip, deflate")
                self.assertWhole(answer, expected)
                self.assertEqual(len(answer.body), size)
                line = self.audited(answer)
                self.assertEqual(
                    {key: line[key] for key in ("event", "operation", "result", "bytes", "user",
                                                "guestUser", "target", "vm", "vmName")},
                    {"event": "file-transfer", "operation": "GET", "result": "ok", "bytes": size,
                     "user": "administrator", "guestUser": "demo", "target": self.path(),
                     "vm": env.vm.moid, "vmName": env.vm.name})
                self.assertOver(url)

    def test_head(self):
        expected = self.make(1000)
        url = self.download_url()
        answer = self.request(url, "HEAD", Range="bytes=0-1")
        self.assertEqual((answer.status, answer.body), (200, b""))
        self.assertEqual(answer.headers["Content-Length"], "1000")
        self.assertEqual(answer.headers["Accept-Ranges"], "bytes")
        tag = answer.headers["ETag"]
        answer = self.request(url)
        self.assertWhole(answer, expected)
        self.assertEqual(answer.headers["ETag"], tag)

    def test_parts(self):
        self.write("0123456789")
        url = self.download_url()
        rows = [("bytes=0-0", 206, b"0", "bytes 0-0/10"), ("bytes=3-5", 206, b"345", "bytes 3-5/10"),
                ("bytes=0-8", 206, b"012345678", "bytes 0-8/10"),
                ("bytes=10-", 416, None, "bytes */10"), ("bytes=-0", 416, None, "bytes */10")]
        for wanted, status, body, told in rows:  # none of these ends it
            with self.subTest(range=wanted):
                answer = self.request(url, Range=wanted)
                self.assertEqual(answer.status, status, answer)
                self.assertEqual(answer.headers["Content-Range"], told)
                if body is None:
                    self.assertRefused(answer, 416)
                else:
                    self.assertEqual(answer.body, body)
        for wanted, status, body in (("bytes=3-", 206, b"3456789"), ("bytes=-3", 206, b"789"),
                                     ("bytes=9-99", 206, b"9"), ("bytes=0-9", 206, b"0123456789"),
                                     ("bytes=0-1,3-4", 200, b"0123456789"),
                                     ("lines=1-2", 200, b"0123456789"),
                                     ("bytes=5-3", 200, b"0123456789")):
            with self.subTest(range=wanted):
                url = self.download_url()
                answer = self.request(url, Range=wanted)
                self.assertEqual((answer.status, answer.body), (status, body))
                self.assertOver(url)

    def test_conditions(self):
        self.write("before")
        url = self.download_url()
        tag = self.request(url, "HEAD").headers["ETag"]
        for headers, status, body in (({"If_Match": tag, "Range": "bytes=0-2"}, 206, b"bef"),
                                      ({"If_Range": tag, "Range": "bytes=0-2"}, 206, b"bef"),
                                      ({"If_Match": "*", "Range": "bytes=0-2"}, 206, b"bef")):
            answer = self.request(url, **headers)
            self.assertEqual((answer.status, answer.body), (status, body), headers)
        self.write("behind")
        self.assertRefused(self.request(url, If_Match=tag), 412)
        self.assertRefused(self.request(url, "HEAD", If_Match=tag), 412)
        answer = self.request(url, If_Range=tag, Range="bytes=3-")
        self.assertWhole(answer, digest(b"behind"))
        self.assertNotEqual(answer.headers["ETag"], tag)

    def test_resumed(self):
        """Cut off at random, taken up again where it ended."""
        expected = self.make(5 * MB)
        url = self.download_url()
        got, tag, cuts = b"", None, 0
        chance = random.Random(5)
        while len(got) < 5 * MB:
            with self.connect(url) as connection:
                headers = {"Range": f"bytes={len(got)}-", "If_Range": tag} if tag else {}
                connection.send_head("GET", **headers)
                response = connection.https.getresponse()
                if response.status == 409:  # that the last one was cut has not been noticed yet
                    response.read()
                    continue
                self.assertEqual(response.status, 206 if tag else 200)
                self.assertEqual(int(response.headers["Content-Length"]), 5 * MB - len(got))
                tag = response.headers["ETag"]
                wanted = chance.randrange(1, 2 * MB) if cuts < 6 else 5 * MB
                while wanted > 0:
                    data = response.read(min(wanted, 65536))
                    if not data:
                        break
                    got += data
                    wanted -= len(data)
                cuts += 1
        self.assertEqual(digest(got), expected)
        self.assertGreater(cuts, 3)
        self.assertOver(url)

    def test_slow_reader(self):
        """Holds up nobody else, and gets all of it in the end."""
        expected = self.make(5 * MB)
        with self.connect(self.download_url()) as slow:
            slow.https.connect()
            slow.https.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            slow.send_head("GET")
            response = slow.https.getresponse()
            got = response.read(1000)
            self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
            self.make(MB, "other")
            self.assertWhole(self.request(self.download_url("other")), self.digest_of("other"))
            got += response.read()
        self.assertEqual(digest(got), expected)

    def test_refused_by_the_guest(self):
        self.write("secret")
        url = self.download_url()
        self.guest.sh(f"chown root {self.path()}; chmod 600 {self.path()}")
        answer = self.request(url)
        self.assertIn(self.path(), self.assertRefused(answer, 403))
        self.assertIn(self.audited(answer)["result"],
                      ("GuestPermissionDenied", "CannotAccessFile"))
        self.guest.sh(f"rm {self.path()}")
        self.assertRefused(self.request(url), 404)
        self.assertRefused(self.request(url, "HEAD"), 404)
        self.assertRefused(self.request(url, Range="bytes=0-1"), 404)
        self.write("there again")
        self.assertWhole(self.request(url), digest(b"there again"))

    def test_shrinks_on_the_way(self):
        """The client is not told that it has all."""
        self.make(20 * MB)
        with self.connect(self.download_url()) as connection:
            connection.send_head("GET")
            response = connection.https.getresponse()
            response.read(1000)
            self.guest.sh(f"truncate -s 0 {self.path()}")
            with self.assertRaises(Exception):
                rest = response.read()
                self.assertEqual(len(rest) + 1000, 20 * MB)


class Uploads(TransferCase):
    def test_bytes(self):
        for size in (0, 1, 5 * MB + 1):
            for how in ("length", "chunked"):
                with self.subTest(size=size, how=how):
                    data = os.urandom(size)
                    url = self.upload_url(size, overwrite=True)
                    if how == "length":
                        answer = self.put(url, data)
                    else:
                        answer = self.put_chunked(url, [data[i:i + 77777]
                                                        for i in range(0, size, 77777)])
                    self.assertStored(answer)
                    self.assertEqual(self.digest_of(), digest(data))
                    line = self.audited(answer)
                    self.assertEqual((line["operation"], line["bytes"], line["result"]),
                                     ("PUT", size, "ok"))
                    self.assertOver(url, "PUT")
        self.assertEqual(self.names(), ["file"])

    def test_announced_size_is_a_hint(self):
        for announced in (0, 1, 10 ** 9):
            self.assertStored(self.put(self.upload_url(announced, overwrite=True), b"four"))
            self.assertEqual(self.stat("%s"), "4")

    def test_no_body_is_read_by_its_type(self):
        url = self.upload_url(7)
        self.assertStored(self.put(url, b"a=1&b=2", Content_Type="application/x-www-form-urlencoded"))
        self.assertEqual(self.digest_of(), digest(b"a=1&b=2"))

    def test_expect(self):
        """A client that asks first is told to go on, or is refused before it has sent anything."""
        url = self.upload_url(3)
        with self.connect(url) as connection:
            connection.send_head("PUT", Content_Length=3, Expect="100-continue")
            stream = connection.https.sock.makefile("rb")
            self.assertEqual(stream.readline().split()[1], b"100")
            while stream.readline().strip():
                pass
            connection.send(b"abc")
            self.assertEqual(stream.readline().split()[1], b"200")
        self.assertEqual(self.digest_of(), digest(b"abc"))
        with self.connect(url) as connection:
            connection.send_head("PUT", Content_Length=10 ** 12, Expect="100-continue")
            stream = connection.https.sock.makefile("rb")
            self.assertEqual(stream.readline().split()[1], b"404")

    def test_attributes(self):
        when = "2001-02-03T04:05:06Z"
        self.assertStored(self.put(self.upload_url(1, permissions=0o640, modificationTime=when,
                                                   accessTime=when), b"x"))
        seconds = int(datetime.datetime(2001, 2, 3, 4, 5, 6,
                                        tzinfo=datetime.timezone.utc).timestamp())
        self.assertEqual(self.stat("%a %U %Y %X"), f"640 demo {seconds} {seconds}")
        self.assertStored(self.put(self.upload_url(1, "roots", "root", ownerId=1000, groupId=1000),
                                   b"x"))
        self.assertEqual(self.stat("%a %U:%G", "roots"), "644 demo:demo")

    def test_overwriting(self):
        self.write("old")
        self.assertFault(self.try_upload(3), "FileAlreadyExists", file=self.path())
        self.assertStored(self.put(self.upload_url(3, overwrite=True), b"new"))
        self.assertEqual(self.digest_of(), digest(b"new"))
        url = self.upload_url(3, "later")
        self.write("first", "later")  # in between
        self.assertIn(self.path("later"), self.assertRefused(self.put(url, b"second"), 409))
        self.assertEqual(self.digest_of("later"), digest(b"first"))
        self.assertEqual(sorted(self.names()), ["file", "later"])

    def test_broken(self):
        """The old file stays, nothing else does, and the URL is good for another try."""
        self.write("old")
        url = self.upload_url(5 * MB, overwrite=True)
        for sent in (0, 1, 100000, 3 * MB):
            with self.connect(url) as connection:
                connection.send_head("PUT", Content_Length=5 * MB)
                connection.send(b"x" * sent)
            wait_for(lambda: self.names() == ["file"], "nothing is left")
            self.assertEqual(self.digest_of(), digest(b"old"))
        self.put_after_break(url, b"new")
        self.assertEqual(self.digest_of(), digest(b"new"))

    def put_after_break(self, url, data):
        """That the client before has left is noticed, soon."""
        answers = []

        def stored():
            answers.append(self.put(url, data))
            return answers[-1].status != 409

        wait_for(stored, "it is free again")
        self.assertStored(answers[-1])

    def test_refused_by_the_guest(self):
        url = self.upload_url(3)
        self.guest.sh(f"chown root {self.directory}")
        self.assertRefused(self.put(url, b"abc"), 403)
        self.guest.sh(f"chown demo {self.directory}")
        self.assertStored(self.put(url, b"abc"))
        self.assertRefused(self.put(self.upload_url(3, "x"), b"abc",
                                    Content_Range="bytes 0-2/3"), 400)

    def test_disk_full(self):
        self.guest.sh(f"mount -t tmpfs -o size=1m,mode=777 none {self.directory}")
        self.addCleanup(self.guest.sh, f"umount {self.directory}")
        self.write("old")
        url = self.upload_url(5 * MB, overwrite=True)
        answer = self.put(url, bytes(5 * MB))
        self.assertRefused(answer, 507)
        self.assertEqual(self.audited(answer)["result"], "NoDiskSpace")
        self.assertEqual((self.names(), self.digest_of()), (["file"], digest(b"old")))
        self.assertStored(self.put(url, b"small"))

    def test_slow_writer(self):
        """The body in small pieces, with other operations in between."""
        data = os.urandom(300000)
        with self.connect(self.upload_url(len(data))) as connection:
            connection.send_head("PUT", Content_Length=len(data))
            for begin in range(0, len(data), 50000):
                connection.send(data[begin:begin + 50000])
                self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
            self.assertStored(connection.answer())
        self.assertEqual(self.digest_of(), digest(data))


class Many(TransferCase):
    def test_twenty_at_once(self):
        data = [os.urandom(MB) for _ in range(10)]
        expected = [self.make(MB, f"down{i}") for i in range(10)]
        down = [self.download_url(f"down{i}") for i in range(10)]
        up = [self.upload_url(MB, f"up{i}") for i in range(10)]
        stop = threading.Event()
        others = []

        def other():
            client = self.client.copy()
            with contextlib.closing(client):
                while not stop.is_set():
                    others.append(client.try_list(self.vm, auth("demo"), [1]).status)

        thread = threading.Thread(target=other, daemon=True)
        thread.start()
        answers = parallel([lambda url=url: self.request(url) for url in down] +
                           [lambda url=url, body=body: self.put(url, body)
                            for url, body in zip(up, data)])
        stop.set()
        thread.join(60)
        for answer, wanted in zip(answers[:10], expected):
            self.assertWhole(answer, wanted)
        for answer in answers[10:]:
            self.assertStored(answer)
        for i, body in enumerate(data):
            self.assertEqual(self.digest_of(f"up{i}"), digest(body))
        self.assertEqual(set(others), {200})


class Power(OwnGuest, TransferCase):
    def test_ends(self):
        """What is open when the guest's life ends is over, what moves is broken off."""
        self.guest.sh(f"mkdir -m 777 {self.directory}")
        self.write("text")
        url = self.download_url()
        self.guest.qmp("system_reset")
        wait_for(lambda: self.request(url).status == 404, "the reset is known")
        self.wait_ready(self.machine)
        self.guest.sh(f"mkdir -m 777 {self.directory}")
        self.write("text")
        url, moves = self.download_url(), self.upload_url(5 * MB, "up")
        with self.connect(moves) as upload:
            upload.send_head("PUT", Content_Length=5 * MB)
            upload.send(bytes(MB))
            self.assertOk(self.client.call(f"VirtualMachine/{self.machine.moid}/PowerOffVM_Task"))
            wait_for(lambda: self.request(url).status == 404, "it is off")
            upload.send(bytes(4 * MB))
            self.assertRefused(upload.answer(), 503)
        self.assertOver(moves, "PUT")


class Ends(TransferCase):
    def test_agent_restarts(self):
        self.write("text")
        down, up = self.download_url(), self.upload_url(1, "up")
        env.restart_agent()
        self.assertOver(down)
        self.assertOver(up, "PUT")

    def test_agent_is_killed_on_the_way(self):
        self.make(5 * MB)
        url = self.upload_url(5 * MB, "up")
        with self.connect(url) as upload:
            upload.send_head("PUT", Content_Length=5 * MB)
            upload.send(bytes(MB))
            self.guest.kill_agent()
            upload.send(bytes(4 * MB))
            self.assertRefused(upload.answer(), 503)
        env.wait_ready()
        self.assertOver(url, "PUT")
        self.assertEqual(self.names(), ["file"])

    def test_machine_is_stopped(self):
        self.write("text")
        url = self.download_url()
        self.guest.qmp("stop")
        try:
            wait_for(lambda: self.request(url).status == 503, "it is known to have stopped")
        finally:
            self.guest.qmp("cont")
        env.wait_ready()
        self.assertWhole(self.request(url), hashlib.sha256(b"text").hexdigest())
