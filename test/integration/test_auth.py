"""GuestAuthManager: validate, and tickets in place of a password."""
from guestops import auth, spec
from support import GuestCase, env

AUTH = "GuestAuthManager/guestOperationsAuthManager"


class AuthCase(GuestCase):
    def validate(self, who):
        return self.client.call(f"{AUTH}/ValidateCredentialsInGuest", {"vm": self.vm, "auth": who})

    def acquire(self, who):
        return self.client.call(f"{AUTH}/AcquireCredentialsInGuest",
                                {"vm": self.vm, "requestedAuth": who})

    def release(self, who):
        return self.client.call(f"{AUTH}/ReleaseCredentialsInGuest", {"vm": self.vm, "auth": who})


class Validate(AuthCase):
    def test_manager_is_found(self):
        manager = self.client.get("GuestOperationsManager/guestOperationsManager/authManager")
        self.assertEqual(self.assertOk(manager)["value"], "guestOperationsAuthManager")

    def test_ok(self):
        self.assertVoid(self.validate(auth("demo")))
        self.assertVoid(self.validate(auth("root")))

    def test_refused(self):
        self.assertFault(self.validate(auth("demo", "wrong")), "InvalidGuestLogin")
        self.assertFault(self.validate(auth("locked")), "InvalidGuestLogin")
        self.assertFault(self.validate(auth("a/b")), "InvalidArgument")
        self.assertFault(self.validate({"_typeName": "SSPIAuthentication", "sspiToken": "x",
                                        "interactiveSession": False}),
                         "OperationNotSupportedByGuest")


class Tickets(AuthCase):
    def ticket(self, user="demo"):
        ticket = self.assertOk(self.acquire(auth(user)))
        self.assertEqual(ticket["_typeName"], "TicketedSessionAuthentication")
        self.assertIs(ticket["interactiveSession"], False)
        self.assertGreaterEqual(len(ticket["ticket"]), 32)
        return ticket

    def test_in_place_of_a_password(self):
        ticket = self.ticket()
        self.assertVoid(self.validate(ticket))
        pid = self.client.start(self.vm, ticket, spec("/bin/true"))
        row = self.client.wait_end(self.vm, ticket, pid)
        self.assertEqual((row["owner"], row["exitCode"]), ("demo", 0))
        self.assertVoid(self.release(ticket))
        self.assertFault(self.validate(ticket), "InvalidGuestLogin")
        self.assertFault(self.client.try_start(self.vm, ticket, spec("/bin/true")),
                         "InvalidGuestLogin")

    def test_each_is_another(self):
        first, second = self.ticket(), self.ticket()
        self.assertNotEqual(first["ticket"], second["ticket"])
        self.assertVoid(self.release(first))
        self.assertVoid(self.validate(second))
        self.assertVoid(self.release(second))

    def test_only_for_name_and_password(self):
        ticket = self.ticket()
        self.assertFault(self.acquire(ticket), "OperationNotSupportedByGuest")
        self.assertFault(self.acquire({"_typeName": "SSPIAuthentication", "sspiToken": "x",
                                       "interactiveSession": False}),
                         "OperationNotSupportedByGuest")
        self.assertFault(self.acquire(auth("demo", "wrong")), "InvalidGuestLogin")
        self.assertFault(self.release(auth("demo")), "OperationNotSupportedByGuest")
        self.assertVoid(self.release(ticket))

    def test_account_is_looked_at_each_time(self):
        ticket = self.ticket("alice")
        self.guest.sh("cp -p /etc/shadow /run/shadow.tests; chage -E 0 alice")
        try:
            self.assertFault(self.validate(ticket), "InvalidGuestLogin")
        finally:
            self.guest.sh("cat /run/shadow.tests >/etc/shadow")

    def test_ends_with_the_agent(self):
        ticket = self.ticket()
        env.restart_agent()
        self.assertFault(self.validate(ticket), "InvalidGuestLogin")

    def test_is_in_no_log(self):
        ticket = self.ticket()
        self.assertVoid(self.validate(ticket))
        with open(f"{env.daemon.state}/audit.jsonl") as file:
            audit = file.read()
        self.assertNotIn(ticket["ticket"], audit + env.daemon.log() + self.guest.agent_log())
        self.assertVoid(self.release(ticket))
