"""The service itself, without a guest: its first start, its limits, and broken requests."""
import json
import os
import socket
import ssl
import subprocess
import unittest

from guestops import SANITIZER, Daemon, auth, hash_password, spec, wait_for
from support import env

LOGIN = "SessionManager/SessionManager/Login"
START = "GuestProcessManager/guestOperationsProcessManager/StartProgramInGuest"


class ServiceCase(unittest.TestCase):
    settings = {}

    def setUp(self):
        self.daemon = Daemon(os.path.join(env.build, "guestopsd"), dict(self.settings))
        self.addCleanup(self.daemon.remove)
        self.addCleanup(self.daemon.stop)

    def start(self):
        self.daemon.start()
        return self.daemon

    def client(self, session=None):
        client = self.daemon.client(session)
        self.addCleanup(client.close)
        return client

    def admin(self):
        client = self.daemon.admin()
        self.addCleanup(client.close)
        return client

    def assertFault(self, answer, type_name, **members):
        self.assertEqual(answer.status, 500, answer)
        self.assertEqual(answer.json["_typeName"], type_name, answer)
        for name, value in members.items():
            self.assertEqual(answer.json.get(name), value, answer)


class FirstStart(ServiceCase):
    def run_to_its_end(self):
        """Starts a daemon that cannot start."""
        self.daemon.write_config()
        done = subprocess.run([self.daemon.binary, "--config", self.daemon.config],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertNotRegex(done.stderr, SANITIZER)
        self.assertNotEqual(done.returncode, 0, done.stderr)
        return done.stderr

    def test_modes(self):
        self.start()
        modes = {name: os.stat(os.path.join(self.daemon.state, name)).st_mode & 0o777
                 for name in ("", "users", "key.pem", "certificate.pem", "audit.jsonl")}
        self.assertEqual(modes, {"": 0o700, "users": 0o600, "key.pem": 0o600,
                                 "certificate.pem": 0o644, "audit.jsonl": 0o600})
        self.assertEqual(sorted(os.listdir(self.daemon.state)),
                         ["audit.jsonl", "certificate.pem", "key.pem", "users"])

    def test_password_is_told_once(self):
        self.start()
        password = self.daemon.password
        self.assertTrue(password)
        self.daemon.restart()
        self.assertNotIn("password", self.daemon.log())
        self.admin()

    def test_password_is_told_at_every_level(self):
        self.daemon.settings["log", "level"] = "error"
        self.daemon.write_config()
        process = subprocess.Popen([self.daemon.binary, "--config", self.daemon.config],
                                   stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            self.assertIn("with password", process.stderr.readline())
        finally:
            process.terminate()
            process.wait(30)
            process.stderr.close()

    def test_a_missing_certificate_leaves_the_key_alone(self):
        key = os.path.join(self.daemon.directory, "real.key")
        with open(key, "w") as file:
            file.write("precious")
        self.daemon.settings["http", "certificate"] = "typo.pem"
        self.daemon.settings["http", "key"] = "real.key"
        self.assertIn("typo.pem", self.run_to_its_end())
        with open(key) as file:
            self.assertEqual(file.read(), "precious")

    def test_bad_configuration(self):
        rows = ((("http", "port"), "65536"), (("http", "adress"), "127.0.0.1"),
                (("log", "level"), "loud"), (("inventory", "api_type"), "Fridge"),
                (("sessions", "max"), "0"), (("nonsense", "key"), "value"))
        for (section, key), value in rows:
            with self.subTest(section=section, key=key):
                before = dict(self.daemon.settings)
                self.daemon.settings[section, key] = value
                self.assertIn(f"[{section}]", self.run_to_its_end())
                self.daemon.settings = before

    def test_a_port_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            self.daemon.settings["http", "port"] = str(taken.getsockname()[1])
            self.assertIn("Address already in use", self.run_to_its_end())

    def test_help_and_version(self):
        for program in ("guestopsd", "guestops-agent"):
            for option, said in (("--help", "Usage: " + program), ("--version", program)):
                done = subprocess.run([os.path.join(env.build, program), option],
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0)
                self.assertIn(said, done.stdout)
            done = subprocess.run([os.path.join(env.build, program), "--nonsense"],
                                  capture_output=True, text=True, timeout=60)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("Usage", done.stderr)


class Limits(ServiceCase):
    def connect(self):
        context = ssl.create_default_context(
            cafile=os.path.join(self.daemon.state, "certificate.pem"))
        plain = socket.create_connection(("127.0.0.1", self.daemon.port), 10)
        return context.wrap_socket(plain, server_hostname="127.0.0.1")

    def served(self, connection):
        connection.sendall(b"GET /sdk/vimServiceVersions.xml HTTP/1.1\r\nHost: a\r\n\r\n")
        return connection.recv(100)

    def test_connections(self):
        self.daemon.settings["http", "connections_max"] = "5"
        self.start()
        for _ in range(3):  # full, and served again each time
            connections = [self.connect() for _ in range(5)]
            for connection in connections:
                self.assertIn(b"200", self.served(connection))
            connections.pop().close()
            with self.connect() as one:
                self.assertIn(b"200", self.served(one))
            for connection in connections:
                connection.close()

    def test_sessions_of_a_user(self):
        self.daemon.settings["sessions", "per_user_max"] = "2"
        self.start()
        first = self.admin()
        self.admin()
        body = {"userName": "administrator", "password": self.daemon.password}
        self.assertFault(self.client().call(LOGIN, body), "SystemError",
                         reason="too many sessions")
        first.logout()
        self.assertEqual(self.client().call(LOGIN, body).status, 200)

    def test_sessions_together(self):
        self.daemon.settings["sessions", "max"] = "1"
        self.start()
        self.admin()
        body = {"userName": "administrator", "password": self.daemon.password}
        self.assertFault(self.client().call(LOGIN, body), "SystemError",
                         reason="too many sessions")

    def test_idle_sessions_end(self):
        self.daemon.settings["sessions", "idle"] = "1"
        self.start()
        client = self.admin()
        path = "SessionManager/SessionManager/currentSession"
        session = client.session
        # Asking would keep it alive: wait until the daemon's own clock has done it.
        other = self.client()
        body = {"userName": "administrator", "password": self.daemon.password}
        self.daemon.settings["sessions", "max"] = "1"

        def has_ended():
            answer = other.call("SessionManager/SessionManager/SessionIsActive",
                                {"sessionID": "x", "userName": "x"},
                                headers={"vmware-api-session-id": "0" * 40})
            self.assertFault(answer, "NotAuthenticated")
            return other.call(LOGIN, {**body, "password": "wrong"}).status == 500 and \
                os.times().elapsed - began > 1.5
        began = os.times().elapsed
        wait_for(has_ended, "the idle time being over")
        self.assertEqual(self.client(session).get(path).status, 204)

    def test_bodies(self):
        self.start()
        large = json.dumps({"userName": "x" * 20000, "password": "y"}).encode()
        self.assertEqual(self.client().request("POST", "/sdk/vim25/8.0.2.0/" + LOGIN,
                                               large).status, 413)
        client = self.admin()
        self.assertFault(client.request("POST", "/sdk/vim25/8.0.2.0/" + LOGIN, large),
                         "InvalidLogin")
        huge = b" " * (2 << 20)
        self.assertEqual(self.client().request("POST", "/sdk/vim25/8.0.2.0/" + START,
                                               huge).status, 413)

    def test_strings_and_lists(self):
        self.start()
        client = self.admin()
        vm = {"type": "VirtualMachine", "value": "vm-none"}
        rows = ((spec("/bin/true", "x" * 65537), "spec.arguments"),
                (spec("/bin/true", env=["A=b"] * 65537), "spec.envVariables"))
        for program, member in rows:
            with self.subTest(member=member):
                answer = client.try_start(vm, auth("demo"), program)
                self.assertFault(answer, "InvalidArgument", invalidProperty=member)


class Refusals(ServiceCase):
    def test_audit_that_cannot_be_written(self):
        self.daemon.settings["log", "audit"] = "/dev/full"
        self.start()
        body = {"userName": "administrator", "password": self.daemon.password}
        # The first login finds out; from then on nothing is done that cannot be recorded.
        self.client().call(LOGIN, body)
        self.assertFault(self.client().call(LOGIN, body), "SystemError", reason="audit")

    def test_what_costs_nothing_is_not_audited(self):
        self.start()
        for _ in range(20):
            self.assertFault(self.client().call(LOGIN, {"userName": "x" * 5000, "password": "y"}),
                             "InvalidLogin")
        self.assertEqual(os.stat(os.path.join(self.daemon.state, "audit.jsonl")).st_size, 0)
        self.assertFault(self.client().call(LOGIN, {"userName": "nobody", "password": "y"}),
                         "InvalidLogin")
        line, = self.daemon.audit()
        self.assertEqual((line["event"], line["user"], line["result"]),
                         ("login", "nobody", "InvalidLogin"))

    def test_a_changed_password_ends_sessions(self):
        self.start()
        self.daemon.put_user("ann", "old-secret", "Admin")
        client = self.client()
        client.login("ann", "old-secret")
        self.daemon.reload()
        time = "ServiceInstance/ServiceInstance/CurrentTime"
        self.assertEqual(client.call(time).status, 200)
        users = os.path.join(self.daemon.state, "users")
        with open(users) as file:
            lines = [line for line in file if not line.startswith("ann:")]
        with open(users, "w") as file:
            file.writelines(lines + [f"ann:{hash_password('new-secret')}:Admin\n"])
        self.daemon.reload()
        self.assertFault(client.call(time), "NotAuthenticated")

    def test_users_that_are_gone_are_not_made_anew(self):
        self.start()
        os.unlink(os.path.join(self.daemon.state, "users"))
        self.daemon.reload()
        self.assertFalse(os.path.exists(os.path.join(self.daemon.state, "users")))
        self.admin()  # all is as it was

    def test_a_cookie_counts_for_its_own_origin_only(self):
        self.start()
        session = self.admin().session
        port = self.daemon.port
        path = "/sdk/vim25/8.0.2.0/ServiceInstance/ServiceInstance/CurrentTime"
        rows = ((None, 200), (f"https://localhost:{port}", 200), ("https://evil.example", 500),
                ("null", 500), (f"http://localhost:{port}", 500))
        for origin, status in rows:
            with self.subTest(origin=origin):
                headers = {"Cookie": f'vmware_soap_session="{session}"'}
                if origin:
                    headers["Origin"] = origin
                self.assertEqual(self.client().request("POST", path, b"{}", headers).status, status)


class BrokenInput(ServiceCase):
    """The table of answers in COMPATIBILITY.md, a row each."""

    def setUp(self):
        super().setUp()
        self.start()

    def test_bodies(self):
        vm = '"vm":{"type":"VirtualMachine","value":"vm-none"}'
        who = ('"auth":{"_typeName":"NamePasswordAuthentication","interactiveSession":false,'
               '"username":"u","password":"p"}')
        what = '"spec":{"programPath":"/bin/true","arguments":""}'
        deep = '{"a":' * 3000 + "1" + "}" * 3000
        rows = (
            ("not JSON", "{", "InvalidRequest", None),
            ("two values", "{} {}", "InvalidRequest", None),
            ("an array", "[]", "InvalidRequest", None),
            ("too deep", deep, "InvalidRequest", None),
            ("invalid UTF-8", b'{"vm":"\xff"}', "InvalidRequest", None),
            ("NUL", '{"vm":"\\u0000"}', "InvalidRequest", None),
            ("duplicate key", f"{{{vm},{vm},{who},{what}}}", "InvalidRequest", None),
            ("missing member", f"{{{vm},{who}}}", "InvalidArgument", "spec"),
            ("missing inner member", f'{{{vm},{who},"spec":{{"programPath":"/x"}}}}',
             "InvalidArgument", "spec.arguments"),
            ("unknown member", f'{{{vm},{who},{what},"more":1}}', "InvalidArgument", "more"),
            ("wrong kind", f'{{{vm},{who},"spec":{{"programPath":1,"arguments":""}}}}',
             "InvalidArgument", "spec.programPath"),
            ("a list for an object", f'{{{vm},{who},"spec":[]}}', "InvalidArgument", "spec"),
            ("unknown _typeName", f'{{{vm},{who},"spec":{{"_typeName":"Nope"}}}}', "InvalidType",
             None),
            ("_typeName out of place", f'{{{vm},{who},"spec":{{"_typeName":"AboutInfo"}}}}',
             "InvalidType", None),
            ("abstract without _typeName", f'{{{vm},"auth":{{}},{what}}}', "InvalidType", None),
        )
        client = self.admin()
        for about, body, fault, member in rows:
            with self.subTest(about):
                answer = client.request("POST", f"/sdk/vim25/8.0.2.0/{START}",
                                        body if isinstance(body, bytes) else body.encode())
                self.assertFault(answer, fault)
                self.assertIn("faultstring", answer.json)
                if member:
                    self.assertEqual(answer.json["invalidProperty"], member)
        # It has survived all that.
        self.assertEqual(client.call("ServiceInstance/ServiceInstance/CurrentTime").status, 200)

    def test_framing(self):
        rows = (
            ("two lengths", b"Content-Length: 2\r\nContent-Length: 3\r\n", b"400"),
            ("length and encoding", b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"400"),
            ("unknown encoding", b"Transfer-Encoding: gzip\r\n", b"400"),
            ("a blank before the colon", b"Content-Length : 2\r\n", b"400"),
        )
        for about, header, status in rows:
            with self.subTest(about):
                answer = self.client().raw(
                    b"POST /sdk/vim25/8.0.2.0/" + LOGIN.encode() +
                    b" HTTP/1.1\r\nHost: a\r\n" + header + b"\r\n{}", until_closed=True)
                self.assertIn(status, answer.split(b"\r\n")[0])

    def test_paths_and_verbs(self):
        rows = (
            ("GET", "/", 404), ("GET", "/sdk", 405), ("GET", "/sdk/vim25/8.0.2.0", 404),
            ("GET", "/sdk/vim25/8.0.2.0/A/b", 404), ("GET", "/sdk/vim25/nope/A/b/c", 404),
            ("GET", "/sdk/vim25/8.0.2.0/A/b/c/d", 404),
            ("GET", "/sdk/vim25/8.0.2.0/%ff/b/c", 404),
            ("PUT", "/sdk/vim25/8.0.2.0/A/b/c", 405), ("DELETE", "/api/vcenter/system", 405),
            ("POST", "/sdk/vimServiceVersions.xml", 405),
            ("GET", "/sdk/vim25/8.0.2.0/ServiceInstance/ServiceInstance/content", 200),
        )
        for verb, path, status in rows:
            with self.subTest(verb=verb, path=path):
                self.assertEqual(self.client().request(verb, path).status, status)
