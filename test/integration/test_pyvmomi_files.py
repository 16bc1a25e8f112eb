"""pyVmomi's file manager and transfers; run again by tools/compat, as test_pyvmomi.py is."""
import datetime
import hashlib
import os
import shlex
import urllib.error
import urllib.request

from pyVim.connect import Disconnect
from pyVmomi import vim, vmodl

from guestops import Vm
from pyvmomi_case import PyvmomiCase, context, credentials
from support import env, unique

FileManager = vim.vm.guest.FileManager
UTC = datetime.timezone.utc
DEMO, ALICE = 1000, 1001  # in the guest


def transfer(url, data=None, method=None):
    """A connection of its own that knows nothing of the session: (status, headers, body)."""
    request = urllib.request.Request(url, data, method=method or ("GET" if data is None else "PUT"))
    try:
        with urllib.request.urlopen(request, timeout=120, context=context()) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read()


class FilesCase(PyvmomiCase):
    def setUp(self):
        super().setUp()
        self.files = self.content.guestOperationsManager.fileManager
        self.who = credentials("demo")
        self.directory = f"/home/demo/{unique('files')}"
        self.guest.sh(f"install -d -m 755 -o demo -g demo {self.directory}")
        self.addCleanup(self.guest.sh, f"rm -rf {self.directory}")

    def path(self, name):
        return f"{self.directory}/{name}"

    def as_demo(self, commands):
        """In the directory; its output."""
        return self.guest.sh("chroot --userspec=demo:demo / sh -c " +
                             shlex.quote(f"cd {self.directory} && {{ {commands}; }}"))

    def stat(self, name, form):
        return self.guest.sh(f"stat -c {shlex.quote(form)} {shlex.quote(self.path(name))}").strip()

    def exists(self, name):
        path = shlex.quote(self.path(name))
        return self.guest.command(f"test -e {path} || test -L {path}")[0] == 0

    def text_of(self, name):
        return self.guest.sh(f"cat {shlex.quote(self.path(name))}")

    def sha256(self, name):
        return self.guest.sh(f"sha256sum < {shlex.quote(self.path(name))}").split()[0]

    # The manager's methods, as the user demo unless told otherwise.

    def call(self, method, *arguments, who=None):
        return getattr(self.files, f"{method}InGuest")(self.machine, who or self.who, *arguments)

    def list(self, path, *arguments, who=None):
        return self.call("ListFiles", path, *arguments, who=who)

    def names(self, path, *arguments):
        return [row.path for row in self.list(path, *arguments).files]

    def upload_url(self, path, size=0, overwrite=True, attributes=None, who=None):
        return self.files.InitiateFileTransferToGuest(
            self.machine, who or self.who, path, attributes or FileManager.FileAttributes(), size,
            overwrite)

    def upload(self, name, data, overwrite=True, attributes=None):
        url = self.upload_url(self.path(name), len(data), overwrite, attributes)
        status, _, body = transfer(url, data)
        self.assertEqual((status, body), (200, b""))

    def download(self, path, who=None):
        return self.files.InitiateFileTransferFromGuest(self.machine, who or self.who, path)

    def assertFileFault(self, kind, method, *arguments, file=None, who=None):
        """The fault's file is the first path unless another is named."""
        return self.assertRaisesFault(kind, lambda: self.call(method, *arguments, who=who),
                                      file=file or arguments[0])


