"""From the request to the pid."""
import time

import peers
from clients import Kept, list_by_json, start_by_json, start_by_soap
from common import (Picture, Result, Row, Unavailable, at_most, below, interleave, missing,
                    timed)

TITLE = "Start"
TEXT = (
    "StartProgramInGuest of `/bin/true`, from the request to the pid in the answer, over a TLS "
    "connection that is kept, the guest user's credentials remembered. The next one begins when "
    "the program of the one before has ended. The limit is fork and exec of `bash -c` in the same "
    "guest, by a program that does nothing else. guestops executes what needs no shell without one, "
    "so the same is shown of a command line that needs one. qemu-ga is Debian's, with `bash -c`, over "
    "a connection to its port that is kept. ssh runs `/bin/true` by QEMU's user network, the end of "
    "the program included, which it cannot tell apart. At the end the same of an agent on a UNIX "
    "socket of this machine.")

SHELL = ("/bin/true", "2>&1")  # a redirection takes a shell
PAUSE = 0.02  # seconds between looks whether a program has ended

WHY = ("The limit is one fork and one exec. Before them are the request's way through the port, the "
       "question whether the host still wants it, without which a machine that goes back to a snapshot "
       "would start the program twice, and its answer: two round trips on the port, each of about 0.8 "
       "ms. The agent's fork copies the tables of more memory than the limit's, and its child gives up "
       "what it must not have and becomes the user.")


def spawn_limit(guest, count):
    """Pairs: milliseconds to the exec, and to the end."""
    lines = guest.sh(f"spawn-limit each {count}").split("\n")
    return [tuple(float(usec) / 1000 for usec in line.split()) for line in lines if line]


def wait_end(kept, machine, pid, pause=PAUSE):
    request = list_by_json(machine, pid).data()
    while b'"endTime"' not in kept.ask(request):
        time.sleep(pause)


def start_each(kept, machine, request, count):
    """Milliseconds of each."""
    data, took = request.data(), []
    kept.wake()
    for _ in range(count):
        began = time.perf_counter()
        body = kept.ask(data)
        took.append(1000 * (time.perf_counter() - began))
        pid = body.split(b"<returnval>")[-1].split(b"<")[0]
        wait_end(kept, machine, int(pid))
    return took


def start_each_by_qga(qga, count):
    took = []
    for _ in range(count):
        began = time.perf_counter()
        pid = qga.start()
        took.append(1000 * (time.perf_counter() - began))
        while not qga.has_ended(pid):
            time.sleep(PAUSE)
    return took


def emulated(site):
    """A series for each side that can be had, and why the others cannot."""
    machine, n = site.machine, site.count(40)
    kept, soap = Kept(machine.daemon), machine.daemon.soap()
    sides = {
        "json": lambda: start_each(kept, machine, start_by_json(machine), n),
        "soap": lambda: start_each(kept, machine, start_by_soap(machine, soap), n),
        "shell": lambda: start_each(kept, machine, start_by_json(machine, program=SHELL), n),
        "raw": lambda: [start for start, _ in spawn_limit(machine.guest, n)],
    }
    failed = {}
    try:
        qga = peers.qga(machine)
        sides["qga"] = lambda: start_each_by_qga(qga, n)
    except Unavailable as error:
        failed["qemu-ga"] = str(error)
    return interleave(site.rounds, sides), failed


def by_ssh(site):
    ssh = site.add(peers.Ssh(site.machine, site.ssh_port))

    def with_master():
        ssh.master()
        try:
            return [timed(ssh.true) for _ in range(site.count(4))]
        finally:
            ssh.end_master()

    return interleave(site.rounds, {
        "ssh": lambda: [timed(ssh.true) for _ in range(site.count(2))],
        "ssh, master": with_master})


def native(site):
    machine, n = site.native, site.count(200)
    kept = Kept(machine.daemon)
    return interleave(site.rounds, {
        "json": lambda: start_each(kept, machine, start_by_json(machine), n),
        "raw": lambda: [start for start, _ in spawn_limit(machine.guest, n)]})


def rows_of(found, failed, ssh):
    rows = []
    for wire, name in (("json", "VI/JSON"), ("soap", "SOAP")):
        for q in (0.5, 0.99):
            what = f"{name}, p{q * 100:.0f}"
            rows.append(Row(what, "ms", found[wire].figure(q), found["raw"].figure(q),
                            peer="fork and exec", goal=at_most(1, plus=0.6) if q == 0.5 else None,
                            why=WHY))
            if "qga" in found:
                rows.append(Row(what, "ms", found[wire].figure(q), found["qga"].figure(q),
                                peer="qemu-ga"))
    rows += [missing(name, reason) for name, reason in failed.items()]
    rows.append(Row("VI/JSON, by a shell, p50", "ms", found["shell"].figure(),
                    found["raw"].figure(), peer="fork and exec"))
    rows += [Row("VI/JSON, p50", "ms", found["json"].figure(), series.figure(), peer=name)
             for name, series in ssh.items()]
    return rows


def run(site):
    found, failed = emulated(site)
    ssh = {}
    try:
        ssh = by_ssh(site)
    except Unavailable as error:
        failed["ssh"] = str(error)
    rows = rows_of(found, failed, ssh)
    bars = [("guestops, VI/JSON", found["json"].figure()), ("guestops, SOAP", found["soap"].figure()),
            ("fork and exec (limit)", found["raw"].figure()),
            *(("qemu-ga", found[name].figure()) for name in found if name == "qga"),
            *((name, series.figure()) for name, series in ssh.items())]
    pictures = [Picture("start", "Start of a program in an emulated guest, to its pid", "ms (median)",
                        bars, logarithmic=True)]
    try:
        near = native(site)
    except Unavailable as error:
        rows.append(missing("on a UNIX socket", str(error)))
        return Result(rows, pictures)
    for q in (0.5, 0.99):
        rows.append(Row(f"on a UNIX socket of this machine, VI/JSON, p{q * 100:.0f}", "ms",
                        near["json"].figure(q), near["raw"].figure(q), peer="fork and exec"))
    rows.append(Row("on a UNIX socket of this machine, VI/JSON, p50", "ms", near["json"].figure(),
                    goal=below(1.2)))
    return Result(rows, pictures)
