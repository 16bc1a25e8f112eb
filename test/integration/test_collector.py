"""The property collector: pages, waits, what ends them, and what a session may not do."""
import http.client
import threading
import time
from urllib.parse import quote

from guestops import Vm, wait_for
from support import GuestCase, env
from test_service import ServiceCase

COLLECTOR = "PropertyCollector/propertyCollector"
VIEWS = "ViewManager/ViewManager"
CURRENT = "SessionManager/SessionManager/currentSession"
UUID = "00000000-0000-4000-8000-00000000000"


def ref(kind, value):
    return {"type": kind, "value": value}


ROOT = ref("Folder", "group-d1")
VM_FOLDER = ref("Folder", "group-v3")
SERVICE = ref("ServiceInstance", "ServiceInstance")


def machine(name):
    return ref("VirtualMachine", f"vm-{UUID}{name}")


def paths(kind, *names):
    return {"type": kind, "pathSet": list(names)}


def step(kind, path, *below, **more):
    return {"_typeName": "TraversalSpec", "type": kind, "path": path, "selectSet": list(below),
            **more}


def start(reference, *steps, **more):
    return {"obj": reference, "selectSet": list(steps), **more}


def filter_spec(properties, *objects, **more):
    return {"propSet": properties, "objectSet": list(objects), **more}


MACHINES = start(VM_FOLDER, step("Folder", "childEntity"), skip=True)
BY_NAME = filter_spec([paths("VirtualMachine", "name")], MACHINES)


def names(objects):
    return "".join(item["propSet"][0]["val"]["_value"] for item in objects)


def updates(update_set):
    """What has happened to whom: {("enter", "a")}, machines by the last character of their id."""
    return {(update["kind"], update["obj"]["value"][-1])
            for part in update_set["filterSet"] for update in part["objectSet"]}


class Parked:
    """A call that waits, on a connection of its own."""

    def __init__(self, client, path, body):
        self.client = client.copy()
        self.answer = None
        self.thread = threading.Thread(target=self.run, args=(path, body), daemon=True)
        # Its beginning is seen in the session's count of calls, besides those that look there.
        last = client.get(CURRENT).json["callCount"]
        self.thread.start()
        for _ in range(10000):
            count = client.get(CURRENT).json["callCount"]
            if count > last + 1:
                return
            last = count
        raise AssertionError("the call does not begin")

    def run(self, path, body):
        try:
            self.answer = self.client.call(path, body)
        except (OSError, http.client.HTTPException) as error:
            self.answer = error
        finally:
            self.client.close()

    def is_waiting(self):
        return self.thread.is_alive()

    def end(self, deadline=30):
        self.thread.join(deadline)
        if self.thread.is_alive():
            raise AssertionError("the call still waits")
        return self.answer


class CollectorCase(ServiceCase):
    machines = "abc"

    def setUp(self):
        super().setUp()
        for name in self.machines:
            self.put(name)
        self.start()
        self.user = self.admin()

    def put(self, name):
        self.daemon.put_vm(Vm(name, "local", f"{name}.sock", uuid=f"{UUID}{name}"))

    def remove(self, name):
        self.daemon.remove_vm(Vm(name, "local", f"{name}.sock", uuid=f"{UUID}{name}"))

    def assertOk(self, answer):
        self.assertEqual(answer.status, 200, answer)
        return answer.json

    def assertVoid(self, answer):
        self.assertEqual((answer.status, answer.body), (204, b""), answer)

    def method(self, name, body=None, collector=None, client=None):
        return (client or self.user).call(f"{collector or COLLECTOR}/{name}", body or {})

    def retrieve(self, *specs, client=None, **options):
        return self.method("RetrievePropertiesEx", {"specSet": list(specs), "options": options},
                           client=client)

    def more(self, token, client=None):
        return self.method("ContinueRetrievePropertiesEx", {"token": token}, client=client)

    def filter(self, spec=BY_NAME, collector=None, client=None):
        return self.assertOk(self.method("CreateFilter", {"spec": spec, "partialUpdates": False},
                                         collector, client))

    def wait(self, version="", collector=None, client=None, **options):
        return self.method("WaitForUpdatesEx", {"version": version, "options": options}, collector,
                           client)

    def park(self, version, collector=None, client=None, **options):
        return Parked(client or self.user, f"{collector or COLLECTOR}/WaitForUpdatesEx",
                      {"version": version, "options": options})

    def view(self, client=None):
        return self.assertOk((client or self.user).call(
            f"{VIEWS}/CreateContainerView",
            {"container": ROOT, "type": ["VirtualMachine"], "recursive": True}))

    def path(self, reference):
        return f"{reference['type']}/{quote(reference['value'])}"


