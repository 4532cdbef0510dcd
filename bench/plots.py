"""Plots of the figures, as SVG: small, and the same bytes for the same figures."""

import re
import statistics

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({
    "svg.hashsalt": "tautline",
    "svg.fonttype": "none",  # text stays text: smaller, and it can be searched
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.grid": True,
    "grid.color": "#dddddd",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
})
from matplotlib import pyplot  # noqa: E402  the backend must be chosen before

# Told apart by those who see no red or green (Okabe and Ito), and by their shape.
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#666666"]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]


def middle(figure):
    return statistics.median(figure["values"])


def errors(figures):
    """Distances from the medians to minima and maxima, as errorbar() wants them."""
    return [[middle(f) - min(f["values"]) for f in figures], [max(f["values"]) - middle(f) for f in figures]]


def distinct(figures):
    """Without the copies of a figure that has several ratios."""
    seen, result = set(), []
    for figure in figures:
        key = (figure["contender"], str(figure["parameters"]))
        if key not in seen:
            seen.add(key)
            result.append(figure)
    return result


def of(figures, section, name=None, **parameters):
    wanted = {key.replace("_", " "): value for key, value in parameters.items()}
    return distinct([f for f in figures if f["section"] == section and (name is None or f["name"] == name)
                     and all(f["parameters"].get(key) == value for key, value in wanted.items())])


def contenders_of(figures):
    return list(dict.fromkeys(f["contender"] for f in figures))


def save(plot, directory, name):
    path = directory / name
    plot.savefig(path, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
    pyplot.close(plot)
    # A hundredth of a point is finer than anybody sees, and makes the file half as large.
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"\d+\.\d{3,}", lambda found: f"{float(found.group()):.2f}", text), encoding="utf-8")


def lines(axes, figures, key, label=None, start=0):
    """A line per contender over the numbers of one parameter, with a bar from minimum to maximum."""
    for i, contender in enumerate(contenders_of(figures), start):
        those = sorted((f for f in figures if f["contender"] == contender), key=lambda f: f["parameters"][key])
        if len(those) < 2:
            continue
        axes.errorbar([f["parameters"][key] for f in those], [middle(f) for f in those], yerr=errors(those),
                      color=COLOURS[i % len(COLOURS)], marker=MARKERS[i % len(MARKERS)], markersize=4, linewidth=1.2,
                      capsize=2, label=label(contender) if label else contender)
    axes.set_xscale("log")
    axes.set_xlabel(key)


def panel_ticks(axes, figures, key):
    ticks = sorted({f["parameters"][key] for f in figures})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()


# ---- the plots; each returns (section, file, description) or None if its figures are missing

def latency(figures, directory):
    name = "One message at a time, the smallest client"
    shown = of(figures, "latency", name)
    if not shown:
        return None
    plot, panels = pyplot.subplots(1, 2, figsize=(9, 3.4), sharey=True)
    for axes, cores in zip(panels, ("same core", "cross core")):
        contenders = contenders_of(shown)[::-1]
        for i, percentile in enumerate(("p50", "p99", "p99.9")):
            those = {f["contender"]: f for f in of(figures, "latency", name, cores=cores, percentile=percentile)}
            present = [c for c in contenders if c in those]
            axes.plot([middle(those[c]) for c in present], [contenders.index(c) for c in present], linestyle="",
                      color=COLOURS[i], marker=MARKERS[i], markersize=5, label=percentile)
        axes.set_yticks(range(len(contenders)), contenders)
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xlabel(f"µs, {cores}")
    panels[1].legend(loc="best")
    save(plot, directory, "latency.svg")
    return "latency", "latency.svg", "One message at a time: percentiles of each contender, same core and cross core"


def throughput(figures, directory, name, file, description):
    shown = of(figures, "throughput", name, cores="cross core")
    if not shown:
        return None
    plot, panels = pyplot.subplots(1, 3, figsize=(10, 3.2), sharey=True)
    panels[0].set_yscale("log")
    panels[0].set_ylabel("lines/s")
    start = 0
    for window in (64, 1):
        those = of(shown, "throughput", window=window, line_bytes=32)
        most = {f["contender"] for f in those if f["parameters"]["links"] not in (1, 64)}
        those = [f for f in those if f["contender"] in most]
        lines(panels[0], those, "links", lambda contender, window=window: f"{contender}, window {window}", start)
        if those:
            panel_ticks(panels[0], those, "links")
        start += len(contenders_of(those))
    panels[0].legend(fontsize=7)
    for axes, key, fixed in ((panels[1], "window", {"line_bytes": 32}), (panels[2], "line bytes", {"window": 64})):
        those = of(shown, "throughput", links=64, **fixed)
        lines(axes, those, key)
        panel_ticks(axes, those, key)
        axes.set_title("64 links", fontsize=9)
        axes.legend(fontsize=7)
    save(plot, directory, file)
    return "throughput", file, description


def dots(figures, directory, section, name, file, description):
    shown = of(figures, section, name)
    if len(shown) < 2:
        return None
    plot, axes = pyplot.subplots(figsize=(7, 0.4 * len(shown) + 0.8))
    names = [f["contender"] for f in shown][::-1]
    values = [middle(f) for f in shown][::-1]
    axes.errorbar(values, names, xerr=errors(shown[::-1]), color=COLOURS[0], marker="o", linestyle="", capsize=2)
    axes.set_xscale("log")
    axes.minorticks_off()
    axes.set_xlabel(shown[0]["unit"])
    save(plot, directory, file)
    return section, file, description


def over_links(figures, directory):
    """Other programs' figures that were measured at three or more numbers of links."""
    drawn = []
    names = dict.fromkeys((f["section"], f["name"]) for f in figures if f["section"] not in ("latency", "throughput", "durable"))
    for section, name in names:
        shown = [f for f in of(figures, section, name) if isinstance(f["parameters"].get("links"), int)]
        # One line per contender: nothing but the number of links may differ.
        rest = {tuple((k, str(v)) for k, v in f["parameters"].items() if k != "links") for f in shown}
        if len({f["parameters"]["links"] for f in shown}) < 3 or len(rest) != 1:
            continue
        plot, axes = pyplot.subplots(figsize=(5, 3))
        lines(axes, shown, "links")
        panel_ticks(axes, shown, "links")
        axes.set_ylim(bottom=0)
        axes.set_ylabel(shown[0]["unit"])
        axes.set_title(name, fontsize=9)
        axes.legend(fontsize=7)
        file = "".join(c if c.isalnum() else "-" for c in f"{section}-{name}".lower()) + ".svg"
        save(plot, directory, file)
        drawn.append((section, file, name))
    return drawn


def draw_all(figures, directory):
    """Draws what the figures allow; (section, file, description) of each."""
    drawn = [
        latency(figures, directory),
        throughput(figures, directory, "Lines from clients to the server", "to-server.svg",
                   "Lines a second from clients to the server, by links, window and size"),
        throughput(figures, directory, "Lines from the server to clients", "to-clients.svg",
                   "Lines a second from the server to clients, by links, window and size"),
        dots(figures, directory, "throughput", "Messages delivered, beside brokers", "brokers.svg",
             "Messages delivered a second, beside brokers"),
        dots(figures, directory, "durable", "Durable lines over 64 links", "durable.svg",
             "Durable lines a second over 64 links, beside JetStream"),
    ]
    return [plot for plot in drawn if plot] + over_links(figures, directory)
