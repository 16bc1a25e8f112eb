"""The clients that measure: requests are bytes made beforehand, so that little of a sample is ours."""
import base64
import json
import os
import re
import socket
import ssl
import subprocess
import time

from guestops import RELEASE, spec
from soap import element, moref

PROCESSES = "GuestProcessManager/guestOperationsProcessManager"
ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
    '<{0} xmlns="urn:vim25">{1}</{0}></soapenv:Body></soapenv:Envelope>')
LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: *(\d+)")


class Request:
    """To be sent over a kept connection, or by wrk."""

    def __init__(self, path, headers, body):
        self.path, self.headers, self.body = path, headers, body

    def data(self):
        lines = [f"POST {self.path} HTTP/1.1", "Host: localhost",
                 *(f"{name}: {value}" for name, value in self.headers.items()),
                 f"Content-Length: {len(self.body)}", "", ""]
        return "\r\n".join(lines).encode() + self.body


def by_json(client, path, body=None):
    """The client has logged in (guestops.Client)."""
    data = b"" if body is None else json.dumps(body).encode()
    return Request(f"/sdk/vim25/{RELEASE}/{path}",
                   {"Content-Type": "application/json", "vmware-api-session-id": client.session},
                   data)


def by_soap(soap, method, this_type, this_id, xml=""):
    """It has logged in (soap.Soap)."""
    body = ENVELOPE.format(method, element("_this", this_id, type=this_type) + xml)
    return Request("/sdk", {"Content-Type": "text/xml; charset=utf-8", "Cookie": soap.cookie,
                            "SOAPAction": '"urn:vim25/8.0.2.0"'}, body.encode())


def start_by_json(machine, who=None, program=("/bin/true",)):
    return by_json(machine.client, f"{PROCESSES}/StartProgramInGuest",
                   {"vm": machine.vm.ref, "auth": who or machine.who, "spec": spec(*program)})


def list_by_json(machine, pid, who=None):
    return by_json(machine.client, f"{PROCESSES}/ListProcessesInGuest",
                   {"vm": machine.vm.ref, "auth": who or machine.who, "pids": [pid]})


def start_by_soap(machine, soap):
    who = (element("interactiveSession", "false") + element("username", machine.who["username"]) +
           element("password", machine.who["password"]))
    return by_soap(soap, "StartProgramInGuest", "GuestProcessManager",
                   "guestOperationsProcessManager",
                   moref("vm", machine.vm.ref) +
                   f'<auth xsi:type="NamePasswordAuthentication">{who}</auth>'
                   '<spec xsi:type="GuestProgramSpec"><programPath>/bin/true</programPath>'
                   "<arguments></arguments></spec>")


class Kept:
    """A TLS connection that is kept, and made anew after it has been idle. For one thread."""

    IDLE = 5  # seconds; before its first request the daemon gives it 10

    def __init__(self, daemon):
        self.context = ssl.create_default_context(
            cafile=os.path.join(daemon.state, "certificate.pem"))
        self.daemon, self.sock = daemon, None
        self._connect()

    def _connect(self):
        plain = socket.create_connection(("localhost", self.daemon.port), 120)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self.context.wrap_socket(plain, server_hostname="localhost")
        self.used = time.monotonic()

    def wake(self):
        """What was idle is connected before a sample begins."""
        if time.monotonic() - self.used > self.IDLE:
            self.close()
            self._connect()

    def ask(self, data):
        """The answer's body."""
        return self.answer(data).split(b"\r\n\r\n", 1)[1]

    def answer(self, data):
        """All of it; anything but success is an error."""
        self.wake()
        self.sock.sendall(data)
        answer = b""
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        length = LENGTH.search(answer, 0, end + 2)
        size = end + 4 + (int(length.group(1)) if length else 0)
        while len(answer) < size:
            answer += self._more()
        if not answer.startswith(b"HTTP/1.1 20"):
            raise AssertionError(repr(answer[:600]))
        self.used = time.monotonic()
        return answer

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise ConnectionError("the daemon has closed the connection")
        return data

    def close(self):
        self.sock.close()


