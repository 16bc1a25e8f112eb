"""Agents that lie about everything that they can; each time the next honest word counts."""
import time

import channel
from fakes import FakeCase
from guestops import wait_for
from support import env

INSTANCE = "cd" * 16
EVIL = "bell \7 escape \33[2J newline \n quote \" back \\ right \u202e"


class Hello(FakeCase):
    def test_texts(self):
        """Kept as far as there is room, and fit for JSON, XML and the log."""
        hello = channel.welcome(INSTANCE, version=EVIL, host_name=EVIL * 100, os_name="x" * 20000)
        with self.fake(answer_hello=hello) as (vm, _):
            info = self.guest_info(vm)
            self.assertEqual(info["guestFullName"], "x" * 255)
            self.assertTrue(info["hostName"].startswith("bell ? escape ?[2J newline \n quote"))
            self.assertLess(len(info["hostName"]), 256)
        for line in env.daemon.log().splitlines():
            self.assertTrue(line.startswith("guestopsd: "), repr(line))
            self.assertNotIn("\33", line)

    def test_operations(self):
        """It offers what there is not, twice, and nothing of what there is."""
        names = ["FormatGuest", "", EVIL, "startProgramInGuest", "StartProgramInGuest " * 50]
        names += ["ListProcessesInGuest"] * 500
        with self.fake(self.answering(channel.answer_objects()), operations=names) as (vm, agent):
            self.assertEqual(self.assertOk(self.list_in(vm)), [])
            self.assertFault(self.start_in(vm), "GuestComponentsOutOfDate")
            self.assertEqual(len(agent.requests), 1)

    def test_too_much(self):
        """More than a hello may have: no answer to ours."""
        hello = channel.welcome(INSTANCE, operations=[f"O{i}" for i in range(20000)])
        good = channel.welcome(INSTANCE)
        with self.fake(self.answering(channel.answer_long(5)), ready=False,
                       answer_hello=hello) as (vm, agent):
            wait_for(lambda: agent.kinds.count(channel.HELLO) > 1, "it is greeted again")
            self.assertFalse(self.guest_info(vm)["guestOperationsReady"])
            agent.welcome = good
            agent.hang_up()
            wait_for(lambda: self.guest_info(vm)["guestOperationsReady"], "it is ready", 30)
            self.assertEqual(self.assertOk(self.start_in(vm)), 5)

    def test_clocks(self):
        """A deadline is written in its clock, whatever that is; it may be anything at any time."""
        with self.fake(self.answering(channel.answer_long(6))) as (vm, agent):
            for clock in (0, -1, 2 ** 63 - 1, -2 ** 63, 1):
                agent.send(channel.frame(channel.PONG, channel.element(1, channel.i64(clock)),
                                         agent.nonce))
                self.assertEqual(self.assertOk(self.start_in(vm)), 6)
            for payload in (b"", b"\1", channel.element(1, b"1234"), channel.element(2, b"x" * 8)):
                agent.send(channel.frame(channel.PONG, payload, agent.nonce))
            self.assertEqual(self.assertOk(self.start_in(vm)), 6)

    def test_again_and_again(self):
        """Announcements cost it what they cost us: a hello each second."""
        with self.fake(self.answering(channel.answer_long(7))) as (vm, agent):
            before, began = agent.kinds.count(channel.HELLO), time.monotonic()
            for _ in range(50):
                agent.send(channel.frame(channel.ANNOUNCE, b"", 0) * 400)
            wait_for(lambda: self.start_in(vm).status == 200, "it is served again", 30)
            told = agent.kinds.count(channel.HELLO) - before
            self.assertLessEqual(told, time.monotonic() - began + 3)

    def test_welcome_that_nobody_waits_for(self):
        with self.fake(self.answering(channel.answer_long(8))) as (vm, agent):
            for instance in ("ef" * 16, EVIL, ""):
                agent.send(channel.frames(channel.WELCOME, channel.welcome(instance), agent.nonce,
                                          0))
            self.assertEqual(self.assertOk(self.start_in(vm)), 8)


