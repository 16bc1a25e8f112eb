"""Many real agents as processes of one container, and a daemon that has a machine for each."""
import os

import native
from guestops import SANITIZER, Daemon, Vm, auth, wait_for

# Nothing is remembered for so long that it looks like a leak.
CONF = """[guestoperations]
retention = 1
[login]
credential_cache = 60
"""


# Of root's inotify instances: each agent has two. All containers share them.
INSTANCES = "/proc/sys/fs/inotify/max_user_instances"
ROOM = 4096  # for us, and for other tests beside us


def is_able():
    """Whether so many agents can run here."""
    return native.is_able() and os.access(INSTANCES, os.W_OK)


def status(pid, key):
    with open(f"/proc/{pid}/status") as file:
        line, = (line for line in file if line.startswith(f"{key}:"))
    return int(line.split()[1])


class Herd:
    def __init__(self, build, guest, count, settings=None):
        self.count = count
        self.native = native.NativeGuest(guest, os.path.join(build, "guestops-agent"))
        self.daemon = Daemon(os.path.join(build, "guestopsd"),
                             {("log", "level"): "info", **(settings or {})})
        self.vms = [Vm(f"herd-{n:03}", "local",
                       os.path.join(self.native.root, "run", "herd", f"{n}.sock"))
                    for n in range(count)]
        self.who = auth("root")

    def _make_room(self):
        """It stays so: others may count on it by the time that we have ended."""
        with open(INSTANCES) as file:
            able = int(file.read())
        if able < ROOM:
            with open(INSTANCES, "w") as file:
                file.write(str(ROOM))

    def start(self):
        self._make_room()
        self.native.start(CONF)
        self.native.sh("mkdir /run/herd")
        self.start_agents()
        for vm in self.vms:
            self.daemon.put_vm(vm)
        self.daemon.start()
        return self

    def close(self):
        self.daemon.stop()
        self.daemon.remove()
        said = self._end_agents() if self.native.process else ""
        self.native.stop()
        if SANITIZER.search(said):
            raise AssertionError(f"a sanitizer complains about an agent:\n{said[-6000:]}")

    # agents

    def start_agents(self):
        self.native.sh(f"for n in $(seq 0 {self.count - 1}); do "
                       "guestops-agent -l /run/herd/$n.sock </dev/null >>/run/herd/log 2>&1 & "
                       "echo $! >/run/herd/$n.pid; done")

    def signal(self, name, first=0, count=None):
        """To the monitors of these agents."""
        last = first + (self.count if count is None else count) - 1
        self.native.sh(f"cd /run/herd; for n in $(seq {first} {last}); do "
                       f"kill -{name} $(cat $n.pid); done")

    def _end_agents(self):
        """In good order: a sanitizer tells then what was never freed. Returns what all have said."""
        self.native.command("cd /run/herd && kill -TERM $(cat *.pid)")
        wait_for(lambda: self.native.command("pgrep -c -x guestops-agent")[1].strip() in ("0", "1"),
                 "agents end when they are told to")
        return self.log()

    def kill_agents(self):
        """All at once, with all that they were doing; returns when they are gone."""
        pids = self.native.sh("cat /run/herd/*.pid").split()
        self.signal("KILL")
        wait_for(lambda: self.native.command("pgrep -x guestops-agent | grep -Fxq "
                                             f"'{chr(10).join(pids)}'")[0] != 0, "they are gone")

    def log(self):
        code, said = self.native.command("cat /run/herd/log")
        return said if code == 0 else ""

    def agents_usage(self):
        """Descriptors and KiB of all agents, and how many processes of theirs there are."""
        fds, processes, *rss = self.native.sh(
            "cd /run/herd; fds=0; for pid in $(cat *.pid); do "
            "set -- /proc/$pid/fd/*; fds=$((fds + $#)); done; "
            "echo $fds $(pgrep -c -x guestops-agent); "
            "grep -h ^VmRSS: $(printf '/proc/%s/status ' $(cat *.pid)) | tr -dc '0-9\\n'").split()
        return int(fds), sum(map(int, rss)), int(processes)

    # the daemon

    def daemon_usage(self):
        """Its descriptors and its KiB."""
        pid = self.daemon.process.pid
        return len(os.listdir(f"/proc/{pid}/fd")), status(pid, "RssAnon")

    def kill_daemon(self):
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.daemon.process = None

    def n_ready(self, client):
        return sum(bool(client.get(f"VirtualMachine/{vm.moid}/guest").json["guestOperationsReady"])
                   for vm in self.vms)

    def wait_ready(self, deadline=60):
        client = self.daemon.admin()
        try:
            wait_for(lambda: self.n_ready(client) == self.count, "all agents are back", deadline)
        finally:
            client.close()