class Uploads(FilesCase):
    def test_upload(self):
        self.upload("new", b"Hello, \xff\0\r\n")
        self.assertEqual(self.sha256("new"), hashlib.sha256(b"Hello, \xff\0\r\n").hexdigest())
        self.assertEqual(self.stat("new", "%U %G %a %s"), "demo demo 644 11")

    def test_nothing(self):
        self.upload("empty", b"")
        self.assertEqual(self.stat("empty", "%U %s"), "demo 0")

    def test_large(self):
        data = os.urandom(1 << 20) * 8 + b"end"
        self.upload("large", data)
        self.assertEqual(self.sha256("large"), hashlib.sha256(data).hexdigest())
        self.assertEqual(self.guest.sh(f"ls -A {self.directory}"), "large\n")

    def test_attributes(self):
        when = datetime.datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
        self.upload("given", b"x", attributes=FileManager.PosixFileAttributes(
            permissions=0o750, modificationTime=when, accessTime=when, ownerId=DEMO, groupId=DEMO))
        self.assertEqual(self.stat("given", "%a %Y %X %u %g"),
                         f"750 1000000000 1000000000 {DEMO} {DEMO}")

    def test_owner_is_for_root(self):
        given = FileManager.PosixFileAttributes(ownerId=ALICE, groupId=ALICE)
        url = self.upload_url(self.path("alices"), 1, attributes=given, who=credentials("root"))
        self.assertEqual(transfer(url, b"x")[0], 200)
        self.assertEqual(self.stat("alices", "%U %G"), "alice alice")

    def test_replaces(self):
        self.as_demo("echo old > it; chmod 600 it")
        self.upload("it", b"new\n")
        self.assertEqual((self.text_of("it"), self.stat("it", "%a")), ("new\n", "600"))

    def test_does_not_replace(self):
        self.as_demo("echo old > it")
        self.assertRaisesFault(
            vim.fault.FileAlreadyExists,
            lambda: self.upload_url(self.path("it"), 1, overwrite=False), file=self.path("it"))
        self.upload("other", b"x", overwrite=False)
        self.assertEqual((self.text_of("it"), self.text_of("other")), ("old\n", "x"))

    def test_came_meanwhile(self):
        url = self.upload_url(self.path("it"), 1, overwrite=False)
        self.as_demo("echo first > it")
        self.assertEqual(transfer(url, b"x")[0], 409)
        self.assertEqual(self.text_of("it"), "first\n")

    def test_size_is_a_hint(self):
        status, _, _ = transfer(self.upload_url(self.path("longer"), 1), b"longer than told")
        self.assertEqual((status, self.text_of("longer")), (200, "longer than told"))

    def test_names(self):
        for name in ("with blanks & <more>", "\u00fc\u6f22\U0001f600", "'\"$(id)`id`\\", "-rf"):
            with self.subTest(name=name):
                self.upload(name, name.encode())
                self.assertEqual(self.text_of(name), name)

    def test_faults(self):
        self.as_demo("mkdir d; touch f; ln -s f link")
        for kind, path in ((vim.fault.FileNotFound, self.path("none/f")),
                           (vim.fault.NotADirectory, self.path("f/g")),
                           (vim.fault.NotAFile, self.path("d"))):
            with self.subTest(path=path):
                self.assertRaisesFault(kind, self.upload_url, path)
        self.assertRaisesFault(vmodl.fault.InvalidArgument, self.upload_url, self.path("link"))
        self.assertRaisesFault(vmodl.fault.InvalidArgument, self.upload_url, "")
        self.assertRaisesFault(vim.fault.GuestPermissionDenied, self.upload_url, "/etc/f")
        self.assertRaisesFault(vmodl.fault.InvalidArgument, lambda: self.upload_url(
            self.path("w"), attributes=FileManager.WindowsFileAttributes(hidden=True)))
        self.assertEqual(self.names(self.directory), [".", "..", "d", "f", "link"])


