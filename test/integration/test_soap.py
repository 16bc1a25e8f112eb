"""SOAP byte by byte: what clients stumble over, and what pyVmomi never sends."""
import re
import time

from guestops import auth as json_auth
from soap import SoapAnswer, element
from support import VM_UUID, GuestCase, env, unique

BEGIN = ('<?xml version="1.0" encoding="UTF-8"?>\n'
         '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
         ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
         ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>')
END = "</soapenv:Body></soapenv:Envelope>"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
REQUEST = (r'<faultMessage><key>guestops\.request</key><arg><key>requestId</key>'
           r'<value xsi:type="xsd:string">[0-9a-f]+</value></arg>'
           r"<message>Request [0-9a-f]+</message></faultMessage>")

INSTANCE = ("ServiceInstance", "ServiceInstance")
SESSIONS = ("SessionManager", "SessionManager")
PROCESSES = ("GuestProcessManager", "guestOperationsProcessManager")
AUTHS = ("GuestAuthManager", "guestOperationsAuthManager")
COLLECTOR = ("PropertyCollector", "propertyCollector")


def call(method, this, parameters="", attributes=""):
    return (f'<{method} xmlns="urn:vim25"{attributes}>{element("_this", this[1], type=this[0])}'
            f"{parameters}</{method}>")


def envelope(body, header=""):
    return BEGIN.replace("<soapenv:Body>", header + "<soapenv:Body>") + body + END


def credentials(user, password=None):
    return ('<auth xsi:type="NamePasswordAuthentication">'
            "<interactiveSession>false</interactiveSession>" + element("username", user) +
            element("password", f"{user}-secret" if password is None else password) + "</auth>")


def program(path, arguments="", more=""):
    return ("<spec>" + element("programPath", path) + element("arguments", arguments) + more +
            "</spec>")


def names(node):
    """Of the children, in order, without their namespace."""
    return [child.tag.partition("}")[2] for child in node]


class SoapCase(GuestCase):
    def setUp(self):
        super().setUp()
        self.machine = ("VirtualMachine", env.vm.moid)
        self.vm_element = element("vm", env.vm.moid, type="VirtualMachine")

    def post(self, text, headers=None, client=None):
        """An envelope, or bytes; with the shared session unless another client is given."""
        data = text if isinstance(text, bytes) else text.encode()
        answer = (client or self.client).request(
            "POST", "/sdk", data, {"Content-Type": "text/xml; charset=utf-8",
                                   "SOAPAction": '"urn:vim25/8.0.2.0"', **(headers or {})})
        return SoapAnswer(answer.status, answer.headers, answer.body)

    def call(self, method, this, parameters="", headers=None, client=None):
        return self.post(envelope(call(method, this, parameters)), headers, client)

    def anonymous(self):
        client = env.daemon.client()
        self.addCleanup(client.close)
        return client

    def assertAnswer(self, answer, pattern):
        """Success; the body between the envelope's ends is this, byte by byte."""
        text = answer.body.decode()
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertTrue(text.startswith(BEGIN) and text.endswith(END), answer)
        self.assertRegex(text[len(BEGIN):-len(END)], f"^{pattern}$")
        return answer

    def assertSoapFault(self, answer, name, members="", said=".+"):
        """A fault as every client wants it; members: a pattern of what is in it."""
        text = answer.body.decode()
        self.assertEqual(answer.status, 500, answer)
        self.assertEqual(answer.headers["Content-Type"], "text/xml; charset=utf-8")
        self.assertRegex(
            text, "^" + re.escape(BEGIN) + "<soapenv:Fault><faultcode>ServerFaultCode</faultcode>"
            f"<faultstring>{said}</faultstring><detail>"
            f'<{name}Fault xmlns="urn:vim25" xsi:type="{name}">{REQUEST}{members}</{name}Fault>'
            "</detail></soapenv:Fault>" + END + "$")
        return answer.fault


class Answers(SoapCase):
    def test_value(self):
        self.assertAnswer(self.call("CurrentTime", INSTANCE),
                          '<CurrentTimeResponse xmlns="urn:vim25">'
                          f"<returnval>{TIME}</returnval></CurrentTimeResponse>")

    def test_void(self):
        self.assertAnswer(
            self.call("ValidateCredentialsInGuest", AUTHS, self.vm_element + credentials("demo")),
            '<ValidateCredentialsInGuestResponse xmlns="urn:vim25">'
            "</ValidateCredentialsInGuestResponse>")

    def test_long(self):
        self.assertAnswer(
            self.call("StartProgramInGuest", PROCESSES,
                      self.vm_element + credentials("demo") + program("/bin/true")),
            '<StartProgramInGuestResponse xmlns="urn:vim25"><returnval>[0-9]+</returnval>'
            "</StartProgramInGuestResponse>")

    def test_objects_in_order_and_unset_left_out(self):
        def row(arguments, ended):
            pid = self.client.start(self.vm, json_auth("demo"),
                                    {"_typeName": "GuestProgramSpec", "programPath": "/bin/sleep",
                                     "arguments": arguments})
            if ended:
                self.client.wait_end(self.vm, json_auth("demo"), pid)
            else:
                self.addCleanup(self.end_program, pid)
            return self.call("ListProcessesInGuest", PROCESSES,
                             self.vm_element + credentials("demo") + element("pids", pid)), pid

        def pattern(arguments, pid, end):
            return ('<ListProcessesInGuestResponse xmlns="urn:vim25"><returnval>'
                    f"<name>sleep</name><pid>{pid}</pid><owner>demo</owner>"
                    f'<cmdLine>"/bin/sleep" {arguments}</cmdLine>'
                    f"<startTime>{TIME}</startTime>{end}</returnval>"
                    "</ListProcessesInGuestResponse>")

        answer, pid = row("0", True)
        self.assertAnswer(answer, pattern("0", pid, f"<endTime>{TIME}</endTime>"
                                                    "<exitCode>0</exitCode>"))
        answer, pid = row("60", False)
        self.assertAnswer(answer, pattern("60", pid, ""))

    def test_no_rows(self):
        self.assertAnswer(
            self.call("ListProcessesInGuest", PROCESSES,
                      self.vm_element + credentials("demo") + element("pids", 999999)),
            '<ListProcessesInGuestResponse xmlns="urn:vim25"></ListProcessesInGuestResponse>')

    def test_strings_repeat(self):
        self.assertAnswer(
            self.call("ReadEnvironmentVariableInGuest", PROCESSES,
                      self.vm_element + credentials("demo") + element("names", "USER") +
                      element("names", "HOME")),
            '<ReadEnvironmentVariableInGuestResponse xmlns="urn:vim25">'
            "<returnval>USER=demo</returnval><returnval>HOME=/home/demo</returnval>"
            "</ReadEnvironmentVariableInGuestResponse>")

    def test_narrower_type_is_named(self):
        answer = self.call("AcquireCredentialsInGuest", AUTHS, self.vm_element +
                           credentials("demo").replace("auth", "requestedAuth"))
        self.assertAnswer(
            answer, '<AcquireCredentialsInGuestResponse xmlns="urn:vim25">'
            '<returnval xsi:type="TicketedSessionAuthentication">'
            "<interactiveSession>false</interactiveSession><ticket>[^<]+</ticket></returnval>"
            "</AcquireCredentialsInGuestResponse>")
        self.call("ReleaseCredentialsInGuest", AUTHS, self.vm_element +
                  '<auth xsi:type="TicketedSessionAuthentication">'
                  "<interactiveSession>false</interactiveSession>" +
                  element("ticket", answer.values[0][1].text) + "</auth>")

    def test_content_in_order(self):
        content, = self.call("RetrieveServiceContent", INSTANCE).values
        order = ["rootFolder", "propertyCollector", "viewManager", "about", "sessionManager",
                 "searchIndex", "guestOperationsManager"]
        self.assertEqual(names(content), [name for name in order if name in names(content)])
        self.assertEqual(content[0].get("type"), "Folder")
        self.assertIsNone(content[0].get(XSI_TYPE))
        about = content.find("{urn:vim25}about")
        order = ["name", "fullName", "vendor", "version", "build", "localeVersion", "localeBuild",
                 "osType", "productLineId", "apiType", "apiVersion", "instanceUuid"]
        self.assertEqual(names(about), [name for name in order if name in names(about)])
        for name in ("name", "fullName", "vendor", "version", "build", "osType", "productLineId",
                     "apiType", "apiVersion"):
            self.assertIn(name, names(about))

    def test_session_in_order(self):
        client = self.anonymous()
        answer = self.call("Login", SESSIONS, element("userName", "administrator") +
                           element("password", env.daemon.password), client=client)
        session, = answer.values
        self.assertEqual(names(session), ["key", "userName", "fullName", "loginTime",
                                          "lastActiveTime", "locale", "messageLocale",
                                          "extensionSession", "ipAddress", "userAgent",
                                          "callCount"])

    def test_special_characters(self):
        text = "<a> & \"b\" 'c' ]]> \u00fc \u6f22 \U0001f600"
        arguments = "'" + text.replace("'", "") + "'"
        answer = self.call("StartProgramInGuest", PROCESSES, self.vm_element +
                           credentials("demo") + program("/bin/echo", arguments))
        row, = self.call("ListProcessesInGuest", PROCESSES, self.vm_element +
                         credentials("demo") + element("pids", answer.values[0].text)).values
        self.assertEqual(row.find("{urn:vim25}cmdLine").text, f'"/bin/echo" {arguments}')

    def test_what_xml_cannot_hold(self):
        """A command line with an escape character; the answer is XML all the same."""
        pid = self.start("demo", "/bin/echo", "'\x1b[31m\x01'\r\n\t")
        answer = self.call("ListProcessesInGuest", PROCESSES, self.vm_element +
                           credentials("demo") + element("pids", pid))
        self.assertEqual(answer.values[0].find("{urn:vim25}cmdLine").text,
                         "\"/bin/echo\" '\ufffd[31m\ufffd'\r\n\t")


class Faults(SoapCase):
    def test_without_members(self):
        self.assertSoapFault(
            self.call("ValidateCredentialsInGuest", AUTHS,
                      self.vm_element + credentials("demo", "wrong")), "InvalidGuestLogin",
            said="Failed to authenticate with the guest operating system using the supplied "
                 "credentials.")

    def test_members_after_inherited_ones(self):
        self.assertSoapFault(
            self.call("TerminateProcessInGuest", PROCESSES,
                      self.vm_element + credentials("demo") + element("pid", 999999)),
            "GuestProcessNotFound", "<pid>999999</pid>")
        self.assertSoapFault(
            self.call("StartProgramInGuest", PROCESSES,
                      self.vm_element + credentials("demo") + program("/no/<such>")),
            "FileNotFound", "<file>/no/&lt;such&gt;</file>",
            "File /no/&lt;such&gt; was not found")

    def test_references_in_faults(self):
        self.assertSoapFault(
            self.call("Fetch", ("VirtualMachine", "vm-none"), element("prop", "name")),
            "ManagedObjectNotFound", '<obj type="VirtualMachine">vm-none</obj>')
        self.assertSoapFault(
            self.call("NoSuchMethod", self.machine), "MethodNotFound",
            f'<receiver type="VirtualMachine">{env.vm.moid}</receiver>'
            "<method>NoSuchMethod</method>")

    def test_login(self):
        answer = self.call("Login", SESSIONS, element("userName", "administrator") +
                           element("password", "wrong"), client=self.anonymous())
        self.assertSoapFault(answer, "InvalidLogin")
        self.assertIsNone(answer.headers["Set-Cookie"])

    def test_no_session(self):
        client = self.anonymous()
        for this, method, parameters, privilege in (
                (self.machine, "Fetch", element("prop", "name"), "System.View"),
                (INSTANCE, "CurrentTime", "", "System.View"),
                (SESSIONS, "Logout", "", "System.View"),
                (PROCESSES, "StartProgramInGuest", "", "VirtualMachine.GuestOperations.Execute"),
                (("VirtualMachine", "vm-none"), "Fetch", element("prop", "name"),
                 "System.View")):
            with self.subTest(method=method, this=this):
                self.assertSoapFault(
                    self.call(method, this, parameters, client=client), "NotAuthenticated",
                    f'<object type="{this[0]}">{this[1]}</object>'
                    f"<privilegeId>{privilege}</privilegeId>")

    def test_unknown_property(self):
        self.assertSoapFault(self.call("Fetch", self.machine, element("prop", "noSuch")),
                             "InvalidProperty", "<name>noSuch</name>")

    def test_arguments(self):
        for parameters, name in ((self.vm_element + program("/bin/true"), "auth"),
                                 (credentials("demo") + program("/bin/true"), "vm"),
                                 (self.vm_element + credentials("demo"), "spec")):
            self.assertSoapFault(self.call("StartProgramInGuest", PROCESSES, parameters),
                                 "InvalidArgument",
                                 f"<invalidProperty>{name}</invalidProperty>")

    def test_types(self):
        for kind in ("NoSuchType", "GuestProgramSpec", "GuestAuthentication"):
            who = credentials("demo").replace("NamePasswordAuthentication", kind)
            self.assertSoapFault(self.call("ValidateCredentialsInGuest", AUTHS,
                                           self.vm_element + who),
                                 "InvalidType", "<argument>auth</argument>")


class Envelopes(SoapCase):
    """Spellings of one and the same call."""

    def assertTime(self, text, headers=None):
        answer = self.post(text, headers)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(names(answer.element), ["returnval"])

    def test_prefixes(self):
        body = call("CurrentTime", INSTANCE)
        space = "http://schemas.xmlsoap.org/soap/envelope/"
        for text in (
                # rbvmomi
                f'<env:Envelope xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:env="{space}" '
                'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><env:Body>'
                f"{body}</env:Body></env:Envelope>",
                # govmomi
                f'<?xml version="1.0" encoding="UTF-8"?>\n<Envelope xmlns="{space}"><Body>'
                f"{body}</Body></Envelope>",
                # Perl, Java, .NET
                f'<?xml version="1.0"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="{space}">'
                f"<SOAP-ENV:Header/><SOAP-ENV:Body>{body}</SOAP-ENV:Body></SOAP-ENV:Envelope>",
                # suds
                f'<S:Envelope xmlns:S="{space}" xmlns:ns0="urn:vim25"><S:Body><ns0:CurrentTime>'
                '<ns0:_this type="ServiceInstance">ServiceInstance</ns0:_this>'
                "</ns0:CurrentTime></S:Body></S:Envelope>",
                # a byte order mark, single quotes, comments, blanks between elements
                f"\ufeff<?xml version='1.0' encoding='utf-8'?><!-- a --> <e:Envelope "
                f"xmlns:e='{space}'>\n\t<e:Body>\r\n {body} <!-- b -->\n</e:Body> </e:Envelope>\n"):
            with self.subTest(text=text[:60]):
                self.assertTime(text)

    def test_headers(self):
        body = call("CurrentTime", INSTANCE)
        self.assertTime(envelope(body, '<soapenv:Header><operationID xmlns="urn:vim25">esxcli-1'
                                       "</operationID><vcSessionCookie>x</vcSessionCookie>"
                                       '<wsse:Security xmlns:wsse="http://docs.oasis-open.org/x">'
                                       "<a><b/></a></wsse:Security></soapenv:Header>"))

    def test_actions(self):
        for name, value in (("SOAPAction", '"urn:vim25/8.0.3.0"'),
                            ("SOAPAction", "urn:vim25/6.7"), ("soapaction", "urn:vim25/7.0"),
                            ("SOAPACTION", '"urn:vim25/5.5"'), ("SOAPAction", '""'),
                            ("SOAPAction", ""), ("SOAPAction", "urn:vim25"),
                            ("SOAPAction", '"urn:vim25/9.1.1.0"'),
                            ("SOAPAction", "urn:internalvim25/6.5"), ("SOAPAction", None),
                            ("SOAPAction", "anything else"), ("SOAPAction", "urn:vim25/2.5u2")):
            with self.subTest(name=name, value=value):
                headers = {"SOAPAction": None, name: value}
                self.assertTime(envelope(call("CurrentTime", INSTANCE)), headers)

    def test_content_types(self):
        for kind in (None, "text/xml", 'text/xml; charset="utf-8"',
                     "application/x-www-form-urlencoded"):
            self.assertTime(envelope(call("CurrentTime", INSTANCE)), {"Content-Type": kind})

    def test_other_paths(self):
        for path in ("/sdk/vimService", "/sdk/webService", "/sdk?a=b"):
            answer = self.client.request("POST", path,
                                         envelope(call("CurrentTime", INSTANCE)).encode())
            self.assertEqual(answer.status, 200, answer)

    def test_character_data(self):
        for path in ("<![CDATA[/bin/true]]>", "&#x2F;bin/&#116;rue", "/bin<!-- -->/true"):
            with self.subTest(path=path):
                answer = self.call("StartProgramInGuest", PROCESSES, self.vm_element +
                                   credentials("demo") + f"<spec><programPath>{path}</programPath>"
                                   "<arguments/></spec>")
                self.assertEqual(answer.status, 200, answer)

    def test_as_pyvmomi_sends_it(self):
        """versionId on arguments, an empty Cookie before the login."""
        login = call("Login", SESSIONS,
                     '<userName versionId="8.0.3.0">administrator</userName>'
                     f'<password versionId="8.0.3.0">{env.daemon.password}</password>')
        client = self.anonymous()
        answer = self.post(envelope(login), {"Cookie": ""}, client)
        cookie = answer.headers["Set-Cookie"]
        self.assertEqual(answer.status, 200, answer)
        # What it sends from then on, attributes and all.
        start = call("StartProgramInGuest", PROCESSES,
                     f'<vm type="VirtualMachine" versionId="8.0.3.0">{env.vm.moid}</vm>' +
                     credentials("demo").replace("<auth", '<auth versionId="8.0.3.0"') +
                     program("/bin/true").replace("<spec", '<spec versionId="8.0.3.0"'))
        self.assertEqual(self.post(envelope(start), {"Cookie": cookie}, client).status, 200)

    def test_as_rbvmomi_sends_it(self):
        """xsi:type on all that is an object or a scalar, booleans as 1 and 0."""
        start = call("StartProgramInGuest", PROCESSES,
                     f'<vm type="VirtualMachine">{env.vm.moid}</vm>'
                     '<auth xsi:type="NamePasswordAuthentication">'
                     '<interactiveSession xsi:type="xsd:boolean">0</interactiveSession>'
                     "<username>demo</username><password>demo-secret</password></auth>"
                     '<spec xsi:type="GuestProgramSpec"><programPath>/bin/true</programPath>'
                     "<arguments></arguments></spec>")
        self.assertEqual(self.post(envelope(start)).status, 200)

    def test_as_govmomi_sends_it(self):
        """A prefix that is no word, declared where it is used."""
        xsi = 'xmlns:XMLSchema-instance="http://www.w3.org/2001/XMLSchema-instance"'
        start = ('<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>' +
                 call("StartProgramInGuest", PROCESSES, self.vm_element +
                      credentials("demo").replace("xsi:type=", f"{xsi} XMLSchema-instance:type=") +
                      program("/bin/true", "", "<workingDirectory></workingDirectory>")) +
                 "</Body></Envelope>")
        self.assertEqual(self.post(start).status, 200)

    def test_prefixed_types(self):
        who = credentials("demo").replace(
            '<auth xsi:type="', '<auth xmlns:v="urn:vim25" xsi:type="v:')
        self.assertEqual(self.call("ValidateCredentialsInGuest", AUTHS,
                                   self.vm_element + who).status, 200)

    def test_empty_is_unset(self):
        """What Perl and Java send for what they do not have."""
        file = f"/tmp/{unique('unset')}"
        for more in ("<workingDirectory/>", "<workingDirectory></workingDirectory>",
                     '<workingDirectory xsi:nil="true"/>', '<envVariables xsi:nil="true"/>'):
            with self.subTest(more=more):
                answer = self.call("StartProgramInGuest", PROCESSES, self.vm_element +
                                   credentials("demo") +
                                   program("/bin/pwd", f"> {file}; echo $USER >> {file}", more))
                self.assertEqual(answer.status, 200, answer)
                pid = int(answer.values[0].text)
                self.assertEqual(self.finish("demo", pid)["exitCode"], 0)
                self.assertEqual(self.guest.sh(f"cat {file}; rm {file}"), "/home/demo\ndemo\n")

    def test_elements_in_any_order(self):
        answer = self.call("StartProgramInGuest", PROCESSES, program("/bin/true") +
                           credentials("demo") + self.vm_element)
        self.assertEqual(answer.status, 200, answer)


class Http(SoapCase):
    def head(self, more):
        return (f"POST /sdk HTTP/1.1\r\nHost: localhost\r\nSOAPAction: urn:vim25/6.7\r\n"
                f"vmware-api-session-id: {self.client.session}\r\n{more}\r\n").encode()

    def receive(self, sock):
        sock.settimeout(10)
        data = b""
        while END.encode() not in data:
            more = sock.recv(65536)
            if not more:
                break
            data += more
        return data

    def test_chunks(self):
        body = envelope(call("CurrentTime", INSTANCE)).encode()
        for size in (1, 7, 4096):
            with self.subTest(size=size), self.client.raw_socket() as sock:
                chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + size]), body[i:i + size])
                                  for i in range(0, len(body), size))
                sock.sendall(self.head("Transfer-Encoding: chunked\r\n") + chunks + b"0\r\n\r\n")
                answer = self.receive(sock)
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "), answer)
                self.assertIn(b"<CurrentTimeResponse", answer)

    def test_continue_is_answered_at_once(self):
        body = envelope(call("CurrentTime", INSTANCE)).encode()
        with self.client.raw_socket() as sock:
            sock.settimeout(5)
            began = time.monotonic()
            sock.sendall(self.head(f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n"))
            self.assertEqual(sock.recv(65536), b"HTTP/1.1 100 Continue\r\n\r\n")
            self.assertLess(time.monotonic() - began, 0.2)
            sock.sendall(body)
            self.assertTrue(self.receive(sock).startswith(b"HTTP/1.1 200 "))

    def test_no_delay(self):
        """Forty calls one after the other: a delayed segment would cost 40 ms each."""
        began = time.monotonic()
        for _ in range(40):
            self.call("CurrentTime", INSTANCE)
        self.assertLess(time.monotonic() - began, 1)

    def test_other_verbs(self):
        for verb in ("GET", "PUT", "DELETE"):
            answer = self.client.request(verb, "/sdk")
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))

    def test_pipelined(self):
        body = envelope(call("CurrentTime", INSTANCE)).encode()
        request = self.head(f"Content-Length: {len(body)}\r\n") + body
        with self.client.raw_socket() as sock:
            sock.settimeout(10)
            sock.sendall(request * 3)
            data = b""
            while data.count(END.encode()) < 3:
                data += sock.recv(65536)
        self.assertEqual(data.count(b"HTTP/1.1 200 "), 3)


