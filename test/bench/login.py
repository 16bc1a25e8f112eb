"""What it costs to check a password, and who waits for it."""
import subprocess
import tempfile
import threading

from clients import Kept, by_json, list_by_json, load_command, start_by_json
from common import Picture, Result, Row, Series, at_most, interleave, timed
from guestops import Daemon, auth
from start import start_each

TITLE = "Login"
TEXT = (
    "Start of `/bin/true` in the emulated guest with the user's password asked of PAM (yescrypt, "
    "Debian's default) each time, beside one whose credentials are remembered. Then requests that "
    "need no login while others log in: ListProcessesInGuest by a user who is remembered while 8 "
    "clients keep the guest's PAM busy with passwords that are wrong, and CurrentTime while 16 clients "
    "log in to the service. They must not wait for a login to end: what they are compared with is the "
    "time of a single login with nothing else going on.")

GUEST_LOGINS = 8
SERVICE_LOGINS = 16
ALWAYS = "[login]\ncredential_cache = 0\nfail_delay = 0\n"
REMEMBERED = "[login]\ncredential_cache = 30\nfail_delay = 0\n"
WHY = ("The emulated guest has one processor, which the logins share with everything else there; the "
       "agent itself does not wait for them.")


def configured(machine, conf, kept):
    """Returns when the agent has said in its log that it has read this."""
    said = "grep -c 'read again' /run/agent.log; :"
    before = machine.guest.sh(said)
    machine.guest.configure(conf)
    while machine.guest.sh(said) == before:
        pass
    kept.ask(list_by_json(machine, 1).data())


def cost_of_pam(site, machine, kept):
    n = site.count(8)
    request = start_by_json(machine)

    def side(conf):
        def measure():
            configured(machine, conf, kept)
            return start_each(kept, machine, request, n)
        return measure

    return interleave(site.rounds, {"asked": side(ALWAYS), "remembered": side(REMEMBERED)})


class Background:
    """Wrong passwords, one after the other, by so many threads."""

    def __init__(self, machine, number):
        self.end = False
        self.threads = [threading.Thread(target=self._work, args=(machine, machine.client.copy()))
                        for _ in range(number)]

    def _work(self, machine, client):
        while not self.end:
            client.try_list(machine.vm.ref, auth("alice", "wrong"), [1])
        client.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.end = True
        for thread in self.threads:
            thread.join()


def in_guest(site, machine, kept):
    n, data = site.count(40), list_by_json(machine, 1).data()
    wrong = machine.client.copy()
    configured(machine, REMEMBERED, kept)

    def alone():
        return [timed(kept.ask, data) for _ in range(n)]

    def busy():
        with Background(machine, GUEST_LOGINS):
            return alone()

    return interleave(site.rounds, {
        "alone": alone, "busy": busy,
        "login": lambda: [timed(wrong.try_list, machine.vm.ref, auth("alice", "wrong"), [1])
                          for _ in range(site.count(3))]})


def in_service(site):
    """A daemon of its own, with room for the sessions."""
    daemon = Daemon(f"{site.build}/guestopsd", {
        ("log", "level"): "warning", ("sessions", "max"): "100000",
        ("sessions", "per_user_max"): "100000"})
    daemon.settings[("log", "level")] = "info"  # its first start tells the password
    daemon.start()
    try:
        client, kept = daemon.admin(), Kept(daemon)
        data = by_json(client, "ServiceInstance/ServiceInstance/CurrentTime").data()
        login = by_json(client, "SessionManager/SessionManager/Login",
                        {"userName": daemon.ADMINISTRATOR, "password": daemon.password})
        del login.headers["vmware-api-session-id"]
        n = site.count(200)

        def alone():
            return [timed(kept.ask, data) for _ in range(n)]

        def busy():
            with tempfile.TemporaryDirectory() as directory:
                command = load_command(site.program("load"), daemon.port, [login], directory, 400,
                                       SERVICE_LOGINS)
                process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
                took = []
                while process.poll() is None and len(took) < n:
                    took.append(timed(kept.ask, data))
                process.kill()
                process.wait()
            return took

        return interleave(site.rounds, {
            "alone": alone, "busy": busy,
            "login": lambda: [timed(kept.ask, login.data()) for _ in range(site.count(10))]})
    finally:
        daemon.stop()
        daemon.remove()


def waiting(name, found, why=""):
    """How long requests took beside logins."""
    rows = [Row(f"{name}, p{q * 100:.0f}", "ms", found["busy"].figure(q), found["login"].figure(),
                peer="one login, p50", goal=at_most(1), why=why) for q in (0.5, 0.99)]
    return [*rows, Row(f"{name}, p50", "ms", found["busy"].figure(), found["alone"].figure(),
                       peer="the same with no logins")]


def run(site):
    machine = site.machine
    kept = Kept(machine.daemon)
    pam = cost_of_pam(site, machine, kept)
    guest = in_guest(site, machine, kept)
    service = in_service(site)
    machine.guest.configure(None)
    asked, remembered = pam["asked"].figure(), pam["remembered"].figure()
    cost = Series([[a - b] for a, b in zip(asked.rounds, remembered.rounds)]).figure()
    rows = [Row("Start with PAM asked, p50", "ms", asked, remembered, peer="credentials remembered"),
            Row("what PAM costs", "ms", cost),
            *waiting(f"ListProcessesInGuest while {GUEST_LOGINS} log in to the guest", guest, WHY),
            *waiting(f"CurrentTime while {SERVICE_LOGINS} log in to the service", service)]
    return Result(rows, [Picture("login", "Start with a login, in an emulated guest", "ms (median)",
                                 [("guestops, PAM asked", asked),
                                  ("guestops, remembered", remembered)])])
