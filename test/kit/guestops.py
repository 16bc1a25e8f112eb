"""What the integration tests stand on: a guest, a daemon, a client.

Events are waited for by wait_for(), which polls a condition up to a deadline.
"""
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid as uuids

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
VM_TOOLS = os.path.join(ROOT, "test", "vm")
sys.path.insert(0, VM_TOOLS)

from ctl import Ctl, qmp  # noqa: E402
from soap import Soap  # noqa: E402

RELEASE = "8.0.2.0"
POLL = 0.02  # seconds between two looks at a condition
SANITIZER = re.compile(
    r"ERROR: \w*Sanitizer|WARNING: \w*Sanitizer|runtime error:|SUMMARY: \w*Sanitizer")


def wait_for(condition, what, deadline=30, poll=POLL):
    """Returns the first true value of condition()."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"waited {deadline} s in vain for: {what}")
        time.sleep(poll)


def short_directory():
    """A folder whose sockets' paths stay far below the limit of 107 bytes."""
    for parent in (tempfile.gettempdir(), "/tmp"):
        if len(parent) < 40:
            return tempfile.mkdtemp(prefix="go-", dir=parent)
    raise RuntimeError("no folder with a short path for sockets")


def tail(path, lines=40):
    try:
        with open(path, errors="replace") as file:
            return "".join(file.readlines()[-lines:])
    except OSError as error:
        return f"{error}\n"


def hash_password(password):
    """crypt(3), SHA-512, with few rounds: it is only a test's password."""
    crypt = ctypes.CDLL("libcrypt.so.1").crypt
    crypt.restype = ctypes.c_char_p
    setting = "$6$rounds=1000$" + os.urandom(6).hex()
    return crypt(password.encode(), setting.encode()).decode()


