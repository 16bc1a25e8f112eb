"""rbvmomi, one process for all operations; client.rb is what its users write."""
import json
import os
import shutil
import subprocess
import time

from common import (VM_NAME, VM_UUID, Table, Unavailable, Wrong, check, command_of, content_of,
                    directory_in_guest, env, fails, is_there, owner_of, power_state, run,
                    sha256_of, stat_of, wait_gone)

HERE = os.path.dirname(os.path.abspath(__file__))


class Ruby:
    def __init__(self):
        self.process = subprocess.Popen(
            ["ruby", os.path.join(HERE, "client.rb"), "localhost", str(env.daemon.port),
             "administrator", env.daemon.password], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(30)

    def __call__(self, operation, *arguments):
        try:
            self.process.stdin.write(json.dumps([operation, *arguments]) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        line = self.process.stdout.readline()
        if not line:
            raise Wrong("it has ended: " + self.process.stderr.read())
        answer = json.loads(line)
        if "error" in answer:
            raise Wrong(answer["error"])
        return answer["ok"]

    # operations

    def connect(self):
        said = self("about")
        check(said["version"] == "8.0.2.0" and said["user"] == "administrator", said)
        check(abs(said["time"] - time.time()) < 30, said)

    def find_by_path(self):
        path = f"{datacenter_name()}/vm/{VM_NAME}"
        for spelling in ("/" + path, path):
            check(self("find_by_path", spelling) == {"id": env.vm.moid, "name": VM_NAME}, path)

    def find_by_child(self):
        check(self("find_by_child", datacenter_name(), VM_NAME) ==
              {"id": env.vm.moid, "missing": "nil"}, "another machine")

    def find_by_uuid(self):
        check(self("find_by_uuid", VM_UUID) == {"id": env.vm.moid}, "another machine")

    def read(self):
        said = self("read")
        check((said["uuid"], said["summary"], said["name"], said["tools"], said["running"],
               said["family"], said["state"]) ==
              (VM_UUID, VM_UUID, VM_NAME, "toolsOk", "guestToolsRunning", "linuxGuest",
               "poweredOn"), said)
        check(said["memory"] >= 128, said)

    def collect(self):
        said = self("collect", "VirtualMachine")
        check(said == {"names": [VM_NAME], "both": [[VM_NAME, "poweredOn"]]}, said)

    def validate(self):
        self("validate")

    def ended(self, pid):
        for _ in range(100):
            row, = self("list", [pid])["rows"]
            if row["ended"]:
                return row
            time.sleep(0.1)
        raise Wrong(f"{pid} does not end")

    def start(self):
        file = f"/tmp/rbvmomi-{os.getpid()}"
        pid = self("start", "/bin/sh", f"-c 'echo $WHO; id -un; exit 7' > {file}",
                   ["WHO=rb & <vmomi>"])["pid"]
        row = self.ended(pid)
        check((row["pid"], row["name"], row["owner"], row["code"], row["started"]) ==
              (pid, "sh", "demo", 7, True), row)
        check(content_of(file) == "rb & <vmomi>\ndemo\n", "the output is another")

    def list(self):
        pid = self("start", "/bin/sleep", "600", [])["pid"]
        check(command_of(pid) == "sleep" and owner_of(pid) == "demo", pid)
        rows = {row["pid"]: row for row in self("list", [])["rows"]}
        check(1 in rows and rows[pid]["command"] == '"/bin/sleep" 600', rows.get(pid))
        check(rows[pid]["code"] is None and not rows[pid]["ended"], rows[pid])
        env.guest.sh(f"kill {pid}")

    def terminate(self):
        pid = self("start", "/bin/sleep", "600", [])["pid"]
        check(command_of(pid) == "sleep", pid)
        self("terminate", pid)
        wait_gone(pid)

    def environment(self):
        said = self("environment", ["HOME", "NO_SUCH", "USER"])
        check(said == {"values": ["HOME=/home/demo", "USER=demo"]}, said)

    def power(self):
        """wait_for_completion is a filter on the task, and WaitForUpdates."""
        check(self("power") == {"states": ["suspended", "poweredOn"]}, power_state())
        check(power_state() == "poweredOn", power_state())
        env.wait_ready()

    def faults(self):
        said = self("faults")
        check(said["login"][0] == "InvalidGuestLogin", said)
        check(said["file"] == ["FileNotFound", "FileNotFound: File /no/such was not found",
                               {"file": "/no/such"}], said)
        check(said["directory"][0] == "NotAFile" and
              said["directory"][2] == {"file": "/tmp"}, said)
        check(said["denied"][0] == "GuestPermissionDenied", said)
        check(said["process"][0] == "GuestProcessNotFound" and
              said["process"][2] == {"pid": "999999"}, said)
        check(said["object"][0] == "ManagedObjectNotFound" and
              "vm-none" in said["object"][2]["obj"], said)

    def upload(self):
        with directory_in_guest() as there:
            said = self("upload", f"{there}/file", 300007, False, 0o640)
            check(said["status"] == 200 and said["sha256"] == sha256_of(f"{there}/file"), said)
            check(stat_of(f"{there}/file", "%U %a") == "demo 640", "other attributes")
            fails("FileAlreadyExists", self, "upload", f"{there}/file", 1, False, 0o640)
            self("upload", f"{there}/file", 0, True, 0o600)
            check(stat_of(f"{there}/file", "%s %a") == "0 600", "it is not replaced")

    def download(self):
        with directory_in_guest() as there:
            env.guest.sh(f"head -c 300007 /dev/urandom > {there}/file; chmod 644 {there}/file")
            said = self("download", f"{there}/file")
            check(said == {"status": 200, "size": 300007, "length": 300007, "owner": 0,
                           "permissions": 0o100644, "sha256": sha256_of(f"{there}/file")}, said)

    def list_files(self):
        with directory_in_guest() as there:
            env.guest.sh(f"cd {there}; touch -d @1000000000 f '<&>'; ln -s f link; mkdir d")
            said = self("list_files", there, None, None, None)
            check([row["path"] for row in said["rows"]] == [".", "..", "<&>", "d", "f", "link"],
                  said)
            check((said["remaining"], said["rows"][4]["time"], said["rows"][5]["target"],
                   said["rows"][3]["type"], said["rows"][2]["mode"]) ==
                  (0, 1000000000, "f", "directory", 0o100644), said)
            said = self("list_files", there, 1, 2, "^[^.]")
            check([row["path"] for row in said["rows"]] == ["d", "f"] and said["remaining"] == 1,
                  said)

    def directories(self):
        with directory_in_guest() as there:
            self("file", "MakeDirectoryInGuest", {"directoryPath": f"{there}/a/b",
                                                  "createParentDirectories": True})
            check(is_there(f"{there}/a/b"), "it is not there")
            self("file", "MoveDirectoryInGuest", {"srcDirectoryPath": f"{there}/a",
                                                  "dstDirectoryPath": f"{there}/c"})
            check(is_there(f"{there}/c/b"), "it has not been moved")
            self("file", "DeleteDirectoryInGuest", {"directoryPath": f"{there}/c",
                                                    "recursive": True})
            check(not is_there(f"{there}/c"), "it is there")

    def moves(self):
        with directory_in_guest() as there:
            file = self("file", "CreateTemporaryFileInGuest",
                        {"prefix": "p", "suffix": "s", "directoryPath": there})["value"]
            check(stat_of(file, "%F %a") == "regular empty file 600", file)
            self("change", file, 1000000000, 0o604)
            self("file", "MoveFileInGuest", {"srcFilePath": file, "dstFilePath": f"{there}/file",
                                             "overwrite": False})
            check(stat_of(f"{there}/file", "%a %Y") == "604 1000000000", "other attributes")
            self("file", "DeleteFileInGuest", {"filePath": f"{there}/file"})
            check(not is_there(f"{there}/file") and not is_there(file), "it is there")

    def logout(self):
        check(self("logout") == {"session": "nil"}, "there is a session yet")


OPERATIONS = [("connect", Ruby.connect), ("FindByInventoryPath", Ruby.find_by_path),
              ("FindChild (find_datacenter, find_vm)", Ruby.find_by_child),
              ("FindByUuid", Ruby.find_by_uuid), ("guest, config, summary", Ruby.read),
              ("container view, collect", Ruby.collect),
              ("ValidateCredentialsInGuest", Ruby.validate),
              ("StartProgramInGuest, exit code", Ruby.start),
              ("ListProcessesInGuest", Ruby.list), ("TerminateProcessInGuest", Ruby.terminate),
              ("ReadEnvironmentVariableInGuest", Ruby.environment),
              ("upload", Ruby.upload), ("download", Ruby.download),
              ("ListFilesInGuest", Ruby.list_files),
              ("make, move and delete directories", Ruby.directories),
              ("temporary file, attributes, move, delete", Ruby.moves),
              ("SuspendVM_Task, PowerOnVM_Task", Ruby.power), ("faults", Ruby.faults),
              ("Logout", Ruby.logout)]


def datacenter_name():
    client = env.client()
    try:
        return client.get("Datacenter/datacenter-2/name").json
    finally:
        client.close()


def version():
    if not shutil.which("ruby"):
        raise Unavailable("there is no Ruby")
    try:
        return run(["ruby", "-e", 'require "rbvmomi"; print Gem.loaded_specs["rbvmomi"]&.version ||'
                    ' Gem::Specification.find_by_name("rbvmomi").version']).strip()
    except Wrong:
        raise Unavailable("rbvmomi is not installed") from None


def exercise(cache):
    del cache
    table = Table("rbvmomi")
    try:
        variant = f"{version()} SOAP"
    except Unavailable as error:
        table.add("any", "connect", "skipped")
        print(f"compat: skipped: {error}", flush=True)
        return table
    with Ruby() as ruby:
        for name, operation in OPERATIONS:
            table.attempt(variant, name, lambda o=operation: o(ruby))
    return table
