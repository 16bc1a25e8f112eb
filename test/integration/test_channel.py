"""The daemon in front of agents that are old, broken or hostile."""
import contextlib
import os
import struct
import time
import zlib

import channel
from fakes import FakeCase
from guestops import auth, spec, wait_for
from support import parallel


class Old(FakeCase):
    def test_without_the_operation(self):
        with self.fake(self.answering(channel.answer_objects()),
                       operations=["ListProcessesInGuest"], version="0.0.1") as (vm, agent):
            fault = self.assertFault(self.start_in(vm), "GuestComponentsOutOfDate")
            self.assertIn("0.0.1", fault["faultstring"])
            self.assertEqual(self.assertOk(self.list_in(vm)), [])
            self.assertEqual([operation for _, operation in agent.requests],
                             ["ListProcessesInGuest"])

    def test_that_itself_says_so(self):
        payload = channel.answer_fault("GuestComponentsOutOfDate", "I am too old")
        with self.fake(self.answering(payload)) as (vm, _):
            self.assertFault(self.start_in(vm), "GuestComponentsOutOfDate",
                             faultstring="I am too old")

    def test_unknown_elements_are_skipped(self):
        payload = channel.answer_long(4711) + channel.element(200, b"of a newer protocol")
        with self.fake(self.answering(payload)) as (vm, agent):
            agent.send(channel.frame(99, b"a new kind", agent.nonce))
            answer = self.start_in(vm)
            self.assertOk(answer)
            self.assertEqual(answer.body.strip(), b"4711")

    def test_facts(self):
        with self.fake(version="9.9", host_name="host \u00fc", os_name="Other OS") as (vm, _):
            info = self.guest_info(vm)
            self.assertEqual(info["hostName"], "host \u00fc")
            self.assertEqual(info["guestFullName"], "Other OS")
            self.assertEqual(info["toolsVersion"], "9.9")


class Silent(FakeCase):
    def test_never_says_a_word(self):
        with self.fake(ready=False, silent=True) as (vm, agent):
            fault = self.assertFault(self.start_in(vm), "GuestOperationsUnavailable")
            self.assertIn("could not be contacted", fault["faultstring"])
            self.assertEqual(agent.requests, [])
            self.assertIs(self.guest_info(vm)["guestOperationsReady"], False)

    def test_hangs_up_before_it_begins(self):
        with self.fake(lambda agent, id, operation: agent.hang_up()) as (vm, _):
            self.assertFault(self.start_in(vm), "GuestOperationsUnavailable")

    def test_hangs_up_in_the_middle(self):
        with self.fake(lambda agent, id, operation: agent.confirm(id),
                       on_go=lambda agent, id: agent.hang_up()) as (vm, agent):
            fault = self.assertFault(self.start_in(vm), "GuestOperationsFault")
            self.assertIn("may have been carried out", fault["faultstring"])
            self.assertEqual(len(agent.requests), 1)  # never repeated by itself
            wait_for(lambda: agent.connections >= 2, "the daemon comes back")
            agent.on_request = self.answering(channel.answer_long(5))
            wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "it is ready again")
            self.assertEqual(self.assertOk(self.start_in(vm)), 5)

    def test_restarts_meanwhile(self):
        announce = channel.frame(channel.ANNOUNCE)
        with self.fake(lambda agent, id, operation: agent.send(announce)) as (vm, agent):
            self.assertFault(self.start_in(vm), "GuestOperationsUnavailable")
            agent.on_request = self.answering(channel.answer_long(6))
            self.assertEqual(self.assertOk(self.start_in(vm)), 6)

    def test_a_client_that_leaves_is_cancelled(self):
        with self.fake() as (vm, agent):
            client = self.client.copy()
            client.timeout = 0.3
            with self.assertRaises(OSError):
                self.start_in(vm, client)
            wait_for(lambda: channel.CANCEL in agent.kinds, "the request is cancelled")
            # Too late for this: it is nobody's.
            agent.answer(agent.requests[0][0], channel.answer_long(1))
            agent.confirm(agent.requests[0][0])
            self.assertEqual(agent.gone, [])
            agent.on_request = self.answering(channel.answer_long(2))
            self.assertEqual(self.assertOk(self.start_in(vm)), 2)


