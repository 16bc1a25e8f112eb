"""What the clients' drivers stand on: one system for all of them, operations, and results."""
import contextlib
import os
import subprocess
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "test", "integration"))

from support import VM_UUID, env  # noqa: E402
from channel import FakeAgent, address, facts, interface  # noqa: E402
from guestops import Vm, quote  # noqa: E402

VM_NAME = "demo-vm"
USER, PASSWORD = "demo", "demo-secret"


class Unavailable(Exception):
    """A client cannot be had here; the text says why."""


class Wrong(Exception):
    """The client got something else than it should have."""


def check(condition, said):
    if not condition:
        raise Wrong(str(said)[-2000:])


def run(command, cwd=None, environment=None, timeout=600, data=""):
    """Its output; data is its input. Wrong where it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, input=data, text=True,
                              env={**os.environ, **(environment or {})}, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{command[0]}: not done within {timeout} s") from None
    check(done.returncode == 0,
          f"{done.stdout}{done.stderr}\n{os.path.basename(command[0])} ended with "
          f"{done.returncode}")
    return done.stdout


def install(command, what, environment=None, cwd=None):
    try:
        return run(command, cwd, environment, timeout=1800)
    except (Wrong, OSError) as error:
        lines = [line for line in str(error).strip().splitlines() if line]
        raise Unavailable(f"{what} cannot be installed: {' '.join(lines[-3:])}") from None


class Python:
    """A virtual environment in the cache."""

    def __init__(self, cache, name, packages):
        self.directory = os.path.join(cache, name)
        self.program = os.path.join(self.directory, "bin", "python3")
        whole = os.path.join(self.directory, "with-" + "-".join(packages))
        if not os.path.exists(whole):
            print(f"compat: installing {', '.join(packages)}", flush=True)
            install(["/usr/bin/python3", "-m", "venv", "--clear", self.directory], name)
            install([self.program, "-m", "pip", "install", "--quiet", *packages], name,
                    {"PIP_CACHE_DIR": os.path.join(cache, "pip")})
            with open(whole, "w"):
                pass

    def version(self, package):
        return run([self.program, "-c", "import importlib.metadata as m, sys;"
                    "print(m.version(sys.argv[1]))", package]).strip()


class Table:
    """The results of one client: operations by variants."""

    def __init__(self, client):
        self.client = client
        self.variants = []
        self.operations = []
        self.cells = {}

    def add(self, variant, operation, result, said=None):
        if variant not in self.variants:
            self.variants.append(variant)
        if operation not in self.operations:
            self.operations.append(operation)
        self.cells[variant, operation] = result
        print(f"compat: {self.client} {variant}: {operation}: {result}", flush=True)
        if said:
            print("    " + said.strip().replace("\n", "\n    "), file=sys.stderr, flush=True)

    def attempt(self, variant, operation, function):
        """Returns what the function returns, or None where it fails."""
        try:
            value = function()
        except Unavailable as error:
            self.add(variant, operation, "skipped", str(error))
            return None
        except Exception as error:  # noqa: BLE001 whatever it is, it is this operation's result
            self.add(variant, operation, "no", f"{type(error).__name__}: {error}")
            return None
        self.add(variant, operation, "yes")
        return value

    def markdown(self):
        lines = [f"| {self.client} | " + " | ".join(self.variants) + " |",
                 "| --- |" + " --- |" * len(self.variants)]
        for operation in self.operations:
            cells = [self.cells.get((variant, operation), "") for variant in self.variants]
            lines.append(f"| {operation} | " + " | ".join(cells) + " |")
        return "\n".join(lines)


# What is true inside of the guest, whatever a client says.

def command_of(pid):
    code, output = env.guest.command(f"cat /proc/{int(pid)}/comm")
    return output.strip() if code == 0 else None


def owner_of(pid):
    return env.guest.sh(f"stat -c %U /proc/{int(pid)}").strip()


def content_of(file):
    return env.guest.sh(f"cat {file}; rm -f {file}")


def sha256_of(file):
    return env.guest.sh(f"sha256sum < {quote(file)}").split()[0]


def stat_of(file, form):
    """As stat(1) has it: "%a %U"; of a link itself."""
    return env.guest.sh(f"stat -c {quote(form)} {quote(file)}").strip()


def is_there(file):
    return env.guest.command(f"test -e {quote(file)}")[0] == 0


@contextlib.contextmanager
def directory_in_guest():
    """An empty one, of the user's; nothing of it stays."""
    path = env.guest.sh(f"d=$(mktemp -d /home/{USER}/compat-XXXXXX); chown {USER}: $d; "
                        "chmod 755 $d; echo $d").strip()
    try:
        yield path
    finally:
        env.guest.sh(f"rm -rf {path}")


@contextlib.contextmanager
def local_file(data):
    """A file on this machine, and beside it nothing."""
    with tempfile.TemporaryDirectory(prefix="go-") as directory:
        path = os.path.join(directory, "file")
        with open(path, "wb") as file:
            file.write(data)
        yield path


def fails(said, function, *arguments, **more):
    """With this in what the client says."""
    try:
        function(*arguments, **more)
    except Wrong as error:
        check(said in str(error), f"not '{said}', but: {error}")
    else:
        raise Wrong(f"it has not failed with '{said}'")


def power_state():
    """As QEMU has it, not as our daemon says."""
    status = env.guest.qmp("query-status")["status"]
    return {"running": "poweredOn", "paused": "suspended", "suspended": "suspended"}.get(
        status, status)


def settle():
    """The guest is as it was, whatever the last client has left behind."""
    env.guest.qmp("cont")
    env.wait_ready()


def wait_gone(pid, seconds=10):
    end = time.monotonic() + seconds
    while command_of(pid) is not None:
        check(time.monotonic() < end, f"{pid} still runs in the guest")
        time.sleep(0.05)


def logins():
    """How many there have been at the daemon."""
    return sum(event["event"] == "login" for event in env.daemon.audit())


def certificate():
    return os.path.join(env.daemon.state, "certificate.pem")


@contextlib.contextmanager
def machine_with_address(text, after):
    """A machine whose agent is played here and tells this address some seconds later."""
    with tempfile.TemporaryDirectory(prefix="go-", dir="/tmp") as directory:
        agent = FakeAgent(os.path.join(directory, "s"), facts=facts())
        tells = threading.Timer(after, lambda: agent.tell(facts(interface(address(text, 24)))))
        try:
            with env.machine(Vm("address-vm", "local", os.path.join(directory, "s"))):
                tells.start()
                yield "address-vm"
        finally:
            tells.cancel()
            agent.close()


@contextlib.contextmanager
def system(build, guest):
    """A guest and a daemon, as the integration tests have them; a Wrong end is a failure."""
    env.start(build, guest)
    try:
        yield
    finally:
        problem = env.stop()
    if problem:
        raise Wrong(problem)
