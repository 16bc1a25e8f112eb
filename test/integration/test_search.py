"""SearchIndex: machines by what is known of them, and entities by their place in the tree."""
import contextlib

from fakes import FakeCase
from guestops import Vm, wait_for
from soap import VIM, element, moref
from support import VM_UUID, GuestCase, env, unique

INDEX = "SearchIndex/SearchIndex"
HOST_NAME = "guestops-demo"  # the test guest's


def reference(type_name, value):
    return {"_typeName": "ManagedObjectReference", "type": type_name, "value": value}


ROOT = reference("Folder", "group-d1")
DATACENTER = reference("Datacenter", "datacenter-2")
VM_FOLDER = reference("Folder", "group-v3")


class SearchCase(GuestCase):
    def setUp(self):
        super().setUp()
        self.vm = reference("VirtualMachine", env.vm.moid)

    def search(self, method, **arguments):
        return self.client.call(f"{INDEX}/{method}", arguments)

    def assertFinds(self, wanted, method, **arguments):
        """This one, or nothing where wanted is None; and so does FindAllBy."""
        answer = self.search(method, **arguments)
        if wanted is None:
            self.assertVoid(answer)
        else:
            self.assertEqual(self.assertOk(answer), wanted)
        if method in ("FindByUuid", "FindByDnsName", "FindByIp"):
            answer = self.search(method.replace("FindBy", "FindAllBy"), **arguments)
            self.assertEqual(self.assertOk(answer), [wanted] if wanted else [])

    def assertUnknown(self, method, obj, **arguments):
        self.assertFault(self.search(method, **arguments), "ManagedObjectNotFound", obj=obj)


class Uuid(SearchCase):
    def test_found(self):
        for uuid in (VM_UUID, VM_UUID.upper(), VM_UUID.title()):
            for more in ({}, {"instanceUuid": False}, {"instanceUuid": True},
                         {"datacenter": DATACENTER}):
                with self.subTest(uuid=uuid, **more):
                    self.assertFinds(self.vm, "FindByUuid", uuid=uuid, vmSearch=True, **more)

    def test_not_found(self):
        for uuid in ("", "x", VM_UUID[:-1], VM_UUID + "0", f"vm-{VM_UUID}", " " + VM_UUID[1:],
                     "00000000-0000-4000-8000-000000000000", VM_UUID.replace("-", ""),
                     "x" * 60000):
            with self.subTest(uuid=uuid[:50]):
                self.assertFinds(None, "FindByUuid", uuid=uuid, vmSearch=True)

    def test_a_machine_is_no_host(self):
        self.assertFinds(None, "FindByUuid", uuid=VM_UUID, vmSearch=False)

    def test_datacenter(self):
        for method, name in (("Uuid", "uuid"), ("DnsName", "dnsName"), ("Ip", "ip")):
            for other in (reference("Datacenter", "datacenter-9"), ROOT,
                          reference("Datacenter", "group-d1"),
                          reference("Folder", "datacenter-2")):
                for prefix in ("FindBy", "FindAllBy"):
                    with self.subTest(method=method, other=other):
                        self.assertUnknown(f"{prefix}{method}", other, datacenter=other,
                                           vmSearch=True, **{name: "x"})

    def test_coming_and_going(self):
        vm = Vm(unique("coming"), "qmp", "/nonexistent/a", "/nonexistent/q")
        self.assertFinds(None, "FindByUuid", uuid=vm.uuid, vmSearch=True)
        with env.machine(vm):
            self.assertFinds(reference("VirtualMachine", vm.moid), "FindByUuid", uuid=vm.uuid,
                             vmSearch=True)
        self.assertFinds(None, "FindByUuid", uuid=vm.uuid, vmSearch=True)


class Names(SearchCase, FakeCase):
    def test_dns_name(self):
        for name in (HOST_NAME, HOST_NAME.upper()):
            self.assertFinds(self.vm, "FindByDnsName", dnsName=name, vmSearch=True)
            self.assertFinds(self.vm, "FindByDnsName", dnsName=name, vmSearch=True,
                             datacenter=DATACENTER)
        for name in ("", "guestops", HOST_NAME + ".", env.vm.name):
            self.assertFinds(None, "FindByDnsName", dnsName=name, vmSearch=True)
        self.assertFinds(None, "FindByDnsName", dnsName=HOST_NAME, vmSearch=False)

    def test_two_of_one_name(self):
        name = unique("twin").lower()
        with contextlib.ExitStack() as stack:
            vms = [stack.enter_context(self.fake(host_name=name))[0] for _ in range(2)]
            found = self.assertOk(self.search("FindAllByDnsName", dnsName=name, vmSearch=True))
            self.assertEqual(found, [reference("VirtualMachine", vm.moid) for vm in vms])
            one = self.assertOk(self.search("FindByDnsName", dnsName=name, vmSearch=True))
            self.assertEqual(one, found[0])
        self.assertFinds(None, "FindByDnsName", dnsName=name, vmSearch=True)

    def test_no_address(self):
        for ip in ("192.0.2.1", "2001:db8::1", "127.0.0.1", "", "nonsense", "1.2.3", "x" * 60000):
            self.assertFinds(None, "FindByIp", ip=ip, vmSearch=True)
            self.assertFinds(None, "FindByIp", ip=ip, vmSearch=False)