class Downloads(FilesCase):
    def test_download(self):
        self.as_demo("printf 'a\\0b\\n' > it; chmod 640 it; touch -d @1000000000 it")
        info = self.download(self.path("it"))
        self.assertIsInstance(info, FileManager.FileTransferInformation)
        self.assertIsInstance(info.attributes, FileManager.PosixFileAttributes)
        self.assertEqual((info.size, info.attributes.permissions, info.attributes.ownerId,
                          info.attributes.groupId), (4, 0o100640, DEMO, DEMO))
        self.assertEqual(info.attributes.modificationTime.timestamp(), 1000000000)
        status, headers, body = transfer(info.url)
        self.assertEqual((status, headers["Content-Length"], body), (200, "4", b"a\0b\n"))
        self.assertIsNone(headers["Content-Encoding"])

    def test_nothing(self):
        self.as_demo("touch empty")
        info = self.download(self.path("empty"))
        self.assertEqual((info.size, transfer(info.url)[2]), (0, b""))

    def test_large(self):
        self.as_demo("head -c 8388611 /dev/urandom > large")
        status, headers, body = transfer(self.download(self.path("large")).url)
        self.assertEqual((status, headers["Content-Length"]), (200, "8388611"))
        self.assertEqual(hashlib.sha256(body).hexdigest(), self.sha256("large"))

    def test_there_and_back(self):
        data = os.urandom(100000)
        self.upload("it", data)
        self.assertEqual(transfer(self.download(self.path("it")).url)[2], data)

    def test_url(self):
        """On the host and port that the client knows, and good without the session."""
        self.as_demo("echo x > it")
        url = self.download(self.path("it")).url
        self.assertRegex(url, f"^https://localhost:{env.daemon.port}/guestFile\\?")
        Disconnect(self.si)
        self.assertEqual(transfer(url)[2], b"x\n")

    def test_once(self):
        self.as_demo("echo x > it")
        url = self.download(self.path("it")).url
        self.assertEqual(transfer(url, method="HEAD")[0], 200)
        self.assertEqual([transfer(url)[0], transfer(url)[0]], [200, 404])

    def test_faults(self):
        self.as_demo("mkdir d; echo x > f; ln -s f link; mkfifo pipe")
        self.guest.sh(f"install -m 600 /dev/null {self.path('roots')}")
        for kind, path in ((vim.fault.FileNotFound, self.path("none")),
                           (vim.fault.NotADirectory, self.path("f/g")),
                           (vim.fault.NotAFile, self.path("d")),
                           (vim.fault.NotAFile, self.path("pipe"))):
            with self.subTest(path=path):
                self.assertRaisesFault(kind, self.download, path, file=path)
        self.assertRaisesFault(vmodl.fault.InvalidArgument, self.download, self.path("link"))
        self.assertRaisesFault(vim.fault.GuestPermissionDenied, self.download,
                               "/home/alice/.bashrc")
        # That it may be read is seen when it is.
        self.assertEqual(transfer(self.download(self.path("roots")).url)[0], 403)