class Retrieve(CollectorCase):
    machines = "abcde"

    def test_all_at_once(self):
        result = self.assertOk(self.retrieve(BY_NAME))
        self.assertEqual(names(result["objects"]), "abcde")
        self.assertNotIn("token", result)
        answer = self.method("RetrieveProperties", {"specSet": [BY_NAME]})
        self.assertEqual(self.assertOk(answer), result["objects"])

    def test_pages(self):
        for size, wanted in ((1, "a b c d e"), (2, "ab cd e"), (3, "abc de"), (4, "abcd e"),
                             (5, "abcde"), (6, "abcde"), (2 ** 31 - 1, "abcde")):
            with self.subTest(size=size):
                result = self.assertOk(self.retrieve(BY_NAME, maxObjects=size))
                told = [names(result["objects"])]
                while "token" in result:
                    result = self.assertOk(self.more(result["token"]))
                    told.append(names(result["objects"]))
                self.assertEqual(" ".join(told), wanted)

    def test_pages_of_what_is_gone(self):
        result = self.assertOk(self.retrieve(BY_NAME, maxObjects=2))
        self.remove("c")
        self.remove("e")
        result = self.assertOk(self.more(result["token"]))
        self.assertEqual((names(result["objects"]), "token" in result), ("d", False))

    def assertStale(self, token, client=None):
        for method in ("ContinueRetrievePropertiesEx", "CancelRetrievePropertiesEx"):
            self.assertFault(self.method(method, {"token": token}, client=client),
                             "InvalidArgument", invalidProperty="token")

    def test_tokens(self):
        token = self.assertOk(self.retrieve(BY_NAME, maxObjects=4))["token"]
        self.assertStale(token, self.admin())
        self.assertFault(self.more(token, self.client()), "NotAuthenticated")
        self.assertOk(self.more(token))
        self.assertStale(token)  # it was the last page
        token = self.assertOk(self.retrieve(BY_NAME, maxObjects=1))["token"]
        self.assertVoid(self.method("CancelRetrievePropertiesEx", {"token": token}))
        for bad in (token, "", "x", "1", token[:-1], self.filter()["value"]):
            self.assertStale(bad)

    def test_the_oldest_page_gives_way(self):
        tokens = [self.assertOk(self.retrieve(BY_NAME, maxObjects=1))["token"] for _ in range(17)]
        self.assertStale(tokens[0])
        self.assertOk(self.more(tokens[1]))
        self.assertOk(self.more(tokens[16]))

    def test_max_objects(self):
        for bad in (0, -1):
            self.assertFault(self.retrieve(BY_NAME, maxObjects=bad), "InvalidArgument",
                             invalidProperty="options.maxObjects")

    def test_unset(self):
        """A row without values, as old pyVmomi needs it; nothing where nothing is found."""
        result = self.assertOk(self.retrieve(filter_spec([paths("Folder", "parent")], start(ROOT)),
                                             maxObjects=1))
        row, = result["objects"]
        self.assertNotIn("propSet", row)
        self.assertVoid(self.retrieve(filter_spec([paths("VirtualApp", "name")], start(ROOT))))

    def test_missing(self):
        spec = filter_spec([paths("VirtualMachine", "name")], start(machine("f")),
                           start(machine("a")))
        self.assertFault(self.retrieve(spec), "ManagedObjectNotFound",
                         obj={"_typeName": "ManagedObjectReference", **machine("f")})
        spec["reportMissingObjectsInResults"] = True
        self.assertEqual(names(self.assertOk(self.retrieve(spec))["objects"]), "a")

    def test_nobody(self):
        """What is below the root folder, and what not, is for those who are logged in."""
        client = self.client()
        content = filter_spec([paths("ServiceInstance", "content.about.name")], start(SERVICE))
        self.assertOk(self.retrieve(content, client=client))
        for known in ("a", "f"):
            spec = filter_spec([paths("VirtualMachine", "name")], start(machine(known)))
            self.assertFault(self.retrieve(spec, client=client), "NotAuthenticated")
            for call in (client.get(f"VirtualMachine/{machine(known)['value']}/nonsense"),
                         client.call(f"VirtualMachine/{machine(known)['value']}/Fetch",
                                     {"prop": "nonsense"})):
                self.assertFault(call, "NotAuthenticated")
        down = filter_spec([paths("ManagedObject")],
                           start(SERVICE, step("ServiceInstance", "content.rootFolder",
                                               step("Folder", "childEntity"))))
        found = self.assertOk(self.retrieve(down, client=client))["objects"]
        self.assertEqual([row["obj"]["type"] for row in found], ["ServiceInstance"])

    def test_what_is_asked(self):
        rows = (
            ("InvalidProperty", "name", "nonsense",
             filter_spec([paths("Folder", "nonsense")], start(ROOT))),
            ("InvalidArgument", "invalidProperty", "propSet", filter_spec([], start(ROOT))),
            ("InvalidArgument", "invalidProperty", "objectSet",
             filter_spec([paths("Folder", "name")])),
            ("InvalidArgument", "invalidProperty", "propSet",
             filter_spec([paths("Folder", *["name"] * 1024)], start(ROOT))),
            ("InvalidArgument", "invalidProperty", "objectSet.selectSet",
             filter_spec([paths("Folder")], start(ROOT, *[step("Folder", "name")] * 257))),
        )
        for fault, member, value, spec in rows:
            with self.subTest(fault=fault, value=value):
                self.assertFault(self.retrieve(spec), fault, **{member: value})
                self.assertFault(self.method("CreateFilter", {"spec": spec,
                                                              "partialUpdates": False}),
                                 fault, **{member: value})
        one = filter_spec([paths("Folder", "name")], start(ROOT))
        self.assertEqual(len(self.assertOk(self.retrieve(*[one] * 64))["objects"]), 64)
        self.assertFault(self.retrieve(*[one] * 65), "InvalidArgument", invalidProperty="specSet")

    def test_what_would_take_long(self):
        """256 traversal specs that lead everywhere and name each other: an end is found early."""
        below = [{"name": "n"}] * 100
        steps = [step(kind, path, *below, name="n") for kind, path in
                 (("Folder", "childEntity"), ("ManagedEntity", "parent"),
                  ("Datacenter", "vmFolder"), ("HostSystem", "vm")) * 64]
        answer = self.retrieve(filter_spec([paths("Folder", "name")], start(ROOT, *steps)))
        self.assertOk(answer)


