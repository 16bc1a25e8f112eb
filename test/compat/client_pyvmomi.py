"""pyVmomi: test_pyvmomi.py and test_pyvmomi_files.py, with Debian's release and with the newest."""
import os
import re
import subprocess

from common import ROOT, Python, Table, Unavailable, Wrong, run

RESULT = re.compile(r"^test_\w+ \(test_pyvmomi(?:_files)?\.(\w+)\.test_\w+\)"
                    r".*?\.\.\. .*?(ok|FAIL|ERROR|skipped)", re.MULTILINE | re.DOTALL)

# The tests' classes, in the words of the table.
CLASSES = {"Connect": "connect, log in and out", "Properties": "lazy reads, walks",
           "Views": "container views", "Collector": "property collector",
           "Waits": "WaitForUpdates", "Search": "SearchIndex",
           "Processes": "guest processes", "Credentials": "guest credentials, tickets",
           "Uploads": "uploads", "Downloads": "downloads", "Lists": "lists of files",
           "Changes": "files and directories: make, move, delete, attributes",
           "FileFaults": "faults of the file manager", "Faults": "faults by class",
           "Sharing": "threads, a session on both faces",
           "Power": "power tasks"}


def tests(program, build, guest):
    """The suite's output; it has a guest and a daemon of its own."""
    done = subprocess.run([program, os.path.join(ROOT, "test", "integration", "run.py"), "--build",
                           build, "--guest", guest, "-v", "test_pyvmomi", "test_pyvmomi_files"],
                          text=True, check=False, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=900)
    return done.stdout


def fill(table, variant, said):
    results = {}
    for name, result in RESULT.findall(said):
        results.setdefault(name, []).append(result)
    if not results:
        table.add(variant, "connect, log in and out", "no", said[-3000:])
    for name, operation in CLASSES.items():
        got = results.get(name, [])
        passed = got.count("ok")
        whole = passed == len(got) and got
        table.add(variant, operation, f"{'yes' if whole else 'no'}, {passed} of {len(got)}",
                  None if whole else f"see test_pyvmomi.{name}")


def exercise(cache, build, guest):
    table = Table("pyVmomi")
    try:
        release = run(["dpkg-query", "-W", "-f", "${Version}", "python3-pyvmomi"])
        fill(table, f"{release.rpartition('-')[0]} (Debian)", tests("/usr/bin/python3", build,
                                                                    guest))
    except (Wrong, OSError) as error:
        print(f"compat: skipped: Debian's python3-pyvmomi: {error}", flush=True)
    try:
        python = Python(cache, "pyvmomi", ["pyvmomi"])
        fill(table, python.version("pyvmomi"), tests(python.program, build, guest))
    except Unavailable as error:
        table.add("newest", "connect, log in and out", "skipped")
        print(f"compat: skipped: {error}", flush=True)
    return table
