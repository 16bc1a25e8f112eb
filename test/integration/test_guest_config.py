"""What the guest's own configuration forbids and limits; read again when it changes."""
import contextlib

from guestops import auth, spec, wait_for
from support import GuestCase, env, parallel

AUTH = "GuestAuthManager/guestOperationsAuthManager"


class Operations(GuestCase):
    def assertAllDisabled(self):
        for who in (auth("demo"), auth("demo", "wrong"), auth("a/b")):
            self.assertFault(self.client.try_start(self.vm, who, spec("/bin/true")),
                             "OperationDisabledByGuest")

    def test_one_operation(self):
        with env.agent_conf("[guestoperations]\nStartProgramInGuest.disabled = true\n"):
            self.assertAllDisabled()
            # Before the arguments are looked at, too.
            self.assertFault(self.client.try_start(self.vm, auth("demo"), spec("")),
                             "OperationDisabledByGuest")
            self.assertTrue(self.rows("demo", [1]))
        self.assertOk(self.try_start("demo", "/bin/true"))

    def test_as_a_whole(self):
        with env.agent_conf(""):  # the file is there, and watched
            pid = self.start("demo", "/bin/sleep", "60")
            self.guest.configure("[guestoperations]\ndisabled = true\n")
            wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 500,
                     "the change is noticed")
            self.assertAllDisabled()
            for answer in (self.client.try_list(self.vm, auth("demo", "wrong")),
                           self.client.try_terminate(self.vm, auth("demo"), pid),
                           self.client.call(f"{AUTH}/ValidateCredentialsInGuest",
                                            {"vm": self.vm, "auth": auth("demo")})):
                fault = self.assertFault(answer, "OperationDisabledByGuest")
                self.assertIn("disabled by the guest's configuration", fault["faultstring"])
            # What cannot be read allows nothing that was forbidden.
            self.guest.configure("[guestoperations]\ndisabled = perhaps\n")
            wait_for(lambda: "left as it was" in self.guest.agent_log(), "the file is refused")
            self.assertAllDisabled()
            self.guest.configure("")
            wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 200,
                     "the change is noticed")
            self.assertNotIn("endTime", self.rows("demo", [pid])[0])
            self.end_program(pid)


class Wait(GuestCase):
    """ListProcessesInGuest of what has just been started."""

    def test_its_end_is_waited_for(self):
        with env.agent_conf("[guestoperations]\nlist_wait_ms = 10000\n"):
            pid = self.start("demo", "/bin/sh", "-c 'sleep 0.1; exit 3'")
            self.assertEqual(self.rows("demo", [pid])[0]["exitCode"], 3)
            self.assertEqual(self.rows("demo", [pid])[0]["exitCode"], 3)

    def test_whoever_ends_it(self):
        def others():
            self.assertOk(self.client.try_list(self.vm, auth("demo"), [1]))  # they do not wait
            self.assertTrue(any(row["pid"] == pid and "endTime" not in row
                                for row in self.rows("demo")))
            self.end_program(pid)

        def one():
            with contextlib.closing(env.client()) as client:
                return client.try_list(self.vm, auth("demo"), [pid])

        with env.agent_conf("[guestoperations]\nlist_wait_ms = 10000\n"):
            pid = self.start("demo", "/bin/sleep", "60")
            listed, _ = parallel([one, others])
            self.assertIn("exitCode", listed.json[0])

    def test_it_is_not_waited_for(self):
        with env.agent_conf("[guestoperations]\nlist_wait_ms = 0\n"):
            pid = self.start("demo", "/bin/sleep", "60")
            self.assertNotIn("endTime", self.rows("demo", [pid])[0])
            self.end_program(pid)

    def test_it_outgrows_the_wait(self):
        with env.agent_conf("[guestoperations]\nlist_wait_ms = 500\n"):
            pid = self.start("demo", "/bin/sleep", "60")
            self.assertNotIn("endTime", self.rows("demo", [pid])[0])
            self.assertNotIn("endTime", self.rows("demo", [pid])[0])
            self.end_program(pid)


