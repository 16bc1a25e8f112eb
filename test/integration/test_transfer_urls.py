"""URLs of transfers, with a guest that is played: who may use one, and what ends it."""
import contextlib
import http.client
import json
import os
import socket
import urllib.parse

import channel
from channel import element, i64, name
from fakes import FakeCase
from guestops import auth, wait_for
from support import env, parallel
from transfers import FILES, TransferCase, digest

OPERATIONS = ("InitiateFileTransferFromGuest", "InitiateFileTransferToGuest", "OpenFileTransfer",
              "CloseFileTransfer", "ListProcessesInGuest")


def fault(type_name):
    """With the members that it has to have: a FileFault's file, SystemError's reason."""
    members = b""
    if type_name == "SystemError" or "File" in type_name or type_name == "NoDiskSpace":
        members = element(0x201, "f")
    if type_name == "NoDiskSpace":
        members += element(0x301, "")
    return channel.answer_fault(type_name, members=members)


class OneFile:
    """What an agent says of transfers of one file."""

    def __init__(self):
        self.data = b"0123456789"
        self.version = "aa"
        self.faults = {}   # of operations
        self.handle = None  # a wrong one, where set
        self.stored = b""
        self.is_held = False  # nothing is answered to OpenFileTransfer
        self.cuts = 0       # so many bytes less are sent, and then a fault
        self.end_fault = None
        self.before_open = lambda offset, length: None
        self.opened = []    # (offset, length)
        self.closed = []    # handles

    def __call__(self, agent, id, operation):
        if operation in self.faults:
            agent.answer(id, fault(self.faults[operation]))
        else:
            getattr(self, operation)(agent, id, agent.params[id])

    def new_handle(self):
        return os.urandom(16).hex() if self.handle is None else self.handle

    def InitiateFileTransferFromGuest(self, agent, id, params):
        attributes = name("GuestPosixFileAttributes")
        agent.answer(id, channel.answer_object(
            name("FileTransferInformation") + element(1, attributes) +
            element(2, i64(len(self.data))) + element(3, self.new_handle())))

    def InitiateFileTransferToGuest(self, agent, id, params):
        agent.answer(id, channel.answer_string(self.new_handle()))

    def CloseFileTransfer(self, agent, id, params):
        self.closed.append(params[1].decode())
        agent.answer(id, b"")

    def OpenFileTransfer(self, agent, id, params):
        if self.is_held:
            return
        number = {tag: int.from_bytes(value, "little") for tag, value in params.items() if tag > 1}
        offset, length = number.get(2, 0), number.get(3, 0)
        self.before_open(offset, length)
        is_upload = 2 not in params
        data = b"" if is_upload else self.data[offset:offset + length]
        self.opened.append((offset, length))
        if offset > len(self.data):
            agent.answer(id, fault("InvalidArgument"))
            return
        agent.answer(id, channel.answer_object(
            name("FileTransferOpened") + element(1, i64(0 if is_upload else len(self.data))) +
            element(2, self.version) + element(3, i64(0 if is_upload else offset)) +
            element(4, i64(len(data)))))
        if not is_upload:
            sent = data[:len(data) - self.cuts]
            if sent:
                agent.send(channel.frame(channel.DATA, sent, agent.nonce, id))
            self.end(agent, id, "FileFault" if self.cuts else self.end_fault)

    def take(self, agent, id, data):
        self.stored += data
        if not data:
            self.end(agent, id, self.end_fault)

    def end(self, agent, id, fault_name):
        agent.send(channel.frame(channel.END, fault(fault_name) if fault_name else b"",
                                 agent.nonce, id))


