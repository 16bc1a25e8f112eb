"""What other guest agents had to learn by advisories: one test each, named after what it prevents."""
import contextlib

import channel
from adversity import AdversityCase
from channel import element, i64, name
from fakes import FakeCase
from guestops import auth, spec, wait_for
from hand import Hand
from support import GuestCase, env, unique


def request(instance, clock, who, program="/bin/true"):
    what = name("GuestProgramSpec") + element(1, program) + element(2, "")
    params = name("StartProgramInGuestRequestType") + \
        element(1, name("VirtualMachine") + env.vm.moid.encode()) + element(2, who) + \
        element(3, what)
    return element(1, "StartProgramInGuest") + element(2, instance) + \
        element(3, unique("lesson")) + element(4, i64(clock + 60 * 10 ** 6)) + element(5, params)


class HostIsNobody(AdversityCase):
    """The channel says which host asks; only PAM inside the guest says who acts."""

    NOT_INTERACTIVE = element(1, b"\0")

    def ask(self, host, nonce, payload, id):
        host.send(channel.frame(channel.REQUEST, payload, nonce, id) +
                  channel.frame(channel.GO, b"", nonce, id))
        return dict(channel.elements(host.wait(channel.ANSWER, nonce, id)))

    def test_cve_2023_20867_host_vouches_for_a_user(self):
        """No request is taken as authenticated beforehand, whatever the host writes into it."""
        credentials = {
            "of the abstract type": name("GuestAuthentication") + self.NOT_INTERACTIVE,
            "root without a password": name("NamePasswordAuthentication") +
            self.NOT_INTERACTIVE + element(0x101, "root"),
            "root with an empty one": name("NamePasswordAuthentication") +
            self.NOT_INTERACTIVE + element(0x101, "root") + element(0x102, ""),
            "a ticket of the host's own": name("TicketedSessionAuthentication") +
            self.NOT_INTERACTIVE + element(0x101, "0" * 64),
            "a console user": name("ConsoleUserAuthentication") + self.NOT_INTERACTIVE,
            "none at all": b"",
        }
        file, program = self.marker()
        with self.without_daemon(), Hand(self.guest.path("agent.sock")) as host:
            nonce, instance, clock = host.hello()
            for id, (what, who) in enumerate(credentials.items(), 1):
                with self.subTest(what):
                    answer = self.ask(host, nonce, request(instance, clock, who,
                                                           program["programPath"]), id)
                    self.assertNotIn(1, answer)  # a value
                    self.assertIn(2, answer)     # a fault
        self.assertNeverRan(file)

    def test_cve_2022_31676_message_out_of_its_turn(self):
        """Before the hello nothing is listened to, and what agents say is not taken from hosts."""
        file, _ = self.marker()
        who = name("NamePasswordAuthentication") + self.NOT_INTERACTIVE + \
            element(0x101, "root") + element(0x102, "root-secret")
        self.agent_lives_on()
        with self.without_daemon():
            with Hand(self.guest.path("agent.sock")) as host:
                _, instance, clock = host.hello()
            payload = request(instance, clock, who, f"/bin/touch {file}")
            with Hand(self.guest.path("agent.sock")) as host:
                for nonce in (0, 1):
                    host.send(channel.frame(channel.REQUEST, payload, nonce, 1) +
                              channel.frame(channel.GO, b"", nonce, 1))
                nonce, _, _ = host.hello()
                for kind in (channel.WELCOME, channel.ANSWER, channel.CONFIRM, channel.ANNOUNCE,
                             channel.PONG, 99):
                    host.send(channel.frame(kind, payload, nonce, 2))
                host.ping(nonce)
        self.assertNeverRan(file)


class Tokens(GuestCase):
    def test_cve_2023_20900_and_34058_token_that_vouches_for_itself(self):
        """No assertion is taken, whoever signed it with whatever key it brings along."""
        for token in ("", "<saml:Assertion/>", "<saml2:Assertion><ds:Signature><ds:KeyInfo>"
                      "<ds:KeyValue/></ds:KeyInfo></ds:Signature></saml2:Assertion>"):
            who = {"_typeName": "SAMLTokenAuthentication", "token": token, "username": "root",
                   "interactiveSession": False}
            self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                             "OperationNotSupportedByGuest")


