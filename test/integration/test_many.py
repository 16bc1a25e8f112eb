"""Ten thousand programs one after another: everything is back to where it was."""
import os
import unittest

import native
from guestops import SANITIZER, Vm, auth, spec, wait_for
from support import GuestCase, env, parallel, unique

CONF = "[guestoperations]\nretention = 1\n"
CONNECTIONS = 4
HELPERS_IDLE = 2  # logins are quicker with them; the agent has a socket and a pidfd of each


class Starts(GuestCase):
    def usage(self, guest):
        """Of the agent and the daemon, when nothing is remembered any more."""
        agent = guest.agent_pid()
        rss, fds, helpers, agents = map(int, guest.sh(
            f"grep VmRSS /proc/{agent}/status | tr -dc 0-9; echo; ls /proc/{agent}/fd | wc -l; "
            f"pgrep -c -P {agent}; pgrep -c -x guestops-agent").split())
        self.assertLessEqual(helpers, HELPERS_IDLE)
        daemon = f"/proc/{env.daemon.process.pid}"
        with open(f"{daemon}/status") as file:
            line, = (line for line in file if line.startswith("VmRSS"))
        return {"agent KiB": rss, "agent descriptors": fds - 2 * helpers, "agents": agents,
                "daemon KiB": int(line.split()[1]),
                "daemon descriptors": len(os.listdir(f"{daemon}/fd"))}

    def run_starts(self, guest, vm, number):
        """On kept connections, each program after the one before on the same."""
        def work(client):
            for _ in range(number // CONNECTIONS):
                pid = client.start(vm, auth("root"), spec("/bin/true"))
            return pid

        clients = [self.client.copy() for _ in range(CONNECTIONS)]
        try:
            last = parallel([lambda c=client: work(c) for client in clients], 3600)
        finally:
            for client in clients:
                client.close()
        wait_for(lambda: not self.client.list(vm, auth("root"), last), "they are forgotten")
        return self.usage(guest)

    def many(self, guest, vm, number):
        before = self.run_starts(guest, vm, 400)
        after = self.run_starts(guest, vm, number)

        def closed():
            after["daemon descriptors"] = self.usage(guest)["daemon descriptors"]
            return after["daemon descriptors"] <= before["daemon descriptors"]

        wait_for(closed, "the daemon has closed what was closed")
        print(f"{number} programs: before {before}, after {after}")
        for key in ("agent descriptors", "agents"):
            self.assertEqual(after[key], before[key], (before, after))
        if not guest.sanitized:  # a sanitizer keeps what was freed
            for key in ("agent KiB", "daemon KiB"):
                self.assertLess(after[key], before[key] + 1024, (before, after))

    @unittest.skipUnless(native.is_able(), "needs root and namespaces")
    def test_ten_thousand(self):
        guest = native.NativeGuest(env.guest.guest, os.path.join(env.build, "guestops-agent"))
        self.addCleanup(guest.stop)
        guest.start(CONF)
        with env.machine(Vm(unique("native"), "local", guest.channel)) as vm:
            wait_for(lambda: self.client.try_list(vm.ref, auth("root"), [1]).status == 200,
                     "the agent is ready")
            self.many(guest, vm.ref, 10000)
        self.assertIsNone(SANITIZER.search(guest.log()))
