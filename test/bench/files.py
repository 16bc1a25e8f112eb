"""Measures the product on the demo guest, beside what bounds it, in one run.

    /usr/bin/python3 test/bench/run.py --build DIR --guest DIR [--size MB] [--rounds N] [--json FILE]

A transfer is bounded by the virtio-serial port: both are measured in turn, with nothing but dd at
the guest's end of the same port for the raw rate. Numbers are medians, with the quartiles beside.
"""
import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "kit"))
sys.dont_write_bytecode = True

from guestops import ROOT, Daemon, FaultError, Guest, Vm, auth, wait_for  # noqa: E402

PORT = "/dev/virtio-ports/org.guestops.agent.0"
BLOCK = 32768  # of dd; a frame of the channel has as many bytes
FILES = "GuestFileManager/guestOperationsFileManager"
PARALLEL = 20
MB = 1 << 20


class Bench:
    def __init__(self, build, guest, size):
        self.size = size
        # Files are in memory there, of which they may take half: one that is replaced, and the new.
        self.guest = Guest(guest, os.path.join(build, "guestops-agent"),
                           os.path.join(ROOT, "data", "guestops-agent.pam"),
                           memory=512 + 5 * size // MB).boot()
        self.daemon = Daemon(os.path.join(build, "guestopsd"), {("log", "level"): "info"})
        self.vm = self.daemon.put_vm(Vm("bench", "qmp", self.guest.path("agent.sock"),
                                        self.guest.path("qmp.sock")))
        self.daemon.start()
        self.client = self.daemon.admin()
        self.who = auth("demo")
        self.wait_ready()

    def close(self):
        self.daemon.stop()
        self.daemon.remove()
        self.guest.stop()

    def wait_ready(self):
        wait_for(lambda: self.client.try_list(self.vm.ref, self.who, [1]).status == 200,
                 "the guest is ready", 240)

    def call(self, method, **params):
        answer = self.client.call(f"{FILES}/{method}",
                                  {"vm": self.vm.ref, "auth": self.who, **params})
        if answer.status not in (200, 204):
            raise FaultError(answer)
        return answer.json

    # transfers

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.daemon.port,
                                           context=self.client.context, timeout=600)

    def upload_url(self, path, size):
        return self.call("InitiateFileTransferToGuest", guestFilePath=path, fileSize=size,
                         overwrite=True, fileAttributes={"_typeName": "GuestPosixFileAttributes"})

    def download_url(self, path):
        return self.call("InitiateFileTransferFromGuest", guestFilePath=path)["url"]

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

    def timed(self, action, *args):
        began = time.monotonic()
        action(*args)
        return time.monotonic() - began

    def upload(self):
        return self.timed(self.put, self.upload_url("/tmp/bench-up", self.size), self.size)

    def download(self):
        return self.timed(self.get, self.download_url("/tmp/bench-down"), self.size)

    # the port itself

    @contextlib.contextmanager
    def bare_port(self):
        """Neither daemon nor agent on it."""
        self.daemon.remove_vm(self.vm)
        self.guest.sh("touch /run/no-agent; pkill -x guestops-agent")
        wait_for(lambda: not self.guest.agent_pid(), "the agent has ended")
        port = socket.socket(socket.AF_UNIX)
        wait_for(lambda: port.connect_ex(self.guest.path("agent.sock")) == 0, "QEMU's socket")
        try:
            yield port
        finally:
            port.close()
            self.guest.sh("rm /run/no-agent")
            self.daemon.put_vm(self.vm)
            self.wait_ready()

    def raw_to_guest(self):
        """Until the guest has read all: dd ends with the count."""
        with self.bare_port() as port:
            self.guest.sh("rm -f /run/raw; mkfifo /run/raw; "
                          f"{{ dd if={PORT} of=/dev/null bs={BLOCK} iflag=fullblock "
                          f"count={self.size // BLOCK}; echo done >/run/raw; }} 2>/dev/null &")
            block = bytes(MB)
            began = time.monotonic()
            for _ in range(self.size // MB):
                port.sendall(block)
            self.guest.sh("cat /run/raw", 600)
            return time.monotonic() - began

    def raw_from_guest(self):
        with self.bare_port() as port:
            self.guest.sh(f"dd if=/dev/zero of={PORT} bs={BLOCK} count={self.size // BLOCK} "
                          "2>/dev/null &")
            n, began = 0, time.monotonic()
            while n < self.size:
                n += len(port.recv(MB))
            return time.monotonic() - began

    # memory

    def resident(self):
        """KiB of the daemon, and of the agent's processes, the largest sum seen."""
        with open(f"/proc/{self.daemon.process.pid}/status") as file:
            daemon = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
        agent = self.guest.sh("for p in $(pgrep -x guestops-agent); do "
                              "grep -h ^VmRSS /proc/$p/status 2>/dev/null; done; :").split("\n")
        each = [int(line.split()[1]) for line in agent if line]
        return daemon, max(each), len(each)

    def parallel(self):
        """20 transfers at once, half of each kind; memory before and while they run."""
        size = self.size // PARALLEL // MB * MB
        self.guest.sh(f"truncate -s {size} /tmp/bench-part; chown demo /tmp/bench-part")
        jobs = [(self.put, self.upload_url(f"/tmp/bench-part-{i}", size)) if i % 2 else
                (self.get, self.download_url("/tmp/bench-part")) for i in range(PARALLEL)]
        before = self.resident()
        threads = [threading.Thread(target=job, args=(url, size)) for job, url in jobs]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        seen = []
        while any(thread.is_alive() for thread in threads):
            seen.append(self.resident())
        took = time.monotonic() - began
        return before, tuple(max(column) for column in zip(*seen)), PARALLEL * size / took

    # listing

    def listing(self, n=60):
        self.guest.sh("mkdir -p /tmp/bench-ls; cd /tmp/bench-ls; touch $(seq 48)")
        times = []
        for _ in range(n):
            times.append(self.timed(lambda: self.call("ListFilesInGuest",
                                                      filePath="/tmp/bench-ls")))
        return times


def spread(values):
    low, middle, high = statistics.quantiles(values, n=4)
    return {"median": middle, "quartiles": [low, high], "n": len(values)}


def rates(bench, rounds):
    names = ("raw_to_guest", "upload", "raw_from_guest", "download")
    found = {name: [] for name in names}
    bench.guest.sh(f"truncate -s {bench.size} /tmp/bench-down; chown demo /tmp/bench-down")
    for _ in range(rounds):
        for name in names:
            found[name].append(bench.size / MB / getattr(bench, name)())
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--guest", required=True)
    parser.add_argument("--size", type=int, default=256, help="MB of a transfer")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", help="a file for the numbers")
    options = parser.parse_args()
    bench = Bench(options.build, options.guest, options.size * MB)
    try:
        found = rates(bench, options.rounds)
        before, during, rate = bench.parallel()
        listing = bench.listing()
    finally:
        bench.close()
    report = {"MB/s": {name: spread(values) for name, values in found.items()},
              "ratio to the raw port": {
                  "upload": spread([a / b for a, b in zip(found["upload"], found["raw_to_guest"])]),
                  "download": spread([a / b for a, b in zip(found["download"],
                                                            found["raw_from_guest"])])},
              "20 transfers": {"MB/s": rate / MB,
                               "KiB before (daemon, largest agent process, processes)": before,
                               "KiB at most": during},
              "ListFilesInGuest of 50, ms": spread([1000 * t for t in listing])}
    text = json.dumps(report, indent=2)
    print(text)
    if options.json:
        with open(options.json, "w") as file:
            file.write(text + "\n")


main()
