"""The daemon's status socket: what it tells, to whom, and readers that do not read."""
import contextlib
import json
import os
import socket
import stat
import unittest

from channel import facts
from fakes import FakeCase
from guestops import Daemon, Vm, wait_for
from support import env, unique

CLIENTS_MAX = 16  # at once; more wait


def connect(daemon):
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(daemon.status)
    return client


def read_all(client):
    with client:
        return b"".join(iter(lambda: client.recv(65536), b""))


def status(daemon=None):
    return json.loads(read_all(connect(daemon or env.daemon)))


def machine(name, daemon=None):
    return next(row for row in status(daemon)["machines"] if row["name"] == name)


class Status(FakeCase):
    def test_service(self):
        told = status()
        self.assertEqual(told["pid"], env.daemon.process.pid)
        self.assertEqual((told["address"], told["port"]), ("127.0.0.1", env.daemon.port))
        self.assertEqual((told["uid"], told["gid"]), (os.geteuid(), os.getegid()))
        self.assertEqual(told["vms"], env.daemon.vms)
        self.assertEqual(told["connections"], [])

    def test_real_machine(self):
        told = machine(env.vm.name)
        self.assertEqual((told["uuid"], told["moid"]), (env.vm.uuid, env.vm.moid))
        self.assertEqual(told["file"], os.path.join(env.daemon.vms, f"{env.vm.name}.conf"))
        self.assertEqual((told["provider"], told["power"], told["runs"]), ("qmp", "poweredOn", True))
        self.assertEqual(told["channel"]["state"], "ready")
        self.assertEqual(told["channel"]["path"], env.vm.channel)
        agent = told["agent"]
        self.assertEqual((agent["protocol"], agent["missing"], agent["unknown"],
                          agent["disabled"]), (1, [], [], []))
        self.assertIn("Debian", told["guest"]["os"])

    def test_latency_is_measured(self):
        wait_for(lambda: machine(env.vm.name)["agent"].get("latencyUsec", 0) > 0, "a heartbeat")

    def test_operations(self):
        with self.fake(operations=["StartProgramInGuest", "Fly", "\u009b2J"]) as (vm, _):
            agent = machine(vm.name)["agent"]
            self.assertIn("ListProcessesInGuest", agent["missing"])
            self.assertIn("OpenFileTransfer", agent["missing"])
            self.assertNotIn("StartProgramInGuest", agent["missing"])
            self.assertEqual(agent["unknown"], ["Fly", "\u009b2J"])

    def test_too_old_an_agent(self):
        with self.fake(protocol=0) as (vm, _):
            agent = machine(vm.name)["agent"]
            self.assertEqual(agent["protocol"], 0)
            self.assertIn("StartProgramInGuest", agent["missing"])

    def test_what_an_agent_says_is_no_json_of_ours(self):
        name = '"},\n{"\\'
        with self.fake(facts=facts(host_name=name, os_name="\x01" * 300)) as (vm, _):
            told = wait_for(lambda: machine(vm.name)["guest"].get("os", "")[0] == "?" and
                            machine(vm.name), "the facts")
            self.assertEqual(told["guest"]["hostName"], name)

    def test_sessions_and_problems(self):
        with self.fake(facts=facts(user_sessions=3, problems=["pam-service-missing"])) as (vm, _):
            told = wait_for(lambda: machine(vm.name)["guest"]["problems"] and machine(vm.name),
                            "the facts")
            self.assertEqual(told["guest"]["problems"], ["pam-service-missing"])
            self.assertEqual(told["guest"]["userSessions"], 3)

    def test_many_operations_of_an_agent(self):
        names = [f"{n}" + "x" * 8 for n in range(1000)]
        with self.fake(operations=names) as (vm, _):
            self.assertEqual(machine(vm.name)["agent"]["unknown"], names[:16])

    def test_channel(self):
        vm = Vm(unique("apart"), "local", os.path.join(self.temporary(), "none"))
        with env.machine(vm):
            told = wait_for(lambda: "why" in machine(vm.name)["channel"] and machine(vm.name),
                            "it has been tried")
        self.assertEqual(told["channel"]["state"], "apart")
        self.assertIn("No such file", told["channel"]["why"])
        self.assertNotIn("agent", told)
        with self.fake(ready=False, silent=True) as (vm, _):
            wait_for(lambda: machine(vm.name)["channel"]["state"] == "greeting", "it is connected")

    def test_only_for_owner_and_group(self):
        mode = os.stat(env.daemon.status).st_mode
        self.assertTrue(stat.S_ISSOCK(mode))
        self.assertEqual(stat.S_IMODE(mode), 0o660)

    def test_what_clients_write_counts_for_nothing(self):
        with connect(env.daemon) as client:
            received = b""
            try:
                client.sendall(b'{"command":"quit"}' * 100)
                client.shutdown(socket.SHUT_WR)
                while more := client.recv(65536):
                    received += more
            except (BrokenPipeError, ConnectionResetError):  # all has been written, nothing read
                pass
        self.assertEqual(status()["pid"], env.daemon.process.pid)


