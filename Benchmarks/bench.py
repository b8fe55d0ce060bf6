#!/usr/bin/env python3
"""Each headline figure of Apus as a ratio to its peer, measured in turn in one run.

The peers are Debian's dockerd, podman and bare crun, and a bridge, a veth pair and a VXLAN made by hand. Each engine
lives in a network namespace of its own with one neighbour; samples alternate between the two, so that noise meets both.
See `Benchmarks/run`.
"""

import argparse
import concurrent.futures
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Tests", "System"))

import engines  # noqa: E402
import images  # noqa: E402
import network_figures  # noqa: E402
import overlay_figures  # noqa: E402
import registries  # noqa: E402
import resolver_figures  # noqa: E402
import traffic_figures  # noqa: E402
from sides import Side, alternate, milliseconds  # noqa: E402


def life(side):
    """create + start + wait of `true` on the default bridge, in ms; the removal is not counted."""
    made = []

    def run():
        made.append(side.api.create(["true"]))
        side.api.start(made[0])
        side.api("POST", f"/containers/{made[0]}/wait")

    took = milliseconds(run)
    side.api.remove(made[0])
    return took


def hundred(side, count=100, at_once=8):
    """`count` containers started, `at_once` at a time, in s."""

    def one(_):
        container = side.api.create(["sleep", "100000"])
        side.api.start(container)
        return container

    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        began = time.monotonic()
        made = list(pool.map(one, range(count)))
        took = time.monotonic() - began
        list(pool.map(side.api.remove, made))
    return took


def start_to_ping(side):
    """A start of the engine with 20 stopped containers present until it answers, in ms."""
    if not getattr(side, "stopped", None):
        side.stopped = [side.api.create(["true"]) for _ in range(20)]
        for container in side.stopped:
            side.api.start(container)
            side.api("POST", f"/containers/{container}/wait")
    side.engine.stop()
    time.sleep(0.5)
    command = side.network.host.command(*side.engine.command())
    with open(side.engine.log_path, "ab") as log:
        began = time.monotonic()
        side.engine.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        if not engines.ping(side.engine.socket, 30):
            raise RuntimeError(side.engine.log())
        return (time.monotonic() - began) * 1000


def resident(side):
    """Resident memory, in MB, of every process in the engine's network namespace: the engine and its helpers.

    Proportional (PSS): a page that several processes share, as the many monitors' or shims' program text, counts once.
    """
    own, total = os.fstat(side.network.host.descriptor).st_ino, 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{pid}/ns/net").st_ino == own:
                with open(f"/proc/{pid}/smaps_rollup") as file:
                    found = re.search(r"^Pss:\s+(\d+)", file.read(), re.MULTILINE)
                    total += int(found.group(1)) if found else 0
        except OSError:
            pass
    return total / 1024


def memory(side, count=20):
    """Resident memory idle, after a fresh start, and for each running container with one published port, in MB."""
    side.engine.stop()
    side.engine.start()
    time.sleep(2)
    idle = resident(side)
    made = [side.api.create(["sleep", "100000"], ports=((80, ""),)) for _ in range(count)]
    for container in made:
        side.api.start(container)
    time.sleep(2)
    full = resident(side)
    for container in made:
        side.api.remove(container)
    return idle, (full - idle) / count


def pull(side, registry, reference):
    side.api("DELETE", f"/images/{reference}?force=1", fine=(404,))
    # Apus puts what it has pulled on disk before it answers. Without this it would wait for what the other side has
    # written before and not put there.
    os.sync()
    name, tag = reference.rsplit(":", 1)
    began = time.monotonic()
    answer = side.api("POST", f"/images/create?fromImage={name}&tag={tag}")
    took = time.monotonic() - began
    if isinstance(answer, bytes) and b'"error"' in answer:
        raise RuntimeError(answer[-300:])
    return took


class Table:
    def __init__(self):
        self.rows = []

    def add(self, figure, unit, apus, peer, peer_name, target):
        """One row; `target` is (comparison, bound) for the ratio, or for the value where there is no peer."""
        ratio = apus / peer if apus is not None and peer else None
        measured = ratio if peer_name else apus
        met = None
        if measured is not None and target:
            met = measured <= target[1] if target[0] == "≤" else measured >= target[1]
        self.rows.append(
            {"figure": figure, "unit": unit, "apus": apus, "peer": peer, "peer_name": peer_name, "ratio": ratio,
             "target": target, "met": met}
        )  # fmt: skip

    def show(self):
        head = ("figure", "unit", "Apus", "peer", "", "ratio", "target", "met")

        def number(value, digits=2):
            return "–" if value is None else f"{value:.{digits}f}"

        lines = [head] + [
            (row["figure"], row["unit"], number(row["apus"]), number(row["peer"]), row["peer_name"],
             number(row["ratio"], 3), f"{row['target'][0]} {row['target'][1]:.3g}" if row["target"] else "",
             {True: "yes", False: "NO", None: ""}[row["met"]])
            for row in self.rows
        ]  # fmt: skip
        widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
        for index, line in enumerate(lines):
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())
            if index == 0:
                print("  ".join("-" * width for width in widths))


