"""The changing operations of GuestFileManager, and each of their faults by its real cause."""
import contextlib

from guestops import auth, quote, wait_for
from support import GuestCase, env, unique

FILES = "GuestFileManager/guestOperationsFileManager"
LONG = "x" * 256
WRONG = auth("demo", "wrong")


def posix(**members):
    return {"_typeName": "GuestPosixFileAttributes", **members}


class FilesCase(GuestCase):
    """With a directory of demo's own in the guest."""

    def setUp(self):
        super().setUp()
        self.dir = f"/tmp/{unique('files')}"
        self.sh(f"mkdir {self.dir}; chown demo: {self.dir}")
        self.addCleanup(self.guest.command, f"rm -rf {self.dir}")

    def sh(self, command):
        return self.guest.sh(command)

    def there(self, command):
        return self.sh(f"cd {self.dir}; {command}")

    def names(self, directory=None):
        """All that is there, relative, sorted."""
        return self.sh(f"cd {directory or self.dir}; find . -mindepth 1 -printf '%P\\n' | "
                       "LC_ALL=C sort").split()

    @contextlib.contextmanager
    def mounted(self, options):
        path = f"/home/{unique('mnt')}"
        self.sh(f"mkdir {path}; mount -t tmpfs -o {options} none {path}")
        try:
            yield path
        finally:
            self.sh(f"umount {path}; rmdir {path}")

    def op(self, name, user, **parameters):
        who = user if isinstance(user, dict) else auth(user)
        return self.client.call(f"{FILES}/{name}InGuest",
                                {"vm": self.vm, "auth": who, **parameters})

    def make(self, user, path, parents=False):
        return self.op("MakeDirectory", user, directoryPath=path, createParentDirectories=parents)

    def delete(self, user, path):
        return self.op("DeleteFile", user, filePath=path)

    def delete_tree(self, user, path, recursive=True):
        return self.op("DeleteDirectory", user, directoryPath=path, recursive=recursive)

    def move(self, user, source, target, overwrite=False):
        return self.op("MoveFile", user, srcFilePath=source, dstFilePath=target,
                       overwrite=overwrite)

    def move_tree(self, user, source, target):
        return self.op("MoveDirectory", user, srcDirectoryPath=source, dstDirectoryPath=target)

    def temporary_file(self, user, directory=None, prefix="p-", suffix="-s", what="File"):
        more = {} if directory is None else {"directoryPath": directory}
        return self.op(f"CreateTemporary{what}", user, prefix=prefix, suffix=suffix, **more)

    def temporary_directory(self, *args, **more):
        return self.temporary_file(*args, what="Directory", **more)

    def change(self, user, path, attributes):
        return self.op("ChangeFileAttributes", user, guestFilePath=path,
                       fileAttributes=attributes)


class MakeDirectory(FilesCase):
    def test_made(self):
        self.assertVoid(self.make("demo", f"{self.dir}/a"))
        self.assertVoid(self.make("demo", f"{self.dir}/b/c/d", True))
        self.assertEqual(self.there("stat -c '%a %U %G' a b b/c b/c/d").split("\n")[:4],
                         ["700 demo demo"] * 4)

    def test_faults(self):
        self.there("mkdir d; touch f; ln -s nowhere l; ln -s loop loop; chown -h demo: *")
        for name, parents, fault in (
                ("d", False, "FileAlreadyExists"), ("d", True, "FileAlreadyExists"),
                ("f", True, "FileAlreadyExists"), ("l", True, "FileAlreadyExists"),
                ("no/x", False, "FileNotFound"), ("f/x", True, "NotADirectory"),
                ("loop/x", True, "FileFault"), (LONG, True, "FileNameTooLong"),
                (f"{LONG}/x", True, "FileNameTooLong")):
            path = f"{self.dir}/{name}"
            with self.subTest(name, parents=parents):
                self.assertFault(self.make("demo", path, parents), fault, file=path)
        for path in ("/etc/x", "/home/alice/x"):
            fault = self.assertFault(self.make("demo", path), "GuestPermissionDenied")
            self.assertNotIn("file", fault)
        self.assertEqual(self.names(), ["d", "f", "l", "loop"])

    def test_parents_stay(self):
        self.assertFault(self.make("demo", f"{self.dir}/a/b/{LONG}", True), "FileNameTooLong")
        self.assertEqual(self.names(), ["a", "a/b"])


