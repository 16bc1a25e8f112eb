"""Logins in the guest: who is refused, how, and how fast a change counts."""
import threading
import time

from guestops import auth, spec, wait_for
from support import GuestCase, env, parallel

REFUSED = ("Failed to authenticate with the guest operating system using the supplied "
           "credentials.")
FAIL_DELAY = 1.9  # seconds; 2 on the guest's clock


class Refusals(GuestCase):
    def refused(self, who):
        client = self.client.copy()
        began = time.monotonic()
        answer = client.try_start(self.vm, who, spec("/bin/true"))
        seconds = time.monotonic() - began
        client.close()
        return answer, seconds

    def test_all_alike(self):
        cases = [auth("demo", "wrong"), auth("demo", ""), auth("nobody-here", "x"), auth("locked"),
                 auth("expired"), auth("nologin"), auth("root", "wrong"), auth("daemon", ""),
                 auth("DOMAIN\\demo"), auth("Demo", "demo-secret"), auth("demo ", "demo-secret")]
        results = parallel([lambda who=who: self.refused(who) for who in cases])
        bodies = []
        for who, (answer, seconds) in zip(cases, results):
            with self.subTest(user=who["username"]):
                fault = self.assertFault(answer, "InvalidGuestLogin", faultstring=REFUSED)
                request_id = answer.headers["X-Request-Id"].encode()
                self.assertEqual(set(fault), {"_typeName", "faultstring", "faultMessage"})
                bodies.append(answer.body.replace(request_id, b"ID"))
                self.assertGreaterEqual(seconds, FAIL_DELAY)
        self.assertEqual(len(set(bodies)), 1, set(bodies))

    def test_list_too(self):
        self.assertFault(self.client.try_list(self.vm, auth("demo", "wrong")),
                         "InvalidGuestLogin")

    def test_malformed_user_names(self):
        for name in ("", "a/b", "/", "a\\b\\c", "x" * 257, "a<b", "a>b"):
            with self.subTest(name=name[:20]):
                began = time.monotonic()
                answer = self.client.try_start(self.vm, auth(name, "x"), spec("/bin/true"))
                self.assertFault(answer, "InvalidArgument", invalidProperty="auth.username")
                self.assertLess(time.monotonic() - began, 1.5)  # no login was tried

    def test_longest_names_and_passwords(self):
        results = parallel([lambda: self.refused(auth("x" * 256, "x")),
                            lambda: self.refused(auth("demo", "x" * 5000)),
                            lambda: self.refused(auth("demo", "gr\u00fc\u00df\n\t"))])
        for answer, _ in results:
            self.assertFault(answer, "InvalidGuestLogin")

    def test_nul_in_a_name(self):
        answer = self.client.try_start(self.vm, auth("demo\0x"), spec("/bin/true"))
        self.assertEqual(answer.status, 500)
        self.assertIn(answer.json["_typeName"], ("InvalidArgument", "InvalidRequest"))

    def test_enormous_password(self):
        for size in (60000, 500000):
            answer = self.client.try_start(self.vm, auth("demo", "x" * size), spec("/bin/true"))
            self.assertEqual(answer.status, 500, size)
            self.assertIn(answer.json["_typeName"], ("InvalidGuestLogin", "InvalidArgument"))
        self.assertOk(self.try_start("demo", "/bin/true"))


class Kinds(GuestCase):
    """Credentials which no Linux guest takes."""

    def refuse(self, who):
        self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                         "OperationNotSupportedByGuest")
        self.assertFault(self.client.try_list(self.vm, who), "OperationNotSupportedByGuest")

    def test_sspi(self):
        self.refuse({"_typeName": "SSPIAuthentication", "interactiveSession": False,
                     "sspiToken": "x"})

    def test_saml(self):
        self.refuse({"_typeName": "SAMLTokenAuthentication", "interactiveSession": False,
                     "token": "x"})
        self.refuse({"_typeName": "SAMLTokenAuthentication", "interactiveSession": False,
                     "token": "x", "username": "demo"})

    def test_made_up_ticket(self):
        who = {"_typeName": "TicketedSessionAuthentication", "interactiveSession": False,
               "ticket": "x"}
        self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                         "InvalidGuestLogin")
        self.assertFault(self.client.try_list(self.vm, who), "InvalidGuestLogin")

    def test_interactive(self):
        self.refuse(auth("demo", interactiveSession=True))
        self.refuse(auth("demo", "wrong", interactiveSession=True))

    def test_abstract(self):
        answer = self.client.try_start(self.vm, {"_typeName": "GuestAuthentication",
                                                 "interactiveSession": False}, spec("/bin/true"))
        self.assertEqual(answer.status, 500)
        self.assertIn(answer.json["_typeName"], ("InvalidType", "InvalidRequest"))

    def test_windows_program(self):
        windows = {**spec("/bin/true"), "_typeName": "GuestWindowsProgramSpec",
                   "startMinimized": False}
        self.assertFault(self.client.try_start(self.vm, auth("demo"), windows),
                         "OperationNotSupportedByGuest")


