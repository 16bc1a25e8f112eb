"""Real clients against a fresh daemon and the demo guest: what of them works.

    python3 test/compat/run.py --build DIR --guest DIR --cache DIR [--write FILE] [CLIENT...]

CLIENT: govc, pyvmomi, rbvmomi, ansible; default: all. What a client needs is installed below
--cache. --write puts the tables between the two marker lines of FILE.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import client_ansible  # noqa: E402
import client_govc  # noqa: E402
import client_pyvmomi  # noqa: E402
import client_rbvmomi  # noqa: E402
from common import Wrong, env, settle, system  # noqa: E402

BEGIN = "<!-- clients: begin, written by `make compat WRITE=1` -->"
END = "<!-- clients: end -->"

SHARED = {"govc": client_govc.exercise, "rbvmomi": client_rbvmomi.exercise,
          "ansible": client_ansible.exercise}
NAMES = ["govc", "pyvmomi", "rbvmomi", "ansible"]


def write(path, tables):
    with open(path) as file:
        text = file.read()
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{path} lacks the line {BEGIN} or {END}")
    body = "\n\n".join(table.markdown() for table in tables)
    with open(path, "w") as file:
        file.write(f"{head}{begin}\n\n{body}\n\n{end}{tail}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--guest", required=True)
    parser.add_argument("--cache", required=True)
    parser.add_argument("--write", metavar="FILE")
    parser.add_argument("clients", nargs="*", metavar="CLIENT")
    options = parser.parse_args()
    build, guest, cache = (os.path.abspath(path) for path in
                           (options.build, options.guest, options.cache))
    unknown = set(options.clients) - set(NAMES)
    if unknown:
        parser.error(f"no such client: {', '.join(sorted(unknown))}")
    if options.write and options.clients:
        parser.error("--write takes the results of all clients")
    wanted = options.clients or NAMES
    os.makedirs(cache, exist_ok=True)

    tables, problem = {}, None
    try:
        if set(wanted) & set(SHARED):
            with system(build, guest):
                for name in wanted:
                    if name in SHARED:
                        tables[name] = SHARED[name](cache)
                        settle()
                with open(os.path.join(cache, "system.log"), "w") as log:
                    log.write(env.report(1000))
    except Wrong as error:
        problem = str(error)
    if "pyvmomi" in wanted:
        tables["pyvmomi"] = client_pyvmomi.exercise(cache, build, guest)

    ordered = [tables[name] for name in NAMES if name in tables]
    print("\n" + "\n\n".join(table.markdown() for table in ordered))
    if problem:
        print(problem)
    if options.write:
        write(options.write, ordered)
    cells = [cell for table in ordered for cell in table.cells.values()]
    failed = sum(cell.startswith("no") for cell in cells) + bool(problem)
    skipped = cells.count("skipped")
    print(f"\n{len(cells) - skipped - failed + bool(problem)} passed, {failed} failed" +
          (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
