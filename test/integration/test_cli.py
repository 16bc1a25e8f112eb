"""The command guestops: what it says of a daemon, of machines, and of what is wrong with them."""
import json
import os
import pwd
import signal
import socket
import subprocess
import unittest

from channel import facts
from fakes import FakeCase
from guestops import Daemon, Vm, wait_for
from support import env, unique

ALL = ["AcquireCredentialsInGuest", "ChangeFileAttributesInGuest"]  # the first ones of all


def guestops(*words, user=None):
    """Returns (exit status, what it prints, what it complains of)."""
    become = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if user else []
    done = subprocess.run(become + [os.path.join(env.build, "guestops"), *words],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=120)
    return done.returncode, done.stdout, done.stderr


def ask(command, *words, daemon=None, **more):
    return guestops(command, "--socket", (daemon or env.daemon).status, *words, **more)


class Diagnosis:
    """What doctor prints, taken apart."""

    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err
        lines = out.splitlines()
        self.good = [line[6:46].strip() for line in lines if line.startswith("ok")]
        wrong = [line for line in lines if line.startswith("FAIL")]
        self.step = wrong[0][6:46].strip() if wrong else None
        self.detail = wrong[0][46:] if wrong else None
        self.mend = [line.strip() for line in lines if line.startswith("      ")]

    def __repr__(self):
        return f"<{self.code}\n{self.out}{self.err}>"


def doctor(*words, **more):
    return Diagnosis(*ask("doctor", *words, **more))


class DoctorCase(unittest.TestCase):
    def assertWrong(self, found, step, detail, *mend):
        self.assertEqual((found.code, found.step), (1, step), found)
        self.assertIn(detail, found.detail, found)
        self.assertEqual(found.mend, list(mend), found)


class Usage(unittest.TestCase):
    def test_refused(self):
        for words in ((), ("fly",), ("status", "--colour"), ("status", "a", "b"), ("doctor",),
                      ("doctor", "a", "b"), ("attach",), ("attach", "a", "b"),
                      ("attach", "--vsock=2", "a"), ("attach", "--vsock=x", "a"),
                      ("attach", "--port", "a/b", "a"), ("attach", "--port", "", "a"),
                      ("detach", "--fly", "a")):
            code, out, err = guestops(*words)
            self.assertEqual((code, out), (2, ""), words)
            self.assertTrue(err, words)

    def test_told(self):
        self.assertIn("doctor", guestops("--help")[1])
        self.assertRegex(guestops("--version")[1], r"^guestops \d")


class Status(FakeCase):
    def row(self, name):
        _, out, _ = ask("status")
        return next(line.split() for line in out.splitlines() if line.split()[0] == name)

    def test_table(self):
        code, out, err = ask("status")
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(out.split("\n")[0].split(), ["NAME", "POWER", "AGENT", "VERSION",
                                                      "PROBLEM"])
        name, power, agent, version, problem = self.row(env.vm.name)
        self.assertEqual((name, power, agent, problem), (env.vm.name, "poweredOn", "ready", "-"))
        self.assertRegex(version, r"^\d")

    def test_problems(self):
        with self.fake(silent=True, ready=False) as (vm, _):
            wait_for(lambda: self.row(vm.name)[4] == "no-agent", "it is connected")
            self.assertEqual(self.row(vm.name)[2], "silent")
        with self.fake() as (vm, _):
            self.assertEqual(self.row(vm.name)[4], "agent-old")
        with self.fake(facts=facts(problems=["pam-service-missing"])) as (vm, _):
            wait_for(lambda: self.row(vm.name)[4] == "pam-service-missing", "the facts")

    def test_one_machine(self):
        for name in (env.vm.name, env.vm.uuid, env.vm.moid):
            code, out, err = ask("status", name)
            self.assertEqual((code, err), (0, ""))
            told = dict(line.strip().split(None, 1) for line in out.splitlines()
                        if len(line.split(None, 1)) == 2)
            self.assertEqual((told["UUID"], told["Channel"]), (env.vm.uuid, "ready"))
        code, out, err = ask("status", "none")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, "guestops: none: the service knows no such machine\n")

    def test_json(self):
        code, out, _ = ask("status", "--json")
        self.assertEqual((code, json.loads(out)["pid"]), (0, env.daemon.process.pid))
        code, out, _ = ask("status", "--json", env.vm.name)
        self.assertEqual((code, json.loads(out)["uuid"]), (0, env.vm.uuid))

    def test_nothing_for_a_terminal(self):
        evil = "\x7f\u009b2J\u202eevil"
        with self.fake(version=evil, facts=facts(host_name=evil, os_name=evil)) as (vm, _):
            wait_for(lambda: "\x7f" in json.loads(ask("status", "--json", vm.name)[1])
                     ["guest"]["os"], "the facts")
            for words in (("status",), ("status", vm.name), ("status", "--json"),
                          ("doctor", vm.name)):
                _, out, _ = ask(*words)
                # Of these, JSON writes DEL as it is: terminals ignore it.
                for character in "\u009b\u202e" + ("" if "--json" in words else "\x7f"):
                    self.assertNotIn(character, out, words)

    def test_no_service(self):
        code, out, err = guestops("status", "--socket", "/nowhere/s")
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err, "guestops: /nowhere/s: No such file or directory\n")

    def test_what_is_no_service(self):
        path = os.path.join(self.temporary(), "s")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(1)
            with subprocess.Popen([os.path.join(env.build, "guestops"), "status", "--socket", path],
                                  stderr=subprocess.PIPE, text=True) as process:
                client, _ = listener.accept()
                with client:
                    client.sendall(b'{"machines":{}')
                self.assertIn("Bad message", process.stderr.read())
            self.assertEqual(process.returncode, 1)