class Processes(GuestCase):
    def test_cve_2023_34059_privileged_descriptors(self):
        """A program has its three descriptors, no id of root's, and no way to the agent's."""
        text = self.output("demo", "/bin/sh",
                           "-c 'ls -l /proc/$$/fd; grep -E \"^(Uid|Gid|Groups|Cap)\" "
                           "/proc/self/status'")
        self.assertEqual(len([line for line in text.splitlines() if "->" in line]), 3, text)
        self.assertIn("Uid:\t1000\t1000\t1000\t1000", text)
        self.assertIn("Gid:\t1000\t1000\t1000\t1000", text)
        self.assertIn("CapPrm:\t0000000000000000", text)
        agent = self.guest.agent_pid()
        for what in (f"ls /proc/{agent}/fd", f"cat /proc/{agent}/environ", f"kill -0 {agent}"):
            row = self.run_program("demo", "/bin/sh", f"-c '{what}'")
            self.assertNotEqual(row["exitCode"], 0, what)

    def test_cve_2025_41244_programs_found_in_process_lists(self):
        """Nothing that is seen in the process table is executed."""
        mark, fake = f"/tmp/{unique('ran')}", "/tmp/httpd"
        self.guest.sh(f"printf '#!/bin/sh\\nid >>{mark}\\nexec sleep 60\\n' >{fake}; "
                      f"chmod 755 {fake}; chown alice {fake}")
        self.addCleanup(self.guest.command, f"rm -f {fake} {mark}")
        pid = self.start("alice", fake, "-v")
        wait_for(lambda: self.guest.command(f"test -s {mark}")[0] == 0, "alice has run it")
        for _ in range(3):
            self.assertTrue(self.rows("root", [pid]))
            self.assertTrue(self.rows("root"))
        self.end_program(pid)
        self.finish("alice", pid)
        self.assertEqual(self.guest.sh(f"cut -d' ' -f1 {mark}").split(), ["uid=1001(alice)"])

    def test_helper_found_by_path(self):
        """Neither the shell nor a helper is looked up in a PATH that somebody else wrote."""
        mark = f"/tmp/{unique('evil')}"
        self.guest.sh("mkdir -p /tmp/evil; for i in bash sh unix_chkpwd guestops-agent; do "
                      f"printf '#!/bin/sh\\necho $0 >>{mark}\\n' >/tmp/evil/$i; "
                      "chmod 755 /tmp/evil/$i; done")
        self.addCleanup(self.guest.command, f"rm -rf /tmp/evil {mark}")
        row = self.run_program("root", "/bin/true", env=["PATH=/tmp/evil", "IFS=/"],
                               cwd="/tmp/evil")
        self.assertEqual(row["exitCode"], 0)
        self.assertNotEqual(self.guest.command(f"test -e {mark}")[0], 0)


class Names(GuestCase):
    def test_cve_2025_22247_path_in_a_user_name(self):
        """A user's name never becomes part of a path."""
        before = self.guest.sh("find /run /tmp /var -xdev | sort")
        for user in ("../root", "../../etc/passwd", "demo/../root", "/etc/shadow", "a/b"):
            self.assertFault(self.client.try_start(self.vm, auth(user, "x"), spec("/bin/true")),
                             "InvalidArgument", invalidProperty="auth.username")
        for user in ("..", ".", "-", "~root", "%s%n", "demo "):
            self.assertFault(self.client.try_start(self.vm, auth(user, "x"), spec("/bin/true")),
                             "InvalidGuestLogin")
        self.assertEqual(self.guest.sh("find /run /tmp /var -xdev | sort"), before)

    def test_over_long_input(self):
        """Sizes have an end at the API's edge, with a fault, and nothing crashes behind it."""
        agent = self.guest.agent_pid()
        for who, program in ((auth("u" * 65536, "x"), spec("/bin/true")),
                             (auth("demo"), spec("/" + "p" * 65535)),
                             (auth("demo"), spec("/bin/true", cwd="/" + "d" * 65535)),
                             (auth("demo", "p" * 65537), spec("/bin/true"))):
            answer = self.client.try_start(self.vm, who, program)
            self.assertEqual(answer.status, 500)
            self.assertIn(answer.json["_typeName"], ("InvalidArgument", "FileNameTooLong",
                                                     "NotADirectory"))
        self.assertEqual(self.guest.agent_pid(), agent)
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)

    def test_predictable_temporary_files(self):
        """The agent writes no file anywhere, so none can be put in its way."""
        self.guest.sh("touch /run/mark")
        self.addCleanup(self.guest.command, "rm -f /run/mark")
        self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
        self.rows("demo")
        self.client.try_start(self.vm, auth("demo", "wrong"), spec("/bin/true"))
        found = self.guest.sh("find / /run /tmp -xdev -newer /run/mark -type f | sort").split()
        self.assertEqual([path for path in found if path not in ("/run/agent.log",
                                                                 "/run/ctl.out")], [])


class Host(FakeCase):
    def test_double_fetch_of_what_a_guest_sends(self):
        """A length that changes its mind in the next part changes nothing that was checked."""
        def changing(agent, id, operation):
            payload = channel.answer_long(5)
            whole = channel.frames(channel.ANSWER, payload, agent.nonce, id)
            longer = bytearray(whole)
            longer[channel.HEADER.size - 5] ^= 0xff  # its own length, after the header's check
            agent.send(bytes(longer) + whole)

        with self.fake(changing) as (vm, _):
            self.assertEqual(self.assertOk(self.start_in(vm)), 5)


class Logs(GuestCase):
    def test_secrets_and_arguments_in_logs(self):
        """Neither side's log has passwords, arguments or environments of the other's."""
        secret, argument = unique("pass"), unique("argument")
        self.client.try_start(self.vm, auth("demo", secret), spec("/bin/true"))
        self.run_program("demo", "/bin/true", argument, env=[f"A={argument}"])
        with open(f"{env.daemon.state}/audit.jsonl") as file:
            said = file.read() + env.daemon.log() + self.guest.agent_log()
        with contextlib.suppress(OSError):
            said += self.guest.console()
        self.assertNotIn(secret, said)
        self.assertNotIn(argument, said)
