"""Runs the tests with a whole Debian guest in a libvirt of their own.

    python3 test/host/run.py --build DIR --guest DIR [unittest arguments]

--build: where guestopsd is; --guest: what make-guest and make-packages made.
The rest is as in test/integration/run.py.
"""
import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "integration"))

import run  # noqa: E402

sys.path.insert(0, HERE)

import host  # noqa: E402

if __name__ == "__main__":
    for signo in (signal.SIGTERM, signal.SIGHUP):  # all that was started ends with us
        signal.signal(signo, lambda number, _: sys.exit(128 + number))
    sys.exit(run.main(__doc__, host.MODULES))
