"""Writes what was measured: report.json, REPORT.md and the pictures."""
import json
import os
import platform
import subprocess

import pictures

HEAD = ("| what | unit | guestops | other | ratio | goal | met |\n"
        "| --- | --- | --- | --- | --- | --- | --- |\n")


def number(value):
    """Three digits that count."""
    if value == 0:
        return "0"
    size = abs(value)
    for limit, text in ((0.1, f"{value:.4f}"), (1, f"{value:.3f}"), (10, f"{value:.2f}"),
                        (100, f"{value:.1f}")):
        if size < limit:
            return text
    return f"{value:.0f}"


def spread(figure):
    if not figure:
        return "–"
    if figure.low == figure.high:
        return number(figure.value)
    return f"**{number(figure.value)}** ({number(figure.low)} … {number(figure.high)})"


def first(path, key):
    try:
        with open(path) as file:
            return next(line.split(":", 1)[1].strip() for line in file if line.startswith(key))
    except (OSError, StopIteration):
        return "unknown"


def machine(root):
    def said(*command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                              cwd=root, check=False)
        return done.stdout.split("\n")[0].strip()

    return {"processor": first("/proc/cpuinfo", "model name"), "cores": os.cpu_count(),
            "memory": first("/proc/meminfo", "MemTotal"), "kernel": platform.release(),
            "qemu": said("qemu-system-x86_64", "--version"),
            "compiler": said("gcc", "--version"),
            "source": said("git", "describe", "--always", "--dirty", "--exclude=*")}


def met(row):
    return {None: "", True: "yes", False: "**no**"}[row.met]


def other(row):
    if row.other:
        return f"{spread(row.other)} {row.peer}"
    if row.reason:
        return f"none: {row.reason}"
    return "–"


def table(rows):
    return HEAD + "".join(
        f"| {row.name} | {row.unit} | {spread(row.ours)} | {other(row)} | {spread(row.ratio)} | "
        f"{row.goal.text if row.goal else ''} | {met(row)} |\n" for row in rows)


def section(group):
    text = f"## {group.title}\n\n{group.text}\n\nCommand: `{group.command}`\n\n"
    text += "".join(f"![{picture.title}]({picture.name}.svg)\n\n" for picture in group.pictures)
    text += table(group.rows)
    missed = [row for row in group.rows if row.met is False and row.why]
    if missed:
        text += "\nWhat holds back what misses its goal:\n\n"
        whys = dict.fromkeys(row.why for row in missed)
        for why in whys:
            names = dict.fromkeys(row.name for row in missed if row.why == why)
            text += f"- {'; '.join(names)}: {why}\n"
    return text


def headline(groups):
    rows = [(group, row) for group in groups for row in group.rows if row.met is not None]
    missed = [f"{group.title}, {row.name}" + (f" (beside {row.peer})" if row.peer else "")
              for group, row in rows if not row.met]
    text = f"{len(rows) - len(missed)} of {len(rows)} goals are met."
    return text + (f" Missed: {'; '.join(missed)}." if missed else "")


def markdown(facts, groups, took):
    """The whole report."""
    where = ", ".join((f"{facts['cores']} × {facts['processor']}", facts["memory"],
                       f"Linux {facts['kernel']}", facts["qemu"], facts["compiler"]))
    return (
        "# Benchmarks\n\n"
        "Written by `make bench`; see [test/bench](../test/bench/README.md). All figures are of "
        f"one run that took {took / 60:.0f} minutes, at source {facts['source']}, on: {where}.\n\n"
        "The sides of a row were measured in turn, round by round. **Bold** is the median, or the "
        "percentile that the row names, of all samples; in brackets are the least and the largest "
        "of the single rounds. A ratio is guestops / other, of each round. The guest runs under "
        "software emulation with one processor, unless a row says otherwise.\n\n"
        f"{headline(groups)}\n\n" + "\n".join(section(group) for group in groups))


def write(directory, root, groups, took):
    os.makedirs(directory, exist_ok=True)
    facts = machine(root)
    rows = [{"group": group.name, **row.as_json(group.command)}
            for group in groups for row in group.rows]
    with open(os.path.join(directory, "report.json"), "w") as file:
        json.dump({"machine": facts, "seconds": round(took), "rows": rows}, file, indent=1,
                  ensure_ascii=False)
        file.write("\n")
    with open(os.path.join(directory, "REPORT.md"), "w") as file:
        file.write(markdown(facts, groups, took))
    for group in groups:
        for picture in group.pictures:
            pictures.draw(picture, os.path.join(directory, f"{picture.name}.svg"))