class UrlCase(FakeCase, TransferCase):
    def setUp(self):
        super().setUp()
        self.file = OneFile()

    @contextlib.contextmanager
    def played(self):
        with self.fake(self.file, operations=OPERATIONS) as (vm, agent):
            agent.on_data = self.file.take
            self.machine = vm
            yield agent

    def down(self, **more):
        return self.download_url(vm=self.machine.ref, **more)

    def up(self, size=1, **more):
        return self.upload_url(size, vm=self.machine.ref, **more)

    def assertClosed(self, number):
        wait_for(lambda: len(self.file.closed) == number, "the agent is told that it is over")


class Urls(UrlCase):
    def url_as(self, host):
        """Where the client calls this host so."""
        https = http.client.HTTPSConnection("localhost", env.daemon.port, timeout=60,
                                            context=self.client.context)
        body = json.dumps({"vm": self.machine.ref, "auth": auth("demo"), "guestFilePath": "/f"})
        https.putrequest("POST", self.client.url(f"{FILES}/InitiateFileTransferFromGuest"),
                         skip_host=True)
        for key, value in (("Host", host), ("vmware-api-session-id", self.client.session),
                           ("Content-Length", len(body))):
            https.putheader(key, str(value))
        https.endheaders(body.encode())
        answer = https.getresponse()
        self.assertEqual(answer.status, 200)
        url = json.loads(answer.read())["url"]
        https.close()
        return url

    def test_looks(self):
        with self.played():
            self.assertRegex(self.url_as("some.host.example:1"),
                             r"^https://some\.host\.example:1/guestFile"
                             r"\?id=[a-z]{16}&token=[a-z]{32}$")
            urls = {self.down() for _ in range(20)}
            self.assertEqual(len(urls), 20)
            for url in urls:
                self.assertIn(f"https://localhost:{env.daemon.port}/guestFile?id=", url)

    def test_host_that_fits_no_url(self):
        with self.played():
            for host in ("a b", "a/b", "user@host", '"', "host:0", ""):
                url = urllib.parse.urlsplit(self.url_as(host))
                self.assertEqual((url.hostname, url.port),
                                 (socket.gethostname().lower(), env.daemon.port))

    def test_handles_that_make_no_sense(self):
        with self.played():
            for handle in ("", "x", "A" * 32, "a" * 33, "https://192.0.2.1/x"):
                self.file.handle = handle
                for attempt in (self.try_download, lambda vm: self.try_upload(1, vm=vm)):
                    self.assertFault(attempt(vm=self.machine.ref), "GuestOperationsFault")

    def test_secrets(self):
        with self.played():
            url, other = self.down(), self.down()
            parts = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
            base = url.split("?")[0]
            token = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(other).query))["token"]
            for query in ("", f"id={parts['id']}", f"token={parts['token']}",
                          f"id={parts['id']}&token={token}", f"id={parts['id']}&token=",
                          f"id={parts['id']}&token={parts['token'][:-1]}",
                          f"id={parts['id']}&token={parts['token']}a",
                          f"id={parts['id']}&token={parts['token'].upper()}",
                          f"id=x&token={parts['token']}"):
                with self.subTest(query=query):
                    self.assertOver(f"{base}?{query}")
            self.assertWhole(self.request(url), digest(self.file.data))  # without any session

    def test_verbs(self):
        with self.played():
            down, up = self.down(), self.up()
            for url, method, allow in ((down, "PUT", "GET, HEAD"), (up, "GET", "PUT"),
                                       (up, "HEAD", "PUT"), (down, "POST", "GET, HEAD"),
                                       (up, "DELETE", "PUT"),
                                       (f"{up}x", "POST", "GET, HEAD, PUT")):
                more = {"Content_Length": 0} if method in ("PUT", "POST") else {}
                answer = self.request(url, method, **more)
                self.assertEqual((answer.status, answer.headers["Allow"]), (405, allow))
            self.assertWhole(self.request(down), digest(self.file.data))
            self.assertStored(self.put(up, b"stored"))
            self.assertEqual(self.file.stored, b"stored")

    def test_one_at_a_time(self):
        with self.played() as agent:
            self.file.is_held = True
            url = self.down()
            with self.connect(url) as first:
                first.send_head("GET")
                wait_for(lambda: agent.requests[-1][1] == "OpenFileTransfer", "it is asked for")
                self.assertRefused(self.request(url), 409)
                asked = agent.requests[-1][0]
            self.file.is_held = False
            wait_for(lambda: asked in agent.cancelled, "the agent is told that nobody waits")
            self.assertWhole(self.request(url), digest(self.file.data))

    def test_outlives_its_session(self):
        with self.played():
            client = env.daemon.admin()
            url = self.down(client=client)
            self.assertVoid(client.logout())
            client.close()
            self.assertWhole(self.request(url), digest(self.file.data))

    def test_refusals_do_not_fill_the_audit(self):
        before = len(env.daemon.audit())
        url = f"https://localhost:{env.daemon.port}/guestFile?id=x&token=y"
        for _ in range(50):
            self.assertOver(url)
        lines = env.daemon.audit()[before:]
        self.assertGreaterEqual(len(lines), 1)
        self.assertLess(len(lines), 50)
        self.assertEqual({line["result"] for line in lines}, {"NotFound"})