class Doctor(FakeCase, DoctorCase):
    def test_all_is_well(self):
        found = doctor(env.vm.name)
        self.assertEqual((found.code, found.step, found.mend), (0, None, []), found)
        self.assertEqual(found.good[0], "the service runs")
        self.assertIn("the agent answers", found.good)
        self.assertEqual(found.good[-1], "all operations are enabled")
        self.assertEqual(doctor(env.vm.uuid).code, 0)

    def test_nobody_at_the_channel(self):
        path = os.path.join(self.temporary(), "none")
        with env.machine(Vm(unique("apart"), "local", path)) as vm:
            self.assertWrong(doctor(vm.name), "the socket is there", "No such file or directory",
                             "start what listens there, as 'guestops-agent --listen'")
            with open(path, "w"):
                pass
            self.assertWrong(doctor(vm.name), "the socket is there", "is no socket",
                             f"ls -l {path}")
            os.unlink(path)
            os.symlink("/dev/null", path)
            self.assertWrong(doctor(vm.name), "the socket is there", "symbolic link",
                             f"ls -l {path}")

    @unittest.skipUnless(os.getuid() == 0, "needs root, to give files away")
    def test_a_stranger_s_socket(self):
        path = f"/tmp/{unique('stranger')}"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            self.addCleanup(os.unlink, path)
            listener.listen(8)
            os.chown(path, 65534, 65534)
            with env.machine(Vm(unique("strange"), "local", path)) as vm:
                self.assertWrong(doctor(vm.name), "nobody else can have put it there",
                                 "anybody may have put it there", f"namei --long {path}")

    def test_two_of_one_name(self):
        with self.fake() as (vm, _):
            twin = Vm(vm.name, "local", vm.channel)
            path = os.path.join(env.daemon.vms, "twin.conf")
            with open(path, "w") as file:
                file.write(twin.text())
            try:
                env.daemon.reload()
                self.assertWrong(doctor(vm.name), "the name is one machine's", "2 machines",
                                 f"guestops status {vm.name}")
            finally:
                os.unlink(path)

    def test_an_agent_that_hangs(self):
        pid = env.guest.agent_pid()
        env.guest.sh(f"kill -STOP {pid}")
        try:
            found = wait_for(lambda: (lambda it: it.step and it)(doctor(env.vm.name)),
                             "it is missed", 60)
        finally:
            env.guest.sh(f"kill -CONT {pid}")
            env.wait_ready()
        self.assertWrong(found, "the agent answers", "the agent fell silent",
                         "in the guest: systemctl restart guestops-agent",
                         "in the guest: journalctl -u guestops-agent")
        self.assertEqual(doctor(env.vm.name).code, 0)

    def test_no_agent_ever(self):
        with self.fake(silent=True, ready=False) as (vm, _):
            found = wait_for(lambda: (lambda it: it.step == "the agent answers" and it)(
                doctor(vm.name)), "it is connected")
        self.assertWrong(found, "the agent answers", "it has not answered",
                         "in the guest: apt install guestops-agent",
                         "in the guest: systemctl enable --now guestops-agent")

    def test_too_old_an_agent(self):
        with self.fake(version="0.0.1") as (vm, _):
            found = doctor(vm.name)
        self.assertWrong(found, "the agent knows all operations", "0.0.1 is too old for: ",
                         "in the guest: apt update && apt install --only-upgrade guestops-agent")
        for name in ALL:
            self.assertIn(name, found.detail)

    def test_disabled_in_the_guest(self):
        with env.agent_conf("[guestoperations]\nStartProgramInGuest.disabled = true\n"):
            found = doctor(env.vm.name)
        self.assertWrong(found, "all operations are enabled", "agent.conf disabled, when the agent was greeted: "
                         "StartProgramInGuest",
                         "in the guest: edit /etc/guestops/agent.conf, section [guestoperations]",
                         "in the guest: systemctl restart guestops-agent")

    def test_another_program(self):
        daemon = Daemon(env.daemon.binary)
        self.addCleanup(daemon.remove)
        vm = daemon.put_vm(Vm("second", "local", env.vm.channel))
        daemon.start()
        self.addCleanup(daemon.stop)
        found = wait_for(lambda: (lambda it: it.step == "nobody else is connected" and it)(
            doctor(vm.name, daemon=daemon)), "it has stepped back")
        self.assertWrong(found, "nobody else is connected", "another program is connected to it",
                         f'ss -xpH | grep -w "$(ss -xH src {env.vm.channel} | '
                         "awk '{print $8}')\"")
        done = subprocess.run(["bash", "-c", found.mend[0]], stdout=subprocess.PIPE, text=True,
                              check=True)
        self.assertIn(f"pid={env.daemon.process.pid},", done.stdout)
        self.assertEqual(doctor(env.vm.name).code, 0)

    def test_no_pam_service(self):
        env.guest.sh("mv /etc/pam.d/guestops-agent /etc/away")
        try:
            found = wait_for(lambda: (lambda it: it.step and it)(doctor(env.vm.name)),
                             "the agent has seen it")
        finally:
            env.guest.sh("mv /etc/away /etc/pam.d/guestops-agent")
        self.assertWrong(found, "the guest is set up", "no PAM service",
                         "in the guest: apt install --reinstall -o Dpkg::Options::=--force-confmiss "
                         "guestops-agent")
        wait_for(lambda: doctor(env.vm.name).code == 0, "it is seen to be back")

    def test_paused(self):
        env.guest.qmp("stop")
        try:
            found = wait_for(lambda: (lambda it: it.step and it)(doctor(env.vm.name)), "it is seen")
        finally:
            env.guest.qmp("cont")
            env.wait_ready()
        self.assertEqual((found.step, found.code), ("the machine runs", 1), found)
        self.assertIn("'cont'", found.mend[0])


