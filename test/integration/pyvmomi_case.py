"""pyVmomi for tests: a connection each, credentials, calls that wait, and faults by class."""
import concurrent.futures
import contextlib
import http.cookies
import os
import ssl

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

from guestops import wait_for
from support import GuestCase, env, unique

COLLECTOR = vmodl.query.PropertyCollector


def _set(fault, name, value, _set=vmodl.MethodFault.__setattr__):
    """6.7 refuses what Python and unittest set in exceptions."""
    (BaseException.__setattr__ if name.startswith("__") else _set)(fault, name, value)


vmodl.MethodFault.__setattr__ = _set


def context():
    return ssl.create_default_context(cafile=os.path.join(env.daemon.state, "certificate.pem"))


def connect(user="administrator", password=None, **more):
    return SmartConnect(host="localhost", port=env.daemon.port, user=user,
                        pwd=env.daemon.password if password is None else password,
                        sslContext=context(), **more)


def credentials(user, password=None):
    return vim.vm.guest.NamePasswordAuthentication(
        username=user, password=f"{user}-secret" if password is None else password)


def program(path, arguments="", **more):
    return vim.vm.guest.ProcessManager.ProgramSpec(programPath=path, arguments=arguments, **more)


def identifier(stub):
    """Of the stub's session."""
    return http.cookies.SimpleCookie(stub.cookie)["vmware_soap_session"].value


class PyvmomiCase(GuestCase):
    def setUp(self):
        super().setUp()
        self.si = connect()
        self.addCleanup(Disconnect, self.si)
        self.stub = self.si._GetStub()
        self.content = self.si.RetrieveContent()
        self.machine = self.object(vim.VirtualMachine, env.vm.moid)

    def object(self, kind, moid):
        return kind(moid, self.stub)

    @property
    def processes(self):
        return self.content.guestOperationsManager.processManager

    def reader(self):
        """The connection of a user who may look, and do nothing."""
        name = unique("reader")
        env.daemon.put_user(name, "pass-word-1", "ReadOnly")
        self.addCleanup(env.daemon.remove_user, name)
        si = connect(name, "pass-word-1")
        self.addCleanup(Disconnect, si)
        return si

    def machine_of(self, vm):
        return self.object(vim.VirtualMachine, vm.moid)

    def view(self, kinds, container=None):
        view = self.content.viewManager.CreateContainerView(
            container or self.content.rootFolder, kinds, True)
        self.addCleanup(view.Destroy)
        return view

    def calls_of(self, key):
        """How many calls a session has begun, as another sees it."""
        sessions = self.client.get("SessionManager/SessionManager/sessionList").json
        return next(row["callCount"] for row in sessions if row["key"] == key)

    @contextlib.contextmanager
    def parked(self, function, *arguments):
        """A call of another thread that waits."""
        key = self.content.sessionManager.currentSession.key
        before = self.calls_of(key)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            waits = pool.submit(function, *arguments)
            wait_for(lambda: self.calls_of(key) > before, "the daemon has the call")
            self.assertFalse(waits.done())
            yield waits

    def run_to_end(self, user, path, arguments="", **more):
        """As the samples do it: start, then poll until there is an exit code."""
        who = credentials(user)
        pid = self.processes.StartProgramInGuest(self.machine, who,
                                                 program(path, arguments, **more))

        def ended():
            row = self.processes.ListProcessesInGuest(self.machine, who, [pid]).pop()
            self.assertEqual(row.pid, pid)
            return row if row.exitCode is not None else None

        return wait_for(ended, f"exit code of {pid}")

    def collect(self, kind, paths, view=None, every=False):
        """pchelper.collect_properties of the samples: a traversal over a container view."""
        traversal = COLLECTOR.TraversalSpec(name="traverseEntities", path="view", skip=False,
                                            type=vim.view.ContainerView)
        start = COLLECTOR.ObjectSpec(obj=view or self.view([kind]), skip=True,
                                     selectSet=[traversal])
        properties = COLLECTOR.PropertySpec(type=kind, pathSet=paths, all=every)
        return COLLECTOR.FilterSpec(objectSet=[start], propSet=[properties])

    def watch(self, entity, paths):
        """A filter on a collector of its own, and what its first update says."""
        collector = self.content.propertyCollector.CreatePropertyCollector()
        self.addCleanup(collector.Destroy)
        collector.CreateFilter(COLLECTOR.FilterSpec(
            objectSet=[COLLECTOR.ObjectSpec(obj=entity)],
            propSet=[COLLECTOR.PropertySpec(type=type(entity), pathSet=paths)]), False)
        update = collector.WaitForUpdatesEx(None)
        return collector, update.version, self.changes(update)

    def changes(self, update):
        return {change.name: change.val for filters in update.filterSet
                for entity in filters.objectSet for change in entity.changeSet}

    def assertRaisesFault(self, kind, function, *args, **members):
        with self.assertRaises(kind) as caught:
            function(*args)
        fault = caught.exception
        self.assertIs(type(fault), kind)
        self.assertTrue(fault.msg)
        for name, value in members.items():
            self.assertEqual(getattr(fault, name), value, name)
        for message in fault.faultMessage:  # none in what a collector says of a property
            self.assertEqual(message.key, "guestops.request")
            self.assertRegex(message.arg[0].value, "^[0-9a-f]+$")
        return fault