class Ends(UrlCase):
    def test_the_agent_is_told(self):
        with self.played():
            self.assertWhole(self.request(self.down()), digest(self.file.data))
            self.assertClosed(1)
            self.assertStored(self.put(self.up(), b"x"))  # which has ended it
            url = self.down()
            for wanted in ("bytes=0-0", "bytes=0-8"):
                self.assertEqual(self.request(url, Range=wanted).status, 206)
            self.assertEqual(self.request(url, "HEAD").status, 200)
            self.assertEqual(len(self.file.closed), 1)
            self.assertEqual(self.request(url, Range="bytes=9-").status, 206)
            self.assertClosed(2)

    def test_another_agent(self):
        with self.played() as agent:
            url, up = self.down(), self.up()
            agent.instance = os.urandom(16).hex()
            agent.welcome = channel.welcome(agent.instance, OPERATIONS)
            connections = agent.connections
            agent.hang_up()
            wait_for(lambda: agent.connections > connections and
                     self.guest_info(self.machine)["guestOperationsReady"], "it is back")
            self.assertOver(url)
            self.assertOver(up, "PUT")
            self.assertEqual(self.file.opened, [])

    def test_the_same_agent(self):
        """Its names hold when the channel was lost in between."""
        with self.played() as agent:
            url = self.down()
            connections = agent.connections
            agent.hang_up()
            wait_for(lambda: agent.connections > connections and
                     self.guest_info(self.machine)["guestOperationsReady"], "it is back")
            self.assertWhole(self.request(url), digest(self.file.data))

    def results(self):
        """What the audit says of this machine's transfers."""
        return [line["result"] for line in env.daemon.audit()
                if line["event"] == "file-transfer" and line.get("vm") == self.machine.moid]

    def test_client_leaves(self):
        """Before its last byte it has given up; after that it has not waited to hear of it."""
        with self.played() as agent:
            url = self.up()
            with self.connect(url) as upload:
                upload.send_head("PUT", Content_Length=10)
                upload.send(b"half")
                wait_for(lambda: self.file.stored == b"half", "it comes")
            wait_for(lambda: agent.requests[-1][0] in agent.cancelled, "it is given up")
            self.assertEqual(self.results(), ["GuestOperationsFault"])
            with self.connect(url) as upload:
                upload.send_head("PUT", Content_Length=4)
                upload.send(b"more")
                self.assertStored(upload.answer())
            url = self.up()
            agent.on_data = lambda agent, id, data: None if data else ended.append(id)
            ended = []
            with self.connect(url) as upload:
                upload.send_head("PUT", Content_Length=1)
                upload.send(b"x")
                wait_for(lambda: ended, "all of it has come")
            self.assertRefused(self.put(url, b"x"), 409)
            self.file.end(agent, ended[0], None)
            wait_for(lambda: len(self.results()) == 3, "it has ended")
            self.assertEqual(self.results()[1:], ["ok", "ok"])
            self.assertNotIn(ended[0], agent.cancelled)
            self.assertOver(url, "PUT")

    def test_channel_is_lost_on_the_way(self):
        with self.played() as agent:
            url = self.up(100)
            with self.connect(url) as upload:
                upload.send_head("PUT", Content_Length=100)
                upload.send(b"half")
                wait_for(lambda: self.file.stored == b"half", "it comes")
                agent.hang_up()
                upload.send(bytes(96))
                self.assertRefused(upload.answer(), 503)
            self.assertRefused(self.put(url, b"x"), 503)

    def test_machine_is_removed(self):
        with self.played():
            url, waits = self.down(), self.up(100)
            upload = self.connect(waits)
            upload.send_head("PUT", Content_Length=100)
            upload.send(b"half")
            wait_for(lambda: self.file.stored == b"half", "it comes")
        with upload:
            upload.send(bytes(96))
            self.assertRefused(upload.answer(), 503)
        self.assertOver(url)
        self.assertOver(waits, "PUT")

    def test_daemon_ends_on_the_way(self):
        with self.played() as agent:
            self.file.is_held = True
            with self.connect(self.down()) as get, self.connect(self.up(9)) as put:
                get.send_head("GET")
                put.send_head("PUT", Content_Length=9)
                wait_for(lambda: len([1 for _, operation in agent.requests
                                      if operation == "OpenFileTransfer"]) == 2, "both wait")
                env.daemon.restart()
                env.wait_ready()
                self.client = env.client()


