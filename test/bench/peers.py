"""qemu-ga, sshd and vcsim: how they are brought up."""
import glob
import os
import re
import shutil
import subprocess
import tempfile

from clients import Qga
from common import Unavailable
from guestops import wait_for

GOVMOMI = "v0.37.0"
MODULES = ("failover", "net_failover", "virtio_net")  # in the order in which they need each other

SSH_CONFIG = """Host guest
  HostName 127.0.0.1
  Port {port}
  User root
  IdentityFile {directory}/key
  IdentitiesOnly yes
  StrictHostKeyChecking no
  UserKnownHostsFile /dev/null
  LogLevel ERROR
  ControlPath {directory}/master
"""
SSHD_CONFIG = """HostKey /run/sshd/host_key
AuthorizedKeysFile /run/sshd/authorized
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
StrictModes no
PidFile none
"""


def qga(machine):
    """A kept connection to the guest's qemu-ga."""
    guest = machine.guest
    if guest.command("pgrep -x qemu-ga")[0] != 0:
        if guest.command("command -v qemu-ga")[0] != 0:
            raise Unavailable("qemu-ga is not in the guest")
        guest.sh("qemu-ga -d -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0")
    return Qga(guest.path("qga.sock"))


def put_modules(guest_directory, guest):
    """The network driver's, from the kernel's package, before the guest boots."""
    package, = glob.glob(os.path.join(guest_directory, "debs", "linux-image-*.deb"))
    with tempfile.TemporaryDirectory() as directory:
        tar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE)
        subprocess.run(["tar", "-x", "-C", directory, "--wildcards",
                        *(f"*/{name}.ko*" for name in MODULES)], stdin=tar.stdout,
                       stderr=subprocess.DEVNULL, check=False)
        tar.stdout.close()
        tar.wait()
        for name in MODULES:  # one that is missing is built into the kernel
            for path in glob.glob(f"{directory}/**/{name}.ko", recursive=True):
                guest.put(path, f"usr/lib/bench/{name}.ko", 0o644)


class Ssh:
    """sshd in the guest, by QEMU's user network; a key instead of a password."""

    def __init__(self, machine, port):
        self.directory = tempfile.mkdtemp(prefix="go-", dir="/tmp")
        self.config = os.path.join(self.directory, "config")
        guest = machine.guest
        if not shutil.which("ssh"):
            raise Unavailable("there is no ssh")
        if guest.command("command -v sshd")[0] != 0:
            raise Unavailable("sshd is not in the guest")
        for name in ("key", "host_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f",
                            os.path.join(self.directory, name)], check=True)
        with open(self.config, "w") as file:
            file.write(SSH_CONFIG.format(port=port, directory=self.directory))
        self._bring_up(guest)
        wait_for(lambda: self._run("true").returncode == 0, "sshd in the guest", 60, 0.5)

    def _bring_up(self, guest):
        # Slirp's own addresses.
        guest.sh(f"for m in {' '.join(MODULES)}; do "
                 "[ ! -e /usr/lib/bench/$m.ko ] || insmod /usr/lib/bench/$m.ko; done; "
                 "ip link set lo up; n=$(ls /sys/class/net | grep -vx lo | head -n 1); "
                 "ip link set $n up && ip addr add 10.0.2.15/24 dev $n && "
                 "ip route add default via 10.0.2.2")
        guest.sh("mkdir -p -m 755 /run/sshd; id sshd >/dev/null 2>&1 || "
                 "echo 'sshd:x:110:65534::/run/sshd:/usr/sbin/nologin' >>/etc/passwd")
        for name, target in (("host_key", "host_key"), ("key.pub", "authorized")):
            with open(os.path.join(self.directory, name)) as file:
                guest.sh(f"umask 077; cat >/run/sshd/{target} <<'END'\n{file.read()}END")
        guest.sh(f"cat >/run/sshd/config <<'END'\n{SSHD_CONFIG}END\n"
                 "/usr/sbin/sshd -f /run/sshd/config")

    def _run(self, *command):
        return subprocess.run(["ssh", "-F", self.config, *command[:-1], "guest", command[-1]],
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False)

    def true(self):
        if self._run("/bin/true").returncode != 0:
            raise AssertionError("ssh guest /bin/true")

    def master(self):
        """From now on over a connection that is kept."""
        subprocess.run(["ssh", "-F", self.config, "-MNf", "guest"], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def end_master(self):
        self._run("-O", "exit", "")

    def close(self):
        self.end_master()
        shutil.rmtree(self.directory, ignore_errors=True)


def build(cache, name):
    """The path of govmomi's govc or vcsim, which is built where it is not there yet."""
    directory = os.path.join(cache, "govmomi")
    program = os.path.join(directory, name)
    if os.path.exists(program):
        return program
    if not shutil.which("go"):
        raise Unavailable(f"there is no Go toolchain to build {name}")
    print(f"bench: building {name}", flush=True)
    done = subprocess.run(["go", "install", f"github.com/vmware/govmomi/{name}@{GOVMOMI}"], env={
        **os.environ, "GOPATH": os.path.join(cache, "go"), "GOBIN": directory,
        "GOCACHE": os.path.join(cache, "go-build"), "GOFLAGS": "-modcacherw",
        "GOTOOLCHAIN": "local"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False)
    if done.returncode != 0:
        raise Unavailable(f"{name} could not be built: {done.stdout[-200:].strip()}")
    return program


class Server:
    """A peer that serves HTTPS on this machine; its first line of output tells the port."""

    def __init__(self, command, pattern):
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        line = self.process.stdout.readline()
        found = re.search(pattern, line)
        if not found:
            self.close()
            raise AssertionError(f"{command[0]}: {line}")
        self.port = int(found.group(1))

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
