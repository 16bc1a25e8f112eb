"""The guest and the daemon that all test modules share, and what tests say about answers."""
import contextlib
import itertools
import os
import shutil
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "kit"))

from guestops import ROOT, SANITIZER, Daemon, Guest, Vm, auth, spec, tail, wait_for  # noqa: E402

VM_UUID = "4c4c4544-0031-4210-8031-b2c04f4d4d32"


class Environment:
    guest = None
    daemon = None
    vm = None  # the shared guest's machine
    _session = None

    def start(self, build, guest):
        self.build = build
        self.guest = Guest(guest, os.path.join(build, "guestops-agent"),
                           os.path.join(ROOT, "data", "guestops-agent.pam")).boot()
        self.daemon = Daemon(os.path.join(build, "guestopsd"))
        self.vm = self.daemon.put_vm(Vm("demo-vm", "qmp", self.guest.path("agent.sock"),
                                        self.guest.path("qmp.sock"), VM_UUID))
        self.daemon.start()
        self.wait_ready(240)

    def stop(self):
        """Returns what went wrong, or None."""
        problem = None
        try:
            if self.daemon:
                self.daemon.stop()
        except AssertionError as error:
            problem = str(error)
        if self.daemon:
            self.daemon.remove()
        if self.guest:
            # All that agents have said in any boot is there, too.
            said = tail(self.guest.path("console.log"), 10 ** 6)
            found = SANITIZER.search(said)
            if found and not problem:
                problem = "a sanitizer complains about the agent:\n" + \
                    said[found.start():][:4000]
            self.guest.stop()
        return problem

    def client(self):
        """A connection of the session that all tests share."""
        client = self.daemon.client(self._session)
        if not self._session or client.get("SessionManager/SessionManager/currentSession"
                                           ).status != 200:
            client.login(Daemon.ADMINISTRATOR, self.daemon.password)
            self._session = client.session
        return client

    def wait_ready(self, deadline=60):
        """Until the shared guest carries out operations."""
        client = self.client()

        def ready():
            guest = client.get(f"VirtualMachine/{self.vm.moid}/guest").json
            return guest.get("guestOperationsReady") and \
                client.try_list(self.vm.ref, auth("root"), [1]).status == 200

        try:
            wait_for(ready, "the guest is ready", deadline)
        finally:
            client.close()

    def restart_agent(self):
        """Ends the agent, waits for the next one; returns the pid of each."""
        old = self.guest.kill_agent()
        new = wait_for(lambda: self.guest.agent_pid() not in (None, old) and
                       self.guest.agent_pid(), "init starts the agent again")
        self.wait_ready()
        return old, new

    @contextlib.contextmanager
    def agent_conf(self, text):
        """The agent has this configuration inside."""
        self.guest.configure(text)
        try:
            self.restart_agent()
            yield
        finally:
            self.guest.configure(None)
            self.restart_agent()

    @contextlib.contextmanager
    def machine(self, vm):
        """The daemon has another machine inside."""
        self.daemon.put_vm(vm)
        try:
            yield vm
        finally:
            self.daemon.remove_vm(vm)

    def report(self, lines=60):
        out = ["--- daemon log", tail(self.daemon.log_path, lines)] if self.daemon else []
        if self.guest:
            try:
                log = self.guest.agent_log().split("\n")
                out += ["--- agent log", "\n".join(log[-lines:])]
            except (OSError, TimeoutError) as error:
                out += [f"--- agent log: {error}"]
            out += ["--- guest console", self.guest.console()]
        return "\n".join(out)


env = Environment()
_numbers = itertools.count(1)


def unique(prefix):
    return f"{prefix}-{os.getpid()}-{next(_numbers)}"


def parallel(functions, deadline=120):
    """Calls all at once; results in order; the first exception is raised."""
    results = [None] * len(functions)
    errors = []
    gate = threading.Barrier(len(functions))

    def work(index, function):
        try:
            gate.wait()
            results[index] = function()
        except BaseException as error:  # noqa: BLE001 handed to the caller
            errors.append(error)

    threads = [threading.Thread(target=work, args=item, daemon=True)
               for item in enumerate(functions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(deadline)
        if thread.is_alive():
            errors.append(AssertionError(f"not done within {deadline} s"))
            break
    if errors:
        raise errors[0]
    return results


class GuestCase(unittest.TestCase):
    """A test that talks to the shared daemon, as the administrator."""

    maxDiff = 4000

    def setUp(self):
        self.client = env.client()
        self.addCleanup(self.client.close)
        self.guest = env.guest
        self.vm = env.vm.ref

    @contextlib.contextmanager
    def limits(self, **settings):
        """Other settings inside, as Daemon.restart() takes them, and another self.client."""
        env.daemon.restart(**settings)
        try:
            env.wait_ready()
            self.client = env.client()
            yield
        finally:
            self.client.close()
            env.daemon.restart(**{name: None for name in settings})
            env.wait_ready()

    # wire

    def assertFault(self, answer, type_name, **members):
        """500, a fault of this type with these members; returns it."""
        self.assertEqual(answer.status, 500, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        fault = answer.json
        self.assertEqual(fault["_typeName"], type_name, answer)
        self.assertTrue(answer.body.startswith(b'{"_typeName":'), answer)
        self.assertTrue(fault.get("faultstring"), answer)
        for name, value in members.items():
            self.assertEqual(fault.get(name), value, answer)
        message, = fault["faultMessage"]
        self.assertEqual(message["_typeName"], "LocalizableMessage")
        argument, = message["arg"]
        self.assertEqual(argument["_typeName"], "KeyAnyValue")
        self.assertEqual(argument["value"], {"_typeName": "string",
                                             "_value": answer.headers["X-Request-Id"]})
        return fault

    def assertOk(self, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/json")
        self.assertTrue(answer.headers["X-Request-Id"])
        return answer.json

    def assertVoid(self, answer):
        self.assertEqual(answer.status, 204, answer)
        self.assertEqual(answer.body, b"")
        self.assertTrue(answer.headers["X-Request-Id"])

    # programs

    def start(self, user, path, arguments="", **more):
        return self.client.start(self.vm, auth(user), spec(path, arguments, **more))

    def try_start(self, user, path, arguments="", **more):
        return self.client.try_start(self.vm, auth(user), spec(path, arguments, **more))

    def rows(self, user, pids=None):
        return self.client.list(self.vm, auth(user), pids)

    def finish(self, user, pid, deadline=60):
        return self.client.wait_end(self.vm, auth(user), pid, deadline)

    def run_program(self, user, path, arguments="", **more):
        """Its row after its end."""
        return self.finish(user, self.start(user, path, arguments, **more))

    def output(self, user, path, arguments="", **more):
        """What it writes, read in the guest."""
        file = f"/tmp/{unique('out')}"
        row = self.run_program(user, path, f"{arguments} > {file} 2>&1", **more)
        text = self.guest.sh(f"cat {file}; rm -f {file}")
        self.assertEqual(row["exitCode"], 0, text)
        return text

    def end_program(self, pid):
        self.guest.command(f"kill -9 -{pid} {pid}")

    def temporary(self):
        """A short path on this machine, for sockets."""
        directory = tempfile.mkdtemp(prefix="go-", dir="/tmp")
        self.addCleanup(shutil.rmtree, directory, ignore_errors=True)
        return directory