class Session(SoapCase):
    def login(self, client):
        return self.call("Login", SESSIONS, element("userName", "administrator") +
                         element("password", env.daemon.password), client=client)

    def test_cookie(self):
        client = self.anonymous()
        answer = self.login(client)
        whole = answer.headers["Set-Cookie"]
        self.assertRegex(whole, r'^vmware_soap_session="[0-9a-f]{40}"; Path=/; HttpOnly; Secure$')
        quoted = whole.split(";")[0]
        self.assertNotIn(quoted.split('"')[1].encode(), answer.body)
        for cookie in (whole, quoted, quoted.replace('"', ""), f"a=b; {quoted}; c=d",
                       whole.replace("; ", ";"), f"{whole};"):
            with self.subTest(cookie=cookie):
                answer = self.call("CurrentTime", INSTANCE, headers={"Cookie": cookie},
                                   client=client)
                self.assertEqual(answer.status, 200, answer)
        self.assertAnswer(self.call("Logout", SESSIONS, headers={"Cookie": whole}, client=client),
                          '<LogoutResponse xmlns="urn:vim25"></LogoutResponse>')
        self.assertSoapFault(self.call("CurrentTime", INSTANCE, headers={"Cookie": whole},
                                       client=client), "NotAuthenticated", ".*")

    def test_only_the_login_sets_it(self):
        self.assertIsNone(self.call("CurrentTime", INSTANCE).headers["Set-Cookie"])

    def test_both_faces(self):
        client = self.anonymous()
        key = self.login(client).values[0].find("{urn:vim25}key").text
        cookie = client.request("POST", "/sdk", b"").headers["Set-Cookie"]
        self.assertIsNone(cookie)
        answer = self.call("Login", SESSIONS, element("userName", "administrator") +
                           element("password", env.daemon.password), client=client)
        identifier = answer.headers["vmware-api-session-id"]
        other = env.daemon.client(identifier)
        self.addCleanup(other.close)
        session = other.get("SessionManager/SessionManager/currentSession").json
        self.assertEqual(session["key"], answer.values[0].find("{urn:vim25}key").text)
        self.assertNotEqual(session["key"], key)
        other.logout()
        self.assertSoapFault(self.call("CurrentTime", INSTANCE, client=other,
                                       headers={"Cookie": f"vmware_soap_session={identifier}"}),
                             "NotAuthenticated", ".*")

    def test_a_page_of_another_site(self):
        cookie = {"Cookie": f'vmware_soap_session="{self.client.session}"'}
        answer = self.call("CurrentTime", INSTANCE, client=self.anonymous(),
                           headers={**cookie, "Origin": "https://example.com"})
        self.assertSoapFault(answer, "NotAuthenticated", ".*")


