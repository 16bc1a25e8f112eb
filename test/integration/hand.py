"""A host at the agent's port, played by hand."""
import contextlib
import random
import socket

import channel
from channel import element
from guestops import wait_for
from support import env


class Hand:
    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        wait_for(lambda: self._connected(path), "QEMU lets us in")
        self.data = b""

    def _connected(self, path):
        try:
            self.sock.connect(path)
        except BlockingIOError:  # the one before us is still waiting, too
            return False
        return True

    __enter__ = lambda self: self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        self.sock.sendall(data)

    def _need(self, size):
        while len(self.data) < size:
            more = self.sock.recv(65536)
            if not more:
                raise ConnectionError("QEMU has hung up")
            self.data += more

    def frames(self):
        """(kind, nonce, id, payload); what is no frame is passed over."""
        size = channel.HEADER.size + 4
        while True:
            self._need(size)
            magic, _, kind, _, nonce, id, length, _ = \
                channel.HEADER.unpack(self.data[:channel.HEADER.size])
            if magic != channel.MAGIC:
                self.data = self.data[1:]
                continue
            self._need(size + length)
            payload = self.data[size:size + length]
            self.data = self.data[size + length:]
            yield kind, nonce, id, payload

    def wait(self, kind, nonce, id=0):
        for frame in self.frames():
            if frame[:3] == (kind, nonce, id):
                return frame[3]

    def hello(self):
        """Until a welcome comes; returns the nonce and the agent's instance and clock."""
        payload = element(1, env.vm.uuid) + element(2, "by hand")
        self.sock.settimeout(2)
        for _ in range(15):
            nonce = random.getrandbits(63) | 1
            self.send(channel.frame(channel.HELLO, payload, nonce))
            with contextlib.suppress(TimeoutError):
                welcome = dict(channel.elements(self.wait(channel.WELCOME, nonce)))
                self.sock.settimeout(30)
                return (nonce, welcome[3].decode(),
                        int.from_bytes(welcome[5], "little", signed=True))
        raise AssertionError("the agent does not welcome us")

    def ping(self, nonce):
        """All that was sent before has been read when this returns."""
        self.send(channel.frame(channel.PING, b"", nonce))
        self.wait(channel.PONG, nonce)
