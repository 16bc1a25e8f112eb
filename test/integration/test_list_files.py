"""ListFilesInGuest: which rows, in which order, and what they hold."""
import threading

from guestops import auth
from soap import Soap, element
from support import GuestCase, env, unique

FILES = "GuestFileManager/guestOperationsFileManager"
TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def told(data):
    """How a name that may be no UTF-8 is told: bytes that are not are U+F000 and their value."""
    return "".join(chr(0xf000 + ord(c) - 0xdc00) if 0xdc80 <= ord(c) <= 0xdcff else c
                   for c in data.decode("utf-8", "surrogateescape"))


class FilesCase(GuestCase):
    def setUp(self):
        super().setUp()
        self.dir = f"/tmp/{unique('files')}"
        self.guest.sh(f"mkdir -m 755 {self.dir}")
        self.addCleanup(self.guest.sh, f"rm -rf {self.dir}")

    def make(self, script):
        """Runs it in the directory, as root."""
        self.guest.sh(f"cd {self.dir} && umask 022 && {script}")

    def ask(self, path=None, user="demo", client=None, **more):
        body = {"vm": self.vm, "auth": auth(user), "filePath": path or self.dir, **more}
        return (client or self.client).call(f"{FILES}/ListFilesInGuest", body)

    def listed(self, path=None, user="demo", **more):
        """(names, remaining)"""
        answer = self.assertOk(self.ask(path, user, **more))
        self.assertEqual(answer["_typeName"], "GuestListFileInfo")
        return [row["path"] for row in answer.get("files", [])], answer["remaining"]

    def row(self, path=None, pattern=None, user="demo"):
        more = {"matchPattern": pattern} if pattern else {}
        answer = self.assertOk(self.ask(path, user, **more))
        row, = answer["files"]
        self.assertEqual(answer["remaining"], 0)
        return row

    def all_pages(self, size, **more):
        names, left = [], 1
        while left:
            page, left = self.listed(index=len(names), maxResults=size, **more)
            self.assertLessEqual(len(page), size)
            names += page
        return names


class Pages(FilesCase):
    def test_order(self):
        self.make("touch b a B .hidden ä '~' ...; mkdir -- -x")
        wanted = [".", "..", "-x", "...", ".hidden", "B", "a", "b", "~", "ä"]
        self.assertEqual(self.listed(), (wanted, 0))
        for size in (1, 2, 3, 7, 50):
            with self.subTest(size=size):
                self.assertEqual(self.all_pages(size), wanted)

    def test_default_is_fifty(self):
        self.make("seq 1 60 | xargs touch")
        names, remaining = self.listed()
        self.assertEqual((len(names), remaining), (50, 12))
        self.assertEqual(len(self.listed(index=50)[0]), 12)

    def test_edges(self):
        self.make("touch a b c")
        self.assertEqual(self.listed(maxResults=0), ([], 5))
        self.assertEqual(self.listed(index=2, maxResults=0), ([], 3))
        self.assertEqual(self.listed(index=4), (["c"], 0))
        self.assertEqual(self.listed(index=5), ([], 0))
        self.assertEqual(self.listed(index=2 ** 31 - 1, maxResults=2 ** 31 - 1), ([], 0))
        self.assertEqual(self.listed(index=3, maxResults=2 ** 31 - 1), (["b", "c"], 0))

    def test_bad_numbers(self):
        for name in ("index", "maxResults"):
            with self.subTest(name):
                self.assertFault(self.ask(**{name: -1}), "InvalidArgument", invalidProperty=name)
                answer = self.client.call(f"{FILES}/ListFilesInGuest", {
                    "vm": self.vm, "auth": auth("demo", "wrong"), "filePath": "/", name: -1})
                self.assertFault(answer, "InvalidArgument", invalidProperty=name)

    def test_thousands(self):
        self.make("seq -f %05.0f 1 20000 | xargs touch")
        wanted = [".", ".."] + [f"{i:05}" for i in range(1, 20001)]
        self.assertEqual(self.all_pages(5000), wanted)
        self.assertEqual(self.listed(index=10000, maxResults=3), (wanted[10000:10003], 9999))
        names, remaining = self.listed(index=20000, matchPattern="")
        self.assertEqual((names, remaining), (wanted[20000:], 0))
        self.assertEqual(self.all_pages(7, matchPattern="^1999[0-9]$"), wanted[19991:20001])