class DeleteFile(FilesCase):
    def test_deleted(self):
        self.there("touch f t; mkdir d; ln -s t l; ln -s d ld; ln -s nowhere dangling; "
                   "chown -h demo: *")
        for name in ("f", "l", "ld", "dangling"):
            self.assertVoid(self.delete("demo", f"{self.dir}/{name}"))
        self.assertEqual(self.names(), ["d", "t"])

    def test_faults(self):
        self.there("touch f; mkdir d; mkfifo p; ln -s loop loop; chown -h demo: *")
        for name, fault in (("d", "NotAFile"), ("p", "NotAFile"), ("no", "FileNotFound"),
                            ("f/x", "NotADirectory"), ("loop/x", "FileFault"),
                            (LONG, "FileNameTooLong")):
            path = f"{self.dir}/{name}"
            with self.subTest(name):
                self.assertFault(self.delete("demo", path), fault, file=path)
        self.assertFault(self.delete("root", "/dev/null"), "NotAFile", file="/dev/null")
        self.assertFault(self.delete("alice", f"{self.dir}/f"), "GuestPermissionDenied")
        self.assertFault(self.delete("demo", "/home/alice/.profile"), "GuestPermissionDenied")
        self.assertEqual(self.names(), ["d", "f", "loop", "p"])


class DeleteDirectory(FilesCase):
    def test_deleted(self):
        self.there("mkdir -p e t/u/v out; touch t/f t/u/g out/kept; ln -s ../out t/l; "
                   "mkfifo t/p; chown -hR demo: *")
        self.assertVoid(self.delete_tree("demo", f"{self.dir}/e", False))
        self.assertVoid(self.delete_tree("demo", f"{self.dir}/t"))
        self.assertEqual(self.names(), ["out", "out/kept"])

    def test_faults(self):
        self.there("mkdir -p d/e o; touch f; ln -s d l; chown -hR demo: d f l; ln -s loop loop")
        for name, recursive, fault in (
                ("d", False, "DirectoryNotEmpty"), ("f", False, "NotADirectory"),
                ("f", True, "NotADirectory"), ("l", True, "NotADirectory"),
                ("l/", True, "NotADirectory"), ("no", True, "FileNotFound"),
                ("loop/x", True, "FileFault"), ("d/..", True, "FileFault"),
                (LONG, True, "FileNameTooLong")):
            path = f"{self.dir}/{name}"
            with self.subTest(name, recursive=recursive):
                self.assertFault(self.delete_tree("demo", path, recursive), fault, file=path)
        for path in ("/", "//", "/.", "/tmp/.."):
            self.assertFault(self.delete_tree("root", path), "FileFault", file=path)
        self.assertFault(self.delete_tree("alice", f"{self.dir}/o"), "GuestPermissionDenied")
        self.assertEqual(self.names(), ["d", "d/e", "f", "l", "loop", "o"])

    def test_goes_on_after_errors(self):
        self.there("mkdir -p t/a t/b t/closed; touch t/a/f t/b/f t/closed/f t/z; "
                   "chown -R demo: t; chown root t/b; chown root: t/closed; chmod 700 t/closed")
        self.assertFault(self.delete_tree("demo", f"{self.dir}/t"), "GuestPermissionDenied")
        self.assertEqual(self.names(), ["t", "t/b", "t/b/f", "t/closed", "t/closed/f"])

    def test_no_link_is_followed_even_if_flipped(self):
        self.there("mkdir -p out/sub; echo precious > out/f; echo more > out/sub/g")
        pid = int(self.there(
            "setpriv --reuid 1000 --regid 1000 --clear-groups bash -c 'cd /usr/lib/bash; "
            "enable -f mkdir mkdir; enable -f ln ln; enable -f rmdir rmdir; "
            f"enable -f unlink unlink; cd {self.dir}; "
            "while [[ ! -e stop ]]; do mkdir -p t/d; : > t/d/f; unlink t/d/f; rmdir t/d; "
            "ln -s ../out t/d; unlink t/d; ln -s ../out/sub t/d; unlink t/d; "
            "echo >> flips; done' >/dev/null 2>&1 & echo $!"))

        def flips():
            return len(self.there("cat flips"))

        wait_for(lambda: self.guest.command(f"test -s {self.dir}/flips")[0] == 0, "it flips")
        before = flips()
        answers = [self.delete_tree("root", f"{self.dir}/t") for _ in range(25)]
        self.assertGreater(flips(), before)
        self.there("touch stop")
        wait_for(lambda: self.guest.command(f"test -d /proc/{pid}")[0] != 0, "it ends")
        self.assertIn(204, [answer.status for answer in answers])
        for answer in answers:
            if answer.status != 204:
                self.assertIn(answer.json["_typeName"], ("FileNotFound", "DirectoryNotEmpty"))
        self.assertEqual(self.there("cat out/f out/sub/g"), "precious\nmore\n")

    def test_deep(self):
        # With more directories than are held open at a time.
        self.there("mkdir -p t; cd -P t; n=0; while [ $n -lt 25 ]; do "
                   "mkdir -p " + "d/" * 40 + "; cd " + "d/" * 40 + "; n=$((n + 1)); done")
        self.assertVoid(self.delete_tree("root", f"{self.dir}/t"))
        self.assertEqual(self.names(), [])


