"""From the request to the exit code."""
import os
import subprocess
import time

import peers
from clients import Kept, list_by_json, start_by_json
from common import Picture, Result, Row, Unavailable, at_most, interleave, missing, timed
from start import SHELL, spawn_limit

TITLE = "Start to exit known"
TEXT = (
    "From the request to start `/bin/true` until the client has its exit code. A client of ours asks "
    "by ListProcessesInGuest, the first time at once, then again after its interval: 0 is without a "
    "pause, 0.5 s is the interval of govc's guest.run and Ansible's connection plugin, 1 s and 5 s "
    "are those of other clients, Ansible's vmware_vm_shell among the latter. qemu-ga's status is "
    "asked for in the same way. `govc guest.run` is the real program, with its login and its look "
    "for the machine. The limit and qemu-ga execute `bash -c`, as the API's programs are by contract; "
    "guestops leaves the shell out where it would do nothing but execute the program. So both are also "
    "shown alike: a command line that needs the shell beside `bash -c`, and `/bin/true` beside a qemu-ga "
    "that executes `/bin/true` itself.")

INTERVALS = (0.5, 1, 5)  # seconds, of real clients
WHY = ("Both sides wait for the same program in the emulated guest; what is left is its own time. "
       "A peer that asks without a pause learns of the end as soon as it can be known.")


def ours(kept, machine, pause, program=("/bin/true",)):
    pid = int(kept.ask(start_by_json(machine, program=program).data()))
    request = list_by_json(machine, pid).data()
    while b'"exitCode"' not in kept.ask(request):
        if pause:
            time.sleep(pause)


def of_qga(qga, pause, shell=True):
    pid = qga.start(shell)
    while not qga.has_ended(pid):
        if pause:
            time.sleep(pause)


def govc(site):
    """Runs `govc guest.run`."""
    machine = site.machine
    program = peers.build(site.cache, "govc")
    environment = {
        **os.environ, "GOVC_URL": f"https://localhost:{machine.daemon.port}/sdk",
        "GOVC_USERNAME": "administrator", "GOVC_PASSWORD": machine.daemon.password,
        "GOVC_TLS_CA_CERTS": os.path.join(machine.daemon.state, "certificate.pem"),
        "GOVC_GUEST_LOGIN": f"{machine.who['username']}:{machine.who['password']}",
        "GOVC_PERSIST_SESSION": "false"}
    command = [program, "guest.run", "-vm", machine.vm.name, "/bin/true"]
    return lambda: subprocess.run(command, env=environment, check=True)


def times(n, action, *args):
    return lambda: [timed(action, *args) for _ in range(n)]


def run(site):
    machine = site.machine
    rows, few = [], site.count(12)
    try:
        by_govc = govc(site)
    except Unavailable as error:
        by_govc = None
        rows.append(missing("govc guest.run", str(error)))
    kept = Kept(machine.daemon)
    sides = {"ours": times(few, ours, kept, machine, 0),
             "ours, shell": times(few, ours, kept, machine, 0, SHELL),
             "limit": lambda: [end for _, end in spawn_limit(machine.guest, few)]}
    try:
        qga = peers.qga(machine)
        for pause in (0, 2, 100):
            sides[f"qga {pause}"] = times(few, of_qga, qga, pause / 1000)
        sides["qga, no shell"] = times(few, of_qga, qga, 0, False)
    except Unavailable as error:
        rows.append(missing("qemu-ga", str(error)))
    for interval in INTERVALS:
        sides[f"ours {interval}"] = times(1, ours, kept, machine, interval)
    if by_govc:
        sides["govc"] = times(site.count(2), by_govc)
    found = interleave(site.rounds, sides)
    mine = found["ours"].figure()
    rows.insert(0, Row("asked without a pause", "ms", mine, found["limit"].figure(),
                       peer="fork, exec and wait"))
    for pause, goal in ((0, 0.25), (2, None), (100, 0.1)):
        if f"qga {pause}" in found:
            rows.append(Row("asked without a pause", "ms", mine, found[f"qga {pause}"].figure(),
                            peer=f"qemu-ga, asked every {pause} ms" if pause else
                            "qemu-ga, asked without a pause",
                            goal=goal and at_most(goal), why=WHY))
    if "qga 0" in found:
        rows += [Row("asked without a pause, both by a shell", "ms", found["ours, shell"].figure(),
                     found["qga 0"].figure(), peer="qemu-ga, asked without a pause",
                     goal=at_most(0.25), why=WHY),
                 Row("asked without a pause, both without one", "ms", mine,
                     found["qga, no shell"].figure(), peer="qemu-ga, asked without a pause",
                     goal=at_most(0.25), why=WHY)]
    rows += [Row(f"asked every {interval} s", "ms", found[f"ours {interval}"].figure())
             for interval in INTERVALS]
    if "govc" in found:
        rows.append(Row("govc guest.run", "ms", found["govc"].figure()))
    bars = [("guestops, no pause", mine)]
    bars += [(f"guestops, every {interval} s", found[f"ours {interval}"].figure())
             for interval in INTERVALS]
    bars += [(f"qemu-ga, every {pause} ms" if pause else "qemu-ga, no pause",
              found[f"qga {pause}"].figure()) for pause in (0, 2, 100) if f"qga {pause}" in found]
    bars.append(("fork, exec, wait (limit)", found["limit"].figure()))
    return Result(rows, [Picture("exit", "Start to exit known, in an emulated guest", "ms (median)",
                                 bars, logarithmic=True)])
