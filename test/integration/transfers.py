"""Files on their way: initiated by a call, moved at a URL by a client that knows nothing else."""
import hashlib
import http.client
import urllib.parse

from guestops import Answer, FaultError, auth, wait_for
from support import GuestCase, env, unique

FILES = "GuestFileManager/guestOperationsFileManager"


def digest(data):
    return hashlib.sha256(data).hexdigest()


class Connection:
    """One TLS connection to a URL of a transfer."""

    def __init__(self, url, client, timeout=60):
        parts = urllib.parse.urlsplit(url)
        assert parts.scheme == "https" and parts.path == "/guestFile", url
        self.target = f"{parts.path}?{parts.query}"
        self.https = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout,
                                                 context=client.context)

    __enter__ = lambda self: self

    def __exit__(self, *_):
        self.https.close()

    def send_head(self, method, **headers):
        """Headers as keywords: Content_Length=1."""
        self.https.putrequest(method, self.target, skip_accept_encoding=True)
        for name, value in headers.items():
            self.https.putheader(name.replace("_", "-"), str(value))
        self.https.endheaders()

    def send(self, data):
        self.https.send(data)

    def answer(self):
        response = self.https.getresponse()
        return Answer(response.status, response.headers, response.read())


class TransferCase(GuestCase):
    def setUp(self):
        super().setUp()
        self.directory = f"/home/demo/{unique('transfer')}"
        self.guest.sh(f"install -d -m 755 -o demo -g demo {self.directory}")
        self.addCleanup(self.guest.sh, f"chattr -i {self.directory} 2>/dev/null; "
                                       f"rm -rf {self.directory}")

    # in the guest

    def path(self, name="file"):
        return f"{self.directory}/{name}"

    def make(self, size, name="file"):
        """A file of demo's with random bytes; returns its digest."""
        path = self.path(name)
        self.guest.sh(f"head -c {size} /dev/urandom >{path}; chown demo:demo {path}")
        return self.digest_of(name)

    def write(self, text, name="file"):
        """No quotes in it."""
        self.guest.sh(f"printf %s '{text}' >{self.path(name)}; chown demo:demo {self.path(name)}")

    def digest_of(self, name="file"):
        return self.guest.sh(f"sha256sum <{self.path(name)}").split()[0]

    def names(self):
        return self.guest.sh(f"ls -A {self.directory}").split()

    def stat(self, form, name="file"):
        return self.guest.sh(f"stat -c '{form}' {self.path(name)}").strip()

    # calls

    def try_download(self, name="file", user="demo", vm=None, client=None):
        return (client or self.client).call(
            f"{FILES}/InitiateFileTransferFromGuest",
            {"vm": vm or self.vm, "auth": auth(user), "guestFilePath": self.path(name)})

    def try_upload(self, size, name="file", user="demo", overwrite=False, vm=None, client=None,
                   **attributes):
        return (client or self.client).call(
            f"{FILES}/InitiateFileTransferToGuest",
            {"vm": vm or self.vm, "auth": auth(user), "guestFilePath": self.path(name),
             "fileAttributes": {"_typeName": "GuestPosixFileAttributes", **attributes},
             "fileSize": size, "overwrite": overwrite})

    def download_url(self, *arguments, **more):
        answer = self.try_download(*arguments, **more)
        if answer.status != 200:
            raise FaultError(answer)
        return answer.json["url"]

    def upload_url(self, *arguments, **more):
        answer = self.try_upload(*arguments, **more)
        if answer.status != 200:
            raise FaultError(answer)
        return answer.json

    # at a URL

    def connect(self, url, **more):
        return Connection(url, self.client, **more)

    def request(self, url, method="GET", **headers):
        with self.connect(url) as connection:
            connection.send_head(method, **headers)
            return connection.answer()

    def put(self, url, data, **headers):
        with self.connect(url) as connection:
            connection.send_head("PUT", Content_Length=len(data), **headers)
            connection.send(data)
            return connection.answer()

    def put_chunked(self, url, chunks):
        with self.connect(url) as connection:
            connection.send_head("PUT", Transfer_Encoding="chunked")
            for chunk in chunks:
                connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            connection.send(b"0\r\n\r\n")
            return connection.answer()

    # answers

    def assertStored(self, answer):
        self.assertEqual((answer.status, answer.body), (200, b""), answer)
        self.assertEqual(answer.headers["Content-Length"], "0")
        self.assertTrue(answer.headers["X-Request-Id"])

    def assertWhole(self, answer, expected):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Length"], str(len(answer.body)))
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["Accept-Ranges"], "bytes")
        self.assertRegex(answer.headers["ETag"], r'^"[0-9A-Fa-f]{1,64}"$')
        self.assertIsNone(answer.headers["Content-Encoding"])
        self.assertTrue(answer.headers["X-Request-Id"])
        self.assertEqual(digest(answer.body), expected)

    def assertRefused(self, answer, status):
        """With one line of text, which is returned."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "text/plain; charset=utf-8")
        self.assertTrue(answer.headers["X-Request-Id"])
        text = answer.body.decode()
        self.assertEqual(text.find("\n"), len(text) - 1, answer)
        return text

    def assertOver(self, url, method="GET"):
        more = {"Content_Length": 0} if method == "PUT" else {}
        self.assertEqual(self.assertRefused(self.request(url, method, **more), 404),
                         "There is no such transfer, or it is over.\n")

    def audited(self, answer):
        """The one line that the audit has of it; a client may have its answer before."""
        def lines():
            return [line for line in env.daemon.audit()
                    if line.get("requestId") == answer.headers["X-Request-Id"]]
        wait_for(lines, "the audit's line")
        line, = lines()
        return line