class Move(FilesCase):
    def setUp(self):
        super().setUp()
        self.other = f"/home/demo/{unique('other')}"  # not of the same file system
        self.sh(f"mkdir {self.other}; chown demo: {self.other}; "
                f"test $(stat -c %d {self.other}) != $(stat -c %d {self.dir})")
        self.addCleanup(self.guest.command, f"rm -rf {self.other}")

    def test_files(self):
        for target in (self.dir, self.other):
            with self.subTest(target):
                self.there("echo 1 > f; echo 2 > g; ln -s f l; chown -h demo: f g l")
                self.assertFault(self.move("demo", f"{self.dir}/f", f"{self.dir}/g"),
                                 "FileAlreadyExists", file=f"{self.dir}/g")
                self.assertVoid(self.move("demo", f"{self.dir}/l", f"{target}/m"))
                self.assertVoid(self.move("demo", f"{self.dir}/f", f"{target}/h"))
                self.assertVoid(self.move("demo", f"{self.dir}/g", f"{target}/h", True))
                self.assertEqual(self.sh(f"cd {target}; cat h; readlink m; rm h m"), "2\nf\n")
                self.assertEqual(self.names() + self.names(self.other), [])

    def test_same(self):
        self.there("echo 1 > f; ln f g; ln -s f l; chown -h demo: f g l")
        for source, target in (("f", "f"), ("f", "./f"), ("f", "g"), ("l", "f"), ("f", "l")):
            for overwrite in (False, True):
                self.assertVoid(self.move("demo", f"{self.dir}/{source}",
                                          f"{self.dir}/{target}", overwrite))
        self.assertEqual(self.names(), ["f", "g", "l"])

    def test_faults_of_files(self):
        for target in (self.dir, self.other):
            self.there("echo 1 > f; mkdir -p d; ln -sf nowhere l; ln -sf loop loop; "
                       "chown -h demo: *")
            self.sh(f"mkdir -p {target}/taken; touch {target}/file; "
                    f"ln -sf nowhere {target}/dangling")
            for source, name, overwrite, fault, of in (
                    ("no", "x", False, "FileNotFound", "from"),
                    ("l", "x", False, "FileNotFound", "from"),
                    ("loop", "x", False, "FileFault", "from"),
                    ("d", "x", False, "NotAFile", "from"),
                    ("f", "taken", True, "FileAlreadyExists", "to"),
                    ("f", "file", False, "FileAlreadyExists", "to"),
                    ("f", "dangling", False, "FileAlreadyExists", "to"),
                    ("f", "no/x", False, "FileNotFound", "to"),
                    ("f", "file/x", False, "NotADirectory", "to"),
                    ("f", LONG, False, "FileNameTooLong", "to")):
                paths = {"from": f"{self.dir}/{source}", "to": f"{target}/{name}"}
                with self.subTest(source, target=paths["to"]):
                    answer = self.move("demo", paths["from"], paths["to"], overwrite)
                    self.assertFault(answer, fault, file=paths[of])
            self.assertFault(self.move("demo", f"{self.dir}/f", "/home/alice/f"),
                             "GuestPermissionDenied")
            self.assertFault(self.move("alice", f"{self.dir}/f", "/tmp/f"),
                             "GuestPermissionDenied")
            self.assertFault(self.move("demo", f"{self.dir}/f", "/etc/f"),
                             "GuestPermissionDenied")
            self.assertNotIn(".guestops", self.sh(f"ls -A {self.dir} {target} /etc /home"))

    def state(self, directory):
        return self.sh(f"cd {directory}; find . -mindepth 1 -printf "
                       "'%P|%y|%m|%U:%G|%T@|%l|%s\\n' | sed 's/|[0-9]*$//;t' | LC_ALL=C sort; "
                       "find . -mindepth 1 ! -type d ! -type l -printf '%P|%A@|%n\\n' | LC_ALL=C sort")

    def test_all_is_kept(self):
        self.there("mkdir -p t/u/v; echo 1 > t/f; echo 2 > t/u/g; : > t/e; ln t/f t/u/h; "
                   "ln -s ../x t/l; mkfifo t/p; mknod t/c c 1 3; truncate -s 1M t/u/holes; "
                   "echo 3 > t/u/v/\xe4; chown 12:34 t/f t/u; chown -h 56:78 t/l; chmod 4751 t/f; "
                   "chmod 2750 t/u; chmod 620 t/p; chmod 0 t/e; chmod 1777 t/u/v; "
                   "touch -hd '2001-02-03 04:05:06.123456789' t/f t/l t/p t/e t/u/holes t/c; "
                   "touch -d '2011-02-03 04:05:06.987654321' t/u/v t/u t")
        before = self.state(self.dir)
        self.assertVoid(self.move_tree("root", f"{self.dir}/t", f"{self.other}/t"))
        self.assertEqual(self.state(self.other), before)
        self.assertEqual(self.names(), [])
        self.assertEqual(self.sh(f"cd {self.other}/t; stat -c %i f u/h | uniq | wc -l; "
                                 "stat -c %t:%T c; du -k u/holes | cut -f 1"), "1\n1:3\n0\n")
        # Read by a copy, so that the times of access stay.
        self.assertEqual(self.sh(f"cp -r {self.other}/t/u {self.other}/r; cd {self.other}/r; "
                                 "cat g h v/*; rm -r ../r"), "2\n1\n3\n")
        # And each file by itself.
        before = self.state(f"{self.other}/t")
        self.there("mkdir -p u/v; chown 12:34 u; chmod 2750 u; chmod 1777 u/v")
        for name in ("f", "l", "p", "e", "u/holes", "c"):
            # A link that leads nowhere is not there.
            self.sh(f"touch {self.dir}/../x {self.other}/x")
            self.assertVoid(self.move("root", f"{self.other}/t/{name}", f"{self.dir}/{name}"))
        lines = {line for line in before.splitlines()
                 if line.split("|")[0] in ("f", "l", "p", "e", "u/holes", "c")}
        # Of its two names one has stayed.
        lines = {line[:-1] + "1" if line.startswith("f|") and line.endswith("|2") else line
                 for line in lines}
        self.assertEqual(lines - set(self.state(self.dir).splitlines()), set())
        self.sh("rm -f /tmp/x")

    def test_of_a_user(self):
        self.there("mkdir -p t/u; echo 1 > t/u/f; chmod 600 t/u/f; ln t/u/f t/g; chown -R demo: t")
        self.assertVoid(self.move_tree("demo", f"{self.dir}/t", f"{self.other}/t"))
        self.assertEqual(self.names(self.other), ["t", "t/g", "t/u", "t/u/f"])
        self.assertEqual(self.names(), [])

    def test_owner_cannot_be_kept(self):
        self.there("mkdir -p t/u; touch f t/u/g; chown demo: t t/u; chown alice: f t/u/g")
        for answer in (self.move("demo", f"{self.dir}/f", f"{self.other}/f"),
                       self.move_tree("demo", f"{self.dir}/t", f"{self.other}/t")):
            self.assertFault(answer, "GuestPermissionDenied")
        self.assertEqual(self.names(), ["f", "t", "t/u", "t/u/g"])
        self.assertEqual(self.names(self.other), [])
        # In one file system nothing has to be made anew.
        self.assertVoid(self.move("demo", f"{self.dir}/f", f"{self.dir}/g"))

    def test_cannot_be_removed(self):
        self.there("mkdir -p t/u; touch t/u/f; chown -R demo: t; chmod 555 t/u; "
                   "mkdir r; touch r/f; chown demo: r/f")
        for answer in (self.move("demo", f"{self.dir}/r/f", f"{self.other}/f"),
                       self.move_tree("demo", f"{self.dir}/t", f"{self.other}/t")):
            self.assertFault(answer, "GuestPermissionDenied")
        self.assertEqual(self.names(), ["r", "r/f", "t", "t/u", "t/u/f"])
        self.assertEqual(self.names(self.other), [])

    def test_trees(self):
        self.there("mkdir -p t/u; touch t/u/f; chown -R demo: t")
        self.assertVoid(self.move_tree("demo", f"{self.dir}/t", f"{self.dir}/s"))
        self.assertVoid(self.move_tree("demo", f"{self.dir}/s", f"{self.dir}/s/"))
        self.assertEqual(self.names(), ["s", "s/u", "s/u/f"])

    def test_faults_of_trees(self):
        for target in (self.dir, self.other):
            self.there("mkdir -p t/u; touch f; ln -sfn t l; chown -hR demo: t f l")
            self.sh(f"mkdir -p {target}/taken; touch {target}/file; "
                    f"ln -sf nowhere {target}/dangling")
            for source, name, fault, of in (
                    ("no", "x", "FileNotFound", "from"), ("f", "x", "NotADirectory", "from"),
                    ("l", "x", "NotADirectory", "from"), ("l/", "x", "NotADirectory", "from"),
                    ("t", "taken", "FileAlreadyExists", "to"),
                    ("t", "file", "FileAlreadyExists", "to"),
                    ("t", "dangling", "FileAlreadyExists", "to"),
                    ("t", "no/x", "FileNotFound", "to"),
                    ("t", LONG, "FileNameTooLong", "to")):
                paths = {"from": f"{self.dir}/{source}", "to": f"{target}/{name}"}
                with self.subTest(source, target=paths["to"]):
                    answer = self.move_tree("demo", paths["from"], paths["to"])
                    self.assertFault(answer, fault, file=paths[of])
            self.assertNotIn(".guestops", self.sh(f"ls -A {self.dir} {target}"))
        into = f"{self.dir}/t/u/x"
        self.assertFault(self.move_tree("demo", f"{self.dir}/t", into), "FileFault", file=into)
        self.assertFault(self.move_tree("demo", f"{self.dir}/t", "/etc/t"),
                         "GuestPermissionDenied")

    def test_something_is_mounted_in_it(self):
        self.there("mkdir -p t/m; touch t/f; mount -t tmpfs none t/m; touch t/m/g")
        try:
            self.assertFault(self.move_tree("root", f"{self.dir}/t", f"{self.other}/t"),
                             "FileFault", file=f"{self.dir}/t")
            self.assertFault(self.move_tree("root", f"{self.dir}/t/m", f"{self.other}/m"),
                             "FileFault", file=f"{self.dir}/t/m")
            self.assertEqual(self.names(), ["t", "t/f", "t/m", "t/m/g"])
            self.assertEqual(self.names(self.other), [])
        finally:
            self.there("umount t/m")

    def test_into_itself_by_a_second_mount(self):
        self.there("mkdir -p t/u; touch t/f")
        self.sh(f"mkdir {self.other}/m; mount --bind {self.dir}/t/u {self.other}/m")
        try:
            self.assertFault(self.move_tree("root", f"{self.dir}/t", f"{self.other}/m/x"),
                             "FileFault", file=f"{self.other}/m/x")
            self.assertEqual(self.names(), ["t", "t/f", "t/u"])
        finally:
            self.sh(f"umount {self.other}/m")


