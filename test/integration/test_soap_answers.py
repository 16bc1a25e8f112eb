"""What SOAP answers, byte by byte: values, faults, properties."""
import re

from guestops import auth as json_auth
from soap import XSI_TYPE, element
from soap_case import (AUTHS, COLLECTOR, INSTANCE, PROCESSES, SESSIONS, TIME, SoapCase,
                       credentials, names, program)
from support import VM_UUID, env


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
