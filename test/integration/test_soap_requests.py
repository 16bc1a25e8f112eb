"""What SOAP takes, byte by byte: what clients stumble over, and what pyVmomi never sends."""
import re
import time

from soap import element
from soap_case import (AUTHS, COLLECTOR, END, INSTANCE, PROCESSES, SESSIONS, SoapCase, call,
                       credentials, envelope, names, program)
from support import env, unique


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
