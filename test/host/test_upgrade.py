"""The next version of the agent's package is installed while programs run."""
from guestops import wait_for
from host import HostCase, env


class Upgrade(HostCase):
    def test_programs_go_on(self):
        old = self.guest.agent_pid()
        running = self.start("demo", "/bin/sleep", "603")
        began = self.guest.sh(f"cut -d ' ' -f 22 /proc/{running}/stat")
        version = env.packaged("guestops-agent", "next")
        self.assertNotEqual(self.info()["toolsVersion"], version)
        env.install("next", "guestops-agent")
        wait_for(lambda: self.info().get("toolsVersion") == version, "the next version runs", 60)
        env.wait_ready()
        self.assertNotEqual(self.guest.agent_pid(), old)
        self.assertEqual(self.property("guestops-agent", "ActiveState"), "active")
        self.assertEqual(self.guest.sh(f"cut -d ' ' -f 22 /proc/{running}/stat"), began)
        self.assertOrdinary(running, "/bin/sleep 603")
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 5'")["exitCode"], 5)
