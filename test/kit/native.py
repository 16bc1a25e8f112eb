"""The test guest's userland as a container of this machine: the real agent, at this machine's speed.

For what takes too many programs for an emulated processor. Needs root and namespaces.
"""
import os
import shutil
import subprocess

from guestops import ROOT, quote, short_directory, wait_for

INIT = """
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
for node in 'null 1 3' 'zero 1 5' 'urandom 1 9'; do
    set -- $node
    mknod -m 666 /dev/$1 c $2 $3
done
/usr/sbin/guestops-agent </dev/null &
wait $!
code=$?
echo "init: agent ended with code $code"
exit $code
"""

ENTER = ["unshare", "--mount", "--uts", "--net", "--pid", "--fork", "--kill-child=KILL"]


def is_able():
    return subprocess.run(ENTER + ["true"], stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False).returncode == 0


class NativeGuest:
    """The same words as guestops.Guest, as far as they make sense."""

    def __init__(self, guest, agent):
        self.directory = short_directory()
        self.root = os.path.join(self.directory, "r")
        self.channel = os.path.join(self.root, "run", "agent.sock")
        os.mkdir(self.root)
        with open(os.path.join(guest, "base.cpio"), "rb") as archive:
            # It is a row of archives; each cpio reads one.
            while subprocess.run(["cpio", "--quiet", "-idm"], stdin=archive, cwd=self.root,
                                 stderr=subprocess.DEVNULL, check=False).returncode == 0:
                pass
        with open(agent, "rb") as file:
            self.sanitized = b"AddressSanitizer" in file.read()
        os.makedirs(self._inside("/etc/guestops"))
        shutil.copy(agent, self._inside("/usr/sbin/guestops-agent"))
        shutil.copyfile(os.path.join(ROOT, "data", "guestops-agent.pam"),
                        self._inside("/etc/pam.d/guestops-agent"))
        self.log_path = os.path.join(self.directory, "log")
        self.process = None

    def _inside(self, path):
        return self.root + path

    def start(self, conf=""):
        self.configure(conf)
        with open(self.log_path, "ab") as log:
            # Its root is mounted, as roots are; where, only its own list of mounts tells.
            enter = 'mount --bind "$0" "$0" && exec chroot "$0" /bin/bash -c "$1"'
            self.process = subprocess.Popen(ENTER + ["bash", "-c", enter, self.root, INIT],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env={"PATH": "/usr/sbin:/usr/bin"})
        wait_for(lambda: os.path.exists(self.channel), "the agent listens")
        return self

    def configure(self, conf):
        path = self._inside("/etc/guestops/agent.conf")
        with open(f"{path}.new", "w") as file:
            file.write(f"[agent]\nlisten = /run/agent.sock\n{conf}")
        os.rename(f"{path}.new", path)

    def _init_pid(self):
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return file.read().split()[0]

    def command(self, command):
        """Runs it as root; returns (exit code, output)."""
        done = subprocess.run(["nsenter", "--target", self._init_pid(), "--mount", "--uts", "--net",
                               "--pid", "--root", "--wd", "/bin/bash", "-c", command],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              check=False)
        return done.returncode, done.stdout

    def ip(self, *lines):
        """This machine's ip(8), on the container's network; each line is one command of it."""
        subprocess.run(["nsenter", "--target", self._init_pid(), "--net", "ip", "-batch", "-"],
                       input="\n".join(lines), text=True, check=True)

    def mount(self, *arguments):
        """This machine's mount(8), as the container sees it; the last one is a path inside."""
        subprocess.run(["nsenter", "--target", self._init_pid(), "--mount", "mount",
                        *arguments[:-1], self._inside(arguments[-1])], check=True)

    def sh(self, command):
        code, output = self.command(command)
        if code != 0:
            raise AssertionError(f"in the container: {quote(command)}: code {code}: {output}")
        return output

    def agent_pid(self):
        code, output = self.command("pgrep -o -x guestops-agent")
        return int(output) if code == 0 else None

    def log(self):
        with open(self.log_path, errors="replace") as file:
            return file.read()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
