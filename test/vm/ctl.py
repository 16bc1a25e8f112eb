"""Runs commands as root in the test guest (see the control loop in init).

    python3 ctl.py SOCKET COMMAND         prints the output, exits with the code
    python3 ctl.py --qmp SOCKET COMMAND   a QMP command without arguments
"""
import json
import os
import socket
import sys
import time


class Ctl:
    """A connection to ctl.sock; made, and made again, when first needed."""

    def __init__(self, path, deadline=30):
        self.path = path
        self.deadline = deadline  # seconds for the guest to come up
        self.sock = None
        self.data = b""
        self.synced = False

    def close(self):
        if self.sock:
            self.sock.close()
        self.sock = None
        self.synced = False

    __enter__ = lambda self: self

    def __exit__(self, *_):
        self.close()

    def _more(self, until):
        """Reads something; False when `until` has come."""
        left = until - time.monotonic()
        if left <= 0:
            return False
        self.sock.settimeout(left)
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            return False
        if not data:
            raise ConnectionError("the guest's QEMU is gone")
        self.data += data
        return True

    def _line(self, command):
        if "\n" in command:  # the protocol is a line per command
            quoted = command.replace("\\", "\\\\").replace("'", "\\'")
            command = "eval $'" + quoted.replace("\n", "\\n") + "'"
        self.sock.sendall(command.encode() + b"\n")

    def sync(self):
        """Waits for the guest and drops what earlier commands left behind.

        An answer may still come from an earlier connection, and a request is
        lost when the guest boots: so ask with a new marker each time and
        believe only the answer to the newest one.
        """
        end = time.monotonic() + self.deadline
        self.synced = False
        wait = 0.25
        while time.monotonic() < end:
            try:
                if not self.sock:
                    self.sock = socket.socket(socket.AF_UNIX)
                    self.sock.settimeout(1)
                    self.sock.connect(self.path)
                self.data = b""
                mark = "MARK-" + os.urandom(8).hex()
                self.sock.settimeout(1)
                # The empty line ends what a broken connection left half sent.
                self.sock.sendall(f"\necho {mark}\n".encode())
                answer = f"0 {len(mark) + 1}\n{mark}\n".encode()
                until = min(end, time.monotonic() + wait)
                while self._more(until):
                    if answer in self.data:
                        self.data = self.data.split(answer, 1)[1]
                        self.synced = True
                        return self
            except OSError:
                self.close()
                time.sleep(0.05)  # QEMU not there yet, or just gone
            wait = min(wait * 1.15, 3)
        raise TimeoutError(f"no answer from the guest on {self.path}")

    def send(self, command):
        """For a command that gives no answer, such as guest-reboot."""
        if not self.synced:
            self.sync()
        self.synced = False
        self._line(command)

    def run(self, command, timeout=60):
        """Returns (exit code, output as text)."""
        code, output = self.run_bytes(command, timeout)
        return code, output.decode(errors="replace")

    def run_bytes(self, command, timeout=60):
        self.send(command)  # leaves synced false until the answer is whole
        until = time.monotonic() + timeout
        while b"\n" not in self.data:
            if not self._more(until):
                raise TimeoutError(f"no answer to: {command}")
        head, self.data = self.data.split(b"\n", 1)
        code, size = map(int, head.split())
        while len(self.data) < size:
            if not self._more(until):
                raise TimeoutError(f"no whole answer to: {command}")
        output, self.data = self.data[:size], self.data[size:]
        self.synced = True
        return code, output

    def boot_id(self):
        """Another one after each boot."""
        return self.run("cat /proc/sys/kernel/random/boot_id")[1].strip()

    def wait_reboot(self, old_boot_id):
        """Waits until the guest that had this boot_id has booted again."""
        end = time.monotonic() + self.deadline
        while time.monotonic() < end:
            self.sync()
            try:
                if self.run("cat /proc/sys/kernel/random/boot_id", 2)[1].strip() \
                        != old_boot_id:
                    return
            except TimeoutError:
                pass
            time.sleep(0.05)
        raise TimeoutError("the guest did not reboot")


def qmp(path, command, timeout=10, **arguments):
    """Runs one QMP command and returns its answer (events are skipped)."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.settimeout(timeout)
        sock.connect(path)
        stream = sock.makefile("rw")

        def answer():
            for line in stream:
                message = json.loads(line)
                if "event" not in message:
                    return message
            raise ConnectionError("QEMU closed the connection")

        answer()  # the greeting
        for request in ({"execute": "qmp_capabilities"},
                        {"execute": command, "arguments": arguments}):
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            result = answer()
            if "error" in result:
                raise RuntimeError(f"{command}: {result['error']['desc']}")
        return result["return"]


def main():
    args = sys.argv[1:]
    if args in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if len(args) == 3 and args[0] == "--qmp":
        print(json.dumps(qmp(args[1], args[2])))
        return 0
    if len(args) != 2:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    with Ctl(args[0]) as ctl:
        code, output = ctl.run_bytes(args[1])
    sys.stdout.buffer.write(output)
    return code


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, RuntimeError) as error:
        sys.exit(f"ctl.py: {error}")
