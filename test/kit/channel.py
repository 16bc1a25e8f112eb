"""The agent channel's encoding, and an agent that says whatever a test wants.

Frames as in src/channel/frame.h; messages are elements of tag (u16), length
(u32) and value, little-endian. A tag is depth << 8 | index + 1, where depth
counts a type's bases.
"""
import os
import socket
import struct
import threading
import time
import zlib

MAGIC = b"\xc7GO\n"
HEADER = struct.Struct("<4sBBHQIII")  # then the CRC of all that
HELLO, WELCOME, ANNOUNCE, PING, PONG, REQUEST, ANSWER, CONFIRM, GO, CANCEL, CREDIT, FACTS, \
    DATA, END = range(1, 15)
MORE = 1
CONTINUED = 2
PAYLOAD_MAX = 32768

FORM_BOOL, FORM_LONG, FORM_STRING, FORM_OBJECT, FORM_OBJECTS = 1, 5, 7, 10, 15


def frame(kind, payload=b"", nonce=0, id=0, flags=0):
    head = HEADER.pack(MAGIC, 1, kind, flags, nonce, id, len(payload), zlib.crc32(payload))
    return head + struct.pack("<I", zlib.crc32(head)) + payload


def frames(kind, payload, nonce, id):
    """One message, cut as a link cuts it (no more of it than its first credit)."""
    parts = [payload[i:i + PAYLOAD_MAX] for i in range(0, len(payload), PAYLOAD_MAX)] or [b""]
    return b"".join(frame(kind, part, nonce, id,
                          (MORE if i + 1 < len(parts) else 0) | (CONTINUED if i else 0))
                    for i, part in enumerate(parts))


def element(tag, value):
    if isinstance(value, str):
        value = value.encode()
    return struct.pack("<HI", tag, len(value)) + value


def i32(value):
    return struct.pack("<i", value)


def i64(value):
    return struct.pack("<q", value)


def name(text):
    text = text.encode()
    return bytes([len(text)]) + text


def elements(data):
    """[(tag, value)]"""
    found = []
    while data:
        tag, length = struct.unpack_from("<HI", data)
        found.append((tag, data[6:6 + length]))
        data = data[6 + length:]
    return found


def welcome(instance, operations=("ListProcessesInGuest", "StartProgramInGuest"), protocol=1,
            version="fake", host_name="fake", os_name="Fake OS"):
    data = element(1, i32(protocol)) + element(2, version) + element(3, instance)
    data += element(4, "00000000-0000-4000-8000-000000000000")
    data += element(5, i64(time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000))
    data += b"".join(element(6, operation) for operation in operations)
    return data + element(8, host_name) + element(9, os_name)


def facts(*interfaces, host_name="fake", os_name="Fake OS", boot_time=0, disks=(),
          user_sessions=None, problems=()):
    return element(1, host_name) + element(2, os_name) + element(3, i64(boot_time)) + \
        b"".join(element(4, interface) for interface in interfaces) + \
        b"".join(element(5, disk) for disk in disks) + \
        (element(6, i32(user_sessions)) if user_sessions is not None else b"") + \
        b"".join(element(7, problem) for problem in problems)


def interface(*addresses, interface_name="eth0", up=True, mac="00:00:5e:00:53:01"):
    return name("AgentInterface") + element(1, interface_name) + element(2, bytes([up])) + \
        (element(3, mac) if mac is not None else b"") + \
        b"".join(element(4, item) for item in addresses)


def address(text, prefix_length, deprecated=None):
    return name("AgentAddress") + element(1, text) + element(2, i32(prefix_length)) + \
        (element(3, bytes([deprecated])) if deprecated is not None else b"")


def disk(path="/", capacity=4 << 30, free=1 << 30, kind="ext4"):
    return name("AgentDisk") + element(1, path) + element(2, kind) + \
        element(3, i64(capacity)) + element(4, i64(free))


