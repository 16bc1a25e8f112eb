"""Machines whose agent is a test's to play."""
import contextlib
import os

from channel import FakeAgent
from guestops import Vm, auth, spec, wait_for
from support import GuestCase, env, unique


class FakeCase(GuestCase):
    @contextlib.contextmanager
    def fake(self, on_request=None, on_go=None, ready=True, **hello):
        """A machine whose agent is ours to play; its welcome has been heard if ready."""
        path = os.path.join(self.temporary(), "s")
        agent = FakeAgent(path, on_request, on_go, **hello)
        vm = Vm(unique("fake"), "local", path)
        try:
            with env.machine(vm):
                if ready:
                    wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "it is ready")
                yield vm, agent
        finally:
            agent.close()
        self.assertTrue(env.daemon.alive())

    def guest_info(self, vm):
        return self.client.get(f"VirtualMachine/{vm.moid}/guest").json

    def start_in(self, vm, client=None):
        return (client or self.client).try_start(vm.ref, auth("root"), spec("/bin/true"))

    def list_in(self, vm, pids=None):
        return self.client.try_list(vm.ref, auth("root"), pids)

    def answering(self, payload):
        return lambda agent, id, operation: agent.answer(id, payload)