class Wait(CollectorCase):
    def test_enter_modify_leave(self):
        self.filter()
        first = self.assertOk(self.wait())
        self.assertEqual(updates(first), {("enter", "a"), ("enter", "b"), ("enter", "c")})
        parked = self.park(first["version"])
        self.put("d")
        second = self.assertOk(parked.end())
        self.assertEqual(updates(second), {("enter", "d")})
        self.assertNotEqual(second["version"], first["version"])
        parked = self.park(second["version"])
        self.remove("a")
        self.assertEqual(updates(self.assertOk(parked.end())), {("leave", "a")})

    def test_old_methods(self):
        self.filter()
        first = self.assertOk(self.method("WaitForUpdates", {"version": ""}))
        self.assertVoid(self.method("CheckForUpdates", {"version": first["version"]}))
        parked = Parked(self.user, f"{COLLECTOR}/WaitForUpdates", {"version": first["version"]})
        self.remove("c")
        second = self.assertOk(parked.end())
        self.assertEqual(updates(second), {("leave", "c")})
        self.put("c")
        third = self.assertOk(self.method("CheckForUpdates", {"version": second["version"]}))
        self.assertEqual(updates(third), {("enter", "c")})

    def test_max_wait_seconds(self):
        self.filter()
        version = self.assertOk(self.wait())["version"]
        self.assertVoid(self.wait(version, maxWaitSeconds=0))
        began = time.monotonic()
        self.assertVoid(self.wait(version, maxWaitSeconds=1))
        self.assertGreater(time.monotonic() - began, 0.9)
        self.assertFault(self.wait(version, maxWaitSeconds=-1), "InvalidArgument",
                         invalidProperty="options.maxWaitSeconds")

    def test_changes_of_others_prolong_nothing(self):
        self.filter(filter_spec([paths("VirtualMachine", "name")], start(machine("a"))))
        version = self.assertOk(self.wait())["version"]
        parked = self.park(version, maxWaitSeconds=2)
        self.put("d")
        self.remove("d")
        self.assertTrue(parked.is_waiting())
        self.assertVoid(parked.end(10))
        self.assertVoid(self.wait(version, maxWaitSeconds=0))

    def test_room(self):
        self.filter()
        told, version, truncated = set(), "", True
        while truncated:
            answer = self.assertOk(self.wait(version, maxObjectUpdates=1))
            self.assertEqual(len(updates(answer)), 1)
            told |= updates(answer)
            version, truncated = answer["version"], answer.get("truncated", False)
        self.assertEqual(told, {("enter", "a"), ("enter", "b"), ("enter", "c")})
        self.assertVoid(self.wait(version, maxWaitSeconds=0))
        self.assertFault(self.wait(version, maxObjectUpdates=0), "InvalidArgument",
                         invalidProperty="options.maxObjectUpdates")

    def test_versions(self):
        self.filter()
        first = self.assertOk(self.wait())["version"]
        self.put("d")
        second = self.assertOk(self.wait(first))["version"]
        for bad in (first, "x", "0", second + "0", "9" * 5000):
            self.assertFault(self.wait(bad), "InvalidCollectorVersion")
        self.assertVoid(self.wait(second, maxWaitSeconds=0))
        self.assertEqual(len(updates(self.assertOk(self.wait()))), 4)

    def test_own_changes_wake(self):
        parked = self.park("")
        view = self.view()
        self.assertTrue(parked.is_waiting())
        self.filter(filter_spec([paths("VirtualMachine", "name")],
                                start(view, step("ContainerView", "view"), skip=True)))
        first = self.assertOk(parked.end())
        self.assertEqual(len(updates(first)), 3)
        parked = self.park(first["version"])
        self.assertVoid(self.user.call(f"{self.path(view)}/DestroyView"))
        self.assertEqual(updates(self.assertOk(parked.end())),
                         {("leave", "a"), ("leave", "b"), ("leave", "c")})

    def test_cancel(self):
        self.filter()
        version = self.assertOk(self.wait())["version"]
        parked = self.park(version)
        self.assertVoid(self.method("CancelWaitForUpdates"))
        self.assertFault(parked.end(), "RequestCanceled")
        self.assertVoid(self.method("CancelWaitForUpdates"))
        self.remove("a")
        self.assertEqual(updates(self.assertOk(self.wait(version))), {("leave", "a")})

    def test_the_second_takes_the_place(self):
        self.filter()
        version = self.assertOk(self.wait())["version"]
        first = self.park(version)
        second = self.park(version)
        self.assertFault(first.end(), "RequestCanceled")
        self.remove("a")
        self.assertEqual(updates(self.assertOk(second.end())), {("leave", "a")})

    def test_several_collectors(self):
        """Each has its filters, its version and its wait."""
        own = self.assertOk(self.method("CreatePropertyCollector"))
        path = self.path(own)
        self.filter()
        self.filter(filter_spec([paths("VirtualMachine", "name")], start(machine("a"))), path)
        everybodys = self.assertOk(self.wait())
        first = self.assertOk(self.wait(collector=path))
        self.assertEqual((len(updates(everybodys)), updates(first)), (3, {("enter", "a")}))
        parked = self.park(everybodys["version"]), self.park(first["version"], path)
        self.remove("a")
        for wait in parked:
            self.assertEqual(updates(self.assertOk(wait.end())), {("leave", "a")})

    def test_destroy_filter(self):
        reference = self.filter()
        version = self.assertOk(self.wait())["version"]
        parked = self.park(version)
        self.assertVoid(self.user.call(f"{self.path(reference)}/DestroyPropertyFilter"))
        self.assertFault(self.user.call(f"{self.path(reference)}/DestroyPropertyFilter"),
                         "ManagedObjectNotFound")
        self.remove("a")
        self.assertTrue(parked.is_waiting())
        self.filter(filter_spec([paths("VirtualMachine", "name")], start(machine("b"))))
        self.assertEqual(updates(self.assertOk(parked.end())), {("enter", "b")})

    def test_destroy_collector(self):
        path = self.path(self.assertOk(self.method("CreatePropertyCollector")))
        reference = self.filter(collector=path)
        version = self.assertOk(self.wait(collector=path))["version"]
        parked = self.park(version, path)
        self.assertVoid(self.method("DestroyPropertyCollector", collector=path))
        self.assertFault(parked.end(), "RequestCanceled")
        self.assertFault(self.wait(version, path), "ManagedObjectNotFound")
        self.assertFault(self.user.call(f"{self.path(reference)}/DestroyPropertyFilter"),
                         "ManagedObjectNotFound")

    def test_properties(self):
        reference = self.filter()
        got = self.assertOk(self.user.get(f"{self.path(reference)}/spec"))
        self.assertEqual(got["objectSet"][0]["obj"]["value"], "group-v3")
        self.assertEqual([item["value"] for item in self.assertOk(
            self.user.get(f"{COLLECTOR}/filter"))], [reference["value"]])


