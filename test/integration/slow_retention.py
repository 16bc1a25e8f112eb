"""The five minutes, by the clock on the wall. Run by `make check-slow`."""
import datetime

from guestops import wait_for
from support import GuestCase

RETENTION = datetime.timedelta(minutes=5)


class Retention(GuestCase):
    def test_five_minutes(self):
        pid = self.start("demo", "/bin/sh", "-c 'exit 9'")
        ended = datetime.datetime.fromisoformat(
            self.finish("demo", pid)["endTime"].replace("Z", "+00:00"))
        last = None

        def forgotten():
            nonlocal last
            rows = self.rows("demo", [pid])
            if rows:
                self.assertEqual(rows[0]["exitCode"], 9)
                last = datetime.datetime.now(datetime.timezone.utc)
            return not rows

        wait_for(forgotten, "the exit code is forgotten", 330, poll=1)
        self.assertGreater(last - ended, RETENTION - datetime.timedelta(seconds=5))