class Changes(GuestCase):
    """What is remembered of a login is forgotten when the guest changes its mind."""

    def setUp(self):
        super().setUp()
        self.guest.sh("cp -p /etc/shadow /run/shadow.tests")
        self.addCleanup(self.guest.sh, "cat /run/shadow.tests >/etc/shadow")

    def accepted(self, who):
        self.assertOk(self.client.try_start(self.vm, who, spec("/bin/true")))

    def refused(self, who):
        self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                         "InvalidGuestLogin")

    def test_password_changed(self):
        self.accepted(auth("alice"))
        self.guest.sh("echo alice:brand-new-secret | chpasswd")
        self.refused(auth("alice"))
        self.accepted(auth("alice", "brand-new-secret"))

    def test_password_changed_during_a_login(self):
        # PAM has said yes to the old password, and takes its time to say so.
        self.guest.sh("cp /etc/pam.d/guestops-agent /run/pam.tests; "
                      "echo 'auth optional pam_exec.so /bin/sleep 3' >>/etc/pam.d/guestops-agent")
        try:
            slow = self.client.copy()
            answers = []
            thread = threading.Thread(target=lambda: answers.append(
                slow.try_start(self.vm, auth("alice"), spec("/bin/true"))))
            thread.start()
            wait_for(lambda: self.guest.command("pgrep -f '^/bin/sleep 3'")[0] == 0,
                     "the login waits in PAM")
            self.guest.sh("echo alice:brand-new-secret | chpasswd")
            thread.join(60)
            slow.close()
            self.assertOk(answers[0])
            self.refused(auth("alice"))
        finally:
            self.guest.sh("cat /run/pam.tests >/etc/pam.d/guestops-agent")

    def test_password_locked(self):
        # As sshd with keys, the account stays: it is the password that is refused.
        self.accepted(auth("alice"))
        self.guest.sh("passwd -q -l alice")
        self.refused(auth("alice"))
        self.guest.sh("passwd -q -u alice")
        self.accepted(auth("alice"))

    def test_account_expired(self):
        self.accepted(auth("alice"))
        self.guest.sh("chage -E 0 alice")
        self.refused(auth("alice"))
        self.guest.sh("chage -E -1 alice")
        self.accepted(auth("alice"))

    def test_shell_taken_away(self):
        self.accepted(auth("alice"))
        self.guest.sh("usermod -s /usr/sbin/nologin alice")
        try:
            self.refused(auth("alice"))
        finally:
            self.guest.sh("usermod -s /bin/bash alice")
        self.accepted(auth("alice"))

    def test_nologin_file(self):
        self.accepted(auth("alice"))
        self.guest.sh("echo closed >/etc/nologin")
        try:
            self.refused(auth("alice"))
            self.accepted(auth("root"))
        finally:
            self.guest.sh("rm /etc/nologin")
        self.accepted(auth("alice"))

    def test_wrong_password_forgets(self):
        self.accepted(auth("alice"))
        self.refused(auth("alice", "wrong"))
        self.accepted(auth("alice"))

    def test_groups_of_now(self):
        self.assertNotIn("team", self.output("alice", "/usr/bin/id"))
        self.guest.sh("cp -p /etc/group /run/group.tests; gpasswd -a alice team")
        try:
            self.assertIn("team", self.output("alice", "/usr/bin/id"))
        finally:
            self.guest.sh("cat /run/group.tests >/etc/group")


class NotDelayed(GuestCase):
    def test_a_wrong_login_holds_up_nobody(self):
        self.rows("alice", [1])  # remembered: the guest's one processor is slow at hashing
        done = []

        def bad(client):
            answer = client.try_start(self.vm, auth("demo", "wrong"), spec("/bin/true"))
            done.append(answer.status)

        def good(client):
            for _ in range(3):
                done.append(client.try_start(self.vm, auth("alice"), spec("/bin/true")).status)

        parallel([lambda: bad(self.client.copy()) for _ in range(2)] +
                 [lambda: good(self.client.copy())])
        self.assertEqual(done, [200] * 3 + [500] * 2)

    def test_nor_a_refused_service_login(self):
        answers = parallel([lambda: env.daemon.client().call(
            "SessionManager/SessionManager/Login", {"userName": "x", "password": "y"})
            for _ in range(20)])
        for answer in answers:
            self.assertFault(answer, "InvalidLogin")