class Lists(FilesCase):
    def test_directory(self):
        self.as_demo("mkdir d; printf 123 > f; chmod 604 f; touch -d @1000000000.5 f; "
                     "ln -s f link; ln -s nowhere dangling")
        answer = self.list(self.directory)
        self.assertEqual((answer.remaining, [row.path for row in answer.files]),
                         (0, [".", "..", "d", "dangling", "f", "link"]))
        rows = {row.path: row for row in answer.files}
        self.assertEqual([rows[name].type for name in (".", "..", "d", "dangling", "f", "link")],
                         ["directory"] * 3 + ["symlink", "file", "symlink"])
        self.assertEqual((rows["f"].size, rows["d"].size), (3, 0))
        for row in answer.files:
            self.assertIsInstance(row.attributes, FileManager.PosixFileAttributes)
        attributes = rows["f"].attributes
        self.assertEqual((attributes.ownerId, attributes.groupId, attributes.permissions),
                         (DEMO, DEMO, 0o100604))
        self.assertEqual(attributes.modificationTime.timestamp(), 1000000000.5)
        self.assertIsNotNone(attributes.accessTime)
        self.assertEqual((rows["link"].attributes.symlinkTarget,
                          rows["dangling"].attributes.symlinkTarget), ("f", "nowhere"))
        self.assertFalse(attributes.symlinkTarget)

    def test_pages(self):
        """From the number of rows that came on, until nothing remains."""
        self.as_demo("for i in $(seq 100 219); do touch $i; done")
        for size in (None, 7, 500):
            with self.subTest(size=size):
                names, rows = [], 0
                while True:
                    answer = self.list(self.directory, rows, size)
                    self.assertLessEqual(len(answer.files), size or 50)
                    names += [row.path for row in answer.files]
                    rows += len(answer.files)
                    self.assertEqual(answer.remaining, 122 - rows)
                    if not answer.remaining:
                        break
                self.assertEqual(names, [".", ".."] + [str(n) for n in range(100, 220)])

    def test_how_many(self):
        self.as_demo("touch a b c")
        answer = self.list(self.directory, 0, 0)
        self.assertEqual((len(answer.files), answer.remaining), (0, 5))
        self.assertEqual(self.names(self.directory, 5), [])

    def test_pattern(self):
        self.as_demo("touch a.txt b.TXT c.txt.bak txt d.txt")
        self.assertEqual(self.names(self.directory, None, None, r"\.txt$"), ["a.txt", "d.txt"])
        self.assertEqual(self.names(self.directory, None, None, r"(?i)^[ab]\.txt$"),
                         ["a.txt", "b.TXT"])
        self.assertEqual(self.names(self.directory, 1, 1, r"\.txt$"), ["d.txt"])
        self.assertEqual(self.names(self.directory, None, None, "none"), [])
        self.assertRaisesFault(vmodl.fault.InvalidArgument,
                               lambda: self.list(self.directory, None, None, "(("),
                               invalidProperty="matchPattern")

    def test_one(self):
        self.as_demo("printf 1234 > f; mkdir d; touch d/inside; ln -s d link")
        for name, kind, size in (("f", "file", 4), ("link", "symlink", 0)):
            row, = self.list(self.path(name)).files
            self.assertEqual((row.path, row.type, row.size), (self.path(name), kind, size))
        self.assertEqual(self.names(self.path("link/")), [".", "..", "inside"])

    def test_names(self):
        """What is no UTF-8 comes as characters that lead back to the file."""
        self.as_demo("touch \"$(printf '\\344')\" '<&>' 'two\nlines' \u00fc")
        names = self.names(self.directory)
        self.assertEqual(set(names), {".", "..", "<&>", "two\nlines", "\u00fc", "\uf0e4"})
        for name in names[2:]:
            self.call("DeleteFile", self.path(name))
        self.assertEqual(self.names(self.directory), [".", ".."])

    def test_faults(self):
        self.as_demo("touch f")
        self.assertFileFault(vim.fault.FileNotFound, "ListFiles", self.path("none"))
        self.assertFileFault(vim.fault.NotADirectory, "ListFiles", self.path("f/g"))
        self.assertRaisesFault(vim.fault.GuestPermissionDenied, self.list, "/home/alice")
        self.assertRaisesFault(vmodl.fault.InvalidArgument, self.list, "")