class Patterns(FilesCase):
    def setUp(self):
        super().setUp()
        self.make("touch a.txt b.log B.TXT 'with space' ärger; mkdir sub")

    def test_good(self):
        for pattern, names in (
                ("txt", ["a.txt"]), ("(?i)txt", ["B.TXT", "a.txt"]),
                ("^[ab]\\.", ["a.txt", "b.log"]), ("^\\.", [".", ".."]), (" ", ["with space"]),
                ("^\\pL+$", ["sub", "ärger"]), ("^(?!.*\\.)", ["sub", "with space", "ärger"]),
                ("^.r", ["ärger"]), ("nothing", []), ("", None), (".*", None)):
            with self.subTest(pattern):
                found = self.listed(matchPattern=pattern)
                self.assertEqual(found, (names if names is not None else self.listed()[0], 0))

    def test_paged(self):
        self.assertEqual(self.listed(matchPattern="\\.(log|txt)$", maxResults=1), (["a.txt"], 1))
        self.assertEqual(self.listed(matchPattern="\\.(log|txt)$", index=1), (["b.log"], 0))

    def test_bad(self):
        for pattern, says in (("*.txt", "at byte 0"), ("a(", "missing closing parenthesis"),
                              ("[", "missing terminating ]"), ("\\C", "disabled"),
                              ("a" * 4097, "longer"), ("(" * 101 + ")" * 101, "nested")):
            with self.subTest(pattern[:10]):
                for path in (self.dir, f"{self.dir}/a.txt", "/nonexistent"):
                    fault = self.assertFault(self.ask(path, matchPattern=pattern),
                                             "InvalidArgument", invalidProperty="matchPattern")
                    self.assertIn(says, fault["faultstring"])

    def test_catastrophic(self):
        """It ends with a fault, and others are served meanwhile."""
        self.make(f"touch {'a' * 60}!")
        answers = []
        client = self.client.copy()
        self.addCleanup(client.close)
        thread = threading.Thread(daemon=True, target=lambda: answers.append(self.ask(
            client=client, matchPattern="(*LIMIT_MATCH=4000000000)^(a+)+$")))
        thread.start()
        self.assertEqual(self.listed(matchPattern="^sub$"), (["sub"], 0))
        thread.join(60)
        fault = self.assertFault(answers[0], "InvalidArgument", invalidProperty="matchPattern")
        self.assertIn("takes too long", fault["faultstring"])