class ManyMachines(unittest.TestCase):
    COUNT = 2000

    def setUp(self):
        self.daemon = Daemon(env.daemon.binary, {("log", "level"): "error"})
        self.addCleanup(self.daemon.remove)
        self.names = {f"machine-{i}" for i in range(self.COUNT)}
        for name in self.names:
            self.daemon.put_vm(Vm(name, "local", os.path.join(self.daemon.directory, "none")))
        self.daemon.settings[("log", "level")] = "info"
        self.daemon.start()
        self.addCleanup(self.daemon.stop)

    def test_readers_that_do_not_read(self):
        slow = [connect(self.daemon) for _ in range(CLIENTS_MAX - 1)]
        with contextlib.closing(self.daemon.admin()) as client:
            self.assertEqual(client.get("ServiceInstance/ServiceInstance/content").status, 200)
        rows = [row["name"] for row in status(self.daemon)["machines"]]
        self.assertEqual(set(rows), self.names)
        slow.append(connect(self.daemon))
        waits = connect(self.daemon)  # for one of them to leave
        vm = Vm("late", "local", os.path.join(self.daemon.directory, "none"))
        gone = rows[-1]  # far behind what the sockets hold of each answer by now
        os.unlink(os.path.join(self.daemon.vms, f"{gone}.conf"))
        self.daemon.put_vm(vm)
        slow.pop().close()
        self.assertEqual({row["name"] for row in json.loads(read_all(waits))["machines"]},
                         self.names - {gone} | {"late"})
        # Those that came before tell of what was there, and no more.
        before = {row["name"] for row in json.loads(read_all(slow.pop()))["machines"]}
        self.assertEqual(before, self.names - {gone})
        for client in slow:
            client.close()


class Socket(unittest.TestCase):
    def setUp(self):
        self.daemon = Daemon(env.daemon.binary)
        self.addCleanup(self.daemon.remove)

    def run_daemon(self):
        self.addCleanup(self.daemon.stop)
        return self.daemon.start()

    def test_left_behind_by_one_that_was_killed(self):
        self.daemon.start()
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertTrue(os.path.exists(self.daemon.status))
        self.run_daemon()
        self.assertEqual(status(self.daemon)["pid"], self.daemon.process.pid)
        self.daemon.stop()
        self.assertFalse(os.path.exists(self.daemon.status))

    def test_of_another_daemon(self):
        self.daemon.settings[("service", "status")] = env.daemon.status
        self.run_daemon()
        wait_for(lambda: "there is no status" in self.daemon.log(), "it says so")
        self.assertIn("Address already in use", self.daemon.log())
        self.daemon.stop()
        self.assertEqual(status()["pid"], env.daemon.process.pid)

    def test_no_socket_can_be_made(self):
        for path, why in ((os.path.join(self.daemon.directory, "none", "s"), "No such file"),
                          (os.path.join(self.daemon.directory, "x" * 120), "File name too long")):
            self.daemon.settings[("service", "status")] = path
            self.daemon.start()
            wait_for(lambda: "there is no status" in self.daemon.log(), "it says so")
            self.assertIn(why, self.daemon.log())
            self.daemon.stop()

    def test_a_file_is_not_removed_for_it(self):
        with open(self.daemon.status, "w") as file:
            file.write("mine")
        self.run_daemon()
        with open(self.daemon.status) as file:
            self.assertEqual(file.read(), "mine")
