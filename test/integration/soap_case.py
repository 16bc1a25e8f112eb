"""SOAP byte by byte, for tests: calls as text, and what is said of answers."""
import re

from soap import SoapAnswer, element
from support import GuestCase, env

BEGIN = ('<?xml version="1.0" encoding="UTF-8"?>\n'
         '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
         ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
         ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>')
END = "</soapenv:Body></soapenv:Envelope>"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
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
