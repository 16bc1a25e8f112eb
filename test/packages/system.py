"""A fresh system of Debian to install into, and guestops running in it."""
import glob
import hashlib
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, "test", "kit"))

from guestops import Client, Vm, auth, spec, wait_for  # noqa: E402

# What any package leaves its traces in.
SHARED = re.compile(r"/(dev|proc|tmp|var/(cache|lib/dpkg|lib/systemd|log))(/|$)"
                    r"|/etc/(passwd|group|shadow|gshadow)-?$|/etc/\.pwd\.lock$")


class Paths:
    """Directories: the packages, and the system that is under each test's changes."""
    deb = base = None


def package(name):
    """The path of the one file with that package."""
    path, = glob.glob(os.path.join(Paths.deb, f"{name}_*.deb"))
    return path


def tarball():
    path, = glob.glob(os.path.join(Paths.deb, "guestops-agent-*-linux-*.tar.gz"))
    return path


class System:
    """A directory with the system; as a context, it is there and /proc is mounted."""

    def __enter__(self):
        self.place = tempfile.mkdtemp(prefix="go-")
        self.directory = os.path.join(self.place, "root")
        for name in ("new", "work", "root"):
            os.mkdir(os.path.join(self.place, name), 0o755)
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir={Paths.base},upperdir={self.place}/new,"
                        f"workdir={self.place}/work", self.directory], check=True)
        subprocess.run(["mount", "-t", "proc", "proc", self.path("/proc")], check=True)
        self.processes = []
        self.client = None
        return self

    def __exit__(self, *unused):
        self.stop()
        subprocess.run(["umount", self.path("/proc"), self.directory], check=True)
        shutil.rmtree(self.place)

    def path(self, name):
        return self.directory + name

    def read(self, name):
        with open(self.path(name)) as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def mode(self, name):
        return stat.S_IMODE(os.lstat(self.path(name)).st_mode)

    def try_run(self, *command):
        return subprocess.run(["chroot", self.directory, *command], text=True, timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                                   "DEBIAN_FRONTEND": "noninteractive"})

    def run(self, *command):
        """What it prints."""
        done = self.try_run(*command)
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)} ends with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def install(self, *files):
        """By dpkg, which asks nobody and fetches nothing."""
        for file in files:
            shutil.copy(file, self.path("/tmp"))
        return self.run("dpkg", "--force-unsafe-io", "-i", *(f"/tmp/{os.path.basename(file)}" for file in files))

    def files(self):
        """Path to owner, mode and content, of all but what any package leaves traces in."""
        found = {}
        for directory, names, files in os.walk(self.directory):
            for name in names + files:
                path = os.path.join(directory, name)
                shown = path[len(self.directory):]
                if not SHARED.match(shown):
                    found[shown] = describe(path)
        return found

    def start(self, log, started, *command):
        """Runs on; returns the first true value of started()."""
        with open(self.path(log), "ab") as file:
            process = subprocess.Popen(["chroot", *command], stdin=subprocess.DEVNULL,
                                       stdout=file, stderr=file)
        self.processes.append(process)

        def look():
            if process.poll() is not None:
                raise AssertionError(f"{command[-1]} ended at its start:\n{self.read(log)}")
            return started()

        return wait_for(look, f"start of {command[-1]}")

    def stop(self):
        """Ends what was started here."""
        if self.client:
            self.client.close()
        for process in self.processes:
            process.terminate()
            process.wait(30)
        self.processes = []

    def start_daemon(self):
        """As its unit does, by hand. Returns a client, logged in."""
        unit = self.read("/lib/systemd/system/guestopsd.service")
        command = re.search(r"^ExecStart=(.*)$", unit, re.M).group(1).split()
        user = re.search(r"^User=(.*)$", unit, re.M).group(1)
        self.run("install", "-d", "-o", user, "-g", user, "-m", "0750", "/run/guestops")
        listens = re.compile(r"password (\S+) [^$]*listening on https://\S+:(\d+)/sdk")
        log = self.start("/tmp/daemon.log", lambda: listens.search(self.read("/tmp/daemon.log")),
                         f"--userspec={user}:{user}", self.directory, *command)
        self.client = Client(int(log.group(2)), self.path("/var/lib/guestops/certificate.pem"))
        self.client.login("administrator", log.group(1))
        return self.client

    def start_agent(self, program):
        """On a socket that the daemon may connect to."""
        self.write("/etc/guestops/agent.conf", "[agent]\nlisten = /run/agent.sock\n")
        self.start("/tmp/agent.log", lambda: os.path.exists(self.path("/run/agent.sock")),
                   self.directory, program)
        self.run("chown", "guestops", "/run/agent.sock")

    def add_machine(self):
        """This system is the machine, as what the daemon's provider "local" has."""
        vm = Vm("here", "local", "/run/agent.sock")
        self.write("/etc/guestops/vms.d/here.conf", vm.text())
        return vm

    def add_user(self, name):
        """With the password that auth() has for it."""
        digest = self.run("perl", "-e", f"print crypt('{name}-secret', '$y$j9T$abcdefgh')")
        self.run("useradd", "-m", "-s", "/bin/bash", "-p", digest, name)

    def run_program(self, vm, user):
        """Starts one as that user, whose exit code is 7 where that user is itself."""
        wait_for(lambda: self.client.get(f"VirtualMachine/{vm.moid}/guest").json.get(
            "guestOperationsReady"), "the agent is ready")
        who = auth(user)
        pid = self.client.start(vm.ref, who,
                                spec("/bin/sh", f"-c '[ $(id -un) = {user} ] && exit 7'"))
        return self.client.wait_end(vm.ref, who, pid)["exitCode"]


def describe(path):
    info = os.lstat(path)
    content = ""
    if stat.S_ISLNK(info.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(info.st_mode):
        with open(path, "rb") as file:
            content = hashlib.sha256(file.read()).hexdigest()
    return info.st_uid, info.st_gid, oct(info.st_mode), content
