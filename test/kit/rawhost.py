"""A host that speaks frames to an agent's socket, and says whatever a test wants."""
import collections
import os
import socket
import threading
import time

import channel
from channel import element, i64

DATA, END = 13, 14
WINDOW = 262144

Answer = collections.namedtuple("Answer", "result fault message")
Opened = collections.namedtuple("Opened", "size version offset length")


def auth(user, password=None):
    return channel.name("NamePasswordAuthentication") + element(1, b"\0") + \
        element(0x101, user) + element(0x102, f"{user}-secret" if password is None else password)


def posix(permissions=None, owner=None, group=None):
    data = channel.name("GuestPosixFileAttributes")
    for tag, value, pack in ((0x101, owner, channel.i32), (0x102, group, channel.i32),
                             (0x103, permissions, i64)):
        if value is not None:
            data += element(tag, pack(value))
    return data


def read_answer(payload):
    """The result's bytes without their form; of an object, its members by tag."""
    parts = dict(channel.elements(payload))
    result = fault = None
    if 1 in parts:
        form = parts[1][0]
        result = channel.elements(parts[1][1:])[0][1]
        result = result.decode() if form == channel.FORM_STRING else \
            dict(channel.elements(result[1 + result[0]:]))
    if 2 in parts:
        fault = parts[2][1:1 + parts[2][0]].decode()
    return Answer(result, fault, parts.get(3, b"").decode())


class RawHost:
    def __init__(self, path, vm="11111111-1111-4111-8111-111111111111"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.socket.settimeout(60)
        self.nonce = int.from_bytes(os.urandom(8), "little") | 1
        self.next_id = 1
        self.frames = collections.defaultdict(collections.deque)  # by id: (kind, flags, payload)
        self.changed = threading.Condition()
        self.credit = collections.defaultdict(lambda: WINDOW)
        self.lost = None
        self.hello(vm)

    def hello(self, vm):
        """A conversation begins."""
        self.nonce += 1
        self.send(channel.HELLO, element(1, vm) + element(2, "raw"))
        while True:
            kind, _, nonce, _, payload = self._read()
            if kind == channel.WELCOME and nonce == self.nonce:
                break
        parts = channel.elements(payload)
        self.instance = dict(parts)[3].decode()
        self.operations = {value.decode() for tag, value in parts if tag == 6}
        self.thread = threading.Thread(target=self._serve, args=(self.nonce,), daemon=True)
        self.thread.start()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # close() would wait for the thread
        except OSError:
            pass
        self.thread.join()
        self.socket.close()

    def send(self, kind, payload=b"", id=0):
        self.socket.sendall(channel.frame(kind, payload, self.nonce, id))

    def _exactly(self, size):
        data = bytearray()
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the agent has hung up")
            data += more
        return bytes(data)

    def _read(self):
        head = self._exactly(channel.HEADER.size + 4)
        _, _, kind, flags, nonce, id, size, _ = channel.HEADER.unpack(head[:channel.HEADER.size])
        return kind, flags, nonce, id, self._exactly(size)

    def _serve(self, nonce):
        try:
            while True:
                kind, flags, of, id, payload = self._read()
                if of != nonce:
                    continue
                with self.changed:
                    if kind == channel.CREDIT:
                        self.credit[id] += int.from_bytes(payload, "little")
                    else:
                        self.frames[id].append((kind, flags, payload))
                    self.changed.notify_all()
        except OSError as error:
            with self.changed:
                self.lost = error
                self.changed.notify_all()

    def request(self, operation, params_type, members):
        """Sends it; returns its id."""
        id = self.next_id
        self.next_id += 1
        deadline = time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000 + 60 * 10 ** 6
        self.send(channel.REQUEST, element(1, operation) + element(2, self.instance) +
                  element(3, f"raw-{id}") + element(4, i64(deadline)) +
                  element(5, channel.name(params_type) + members), id)
        return id

    def frame(self, id, deadline=60):
        with self.changed:
            if not self.changed.wait_for(lambda: self.frames[id] or self.lost, deadline):
                raise TimeoutError(f"nothing comes for request {id}")
            if not self.frames[id]:
                raise self.lost
            return self.frames[id].popleft()

    def answer(self, id):
        payload, flags = b"", channel.MORE
        while flags & channel.MORE:
            kind, flags, part = self.frame(id)
            assert kind == channel.ANSWER, kind
            payload += part
        return read_answer(payload)

    def call(self, operation, params_type, members):
        return self.answer(self.request(operation, params_type, members))

    # transfers

    def initiate_from(self, user, path):
        vm = element(1, channel.name("VirtualMachine") + b"vm-1")
        return self.call("InitiateFileTransferFromGuest",
                         "InitiateFileTransferFromGuestRequestType",
                         vm + element(2, auth(user)) + element(3, path))

    def initiate_to(self, user, path, size=0, overwrite=False, attributes=None):
        vm = element(1, channel.name("VirtualMachine") + b"vm-1")
        return self.call("InitiateFileTransferToGuest", "InitiateFileTransferToGuestRequestType",
                         vm + element(2, auth(user)) + element(3, path) +
                         element(4, posix() if attributes is None else attributes) +
                         element(5, i64(size)) + element(6, bytes([overwrite])))

    def open(self, handle, offset=None, length=None):
        """Returns (id, Opened) or (id, the Answer with a fault)."""
        members = element(1, handle)
        for tag, value in ((2, offset), (3, length)):
            if value is not None:
                members += element(tag, i64(value))
        id = self.request("OpenFileTransfer", "OpenFileTransferRequestType", members)
        answer = self.answer(id)
        if answer.fault:
            return id, answer
        return id, Opened(*(value.decode() if tag == 2 else int.from_bytes(value, "little")
                            for tag, value in sorted(answer.result.items())))

    def close_transfer(self, handle):
        return self.call("CloseFileTransfer", "CloseFileTransferRequestType", element(1, handle))

    def download(self, id):
        """Returns (bytes, the END)."""
        data, owed = bytearray(), 0
        while True:
            kind, _, payload = self.frame(id)
            if kind == END:
                return bytes(data), read_answer(payload)
            assert kind == DATA, kind
            data += payload
            owed += len(payload)
            if owed >= WINDOW // 2:
                self.send(channel.CREDIT, owed.to_bytes(4, "little"), id)
                owed = 0

    def put(self, id, data):
        """Sends as credit allows; returns False where the END has come before."""
        at = 0
        while at < len(data):
            with self.changed:
                if not self.changed.wait_for(lambda: self.credit[id] or self.frames[id], 60):
                    raise TimeoutError(f"no credit for request {id}")
                if self.frames[id]:
                    return False
                size = min(self.credit[id], channel.PAYLOAD_MAX, len(data) - at)
                self.credit[id] -= size
            self.send(DATA, data[at:at + size], id)
            at += size
        return True

    def upload(self, id, data):
        """Returns the END."""
        if self.put(id, data):
            self.send(DATA, b"", id)
        return self.end(id)

    def end(self, id):
        kind, _, payload = self.frame(id)
        assert kind == END, kind
        return read_answer(payload)
