"""What thousands of agents cost the daemon, and how soon they are all back."""
import os
import resource
import shutil
import subprocess
import tempfile
import time

import herd
from common import (Picture, Result, Row, Series, Unavailable, below, figure, missing,
                    quantile, timed, up_to)
from guestops import Daemon, Vm, auth, spec, wait_for

TITLE = "Scale"
TEXT = (
    "One daemon with so many machines of provider local. Their agents are simulated, by a few "
    "processes that speak the real protocol on a socket for each machine (`test/bench/agents.c`); "
    "the last row has real ones. Memory is the daemon's anonymous memory beyond that without "
    "machines; idle is its processor time over some seconds in which nobody asks for anything. "
    "Back is counted from the start of the daemon's process, or of the agents', to the last agent's "
    "welcome. Meanwhile a client starts one program after another on a machine whose agent stays.")

NUMBERS = (0, 1000, 10000)
PART = 4500   # agents of one process; each has two descriptors
SETTLE = 6    # seconds: the first heartbeats are over
REAL = 200
KEEPS = "keeper"  # the machine whose agent stays


def cpu_seconds(pid):
    """Of all its threads, by the scheduler's own count."""
    spent = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat") as file:
            spent += int(file.read().split()[0])
    return spent / 1e9


class Log:
    """Counts what the daemon says of agents, from now on."""

    def __init__(self, daemon):
        open(daemon.log_path, "ab").close()
        self.file = open(daemon.log_path, errors="replace")
        self.file.seek(0, os.SEEK_END)
        self.ready = 0

    def has(self, number):
        self.ready += self.file.read().count(" is ready")
        return self.ready >= number

    def wait(self, number):
        wait_for(lambda: self.has(number), f"{number} agents are ready", 120, 0.002)
        self.close()

    def close(self):
        self.file.close()


class Crowd:
    def __init__(self, site, number):
        self.program = site.program("agents")
        self.number = number
        self.directory = tempfile.mkdtemp(prefix="go-", dir="/tmp")
        self.agents, self.keeper = [], None
        self.daemon = Daemon(site.program("guestopsd"), {("log", "level"): "info"})
        for n in range(number):
            self.daemon.put_vm(Vm(f"many-{n:05}", "local", f"{self.directory}/{n}.sock"))
        self.keeper_vm = self.daemon.put_vm(Vm(KEEPS, "local", f"{self.directory}/{number}.sock"))
        self.keeper = self._spawn(number, 1)
        self._wait_agent(self.keeper)

    def _spawn(self, first, count):
        return subprocess.Popen([self.program, self.directory, str(first), str(count)],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)

    @staticmethod
    def _wait_agent(process):
        if process.stdout.readline() != b"ready\n":
            raise Unavailable("simulated agents could not be had")

    def spawn_agents(self):
        self.agents = [self._spawn(first, min(PART, self.number - first))
                       for first in range(0, self.number, PART)]

    def start_agents(self):
        self.spawn_agents()
        for process in self.agents:
            self._wait_agent(process)

    def kill_agents(self):
        for process in self.agents:
            process.kill()
        for process in self.agents:
            process.wait()
        self.agents = []

    def start_daemon(self):
        """Seconds until all are ready."""
        log = Log(self.daemon)
        began = time.monotonic()
        self.daemon.start()
        log.wait(self.number + 1)
        return time.monotonic() - began

    def memory(self):
        return 1024 * herd.status(self.daemon.process.pid, "RssAnon")

    def idle(self, seconds):
        """Per cent of a processor."""
        pid = self.daemon.process.pid
        before, began = cpu_seconds(pid), time.monotonic()
        time.sleep(seconds)
        return 100 * (cpu_seconds(pid) - before) / (time.monotonic() - began)

    def start_program(self, client):
        """On the machine whose agent stays; milliseconds."""
        return timed(client.start, self.keeper_vm.ref, auth("demo"), spec("/bin/true"))

    def quiet(self, count):
        """Milliseconds of Starts one after another."""
        client = self.daemon.admin()
        took = [self.start_program(client) for _ in range(count)]
        client.close()
        return took

    def storm(self):
        """All agents but one are killed, and come back; seconds, and Starts meanwhile."""
        client = self.daemon.admin()
        self.kill_agents()
        log = Log(self.daemon)
        began = time.monotonic()
        self.spawn_agents()
        took = []
        while not log.has(self.number):
            took.append(self.start_program(client))
        back = time.monotonic() - began
        log.close()
        client.close()
        return back, took

    def close(self):
        self.kill_agents()
        self.keeper.kill()
        self.keeper.wait()
        self.daemon.stop()
        self.daemon.remove()
        shutil.rmtree(self.directory, ignore_errors=True)


