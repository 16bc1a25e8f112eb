"""How small both programs are."""
import os
import re
import shutil
import subprocess
import tempfile
import time

from common import Result, Row, figure, interleave, up_to
from guestops import Daemon

TITLE = "Footprint"
TEXT = (
    "Of the release build, stripped. The agent's figures are those of its long-lived process, the "
    "monitor, in the emulated guest after all rows before; libraries are those mapped there. Start-up "
    "is from the start of the process on this machine until it can be connected to, with a "
    "configuration that is there already, and for the daemon with its certificate.")

MAPPED = re.compile(r"/(lib[^/]+?)(?:-[\d.]+)?\.so")
WHY_SIZE = ("All operations on files and processes are in it, the tables of what travels, and nettle, "
            "whose archive brings ciphers along that nobody calls.")
WHY_MEMORY = ("Most of it are pages of the program's file and of the C library, shared with its "
              "workers and, the library, with the whole guest.")
WHY_LIBRARIES = "Every library that is mapped besides the C library and its loader is counted."


def stripped(path):
    with tempfile.TemporaryDirectory() as directory:
        target = os.path.join(directory, "program")
        subprocess.run(["strip", "-o", target, path], check=True)
        return os.path.getsize(target) / 1000


def mapped(text):
    """Names of libraries in a process's list of mappings, without what libc brings along."""
    return set(MAPPED.findall(text)) - {"libc"}


def field(status, name):
    return int(re.search(rf"^{name}:\s*(\d+)", status, re.MULTILINE).group(1))


def agent_rows(site):
    machine = site.machine
    pid = machine.guest.agent_pid()
    status = machine.guest.sh(f"cat /proc/{pid}/status")
    fds = int(machine.guest.sh(f"ls /proc/{pid}/fd | wc -l"))
    libraries = mapped(machine.guest.sh(f"cat /proc/{pid}/maps"))
    return [
        Row("agent: program", "kB", figure([stripped(site.program("guestops-agent"))]),
            goal=up_to(250), why=WHY_SIZE),
        Row("agent: resident memory", "KiB", figure([field(status, "VmRSS")]), goal=up_to(2048),
            why=WHY_MEMORY),
        Row("agent: of it, not shared with a file", "KiB", figure([field(status, "RssAnon")])),
        Row("agent: descriptors", "", figure([fds])),
        Row("agent: libraries besides libc", "", figure([len(libraries)]), goal=up_to(0),
            why=WHY_LIBRARIES)]


def daemon_rows(site):
    pid = site.machine.daemon.process.pid
    with open(f"/proc/{pid}/status") as file:
        status = file.read()
    with open(f"/proc/{pid}/maps") as file:
        libraries = mapped(file.read())
    return [
        Row("daemon: program", "kB", figure([stripped(site.program("guestopsd"))])),
        Row("daemon: resident memory", "KiB", figure([field(status, "VmRSS")])),
        Row("daemon: of it, not shared with a file", "KiB", figure([field(status, "RssAnon")])),
        Row("daemon: descriptors", "", figure([len(os.listdir(f"/proc/{pid}/fd"))])),
        Row("daemon: libraries besides libc", "", figure([len(libraries)]))]


def start_agent(site, directory):
    """Milliseconds until its socket is there."""
    path = os.path.join(directory, "agent.sock")
    began = time.perf_counter()
    process = subprocess.Popen([site.program("guestops-agent"), "--listen", path,
                                "--log-level", "error"], stdin=subprocess.DEVNULL)
    while not os.path.exists(path):
        pass
    took = 1000 * (time.perf_counter() - began)
    process.terminate()
    process.wait()
    return took


def start_daemon(daemon):
    """Milliseconds until it says that it listens."""
    daemon.write_config()
    began = time.perf_counter()
    process = subprocess.Popen([daemon.binary, "--config", daemon.config],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    for line in process.stdout:
        if "listening on" in line:
            break
    took = 1000 * (time.perf_counter() - began)
    process.terminate()
    process.communicate()
    return took


def start_rows(site):
    directory = tempfile.mkdtemp(prefix="go-", dir="/tmp")
    daemon = Daemon(site.program("guestopsd"), {("log", "level"): "info"}).start()
    daemon.stop()
    n = site.count(5)
    try:
        found = interleave(site.rounds, {
            "agent": lambda: [start_agent(site, directory) for _ in range(n)],
            "daemon": lambda: [start_daemon(daemon) for _ in range(n)]})
    finally:
        daemon.remove()
        shutil.rmtree(directory)
    return [Row(f"{name}: start-up", "ms", found[name].figure()) for name in ("agent", "daemon")]


def run(site):
    agent, daemon = start_rows(site)
    return Result([*agent_rows(site), agent, *daemon_rows(site), daemon])
