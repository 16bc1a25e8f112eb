#!/usr/bin/env python3
"""A module may include its own headers and those of lower floors, nothing else."""
import pathlib
import re
import sys

FLOORS = [
    ["base"],
    ["loop", "schema"],
    ["wire", "http", "channel", "audit"],
    ["session", "inventory", "agent", "libvirt"],
    ["guestops", "property"],
    ["api", "cli"],
]
floor = {module: n for n, modules in enumerate(FLOORS) for module in modules}
root = pathlib.Path(sys.argv[1])

files = sorted(root.glob("*/*.[ch]"))
strangers = sorted({path.parent.name for path in files} - floor.keys())
bad = [f"{name}: stands on no floor" for name in strangers]
bad += [
    f"{path.relative_to(root)}:{n}: {path.parent.name} may not include {used}"
    for path in files
    if path.parent.name in floor
    for n, line in enumerate(path.read_text().splitlines(), 1)
    for used in re.findall(r'^#include "(\w+)/', line)
    if used != path.parent.name and floor.get(used, 99) >= floor[path.parent.name]
]
print("\n".join(bad) or f"every include of {len(files)} files points down")
sys.exit(bool(bad))