class Files(FilesCase):
    def test_single(self):
        self.make("printf 12345 >f; chmod 640 f; chown demo:alice f; touch -d @1600000000 f")
        path = f"{self.dir}/f"
        row = self.row(path)
        self.assertEqual((row["path"], row["type"], row["size"]), (path, "file", 5))
        attributes = row["attributes"]
        self.assertEqual(attributes["_typeName"], "GuestPosixFileAttributes")
        self.assertEqual((attributes["ownerId"], attributes["groupId"],
                          attributes["permissions"]), (1000, 1001, 0o100640))
        self.assertEqual(attributes["modificationTime"], "2020-09-13T12:26:40Z")
        self.assertRegex(attributes["accessTime"], TIME)
        self.assertNotIn("symlinkTarget", attributes)
        self.assertEqual(self.listed(path, index=1), ([], 0))
        self.assertEqual(self.listed(path, maxResults=0), ([], 1))
        self.assertEqual(self.listed(path, matchPattern=f"^{path}$"), ([path], 0))
        self.assertEqual(self.listed(path, matchPattern="^f$"), ([], 0))

    def test_kinds(self):
        self.make("mkfifo fifo; mkdir -m 1777 dir; mknod null c 1 3")
        for name, kind, mode in (("fifo", "file", 0o010644), ("dir", "directory", 0o041777),
                                 ("null", "file", 0o020644)):
            with self.subTest(name):
                row = self.row(pattern=f"^{name}$")
                self.assertEqual((row["type"], row["size"]), (kind, 0))
                self.assertEqual(row["attributes"]["permissions"], mode)

    def test_links(self):
        self.make("printf 12345 >f; mkdir d; touch d/in; ln -s f lf; ln -s d ld; ln -s no ln; "
                  "ln -s me me; chown -h demo ln")
        for name, target, mode in (("lf", "f", 0o100644), ("ld", "d", 0o040755),
                                   ("ln", "no", 0o120777), ("me", "me", 0o120777)):
            with self.subTest(name):
                row = self.row(pattern=f"^{name}$")
                self.assertEqual((row["type"], row["size"]), ("symlink", 0))
                self.assertEqual(row["attributes"]["symlinkTarget"], target)
                self.assertEqual(row["attributes"]["permissions"], mode)
        row = self.row(f"{self.dir}/ld")
        self.assertEqual((row["path"], row["type"]), (f"{self.dir}/ld", "symlink"))
        self.assertEqual(self.listed(f"{self.dir}/ld/"), ([".", "..", "in"], 0))
        self.assertFault(self.ask(f"{self.dir}/ln"), "FileNotFound", file=f"{self.dir}/ln")
        self.assertFault(self.ask(f"{self.dir}/me"), "FileFault", file=f"{self.dir}/me")

    def test_missing(self):
        self.make("touch f")
        for path, fault in (("gone", "FileNotFound"), ("f/", "NotADirectory"),
                            ("f/x", "NotADirectory"), ("gone/x", "FileNotFound"),
                            ("x" * 256, "FileNameTooLong")):
            with self.subTest(path[:10]):
                path = f"{self.dir}/{path}"
                self.assertFault(self.ask(path), fault, file=path)
        answer = self.client.call(f"{FILES}/ListFilesInGuest", {
            "vm": self.vm, "auth": auth("demo"), "filePath": ""})
        self.assertFault(answer, "InvalidArgument", invalidProperty="filePath")

    def test_permissions(self):
        self.make("mkdir -m 700 mine; chown demo mine; touch mine/f; "
                  "mkdir -m 744 names; touch names/f; mkdir -m 711 hidden; touch hidden/f")
        mine = f"{self.dir}/mine"
        self.assertEqual(self.listed(mine), ([".", "..", "f"], 0))
        self.assertEqual(self.listed(mine, user="root"), ([".", "..", "f"], 0))
        self.assertFault(self.ask(mine, "alice"), "GuestPermissionDenied")
        self.assertFault(self.ask(f"{mine}/f", "alice"), "GuestPermissionDenied")
        self.assertFault(self.ask(f"{self.dir}/hidden"), "GuestPermissionDenied")
        self.assertEqual(self.row(f"{self.dir}/hidden/f")["type"], "file")
        # Names may be read, and nothing else of them.
        self.assertEqual(self.listed(f"{self.dir}/names"), ([".", "..", "f"], 0))
        row = self.row(f"{self.dir}/names", "^f$")
        self.assertEqual((row["type"], row["attributes"]["permissions"]), ("file", 0))

    def test_names_that_are_no_utf8(self):
        names = [b"caf\xe9", b"\xff\xfe", b"ctl\x01x", "täst".encode(), b"new\nline", b"<&>\"'",
                 "\uf0e9".encode()]
        for name in names:
            escaped = "".join(f"\\{byte:03o}" for byte in name)
            self.make(f"mkdir \"$(printf '{escaped}.')\"; : >\"$(printf '{escaped}.')/in\"")
        found = self.listed()[0]
        self.assertEqual(len(found), len(names) + 2)
        for name in names:
            text = told(name) + "."
            if name == b"ctl\x01x":
                text = "ctl\uf001x."
            elif name == "\uf0e9".encode():
                text = "\uf0ef\uf083\uf0a9."
            with self.subTest(name=name):
                self.assertIn(text, found)
                self.assertEqual(self.listed(f"{self.dir}/{text}"), ([".", "..", "in"], 0))
        self.assertEqual(self.listed(matchPattern="^caf.\\.$"), (["caf\uf0e9."], 0))
        self.assertEqual(self.listed(matchPattern="^caf\uf0e9"), (["caf\uf0e9."], 0))

    def test_relative_paths(self):
        """They begin at the root, where workers are."""
        self.make("touch f")
        self.assertEqual(self.row(self.dir[1:] + "/f")["path"], self.dir[1:] + "/f")
        self.assertIn("etc", self.listed(".")[0])

    def test_system_directories(self):
        for user in ("demo", "root"):
            for path in ("/proc/1", "/proc/1/fd", "/dev", "/sys/kernel", "/etc"):
                with self.subTest(path=path, user=user):
                    answer = self.ask(path, user, maxResults=2000)
                    if user == "demo" and path == "/proc/1/fd":
                        self.assertFault(answer, "GuestPermissionDenied")
                    else:
                        self.assertGreater(len(self.assertOk(answer)["files"]), 2)

    def test_soap(self):
        self.make("printf 12345 >'a<b'; ln -s 'a<b' l; printf x >\"$(printf 'e\\351')\"")
        soap = Soap(env.daemon.port, self.client.cafile)
        self.addCleanup(soap.close)
        soap.login(env.daemon.ADMINISTRATOR, env.daemon.password)

        def call(*more):
            return soap.call(
                "ListFilesInGuest", "GuestFileManager", "guestOperationsFileManager",
                element("vm", env.vm.moid, type="VirtualMachine") +
                '<auth xsi:type="NamePasswordAuthentication">'
                "<interactiveSession>false</interactiveSession><username>demo</username>"
                "<password>demo-secret</password></auth>" + element("filePath", self.dir) +
                "".join(more))

        answer = call(element("index", 2), element("maxResults", 2),
                      element("matchPattern", "."))
        self.assertEqual(answer.status, 200, answer)
        info, = answer.values
        tags = [child.tag.partition("}")[2] for child in info]
        self.assertEqual(tags, ["files", "files", "remaining"])
        self.assertEqual(info[2].text, "1")
        file, odd = info[0], info[1]
        self.assertEqual([child.tag.partition("}")[2] for child in file],
                         ["path", "type", "size", "attributes"])
        self.assertEqual([child.text for child in file][:3], ["a<b", "file", "5"])
        self.assertIn("GuestPosixFileAttributes", "".join(file[3].attrib.values()))
        self.assertEqual(odd[0].text, "e\uf0e9")
        answer = call(element("matchPattern", "("))
        self.assertEqual((answer.status, answer.fault_type), (500, "InvalidArgument"))
        answer = call(element("maxResults", 0))
        self.assertEqual([child.text for child in answer.values[0]], ["5"])
