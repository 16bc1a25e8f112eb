"""The packages: what is in them, and what installing, upgrading and purging them does."""
import os
import re
import subprocess
import tempfile
import unittest

from system import TOP, System, auth, package, spec

OURS = ["guestops", "guestops-libvirt", "guestops-agent"]

# What is not named by Debian's rules: programs, and what the system's parts look for.
FILES = {
    "guestops": {
        "/etc/apparmor.d/guestopsd": 0o644,
        "/etc/guestops/guestopsd.conf": 0o644,
        "/etc/guestops/vms.d": 0o755,
        "/lib/systemd/system/guestopsd.service": 0o644,
        "/usr/bin/guestops": 0o755,
        "/usr/lib/sysusers.d/guestops.conf": 0o644,
        "/usr/lib/tmpfiles.d/guestops.conf": 0o644,
        "/usr/sbin/guestopsd": 0o755,
        "/usr/share/man/man5/guestops-vm.5.gz": 0o644,
        "/usr/share/man/man5/guestopsd.conf.5.gz": 0o644,
        "/usr/share/man/man8/guestopsd.8.gz": 0o644,
    },
    "guestops-libvirt": {
        "/usr/libexec/guestops/guestops-libvirt": 0o755,
    },
    "guestops-agent": {
        "/etc/guestops/agent.conf": 0o644,
        "/etc/pam.d/guestops-agent": 0o644,
        "/etc/qemu/fsfreeze-hook.d/guestops-agent": 0o755,
        "/lib/systemd/system/guestops-agent.service": 0o644,
        "/lib/udev/rules.d/60-guestops-agent.rules": 0o644,
        "/usr/sbin/guestops-agent": 0o755,
        "/usr/share/man/man5/guestops-agent.conf.5.gz": 0o644,
        "/usr/share/man/man8/guestops-agent.8.gz": 0o644,
    },
}
CONFFILES = {
    "guestops": {"/etc/apparmor.d/guestopsd", "/etc/guestops/guestopsd.conf"},
    "guestops-libvirt": set(),
    "guestops-agent": {"/etc/guestops/agent.conf", "/etc/pam.d/guestops-agent",
                       "/etc/qemu/fsfreeze-hook.d/guestops-agent"},
}


def newer(name, directory):
    """The same package with a later version."""
    tree = os.path.join(directory, name)
    path = os.path.join(directory, f"{name}_later.deb")
    subprocess.run(["dpkg-deb", "-R", package(name), tree], check=True)
    control = os.path.join(tree, "DEBIAN", "control")
    with open(control) as file:
        text = file.read()
    old = re.search(r"^Version: (.*)$", text, re.M).group(1)
    with open(control, "w") as file:
        file.write(text.replace(old, old + "+later"))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


def libvirt(directory):
    """As much of libvirt-daemon-system as our package takes notice of."""
    tree = os.path.join(directory, "libvirt")
    units = os.path.join(tree, "lib/systemd/system")
    os.makedirs(units, exist_ok=True)
    os.makedirs(os.path.join(tree, "DEBIAN"), exist_ok=True)
    with open(os.path.join(units, "libvirtd.service"), "w") as file:
        file.write("[Service]\nExecStart=/bin/true\n")
    with open(os.path.join(tree, "DEBIAN", "control"), "w") as file:
        file.write("Package: libvirt-daemon-system\nVersion: 1\nArchitecture: all\n"
                   "Maintainer: nobody <nobody@localhost>\nDescription: for a test\n")
    script = os.path.join(tree, "DEBIAN", "postinst")
    with open(script, "w") as file:
        file.write("#!/bin/sh\nfor group in kvm libvirt libvirt-qemu; do\n"
                   "groupadd --force --system $group; done\n")
    os.chmod(script, 0o755)
    path = os.path.join(directory, "libvirt.deb")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, path], check=True,
                   stdout=subprocess.DEVNULL)
    return path


class Contents(unittest.TestCase):
    def test_version(self):
        """One version, told by the build, the packages, and the change log."""
        with open(os.path.join(TOP, "meson.build")) as file:
            version = re.search(r"version: '(.*)'", file.read()).group(1)
        for name in OURS:
            with self.subTest(name):
                told = subprocess.run(["dpkg-deb", "-f", package(name), "Version"], check=True,
                                      capture_output=True, text=True).stdout.strip()
                self.assertEqual(told.rsplit("-", 1)[0], version)

    def test_files(self):
        with System() as system:
            system.install(*map(package, OURS))
            for name in OURS:
                listed = set(system.run("dpkg", "-L", name).split())
                for path, mode in FILES[name].items():
                    with self.subTest(path):
                        self.assertIn(path, listed)
                        self.assertEqual(oct(system.mode(path)), oct(mode))
                conffiles = system.run("dpkg-query", "-W", "-f", "${Conffiles}", name)
                self.assertEqual(set(re.findall(r"^ (/\S+)", conffiles, re.M)), CONFFILES[name])
            for program in ("guestops", "guestopsd", "guestops-agent",
                            "/usr/libexec/guestops/guestops-libvirt"):
                self.assertIn(os.path.basename(program) + " ", system.run(program, "--version"))


