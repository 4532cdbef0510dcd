#!/usr/bin/env python3
"""Makes docs/benchmarks.md and its plots from the figures that the benchmark programs wrote.

  report.py FIGURES [--output DIRECTORY] [--reasons FILE] [--not-judged]

FIGURES holds a JSON object per line; bench/report.hpp says what stands in it. DIRECTORY (default docs/) gets
benchmarks.md and benchmarks/*.svg. The reasons of targets that are missed are in bench/reasons.md, written by hand.
"""

import argparse
import collections
import fnmatch
import json
import pathlib
import re
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]

# Sections in the order of the document, with what a reader must know of each.
SECTIONS = {
    "latency": (
        "One message at a time",
        "From send to acknowledgement, or from `write` to its return. A server waits in the kernel for the next message, so these figures are mostly "
        "system calls and wake-ups: on one core (*same core*) nobody wakes another core, on two (*cross core*) each message "
        "wakes two.",
    ),
    "throughput": (
        "Lines a second",
        "The server has one core, the load the other, unless a table says otherwise. *window* is the number of lines that a link may have "
        "unacknowledged; *line bytes* is a whole line on the wire (8: its number and one byte). One axis is varied at a time around "
        "64 links, window 64, 32 bytes, and the corners are added in which the bound is another: a full cross product would take hours.",
    ),
    "durable": (
        "Durable lines",
        "Each line is on the disk (a commit of SQLite with `synchronous=FULL`) before it is acknowledged. The disk's mood changes within seconds, which is why "
        "every round measures the bare disk too.",
    ),
    "scale": ("Very many links", ""),
    "storm": ("Storms, slow readers, floods", ""),
}
BUSY_LOAD = 0.95  # cores; above it the load may be what limits
QUIET_LOAD_AVERAGE = 0.7  # above it something else ran in the minutes before the measurements began
BUSY_MACHINE = ("**Other programs had run within the minutes before this run (load average below). If they ran on during it, absolute "
                "figures are too low, and single rounds say little.**")


# ---- figures

def read(path):
    """(figures, contenders by name, failures, machine) of a file of JSON objects."""
    figures, contenders, failures, machine = [], {}, [], {}
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if item["section"] == "contender":
            contenders[item["contender"]] = item
        elif item["section"] == "machine":
            machine.update(item["machine"])
        elif "failed" in item:
            failures.append(item)
        else:
            # A ratio to nothing is no number, and JSON has null for it.
            for series in ("values", "ratios"):
                item[series] = [value for value in item.get(series, []) if value is not None]
            if item["values"]:
                figures.append(item)
    return figures, contenders, failures, machine


def is_busy(machine):
    average = machine.get("load average before", "0").split()[0]
    return float(average) > QUIET_LOAD_AVERAGE


def number(value):
    """Three digits, as a person reads them: 4.25 M, 38.3 k, 1,910, 0.94."""
    size = abs(value)
    if size >= 1e6:
        return f"{three_digits(value / 1e6)} M"
    if size >= 1e4:
        return f"{three_digits(value / 1e3)} k"
    if size >= 1e3:
        return f"{value:,.0f}"
    return three_digits(value)


def three_digits(value):
    size = abs(value)
    if size >= 100:
        return f"{value:.0f}"
    if size >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}"