class Transfers(FakeCase):
    def test_of_others(self):
        """Bytes, ends and credit for what there is not, and for what is no transfer."""
        def lie(agent, id, operation):
            for of in (id, id + 1, 0, 2 ** 32 - 1):
                agent.send(channel.frame(channel.DATA, b"x" * 9000, agent.nonce, of))
                agent.send(channel.frame(channel.END, b"", agent.nonce, of))
                agent.send(channel.frame(channel.CREDIT, b"\xff" * 4, agent.nonce, of) * 3)
                agent.send(channel.frame(channel.CREDIT, b"\xff", agent.nonce, of))
                agent.confirm(of)
            agent.answer(id, channel.answer_long(9))

        with self.fake(lie) as (vm, _):
            for _ in range(3):
                self.assertEqual(self.assertOk(self.start_in(vm)), 9)

    def test_kinds(self):
        """What only a host says, and what nobody does."""
        def lie(agent, id, operation):
            for kind in (channel.HELLO, channel.PING, channel.REQUEST, channel.GO, channel.CANCEL,
                         0, 77, 255):
                agent.send(channel.frame(kind, b"", agent.nonce, id))
            agent.answer(id, channel.answer_long(10))

        with self.fake(lie) as (vm, _):
            self.assertEqual(self.assertOk(self.start_in(vm)), 10)


class Facts(FakeCase):
    def test_as_many_as_fit(self):
        addresses = [channel.address(f"2001:db8::{i:x}", 128) for i in range(1, 7)]
        payload = channel.facts(*[channel.interface(*addresses)] * 64)
        self.assertLess(len(payload), channel.PAYLOAD_MAX)
        with self.fake(facts=payload) as (vm, _):
            wait_for(lambda: len(self.guest_info(vm).get("net", [])) == 64, "all are told")
        addresses = [channel.address(f"2001:db8::{i:x}", 128) for i in range(1, 33)]
        payload = channel.facts(*[channel.interface(*addresses)] * 16)
        self.assertLess(len(payload), channel.PAYLOAD_MAX)
        with self.fake(facts=payload) as (vm, _):
            wait_for(lambda: len(self.guest_info(vm).get("net", [])) == 16, "all are told")
            for net in self.guest_info(vm)["net"]:
                self.assertEqual(len(net["ipAddress"]), 32)

    def test_sessions_and_problems(self):
        good = channel.facts(host_name="one", user_sessions=3, problems=["not-root"])
        bad = (channel.facts(host_name="two", user_sessions=-1),
               channel.facts(host_name="two", problems=["not-root"] * 17),
               channel.facts(host_name="two", problems=[EVIL]),
               channel.facts(host_name="two", problems=[""]),
               channel.facts(host_name="two", problems=["x" * 48]),
               channel.facts(host_name="two") + channel.element(6, b"\1"))
        with self.fake(facts=good) as (vm, agent):
            wait_for(lambda: self.guest_info(vm).get("hostName") == "one", "it is taken")
            said = f"{vm.name}: its agent's facts are not taken"
            for payload in bad:
                with self.subTest(payload=payload[-60:]):
                    before = env.daemon.log().count(said)
                    agent.tell(payload)
                    wait_for(lambda: env.daemon.log().count(said) > before, "it is refused")
                    self.assertEqual(self.guest_info(vm)["hostName"], "one")
            agent.tell(channel.facts(host_name="three", problems=["of-a-newer-agent"]))
            wait_for(lambda: self.guest_info(vm)["hostName"] == "three", "the next one is taken")


class SameIdentity(FakeCase):
    def test_two_machines(self):
        """One may be a copy of the other; what is said to one is answered by it."""
        hello = channel.welcome(INSTANCE)
        with self.fake(self.answering(channel.answer_long(1)), answer_hello=hello) as (one, _), \
                self.fake(self.answering(channel.answer_long(2)), answer_hello=hello) as (two, liar):
            warning = f"{two.name}: its agent has the id of that of {one.name}, "
            self.assertEqual(env.daemon.log().count(warning), 1)
            for _ in range(3):
                self.assertEqual(self.assertOk(self.start_in(one)), 1)
                self.assertEqual(self.assertOk(self.start_in(two)), 2)
            liar.hang_up()
            wait_for(lambda: liar.connections > 1 and
                     self.guest_info(two)["guestOperationsReady"], "it is back")
            self.assertTrue(self.guest_info(one)["guestOperationsReady"])
            self.assertEqual(env.daemon.log().count(warning), 1)