class Hostile(FakeCase):
    def nonsense(self, payload, operation="start"):
        with self.fake(self.answering(payload)) as (vm, agent):
            answer = self.start_in(vm) if operation == "start" else self.list_in(vm)
            fault = self.assertFault(answer, "GuestOperationsFault")
            self.assertIn("makes no sense", fault["faultstring"])
            agent.on_request = self.answering(channel.answer_long(3))
            self.assertEqual(self.assertOk(self.start_in(vm)), 3)  # the next one is served

    def test_results_of_another_kind(self):
        for payload in (channel.answer_string("12"), channel.answer_objects(), b"",
                        channel.element(1, bytes([channel.FORM_BOOL]) + channel.element(1, b"\1")),
                        channel.element(1, b""), channel.element(1, b"\xff"),
                        channel.element(1, bytes([channel.FORM_LONG])),
                        channel.element(1, bytes([channel.FORM_LONG]) +
                                        channel.element(1, b"abc")),
                        channel.answer_long(1) + channel.answer_long(2)):
            with self.subTest(payload=payload):
                self.nonsense(payload)

    def test_malformed_elements(self):
        for payload in (b"\1", b"\1\0\xff\xff\xff\xff", b"\xff" * 50, os.urandom(500),
                        channel.element(1, bytes([channel.FORM_LONG]) + b"\1\0\xff\xff\xff\x7f"),
                        channel.element(2, b"\xffFault"), channel.element(2, b""),
                        channel.element(2, channel.name("NoSuchFault")),
                        channel.element(2, channel.name("UserSession")),
                        channel.element(2, channel.name("MethodFault")),
                        channel.element(2, channel.name("FileNotFound"))):
            with self.subTest(payload=payload[:30]):
                self.nonsense(payload)

    def test_rows_of_another_type(self):
        for row in (channel.name("UserSession"), channel.name("GuestProcessInfo"), b"",
                    channel.name("GuestProcessInfo") + channel.element(1, b"\xff\xfe")):
            with self.subTest(row=row[:20]):
                self.nonsense(channel.answer_objects(row), "list")

    def test_faults_which_are_the_hosts(self):
        for name in ("NotAuthenticated", "NoPermission", "InvalidLogin", "ManagedObjectNotFound",
                     "InvalidPowerState", "TaskInProgress", "InvalidRequest"):
            with self.subTest(name=name):
                self.nonsense(channel.answer_fault(name))

    def test_deep_fault(self):
        inner = b""
        for _ in range(300):
            inner = channel.element(1, channel.name("GuestOperationsFault") + inner)
        self.nonsense(channel.element(2, channel.name("GuestOperationsFault") + inner))

    def test_control_characters_in_texts(self):
        message = "bell \7 escape \33[31m quote \" newline \n end"
        with self.fake(self.answering(channel.answer_fault("GuestOperationsFault", message))) \
                as (vm, _):
            fault = self.assertFault(self.start_in(vm), "GuestOperationsFault")
            self.assertTrue(fault["faultstring"].startswith("bell"))

    def test_answers_nobody_asked_for(self):
        with self.fake(self.answering(channel.answer_long(7))) as (vm, agent):
            for id in (0, 1, 2, 99, 2 ** 32 - 1):
                agent.answer(id, channel.answer_long(666))
                agent.confirm(id)
                agent.send(channel.frame(channel.CREDIT, b"\xff\xff\xff\xff", agent.nonce, id))
            agent.send(channel.frames(channel.ANSWER, channel.answer_long(666),
                                      agent.nonce ^ 1, 1))
            self.assertEqual(self.assertOk(self.start_in(vm)), 7)

    def test_answers_twice(self):
        def twice(agent, id, operation):
            agent.answer(id, channel.answer_long(8))
            agent.answer(id, channel.answer_long(9))

        with self.fake(twice) as (vm, _):
            for _ in range(3):
                self.assertEqual(self.assertOk(self.start_in(vm)), 8)

    def test_answer_in_another_conversation(self):
        def stale(agent, id, operation):
            agent.send(channel.frames(channel.ANSWER, channel.answer_long(1), 12345, id))
            agent.answer(id, channel.answer_long(10))

        with self.fake(stale) as (vm, _):
            self.assertEqual(self.assertOk(self.start_in(vm)), 10)

    def test_garbage_between_frames(self):
        def noisy(agent, id, operation):
            good = channel.frames(channel.ANSWER, channel.answer_long(11), agent.nonce, id)
            broken = bytearray(good)
            broken[-1] ^= 1
            agent.send(os.urandom(5000) + channel.MAGIC * 50 + bytes(broken) + good)

        with self.fake(noisy) as (vm, _):
            for _ in range(5):
                self.assertEqual(self.assertOk(self.start_in(vm)), 11)

    def test_half_a_frame_first(self):
        def torn(agent, id, operation):
            good = channel.frames(channel.ANSWER, channel.answer_long(12), agent.nonce, id)
            head = channel.HEADER.pack(channel.MAGIC, 1, channel.ANSWER, 0, agent.nonce, id,
                                       30000, 0)
            agent.send(head + struct.pack("<I", zlib.crc32(head)) + good)

        with self.fake(torn) as (vm, _):
            # Believed to be inside the torn frame until patience with it ends.
            self.assertEqual(self.assertOk(self.start_in(vm)), 12)

    def test_byte_by_byte(self):
        def slow(agent, id, operation):
            data = channel.frames(channel.ANSWER, channel.answer_long(13), agent.nonce, id)
            for i in range(len(data)):
                agent.send(data[i:i + 1])
                time.sleep(0.002)

        with self.fake(slow) as (vm, _):
            self.assertEqual(self.assertOk(self.start_in(vm)), 13)

    def test_answer_without_end(self):
        def endless(agent, id, operation):
            part = channel.frame(channel.ANSWER, b"x" * channel.PAYLOAD_MAX, agent.nonce, id,
                                 channel.MORE)
            with contextlib.suppress(OSError):
                for _ in range(1100):  # some 34 MiB
                    agent.send(part)

        with self.fake(endless) as (vm, agent):
            answer = self.start_in(vm)
            self.assertEqual(answer.status, 500)
            self.assertIn(answer.json["_typeName"],
                          ("GuestOperationsFault", "GuestOperationsUnavailable"))
            agent.on_request = self.answering(channel.answer_long(14))
            wait_for(lambda: self.start_in(vm).status == 200, "the machine is served again")

    def test_many_rows(self):
        rows = [channel.process_info(pid) for pid in range(1, 3001)]
        with self.fake(self.answering(channel.answer_objects(*rows))) as (vm, _):
            listed = self.assertOk(self.list_in(vm))
            self.assertEqual([row["pid"] for row in listed], list(range(1, 3001)))

    def test_odd_hellos(self):
        good = channel.welcome("ab" * 16)
        silent = (None, "GuestOperationsUnavailable")
        old = ("GuestComponentsOutOfDate",)
        for welcome, expected in ((b"", silent), (b"\xff" * 40, silent), (good[:-1], silent),
                                  (channel.welcome("x" * 4000), silent),
                                  (channel.welcome("x", protocol=0), old),
                                  (channel.welcome("x", protocol=-1), old)):
            with self.subTest(welcome=welcome[:20]):
                with self.fake(ready=False, answer_hello=welcome) as (vm, agent):
                    wait_for(lambda: channel.HELLO in agent.kinds, "a hello")
                    self.assertIn(self.start_in_quickly(vm), expected)

    def start_in_quickly(self, vm):
        client = self.client.copy()
        client.timeout = 0.2
        try:
            return self.start_in(vm, client).json["_typeName"]
        except OSError:
            return None
        finally:
            client.close()

    def test_one_agent_does_not_hold_up_another(self):
        with self.fake() as (silent, _):
            def ask(client):
                client.timeout = 1
                try:
                    return self.start_in(silent, client)
                except OSError:
                    return None

            results = parallel([lambda: ask(self.client.copy()) for _ in range(20)] +
                               [lambda: self.client.try_start(self.vm, auth("demo"),
                                                              spec("/bin/true"))])
            self.assertEqual(results[-1].status, 200)
            self.assertEqual(results[:-1], [None] * 20)