class Guest:
    """The test guest with our agent in it."""

    def __init__(self, guest, agent, pam, conf=None, memory=256):
        self.guest = guest
        self.qemu = []  # more of its arguments
        self.directory = short_directory()
        self.run = os.path.join(self.directory, "r")
        self.overlay = os.path.join(self.directory, "overlay")
        with open(agent, "rb") as file:
            self.sanitized = b"AddressSanitizer" in file.read()
        self.memory = max(memory, 768) if self.sanitized else memory
        self.put(agent, "usr/sbin/guestops-agent", 0o755)
        self.put(pam, "etc/pam.d/guestops-agent", 0o644)
        self.put(os.path.join(ROOT, "data", "fsfreeze-hook"),
                 "etc/qemu/fsfreeze-hook.d/guestops-agent", 0o755)
        os.makedirs(os.path.join(self.overlay, "etc/guestops"))
        if conf is not None:
            with open(os.path.join(self.overlay, "etc/guestops/agent.conf"), "w") as file:
                file.write(conf)
        self._lock = threading.Lock()
        self._ctl = Ctl(self.path("ctl.sock"), deadline=180)

    def path(self, name):
        return os.path.join(self.run, name)

    def put(self, source, target, mode):
        target = os.path.join(self.overlay, target)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
        os.chmod(target, mode)

    def boot(self):
        self._ctl.close()
        subprocess.run([os.path.join(VM_TOOLS, "run-guest"), "--guest", self.guest,
                        "--run", self.run, "--overlay", self.overlay,
                        "--memory", str(self.memory), "--", *self.qemu], check=True)
        return self

    def command(self, command, timeout=60):
        """Runs it as root; returns (exit code, output)."""
        with self._lock:
            return self._ctl.run(command, timeout)

    def sh(self, command, timeout=60):
        """Runs it as root; its output; it has to succeed."""
        code, output = self.command(command, timeout)
        if code != 0:
            raise AssertionError(f"in the guest: {command}: code {code}: {output}")
        return output

    def boot_id(self):
        return self.sh("cat /proc/sys/kernel/random/boot_id").strip()

    def wait_reboot(self, old):
        with self._lock:
            self._ctl.wait_reboot(old)

    def qmp(self, command, **arguments):
        return qmp(self.path("qmp-test.sock"), command, **arguments)

    # the agent

    def agent_pid(self):
        """Of the monitor; None where none runs."""
        code, output = self.command("pgrep -o -x guestops-agent")
        return int(output) if code == 0 else None

    def agent_log(self):
        return self.command("cat /run/agent.log")[1]

    def kill_agent(self):
        """Init starts it again; the caller waits until it answers."""
        old = self.agent_pid()
        if old:
            self.sh(f"kill -KILL {old}")
        return old

    def configure(self, text):
        """Writes agent.conf; None removes it."""
        if text is None:
            self.sh("rm -f /etc/guestops/agent.conf")
        else:
            self.sh(f"mkdir -p /etc/guestops; printf %s {quote(text)} >/etc/guestops/agent.conf")

    def console(self):
        return tail(self.path("console.log"), 60)

    def stop(self):
        self._ctl.close()
        subprocess.run([os.path.join(VM_TOOLS, "stop-guest"), "--run", self.run], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


def quote(text):
    return "'" + text.replace("'", "'\\''") + "'"


class Vm:
    """A machine's file of the daemon."""

    def __init__(self, name, provider, channel, qmp_path=None, uuid=None, vsock_port=None,
                 vsock_cid=None):
        self.name, self.provider = name, provider
        self.channel, self.qmp_path = channel, qmp_path
        self.vsock_port, self.vsock_cid = vsock_port, vsock_cid
        self.uuid = uuid or str(uuids.uuid4())
        self.moid = f"vm-{self.uuid}"

    @property
    def ref(self):
        return {"_typeName": "ManagedObjectReference", "type": "VirtualMachine",
                "value": self.moid}

    def text(self):
        lines = ["[vm]", f"provider = {self.provider}", f"name = {self.name}",
                 f"uuid = {self.uuid}"]
        for key, value in (("channel", self.channel), ("qmp", self.qmp_path),
                           ("vsock_port", self.vsock_port), ("vsock_cid", self.vsock_cid)):
            if value is not None:
                lines.append(f"{key} = {value}")
        return "\n".join(lines) + "\n"


class Daemon:
    """guestopsd in a folder of its own; its state outlives a restart."""

    ADMINISTRATOR = "administrator"

    def __init__(self, binary, settings=None):
        self.binary = binary
        self.directory = short_directory()
        self.vms = os.path.join(self.directory, "vms.d")
        self.state = os.path.join(self.directory, "state")
        self.status = os.path.join(self.directory, "status")
        self.config = os.path.join(self.directory, "guestopsd.conf")
        self.log_path = os.path.join(self.directory, "log")
        self.settings = {("http", "address"): "127.0.0.1", ("http", "port"): "0",
                         ("inventory", "vms"): self.vms, ("service", "state"): self.state,
                         ("service", "status"): self.status,
                         ("log", "level"): "debug", **(settings or {})}
        self.process = None
        self.port = 0
        self.password = None
        self._mark = 0  # where in the log the present run begins
        os.mkdir(self.vms)

    def write_config(self):
        with open(self.config, "w") as file:
            for (section, key), value in self.settings.items():
                file.write(f"[{section}]\n{key} = {value}\n")

    def log(self):
        with open(self.log_path, errors="replace") as file:
            file.seek(self._mark)
            return file.read()

    def _started(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the daemon ended at its start:\n{self.log()}")
        return re.search(r"listening on https://\S+:(\d+)/sdk", self.log())

    def start(self):
        self.write_config()
        with open(self.log_path, "ab") as log:
            self._mark = log.tell()
            self.process = subprocess.Popen([self.binary, "--config", self.config],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.port = int(wait_for(self._started, "the daemon listens").group(1))
        told = re.search(r"user administrator with password (\S+) ", self.log())
        if told:
            self.password = told.group(1)
        return self

    def stop(self):
        """Ends it; complains about all but a clean end."""
        process, self.process = self.process, None
        if not process:
            return
        process.send_signal(signal.SIGTERM)
        try:
            code = process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise AssertionError("the daemon did not end within 30 s of SIGTERM") from None
        if SANITIZER.search(self.log()):
            raise AssertionError(f"a sanitizer complains:\n{self.log()[-6000:]}")
        if code != 0:
            raise AssertionError(f"the daemon ended with {code}:\n{self.log()[-3000:]}")

    def restart(self, **settings):
        """restart(guest_timeout=3) sets [guest] timeout; None takes it away again."""
        self.stop()
        for name, value in settings.items():
            section, key = name.split("_", 1)
            self.settings.pop((section, key), None)
            if value is not None:
                self.settings[(section, key)] = str(value)
        return self.start()

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def reload(self):
        """SIGHUP, and the end of what it does."""
        said = ("the configuration has been read again", "the configuration is left as it was")

        def count():
            return sum(self.log().count(text) for text in said)

        before = count()
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: count() > before, "the daemon has read its configuration again")

    def put_vm_file(self, vm):
        """The daemon is not told."""
        with open(os.path.join(self.vms, f"{vm.name}.conf"), "w") as file:
            file.write(vm.text())

    def put_vm(self, vm):
        self.put_vm_file(vm)
        if self.process:
            self.reload()
        return vm

    def remove_vm_file(self, vm):
        os.unlink(os.path.join(self.vms, f"{vm.name}.conf"))

    def remove_vm(self, vm):
        self.remove_vm_file(vm)
        if self.process:
            self.reload()

    def put_user(self, name, password, role):
        path = os.path.join(self.state, "users")
        self.remove_user(name, reload=False)
        with open(path, "a") as file:
            file.write(f"{name}:{hash_password(password)}:{role}\n")
        self.reload()

    def set_role(self, name, role):
        """Another role, the same password."""
        path = os.path.join(self.state, "users")
        with open(path) as file:
            lines = [line.rsplit(":", 1)[0] + f":{role}\n" if line.startswith(name + ":") else line
                     for line in file]
        with open(path, "w") as file:
            file.writelines(lines)
        self.reload()

    def remove_user(self, name, reload=True):
        path = os.path.join(self.state, "users")
        with open(path) as file:
            lines = [line for line in file if not line.startswith(name + ":")]
        with open(path, "w") as file:
            file.writelines(lines)
        if reload:
            self.reload()

    def audit(self):
        """All lines so far, decoded."""
        with open(os.path.join(self.state, "audit.jsonl")) as file:
            return [json.loads(line) for line in file]

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)

    def client(self, session=None):
        return Client(self.port, os.path.join(self.state, "certificate.pem"), session)

    def admin(self):
        client = self.client()
        client.login(self.ADMINISTRATOR, self.password)
        return client

    def soap(self):
        """The administrator, by SOAP."""
        soap = Soap(self.port, os.path.join(self.state, "certificate.pem"))
        soap.login(self.ADMINISTRATOR, self.password)
        return soap


class Answer:
    """What came over the wire."""

    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # an http.client.HTTPMessage
        self.body = body

    @property
    def json(self):
        return json.loads(self.body) if self.body else None

    def __iter__(self):
        return iter((self.status, self.json, self.headers))

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class FaultError(AssertionError):
    def __init__(self, answer):
        super().__init__(repr(answer))
        self.answer = answer


def auth(user, password=None, **more):
    return {"_typeName": "NamePasswordAuthentication", "interactiveSession": False,
            "username": user,
            "password": f"{user}-secret" if password is None else password, **more}


def spec(path, arguments="", cwd=None, env=None):
    value = {"_typeName": "GuestProgramSpec", "programPath": path, "arguments": arguments}
    if cwd is not None:
        value["workingDirectory"] = cwd
    if env is not None:
        value["envVariables"] = env
    return value


class Client:
    """One connection to the API. For one thread."""

    PROCESSES = "GuestProcessManager/guestOperationsProcessManager"

    def __init__(self, port, cafile, session=None, timeout=120):
        self.port, self.cafile, self.session, self.timeout = port, cafile, session, timeout
        self.context = ssl.create_default_context(cafile=cafile)
        self._connection = None

    def close(self):
        if self._connection:
            self._connection.close()
        self._connection = None

    def copy(self):
        """Another connection of the same session."""
        return Client(self.port, self.cafile, self.session, self.timeout)

    def request(self, method, path, body=None, headers=None):
        """Any request; body: bytes, or what is to be JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        if self.session and not any(name.lower() in ("vmware-api-session-id", "cookie")
                                    for name in headers):
            headers["vmware-api-session-id"] = self.session
        if not self._connection:
            self._connection = http.client.HTTPSConnection(
                "localhost", self.port, context=self.context, timeout=self.timeout)
        try:
            self._connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers.items():
                if value is not None:
                    self._connection.putheader(name, value)
            if body is not None:
                self._connection.putheader("Content-Length", str(len(body)))
            elif method in ("POST", "PUT"):
                self._connection.putheader("Content-Length", "0")
            self._connection.endheaders(body)
            response = self._connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def url(self, path, release=RELEASE):
        return path if path.startswith("/") else f"/sdk/vim25/{release}/{path}"

    def get(self, path, headers=None, release=RELEASE):
        return self.request("GET", self.url(path, release), None, headers)

    def call(self, path, body=None, headers=None, release=RELEASE):
        return self.request("POST", self.url(path, release), body, headers)

    def raw(self, data, until_closed=False):
        """Sends these bytes over TLS; returns what comes back as bytes."""
        with self.raw_socket() as sock:
            sock.sendall(data)
            answer = b""
            while True:
                more = sock.recv(65536)
                answer += more
                if not more or (not until_closed and b"\r\n\r\n" in answer):
                    return answer

    def raw_socket(self):
        plain = socket.create_connection(("localhost", self.port), self.timeout)
        return self.context.wrap_socket(plain, server_hostname="localhost")

    # session

    def login(self, user, password, locale=None):
        """The session id is used from then on; a FaultError where it is refused."""
        body = {"userName": user, "password": password}
        if locale is not None:
            body["locale"] = locale
        answer = self.call("SessionManager/SessionManager/Login", body,
                           {"vmware-api-session-id": None})
        if answer.status != 200:
            raise FaultError(answer)
        self.session = answer.headers["vmware-api-session-id"]
        return answer

    def logout(self):
        return self.call("SessionManager/SessionManager/Logout")

    # guest operations

    def try_start(self, vm, who, program, headers=None):
        return self.call(f"{self.PROCESSES}/StartProgramInGuest",
                         {"vm": vm, "auth": who, "spec": program}, headers)

    def try_list(self, vm, who, pids=None):
        body = {"vm": vm, "auth": who}
        if pids is not None:
            body["pids"] = pids
        return self.call(f"{self.PROCESSES}/ListProcessesInGuest", body)

    def try_terminate(self, vm, who, pid):
        return self.call(f"{self.PROCESSES}/TerminateProcessInGuest",
                         {"vm": vm, "auth": who, "pid": pid})

    def start(self, vm, who, program):
        """The pid; a FaultError otherwise."""
        answer = self.try_start(vm, who, program)
        if answer.status != 200:
            raise FaultError(answer)
        return answer.json

    def list(self, vm, who, pids=None):
        answer = self.try_list(vm, who, pids)
        if answer.status != 200:
            raise FaultError(answer)
        return answer.json

    def wait_end(self, vm, who, pid, deadline=60):
        """Polls until the program has ended; returns its row."""
        def ended():
            rows = self.list(vm, who, [pid])
            if not rows:
                raise AssertionError(f"{pid} is not listed")
            return rows[0] if "endTime" in rows[0] else None

        return wait_for(ended, f"end of {pid}", deadline)
