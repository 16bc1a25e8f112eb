"""Files in and out, large ones and many."""
import contextlib
import http.client
import json
import socket
import threading
import time

import peers
from clients import Kept, Request, by_json
from common import (Picture, Result, Row, Unavailable, at_least, below, figure, interleave, missing,
                    timed)
from guestops import wait_for

TITLE = "Files"
TEXT = (
    "A transfer by the URL that the API gives, through the daemon, with TLS, until the guest has "
    "synced and named the file, or until the client has all of it. The limit is the virtio-serial "
    "port itself: the same bytes with nothing but dd at the guest's end of the same port, and neither "
    "daemon nor agent: once with nothing behind dd, and once with a file in memory, as ours is. "
    "qemu-ga's are guest-file-write and guest-file-read, which carry base64, in "
    "blocks of the size at which it was the faster. Small files have 1,000 bytes each and are moved one "
    "after the other over kept connections; each takes a call that gives the URL and a transfer.")

PORT = "/dev/virtio-ports/org.guestops.agent.0"
BLOCK = 32768  # of dd; a frame of the channel has as many bytes
FILES = "GuestFileManager/guestOperationsFileManager"
PARALLEL = 20
MB = 1 << 20
LARGE = 256
QGA_MB = 8
QGA_BLOCKS = (60 << 10, 1 << 20)
SMALL = bytes(range(250)) * 4
WHY = ("The guest's one emulated processor is busy all the time: each byte is copied to or from a file "
       "besides, and summed, where dd drops it or makes it up.")

WHY_QGA = ("qemu-ga is given its better block size, with which it moves a megabyte in one message and "
           "copies it a few times; the port itself, the limit in the row above, is what is left above "
           "it.")


class Transfers:
    """Of one machine, over kept connections."""

    def __init__(self, machine):
        self.machine = machine
        self.api, self.data = Kept(machine.daemon), Kept(machine.daemon)

    def call(self, method, **params):
        body = {"vm": self.machine.vm.ref, "auth": self.machine.who, **params}
        return json.loads(self.api.ask(by_json(self.machine.client, f"{FILES}/{method}",
                                               body).data()))

    def upload_url(self, path, size):
        return self.call("InitiateFileTransferToGuest", guestFilePath=path, fileSize=size,
                         overwrite=True, fileAttributes={"_typeName": "GuestPosixFileAttributes"})

    def download_url(self, path):
        return self.call("InitiateFileTransferFromGuest", guestFilePath=path)["url"]

    # large ones, on a connection of their own

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.machine.daemon.port,
                                           context=self.machine.client.context, timeout=600)

    def put(self, url, size):
        connection = self.connect()
        block = bytes(MB)
        connection.putrequest("PUT", url[url.index("/guestFile"):])
        connection.putheader("Content-Length", str(size))
        connection.endheaders()
        for left in range(size, 0, -MB):
            connection.send(block[:left])
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            raise AssertionError(f"PUT: {response.status} {text!r}")

    def get(self, url, size):
        connection = self.connect()
        connection.request("GET", url[url.index("/guestFile"):])
        response = connection.getresponse()
        n = 0
        while data := response.read(MB):
            n += len(data)
        connection.close()
        if response.status != 200 or n != size:
            raise AssertionError(f"GET: {response.status}, {n} of {size} bytes")

    # small ones

    def put_small(self, path):
        url = self.upload_url(path, len(SMALL))
        request = Request(url[url.index("/guestFile"):], {}, SMALL).data()
        self.data.ask(request.replace(b"POST ", b"PUT ", 1))

    def get_small(self, path):
        url = self.download_url(path)
        body = self.data.ask(f"GET {url[url.index('/guestFile'):]} HTTP/1.1\r\n"
                             "Host: localhost\r\n\r\n".encode())
        if body != SMALL:
            raise AssertionError(f"{path}: {body!r}")


