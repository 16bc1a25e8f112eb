"""The service without a guest, beside a simulator and beside the least a server can do."""
import os
import shutil
import tempfile

import peers
from clients import PROCESSES, Kept, by_json, by_soap, wrk
from common import Picture, Result, Row, Series, Unavailable, at_least, interleave, missing
from guestops import auth
from place import cores, pin, tree
from soap import VIM, Soap, element, moref

TITLE = "API alone"
TEXT = (
    "Requests per second of wrk over 64 kept TLS connections, and the 99th percentile of their time. "
    "The server is pinned to one core, wrk to another. vcsim is the simulator of govmomi 0.37.0, with "
    "its own inventory; it speaks SOAP only and has no processes in guests. The limit is a server of "
    "epoll and GnuTLS, the library that guestopsd has its TLS from, that answers every request with "
    "the same bytes, those of our answer. RetrievePropertiesEx reads 3 properties of one machine. "
    "ListProcessesInGuest asks for one pid, of an agent on a UNIX socket of this machine that shares "
    "the daemon's core.")

CONNECTIONS = 64
WHO = auth("demo")
PROPERTIES = ("name", "runtime.powerState", "config.uuid")
WHY = ("Beside TLS, the limit does next to nothing with a request: ours is read and judged as HTTP, "
       "decoded by the tables, looked up, allowed, encoded, and answered with a header of its own.")
WHY_LIST = ("Each request goes through the agent too, where a process is made for it that becomes the "
            "user and reads /proc.")


def current_time(client, soap, collector, vm):
    return (by_json(client, "ServiceInstance/ServiceInstance/CurrentTime") if client else None,
            by_soap(soap, "CurrentTime", "ServiceInstance", "ServiceInstance"))


def retrieve(client, soap, collector, vm):
    reference = {"_typeName": "ManagedObjectReference", "type": "VirtualMachine", "value": vm}
    spec = {"_typeName": "PropertyFilterSpec",
            "propSet": [{"_typeName": "PropertySpec", "type": "VirtualMachine",
                         "pathSet": list(PROPERTIES)}],
            "objectSet": [{"_typeName": "ObjectSpec", "obj": reference}]}
    xml = ("<specSet><propSet><type>VirtualMachine</type>" +
           "".join(element("pathSet", path) for path in PROPERTIES) +
           f"</propSet><objectSet>{moref('obj', reference)}</objectSet></specSet><options/>")
    return (by_json(client, f"PropertyCollector/{collector}/RetrievePropertiesEx",
                    {"specSet": [spec], "options": {"_typeName": "RetrieveOptions"}})
            if client else None,
            by_soap(soap, "RetrievePropertiesEx", "PropertyCollector", collector, xml))


def list_one(client, soap, collector, vm):
    """Nothing for vcsim, which has a client neither."""
    if not client:
        return None, None
    reference = {"_typeName": "ManagedObjectReference", "type": "VirtualMachine", "value": vm}
    who = (element("interactiveSession", "false") + element("username", WHO["username"]) +
           element("password", WHO["password"]))
    return (by_json(client, f"{PROCESSES}/ListProcessesInGuest",
                    {"vm": reference, "auth": WHO, "pids": [1]}),
            by_soap(soap, "ListProcessesInGuest", "GuestProcessManager",
                    "guestOperationsProcessManager", moref("vm", reference) +
                    f'<auth xsi:type="NamePasswordAuthentication">{who}</auth><pids>1</pids>'))


METHODS = (("CurrentTime", current_time, WHY), ("RetrievePropertiesEx", retrieve, WHY),
           ("ListProcessesInGuest", list_one, WHY_LIST))


def collector_of(soap):
    content, = soap.call("RetrieveServiceContent", "ServiceInstance", "ServiceInstance").values
    return content.find(f"{VIM}propertyCollector").text


class Vcsim:
    def __init__(self, site, daemon):
        certificate = os.path.join(daemon.state, "certificate.pem")
        self.server = peers.Server(
            [peers.build(site.cache, "vcsim"), "-l", "127.0.0.1:0", "-tlscert", certificate,
             "-tlskey", os.path.join(daemon.state, "key.pem")], r":(\d+)/sdk")
        self.port = self.server.port
        self.soap = Soap(self.port, certificate)
        self.soap.login("user", "pass")
        vm, = self.soap.call("FindByInventoryPath", "SearchIndex", "SearchIndex",
                             element("inventoryPath", "/DC0/vm/DC0_H0_VM0")).values
        self.vm, self.collector = vm.text, collector_of(self.soap)

    def close(self):
        self.soap.close()
        self.server.close()


