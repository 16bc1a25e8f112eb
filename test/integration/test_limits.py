"""Calls that wait for a guest, and how many of them there may be."""
import contextlib
import threading

import channel
from fakes import FakeCase
from guestops import wait_for
from support import env


class Waiting(FakeCase):
    """An agent that answers when it is told to."""

    @contextlib.contextmanager
    def parked(self, vm, agent, number):
        """So many calls of one session wait; they are answered in the end."""
        answers, threads = [], []
        clients = [self.client.copy() for _ in range(number)]
        for client in clients:
            thread = threading.Thread(
                target=lambda c=client: answers.append(self.start_in(vm, c)), daemon=True)
            thread.start()
            threads.append(thread)
        wait_for(lambda: len(agent.requests) >= number, "the agent has them all")
        yield
        for id, _ in agent.requests[:number]:
            agent.answer(id, channel.answer_long(7))
        for thread, client in zip(threads, clients):
            thread.join(30)
            client.close()
        self.assertEqual([answer.json for answer in answers], [7] * number)

    def test_calls_of_a_session(self):
        with self.limits(sessions_calls_max=3), self.fake() as (vm, agent):
            with self.parked(vm, agent, 3):
                self.assertFault(self.start_in(vm), "SystemError", reason="too many calls")
                other = env.daemon.admin()  # another session is not concerned
                agent.on_request = self.answering(channel.answer_long(8))
                self.assertEqual(self.assertOk(self.start_in(vm, other)), 8)
                other.close()
            self.assertOk(self.start_in(vm))

    def test_operations_of_a_machine(self):
        with self.limits(guest_requests_max=3), self.fake() as (vm, agent):
            with self.parked(vm, agent, 3):
                fault = self.assertFault(self.start_in(vm), "GuestOperationsFault")
                self.assertIn("operations", fault["faultstring"])
                # Another machine is not concerned.
                self.assertEqual(self.run_program("demo", "/bin/true")["exitCode"], 0)
            agent.on_request = self.answering(channel.answer_long(8))
            self.assertOk(self.start_in(vm))

    def test_connections_of_an_address(self):
        with self.limits(http_connections_per_address_max=2):
            first, second = self.client.copy(), self.client.copy()
            self.client.close()
            for client in (first, second):
                self.assertEqual(client.get("/sdk/vimServiceVersions.xml").status, 200)
            third = self.client.copy()
            with self.assertRaises(OSError):
                third.get("/sdk/vimServiceVersions.xml")
            first.close()

            def served():
                with contextlib.suppress(OSError):
                    return third.get("/sdk/vimServiceVersions.xml").status == 200

            wait_for(served, "the place is free")
            for client in (second, third):
                client.close()