class Properties(SoapCase):
    def fetch(self, this, name, version="8.0.2.0"):
        return self.call("Fetch", this, element("prop", name),
                         {"SOAPAction": f"urn:vim25/{version}"})

    def test_fetch(self):
        def of(answer, value):
            return self.assertAnswer(answer, f'<FetchResponse xmlns="urn:vim25">{value}'
                                             "</FetchResponse>")

        of(self.fetch(self.machine, "name"),
           '<returnval xsi:type="xsd:string">demo-vm</returnval>')
        of(self.fetch(self.machine, "parent"),
           '<returnval xsi:type="ManagedObjectReference" type="Folder">group-v3</returnval>')
        of(self.fetch(("Folder", "group-v3"), "childEntity"),
           '<returnval xsi:type="ArrayOfManagedObjectReference"><ManagedObjectReference '
           f'type="VirtualMachine">{env.vm.moid}</ManagedObjectReference></returnval>')
        of(self.fetch(("Folder", "group-v3"), "childType"),
           '<returnval xsi:type="ArrayOfString"><string>Folder</string>'
           "<string>VirtualMachine</string></returnval>")
        of(self.fetch(self.machine, "runtime.powerState"),
           '<returnval xsi:type="VirtualMachinePowerState">poweredOn</returnval>')
        of(self.fetch(self.machine, "guest.guestOperationsReady"),
           '<returnval xsi:type="xsd:boolean">true</returnval>')
        of(self.fetch(("Folder", "group-d1"), "parent"), "")
        of(self.fetch(("GuestOperationsManager", "guestOperationsManager"), "processManager"),
           '<returnval xsi:type="ManagedObjectReference" type="GuestProcessManager">'
           "guestOperationsProcessManager</returnval>")
        answer = self.fetch(self.machine, "guest")
        self.assertEqual(answer.values[0].get(XSI_TYPE), "GuestInfo")
        answer = self.fetch(SESSIONS, "currentSession")
        self.assertEqual(answer.values[0].get(XSI_TYPE), "UserSession")

    def spec(self, kind, paths, this, more=""):
        """As rbvmomi has it: all that is an object says its type."""
        paths = "".join(element("pathSet", path) for path in paths)
        return ('<specSet xsi:type="PropertyFilterSpec"><propSet xsi:type="PropertySpec">'
                f"{element('type', kind)}{more}{paths}</propSet>"
                f'<objectSet xsi:type="ObjectSpec">{element("obj", this[1], type=this[0])}'
                "</objectSet></specSet>")

    def test_retrieve_properties(self):
        answer = self.call("RetrieveProperties", COLLECTOR,
                           self.spec("VirtualMachine", ["name", "runtime.powerState", "name"],
                                     self.machine))
        self.assertAnswer(
            answer, '<RetrievePropertiesResponse xmlns="urn:vim25"><returnval>'
            f'<obj type="VirtualMachine">{env.vm.moid}</obj>'
            '<propSet><name>name</name><val xsi:type="xsd:string">demo-vm</val></propSet>'
            '<propSet><name>runtime.powerState</name><val xsi:type="VirtualMachinePowerState">'
            "poweredOn</val></propSet></returnval></RetrievePropertiesResponse>")

    def test_unset_property_has_a_row(self):
        answer = self.call("RetrievePropertiesEx", COLLECTOR,
                           self.spec("Folder", ["parent"], ("Folder", "group-d1")) +
                           "<options><maxObjects>1</maxObjects></options>")
        self.assertAnswer(
            answer, '<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects>'
            '<obj type="Folder">group-d1</obj></objects></returnval>'
            "</RetrievePropertiesExResponse>")

    def test_missing_property(self):
        answer = self.call("RetrievePropertiesEx", COLLECTOR,
                           self.spec("SessionManager", ["sessionList"], SESSIONS) + "<options/>",
                           client=self.anonymous())
        self.assertAnswer(
            answer, '<RetrievePropertiesExResponse xmlns="urn:vim25"><returnval><objects>'
            '<obj type="SessionManager">SessionManager</obj><missingSet><path>sessionList</path>'
            '<fault><fault xsi:type="NotAuthenticated">'
            '<object type="SessionManager">SessionManager</object>'
            "<privilegeId>Sessions.TerminateSession</privilegeId></fault><localizedMessage>[^<]+"
            "</localizedMessage></fault></missingSet></objects></returnval>"
            "</RetrievePropertiesExResponse>")

    def test_entities_are_for_who_is_logged_in(self):
        for machine in (self.machine, ("VirtualMachine", "vm-none"), ("Folder", "group-d1")):
            answer = self.call("RetrieveProperties", COLLECTOR,
                               self.spec(machine[0], ["name"], machine),
                               client=self.anonymous())
            self.assertEqual((answer.status, answer.fault_type), (500, "NotAuthenticated"))

    def test_every_any_has_its_type(self):
        for this in (self.machine, ("Folder", "group-v3"), ("Datacenter", "datacenter-2"),
                     SESSIONS, ("GuestOperationsManager", "guestOperationsManager")):
            answer = self.call("RetrieveProperties", COLLECTOR,
                               self.spec(this[0], [], this, "<all>1</all>"))
            self.assertEqual(answer.status, 200, answer)
            found = answer.values[0].findall("{urn:vim25}propSet/{urn:vim25}val")
            self.assertTrue(found)
            for value in found:
                self.assertTrue(value.get(XSI_TYPE), answer)
                if value.get(XSI_TYPE) == "ManagedObjectReference":
                    self.assertTrue(value.get("type"))

    def test_guest_in_order(self):
        guest, = self.fetch(self.machine, "guest").values
        order = ["toolsStatus", "toolsVersionStatus", "toolsVersionStatus2",
                 "toolsRunningStatus", "toolsVersion", "toolsInstallType", "toolsUpdateStatus",
                 "guestId", "guestFamily", "guestFullName", "guestDetailedData", "hostName",
                 "ipAddress", "net", "ipStack", "disk", "screen", "guestState",
                 "appHeartbeatStatus", "guestKernelCrashed", "appState", "guestOperationsReady",
                 "interactiveGuestOperationsReady", "guestStateChangeSupported",
                 "generationInfo", "hwVersion", "customizationInfo"]
        got = [name for i, name in enumerate(names(guest)) if name not in names(guest)[:i]]
        self.assertEqual(got, [name for name in order if name in got])
        self.assertIn("guestState", got)

    # What came with which release, in all types that we have.
    SINCE = {"toolsInstallType": (6, 5), "guestKernelCrashed": (6, 0),
             "guestStateChangeSupported": (6, 0), "guestDetailedData": (7, 0),
             "filesystemType": (7, 0), "hwVersion": (6, 9), "customizationInfo": (7, 0),
             "toolsUpdateStatus": (7, 0), "tpmPresent": (6, 7), "vmxConfigChecksum": (7, 0),
             "cryptoState": (7, 0), "suspendInterval": (5, 0), "createDate": (6, 7)}

    def test_older_versions_get_what_they_know(self):
        for version in ("5.5", "6.0", "6.5", "6.7.1", "7.0.0.0", "8.0.2.0"):
            number = tuple(int(part) for part in version.split("."))[:2]
            for name in ("guest", "runtime", "summary", "config"):
                answer = self.fetch(self.machine, name, version)
                if answer.status == 500 and answer.fault_type == "InvalidProperty":
                    continue
                self.assertEqual(answer.status, 200, answer)
                for node in answer.values[0].iter():
                    since = self.SINCE.get(node.tag.partition("}")[2], (5, 0))
                    self.assertGreaterEqual(number, since, f"{version}: {node.tag}")
        # In 8.0.2.0 they are there.
        self.assertIn("guestStateChangeSupported", names(self.fetch(self.machine, "guest")
                                                         .values[0]))
        self.assertNotIn("guestStateChangeSupported",
                         names(self.fetch(self.machine, "guest", "5.5").values[0]))

    def test_traversal_by_rbvmomi(self):
        """childEntity of the root, selected by a specification with a name of its own."""
        spec = ('<specSet xsi:type="PropertyFilterSpec"><propSet xsi:type="PropertySpec">'
                "<type>ManagedEntity</type><all>0</all><pathSet>name</pathSet></propSet>"
                '<objectSet xsi:type="ObjectSpec"><obj type="Folder">group-d1</obj><skip>1</skip>'
                '<selectSet xsi:type="TraversalSpec"><name>down</name><type>Folder</type>'
                '<path>childEntity</path><skip>0</skip><selectSet xsi:type="SelectionSpec">'
                '<name>down</name></selectSet><selectSet xsi:type="TraversalSpec">'
                "<type>Datacenter</type><path>vmFolder</path><skip>1</skip>"
                '<selectSet xsi:type="SelectionSpec"><name>down</name></selectSet></selectSet>'
                '<selectSet xsi:type="TraversalSpec"><type>VirtualApp</type><path>vm</path>'
                "</selectSet></selectSet></objectSet></specSet>")
        answer = self.call("RetrieveProperties", COLLECTOR, spec)
        self.assertEqual(answer.status, 200, answer)
        found = [value.text for value in answer.element.iter("{urn:vim25}val")]
        self.assertIn("demo-vm", found)
        self.assertNotIn("vm", found)

    def test_filter_and_update(self):
        """A collector of one's own; its id is written as it came."""
        collector = ("PropertyCollector",
                     self.call("CreatePropertyCollector", COLLECTOR).values[0].text)
        spec = self.spec("VirtualMachine", ["name"], self.machine).replace("specSet", "spec")
        made = self.call("CreateFilter", collector, spec + "<partialUpdates>0</partialUpdates>")
        self.assertEqual(made.values[0].get("type"), "PropertyFilter", made)
        moid = re.escape(made.values[0].text)
        answer = self.call("WaitForUpdatesEx", collector, "<version></version>")
        self.assertAnswer(
            answer, '<WaitForUpdatesExResponse xmlns="urn:vim25"><returnval><version>[^<]+'
            f'</version><filterSet><filter type="PropertyFilter">{moid}</filter><objectSet>'
            f'<kind>enter</kind><obj type="VirtualMachine">{env.vm.moid}</obj><changeSet>'
            '<name>name</name><op>assign</op><val xsi:type="xsd:string">demo-vm</val></changeSet>'
            "</objectSet></filterSet></returnval></WaitForUpdatesExResponse>")
        version = element("version", answer.values[0][0].text)
        self.assertAnswer(
            self.call("WaitForUpdatesEx", collector,
                      version + "<options><maxWaitSeconds>0</maxWaitSeconds></options>"),
            '<WaitForUpdatesExResponse xmlns="urn:vim25"></WaitForUpdatesExResponse>')
        self.call("DestroyPropertyCollector", collector)
        self.assertSoapFault(self.call("CheckForUpdates", collector, version),
                             "ManagedObjectNotFound", "<obj .*")

    def test_find_by_uuid_without_a_flag(self):
        """Three arguments: it is the BIOS's."""
        index = ("SearchIndex", "SearchIndex")
        for more in ("", "<instanceUuid>0</instanceUuid>", "<instanceUuid>false</instanceUuid>"):
            answer = self.call("FindByUuid", index, element("uuid", VM_UUID) +
                               "<vmSearch>1</vmSearch>" + more)
            self.assertAnswer(answer, '<FindByUuidResponse xmlns="urn:vim25">'
                              f'<returnval type="VirtualMachine">{env.vm.moid}</returnval>'
                              "</FindByUuidResponse>")
        self.assertAnswer(
            self.call("FindByUuid", index, element("uuid", VM_UUID[:-1] + "0") +
                      "<vmSearch>true</vmSearch>"),
            '<FindByUuidResponse xmlns="urn:vim25"></FindByUuidResponse>')