# Which engines a figure needs.
BOTH, APUS = ("dockerd", "apus"), ("apus",)
ALL = {
    "life": BOTH, "hundred": BOTH, "start": BOTH, "memory": BOTH, "pull": BOTH, "throughput": BOTH, "user-network": BOTH,
    "loopback": BOTH, "proxy": BOTH, "overlay": (), "resolver": APUS, "networks": BOTH,
}  # fmt: skip


def measure(sides, wanted, options, work, table):
    quick = options.quick
    middle = {side.name: None for side in sides} | {"apus": None}

    def medians(samples):
        return {**middle, **{name: statistics.median(values) for name, values in samples.items()}}

    def progress(text):
        print(f"... {text}", file=sys.stderr, flush=True)

    if "life" in wanted:
        progress("create + start + wait")
        found = medians(alternate(sides, life, 5 if quick else 20, warm=2))
        done = subprocess.run(
            ["unshare", "--mount", "--propagation", "private", sys.executable, os.path.join(HERE, "bare_crun.py"),
             "5" if quick else "20"], capture_output=True, text=True, check=True,
        )  # fmt: skip
        bare = statistics.median(map(float, done.stdout.split()))
        table.add("create + start + wait of true, default bridge", "ms", found["apus"], found["dockerd"], "dockerd", ("≤", 1 / 6))
        table.add("the same against create + start + delete", "ms", found["apus"], bare, "bare crun", ("≤", 2.5))
    if "hundred" in wanted:
        count = 20 if quick else 100
        progress(f"{count} containers, 8 at a time")
        found = medians(alternate(sides, lambda side: hundred(side, count), 1 if quick else 3, warm=0))
        table.add(f"{count} containers started, 8 at a time", "s", found["apus"], found["dockerd"], "dockerd", ("≤", 1 / 5))
    if "start" in wanted:
        progress("start to /_ping")
        found = medians(alternate(sides, start_to_ping, 3 if quick else 10))
        table.add("start to /_ping, 20 stopped containers", "ms", found["apus"], found["dockerd"], "dockerd", None)
        table.add("  the same, absolute", "ms", found["apus"], None, "", ("≤", 40))
    if "memory" in wanted:
        progress("memory")
        found = {**{name: (None, None) for name in middle}, **{side.name: memory(side, 5 if quick else 20) for side in sides}}
        for index, (title, bound) in enumerate((("resident, idle", 35), ("resident, per running container with a port", 2.5))):
            table.add(title, "MB", found["apus"][index], found["dockerd"][index], "dockerd", None)
            table.add("  the same, absolute", "MB", found["apus"][index], None, "", ("≤", bound))
    if "pull" in wanted:
        size = 4 << 20 if quick else 42 << 20
        progress("pull")
        image = images.many_layers(5, size)
        image = images.Image(image.layers[1:])
        places = {}
        for side in sides:
            registry = registries.LocalRegistry(os.path.join(side.work, "registry"), side.network.host)
            image.push(registry, "big", "1")
            places[side.name] = (registry, f"{registry.address}/big:1")
        found = medians(alternate(sides, lambda side: pull(side, *places[side.name]), 2 if quick else 5))
        for registry, _ in places.values():
            registry.close()
        table.add(f"pull of 5 layers, {5 * size >> 20} MB, local registry", "s", found["apus"], found["dockerd"], "dockerd", ("≤", 0.35))
    count, seconds = (6, 0.1) if quick else (60, 0.1)
    for name, figures in (
        ("throughput", traffic_figures.throughput), ("user-network", traffic_figures.user_network),
        ("loopback", traffic_figures.loopback), ("proxy", traffic_figures.proxy),
    ):  # fmt: skip
        if name in wanted:
            progress(f"TCP: {name}")
            figures(sides, count, seconds, work, table)
    if "overlay" in wanted and not options.peer_only:
        progress("TCP: overlay")
        overlay_figures.measure(work, count, seconds, table)
    if "resolver" in wanted:
        progress("names, against aardvark-dns")
        resolver_figures.against_aardvark(sides, 2 if quick else 7, 1 if quick else 2, work, table)
    if "networks" in wanted:
        network_figures.measure(sides, options, work, table, progress, alternate)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few samples: for trying the program, not for figures")
    parser.add_argument("--only", default="", help="figures to measure, of: " + ", ".join(ALL))
    parser.add_argument("--peer-only", action="store_true", help="measure the peers without Apus")
    parser.add_argument("--json", default="", help="also write the rows here")
    options = parser.parse_args()
    wanted = options.only.split(",") if options.only else list(ALL)
    if unknown := set(wanted) - set(ALL):
        parser.error(f"--only: there is no figure {', '.join(sorted(unknown))}")
    kinds = {kind for name in wanted for kind in ALL[name]} - ({"apus"} if options.peer_only else set())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work, sides, table = tempfile.mkdtemp(prefix="apus-bench-"), [], Table()
    try:
        for kind in (kind for kind in BOTH if kind in kinds):
            sides.append(Side(kind, work))
        measure(sides, wanted, options, work, table)
    finally:
        for side in sides:
            side.close()
        shutil.rmtree(work, ignore_errors=True)
        table.show()
    if options.json:
        with open(options.json, "w") as file:
            json.dump({"rows": table.rows, "cores": os.cpu_count(), "kernel": os.uname().release}, file, indent=2)
    return 0 if all(row["met"] is not False for row in table.rows) else 1


sys.exit(main())