class Port:
    """The virtio-serial port without daemon and agent."""

    def __init__(self, machine, size):
        self.machine, self.guest, self.size = machine, machine.guest, size

    @contextlib.contextmanager
    def bare(self):
        machine, guest = self.machine, self.guest
        machine.daemon.remove_vm(machine.vm)
        guest.sh("touch /run/no-agent; pkill -x guestops-agent")
        wait_for(lambda: not guest.agent_pid(), "the agent has ended")
        port = socket.socket(socket.AF_UNIX)
        wait_for(lambda: port.connect_ex(guest.path("agent.sock")) == 0, "QEMU's socket")
        try:
            yield port
        finally:
            port.close()
            guest.sh("rm /run/no-agent")
            machine.daemon.put_vm(machine.vm)
            machine.wait_ready()

    def to_guest(self, port, target="/dev/null"):
        """Megabytes per second until the guest has read all: dd ends with the count."""
        self.guest.sh("rm -f /run/raw; mkfifo /run/raw; "
                      f"{{ dd if={PORT} of={target} bs={BLOCK} iflag=fullblock "
                      f"count={self.size // BLOCK}; echo done >/run/raw; }} 2>/dev/null &")
        block = bytes(MB)
        began = time.monotonic()
        for _ in range(self.size // MB):
            port.sendall(block)
        self.guest.sh("cat /run/raw", 600)
        return self.size / MB / (time.monotonic() - began)

    def from_guest(self, port, source="/dev/zero"):
        self.guest.sh(f"dd if={source} of={PORT} bs={BLOCK} count={self.size // BLOCK} "
                      "2>/dev/null &")
        n, began = 0, time.monotonic()
        while n < self.size:
            n += len(port.recv(MB))
        return self.size / MB / (time.monotonic() - began)


    def trips(self, port, count):
        """How often per second a small file's bytes go there and come back."""
        self.guest.sh(f"{{ exec 7<>{PORT}; dd bs={len(SMALL)} count={count} <&7 >&7; }} "
                      ">/dev/null 2>&1 &")
        began = time.monotonic()
        for _ in range(count):
            port.sendall(SMALL)
            n = 0
            while n < len(SMALL):
                n += len(port.recv(len(SMALL)))
        return count / (time.monotonic() - began)


# each side of the large ones


def large(site, transfers):
    size = site.count(LARGE) * MB
    guest = site.machine.guest
    port = Port(site.machine, size)
    guest.sh(f"head -c {size} /dev/zero >/tmp/bench-down; chown demo /tmp/bench-down")
    raw = {"to": [], "from": [], "to file": [], "from file": []}
    trips = []

    def bare():
        with port.bare() as connection:
            raw["to"].append(port.to_guest(connection))
            raw["from"].append(port.from_guest(connection))
            trips.append(port.trips(connection, site.count(200)))
            raw["to file"].append(port.to_guest(connection, "/tmp/bench-raw"))
            raw["from file"].append(port.from_guest(connection, "/tmp/bench-raw"))
            guest.sh("rm -f /tmp/bench-raw")
        return 0

    def rate(action, url):
        return size / MB / (timed(action, url, size) / 1000)

    found = interleave(max(2, site.rounds - 2), {
        "raw": bare,
        "up": lambda: rate(transfers.put, transfers.upload_url("/tmp/bench-up", size)),
        "down": lambda: rate(transfers.get, transfers.download_url("/tmp/bench-down"))})
    guest.sh("rm -f /tmp/bench-up")
    return {"up": found["up"].figure(), "down": found["down"].figure(),
            **{f"raw {name}": figure(rates) for name, rates in raw.items()},
            "trips": figure(trips)}


def qga_rates(site, qga):
    """Megabytes per second, up and down, at the better block size of each."""
    size = max(1, site.count(QGA_MB)) * MB
    found = {}
    for block in QGA_BLOCKS:
        blocks = [bytes(block)] * (size // block)
        n = block * len(blocks) / MB
        for name, action in (
                ("up", lambda b=blocks: qga.write_file("/tmp/bench-qga", b)),
                ("down", lambda b=block: qga.read_file("/tmp/bench-qga", b))):
            each = figure([n / (timed(action) / 1000) for _ in range(max(2, site.rounds - 2))])
            if name not in found or each.value > found[name].value:
                found[name] = each
    return found


def small(site, transfers, count):
    """Files per second, up and down, beside qemu-ga where there is one."""
    names = [f"/tmp/bench-small-{i}" for i in range(count)]

    def rate(action):
        return lambda: count / (timed(lambda: [action(name) for name in names]) / 1000)

    return {"up": rate(transfers.put_small), "down": rate(transfers.get_small)}


def small_rows(kind, found, total, trips=None):
    rows = []
    for name, what in (("up", "to the guest"), ("down", "from the guest")):
        title, mine = f"{kind}: {total:,} small files {what}", found[name].figure()
        others = [(trips, "round trips of the raw port")] if trips else []
        if f"qga {name}" in found:
            others.append((found[f"qga {name}"].figure(), "qemu-ga"))
        rows += [Row(title, "files/s", mine, other, peer=peer)
                 for other, peer in others or [(None, "")]]
    return rows


def small_ones(site, transfers, qga, trips):
    count = site.count(50)
    sides = small(site, transfers, count)
    if qga:
        names = [f"/tmp/bench-qga-{i}" for i in range(count)]

        def rate(action):
            return lambda: count / (timed(lambda: [action(name) for name in names]) / 1000)

        sides["qga up"] = rate(lambda name: qga.write_file(name, [SMALL]))
        sides["qga down"] = rate(lambda name: qga.read_file(name, 4096))
    found = interleave(max(2, site.rounds - 2), sides)
    return small_rows("emulated guest", found, count * max(2, site.rounds - 2), trips)


def small_native(site):
    count = site.count(10000 // site.rounds)
    found = interleave(site.rounds, small(site, Transfers(site.native), count))
    return small_rows("native guest", found, count * site.rounds)


# memory


def resident(machine):
    """KiB of the daemon, of the agent's largest process, and how many of these there are."""
    with open(f"/proc/{machine.daemon.process.pid}/status") as file:
        daemon = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    agent = machine.guest.sh("for p in $(pgrep -x guestops-agent); do "
                             "grep -h ^VmRSS /proc/$p/status 2>/dev/null; done; :").split("\n")
    each = [int(line.split()[1]) for line in agent if line]
    return daemon, max(each), len(each)


def parallel(site, transfers):
    """Rows of 20 transfers at once, half of each kind."""
    machine = site.machine
    size = max(1, site.count(LARGE) // PARALLEL) * MB
    machine.guest.sh(f"truncate -s {size} /tmp/bench-part; chown demo /tmp/bench-part")
    jobs = [(transfers.put, transfers.upload_url(f"/tmp/bench-part-{i}", size)) if i % 2 else
            (transfers.get, transfers.download_url("/tmp/bench-part")) for i in range(PARALLEL)]
    before = resident(machine)
    threads = [threading.Thread(target=job, args=(url, size)) for job, url in jobs]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    seen = []
    while any(thread.is_alive() for thread in threads):
        seen.append(resident(machine))
    rate = PARALLEL * size / MB / (time.monotonic() - began)
    machine.guest.sh("rm -f /tmp/bench-part*")
    most = [figure([max(column)]) for column in zip(*seen)]
    name = f"{PARALLEL} transfers at once"
    return [Row(name, "MB/s", figure([rate])),
            Row(f"{name}, resident memory of the daemon", "KiB", most[0], figure([before[0]]),
                peer="before"),
            Row(f"{name}, largest process of the agent", "KiB", most[1], figure([before[1]]),
                peer="before", goal=below(8192))]


def listing(site, transfers):
    site.machine.guest.sh("mkdir -p /tmp/bench-ls; cd /tmp/bench-ls; touch $(seq 48)")
    n = site.count(20)
    found = interleave(site.rounds, {"ours": lambda: [
        timed(lambda: transfers.call("ListFilesInGuest", filePath="/tmp/bench-ls"))
        for _ in range(n)]})
    return Row("ListFilesInGuest of 50 files, p50", "ms", found["ours"].figure())


def run(site):
    transfers = Transfers(site.machine)
    rows, qga, of_qga = [], None, {}
    try:
        qga = site.add(peers.qga(site.machine))
        of_qga = qga_rates(site, qga)
    except Unavailable as error:
        rows.append(missing("qemu-ga", str(error)))
    mega = large(site, transfers)
    transfers = Transfers(site.machine)  # the old connections have been idle
    bars = []
    for name, raw, what in (("up", "raw to", "to the guest"), ("down", "raw from", "from the guest")):
        rows.append(Row(f"{site.count(LARGE)} MB {what}", "MB/s", mega[name], mega[raw],
                        peer="the raw port", goal=at_least(0.8), why=WHY))
        rows.append(Row(f"{site.count(LARGE)} MB {what}", "MB/s", mega[name], mega[f"{raw} file"],
                        peer="dd with a file"))
        bars += [(f"guestops, {what}", mega[name]), (f"the raw port (limit), {what}", mega[raw])]
        if of_qga:
            rows.append(Row(f"{site.count(LARGE)} MB {what}", "MB/s", mega[name], of_qga[name],
                            peer="qemu-ga", goal=at_least(20), why=WHY_QGA))
            bars.append((f"qemu-ga, {what}", of_qga[name]))
    rows += parallel(site, transfers)
    rows += small_ones(site, transfers, qga, mega["trips"])
    try:
        rows += small_native(site)
    except Unavailable as error:
        rows.append(missing("native guest: small files", str(error)))
    rows.append(listing(site, Transfers(site.machine)))
    return Result(rows, [Picture("files", "Files of an emulated guest", "MB/s", bars,
                                 logarithmic=True)])
