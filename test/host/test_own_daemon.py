"""The daemon's package under systemd, with the Debian guest as its host and its only machine."""
import json

from guestops import RELEASE, quote, wait_for
from host import HostCase, env

UNIT = "guestopsd"
SOCKET = "/run/local-agent.sock"
UUID = "7f1f9c58-3a3c-4d0e-9b55-0f5f4f1b6a11"
# Its arguments: the password, the calls' common part, their names and bodies.
CALL = r"""#!/bin/bash
set -eu
call() { curl --silent --show-error --cacert /var/lib/guestops/certificate.pem \
    --header 'Content-Type: application/json' "$@"; }
url=https://localhost:8697/sdk/vim25/RELEASE
session=$(call --dump-header - --output /dev/null "$url/SessionManager/SessionManager/Login" \
    --data "{\"userName\":\"administrator\",\"password\":\"$1\"}" |
    sed -n 's/\r//; s/^vmware-api-session-id: //Ip')
shift
while [ $# -gt 0 ]; do
    call --header "vmware-api-session-id: $session" --data "$2" "$url/$1"
    echo
    shift 2
done
""".replace("RELEASE", RELEASE)
PROCESSES = "GuestProcessManager/guestOperationsProcessManager"
VM = {"_typeName": "ManagedObjectReference", "type": "VirtualMachine", "value": f"vm-{UUID}"}
AUTH = {"_typeName": "NamePasswordAuthentication", "interactiveSession": False,
        "username": "demo", "password": "demo-secret"}


class OwnDaemon(HostCase):
    @classmethod
    def setUpClass(cls):
        guest = env.guest
        env.install("now", "guestops")
        guest.sh(f"systemd-run --quiet --unit=local-agent guestops-agent --listen={SOCKET}")
        wait_for(lambda: guest.command(f"test -S {SOCKET}")[0] == 0, "the second agent listens")
        # Its socket is root's; it is up to the administrator who may reach it.
        guest.sh(f"chgrp guestops {SOCKET} && chmod 660 {SOCKET}")
        guest.sh(f"cat >/etc/guestops/vms.d/self.conf <<'EOF'\n[vm]\nprovider = local\n"
                 f"name = self\nuuid = {UUID}\nchannel = {SOCKET}\nEOF")
        cls.wait_listening()
        guest.sh(f"systemctl reload {UNIT}")
        guest.sh(f"cat >/root/call <<'EOF'\n{CALL}EOF\nchmod 700 /root/call")
        cls.password = guest.sh(f"journalctl --unit={UNIT} --output=cat | "
                                "sed -n 's/.*administrator with password \\([^ ]*\\).*/\\1/p'"
                                ).strip()

    @classmethod
    def tearDownClass(cls):
        env.guest.sh("systemctl stop local-agent; "
                     f"rm -f /root/call {SOCKET} /etc/guestops/vms.d/self.conf")

    @classmethod
    def wait_listening(cls):
        pid = f"$(systemctl show --property=MainPID --value {UNIT})"
        wait_for(lambda: "listening on" in env.guest.sh(
            f"journalctl --output=cat --unit={UNIT} _PID={pid}"), "the inner daemon listens", 120)

    def calls(self, *calls):
        """The answers of the daemon in the guest, which the outer one's programs talk to."""
        words = " ".join(quote(word) for path, body in calls for word in (path, json.dumps(body)))
        text = self.output("root", "/root/call", f"{self.password} {words}")
        return [json.loads(line) for line in text.splitlines()]

    def test_operations(self):
        start = {"vm": VM, "auth": AUTH, "spec": {"_typeName": "GuestProgramSpec",
                                                  "programPath": "/bin/sh",
                                                  "arguments": "-c \"exit 23\""}}
        pid, = self.calls((f"{PROCESSES}/StartProgramInGuest", start))
        self.assertIsInstance(pid, int)

        def ended():
            rows, = self.calls((f"{PROCESSES}/ListProcessesInGuest",
                                {"vm": VM, "auth": AUTH, "pids": [pid]}))
            return rows[0] if "endTime" in rows[0] else None

        self.assertEqual(wait_for(ended, "the inner program's end")["exitCode"], 23)
        self.assertIn('"StartProgramInGuest"', self.guest.sh("cat /var/lib/guestops/audit.jsonl"))

    def test_confined(self):
        self.assertEqual(self.property(UNIT, "ActiveState"), "active")
        pid = self.property(UNIT, "MainPID")
        status = dict(line.split(":\t") for line in
                      self.guest.sh(f"cat /proc/{pid}/status").splitlines())
        self.assertNotEqual(status["Uid"].split()[1], "0")
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        self.assertEqual(int(status["CapEff"], 16) | int(status["CapBnd"], 16), 1 << 10)
        self.assertEqual(self.guest.sh(f"cat /proc/{pid}/attr/current").strip(),
                         "guestopsd (enforce)")
        self.assertEqual(self.guest.sh("stat -c '%U %a' /var/lib/guestops").strip(),
                         "guestops 700")
        self.assertEqual(self.guest.sh("dmesg | grep 'apparmor=\"DENIED\"' || :"), "")

    def test_restarted(self):
        self.guest.sh(f"systemctl restart {UNIT}")
        self.wait_listening()
        rows, = self.calls((f"{PROCESSES}/ListProcessesInGuest",
                            {"vm": VM, "auth": AUTH, "pids": [1]}))
        self.assertEqual(rows[0]["pid"], 1)