class Changes(FilesCase):
    def test_make_directory(self):
        self.call("MakeDirectory", self.path("d"), False)
        self.call("MakeDirectory", self.path("a/b/c"), True)
        self.assertEqual(self.stat("d", "%F %U %a"), "directory demo 700")
        self.assertEqual(self.stat("a/b/c", "%F %a"), "directory 700")
        for parents in (False, True):
            self.assertFileFault(vim.fault.FileAlreadyExists, "MakeDirectory", self.path("d"),
                                 parents)
        self.assertFileFault(vim.fault.FileNotFound, "MakeDirectory", self.path("x/y"), False)
        self.as_demo("touch f")
        self.assertFileFault(vim.fault.NotADirectory, "MakeDirectory", self.path("f/d"), True)
        self.assertFileFault(vim.fault.FileNameTooLong, "MakeDirectory", self.path("x" * 256),
                             False)
        self.assertRaisesFault(vim.fault.GuestPermissionDenied,
                               lambda: self.call("MakeDirectory", "/etc/d", True))

    def test_delete_directory(self):
        self.as_demo("mkdir empty full; touch full/f kept; ln -s ../kept full/out; ln -s full link")
        self.call("DeleteDirectory", self.path("empty"), False)
        self.assertFileFault(vim.fault.DirectoryNotEmpty, "DeleteDirectory", self.path("full"),
                             False)
        for name in ("link", "kept"):
            self.assertFileFault(vim.fault.NotADirectory, "DeleteDirectory", self.path(name), True)
        self.call("DeleteDirectory", self.path("full"), True)
        self.assertEqual(self.names(self.directory), [".", "..", "kept", "link"])
        self.assertFileFault(vim.fault.FileNotFound, "DeleteDirectory", self.path("full"), True)
        self.assertRaisesFault(vim.fault.GuestPermissionDenied,
                               lambda: self.call("DeleteDirectory", "/home/alice", False))

    def test_delete_file(self):
        self.as_demo("mkdir d; touch f; ln -s d link")
        for name in ("f", "link"):
            self.call("DeleteFile", self.path(name))
        self.assertFileFault(vim.fault.NotAFile, "DeleteFile", self.path("d"))
        self.assertFileFault(vim.fault.FileNotFound, "DeleteFile", self.path("f"))
        self.assertRaisesFault(vim.fault.GuestPermissionDenied,
                               lambda: self.call("DeleteFile", "/etc/hostname"))
        self.assertEqual(self.names(self.directory), [".", "..", "d"])

    def test_move_file(self):
        self.as_demo("echo one > one; echo two > two; mkdir d")
        self.assertFileFault(vim.fault.FileAlreadyExists, "MoveFile", self.path("one"),
                             self.path("two"), False, file=self.path("two"))
        self.call("MoveFile", self.path("one"), self.path("two"), True)
        self.assertEqual((self.text_of("two"), self.exists("one")), ("one\n", False))
        self.call("MoveFile", self.path("two"), self.path("d/three"), False)
        self.assertEqual(self.text_of("d/three"), "one\n")
        self.assertFileFault(vim.fault.NotAFile, "MoveFile", self.path("d"), self.path("e"), False)
        self.assertFileFault(vim.fault.FileNotFound, "MoveFile", self.path("one"),
                             self.path("two"), False)

    def test_move_directory(self):
        self.as_demo("mkdir -p one/inside two; touch f")
        self.assertFileFault(vim.fault.FileAlreadyExists, "MoveDirectory", self.path("one"),
                             self.path("two"), file=self.path("two"))
        self.call("MoveDirectory", self.path("one"), self.path("two/one"))
        self.assertTrue(self.exists("two/one/inside"))
        self.assertFileFault(vim.fault.NotADirectory, "MoveDirectory", self.path("f"),
                             self.path("g"))
        self.assertFileFault(vim.fault.FileNotFound, "MoveDirectory", self.path("one"),
                             self.path("three"))

    def test_move_to_another_file_system(self):
        away = f"/dev/shm/{unique('away')}"
        self.addCleanup(self.guest.sh, f"rm -rf {away}*")
        self.as_demo("echo x > f; chmod 640 f; touch -d @1000000000 f; mkdir -p d/e; "
                     "ln -s nowhere d/link; chmod 711 d")
        self.call("MoveFile", self.path("f"), away, False)
        self.call("MoveDirectory", self.path("d"), f"{away}.d")
        self.assertEqual(self.guest.sh(f"cat {away}; stat -c '%U %a %Y' {away}; "
                                       f"stat -c %a {away}.d; readlink {away}.d/link"),
                         "x\ndemo 640 1000000000\n711\nnowhere\n")
        self.assertEqual(self.names(self.directory), [".", ".."])

    def test_temporary(self):
        for method, kind in (("CreateTemporaryFile", "regular empty file 600"),
                             ("CreateTemporaryDirectory", "directory 700")):
            with self.subTest(method=method):
                first, second = (self.call(method, "pre-", ".suf") for _ in range(2))
                self.addCleanup(self.guest.sh, f"rm -rf {first} {second}")
                self.assertRegex(first, r"^/tmp/pre-[0-9A-Za-z]+\.suf$")
                self.assertNotEqual(first, second)
                self.assertEqual(self.guest.sh(f"stat -c '%F %a %U' {first}"), f"{kind} demo\n")
                path = self.call(method, "", "", self.directory)
                self.assertEqual((os.path.dirname(path), self.stat(os.path.basename(path),
                                                                   "%F %a")),
                                 (self.directory, kind))
                self.assertRaisesFault(vmodl.fault.InvalidArgument,
                                       lambda m=method: self.call(m, "a/b", ""))
                self.assertFileFault(vim.fault.FileNotFound, method, "a", "",
                                     self.path("none"), file=self.path("none"))

    def change(self, name, attributes, who=None):
        self.call("ChangeFileAttributes", self.path(name), attributes, who=who)

    def test_attributes(self):
        self.as_demo("touch -d @1500000000 f; chmod 644 f; ln -s f link")
        when = datetime.datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
        self.change("f", FileManager.FileAttributes(modificationTime=when))
        self.assertEqual(self.stat("f", "%Y %X %a"), "1000000000 1500000000 644")
        self.change("link", FileManager.PosixFileAttributes(permissions=0o4711, accessTime=when))
        self.assertEqual(self.stat("f", "%Y %X %a"), "1000000000 1000000000 4711")
        self.change("f", FileManager.PosixFileAttributes(permissions=0))
        self.assertEqual(self.stat("f", "%a"), "0")
        self.change("f", FileManager.FileAttributes())
        self.assertEqual(self.stat("f", "%Y %a %U"), "1000000000 0 demo")

    def test_owner(self):
        self.as_demo("touch f")
        given = FileManager.PosixFileAttributes(ownerId=ALICE, groupId=ALICE)
        self.assertRaisesFault(vim.fault.GuestPermissionDenied, self.change, "f", given)
        self.change("f", given, credentials("root"))
        self.assertEqual(self.stat("f", "%U %G"), "alice alice")
        self.assertFileFault(vim.fault.FileNotFound, "ChangeFileAttributes", self.path("none"),
                             given)