def answer_long(value):
    return element(1, bytes([FORM_LONG]) + element(1, i64(value)))


def answer_string(value):
    return element(1, bytes([FORM_STRING]) + element(1, value))


def answer_object(value):
    return element(1, bytes([FORM_OBJECT]) + element(1, value))


def answer_objects(*objects):
    return element(1, bytes([FORM_OBJECTS]) + b"".join(element(1, item) for item in objects))


def answer_fault(type_name, message="as the fake says", members=b""):
    return element(2, name(type_name) + members) + element(3, message)


def process_info(pid, process_name="fake"):
    return name("GuestProcessInfo") + element(1, process_name) + element(2, i64(pid)) + \
        element(3, "root") + element(4, process_name) + element(5, i64(0))


class FakeAgent:
    """Listens on a UNIX socket, as an agent for provider "local" does.

    on_request(agent, id, operation) is called for each request that has been
    put together, on_go(agent, id) when the host has said "go", on_data(agent,
    id, data) for bytes of a file; they send what they like. A hello is answered by welcome(**hello), by the bytes of
    answer_hello, or not at all if silent; the bytes of facts follow.
    """

    def __init__(self, path, on_request=None, on_go=None, silent=False, answer_hello=None,
                 facts=None, **hello):
        self.instance = os.urandom(16).hex()
        self.on_request = on_request or (lambda *_: None)
        self.on_go = on_go or (lambda *_: None)
        self.on_data = lambda *_: None
        self.welcome = None if silent else welcome(self.instance, **hello) \
            if answer_hello is None else answer_hello
        self.facts = facts
        self.gone = []      # ids that were confirmed by a GO
        self.requests = []  # (id, operation)
        self.params = {}    # of each id: {tag: value}
        self.cancelled = []  # ids
        self.kinds = []     # of every frame that came
        self.nonce = 0
        self.connections = 0
        self._parts = {}
        self._socket = None
        self._closing = False
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def send(self, data):
        self._socket.sendall(data)

    def answer(self, id, payload):
        self.send(frames(ANSWER, payload, self.nonce, id))

    def tell(self, payload):
        """The facts from now on."""
        self.facts = payload
        self.send(frame(FACTS, payload, self.nonce))

    def confirm(self, id):
        self.send(frame(CONFIRM, b"", self.nonce, id))

    def hang_up(self):
        """The daemon comes back after a second."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except (OSError, AttributeError):
            pass

    def close(self):
        self._closing = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(10)

    def _serve(self):
        while not self._closing:
            try:
                self._socket, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                self._talk()
            except OSError:
                pass
            self._socket.close()

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self._socket.recv(size - len(data))
            if not more:
                raise ConnectionError("the daemon has hung up")
            data += more
        return data

    def _talk(self):
        while True:
            head = self._exactly(HEADER.size + 4)
            magic, _, kind, flags, nonce, id, size, _ = HEADER.unpack(head[:HEADER.size])
            assert magic == MAGIC, head
            payload = self._exactly(size)
            self.kinds.append(kind)
            if kind == HELLO:
                self.nonce = nonce
                if self.welcome is not None:
                    self.send(frames(WELCOME, self.welcome, nonce, 0))
                if self.facts is not None:
                    self.tell(self.facts)
            elif kind == PING:
                clock = i64(time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1000)
                self.send(frame(PONG, element(1, clock), nonce))
            elif kind == REQUEST:
                whole = self._parts.pop(id, b"") + payload
                if flags & MORE:
                    self._parts[id] = whole
                    continue
                members = dict(elements(whole))
                operation = members[1].decode()
                params = members[5]
                self.params[id] = dict(elements(params[1 + params[0]:]))
                self.requests.append((id, operation))
                self.on_request(self, id, operation)
            elif kind == GO:
                self.gone.append(id)
                self.on_go(self, id)
            elif kind == DATA:
                self.on_data(self, id, payload)
            elif kind == CANCEL:
                self.cancelled.append(id)
