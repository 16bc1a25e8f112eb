"""A VMM's vsock on a UNIX socket, as Firecracker and Cloud Hypervisor have it.

Who connects says "CONNECT <port>\\n" and hears "OK <number>\\n", or is hung up on; what follows is
the guest's. Here the guest's port is another UNIX socket.
"""
import os
import select
import socket
import threading

PORT = 869


class Vmm:
    def __init__(self, path, target, listens=True, answers=True, drip=False):
        """listens: something in the guest does. answers: the VMM does. drip: byte by byte."""
        self.target, self.listens, self.answers, self.drip = target, listens, answers, drip
        self.asked = []  # the first lines of all who came
        self._ends = []
        self._wake, self._wakes = os.pipe()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(16)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        os.close(self._wakes)
        self._thread.join(10)
        self._listener.close()
        for end in self._ends:
            end.close()
        os.close(self._wake)

    def _serve(self):
        peers = {}  # a connection: the other side of it, or None before its first line
        while True:
            ready = select.select([self._wake, self._listener, *peers], [], [])[0]
            if self._wake in ready:
                return
            for end in ready:
                if end is self._listener:
                    end = self._listener.accept()[0]
                    self._ends.append(end)
                    peers[end] = None
                elif end not in peers:
                    continue
                elif peers[end] is None:
                    other = self._connect(end)
                    del peers[end]
                    if other:
                        peers[end], peers[other] = other, end
                elif not self._relay(end, peers[end]):
                    other = peers.pop(end)
                    peers.pop(other, None)
                    end.close()
                    other.close()

    def _connect(self, end):
        line = b""
        while not line.endswith(b"\n"):
            byte = end.recv(1)
            if not byte:
                return None
            line += byte
        self.asked.append(line.decode())
        if not self.answers:
            return None
        if not self.listens:
            end.close()
            return None
        other = socket.socket(socket.AF_UNIX)
        self._ends.append(other)
        try:
            other.connect(self.target)
        except OSError:
            end.close()
            return None
        self._send(end, b"OK 1073741824\n")
        return other

    def _send(self, end, data):
        for piece in ([data[i:i + 1] for i in range(len(data))] if self.drip else [data]):
            end.sendall(piece)

    def _relay(self, end, other):
        try:
            data = end.recv(1 << 16)
            self._send(other, data)
        except OSError:
            return False
        return bool(data)
