"""A SOAP client with nothing between a test and the wire.

    soap = Soap(port, cafile)
    soap.login("administrator", password)
    answer = soap.call("FindByUuid", "SearchIndex", "SearchIndex",
                       element("uuid", uuid) + element("vmSearch", "true"))
    answer.values[0].text, answer.status
"""
import http.client
import ssl
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

VIM = "{urn:vim25}"
ENVELOPE = "{http://schemas.xmlsoap.org/soap/envelope/}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


def element(name, text, **attributes):
    """An element that holds text; xsi_type="T" is its xsi:type."""
    tag = name + "".join(f" {key.replace('xsi_', 'xsi:')}={quoteattr(value)}"
                         for key, value in attributes.items())
    return f"<{tag}>{escape(str(text))}</{name}>"


def moref(name, reference):
    """An element that refers to what VI/JSON writes as this reference."""
    return element(name, reference["value"], type=reference["type"])


class SoapAnswer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers  # an http.client.HTTPMessage
        self.body = body
        # <MethodResponse>, or <Fault>
        self.element = ElementTree.fromstring(body).find(f"{ENVELOPE}Body")[0]

    @property
    def values(self):
        """The returnvals: none for void and for what is unset."""
        return self.element.findall(f"{VIM}returnval")

    @property
    def fault(self):
        """The fault inside <detail>, an element; None where there is none."""
        detail = self.element.find("detail")
        return None if detail is None else detail[0]

    @property
    def fault_type(self):
        return None if self.fault is None else self.fault.get(XSI_TYPE)

    def __iter__(self):
        return iter((self.element, self.status))

    def __repr__(self):
        return f"<{self.status} {self.body[:600]!r}>"


class Soap:
    """One connection. The session is known by its cookie, as clients have it. For one thread."""

    def __init__(self, port, cafile, timeout=120):
        self.cookie = None
        self._connection = http.client.HTTPSConnection(
            "localhost", port, context=ssl.create_default_context(cafile=cafile), timeout=timeout)

    def close(self):
        self._connection.close()

    def post(self, body, action="urn:vim25/8.0.2.0", path="/sdk"):
        """Any bytes as a request; the HTTP answer as (status, headers, body)."""
        headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
        if self.cookie:
            headers["Cookie"] = self.cookie
        try:
            self._connection.request("POST", path, body, headers)
            response = self._connection.getresponse()
            answer = response.status, response.headers, response.read()
        except BaseException:
            self.close()
            raise
        set_cookie = response.headers["Set-Cookie"]
        if set_cookie:
            self.cookie = set_cookie.split(";")[0]
        return answer

    def call(self, method, this_type, this_id, body_xml="", action="urn:vim25/8.0.2.0"):
        """Calls a method; parameters are elements without a prefix. Unpacks as element, status."""
        envelope = (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
            ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
            f'<{method} xmlns="urn:vim25">{element("_this", this_id, type=this_type)}{body_xml}'
            f"</{method}></soapenv:Body></soapenv:Envelope>")
        return SoapAnswer(*self.post(envelope.encode(), action))

    def login(self, user, password):
        """The UserSession; its session is used from then on."""
        self.cookie = None
        answer = self.call("Login", "SessionManager", "SessionManager",
                           element("userName", user) + element("password", password))
        if answer.status != 200:
            raise AssertionError(f"login by SOAP: {answer}")
        return answer.values[0]

    def logout(self):
        return self.call("Logout", "SessionManager", "SessionManager")
