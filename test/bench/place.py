"""What the groups measure on: guests and daemons, made at first use."""
import contextlib
import functools
import os
import shutil
import socket
import subprocess

import peers
from common import Unavailable
from guestops import ROOT, Daemon, Guest, Vm, auth, wait_for
from native import NativeGuest, is_able

PAM = os.path.join(ROOT, "data", "guestops-agent.pam")
QGA = "org.qemu.guest_agent.0"
# Where the memory is a disk: a file that is replaced, and the new one, with room for the rest.
GUEST_MB = 2048


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def pin(pids, *where):
    """All threads of these processes, to these cores."""
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            for thread in os.listdir(f"/proc/{pid}/task"):
                os.sched_setaffinity(int(thread), where)


def tree(pid):
    """The process and all below it."""
    found = [pid]
    for process in found:
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{process}/task"):
                with open(f"/proc/{process}/task/{thread}/children") as file:
                    found += map(int, file.read().split())
    return found


def cores():
    """One for what is measured, one for the load; the same where there is only one."""
    able = sorted(os.sched_getaffinity(0))
    return able[0], able[-1]


class Machine:
    """A guest, its daemon, and a session there."""

    def __init__(self, build, guest, name, provider, channel, qmp=None):
        self.guest = guest
        self.daemon = Daemon(os.path.join(build, "guestopsd"), {("log", "level"): "info"})
        self.vm = self.daemon.put_vm(Vm(name, provider, channel, qmp))
        self.daemon.start()
        self.client = self.daemon.admin()
        self.who = auth("demo")
        self.wait_ready()

    def wait_ready(self):
        self.client.close()  # it may have been idle for too long
        wait_for(lambda: self.client.try_list(self.vm.ref, self.who, [1]).status == 200,
                 "the guest is ready", 240)

    def restart_agent(self, conf):
        """With this agent.conf; None for none."""
        self.guest.configure(conf)
        old = self.guest.kill_agent()
        wait_for(lambda: self.guest.agent_pid() not in (None, old), "init starts the agent again")
        self.wait_ready()

    def close(self):
        self.daemon.stop()
        self.daemon.remove()
        self.guest.stop()


class Site:
    def __init__(self, options):
        self.build = os.path.abspath(options.build)
        self.guest = os.path.abspath(options.guest)
        self.cache = os.path.abspath(options.cache)
        self.rounds = options.rounds
        self.scale = options.scale
        self.failed = False  # a group has
        self._close = []

    def count(self, n):
        return max(2, round(n * self.scale))

    def add(self, thing):
        """It is closed at the end, the last one first."""
        self._close.append(thing)
        return thing

    def close(self):
        while self._close:
            self._close.pop().close()

    def program(self, name):
        """One of the benchmark's own, built beside the product."""
        return os.path.join(self.build, name)

    @functools.cached_property
    def machine(self):
        """The emulated guest; besides the agent's port it has qemu-ga's, and a network."""
        guest = Guest(self.guest, os.path.join(self.build, "guestops-agent"), PAM, memory=GUEST_MB)
        self.ssh_port = free_port()
        guest.qemu = ["-chardev", f"socket,id=qga,path={guest.path('qga.sock')},server=on,wait=off",
                      "-device", f"virtserialport,chardev=qga,id=qga,name={QGA}",
                      "-nic", "user,model=virtio-net-pci,hostfwd="
                      f"tcp:127.0.0.1:{self.ssh_port}-:22"]
        guest.put(self.program("spawn-limit"), "usr/bin/spawn-limit", 0o755)
        peers.put_modules(self.guest, guest)
        guest.boot()
        return self.add(Machine(self.build, guest, "emulated", "qmp", guest.path("agent.sock"),
                                guest.path("qmp.sock")))

    @functools.cached_property
    def native(self):
        """The same userland and agent as a container of this machine, reached by a UNIX socket."""
        if not is_able():
            raise Unavailable("a guest of this machine's own speed needs root and namespaces")
        guest = NativeGuest(self.guest, os.path.join(self.build, "guestops-agent"))
        shutil.copy(self.program("spawn-limit"), os.path.join(guest.root, "usr/bin"))
        try:
            guest.start()
        except AssertionError as error:
            said = guest.log().strip().split("\n")[-1]
            guest.stop()
            raise Unavailable(f"the agent of the native guest: {error}; {said}") from None
        return self.add(Machine(self.build, guest, "native", "local", guest.channel))