class Refused(SoapCase):
    """What is no call of ours is a fault, or a status, and hurts nobody."""

    def tearDown(self):
        self.assertTrue(env.daemon.alive())
        self.assertEqual(self.call("CurrentTime", INSTANCE).status, 200)
        super().tearDown()

    def assertMalformed(self, text, said=".+"):
        self.assertSoapFault(self.post(text), "InvalidRequest",
                             said=f"The request is malformed: {said}")

    def test_no_xml(self):
        for text in (b"", b" ", b"{}", b"<", b"<a>", b"</a>", b"<a></b>", b"text",
                     envelope("").encode()[:-5], b"\xff\xfe<\0a\0/\0>\0", b"<a>\0</a>",
                     b"<a>\xff</a>", b"<a>&unknown;</a>", b"<a x='1' x='2'/>",
                     b'<?xml version="1.1"?><a/>', b'<?xml version="1.0" encoding="latin1"?><a/>',
                     b"<p:a/>", b"<a/><b/>", b"<a>\x01</a>", b"<a>&#1;</a>"):
            with self.subTest(text=text[:40]):
                self.assertMalformed(text)

    def test_document_types_and_entities(self):
        body = envelope(call("CurrentTime", INSTANCE))
        for doctype in ("<!DOCTYPE a>", '<!DOCTYPE a SYSTEM "http://localhost/x">',
                        '<!DOCTYPE a [<!ENTITY b "c">]>',
                        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
                        '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;">]>',
                        '<!DOCTYPE a [<!ENTITY % p SYSTEM "x">%p;]>'):
            with self.subTest(doctype=doctype):
                self.assertMalformed(body.replace("?>\n", f"?>{doctype}"),
                                     ".*document type declaration is not taken")

    def test_deep(self):
        for depth in (100, 20000):
            self.assertMalformed(envelope("<a>" * depth + "</a>" * depth), ".*nested too deeply")
        spec = ('<selectSet xsi:type="TraversalSpec"><type>Folder</type><path>childEntity</path>'
                * 40 + "</selectSet>" * 40)
        answer = self.call("RetrieveProperties", COLLECTOR,
                           "<specSet><propSet><type>Folder</type></propSet><objectSet>"
                           f'<obj type="Folder">group-d1</obj>{spec}</objectSet></specSet>')
        self.assertEqual(answer.status, 500)

    def test_large(self):
        answer = self.call("StartProgramInGuest", PROCESSES, self.vm_element +
                           credentials("demo") + program("/bin/true", "x" * 65537))
        self.assertSoapFault(answer, "InvalidArgument",
                             "<invalidProperty>spec.arguments</invalidProperty>")
        self.assertMalformed(envelope(call("CurrentTime", INSTANCE, "x" * 200000)))
        answer = self.client.request("POST", "/sdk", b" " * (2 << 20))
        self.assertEqual(answer.status, 413)
        anonymous = self.anonymous()
        answer = anonymous.request("POST", "/sdk", b" " * (17 << 10))
        self.assertEqual(answer.status, 413)

    def test_many(self):
        self.assertMalformed(envelope(call("CurrentTime", INSTANCE, "<a/>" * 140000)),
                             ".*too many elements")
        attributes = "".join(f' a{i}="x"' for i in range(40))
        self.assertMalformed(envelope(call("CurrentTime", INSTANCE, "", attributes)),
                             ".*too many attributes")
        spaces = "".join(f' xmlns:n{i}="urn:x{i}"' for i in range(5000))
        self.assertMalformed(envelope(call("CurrentTime", INSTANCE, "", spaces)))

    def test_other_envelopes(self):
        body = call("CurrentTime", INSTANCE)
        twelve = "http://www.w3.org/2003/05/soap-envelope"
        self.assertMalformed(f'<e:Envelope xmlns:e="{twelve}"><e:Body>{body}</e:Body>'
                             "</e:Envelope>", ".*SOAP 1.1")
        self.assertMalformed(body, ".*no SOAP envelope")
        self.assertMalformed(envelope(""), ".*one call")
        self.assertMalformed(envelope(body + body), ".*one call")
        self.assertMalformed(envelope("text"))
        self.assertMalformed(envelope(body.replace("urn:vim25", "urn:other")))
        self.assertMalformed(envelope(body).replace("soapenv:Body>", "soapenv:Corpse>"))

    def test_this(self):
        for this in ("", "<_this>ServiceInstance</_this>", '<_this type="ServiceInstance"/>',
                     '<_this type="">x</_this>', '<other type="ServiceInstance">x</other>',
                     '<_this type="ServiceInstance"><a/></_this>'):
            with self.subTest(this=this):
                text = f'<CurrentTime xmlns="urn:vim25">{this}</CurrentTime>'
                answer = self.post(envelope(text))
                self.assertEqual(answer.status, 500)
                self.assertIn(answer.fault_type, ("InvalidArgument", "ManagedObjectNotFound"))

    def test_unknown(self):
        self.assertSoapFault(self.call("CurrentTime", ("NoSuchType", "x")),
                             "ManagedObjectNotFound", '<obj type="NoSuchType">x</obj>')
        self.assertSoapFault(self.call("PowerOnVM_Task", INSTANCE), "MethodNotFound", ".*")
        self.assertSoapFault(self.call("currentTime", INSTANCE), "MethodNotFound", ".*")
        self.assertSoapFault(self.call("CurrentTime", INSTANCE, "<more>1</more>"),
                             "InvalidArgument", "<invalidProperty>more</invalidProperty>")

    def test_twice(self):
        answer = self.call("Login", SESSIONS, element("userName", "a") + element("userName", "b") +
                           element("password", "x"), client=self.anonymous())
        self.assertSoapFault(answer, "InvalidArgument",
                             "<invalidProperty>userName</invalidProperty>")

    def test_wrong_kinds(self):
        def start(vm, who, what):
            return self.call("StartProgramInGuest", PROCESSES, vm + who + what)

        good = self.vm_element, credentials("demo"), program("/bin/true")
        for place, text, name in (
                (0, "<vm>vm-1</vm>", "vm"),
                (1, good[1].replace("false", "maybe"), "auth.interactiveSession"),
                (2, "<spec><programPath><a/></programPath><arguments/></spec>",
                 "spec.programPath"),
                (2, "<spec>text</spec>", "spec"),
                (2, "<spec><programPath>/bin/true</programPath></spec>", "spec.arguments"),
                (2, program("/bin/true", "", "<noSuch>1</noSuch>"), "spec.noSuch")):
            with self.subTest(name=name):
                parts = list(good)
                parts[place] = text
                self.assertSoapFault(start(*parts), "InvalidArgument",
                                     f"<invalidProperty>{re.escape(name)}</invalidProperty>")
        for pid in ("", "x", "1x", "9223372036854775808", "1.5", "0x10", "- 1"):
            with self.subTest(pid=pid):
                self.assertSoapFault(
                    self.call("TerminateProcessInGuest", PROCESSES, good[0] + good[1] +
                              element("pid", pid)), "InvalidArgument",
                    "<invalidProperty>pid</invalidProperty>")

    def test_who_is_not_logged_in_gets_no_decoder(self):
        self.assertSoapFault(self.call("StartProgramInGuest", PROCESSES, "<nonsense/>",
                                       client=self.anonymous()), "NotAuthenticated", ".*")
