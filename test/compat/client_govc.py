"""govc, by SOAP and by VI/JSON, with a login each and with sessions that it keeps in files."""
import json
import os
import shutil
import time

from client_govc_files import FILES
from common import (PASSWORD, USER, VM_NAME, VM_UUID, Table, Unavailable, certificate, check,
                    command_of, content_of, env, fails, install, logins, machine_with_address,
                    owner_of, power_state, run, wait_gone)

# What vSphere 8.0 U2 came with, and the newest that Go here can build.
RELEASES = [["0.37.0"], ["0.55.0", "0.46.3"]]

# From 0.47 on govc's commands are a library; of them, these are what a guest needs.
MAIN = """package main

import (
	"os"

	"github.com/vmware/govmomi/cli"

	_ "github.com/vmware/govmomi/cli/about"
	_ "github.com/vmware/govmomi/cli/object"
	_ "github.com/vmware/govmomi/cli/session"
	_ "github.com/vmware/govmomi/cli/vm"
	_ "github.com/vmware/govmomi/cli/vm/guest"
)

func main() {
	os.Exit(cli.Run(os.Args[1:]))
}
"""


def build(cache, release):
    """The program's path."""
    directory = os.path.join(cache, f"govc-{release}")
    program = os.path.join(directory, "govc")
    module = f"github.com/vmware/govmomi@v{release}"
    environment = {"GOPATH": os.path.join(cache, "go"), "GOBIN": directory,
                   "GOCACHE": os.path.join(cache, "go-build"), "GOFLAGS": "-modcacherw",
                   "GOTOOLCHAIN": "local"}
    if os.path.exists(program):
        return program
    if not shutil.which("go"):
        raise Unavailable("there is no Go toolchain")
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    what = f"govc {release}"
    print(f"compat: building {what}", flush=True)
    if int(release.split(".")[1]) < 47:
        install(["go", "install", module.replace("@", "/govc@")], what, environment)
    else:
        with open(os.path.join(directory, "main.go"), "w") as file:
            file.write(MAIN)
        for command in (["mod", "init", "govc"], ["get", module], ["mod", "tidy"],
                        ["build", "-o", program, "."]):
            install(["go", *command], what, environment, directory)
    return program