class Qga:
    """qemu-ga's port, kept. One command at a time, as it serves them."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(120)
        self.sock.connect(path)
        self.data = b""
        number = int.from_bytes(os.urandom(4), "big") >> 1
        self.sock.sendall(b"\xff" + self._command("guest-sync-delimited", id=number))
        while b"\xff" not in self.data:
            self._read()
        self.data = self.data.split(b"\xff", 1)[1]
        if self._answer() != number:
            raise AssertionError("qemu-ga is out of step")

    @staticmethod
    def _command(name, **arguments):
        return json.dumps({"execute": name, "arguments": {
            key.replace("_", "-"): value for key, value in arguments.items()}}).encode() + b"\n"

    def _read(self):
        data = self.sock.recv(1 << 20)
        if not data:
            raise ConnectionError("QEMU has closed qemu-ga's port")
        self.data += data

    def _answer(self):
        parts = []
        while b"\n" not in self.data:
            parts.append(self.data)
            self.data = b""
            self._read()
        line, _, self.data = (b"".join(parts) + self.data).partition(b"\n")
        answer = json.loads(line)
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["return"]

    def call(self, name, **arguments):
        self.sock.sendall(self._command(name, **arguments))
        return self._answer()

    def start(self, shell=True):
        """By default as the API has it: by the shell."""
        if not shell:
            return self.call("guest-exec", path="/bin/true")["pid"]
        return self.call("guest-exec", path="/bin/bash", arg=["-c", '"/bin/true"'])["pid"]

    def has_ended(self, pid):
        return self.call("guest-exec-status", pid=pid)["exited"]

    def write_file(self, path, blocks):
        handle = self.call("guest-file-open", path=path, mode="w")
        for block in blocks:
            self.call("guest-file-write", handle=handle, buf_b64=base64.b64encode(block).decode())
        self.call("guest-file-close", handle=handle)

    def read_file(self, path, block):
        """How many bytes there were."""
        handle = self.call("guest-file-open", path=path, mode="r")
        n = 0
        while True:
            answer = self.call("guest-file-read", handle=handle, count=block)
            n += len(base64.b64decode(answer["buf-b64"]))
            if answer["eof"]:
                break
        self.call("guest-file-close", handle=handle)
        return n

    def close(self):
        self.sock.close()


def load_command(program, port, requests, directory, count, connections):
    """Writes the requests there."""
    paths = []
    for number, request in enumerate(requests):
        paths.append(os.path.join(directory, f"request-{number}"))
        with open(paths[-1], "wb") as file:
            file.write(request.data())
    return [program, str(port), str(count), str(connections), *paths]


def load(*arguments):
    """As load_command(); the seconds, and for each (milliseconds, the number in its answer)."""
    done = subprocess.run(load_command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"load: {done.stderr}")
    total, *lines = done.stdout.split("\n")[:-1]
    each = [line.split() for line in lines]
    return float(total) / 1e6, [(float(usec) / 1000, int(number)) for usec, number in each]


LUA = """
wrk.method = "POST"
wrk.body = {body}
{headers}
local failed = 0
function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("RESULT %d %d %d %f %f\\n", summary.requests, summary.duration,
            errors.connect + errors.read + errors.write + errors.status + errors.timeout,
            latency:percentile(50), latency:percentile(99)))
end
"""


def lua_text(data):
    return '"' + "".join(f"\\{byte:03d}" for byte in data) + '"'


def wrk(port, request, directory, core, connections, seconds=1):
    """Requests per second, p50 and p99 in milliseconds; anything but success is an error."""
    script = os.path.join(directory, "request.lua")
    with open(script, "w") as file:
        file.write(LUA.format(body=lua_text(request.body), headers="\n".join(
            f"wrk.headers[{lua_text(name.encode())}] = {lua_text(value.encode())}"
            for name, value in request.headers.items())))
    done = subprocess.run(["taskset", "-c", str(core), "wrk", "-t", "1", "-c", str(connections),
                           "-d", f"{seconds}s", "--timeout", "30s", "-s", script,
                           f"https://localhost:{port}{request.path}"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"^RESULT (\d+) (\d+) (\d+) (\S+) (\S+)$", done.stdout, re.MULTILINE)
    if not found or int(found.group(3)):
        raise AssertionError(f"wrk {request.path}: {done.stdout}")
    number, usec = int(found.group(1)), int(found.group(2))
    return 1e6 * number / usec, float(found.group(4)) / 1000, float(found.group(5)) / 1000
