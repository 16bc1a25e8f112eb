"""A gigabyte in and out again. Run by `make check-slow`."""
import hashlib
import os
import random

from adversity import OwnGuest
from support import env
from transfers import TransferCase

BLOCK = 1 << 20
BLOCKS = 1 << 10


def memory():
    """Of the daemon, in KiB."""
    with open(f"/proc/{env.daemon.process.pid}/status") as file:
        line, = [line for line in file if line.startswith("VmRSS:")]
        return int(line.split()[1])


class Gigabyte(OwnGuest, TransferCase):
    memory = 2048

    def test_round_trip(self):
        self.guest.sh(f"mkdir {self.directory}; "
                      f"mount -t tmpfs -o size=1100m,mode=777 none {self.directory}")
        block = bytearray(os.urandom(BLOCK))
        wanted, got = hashlib.sha256(), hashlib.sha256()
        before = memory()
        with self.connect(self.upload_url(BLOCK * BLOCKS), timeout=600) as connection:
            connection.send_head("PUT", Content_Length=BLOCK * BLOCKS)
            for i in range(BLOCKS):
                block[random.randrange(BLOCK)] = i & 255
                wanted.update(block)
                connection.send(block)
            self.assertStored(connection.answer())
        self.assertEqual(self.digest_of(), wanted.hexdigest())
        with self.connect(self.download_url(), timeout=600) as connection:
            connection.send_head("GET")
            response = connection.https.getresponse()
            self.assertEqual(response.headers["Content-Length"], str(BLOCK * BLOCKS))
            while data := response.read(BLOCK):
                got.update(data)
        self.assertEqual(got.hexdigest(), wanted.hexdigest())
        self.assertLess(memory() - before, 16 << 10)