class Ends(CollectorCase):
    """What ends while a call waits, and while pages and filters are there."""

    def parked(self, client):
        self.filter(client=client)
        self.view(client)
        self.assertIn("token", self.assertOk(self.retrieve(BY_NAME, maxObjects=1, client=client)))
        version = self.assertOk(self.wait(client=client))["version"]
        path = self.path(self.assertOk(self.method("CreatePropertyCollector", client=client)))
        return self.park(version, client=client), self.park("", path, client)

    def test_logout(self):
        client = self.admin()
        parked = self.parked(client)
        self.assertVoid(client.logout())
        for wait in parked:
            self.assertFault(wait.end(), "RequestCanceled")
        self.assertFault(self.wait(client=client), "NotAuthenticated")

    def test_the_user_is_removed(self):
        self.daemon.put_user("carol", "secret", "ReadOnly")
        client = self.client()
        self.assertEqual(client.login("carol", "secret").status, 200)
        parked = self.parked(client)
        self.daemon.remove_user("carol")
        for wait in parked:
            self.assertFault(wait.end(), "RequestCanceled")

    def test_the_client_leaves(self):
        client = self.admin()
        self.filter(client=client)
        version = self.assertOk(self.wait(client=client))["version"]
        body = f'{{"version":"{version}"}}'.encode()
        calls = client.get(CURRENT).json["callCount"]
        with client.raw_socket() as sock:
            sock.sendall(b"POST /sdk/vim25/8.0.2.0/PropertyCollector/propertyCollector/"
                         b"WaitForUpdatesEx HTTP/1.1\r\nHost: localhost\r\n"
                         b"vmware-api-session-id: " + client.session.encode() +
                         b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
            wait_for(lambda: client.get(CURRENT).json["callCount"] > calls + 2, "it waits")
        wait_for(lambda: "the client has left" in self.daemon.log(), "the daemon notices")
        self.remove("a")
        self.assertEqual(updates(self.assertOk(self.wait(version, client=client))),
                         {("leave", "a")})

    def test_the_session_expires(self):
        """Not while a call waits; and then with all that it has."""
        self.daemon.restart(sessions_idle=2)
        client, other = self.admin(), self.admin()
        key = client.get(CURRENT).json["key"]
        parked = self.park("", client=client, maxWaitSeconds=4)
        self.filter(client=client)
        self.view(client)
        self.assertOk(parked.end())
        self.assertIn("token", self.assertOk(self.retrieve(BY_NAME, maxObjects=1, client=client)))
        # Who looks for himself, prolongs.
        wait_for(lambda: key not in [row["key"] for row in other.get(
            "SessionManager/SessionManager/sessionList").json], "it has expired")
        self.assertVoid(client.get(CURRENT))
        self.remove("a")
        self.assertFault(self.wait(client=client), "NotAuthenticated")

    def test_the_daemon_stops(self):
        parked = self.parked(self.admin())
        self.daemon.stop()
        for wait in parked:
            self.assertIsInstance(wait.end(), Exception)


class Strangers(CollectorCase):
    def test_not_found(self):
        """What a session has made is for it alone."""
        view, reference = self.view(), self.filter()
        collector = self.assertOk(self.method("CreatePropertyCollector"))
        for other, fault in ((self.admin(), "ManagedObjectNotFound"),
                             (self.client(), "NotAuthenticated")):
            for own, method in ((view, "DestroyView"), (reference, "DestroyPropertyFilter"),
                                (collector, "DestroyPropertyCollector")):
                with self.subTest(fault=fault, method=method):
                    self.assertFault(other.call(f"{self.path(own)}/{method}"), fault)
            self.assertFault(other.get(f"{self.path(view)}/view"), fault)
            spec = filter_spec([paths("ContainerView", "view")], start(view))
            self.assertFault(self.retrieve(spec, client=other), fault)
        self.assertEqual(len(self.assertOk(self.user.get(f"{self.path(view)}/view"))), 3)
        for own, method in ((view, "DestroyView"), (reference, "DestroyPropertyFilter"),
                            (collector, "DestroyPropertyCollector")):
            self.assertVoid(self.user.call(f"{self.path(own)}/{method}"))
            self.assertFault(self.user.call(f"{self.path(own)}/{method}"),
                             "ManagedObjectNotFound")

    def test_filters_of_a_session(self):
        other = self.admin()
        for _ in range(64):
            self.filter()
        self.assertFault(self.method("CreateFilter", {"spec": BY_NAME, "partialUpdates": False}),
                         "SystemError", reason="too many objects")
        self.filter(client=other)
        self.assertEqual(len(self.assertOk(self.wait())["filterSet"]), 64)

    def test_objects_of_a_session(self):
        for _ in range(1024):
            view = self.view()
        body = {"container": ROOT, "recursive": True}
        self.assertFault(self.user.call(f"{VIEWS}/CreateContainerView", body), "SystemError",
                         reason="too many objects")
        for method in ("CreatePropertyCollector", "WaitForUpdatesEx"):
            self.assertFault(self.method(method, {"version": ""} if "Wait" in method else None),
                             "SystemError", reason="too many objects")
        self.assertFault(self.retrieve(BY_NAME, maxObjects=1), "SystemError",
                         reason="too many objects")
        self.assertVoid(self.user.call(f"{self.path(view)}/DestroyView"))
        self.assertOk(self.user.call(f"{VIEWS}/CreateContainerView", body))

    def test_bytes_of_a_session(self):
        """Long lists: their number is not all that counts."""
        body = {"obj": [ref("VirtualMachine", "x" * 200)] * 4000}
        for n in range(1024):
            answer = self.user.call(f"{VIEWS}/CreateListView", body)
            if answer.status != 200:
                break
        self.assertFault(answer, "SystemError", reason="too many objects")
        self.assertLess(n, 64)


class Readiness(GuestCase):
    READY = "guest.guestOperationsReady"

    def values(self, answer):
        part, = self.assertOk(answer)["filterSet"]
        update, = part["objectSet"]
        return {change["name"]: change["val"]["_value"] for change in update["changeSet"]}

    def test_agent(self):
        """A wait is answered when the guest stops to be ready, and when it is ready again."""
        client = env.daemon.admin()
        self.addCleanup(client.close)
        self.addCleanup(client.logout)
        spec = filter_spec([paths("VirtualMachine", self.READY)],
                           start(ref("VirtualMachine", env.vm.moid)))
        self.assertOk(client.call(f"{COLLECTOR}/CreateFilter",
                                  {"spec": spec, "partialUpdates": False}))
        answer = client.call(f"{COLLECTOR}/WaitForUpdatesEx", {"version": ""})
        self.assertEqual(self.values(answer), {self.READY: True})
        parked = Parked(client, f"{COLLECTOR}/WaitForUpdatesEx",
                        {"version": answer.json["version"]})
        env.guest.kill_agent()
        answer = parked.end()
        self.assertEqual(self.values(answer), {self.READY: False})
        answer = client.call(f"{COLLECTOR}/WaitForUpdatesEx", {"version": answer.json["version"]})
        self.assertEqual(self.values(answer), {self.READY: True})
        env.wait_ready()