class Temporary(FilesCase):
    def test_made(self):
        paths = []
        for create, line in ((self.temporary_file, "600 demo regular empty file"),
                             (self.temporary_directory, "700 demo directory")):
            for directory, under in ((None, "/tmp"), ("", "/tmp"), (self.dir, self.dir),
                                     (f"{self.dir}/", self.dir), (self.dir[1:], self.dir)):
                path = self.assertOk(create("demo", directory))
                self.addCleanup(self.guest.command, f"rm -rf {path}")
                self.assertRegex(path, f"^{under}/p-[a-z0-9]{{16}}-s$")
                self.assertEqual(self.sh(f"stat -c '%a %U %F' {path}").strip(), line)
                paths.append(path)
        self.assertEqual(len(set(paths)), len(paths))
        self.assertRegex(self.assertOk(self.temporary_file("root", self.dir, "", "")),
                         f"^{self.dir}/[a-z0-9]{{16}}$")

    def test_faults(self):
        self.there("touch f; ln -s loop loop")
        for create in (self.temporary_file, self.temporary_directory):
            for name, fault in (("no", "FileNotFound"), ("f", "NotADirectory"),
                                ("loop", "FileFault")):
                path = f"{self.dir}/{name}"
                self.assertFault(create("demo", path), fault, file=path)
            self.assertFault(create("demo", self.dir, LONG), "FileNameTooLong")
            self.assertFault(create("alice", self.dir), "GuestPermissionDenied")
            self.assertFault(create("demo", "/home/alice"), "GuestPermissionDenied")
        self.assertEqual(self.names(), ["f", "loop"])


