"""What the tests of adversities share: markers that tell what ran, and guests that may be ruined."""
import contextlib
import copy
import os
import subprocess
import threading

from ctl import Ctl
from guestops import ROOT, VM_TOOLS, Guest, Vm, auth, spec, wait_for
from support import GuestCase, env, unique


class AdversityCase(GuestCase):
    @contextlib.contextmanager
    def without_daemon(self):
        env.daemon.stop()
        try:
            yield
        finally:
            env.daemon.start()
            env.wait_ready()
            self.client = env.client()
            self.addCleanup(self.client.close)

    def agent_lives_on(self):
        """Returns its pid, which has to be the same when the test is over."""
        agent = self.guest.agent_pid()
        self.addCleanup(lambda: self.assertEqual(self.guest.agent_pid(), agent))
        return agent

    def marker(self):
        """A program that leaves its pid in a file of its own, and the file."""
        file = f"/tmp/{unique('mark')}"
        self.addCleanup(lambda: self.guest.command(f"rm -f {file}"))
        return file, spec("/bin/sh", f"-c 'echo $$ >> {file}'")

    def pids_in(self, file):
        return [int(line) for line in
                self.guest.command(f"cat {file} 2>/dev/null")[1].split()]

    def begun(self, file):
        """How many programs the agent has started that name this file."""
        return len([row for row in self.rows("root") if file in row["cmdLine"]])

    def assertNeverRan(self, file):
        """The agent is live, and whatever came before has been dealt with."""
        self.assertEqual(self.run_program("root", "/bin/true")["exitCode"], 0)
        self.assertEqual(self.begun(file), 0)
        self.assertEqual(self.pids_in(file), [])

    def assertRanOnce(self, file, pid):
        self.finish("root", pid)
        self.assertEqual(self.pids_in(file), [pid])


class OwnGuest(AdversityCase):
    """With a guest that may be ruined."""

    memory = 256  # MB

    def setUp(self):
        super().setUp()
        self.guest = Guest(env.guest.guest, os.path.join(env.build, "guestops-agent"),
                           os.path.join(ROOT, "data", "guestops-agent.pam"), memory=self.memory)
        self.addCleanup(self.guest.stop)
        self.guest.boot()
        self.machine = self.put(self.guest)
        self.vm = self.machine.ref
        self.wait_ready(self.machine)

    def put(self, guest):
        machine = env.daemon.put_vm(Vm(unique("own"), "qmp", guest.path("agent.sock"),
                                       guest.path("qmp.sock")))
        self.addCleanup(env.daemon.remove_vm, machine)
        return machine

    def wait_ready(self, machine, deadline=120):
        wait_for(lambda: self.client.try_list(machine.ref, auth("root"), [1]).status == 200,
                 f"{machine.name} is ready", deadline)

    def job(self, command, **arguments):
        job = unique("job")
        self.guest.qmp(command, **{"job-id": job, **arguments})

        def ended():
            for row in self.guest.qmp("query-jobs"):
                if row["id"] == job and row["status"] == "concluded":
                    return row

        row = wait_for(ended, f"{command} has ended", 60)
        self.guest.qmp("job-dismiss", id=job)
        self.assertNotIn("error", row)

    def state_goes_to(self, uri):
        """The machine's memory; it stands still afterwards."""
        self.guest.qmp("migrate", uri=uri)

        def completed():
            status = self.guest.qmp("query-migrate")["status"]
            self.assertNotIn(status, ("failed", "cancelled"))
            return status == "completed"

        wait_for(completed, "all memory has been sent", 60)

    def second(self, name, incoming):
        """The same QEMU once more, in another folder, made of the state that comes from there."""
        other = copy.copy(self.guest)
        other.run = os.path.join(self.guest.directory, name)
        other._lock = threading.Lock()
        other._ctl = Ctl(other.path("ctl.sock"), deadline=60)
        os.mkdir(other.run)
        os.link(self.guest.path("initrd"), other.path("initrd"))
        with open(self.guest.path("qemu.pid")) as file:
            pid = file.read().strip()
        with open(f"/proc/{pid}/cmdline") as file:
            line = [word.replace(self.guest.run + "/", other.run + "/")
                    for word in file.read().split("\0")[:-1]]
        subprocess.run(line + ["-incoming", incoming], check=True)
        self.addCleanup(subprocess.run, [os.path.join(VM_TOOLS, "stop-guest"), "--run",
                                         other.run], check=False)
        self.addCleanup(other._ctl.close)
        return other