def spread(values):
    """Median (min–max)."""
    middle = number(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({number(min(values))}–{number(max(values))})"


def judged_values(figure):
    return figure.get("ratios") or figure["values"]


def holds(figure):
    """Does the median keep what the target promises?"""
    target, median = figure["target"], statistics.median(judged_values(figure))
    return median <= target.get("at_most", median) and median >= target.get("at_least", median)


def read_reasons(path):
    """{name of a target, with * as in a shell: text} from the second-level headings of a Markdown file."""
    parts = re.split(r"^## (.+)\n", pathlib.Path(path).read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {title.strip(): text.strip() for title, text in zip(parts[1::2], parts[2::2])}


def reason_of(what, reasons):
    for pattern, text in reasons.items():
        if fnmatch.fnmatchcase(what, pattern):
            return text
    return "Not known yet."


# ---- Markdown

def table(header, rows):
    """A Markdown table without columns in which nothing stands."""
    kept = [i for i in range(len(header)) if any(row[i] for row in rows)]
    lines = ["| " + " | ".join(header[i] for i in kept) + " |", "|" + "---|" * len(kept)]
    lines += ["| " + " | ".join(str(row[i]).replace("|", "\\|") for i in kept) + " |" for row in rows]
    return "\n".join(lines)


def parameter(value):
    return f"{value:,}" if isinstance(value, int) else str(value)


def cpu(values):
    if not values:
        return ""
    median = statistics.median(values)
    return f"{100 * median:.0f} %" + (" †" if median >= BUSY_LOAD else "")


def target_text(target, unit):
    kind, bound = ("at most", target["at_most"]) if "at_most" in target else ("at least", target["at_least"])
    return f"{kind} {number(bound)}{' ' + unit if unit else ''}"


def group(figures, key):
    groups = collections.OrderedDict()
    for figure in figures:
        groups.setdefault(key(figure), []).append(figure)
    return groups


def situation(figure):
    """The parameters without the percentile, which becomes a column."""
    return tuple((name, value) for name, value in figure["parameters"].items() if name != "percentile")


def figures_table(figures, contenders):
    """One table: a row per situation and contender, percentiles side by side, ratios below each other."""
    names = list(collections.OrderedDict.fromkeys(name for f in figures for name, _ in situation(f)))
    percentiles = list(collections.OrderedDict.fromkeys(f["parameters"].get("percentile", "") for f in figures))
    unit = figures[0]["unit"]
    units = [f"{percentile} {unit}".strip() for percentile in percentiles]
    header = names + ["contender", "hops", "kept in"] + units + ["ratio"]
    header += ["server CPU", "load CPU"]
    rows = []
    for (place, contender), those in group(figures, lambda f: (situation(f), f["contender"])).items():
        known = contenders.get(contender, {})
        values = {f["parameters"].get("percentile", ""): spread(f["values"]) for f in those}
        row = [parameter(dict(place).get(name, "")) for name in names]
        row += [contender, known.get("hops", ""), known.get("durability", "")]
        row += [values.get(percentile, "") for percentile in percentiles]
        row.append(ratios_text(those))
        # Of one message at a time the load waits most of the time: its CPU says nothing.
        row += ["", ""] if percentiles != [""] else [cpu(those[0].get("server_cpu")), cpu(those[0].get("load_cpu"))]
        rows.append(row)
    return table(header, rows)


def ratios_text(figures):
    lines = []
    for peer, those in group([f for f in figures if f.get("ratios")], lambda f: f["ratio_to"]).items():
        parts = []
        for figure in those:
            percentile = figure["parameters"].get("percentile", "")
            parts.append(f"{percentile} {spread(figure['ratios'])}".strip())
        lines.append(f"{', '.join(parts)} × {peer}")
    return "<br>".join(lines)


def single_table(figures):
    """Figures that stand alone, as rows of one table."""
    rows = []
    for f in figures:
        where = ", ".join(f"{name} {parameter(value)}" for name, value in f["parameters"].items())
        rows.append([f["name"], where, f["contender"], f"{spread(f['values'])} {f['unit']}", ratios_text([f]), f.get("note", "")])
    return table(["what", "where", "contender", "measured", "ratio", "remark"], rows)


def notes_of(figures):
    return [note for note in collections.OrderedDict.fromkeys(f.get("note", "") for f in figures) if note]


def section_text(section, figures, contenders, plots):
    title, about = SECTIONS.get(section, (section.capitalize(), ""))
    parts = [f"## {title}"]
    if about:
        parts.append(about)
    parts += [f"![{text}](benchmarks/{name})" for name, text in plots]
    alone = []
    for name, those in group(figures, lambda f: f["name"]).items():
        if len(those) == 1:
            alone += those
            continue
        parts += [f"### {name}", figures_table(those, contenders)]
        parts += [f"{note[0].upper()}{note[1:]}." for note in notes_of(those)]
    if alone:
        parts += ["### Other figures" if len(parts) > 2 else "", single_table(alone)]
    return [part for part in parts if part]


def targets_text(figures, reasons, judged):
    with_target = [f for f in figures if "target" in f]
    rows, missed = [], []
    for what, those in group(with_target, lambda f: f["target"]["what"]).items():
        figure = those[-1]  # measured once; a program that was run twice counts with its last run
        is_ratio = bool(figure.get("ratios"))
        unit = "× " + figure["ratio_to"] if is_ratio else figure["unit"]
        kept = holds(figure)
        verdict = ("yes" if kept else "**no**") if judged else "not judged"
        rows.append([what, target_text(figure["target"], unit), spread(judged_values(figure)), verdict])
        if judged and not kept:
            missed.append(what)
    parts = ["## Targets"]
    if not rows:
        return parts + ["Nothing with a target was measured."]
    held = len(rows) - len(missed)
    if judged:
        parts.append(f"Each is about the median; {held} of {len(rows)} hold in this run.")
    parts.append(table(["target", "promised", "measured", "holds"], rows))
    if missed:
        parts.append("### Missed, and why")
        by_reason = group(missed, lambda what: reason_of(what, reasons))
        parts += [f"- {'; '.join(f'*{what}*' for what in whats)}: {reason}" for reason, whats in by_reason.items()]
    return parts


def document(figures, contenders, failures, machine, reasons, plots, judged):
    parts = [
        "# Benchmarks",
        BUSY_MACHINE if is_busy(machine) else "",
        "" if judged else "A run too short to be judged: only to see that everything works.",
        "Made by `script/bench`, which runs everything on this page in a quarter of an hour; a short form is `script/bench --quick`. "
        "How it is measured is in [bench/README.md](../bench/README.md).",
        "A figure is the median of alternating rounds (A B A B ...) with minimum and maximum in brackets; a ratio is made pair by pair, in the same round, "
        "and is the figure that counts: the absolute numbers are those of one machine on one day. *hops*: network hops from the sender's application "
        "to the receiver's; a broker has two. *kept in*: where an acknowledged line is. *load CPU*: of the process that sends and counts; "
        "† marks a load so busy that it may be what limits.",
        "## The machine",
        table(["", ""], list(machine.items())) if machine else "Not described.",
    ]
    parts += targets_text(figures, reasons, judged)
    order = list(SECTIONS) + [f["section"] for f in figures]
    for section in collections.OrderedDict.fromkeys(order):
        those = [f for f in figures if f["section"] == section]
        if those:
            parts += section_text(section, those, contenders, [(p[1], p[2]) for p in plots if p[0] == section])
    shown = [c for c in contenders.values() if any(c["contender"] in (f["contender"], f.get("ratio_to")) for f in figures)]
    if shown:
        parts.append("## The contenders")
        parts.append(table(["contender", "hops", "kept in", "how it is set up"],
                           [[c["contender"], c["hops"], c["durability"], c["description"]] for c in shown]))
    if failures:
        parts.append("## Not measured")
        parts += list(dict.fromkeys(f"- {f['name']}: {f['failed']}" for f in failures))
    return "\n\n".join(part for part in parts if part) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("figures")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs")
    parser.add_argument("--reasons", type=pathlib.Path, default=ROOT / "bench" / "reasons.md")
    parser.add_argument("--not-judged", action="store_true", help="a run too short to say whether targets hold")
    arguments = parser.parse_args()
    figures, contenders, failures, machine = read(arguments.figures)
    if not figures:
        sys.exit(f"report.py: no figures in {arguments.figures}")
    import plots  # here, so that the rest can be tested without a plotting library
    (arguments.output / "benchmarks").mkdir(parents=True, exist_ok=True)
    drawn = plots.draw_all(figures, arguments.output / "benchmarks")
    text = document(figures, contenders, failures, machine, read_reasons(arguments.reasons), drawn, not arguments.not_judged)
    (arguments.output / "benchmarks.md").write_text(text, encoding="utf-8")
    print(f"report: {arguments.output / 'benchmarks.md'}, {len(drawn)} plots")


if __name__ == "__main__":
    main()
