"""A libvirtd of the tests' own. The system's libvirt is left alone.

It runs in session mode, which libvirtd does for ordinary users only: where the tests are root's,
it is given to another user.
"""
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from guestops import tail, wait_for

OTHER_USER = "nobody"  # instead of root
FOLDERS = {"XDG_RUNTIME_DIR": "run", "XDG_CONFIG_HOME": "config", "XDG_CACHE_HOME": "cache",
           "TMPDIR": "tmp"}


class Libvirtd:
    def __init__(self, *arguments):
        self.arguments = arguments  # besides those that it needs
        # In one of our own: in /tmp itself anybody could have put what is another user's.
        self.outer = tempfile.mkdtemp(prefix="gh-", dir="/tmp")
        os.chmod(self.outer, 0o711)
        self.directory = os.path.join(self.outer, "u")
        os.mkdir(self.directory, 0o700)
        self.log_path = os.path.join(self.directory, "libvirtd.log")
        self.environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                            "HOME": self.directory}
        self.become = []  # the words before a command that is run as libvirtd's user
        self.user = None
        self.process = None
        if os.getuid() == 0:
            self.user = pwd.getpwnam(OTHER_USER)
            self.become = ["setpriv", f"--reuid={self.user.pw_uid}",
                           f"--regid={self.user.pw_gid}", "--clear-groups"]
        for name, folder in FOLDERS.items():
            self.environment[name] = self.path(folder)
            os.mkdir(self.path(folder), 0o700)
            self.give(self.path(folder))
        self.give(self.directory)

    def path(self, name):
        return os.path.join(self.directory, name)

    def give(self, *paths):
        """These files are libvirtd's user's from now on."""
        for path in paths if self.user else ():
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    @property
    def uri(self):
        return f"qemu+unix:///session?socket={self.path('run/libvirt/libvirt-sock')}"

    def _run(self, words, output):
        return subprocess.Popen(self.become + words, stdin=subprocess.DEVNULL, stdout=output,
                                stderr=subprocess.STDOUT, text=True, env=self.environment,
                                cwd=self.directory)

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = self._run(["libvirtd", "--timeout", "0", *self.arguments], log)
        wait_for(lambda: self.try_virsh("uri")[0] == 0, "libvirtd answers", 60)
        return self

    def begin(self, *words):
        """Starts virsh and does not wait for its end; returns the process."""
        return self._run(["virsh", "--quiet", "--connect", self.uri, *words], subprocess.PIPE)

    def try_virsh(self, *words):
        """Returns (exit code, what it says)."""
        with self.begin(*words) as process:
            text = process.communicate()[0].strip()
            return process.returncode, text

    def virsh(self, *words):
        """What it says; it has to succeed."""
        code, text = self.try_virsh(*words)
        if code != 0:
            raise AssertionError(f"virsh {' '.join(words)}: {text}\n{tail(self.log_path, 20)}")
        return text

    def end(self):
        """Ends libvirtd; its machines run on."""
        process, self.process = self.process, None
        if not process:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        """Ends everything there is."""
        self.end()
        # Not by libvirtd, which may be what hangs. Each of its QEMUs has a path in its command.
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
                if b"qemu-system" in words[0] and \
                        any(self.directory.encode() + b"/" in word for word in words):
                    os.kill(int(pid), signal.SIGKILL)
            except (FileNotFoundError, ProcessLookupError):
                continue
        shutil.rmtree(self.outer, ignore_errors=True)
