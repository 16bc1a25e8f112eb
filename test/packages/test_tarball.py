"""The agent for other distributions: what install.sh does, on Debian made to look like them."""
import os
import re
import shutil
import unittest

from system import System, package, tarball

NEW = {"/usr/local/sbin/guestops-agent": 0o755,
       "/usr/local/share/man/man8/guestops-agent.8": 0o644,
       "/usr/local/share/man/man5/guestops-agent.conf.5": 0o644,
       "/etc/guestops/agent.conf": 0o644,
       "/etc/pam.d/guestops-agent": 0o644,
       "/etc/qemu/fsfreeze-hook.d/guestops-agent": 0o755}
SYSTEMD = {"/etc/systemd/system/guestops-agent.service": 0o644,
           "/etc/udev/rules.d/60-guestops-agent.rules": 0o644}
OPENRC = {"/etc/init.d/guestops-agent": 0o755}
GLIBC_MAX = (2, 34)

# Distribution, the stacks that it has, and those which are to be included.
STACKS = [
    ("Debian", ["common-auth", "common-account"], ["common-auth", "common-account"]),
    ("Fedora", ["password-auth", "system-auth"], ["password-auth", "password-auth"]),
    ("Arch", ["system-auth"], ["system-auth", "system-auth"]),
    ("Alpine", ["base-auth", "base-account"], ["base-auth", "base-account"]),
    ("none", [], []),
]


def without(system, *programs):
    for program in programs:
        os.unlink(system.path(program))


class Tarball(unittest.TestCase):
    def setUp(self):
        self.system = self.enterContext(System())
        self.system.run("mkdir", "/tmp/agent")
        shutil.copy(tarball(), self.system.path("/tmp/agent.tar.gz"))
        self.system.run("tar", "-xzf", "/tmp/agent.tar.gz", "-C", "/tmp/agent",
                        "--strip-components=1")
        # Made by dpkg's packages as they are configured, not by us.
        self.system.run("mkdir", "-p", "/usr/local/share/man/man5", "/usr/local/share/man/man8",
                        "/etc/udev/rules.d")

    def install(self, *arguments):
        return self.system.run("/tmp/agent/install.sh", *arguments)

    def check_round(self, expected):
        """Installed, upgraded and removed."""
        before = self.system.files()
        self.install()
        after = self.system.files()
        for path, mode in {**NEW, **expected}.items():
            with self.subTest(path):
                self.assertIn(path, after)
                self.assertEqual(oct(self.system.mode(path)), oct(mode))
        self.install()
        self.assertEqual(self.system.files(), after)
        self.install("--uninstall")
        self.assertEqual(self.system.files(), before)
        return after

    def test_systemd(self):
        self.check_round(SYSTEMD)
        self.install()
        told = self.system.run("systemd-analyze", "verify", "--man=no",
                               "/etc/systemd/system/guestops-agent.service")
        self.assertNotIn("guestops-agent.service:", told)
        self.system.run("systemctl", "enable", "guestops-agent.service")
        self.install("--uninstall")
        self.assertNotIn("guestops-agent", " ".join(self.system.files()))

    def test_openrc(self):
        without(self.system, "/usr/bin/systemctl")
        after = self.check_round(OPENRC)
        self.assertIn("/etc/runlevels/default/guestops-agent", after)
        self.install()
        self.assertIn("guestops-agent", self.system.run("rc-update", "show", "default"))
        self.system.run("sh", "-n", "/etc/init.d/guestops-agent")

    def test_no_init(self):
        without(self.system, "/usr/bin/systemctl", "/sbin/openrc-run")
        self.check_round({})
        self.assertIn("started at boot", self.install())

    def test_configuration_stays(self):
        self.install()
        self.system.write("/etc/guestops/agent.conf", "[agent]\n")
        self.system.write("/etc/pam.d/guestops-agent", "auth required pam_deny.so\n")
        self.install()
        told = self.install("--uninstall")
        for path, text in {"/etc/guestops/agent.conf": "[agent]\n",
                           "/etc/pam.d/guestops-agent": "auth required pam_deny.so\n"}.items():
            self.assertEqual(self.system.read(path), text)
            self.assertIn(f"{path} was changed", told)

    def test_logins(self):
        """With each distribution's stacks, somebody logs in and starts a program."""
        stacks = {name: self.system.read(f"/etc/pam.d/common-{name}")
                  for name in ("auth", "account")}
        self.system.install(package("guestops"))
        self.system.add_user("alice")
        vm = self.system.add_machine()
        self.install()
        self.system.start_agent("/usr/local/sbin/guestops-agent")
        self.system.start_daemon()
        self.system.write("/etc/pam.d/other", "auth required pam_deny.so\n"
                                              "account required pam_deny.so\n")
        for distribution, there, included in STACKS:
            with self.subTest(distribution):
                self.system.run("sh", "-c", "rm -f /etc/pam.d/common-* /etc/pam.d/*-auth "
                                            "/etc/pam.d/*-account /etc/pam.d/guestops-agent")
                for name in there:
                    kinds = [name.split("-")[1]] if name.startswith(("common", "base")) \
                        else ["auth", "account"]
                    self.system.write(f"/etc/pam.d/{name}", "".join(stacks[kind] + "\n"
                                                                    for kind in kinds))
                self.install()
                told = self.system.read("/etc/pam.d/guestops-agent")
                self.assertEqual(re.findall(r"include\s+(\S+)", told), included)
                self.assertEqual(self.system.run_program(vm, "alice"), 7)

    def test_stacks_below_usr(self):
        """As SUSE has them."""
        self.system.run("mkdir", "-p", "/usr/lib/pam.d")
        self.system.run("sh", "-c", "mv /etc/pam.d/common-* /usr/lib/pam.d")
        self.install()
        self.assertIn("common-account", self.system.read("/etc/pam.d/guestops-agent"))

    def check_refused(self, text, *command):
        before = self.system.files()
        done = self.system.try_run(*(command or ["/tmp/agent/install.sh"]))
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(text, done.stdout)
        self.assertEqual(self.system.files(), before)

    def test_refused_where_the_package_is(self):
        self.system.install(package("guestops-agent"))
        self.check_refused("the package guestops-agent is installed")

    def test_refused_without_pam(self):
        self.system.run("sh", "-c", "rm /lib/*/libpam.so.0*")
        self.check_refused("libpam.so.0 is missing")

    def test_refused_where_it_does_not_run(self):
        """As a program of glibc does on a system of another C library."""
        self.system.write("/tmp/agent/guestops-agent", "#!/lib/ld-of-another-system\n")
        self.check_refused("glibc 2.34 or newer")

    def test_refused_to_others_than_root(self):
        self.check_refused("needs root", "setpriv", "--reuid=nobody", "/tmp/agent/install.sh")

    def test_usage(self):
        self.check_refused("Usage:", "/tmp/agent/install.sh", "--prefix=/opt")
        self.assertIn("Usage:", self.install("--help"))

    def test_needs_little(self):
        """libc and no other library, and of libc nothing new."""
        with open(self.system.path("/tmp/agent/guestops-agent"), "rb") as file:
            program = file.read()
        self.assertEqual(set(re.findall(rb"\0(lib\w+\.so\.\d+)(?=\0)", program)) -
                         {b"libpam.so.0"}, {b"libc.so.6"})
        versions = [tuple(map(int, found.split(b".")))
                    for found in re.findall(rb"\0GLIBC_([\d.]+)(?=\0)", program)]
        self.assertLessEqual(max(versions), GLIBC_MAX)
