"""The units, as far as they can be looked at without systemd as init."""
import os
import re
import shutil
import subprocess
import unittest

from system import System, package

EXPOSURE_MAX = 2.0


def settings(text):
    """Name to values, of a unit."""
    found = {}
    for name, value in re.findall(r"^(\w+)=(.*)$", text, re.M):
        found.setdefault(name, []).append(value)
    return found


class Units(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = cls.enterClassContext(System())
        cls.system.install(package("guestops"), package("guestops-agent"))

    def unit(self, name):
        return f"/lib/systemd/system/{name}.service"

    def test_understood(self):
        """No word of them is unknown to systemd."""
        for name in ("guestopsd", "guestops-agent"):
            with self.subTest(name):
                done = self.system.run("systemd-analyze", "verify", "--man=no", self.unit(name))
                self.assertNotIn(f"{name}.service:", done)

    def test_daemon_exposure(self):
        told = self.system.run("systemd-analyze", "security", "--offline=true", "--no-pager",
                               self.unit("guestopsd"))
        exposure = float(re.search(r"exposure level for \S+: ([\d.]+)", told).group(1))
        print(f"exposure {exposure} ", end="", flush=True)
        self.assertLess(exposure, EXPOSURE_MAX, told)

    def test_daemon_is_confined(self):
        unit = settings(self.system.read(self.unit("guestopsd")))
        for name, value in {"User": "guestops", "NoNewPrivileges": "yes",
                            "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
                            "ProtectSystem": "strict", "RuntimeDirectoryMode": "0750",
                            "StateDirectoryMode": "0700"}.items():
            self.assertEqual(unit.get(name), [value], name)

    def test_programs_of_users_are_not_confined(self):
        """What confines the agent's unit confines whatever a user starts; and they live on."""
        unit = settings(self.system.read(self.unit("guestops-agent")))
        self.assertEqual(unit["KillMode"], ["process"])
        for name in unit:
            self.assertNotRegex(name, "^(NoNewPriv|Protect|Private|Restrict|SystemCall|Cap|Limit"
                                      "|Memory|Lock|ReadOnly|ReadWrite|Inaccessible|Device|User)")

    def test_port_starts_the_agent(self):
        rule = self.system.read("/lib/udev/rules.d/60-guestops-agent.rules")
        for word in ('SUBSYSTEM=="virtio-ports"', 'ATTR{name}=="org.guestops.agent.0"',
                     'TAG+="systemd"', 'ENV{SYSTEMD_WANTS}+="guestops-agent.service"'):
            self.assertIn(word, rule)
        wants = self.system.path("/etc/systemd/system/multi-user.target.wants")
        self.assertNotIn("guestops-agent.service", os.listdir(wants))
        self.assertIn("guestopsd.service", os.listdir(wants))

    @unittest.skipUnless(shutil.which("apparmor_parser"), "there is no apparmor_parser")
    def test_profile(self):
        done = subprocess.run(["apparmor_parser", "-Q", "-K",
                               self.system.path("/etc/apparmor.d/guestopsd")],
                              capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