class Files(UrlCase):
    def test_changes_between_looking_and_opening(self):
        new = b"abcdefghijklmnopqrstuvwxyz"

        def change(offset, length):
            if length > 0:
                self.file.data, self.file.version = new, "bb"

        rows = [({"Range": "bytes=2-"}, 206, new[2:]), ({"Range": "bytes=-3"}, 206, new[-3:]),
                ({"Range": "bytes=2-4"}, 206, new[2:5]),
                ({"Range": "bytes=2-", "If_Range": '"aa"'}, 200, new),
                ({"If_Match": '"aa"'}, 412, None)]
        with self.played():
            for headers, status, body in rows:
                with self.subTest(headers=headers):
                    self.file.data, self.file.version = b"0123456789", "aa"
                    self.file.before_open = change
                    answer = self.request(self.down(), **headers)
                    self.assertEqual(answer.status, status, answer)
                    if body is not None:
                        self.assertEqual((answer.body, answer.headers["ETag"]), (body, '"bb"'))

    def test_is_cut_between_looking_and_opening(self):
        def cut(offset, length):
            if length > 0:
                self.file.data = b"01"

        with self.played():
            self.file.before_open = cut
            answer = self.request(self.down(), Range="bytes=5-")
            self.assertRefused(answer, 416)
            self.assertEqual(answer.headers["Content-Range"], "bytes */2")

    def test_changes_all_the_time(self):
        def grow(offset, length):
            if length > 0:
                self.file.data += b"x"

        with self.played():
            self.file.before_open = grow
            self.assertRefused(self.request(self.down(), Range="bytes=-3"), 503)
            self.assertLess(len(self.file.opened), 10)

    def descriptors(self):
        return len(os.listdir(f"/proc/{env.daemon.process.pid}/fd"))

    def test_ends_too_early(self):
        """What was promised and does not come: the client sees that, and comes again."""
        with self.played():
            url = self.down()
            before = self.descriptors()
            for cuts, fault in ((1, None), (10, None), (0, "FileFault")):
                self.file.cuts, self.file.end_fault = cuts, fault
                with self.assertRaises(Exception) as caught:
                    self.request(url)
                self.assertNotIsInstance(caught.exception, AssertionError)
            wait_for(lambda: self.descriptors() <= before, "the connections are closed")
            self.file.cuts, self.file.end_fault = 0, None
            self.assertWhole(self.request(url), digest(self.file.data))

    def test_faults(self):
        rows = [("NotFound", 404), ("FileNotFound", 404), ("FileAlreadyExists", 409),
                ("CannotAccessFile", 403),
                ("GuestPermissionDenied", 403), ("NoDiskSpace", 507), ("FileFault", 500),
                ("OperationDisabledByGuest", 403), ("InvalidState", 503),
                ("GuestOperationsUnavailable", 503), ("TooManyGuestLogons", 503),
                ("SystemError", 500), ("GuestOperationsFault", 500)]
        with self.played():
            down, up = self.down(), self.up()
            for fault, status in rows:
                with self.subTest(fault=fault):
                    self.file.faults = {"OpenFileTransfer": fault}
                    for answer in (self.request(down), self.put(up, b"x")):
                        self.assertEqual(self.assertRefused(answer, status), "as the fake says\n")
                        self.assertEqual(self.audited(answer)["result"], fault)
                    self.file.faults, self.file.end_fault = {}, fault
                    self.assertRefused(self.put(up, b"x"), status)
                    self.file.end_fault = None
            self.assertWhole(self.request(down), digest(self.file.data))
            self.assertStored(self.put(up, b"x"))

    def test_what_the_client_has_wished_is_not_so(self):
        with self.played():
            url = self.down()
            for headers, status in (({"If_Match": '"bb"'}, 412), ({"Range": "bytes=10-"}, 416)):
                answer = self.request(url, **headers)
                self.assertRefused(answer, status)
                self.assertEqual(self.audited(answer)["result"], "GuestOperationsFault")

    def test_no_memory_for_a_fault(self):
        """An answer may fill all that one transfer may have: that is no success in the audit."""
        with self.played():
            url = self.down()
            texts = set()
            for size in range(60000, 64000, 64):
                self.file.version = "a" * (size - 1)
                answer = self.request(url)
                texts.add(self.assertRefused(answer, 500))
                self.assertEqual(self.audited(answer)["result"], "GuestOperationsFault")
            self.assertIn("Error\n", texts)
            self.file.version = "aa"
            self.assertWhole(self.request(url), digest(self.file.data))

    def test_fault_in_the_middle(self):
        """It is over at once, not when all of the body has come."""
        with self.played() as agent:
            url = self.up(10 ** 9)
            agent.on_data = lambda agent, id, data: self.file.end(agent, id, "NoDiskSpace")
            with self.connect(url) as upload:
                upload.send_head("PUT", Content_Length=10 ** 9)
                upload.send(b"some")
                wait_for(lambda: "NoDiskSpace" in [line["result"] for line in env.daemon.audit()
                                                   if line["event"] == "file-transfer"],
                         "the transfer has ended")
            agent.on_data = self.file.take
            self.assertStored(self.put(url, b"small"))


class Limits(UrlCase):
    def assertLimited(self, number, text):
        with self.played():
            urls = [self.down() for _ in range(number)]
            fault = self.assertFault(self.try_download(vm=self.machine.ref),
                                     "GuestOperationsFault")
            self.assertIn(text, fault["faultstring"])
            self.assertClosed(1)
            self.assertWhole(self.request(urls[0]), digest(self.file.data))
            self.down()

    def test_in_total(self):
        with self.limits(guest_transfers_max=3):
            self.assertLimited(3, "this service")

    def test_of_a_user(self):
        with self.limits(guest_transfers_per_user_max=2):
            self.assertLimited(2, "this user")

    def test_of_a_machine(self):
        with self.limits(guest_transfers_per_vm_max=2):
            self.assertLimited(2, "this machine")

    def test_many_at_once(self):
        with self.played():
            urls = [self.down() for _ in range(40)]
            for answer in parallel([lambda url=url: self.request(url) for url in urls]):
                self.assertWhole(answer, digest(self.file.data))
            self.assertClosed(40)