class FileFaults(FilesCase):
    def test_parents(self):
        """What clients catch, by the base."""
        with self.assertRaises(vim.fault.FileFault) as caught:
            self.list("/none")
        self.assertEqual(caught.exception.file, "/none")
        self.assertIn("/none", caught.exception.msg)
        with self.assertRaises(vim.fault.GuestOperationsFault):
            self.list("/root")

    def test_login(self):
        for function in (self.list, self.download, self.upload_url):
            self.assertRaisesFault(vim.fault.InvalidGuestLogin, lambda f=function: f(
                "/tmp", who=credentials("demo", "wrong")))

    def test_machine_is_off(self):
        with env.machine(Vm("off", "qmp", "/nonexistent/a", "/nonexistent/q")) as vm:
            self.assertRaisesFault(vim.fault.InvalidPowerState,
                                   self.files.InitiateFileTransferFromGuest, self.machine_of(vm),
                                   self.who, "/etc/hostname")

    def test_no_permission(self):
        self.files = self.reader().content.guestOperationsManager.fileManager
        for privilege, function in (("Query", lambda: self.list("/tmp")),
                                    ("Query", lambda: self.download("/etc/hostname")),
                                    ("Modify", lambda: self.upload_url("/tmp/x")),
                                    ("Modify", lambda: self.call("DeleteFile", "/tmp/x"))):
            self.assertRaisesFault(vim.fault.NoPermission, function,
                                   privilegeId=f"VirtualMachine.GuestOperations.{privilege}")
