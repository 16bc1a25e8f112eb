"""govc's commands for files in the guest; a function for each row of the table."""
import hashlib
import os
import random

from common import (PASSWORD, USER, VM_NAME, check, directory_in_guest, env, fails, is_there,
                    local_file, quote, sha256_of, stat_of)

DATA = random.Random(5).randbytes(3_000_001)
WHEN = "Sun Sep  9 01:46:40 UTC 2001"  # second 1000000000


def call(govc, command, *arguments, **more):
    return govc(f"guest.{command}", "-vm", VM_NAME, *arguments, **more)


def make(path, text=""):
    """A file of the user's, with this text."""
    env.guest.sh(f"printf %s {quote(text)} > {quote(path)}; chown {USER}: {quote(path)}")


def upload(govc):
    with directory_in_guest() as there, local_file(DATA) as here:
        file = f"{there}/file"
        call(govc, "upload", "-perm", "0640", here, file)
        check(sha256_of(file) == hashlib.sha256(DATA).hexdigest(), "another content")
        check(stat_of(file, "%U %a") == f"{USER} 640", stat_of(file, "%U %a"))
        fails("already exists", call, govc, "upload", here, file)
        with open(here, "wb"):
            pass
        call(govc, "upload", "-f", here, file)
        check(stat_of(file, "%s %a") == "0 640", stat_of(file, "%s %a"))


def upload_from_pipe(govc):
    with directory_in_guest() as there:
        call(govc, "upload", "-", f"{there}/file", data="from a pipe\n")
        check(stat_of(f"{there}/file", "%s %U") == f"12 {USER}", "another file")


def download(govc):
    with directory_in_guest() as there, local_file(b"") as here:
        env.guest.sh(f"head -c 3000001 /dev/urandom > {there}/file")
        fails("already exists", call, govc, "download", f"{there}/file", here)
        call(govc, "download", "-f", f"{there}/file", here)
        with open(here, "rb") as file:
            check(hashlib.sha256(file.read()).hexdigest() == sha256_of(f"{there}/file"),
                  "another content")


def download_to_pipe(govc):
    check(call(govc, "download", "/etc/hostname", "-") == "guestops-demo\n", "another content")


def there_and_back(govc):
    with directory_in_guest() as there, local_file(DATA) as here:
        call(govc, "upload", here, f"{there}/file")
        call(govc, "download", f"{there}/file", here + ".back")
        with open(here + ".back", "rb") as file:
            check(file.read() == DATA, "another content")


def ls(govc):
    with directory_in_guest() as there:
        make(f"{there}/with blanks", "12345")
        env.guest.sh(f"touch -d @1000000000 '{there}/with blanks'; ln -s ../none {there}/link")
        said = call(govc, "ls", there).splitlines()
        check([line.split()[-1] for line in said[:2]] == [".", ".."], said)
        link, file = said[2:]
        check(link.startswith("l") and link.endswith("link -> ../none"), said)
        check(file.split() == ["-rw-r--r--", "1000", "1000", "5", "Sep", "9", "01:46", "2001",
                               "with", "blanks"], said)
        check(call(govc, "ls", "-s", there, "^with") == "with blanks\n", "another match")


def ls_pages(govc):
    """Fifty rows a call."""
    with directory_in_guest() as there:
        env.guest.sh(f"cd {there}; for i in $(seq 100 219); do touch $i; done")
        check(call(govc, "ls", "-s", there).split() ==
              [".", ".."] + [str(n) for n in range(100, 220)], "other rows")


def mkdir(govc):
    with directory_in_guest() as there:
        call(govc, "mkdir", f"{there}/one")
        check(stat_of(f"{there}/one", "%F %a %U") == f"directory 700 {USER}", "another mode")
        call(govc, "mkdir", "-p", f"{there}/two/three")
        check(is_there(f"{there}/two/three"), "no parents")
        fails("already exists", call, govc, "mkdir", f"{there}/one")
        fails("not found", call, govc, "mkdir", f"{there}/no/such")


def mkdir_again(govc):
    """FileAlreadyExists is a success to it."""
    with directory_in_guest() as there:
        call(govc, "mkdir", "-p", there)


def rmdir(govc):
    with directory_in_guest() as there:
        env.guest.sh(f"mkdir -p {there}/empty {there}/full/inside; chown -R {USER} {there}")
        call(govc, "rmdir", f"{there}/empty")
        fails("not empty", call, govc, "rmdir", f"{there}/full")
        call(govc, "rmdir", "-r", f"{there}/full")
        check(not is_there(f"{there}/empty") and not is_there(f"{there}/full"), "it is there")


def rm(govc):
    with directory_in_guest() as there:
        make(f"{there}/file")
        call(govc, "rm", f"{there}/file")
        check(not is_there(f"{there}/file"), "it is there")
        fails("not found", call, govc, "rm", f"{there}/file")
        fails("not a file", call, govc, "rm", there)


def mv(govc):
    with directory_in_guest() as there:
        make(f"{there}/one", "1")
        make(f"{there}/two", "22")
        fails("already exists", call, govc, "mv", "-n", f"{there}/one", f"{there}/two")
        call(govc, "mv", f"{there}/one", f"{there}/two")
        check(stat_of(f"{there}/two", "%s") == "1" and not is_there(f"{there}/one"), "not moved")
        call(govc, "mv", f"{there}/two", f"/dev/shm/compat-{os.getpid()}")
        check(env.guest.sh(f"cat /dev/shm/compat-{os.getpid()}; rm /dev/shm/compat-*") == "1",
              "not moved to another file system")


