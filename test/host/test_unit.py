"""The agent's package under systemd: its unit, and what users' programs have of it."""
from guestops import wait_for
from host import HostCase, env

UNIT = "guestops-agent"


class Unit(HostCase):
    def test_started_by_its_port(self):
        self.assertEqual(self.property(UNIT, "ActiveState"), "active")
        self.assertEqual(self.property(UNIT, "UnitFileState"), "disabled")
        self.assertIn("vport", self.property(UNIT, "WantedBy"))
        version = env.packaged(UNIT)
        self.assertEqual(self.guest.sh("guestops-agent --version").strip(), f"{UNIT} {version}")
        self.assertEqual(self.info()["toolsVersion"], version)

    def test_restarted(self):
        ended = self.start("demo", "/bin/sh", "-c 'exit 3'")
        self.finish("demo", ended)
        running = self.start("demo", "/bin/sleep", "601")
        self.restart()
        self.assertEqual(self.rows("demo", [ended]), [])
        self.assertOrdinary(running, "/bin/sleep 601")
        self.assertEqual(self.run_program("demo", "/bin/sh", "-c 'exit 4'")["exitCode"], 4)

    def test_killed(self):
        running = self.start("demo", "/bin/sleep", "602")
        self.restart("systemctl kill --kill-who=main --signal=KILL", UNIT)
        self.assertOrdinary(running, "/bin/sleep 602")

    def test_stopped(self):
        self.guest.sh(f"systemctl stop {UNIT}")
        try:
            self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsUnavailable")
            wait_for(lambda: not self.info()["guestOperationsReady"], "its end is known")
        finally:
            self.guest.sh(f"systemctl start {UNIT}")
        env.wait_ready()
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)


class Programs(HostCase):
    def test_not_confined(self):
        wanted = "/NoNewPrivs|Seccomp:|CapBnd|Cpus_allowed:/"
        first = self.guest.sh(f"awk '{wanted}' /proc/1/status")
        for user in ("demo", "root"):
            with self.subTest(user):
                self.assertEqual(self.output(user, "/usr/bin/awk", f"'{wanted}' /proc/self/status"),
                                 first)
        for namespace in ("mnt", "net", "ipc", "pid", "user"):
            self.assertEqual(self.output("root", "/usr/bin/readlink", f"/proc/self/ns/{namespace}"),
                             self.guest.sh(f"readlink /proc/1/ns/{namespace}"))

    def test_set_user_id(self):
        """su(1) asks PAM as root for demo's program."""
        self.assertEqual(self.output("demo", "/bin/sh",
                                     "-c 'echo alice-secret | su alice -c \"id -un\" 2>/dev/null'"),
                         "alice\n")

    def test_environment(self):
        text = self.output("demo", "/usr/bin/env")
        self.assertNotIn("INVOCATION_ID", text)
        self.assertNotIn("SYSTEMD", text)
        self.assertIn("HOME=/home/demo\n", text)