class Users(GuestCase):
    def allowed(self, *users):
        for user in ("root", "demo", "alice", "grouped"):
            answer = self.client.try_list(self.vm, auth(user), [1])
            if user in users:
                self.assertOk(answer)
            else:
                self.assertFault(answer, "InvalidGuestLogin")

    def test_allowed_by_name(self):
        with env.agent_conf("[login]\nfail_delay = 0\nallow_users = root, demo\n"):
            self.allowed("root", "demo")

    def test_allowed_by_group(self):
        with env.agent_conf("[login]\nfail_delay = 0\nallow_users = root\n"
                            "allow_groups = team\n"):
            self.allowed("root", "grouped")

    def test_taken_away_at_once(self):
        """Remembered credentials and tickets are no way around it."""
        with env.agent_conf("[login]\nfail_delay = 0\n"):
            ticket = self.client.call(f"{AUTH}/AcquireCredentialsInGuest",
                                      {"vm": self.vm, "requestedAuth": auth("alice")}).json
            self.allowed("root", "demo", "alice", "grouped")
            self.guest.configure("[login]\nfail_delay = 0\nallow_users = root\n")
            wait_for(lambda: self.client.try_list(self.vm, auth("demo"), [1]).status == 500,
                     "the change is noticed")
            self.allowed("root")
            self.assertFault(self.client.try_list(self.vm, ticket, [1]), "InvalidGuestLogin")


class Limits(GuestCase):
    def test_programs_max(self):
        with env.agent_conf("[guestoperations]\nprograms_max = 1\n"):
            pid = self.start("demo", "/bin/sleep", "60")
            fault = self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsFault")
            self.assertIn("started programs", fault["faultstring"])
            self.end_program(pid)
            self.finish("demo", pid)
            self.assertOk(self.try_start("demo", "/bin/true"))  # in place of the ended one

    def test_programs_per_user_max(self):
        with env.agent_conf("[guestoperations]\nprograms_per_user_max = 2\n"):
            pids = [self.start("demo", "/bin/sleep", "60") for _ in range(2)]
            fault = self.assertFault(self.try_start("demo", "/bin/true"), "GuestOperationsFault")
            self.assertIn("started programs", fault["faultstring"])
            self.assertOk(self.try_start("alice", "/bin/true"))
            self.end_program(pids[0])
            self.finish("demo", pids[0])
            self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
            self.end_program(pids[1])

    def test_operations_max(self):
        with env.agent_conf("[guestoperations]\noperations_max = 1\n"):
            clients = [self.client.copy() for _ in range(4)]
            # A refusal takes two seconds: of four at once, three find the place taken.
            answers = parallel([lambda c=c: c.try_list(self.vm, auth("demo", "wrong"))
                                for c in clients])
            for client in clients:
                client.close()
            names = sorted(answer.json["_typeName"] for answer in answers)
            self.assertIn("GuestOperationsFault", names)
            self.assertIn("InvalidGuestLogin", names)
            self.assertTrue(self.rows("demo", [1]))

    def test_retention(self):
        with env.agent_conf("[guestoperations]\nretention = 1\n"):
            pid = self.start("demo", "/bin/true")
            self.finish("demo", pid)
            wait_for(lambda: not self.rows("demo", [pid]), "the row is forgotten", 15)


class Tickets(GuestCase):
    PER_USER = 16

    def acquire(self, user="demo"):
        return self.client.call(f"{AUTH}/AcquireCredentialsInGuest",
                                {"vm": self.vm, "requestedAuth": auth(user)})

    def release(self, ticket):
        return self.client.call(f"{AUTH}/ReleaseCredentialsInGuest",
                                {"vm": self.vm, "auth": ticket})

    def test_too_many(self):
        with env.agent_conf(""):
            tickets = [self.assertOk(self.acquire()) for _ in range(self.PER_USER)]
            self.assertFault(self.acquire(), "TooManyGuestLogons")
            self.assertOk(self.acquire("alice"))
            self.assertVoid(self.release(tickets[0]))
            self.assertOk(self.acquire())

    def test_expire(self):
        with env.agent_conf("[login]\nfail_delay = 0\nticket = 1\n"):
            ticket = self.assertOk(self.acquire())
            self.assertOk(self.client.try_list(self.vm, ticket, [1]))
            wait_for(lambda: self.client.try_list(self.vm, ticket, [1]).status == 500,
                     "the ticket's time is over", 15)
            self.assertFault(self.client.try_list(self.vm, ticket, [1]), "InvalidGuestLogin")
