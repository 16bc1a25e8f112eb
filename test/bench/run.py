"""Measures the product beside its limits and its peers, in one run.

    /usr/bin/python3 test/bench/run.py --build DIR --guest DIR [ROW...]
"""
import argparse
import dataclasses
import importlib
import os
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "kit")]
sys.dont_write_bytecode = True

import report  # noqa: E402
from common import Result, Unavailable, missing  # noqa: E402
from guestops import ROOT  # noqa: E402
from place import Site  # noqa: E402

GROUPS = ["start", "exit", "throughput", "api", "login", "files", "scale", "footprint"]


@dataclasses.dataclass
class Group:
    name: str
    title: str
    text: str
    rows: list
    pictures: list

    @property
    def command(self):
        return f'make bench ROWS="{self.name}"'


def measure(name, site):
    module = importlib.import_module(name)
    try:
        result = module.run(site)
    except Unavailable as error:
        result = Result([missing(module.TITLE, str(error))])
    except Exception as error:  # noqa: BLE001 the other groups' minutes are not lost for it
        traceback.print_exc()
        result = Result([missing(module.TITLE, f"failed: {error!r:.200}")])
        site.failed = True
    return Group(name, module.TITLE, module.TEXT, result.rows, result.pictures)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True, help="what is measured")
    parser.add_argument("--guest", required=True, help="by make-guest, with the peers")
    parser.add_argument("--cache", required=True, help="for peers that have to be built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1, help="of the numbers of samples")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=" ".join(GROUPS))
    options = parser.parse_args()
    for name in options.rows:
        if name not in GROUPS:
            parser.error(f"there is no row {name}")
    return options


def main():
    options = arguments()
    began = time.monotonic()
    site = Site(options)
    groups = []
    try:
        for name in options.rows or GROUPS:
            print(f"bench: {name}", flush=True)
            mark = time.monotonic()
            groups.append(measure(name, site))
            print(report.table(groups[-1].rows), end="")
            print(f"bench: {name} took {time.monotonic() - mark:.0f} s", flush=True)
    finally:
        site.close()
    # A part of the rows is no report.
    directory = os.path.join(options.cache, "report") if options.rows else \
        os.path.join(ROOT, "bench")
    report.write(directory, ROOT, groups, time.monotonic() - began)
    print(f"bench: {directory}/REPORT.md: {report.headline(groups)}")
    return 1 if site.failed else 0


sys.exit(main())