@unittest.skipUnless(os.getuid() == 0, "needs root, to be somebody else")
class SomebodyElse(FakeCase, DoctorCase):
    """The service runs as another user, and so does who asks."""

    def setUp(self):
        super().setUp()
        self.user = pwd.getpwnam("nobody")
        directory = self.temporary()
        os.chmod(directory, 0o755)
        wrapper = os.path.join(directory, "guestopsd")
        with open(wrapper, "w") as file:
            file.write(f"#!/bin/sh\nexec setpriv --reuid={self.user.pw_uid} "
                       f"--regid={self.user.pw_gid} --clear-groups {env.daemon.binary} \"$@\"\n")
        os.chmod(wrapper, 0o755)
        self.daemon = Daemon(wrapper)
        self.addCleanup(self.daemon.remove)
        for path in (self.daemon.directory, self.daemon.vms):
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def start_daemon(self):
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def test_who_may_ask(self):
        self.start_daemon()
        os.chmod(self.daemon.directory, 0o755)
        self.assertEqual(ask("status", daemon=self.daemon)[0], 0)
        self.assertEqual(ask("status", daemon=self.daemon, user=self.user.pw_uid)[0], 0)
        code, _, err = ask("status", daemon=self.daemon, user=12345)
        self.assertEqual((code, err.split(": ")[-1]), (1, "Permission denied\n"))
        self.assertWrong(doctor("web1", daemon=self.daemon, user=12345), "the service runs",
                         "for its owner and group only", "sudo guestops doctor web1")

    def test_what_it_may_not_connect_to(self):
        directory = self.temporary()
        path = os.path.join(directory, "s")
        vm = self.daemon.put_vm(Vm("closed", "local", path))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(8)
            os.chmod(directory, 0o700)
            self.start_daemon()
            self.assertWrong(doctor(vm.name, daemon=self.daemon), "its mode lets the service in",
                             f"{directory} (root:root, mode 0700) refuses the user nobody",
                             f"setfacl --modify u:nobody:rwx {directory}")
            os.chmod(directory, 0o711)
            os.chmod(path, 0o770)
            found = doctor(vm.name, daemon=self.daemon)
            self.assertWrong(found, "its mode lets the service in",
                             f"{path} (root:root, mode 0770) refuses the user nobody",
                             "usermod --append --groups root nobody",
                             "systemctl restart guestopsd")


class NoService(DoctorCase):
    def setUp(self):
        self.daemon = Daemon(env.daemon.binary)
        self.addCleanup(self.daemon.remove)

    def test_not_started(self):
        self.assertWrong(doctor("web1", daemon=self.daemon), "the service runs",
                         "it is not there", "systemctl start guestopsd")

    def test_killed(self):
        self.daemon.start()
        self.daemon.process.kill()
        self.daemon.process.wait()
        self.assertWrong(doctor("web1", daemon=self.daemon), "the service runs",
                         "nobody answers there", "systemctl start guestopsd")

    def test_hangs(self):
        self.daemon.start()
        self.addCleanup(self.daemon.stop)
        self.daemon.process.send_signal(signal.SIGSTOP)
        try:
            self.assertWrong(doctor("web1", daemon=self.daemon), "the service runs",
                             "nothing comes from it", "systemctl restart guestopsd")
        finally:
            self.daemon.process.send_signal(signal.SIGCONT)