class ChangeAttributes(FilesCase):
    def stat(self, name="f"):
        return self.there(f"stat -c '%a %u %g %X %Y' {name}").split()

    def test_changed(self):
        self.there("touch -d @1000 f; chmod 644 f; chown demo: f; ln -s f l")
        for attributes, wanted in (
                (posix(), "644 1000 1000 1000 1000"),
                (posix(permissions=0o751), "751 1000 1000 1000 1000"),
                (posix(permissions=0o100640), "640 1000 1000 1000 1000"),
                (posix(modificationTime="1970-01-01T00:33:20Z"), "640 1000 1000 1000 2000"),
                (posix(accessTime="2001-09-09T01:46:40Z"), "640 1000 1000 1000000000 2000"),
                ({"_typeName": "GuestFileAttributes", "accessTime": "1970-01-01T00:00:05Z"},
                 "640 1000 1000 5 2000"),
                (posix(permissions=0), "0 1000 1000 5 2000"),
                (posix(groupId=1000), "0 1000 1000 5 2000")):
            with self.subTest(attributes):
                self.assertVoid(self.change("demo", f"{self.dir}/l", attributes))
                self.assertEqual(" ".join(self.stat()), wanted)
        self.assertVoid(self.change("root", f"{self.dir}/f",
                                    posix(ownerId=1001, groupId=12, permissions=0o4755)))
        self.assertEqual(self.stat()[:3], ["4755", "1001", "12"])

    def test_of_a_directory(self):
        self.there("mkdir d; chown demo: d")
        self.assertVoid(self.change("demo", f"{self.dir}/d/", posix(permissions=0o1770)))
        self.assertEqual(self.stat("d")[0], "1770")

    def test_faults(self):
        self.there("touch f; chown demo: f; ln -s nowhere l; ln -s loop loop")
        for name, fault in (("no", "FileNotFound"), ("l", "FileNotFound"),
                            ("f/x", "NotADirectory"), ("loop", "FileFault"),
                            (LONG, "FileNameTooLong")):
            path = f"{self.dir}/{name}"
            with self.subTest(name):
                self.assertFault(self.change("demo", path, posix(permissions=0o600)), fault,
                                 file=path)
        path = f"{self.dir}/f"
        for user, attributes in (("demo", posix(ownerId=0)), ("demo", posix(groupId=0)),
                                 ("alice", posix(permissions=0o777)),
                                 ("alice", posix(modificationTime="2001-09-09T01:46:40Z"))):
            self.assertFault(self.change(user, path, attributes), "GuestPermissionDenied")
        for attributes in ({"_typeName": "GuestWindowsFileAttributes", "hidden": True},
                           posix(permissions=0o1000000), posix(permissions=-1)):
            for who in ("demo", WRONG):
                fault = self.assertFault(self.change(who, path, attributes), "InvalidArgument")
                self.assertEqual(fault["invalidProperty"], "fileAttributes")


