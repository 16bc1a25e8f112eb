"""Packages are removed and purged, and nothing is left."""
from host import HostCase, env


class Purge(HostCase):
    def test_nothing_is_left(self):
        running = self.start("demo", "/bin/sleep", "605")
        self.guest.sh("dpkg --purge guestops-agent")
        self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsUnavailable")
        self.assertEqual(self.guest.command("systemctl status guestops-agent")[0], 4)
        self.guest.sh(f"kill {running}")  # it ran on
        self.assertEqual(env.list_files() - env.files, set())
        self.assertEqual(self.guest.sh("getent passwd; getent group"), env.accounts)
