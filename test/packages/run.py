"""Runs the tests of the packages; by root, in namespaces of mounts, processes and network.

    unshare --mount --net --pid --fork --mount-proc python3 test/packages/run.py \\
        --deb DIR --base TAR [unittest arguments]

--deb: what make-deb made; --base: a system with what the packages depend on.
"""
import argparse
import os
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

from system import Paths  # noqa: E402


def main():
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--deb", required=True)
    parser.add_argument("--base", required=True)
    options, rest = parser.parse_known_args()
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    suite = [] if any(not word.startswith("-") for word in rest) else \
        ["test_install", "test_tarball", "test_units"]
    with tempfile.TemporaryDirectory(prefix="go-") as Paths.base:
        os.chmod(Paths.base, 0o755)
        subprocess.run(["tar", "-x", "-C", Paths.base, "-f", options.base], check=True)
        Paths.deb = os.path.abspath(options.deb)
        unittest.main(module=None, argv=["run.py", "-v", *rest, *suite])


if __name__ == "__main__":
    main()