class Api:
    def __init__(self, site):
        self.site, self.machine = site, site.native
        self.server_core, self.load_core = cores()
        self.directory = tempfile.mkdtemp(prefix="go-", dir="/tmp")
        self.vcsim, self.reason = None, None
        try:
            self.vcsim = site.add(Vcsim(site, self.machine.daemon))
            pin([self.vcsim.server.process.pid], self.server_core)
        except Unavailable as error:
            self.reason = str(error)
        self.soap = self.machine.daemon.soap()
        self.collector = collector_of(self.soap)
        self.pinned = [self.machine.daemon.process.pid, *tree(self.machine.guest.process.pid)]
        pin(self.pinned, self.server_core)

    def close(self):
        pin(self.pinned, *cores())
        if self.vcsim:
            self.vcsim.close()
        shutil.rmtree(self.directory)

    def responder(self, request):
        """It answers what the daemon answers."""
        state = self.machine.daemon.state
        kept = Kept(self.machine.daemon)
        path = os.path.join(self.directory, "reply")
        with open(path, "wb") as file:
            file.write(kept.answer(request.data()))
        kept.close()
        server = peers.Server([self.site.program("responder"),
                               os.path.join(state, "certificate.pem"),
                               os.path.join(state, "key.pem"), path], r"^(\d+)$")
        pin([server.process.pid], self.server_core)
        return server

    def side(self, port, request, found):
        """Notes all three numbers; returns what interleave() wants of it."""
        def measure():
            found.append(wrk(port, request, self.directory, self.load_core, CONNECTIONS))
            return found[-1][0]
        return measure

    def measure(self, requests):
        """For each side a list of (requests per second, p50, p99)."""
        port = self.machine.daemon.port
        mine = requests(self.machine.client, self.soap, self.collector, self.machine.vm.moid)
        servers = [self.responder(request) for request in mine]
        plan = {"VI/JSON": (port, mine[0]), "SOAP": (port, mine[1]),
                "limit of VI/JSON": (servers[0].port, mine[0]),
                "limit of SOAP": (servers[1].port, mine[1])}
        if self.vcsim:
            _, theirs = requests(None, self.vcsim.soap, self.vcsim.collector, self.vcsim.vm)
            if theirs:
                plan["vcsim"] = (self.vcsim.port, theirs)
        found = {name: [] for name in plan}
        try:
            interleave(self.site.rounds, {name: self.side(*where, found[name])
                                          for name, where in plan.items()})
        finally:
            for server in servers:
                server.close()
        return found


def figures(found, index):
    return {name: Series([[sample[index]] for sample in samples]).figure()
            for name, samples in found.items()}


def rows_of(method, found, why, reason):
    rate, p99 = figures(found, 0), figures(found, 2)
    rows = []
    for wire in ("VI/JSON", "SOAP"):
        rows.append(Row(f"{method}, {wire}", "requests/s", rate[wire], rate[f"limit of {wire}"],
                        peer="smallest responder", goal=at_least(0.6), why=why))
        rows.append(Row(f"{method}, {wire}, p99", "ms", p99[wire], p99[f"limit of {wire}"],
                        peer="smallest responder"))
    if "vcsim" in found:
        rows.append(Row(f"{method}, SOAP", "requests/s", rate["SOAP"], rate["vcsim"], peer="vcsim",
                        goal=at_least(5), why=why))
        rows.append(Row(f"{method}, SOAP, p99", "ms", p99["SOAP"], p99["vcsim"], peer="vcsim"))
    elif reason:
        rows.append(missing(f"{method}, vcsim", reason))
    return rows, [(f"guestops, {method}, {wire}", rate[wire]) for wire in ("VI/JSON", "SOAP")] + [
        (f"smallest responder, {method}", rate["limit of VI/JSON"])] + [
        (f"vcsim, {method}, SOAP", figure) for name, figure in rate.items() if name == "vcsim"]


def run(site):
    api = Api(site)
    rows, bars = [], []
    try:
        for method, requests, why in METHODS:
            more, drawn = rows_of(method, api.measure(requests), why, api.reason)
            rows += more
            bars += drawn
    finally:
        api.close()
    return Result(rows, [Picture("api", "The API alone, 64 connections with TLS, one core",
                                 "requests per second", bars)])
