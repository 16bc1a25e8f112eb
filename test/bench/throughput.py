"""Starts per second, in one guest and in many."""
import os
import shutil
import tempfile
import time

from clients import PROCESSES, by_json, load, start_by_json
from common import Picture, Result, Row, Unavailable, above, at_least, interleave, missing
from guestops import Vm, wait_for
from start import SHELL

TITLE = "Throughput"
TEXT = (
    "Starts of `/bin/true` per second, from the first request until the agent knows the end of the "
    "last program: what can be kept up, with what the programs themselves take of the processor. The "
    "requests come over so many kept connections at once. The limit is fork and exec of `bash -c` by "
    "a program in the same guest that does nothing else, with so many at once that have not got to "
    "their exec, until the end of the last one; guestops leaves the shell out where it would do nothing "
    "but execute the program, so 16 at once are also shown of a command line that needs it. Client, daemon and the native agents share this "
    "machine's cores; the limit has them for itself.")

CONCURRENCY = (1, 4, 16, 64)
SIMULATED = 50
WHY = ("Per start the agent's guest also carries two round trips on the port, a fork of more memory, and "
       "a worker that becomes the user; and where many programs run, each of them interrupts the others' "
       "way through the emulated processor's caches.")
WHY_NATIVE = ("The limit of this machine, in the row above, is what all of its cores give for bash "
              "and true alone; client and daemon take their part of the same cores.")


def rate(site, machine, count, connections, program=("/bin/true",)):
    """Starts per second, their end included."""
    with tempfile.TemporaryDirectory() as directory:
        began = time.monotonic()
        took, each = load(site.program("load"), machine.daemon.port, [start_by_json(machine, program=program)],
                          directory, count, connections)
        loading = time.monotonic() - began
    pids = [pid for _, pid in each]
    machine.client.close()  # it may have been idle for too long
    wait_for(lambda: all("endTime" in row for row in
                         machine.client.list(machine.vm.ref, machine.who, pids)),
             "the programs have ended", 120, 0.005)
    # Without what the generator took for itself, to connect and to print.
    return count / (time.monotonic() - began - (loading - took))


def limit(machine, count, concurrency):
    return count / (float(machine.guest.sh(f"spawn-limit rate {count} {concurrency}")) / 1e6)


def in_one(site, machine, counts, kind):
    """Rows and bars of a guest."""
    rows, bars = [], []
    for concurrency in CONCURRENCY:
        n = site.count(counts[concurrency])
        found = interleave(max(2, site.rounds - 2), {
            "ours": lambda: rate(site, machine, n, concurrency),
            "limit": lambda: limit(machine, n, concurrency)})
        ours, other = found["ours"].figure(), found["limit"].figure()
        goal = at_least(0.8) if concurrency == 16 and kind == "emulated" else None
        rows.append(Row(f"{kind} guest, {concurrency} at once", "starts/s", ours, other,
                        peer="fork and exec", goal=goal, why=WHY))
        if concurrency == 16:
            shell = interleave(max(2, site.rounds - 2), {
                "ours": lambda: rate(site, machine, n, 16, SHELL),
                "limit": lambda: limit(machine, n, 16)})
            rows.append(Row(f"{kind} guest, 16 at once, by a shell", "starts/s",
                            shell["ours"].figure(), shell["limit"].figure(),
                            peer="fork and exec", goal=goal, why=WHY))
        bars += [(f"guestops, {concurrency} at once", ours),
                 (f"fork and exec, {concurrency} at once", other)]
    return rows, bars


class Many:
    """Agents as processes of one container, each a machine of the daemon."""

    def __init__(self, machine, number):
        self.machine, guest = machine, machine.guest
        sockets = [f"/run/agent-{i}.sock" for i in range(number)]
        guest.sh("for s in " + " ".join(sockets) + "; do setsid guestops-agent -l $s "
                 "--log-level=warning </dev/null >/dev/null 2>&1 & done")
        self.vms = [Vm(f"simulated-{i}", "local", guest.root + path)
                    for i, path in enumerate(sockets)]
        for vm in self.vms:
            with open(self._conf(vm), "w") as file:
                file.write(vm.text())
        machine.daemon.reload()
        for vm in self.vms:
            wait_for(lambda vm=vm: machine.client.try_list(vm.ref, machine.who, [1]).status == 200,
                     "a simulated guest is ready", 60)

    def requests(self):
        return [by_json(self.machine.client, f"{PROCESSES}/StartProgramInGuest",
                        {"vm": vm.ref, "auth": self.machine.who,
                         "spec": {"_typeName": "GuestProgramSpec", "programPath": "/bin/true",
                                  "arguments": ""}}) for vm in self.vms]

    def rate(self, site, count):
        """Starts per second until the last answer; most have ended then."""
        directory = tempfile.mkdtemp()
        try:
            took, _ = load(site.program("load"), self.machine.daemon.port, self.requests(),
                           directory, count, len(self.vms))
        finally:
            shutil.rmtree(directory)
        return count / took

    def end(self):
        self.machine.guest.sh("pkill -f '[-]-log-level=warning'; :")
        for vm in self.vms:
            os.unlink(self._conf(vm))
        self.machine.daemon.reload()

    def _conf(self, vm):
        return os.path.join(self.machine.daemon.vms, f"{vm.name}.conf")


def in_many(site, machine):
    many = Many(machine, SIMULATED)
    n = site.count(2000)
    try:
        found = interleave(max(2, site.rounds - 2), {
            "ours": lambda: many.rate(site, n),
            "limit": lambda: limit(machine, n, SIMULATED)})
    finally:
        many.end()
    return Row(f"{SIMULATED} simulated guests, a connection each", "starts/s",
               found["ours"].figure(), found["limit"].figure(), peer="fork and exec")


def run(site):
    rows, bars = in_one(site, site.machine, dict.fromkeys(CONCURRENCY, 60), "emulated")
    pictures = [Picture("throughput", "Starts in one emulated guest", "starts per second", bars)]
    try:
        machine = site.native
    except Unavailable as error:
        return Result([*rows, missing("native guests", str(error))], pictures)
    more, bars = in_one(site, machine, dict.fromkeys(CONCURRENCY, 1000), "native")
    pictures.append(Picture("throughput-native", "Starts in one guest of this machine's own speed",
                            "starts per second", bars))
    best = max((row.ours for row in more), key=lambda figure: figure.value)
    more.append(Row("native guest, at best", "starts/s", best, goal=above(1200), why=WHY_NATIVE))
    return Result([*rows, *more, in_many(site, machine)], pictures)
