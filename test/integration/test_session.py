"""Sessions, releases, and HTTP's own answers."""
import re
import xml.etree.ElementTree

import channel
from fakes import FakeCase
from guestops import auth, spec, wait_for
from soap import element
from support import GuestCase, env

SESSION_MANAGER = "SessionManager/SessionManager"
CURRENT = f"{SESSION_MANAGER}/currentSession"
ROOT_FOLDER = {"_typeName": "ManagedObjectReference", "type": "Folder", "value": "group-d1"}


class Login(GuestCase):
    def login(self, body, client=None):
        return (client or env.daemon.client()).call(f"{SESSION_MANAGER}/Login", body)

    def fresh(self):
        client = env.daemon.client()
        self.addCleanup(client.close)
        return client, client.login("administrator", env.daemon.password)

    def test_content_needs_no_session(self):
        content = self.assertOk(env.daemon.client().get("ServiceInstance/ServiceInstance/content"))
        self.assertEqual(content["_typeName"], "ServiceContent")
        self.assertEqual(content["rootFolder"], ROOT_FOLDER)
        self.assertEqual(content["sessionManager"]["value"], "SessionManager")
        self.assertEqual(content["guestOperationsManager"]["type"], "GuestOperationsManager")
        self.assertEqual(content["about"]["_typeName"], "AboutInfo")
        self.assertEqual(content["about"]["apiVersion"], "8.0.2.0")
        self.assertTrue(content["about"]["fullName"])

    def test_content_by_method(self):
        client = env.daemon.client()
        by_get = client.get("ServiceInstance/ServiceInstance/content").json
        by_post = self.assertOk(client.call("ServiceInstance/ServiceInstance/"
                                            "RetrieveServiceContent"))
        self.assertEqual(by_get, by_post)

    def test_ok(self):
        client, answer = self.fresh()
        session = self.assertOk(answer)
        self.assertEqual(session["_typeName"], "UserSession")
        self.assertEqual(session["userName"], "administrator")
        self.assertEqual(session["locale"], "en")
        self.assertRegex(session["loginTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")
        self.assertRegex(session["key"], r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
        self.assertRegex(client.session, r"^[0-9a-f]{40}$")
        self.assertNotIn(client.session.encode(), answer.body)
        self.assertVoid(client.logout())

    def test_root_type_name_is_ignored(self):
        for name in ("LoginRequestType", "Login", "whatever"):
            answer = self.login({"_typeName": name, "userName": "administrator",
                                 "password": env.daemon.password})
            self.assertOk(answer)

    def test_wrong_password_and_unknown_user_look_alike(self):
        wrong = self.assertFault(self.login({"userName": "administrator", "password": "wrong"}),
                                 "InvalidLogin")
        unknown = self.assertFault(self.login({"userName": "nobody-here", "password": "x"}),
                                   "InvalidLogin")
        del wrong["faultMessage"], unknown["faultMessage"]
        self.assertEqual(wrong, unknown)
        answer = self.login({"userName": "", "password": ""})
        self.assertFault(answer, "InvalidLogin")
        self.assertIsNone(answer.headers["vmware-api-session-id"])
        self.assertIsNone(answer.headers["Set-Cookie"])

    def test_locale(self):
        body = {"userName": "administrator", "password": env.daemon.password}
        for bad in ("!", "e", "en/US", "x" * 17):
            self.assertFault(self.login({**body, "locale": bad}), "InvalidLocale")
        self.assertEqual(self.assertOk(self.login({**body, "locale": "fr_CA"}))["locale"], "fr_CA")

    def test_missing_member_and_wrong_kinds(self):
        self.assertFault(self.login({"userName": "administrator"}), "InvalidArgument",
                         invalidProperty="password")
        self.assertFault(self.login({"userName": 5, "password": "x"}), "InvalidArgument",
                         invalidProperty="userName")
        self.assertFault(self.login({"userName": "a", "password": "x", "more": 1}),
                         "InvalidArgument", invalidProperty="more")
        for bad in (b"{", b"[]", b'"x"', b'{"userName":"a","userName":"b","password":"c"}',
                    b'{"userName":"\xff","password":"x"}', b"nul"):
            self.assertFault(self.login(bad), "InvalidRequest")

    def test_header_and_cookie(self):
        client, answer = self.fresh()
        header = answer.headers["vmware-api-session-id"]
        cookie = answer.headers["Set-Cookie"]
        self.assertRegex(cookie, f'^vmware_soap_session="?{header}"?;')
        for attribute in ("Path=/", "HttpOnly", "Secure"):
            self.assertIn(attribute, cookie)
        anonymous = env.daemon.client()
        for headers in ({"vmware-api-session-id": header}, {"VMware-API-Session-ID": header},
                        {"Cookie": f"vmware_soap_session={header}"},
                        {"Cookie": f'vmware_soap_session="{header}"'},
                        {"Cookie": f'a=b; vmware_soap_session="{header}"; c=d'}):
            with self.subTest(headers=headers):
                answer = anonymous.get(CURRENT, headers)
                self.assertEqual(self.assertOk(answer)["userName"], "administrator")
        client.logout()

    def test_current_session(self):
        self.assertVoid(env.daemon.client().get(CURRENT))
        client, answer = self.fresh()
        current = self.assertOk(client.get(CURRENT))
        self.assertEqual(current["key"], answer.json["key"])
        again = self.assertOk(client.get(CURRENT))
        self.assertGreater(again["callCount"], current["callCount"])

    def test_session_is_active(self):
        client, answer = self.fresh()
        other, _ = self.fresh()
        key = answer.json["key"]

        def active(session, user):
            return self.assertOk(other.call(f"{SESSION_MANAGER}/SessionIsActive",
                                            {"sessionID": session, "userName": user}))

        self.assertIs(active(key, "administrator"), True)
        self.assertIs(active(key, "somebody"), False)
        self.assertIs(active("no such", "administrator"), False)
        client.logout()
        self.assertIs(active(key, "administrator"), False)

    def test_set_locale(self):
        client, _ = self.fresh()

        def set_locale(locale):
            return client.call(f"{SESSION_MANAGER}/SetLocale", {"locale": locale})

        self.assertVoid(set_locale("de_DE"))
        self.assertEqual(self.assertOk(client.get(CURRENT))["locale"], "de_DE")
        for bad in ("", "!", "e", "en/US", "x" * 17):
            self.assertFault(set_locale(bad), "InvalidLocale")
        self.assertEqual(self.assertOk(client.get(CURRENT))["locale"], "de_DE")
        client.logout()
        self.assertFault(set_locale("en"), "NotAuthenticated")

    def test_logout(self):
        client, _ = self.fresh()
        self.assertVoid(client.logout())
        self.assertFault(client.get(f"VirtualMachine/{env.vm.moid}/name"), "NotAuthenticated")
        self.assertFault(client.logout(), "NotAuthenticated")
        self.assertVoid(client.get(CURRENT))

    def test_garbage_session_ids(self):
        client = env.daemon.client()
        for garbage in ("0" * 40, "x", "", "a" * 5000, "%00", '"' + "0" * 38 + '"'):
            with self.subTest(id=garbage[:50]):
                answer = client.get(f"VirtualMachine/{env.vm.moid}/name",
                                    {"vmware-api-session-id": garbage})
                self.assertFault(answer, "NotAuthenticated", privilegeId="System.View")

    def test_not_authenticated(self):
        client = env.daemon.client()
        vm = {"_typeName": "ManagedObjectReference", **env.vm.ref}
        for property in ("name", "runtime", "guest", "parent"):
            self.assertFault(client.get(f"VirtualMachine/{env.vm.moid}/{property}"),
                             "NotAuthenticated", object=vm)
        self.assertFault(client.get("Folder/group-d1/childEntity"), "NotAuthenticated",
                         object=ROOT_FOLDER)
        self.assertFault(client.call("ServiceInstance/ServiceInstance/CurrentTime"),
                         "NotAuthenticated")
        self.assertFault(client.try_start(env.vm.ref, auth("root"), spec("/bin/true")),
                         "NotAuthenticated")
        self.assertFault(client.try_list(env.vm.ref, auth("root")), "NotAuthenticated")
        # Not even the decoder works for them, nor do they learn which objects exist.
        self.assertFault(client.call(f"{client.PROCESSES}/StartProgramInGuest", b"{nonsense"),
                         "NotAuthenticated")
        self.assertFault(client.get("VirtualMachine/vm-none/name"), "NotAuthenticated")

    def test_current_time(self):
        answer = self.client.call("ServiceInstance/ServiceInstance/CurrentTime")
        self.assertRegex(self.assertOk(answer), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")


class Terminate(FakeCase):
    def fresh(self):
        client = env.daemon.client()
        self.addCleanup(client.close)
        return client, client.login("administrator", env.daemon.password).json["key"]

    def terminate(self, *keys, client=None):
        return (client or self.client).call(f"{SESSION_MANAGER}/TerminateSession",
                                            {"sessionId": list(keys)})

    def is_active(self, client):
        return client.get(CURRENT).status == 200

    def audited(self, answer):
        line, = [line for line in env.daemon.audit()
                 if line["requestId"] == answer.headers["X-Request-Id"]]
        self.assertEqual((line["event"], line["user"]), ("terminate-session", "administrator"))
        return line["result"], line.get("target")

    def test_ok(self):
        (one, one_key), (two, two_key), (other, _) = [self.fresh() for _ in range(3)]
        answer = self.terminate(one_key, two_key)
        self.assertVoid(answer)
        for client in (one, two):
            self.assertFault(client.call("ServiceInstance/ServiceInstance/CurrentTime"),
                             "NotAuthenticated")
        self.assertTrue(self.is_active(other))
        self.assertEqual(self.audited(answer), ("ok", f"{one_key} of administrator, "
                                                      f"{two_key} of administrator"))
        other.logout()

    def test_unknown(self):
        client, key = self.fresh()
        session = client.session
        client.logout()
        for unknown in (key, session, self.client.session, "", "x" * 60000):
            with self.subTest(key=unknown[:50]):
                answer = self.terminate(unknown)
                self.assertFault(answer, "NotFound")
                self.assertEqual(self.audited(answer), ("NotFound", None))

    def test_own(self):
        client, key = self.fresh()
        answer = self.terminate(key, client=client)
        self.assertFault(answer, "InvalidArgument", invalidProperty="sessionId")
        self.assertTrue(self.is_active(client))
        client.logout()

    def test_in_order_until_one_is_refused(self):
        (one, one_key), (two, two_key) = self.fresh(), self.fresh()
        answer = self.terminate(one_key, "none", two_key)
        self.assertFault(answer, "NotFound")
        self.assertEqual((self.is_active(one), self.is_active(two)), (False, True))
        self.assertEqual(self.audited(answer), ("NotFound", f"{one_key} of administrator"))
        self.assertFault(self.terminate(two_key, two_key), "NotFound")
        self.assertFalse(self.is_active(two))

    def test_with_a_call_in_progress(self):
        """It goes on to its end."""
        client, key = self.fresh()
        terminator = self.client.copy()
        self.addCleanup(terminator.close)
        ended = []

        def on_request(agent, id, operation):
            ended.append(self.terminate(key, client=terminator))
            agent.answer(id, channel.answer_objects())

        with self.fake(on_request) as (vm, _):
            self.assertEqual(self.assertOk(client.try_list(vm.ref, auth("root"))), [])
        self.assertVoid(ended[0])
        self.assertFalse(self.is_active(client))

    def test_privilege(self):
        env.daemon.put_user("terminator", "terminator-secret", "GuestOperator")
        self.addCleanup(env.daemon.remove_user, "terminator")
        client = env.daemon.client()
        self.addCleanup(client.close)
        client.login("terminator", "terminator-secret")
        other, key = self.fresh()
        self.assertFault(self.terminate(key, client=client), "NoPermission",
                         privilegeId="Sessions.TerminateSession")
        self.assertTrue(self.is_active(other))
        other.logout()

    def test_by_soap(self):
        client, key = self.fresh()
        soap = env.daemon.soap()
        self.addCleanup(soap.close)
        answer = soap.call("TerminateSession", "SessionManager", "SessionManager",
                           element("sessionId", key) + element("sessionId", "none"))
        self.assertEqual((answer.status, answer.fault_type), (500, "NotFound"))
        self.assertFalse(self.is_active(client))
        soap.logout()


class Releases(GuestCase):
    CONTENT = "ServiceInstance/ServiceInstance/content"

    def hello(self, releases, client=None):
        return (client or env.daemon.client()).call("/api/vcenter/system?action=hello",
                                                    {"api_releases": releases})

    def versions(self):
        answer = env.daemon.client().get("/sdk/vimServiceVersions.xml")
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/xml"))
        root = xml.etree.ElementTree.fromstring(answer.body)
        self.assertEqual(root.find("namespace/name").text, "urn:vim25")
        return [root.find("namespace/version").text] + \
            [version.text for version in root.findall("namespace/priorVersions/version")]

    def test_each_published_release(self):
        versions = self.versions()
        self.assertEqual(versions[0], "8.0.2.0")
        self.assertIn("7.0.0.0", versions)
        client = env.daemon.client()
        for release in versions:
            with self.subTest(release=release):
                answer = client.get(self.CONTENT, release=release)
                if int(release.split(".")[0]) >= 7:
                    self.assertOk(answer)
                else:  # they had no VI/JSON
                    self.assertEqual(answer.status, 404)

    def test_newer_and_unknown_releases(self):
        client = env.daemon.client()
        for release in ("8.0.3.0", "9.1.0.0", "9.1.1.0", "-"):
            with self.subTest(release=release):
                self.assertOk(client.get(self.CONTENT, release=release))
        for release in ("nonsense", "8", "v8.0.2.0", "6.5.0.0", "8.0.2.0x", "--", "%2e%2e"):
            with self.subTest(release=release):
                self.assertEqual(client.get(self.CONTENT, release=release).status, 404)

    def test_hello(self):
        for releases, chosen in ((["8.0.2.0", "8.0.1.0"], "8.0.2.0"),
                                 (["8.0.1.0", "8.0.2.0"], "8.0.1.0"),
                                 (["9.1.1.0", "8.0.2.0"], "8.0.2.0"),
                                 (["9.1.1.0", "7.0.0.0", "8.0.2.0"], "7.0.0.0"),
                                 (["99.0.0.0"], ""), (["x" * 64], ""),
                                 (["x"] * 127 + ["8.0.1.0"], "8.0.1.0")):
            with self.subTest(releases=releases[:3]):
                answer = self.hello(releases)
                self.assertEqual(answer.status, 200)
                self.assertEqual(answer.headers["Content-Type"], "application/json")
                self.assertEqual(answer.json, {"api_release": chosen})

    def test_hello_refused(self):
        for releases in ([], ["x"] * 129, ["x" * 65], [5], "8.0.2.0", None):
            with self.subTest(releases=str(releases)[:30]):
                answer = self.hello(releases)
                self.assertEqual(answer.status, 400)
                self.assertEqual(answer.headers["Content-Type"], "application/json")
                self.assertEqual(answer.json["error_type"], "INVALID_ARGUMENT")
        client = env.daemon.client()
        for body in (b"", b"{", b"[]"):
            self.assertEqual(client.call("/api/vcenter/system?action=hello", body).status, 400)

    def test_hello_action_and_verb(self):
        client = env.daemon.client()
        body = {"api_releases": ["8.0.2.0"]}
        self.assertEqual(client.call("/api/vcenter/system", body).status, 404)
        self.assertEqual(client.call("/api/vcenter/system?action=bye", body).status, 404)
        answer = client.get("/api/vcenter/system?action=hello")
        self.assertEqual(answer.status, 405)
        self.assertEqual(answer.headers["Allow"], "POST")


class Http(GuestCase):
    def test_missing_content_type(self):
        for headers in ({"Content-Type": None}, {"Content-Type": "text/plain"},
                        {"Content-Type": "application/json; charset=utf-8"}):
            answer = self.client.call(f"{SESSION_MANAGER}/SessionIsActive",
                                      b'{"sessionID":"a","userName":"b"}', headers)
            self.assertIs(self.assertOk(answer), False)

    def test_wrong_verb(self):
        for verb in ("PUT", "DELETE", "PATCH"):
            answer = self.client.request(verb, self.client.url(CURRENT))
            self.assertEqual(answer.status, 405, verb)
            self.assertEqual(answer.headers["Allow"], "GET, POST")
        answer = self.client.request("POST", "/sdk/vimServiceVersions.xml")
        self.assertEqual((answer.status, answer.headers["Allow"]), (405, "GET"))

    def test_head(self):
        answer = self.client.request("HEAD", self.client.url(CURRENT))
        self.assertEqual((answer.status, answer.body), (200, b""))

    def test_unknown_paths(self):
        for path in ("/", "/sdk/", "/sdk/vim25/", "/sdk/vim25/8.0.2.0", "/nothing", "/api/session",
                     "/sdk/vim25/8.0.2.0/ServiceInstance/ServiceInstance",
                     "/sdk/vim25/8.0.2.0/ServiceInstance/ServiceInstance/content/about",
                     "/sdk/vim25/8.0.2.0/ServiceInstance//content",
                     "/sdk/vim25/8.0.2.0/" + "x" * 300 + "/a/b",
                     "/api/GuestProcessManager/guestOperationsProcessManager/ListProcessesInGuest"):
            with self.subTest(path=path[:60]):
                self.assertEqual(self.client.get(path).status, 404)

    def test_unknown_objects(self):
        for type_name, moid in (("VirtualMachine", "vm-none"), ("Folder", "group-v999"),
                                ("Nonsense", "x"), ("Folder", env.vm.moid),
                                ("ServiceInstance", "other")):
            with self.subTest(type=type_name, moid=moid):
                reference = {"_typeName": "ManagedObjectReference", "type": type_name,
                             "value": moid}
                self.assertFault(self.client.get(f"{type_name}/{moid}/name"),
                                 "ManagedObjectNotFound", obj=reference)
                self.assertFault(self.client.call(f"{type_name}/{moid}/Do"),
                                 "ManagedObjectNotFound", obj=reference)

    def test_unknown_method_and_property(self):
        reference = {"_typeName": "ManagedObjectReference", "type": "SessionManager",
                     "value": "SessionManager"}
        self.assertFault(self.client.call(f"{SESSION_MANAGER}/NoSuchMethod"), "MethodNotFound",
                         method="NoSuchMethod", receiver=reference)
        self.assertFault(self.client.call(f"{SESSION_MANAGER}/currentSession"), "MethodNotFound")
        self.assertFault(self.client.get(f"{SESSION_MANAGER}/noSuchProperty"), "InvalidProperty",
                         name="noSuchProperty")
        self.assertFault(self.client.get(f"{SESSION_MANAGER}/Login"), "InvalidProperty",
                         name="Login")

    def test_oversized_body(self):
        answer = self.client.call(f"{SESSION_MANAGER}/SessionIsActive", b" " * (2 << 20))
        self.assertEqual(answer.status, 413)
        self.assertTrue(env.daemon.alive())

    def test_deep_json(self):
        body = b'{"userName":' + b'{"a":' * 5000 + b"1" + b"}" * 5001
        self.assertEqual(self.client.call(f"{SESSION_MANAGER}/Login", body).status, 500)
        self.assertTrue(env.daemon.alive())

    def test_odd_bytes(self):
        client = env.daemon.client()
        for data in (b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"POST /sdk HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                     b"POST /sdk HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                     b"Content-Length: 2\r\n\r\nab",
                     b"POST /sdk HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"):
            with self.subTest(data=data[:30]):
                with client.raw_socket() as sock:
                    sock.settimeout(15)
                    sock.sendall(data)
                    sock.sendall(b"GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                    try:
                        answer = sock.recv(65536)
                    except OSError:
                        answer = b""
                if answer:
                    self.assertRegex(answer, rb"^HTTP/1\.[01] 4\d\d ")
                self.assertTrue(env.daemon.alive())


class RequestId(GuestCase):
    def lines(self, request_id):
        return [line for line in env.daemon.audit() if line.get("requestId") == request_id]

    def test_in_header_fault_audit_and_agent_log(self):
        answer = self.try_start("demo", "/no/such/program", "--password=topsecret")
        fault = self.assertFault(answer, "FileNotFound")
        request_id = answer.headers["X-Request-Id"]
        self.assertRegex(request_id, r"^[0-9a-f]+$")
        self.assertIn(request_id, fault["faultMessage"][0]["message"])
        line, = self.lines(request_id)  # written before the answer left
        for name, value in (("event", "guest-operation"), ("user", "administrator"),
                            ("vm", env.vm.moid), ("vmName", env.vm.name), ("guestUser", "demo"),
                            ("operation", "StartProgramInGuest"), ("target", "/no/such/program"),
                            ("result", "FileNotFound")):
            self.assertEqual(line[name], value)
        self.assertIn("address", line)
        self.assertGreater(line["durationUsec"], 0)
        wait_for(lambda: request_id in self.guest.agent_log(), "the id in the agent's log")

    def test_of_a_success(self):
        answer = self.try_start("demo", "/bin/true")
        self.assertOk(answer)
        line, = self.lines(answer.headers["X-Request-Id"])
        self.assertEqual(line["result"], "ok")
        wait_for(lambda: answer.headers["X-Request-Id"] in self.guest.agent_log(),
                 "the id in the agent's log")

    def test_of_logins(self):
        client = env.daemon.client()
        answer = client.login("administrator", env.daemon.password)
        line, = self.lines(answer.headers["X-Request-Id"])
        self.assertEqual((line["event"], line["result"]), ("login", "ok"))
        refused = client.call(f"{SESSION_MANAGER}/Login",
                              {"userName": "administrator", "password": "audit-wrong-secret"})
        line, = self.lines(refused.headers["X-Request-Id"])
        self.assertEqual((line["event"], line["result"]), ("login", "InvalidLogin"))
        self.assertEqual(line["user"], "administrator")

    def test_audit_of_odd_names_stays_a_line(self):
        odd = 'x"\\\n\x7f\u00e9'
        answer = self.client.try_start(self.vm, auth(odd, "odd-secret"), spec("/bin/\ttrue"))
        line, = self.lines(answer.headers["X-Request-Id"])
        self.assertEqual(line["guestUser"], odd)
        self.assertEqual(line["target"], "/bin/\ttrue")

    def test_no_secrets_anywhere(self):
        self.try_start("demo", "/bin/true", "argument-secret")
        with open(f"{env.daemon.state}/audit.jsonl") as file:
            audit = file.read()
        log = env.daemon.log()
        agent = self.guest.agent_log()
        for text in (audit, log, agent):
            self.assertNotRegex(text, r"-secret")
        self.assertNotIn(env.daemon.password, audit)
        self.assertLessEqual(log.count(env.daemon.password), 1)
        self.assertNotIn(self.client.session, audit + log)

    def test_ids_differ(self):
        ids = {self.client.get(CURRENT).headers["X-Request-Id"] for _ in range(20)}
        self.assertEqual(len(ids), 20)
        self.assertTrue(all(re.fullmatch("[0-9a-f]+", one) for one in ids))