def measure(site, number):
    """Figures by name."""
    crowd = Crowd(site, number)
    found = {"restart": [], "memory": [], "idle": [], "storm": [], "meanwhile": []}
    try:
        crowd.start_agents()
        quiet = None
        for _ in range(site.rounds):
            found["restart"].append(crowd.start_daemon())
            time.sleep(SETTLE)
            found["memory"].append(crowd.memory())
            found["idle"].append(crowd.idle(site.count(10)))
            if number:
                quiet = quiet or crowd.quiet(site.count(500))
                back, took = crowd.storm()
                found["storm"].append(back)
                found["meanwhile"].append(took)
            crowd.daemon.stop()
    finally:
        crowd.close()
    found["quiet"] = quiet
    return found


def real(site):
    """Seconds until so many real agents are back after a restart of the daemon, each round."""
    if not herd.is_able(REAL):
        raise Unavailable(f"{REAL} agents of this machine need root, namespaces and inotify")
    many = herd.Herd(site.build, site.guest, REAL)
    site.add(many)
    many.start()
    many.wait_ready(240)
    took = []
    for _ in range(site.rounds):
        many.daemon.stop()
        log = Log(many.daemon)
        began = time.monotonic()
        many.daemon.start()
        log.wait(REAL)
        took.append(time.monotonic() - began)
    return figure(took)


def rows_of(number, found, empty):
    last = number == NUMBERS[-1]
    each = [(memory - empty) / number / 1000 for memory in found["memory"]]
    return [
        Row(f"Memory for each of {number} agents", "kB", figure(each),
            goal=up_to(24) if last else None),
        Row(f"Idle with {number} agents", "% CPU", figure(found["idle"]),
            goal=below(1) if last else None),
        Row(f"{number} agents back after a restart of the daemon", "s", figure(found["restart"]),
            goal=up_to(5) if last else None),
        Row(f"{number} agents back after theirs", "s", figure(found["storm"])),
        Row(f"Start meanwhile, {number} agents, p99", "ms",
            Series(found["meanwhile"]).figure(0.99), Series([found["quiet"]]).figure(0.99),
            peer="when all is quiet"),
    ]


def run(site):
    able = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if able < NUMBERS[-1] + 1000:
        raise Unavailable(f"{NUMBERS[-1]} agents need more than {able} descriptors")
    rows, bars = [], []
    for number in NUMBERS:
        found = measure(site, number)
        if number == 0:
            empty = quantile(found["memory"], 0.5)
            rows += [Row("Memory without agents", "kB",
                         figure([memory / 1000 for memory in found["memory"]])),
                     Row("Idle without agents", "% CPU", figure(found["idle"]))]
            continue
        rows += rows_of(number, found, empty)
        bars += [(f"{number} agents, daemon restarted", figure(found["restart"])),
                 (f"{number} agents, agents restarted", figure(found["storm"]))]
    try:
        took = real(site)
        rows.append(Row(f"{REAL} real agents back after a restart of the daemon", "s", took))
        bars.append((f"{REAL} real agents, daemon restarted", took))
    except Unavailable as error:
        rows.append(missing(f"{REAL} real agents", str(error)))
    return Result(rows, [Picture("scale", "Until all agents are back", "s", bars)])