class Install(unittest.TestCase):
    def test_user(self):
        """Who can log in to nothing, owns the state, and is in groups that are there."""
        with System() as system:
            system.run("groupadd", "--system", "libvirt-qemu")
            system.install(package("guestops"))
            entry = system.run("getent", "passwd", "guestops").split(":")
            self.assertEqual(entry[5:], ["/var/lib/guestops", "/usr/sbin/nologin\n"])
            self.assertRegex(system.run("getent", "shadow", "guestops"), "^guestops:!")
            self.assertEqual(oct(system.mode("/var/lib/guestops")), "0o700")
            self.assertEqual(os.stat(system.path("/var/lib/guestops")).st_uid, int(entry[2]))
            self.assertEqual(set(system.run("id", "-nG", "guestops").split()),
                             {"guestops", "libvirt-qemu"})

    def test_libvirt_later(self):
        with System() as system, tempfile.TemporaryDirectory() as directory:
            system.install(package("guestops"))
            self.assertNotIn("libvirt", system.run("id", "-nG", "guestops"))
            system.install(libvirt(directory))
            self.assertEqual(set(system.run("id", "-nG", "guestops").split()),
                             {"guestops", "kvm", "libvirt", "libvirt-qemu"})

    def test_group_that_was_left(self):
        """Whatever comes after, the user is not put back into it."""
        with System() as system, tempfile.TemporaryDirectory() as directory:
            system.install(package("guestops"))
            system.install(libvirt(directory))
            system.run("gpasswd", "-d", "guestops", "libvirt")
            system.install(libvirt(directory))
            system.install(newer("guestops", directory))
            self.assertEqual(set(system.run("id", "-nG", "guestops").split()),
                             {"guestops", "kvm", "libvirt-qemu"})

    def test_works(self):
        """The daemon as its user and the agent as root: a user's program, from end to end."""
        with System() as system:
            system.install(package("guestops"), package("guestops-agent"))
            system.add_user("alice")
            vm = system.add_machine()
            system.start_agent("/usr/sbin/guestops-agent")
            client = system.start_daemon()
            self.assertEqual(client.port, 8697)
            self.assertEqual(system.run_program(vm, "alice"), 7)
            refused = client.try_start(vm.ref, auth("alice", "wrong"), spec("/bin/true"))
            self.assertEqual(refused.json["_typeName"], "InvalidGuestLogin")

    def test_upgrade(self):
        """Changed configuration and the state stay, whatever the scripts do."""
        with System() as system, tempfile.TemporaryDirectory() as directory:
            system.install(*map(package, OURS))
            system.write("/etc/guestops/guestopsd.conf", "[http]\nport = 8700\n")
            system.write("/etc/guestops/agent.conf", "[agent]\nport = other\n")
            system.write("/etc/guestops/vms.d/web1.conf", "[vm]\n")
            system.write("/var/lib/guestops/users", "")
            before = system.files()
            system.install(*(newer(name, directory) for name in OURS))
            self.assertIn("+later", system.run("dpkg-query", "-W", "guestops"))
            self.assertEqual(system.files(), before)


class Purge(unittest.TestCase):
    def purge(self, system, *names):
        system.run("dpkg", "--purge", *names)

    def test_nothing_is_left(self):
        with System() as system:
            system.run("groupadd", "--system", "libvirt")
            before = system.files()
            users = set(system.read("/etc/passwd").splitlines())
            system.install(*map(package, OURS))
            # Each of these comes with use.
            system.start_daemon()
            system.stop()
            system.write("/run/guestops-agent.frozen", "")
            self.assertTrue(os.path.exists(system.path("/var/lib/guestops/audit.jsonl")))
            self.purge(system, *OURS)
            self.assertEqual(system.files(), before)
            # But for the user, so that nobody else gets its number.
            added = set(system.read("/etc/passwd").splitlines()) - users
            self.assertEqual([line.split(":")[0] for line in added], ["guestops"])

    def test_after_removal(self):
        """Configuration and state outlive a removal."""
        with System() as system:
            before = system.files()
            system.install(*map(package, OURS))
            system.write("/var/lib/guestops/users", "alice:x:Admin\n")
            system.run("dpkg", "--remove", *OURS)
            left = system.files()
            self.assertIn("/etc/guestops/guestopsd.conf", left)
            self.assertIn("/etc/guestops/agent.conf", left)
            self.assertIn("/var/lib/guestops/users", left)
            self.assertNotIn("/usr/sbin/guestopsd", left)
            self.purge(system, *OURS)
            self.assertEqual(system.files(), before)

    def test_administrators_files_stay(self):
        with System() as system:
            system.install(*map(package, OURS))
            system.write("/etc/guestops/vms.d/web1.conf", "[vm]\n")
            self.purge(system, *OURS)
            self.assertEqual(system.read("/etc/guestops/vms.d/web1.conf"), "[vm]\n")