class Govc:
    def __init__(self, program, home, json_wire, persist):
        self.program = program
        self.environment = {
            "GOVC_URL": f"https://localhost:{env.daemon.port}/sdk",
            "GOVC_USERNAME": "administrator", "GOVC_PASSWORD": env.daemon.password,
            "GOVC_TLS_CA_CERTS": certificate(), "GOVC_GUEST_LOGIN": f"{USER}:{PASSWORD}",
            "GOVC_VI_JSON": "1" if json_wire else "", "GOVMOMI_HOME": home, "HOME": home,
            "GOVC_PERSIST_SESSION": "true" if persist else "false"}

    def __call__(self, *arguments, data=""):
        return run([self.program, *arguments], environment=self.environment, timeout=60, data=data)

    def rows(self, *arguments):
        """Of guest.ps; releases differ in how they write names, and what is zero is left out."""
        answer = json.loads(self("guest.ps", "-vm", VM_NAME, "-json", *arguments))
        rows = answer.get("processInfo") or answer.get("ProcessInfo") or []
        return [{key.lower(): value for key, value in row.items()} for row in rows]

    # operations

    def about(self):
        said = dict(line.split(":", 1) for line in self("about").splitlines() if ":" in line)
        check(said["API version"].strip() == "8.0.2.0", said)

    def find(self):
        path, = [line for line in self("find", "/", "-type", "m").splitlines()
                 if line.endswith(f"/{VM_NAME}")]
        return path

    def ls(self):
        path = self.find()
        folder = os.path.dirname(path)
        check(path in self("ls", folder).splitlines(), path)
        check(folder in self("ls", os.path.dirname(folder)).splitlines(), folder)

    def vm_info(self):
        said = dict(line.strip().split(":", 1) for line in self("vm.info", VM_NAME).splitlines()
                    if ":" in line)
        check(said["UUID"].strip() == VM_UUID, said)
        check(said["Power state"].strip() == "poweredOn", said)
        check(said["Name"].strip() == VM_NAME, said)

    def vm_info_uuid(self):
        check(VM_UUID in self("vm.info", "-vm.uuid", VM_UUID), "another machine")

    def vm_ip(self):
        """The address is told while govc waits for it."""
        with machine_with_address("192.0.2.7", after=1) as name:
            began = time.monotonic()
            check(self("vm.ip", "-wait", "30s", name) == "192.0.2.7\n", "another address")
            check(0.5 < time.monotonic() - began < 5, "it has not waited, or has polled")

    def guest_start(self):
        file = f"/tmp/govc-{os.getpid()}"
        pid = int(self("guest.start", "-vm", VM_NAME, "-e", "WHO=govc", "-C", "/usr/share",
                       "/bin/sh", "-c", f"'echo $WHO; pwd; id -un' > {file}"))
        row, = self.rows("-X", "-p", str(pid))
        check(row["endtime"] and row.get("exitcode", 0) == 0, row)
        check(content_of(file) == f"govc\n/usr/share\n{USER}\n", "the output is another")

    def guest_exit_code(self):
        pid = int(self("guest.start", "-vm", VM_NAME, "/bin/sh", "-c", "'exit 7'"))
        row, = self.rows("-X", "-p", str(pid))
        check(row["exitcode"] == 7 and row["endtime"], row)

    def guest_ps(self):
        pid = self.sleep()
        check(owner_of(pid) == USER and command_of(pid) == "sleep", pid)
        row, = self.rows("-p", str(pid))
        check((row["pid"], row["name"], row["owner"]) == (pid, "sleep", USER), row)
        pids = [row["pid"] for row in self.rows("-e")]
        check(1 in pids and pid in pids, pids)
        env.guest.sh(f"kill {pid}")

    def guest_kill(self):
        pid = self.sleep()
        check(command_of(pid) == "sleep", pid)
        self("guest.kill", "-vm", VM_NAME, "-p", str(pid))
        wait_gone(pid)

    def guest_getenv(self):
        check(self("guest.getenv", "-vm", VM_NAME, "HOME") == "HOME=/home/demo\n", "another HOME")

    def vm_power(self):
        """It waits for each task."""
        self("vm.power", "-suspend", VM_NAME)
        check(power_state() == "suspended", power_state())
        self("vm.power", "-on", VM_NAME)
        check(power_state() == "poweredOn", power_state())
        env.wait_ready()

    def fault(self):
        fails("File /no/such was not found", self, "guest.start", "-vm", VM_NAME, "/no/such")

    def collect(self):
        """By a filter and WaitForUpdatesEx."""
        name = "object.collect" if "0.37" in self.program or "0.46" in self.program else "collect"
        said = self(name, "-s", f"VirtualMachine:{env.vm.moid}", "guest.guestOperationsReady")
        check(said.strip() == "true", said)

    def sleep(self):
        return int(self("guest.start", "-vm", VM_NAME, "/bin/sleep", "600"))

    def session(self, before, persist):
        """Saved sessions: one login serves all commands. Otherwise each has its own."""
        n = logins() - before
        check(n == 1 if persist else n > 10, f"{n} logins")


OPERATIONS = [("about", Govc.about), ("find", Govc.find), ("ls", Govc.ls),
              ("vm.info", Govc.vm_info), ("vm.info by UUID", Govc.vm_info_uuid),
              ("vm.ip", Govc.vm_ip), ("object.collect", Govc.collect),
              ("guest.start, output", Govc.guest_start), ("guest.ps", Govc.guest_ps),
              ("guest.ps -X, exit code", Govc.guest_exit_code), ("guest.kill", Govc.guest_kill),
              ("guest.getenv", Govc.guest_getenv), ("vm.power", Govc.vm_power),
              ("a fault's text", Govc.fault)]


def first_that_builds(cache, releases):
    for last, release in enumerate(releases, 1):
        try:
            return release, build(cache, release)
        except Unavailable as error:
            if last == len(releases):
                raise
            print(f"compat: {error}", flush=True)
    raise Unavailable("no release")


def exercise(cache):
    table = Table("govc")
    for releases in RELEASES:
        try:
            release, program = first_that_builds(cache, releases)
        except Unavailable as error:
            table.add(releases[0], "build", "skipped")
            print(f"compat: skipped: {error}", flush=True)
            continue
        for json_wire in (False, True):
            for persist in (False, True):
                variant = (f"{release} {'VI/JSON' if json_wire else 'SOAP'}"
                           f"{', saved session' if persist else ''}")
                home = os.path.join(cache, "home")
                shutil.rmtree(home, ignore_errors=True)
                os.makedirs(home)
                govc = Govc(program, home, json_wire, persist)
                before = logins()
                for name, operation in OPERATIONS + FILES:
                    table.attempt(variant, name, lambda o=operation, g=govc: o(g))
                table.attempt(variant, "sessions", lambda g=govc, b=before, p=persist:
                              g.session(b, p))
    return table