class Every(FilesCase):
    """What all of them have in common."""

    def each(self, user, path, target):
        """Every operation on a path in a directory, each as a call that makes it."""
        return {
            "MakeDirectory": lambda: self.make(user, f"{path}/new", True),
            "DeleteFile": lambda: self.delete(user, f"{path}/f"),
            "DeleteDirectory": lambda: self.delete_tree(user, f"{path}/d"),
            "MoveFile": lambda: self.move(user, f"{path}/f", f"{target}/moved"),
            "MoveDirectory": lambda: self.move_tree(user, f"{path}/d", f"{target}/moved-d"),
            "CreateTemporaryFile": lambda: self.temporary_file(user, path),
            "CreateTemporaryDirectory": lambda: self.temporary_directory(user, path),
            "ChangeFileAttributes": lambda: self.change(user, f"{path}/f",
                                                        posix(permissions=0o600)),
        }

    def test_read_only(self):
        with self.mounted("mode=777") as path:
            self.sh(f"mkdir -p {path}/d/e; touch {path}/f; mount -o remount,ro {path}")
            for target in (path, self.dir):
                for name, call in self.each("root", path, target).items():
                    with self.subTest(name, target=target):
                        self.assertFault(call(), "FileFault")
            self.there("mkdir d; touch f")
            self.assertFault(self.move("root", f"{self.dir}/f", f"{path}/g"), "FileFault",
                             file=f"{path}/g")
            self.assertFault(self.move_tree("root", f"{self.dir}/d", f"{path}/g"), "FileFault",
                             file=f"{path}/g")
            self.assertEqual(self.names(), ["d", "f"])

    def test_full(self):
        with self.mounted("size=64k,mode=777") as path:
            self.there("mkdir d; head -c 100000 /dev/zero | tr '\\0' x > big; cp big d/big; "
                       "chown -R demo: *")
            for answer in (self.move("demo", f"{self.dir}/big", f"{path}/g"),
                           self.move_tree("demo", f"{self.dir}/d", f"{path}/g")):
                self.assertFault(answer, "NoDiskSpace", file=f"{path}/g", datastore="")
            self.assertEqual(self.names(), ["big", "d", "d/big"])
            self.assertEqual(self.names(path), [])
            self.sh(f"mount -o remount,nr_inodes=2 {path}; touch {path}/last")
            for answer in (self.make("demo", f"{path}/d"), self.temporary_file("demo", path),
                           self.temporary_directory("demo", path),
                           self.move("demo", f"{self.dir}/big", f"{path}/g")):
                self.assertFault(answer, "NoDiskSpace", datastore="")
            self.assertEqual(self.names(path), ["last"])

    def test_disabled(self):
        names = list(self.each("demo", "", ""))
        self.there("mkdir d; touch f")
        with env.agent_conf("[guestoperations]\n" +
                            "".join(f"{name}InGuest.disabled = true\n" for name in names)):
            for user in ("demo", WRONG):
                for name, call in self.each(user, self.dir, self.dir).items():
                    with self.subTest(name):
                        self.assertFault(call(), "OperationDisabledByGuest")
        self.assertEqual(self.names(), ["d", "f"])

    def test_empty_paths(self):
        for who in ("demo", WRONG):
            for answer, name in (
                    (self.make(who, ""), "directoryPath"), (self.delete(who, ""), "filePath"),
                    (self.delete_tree(who, ""), "directoryPath"),
                    (self.move(who, "", "/x"), "srcFilePath"),
                    (self.move(who, "/x", ""), "dstFilePath"),
                    (self.move_tree(who, "", "/x"), "srcDirectoryPath"),
                    (self.move_tree(who, "/x", ""), "dstDirectoryPath"),
                    (self.change(who, "", posix()), "guestFilePath"),
                    (self.temporary_file(who, prefix="a/b"), "prefix"),
                    (self.temporary_directory(who, prefix="/"), "prefix"),
                    (self.temporary_file(who, suffix="/../x"), "suffix"),
                    (self.temporary_directory(who, suffix="a/"), "suffix")):
                self.assertFault(answer, "InvalidArgument", invalidProperty=name)

    def test_names_that_are_no_utf8(self):
        def byte(value):
            return chr(0xf000 + value)

        odd = f"{self.dir}/{byte(0xe4)}"
        self.assertVoid(self.make("demo", odd))
        path = self.assertOk(self.temporary_file("demo", odd, byte(0xff), byte(1)))
        self.assertRegex(path, f"^{odd}/{byte(0xff)}[a-z0-9]{{16}}{byte(1)}$")
        self.assertVoid(self.change("demo", path, posix(permissions=0o640)))
        self.assertVoid(self.move("demo", path, f"{odd}/{byte(0xfc)}"))
        self.assertEqual(self.there("stat -c %a $'\\xe4/\\xfc'").strip(), "640")
        self.assertVoid(self.delete("demo", f"{odd}/{byte(0xfc)}"))
        self.assertVoid(self.move_tree("demo", odd, f"{self.dir}/{byte(0xf6)}"))
        self.assertVoid(self.delete_tree("demo", f"{self.dir}/{byte(0xf6)}"))
        self.assertFault(self.delete("demo", odd), "FileNotFound", file=odd)
        self.assertEqual(self.names(), [])

    def test_odd_names(self):
        for name in ("a b", "-rf", "*", "new\nline", "gr\u00fc\u00df", "'\"$(x)"):
            path = f"{self.dir}/{name}"
            self.assertVoid(self.make("demo", path))
            self.assertEqual(self.guest.command(f"test -d {quote(path)}")[0], 0)
            self.assertVoid(self.delete_tree("demo", path))

    def test_audit(self):
        answer = self.make("demo", f"{self.dir}/a")
        line, = [line for line in env.daemon.audit()
                 if line.get("requestId") == answer.headers["X-Request-Id"]]
        self.assertEqual((line["operation"], line["result"], line["guestUser"]),
                         ("MakeDirectoryInGuest", "ok", "demo"))