def mv_directory(govc):
    """NotAFile makes it try again, with directories."""
    with directory_in_guest() as there:
        env.guest.sh(f"install -d -o {USER} {there}/one")
        call(govc, "mv", f"{there}/one", f"{there}/two")
        check(is_there(f"{there}/two") and not is_there(f"{there}/one"), "not moved")


def mktemp(govc):
    with directory_in_guest() as there:
        for more, kind in (((), "regular empty file 600"), (("-d",), "directory 700")):
            path = call(govc, "mktemp", *more, "-t", "pre-", "-s", ".suf", "-p", there).strip()
            name = os.path.basename(path)
            check(os.path.dirname(path) == there and name.startswith("pre-") and
                  name.endswith(".suf"), path)
            check(stat_of(path, "%F %a %U") == f"{kind} {USER}", stat_of(path, "%F %a %U"))
        path = call(govc, "mktemp").strip()
        check(path.startswith("/tmp/") and env.guest.sh(f"rm -v {path}"), path)


def chmod(govc):
    with directory_in_guest() as there:
        make(f"{there}/file")
        call(govc, "chmod", "0604", f"{there}/file")
        check(stat_of(f"{there}/file", "%a") == "604", "another mode")
        fails("not found", call, govc, "chmod", "0604", f"{there}/none")


def chown(govc):
    with directory_in_guest() as there:
        make(f"{there}/file")
        fails("may not do that", call, govc, "chown", "1001:1001", f"{there}/file")
        root = ("-l", f"root:{PASSWORD.replace(USER, 'root')}")
        call(govc, "chown", *root, "1001", f"{there}/file")
        check(stat_of(f"{there}/file", "%u %g") == "1001 1000", "another owner")
        call(govc, "chown", *root, "0:1001", f"{there}/file")
        check(stat_of(f"{there}/file", "%u %g") == "0 1001", "another owner")


def touch(govc):
    with directory_in_guest() as there:
        env.guest.sh(f"touch -d @1 {there}/file; chown {USER} {there}/file")
        call(govc, "touch", "-d", WHEN, f"{there}/file")
        check(stat_of(f"{there}/file", "%Y %X") == "1000000000 1", "other times")
        call(govc, "touch", "-a", "-d", WHEN, f"{there}/file")
        check(stat_of(f"{there}/file", "%Y %X") == "1000000000 1000000000", "other times")
        call(govc, "touch", f"{there}/file")
        check(int(stat_of(f"{there}/file", "%Y")) > 1000000000, "another time")


def touch_new(govc):
    """FileNotFound makes it upload an empty file."""
    with directory_in_guest() as there:
        call(govc, "touch", "-d", WHEN, f"{there}/new")
        check(stat_of(f"{there}/new", "%s %Y %U") == f"0 1000000000 {USER}", "another file")


def df(govc):
    """From guest.disk."""
    said = [line.split() for line in call(govc, "df").splitlines()]
    check(said[0][:2] == ["Filesystem", "Size"], said)
    check(len(said) > 1, "no file system is told")
    for row in said[1:]:
        check(env.guest.command(f"mountpoint -q {row[0]}")[0] == 0, row)


def temporary_files():
    return env.guest.sh("ls -A /tmp | grep -c ^govmomi- || :").strip()


def run(govc):
    said = call(govc, "run", "-e", "WHO=govc", "-C", "/usr/share", "/bin/sh", "-c",
                "'echo $WHO; pwd; id -un'")
    check(said == f"govc\n/usr/share\n{USER}\n", said)
    check(call(govc, "run", "echo", "in", "bash:", "$BASH_VERSINFO") == "in bash: 5\n", "no bash")
    check(temporary_files() == "0", "its temporary files are there")


def run_with_input(govc):
    check(call(govc, "run", "-d", "given", "cat") == "given", "another input")
    check(call(govc, "run", "-d", "-", "sha256sum", data="x" * 200000).split()[0] ==
          hashlib.sha256(b"x" * 200000).hexdigest(), "another input")


def run_fails(govc):
    """Its exit code is the program's; what the program says in its errors comes, too."""
    fails("said\n", call, govc, "run", "/bin/sh", "-c", "'echo said >&2; exit 7'")
    fails("ended with 7", call, govc, "run", "/bin/sh", "-c", "'exit 7'")
    check(temporary_files() == "0", "its temporary files are there")


FILES = [("guest.upload", upload), ("guest.upload from a pipe", upload_from_pipe),
         ("guest.download", download), ("guest.download to a pipe", download_to_pipe),
         ("there and back", there_and_back), ("guest.ls", ls), ("guest.ls, 122 rows", ls_pages),
         ("guest.mkdir", mkdir), ("guest.mkdir -p of what exists", mkdir_again),
         ("guest.rmdir", rmdir), ("guest.rm", rm), ("guest.mv", mv),
         ("guest.mv of a directory", mv_directory), ("guest.mktemp", mktemp),
         ("guest.chmod", chmod), ("guest.chown", chown), ("guest.touch", touch),
         ("guest.touch of a new file", touch_new), ("guest.df", df),
         ("guest.run, output", run), ("guest.run, input", run_with_input),
         ("guest.run, exit code", run_fails)]
