"""Packages are purged, and nothing is left."""
from host import HostCase, env

AGENT = "guestops-agent"


class Purge(HostCase):
    def test_agent(self):
        running = self.start("demo", "/bin/sleep", "605")
        self.guest.sh(f"dpkg --purge {AGENT}", 400)
        self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsUnavailable")
        self.assertEqual(self.guest.command(f"systemctl status {AGENT}")[0], 4)
        self.guest.sh(f"kill {running}")  # it ran on

    def test_nothing_is_left(self):
        """Of all packages; but for the daemon's user, whose number nobody shall get."""
        self.guest.sh("dpkg --purge guestops", 400)
        self.assertEqual(env.list_files() - env.files, set())
        accounts = self.guest.sh("getent passwd; getent group").splitlines()
        more = [line for line in accounts if line not in env.accounts.splitlines()]
        self.assertEqual([line for line in more if "guestops" not in line], [])