class Places(SearchCase):
    def test_paths(self):
        rows = (("", ROOT), ("/", ROOT), ("guestops", DATACENTER), ("/guestops", DATACENTER),
                ("guestops/vm", VM_FOLDER), ("/guestops/vm", VM_FOLDER),
                ("guestops/vm/", VM_FOLDER), ("/guestops/vm/", VM_FOLDER),
                (f"guestops/vm/{env.vm.name}", self.vm), (f"/guestops/vm/{env.vm.name}", self.vm),
                ("guestops/%76m", VM_FOLDER),
                ("Datacenters/guestops/vm", None), ("vm", None), ("guestops/vm/none", None),
                ("guestops%2fvm", None), ("guestops/v", None), ("guestops/vmm", None),
                (f"guestops/vm/{env.vm.name}/x", None), ("guestops/vm/%", None),
                ("guestops/vm%", None), ("guestops/vm%00", None), ("/" * 60000, ROOT),
                ("%" * 60000, None))
        for path, wanted in rows:
            with self.subTest(path=path[:50]):
                self.assertFinds(wanted, "FindByInventoryPath", inventoryPath=path)

    def test_escapes(self):
        """Names as they are, and as vSphere writes slash, backslash and percent."""
        rows = (("a%2fb", ("a%2fb", "a%2Fb")), ("back\\slash", ("back\\slash", "back%5cslash")),
                ("100%", ("100%", "100%25")), ("K\u00f6ln 1", ("K\u00f6ln 1", "K%c3%b6ln%201")))
        for name, asked in rows:
            vm = Vm(name, "qmp", "/nonexistent/a", "/nonexistent/q")
            wanted = reference("VirtualMachine", vm.moid)
            with env.machine(vm):
                for one in asked:
                    with self.subTest(name=name, asked=one):
                        self.assertFinds(wanted, "FindByInventoryPath",
                                         inventoryPath=f"guestops/vm/{one}")
                        self.assertFinds(wanted, "FindChild", entity=VM_FOLDER, name=one)

    def test_children(self):
        for entity, name, wanted in ((ROOT, "guestops", DATACENTER), (DATACENTER, "vm", VM_FOLDER),
                                     (VM_FOLDER, env.vm.name, self.vm), (VM_FOLDER, "vm", None),
                                     (ROOT, "vm", None), (self.vm, "x", None), (ROOT, "", None),
                                     (VM_FOLDER, env.vm.name.upper(), None)):
            with self.subTest(entity=entity, name=name):
                self.assertFinds(wanted, "FindChild", entity=entity, name=name)

    def test_children_of_what_is_no_entity(self):
        for other in (reference("Folder", "group-none"), reference("Folder", env.vm.moid),
                      reference("SessionManager", "SessionManager"), reference("Nonsense", "x")):
            self.assertUnknown("FindChild", other, entity=other, name="x")

    def test_datastores(self):
        for path, name in (("[ds1] web1/web1.vmx", "ds1"), ("[] x", ""), ("[ds1", None),
                           ("web1/web1.vmx", None), ("", None)):
            with self.subTest(path=path):
                fault = self.assertFault(self.search("FindByDatastorePath", datacenter=DATACENTER,
                                                     path=path), "InvalidDatastore")
                self.assertEqual(fault.get("name"), name)
        other = reference("Datacenter", "datacenter-9")
        self.assertUnknown("FindByDatastorePath", other, datacenter=other, path="[ds1] x")


class Access(SearchCase):
    def test_content_names_it(self):
        content = self.client.get("ServiceInstance/ServiceInstance/content").json
        self.assertEqual(content["searchIndex"], reference("SearchIndex", "SearchIndex"))

    def test_needs_a_session(self):
        self.client = env.daemon.client()
        self.addCleanup(self.client.close)
        self.assertFault(self.search("FindByUuid", uuid=VM_UUID, vmSearch=True),
                         "NotAuthenticated")

    def test_arguments(self):
        self.assertFault(self.search("FindByUuid", uuid=VM_UUID), "InvalidArgument",
                         invalidProperty="vmSearch")
        self.assertFault(self.search("FindByDatastorePath", path="[a] b"), "InvalidArgument",
                         invalidProperty="datacenter")


class BySoap(SearchCase):
    def setUp(self):
        super().setUp()
        self.soap = env.daemon.soap()
        self.addCleanup(self.soap.close)
        self.addCleanup(self.soap.logout)

    def values(self, method, parameters):
        answer = self.soap.call(method, INDEX.split("/")[0], INDEX.split("/")[1], parameters)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.element.tag, f"{VIM}{method}Response")
        return [reference(value.get("type"), value.text) for value in answer.values]

    def test_found(self):
        uuid = element("uuid", VM_UUID) + element("vmSearch", "1")
        for method in ("FindByUuid", "FindAllByUuid"):
            self.assertEqual(self.values(method, uuid), [self.vm])
            self.assertEqual(self.values(method, moref("datacenter", DATACENTER) + uuid),
                             [self.vm])
        self.assertEqual(self.values("FindByInventoryPath",
                                     element("inventoryPath", f"/guestops/vm/{env.vm.name}")),
                         [self.vm])
        self.assertEqual(self.values("FindChild", moref("entity", VM_FOLDER) +
                                     element("name", env.vm.name)), [self.vm])

    def test_not_found(self):
        for method in ("FindByUuid", "FindAllByUuid"):
            self.assertEqual(self.values(method, element("uuid", "none") +
                                         element("vmSearch", "true")), [])

    def test_faults(self):
        answer = self.soap.call("FindByDatastorePath", "SearchIndex", "SearchIndex",
                                moref("datacenter", DATACENTER) + element("path", "[ds1] x"))
        self.assertEqual((answer.status, answer.fault_type), (500, "InvalidDatastore"))
        self.assertEqual(answer.fault.find(f"{VIM}name").text, "ds1")
