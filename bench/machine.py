#!/usr/bin/env python3
"""Prints what the machine is and does just now, as a figure of section "machine" (bench/report.hpp)."""

import datetime
import json
import os
import pathlib
import platform
import subprocess


def output(*command):
    """The first line that a program prints; "not installed" without it."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "not installed"
    return (done.stdout or done.stderr).strip().split("\n")[0]


def package(name):
    done = subprocess.run(["dpkg-query", "--show", "--showformat=${Version}", name], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 and done.stdout else "not installed"


def field(path, name):
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"


def main():
    hypervisor = " hypervisor " in field("/proc/cpuinfo", "flags") + " "
    machine = {
        "day": datetime.date.today().isoformat(),
        "source": output("git", "describe", "--always", "--dirty"),
        "CPU": field("/proc/cpuinfo", "model name") + (", virtual machine" if hypervisor else ""),
        "cores": str(len(os.sched_getaffinity(0))),
        "memory": f"{int(field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GiB",
        "kernel": platform.release(),
        "compiler": output("c++", "--version") + ", release preset (-O2, link-time optimisation)",
        "Asio": package("libasio-dev"),
        "SQLite": package("libsqlite3-0"),
        "Mosquitto": package("mosquitto"),
        "nats-server": package("nats-server"),
        "network": "loopback TCP, TCP_NODELAY on both sides",
        "load average before": " ".join(f"{load:.2f}" for load in os.getloadavg()),
    }
    print(json.dumps({"section": "machine", "machine": machine}))


if __name__ == "__main__":
    main()
