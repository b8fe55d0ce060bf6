#!/usr/bin/env python3
"""The embedded store beside etcd: each figure as a ratio, measured in turn in one run on one file system.

etcd is reached over its JSON gateway by the same client that a cluster would use, so its side includes what the gateway
and the client cost; its own memory is that of its process. See `Benchmarks/store`.
"""

import argparse
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

# Figure, its name in the program's answer, unit, whether more is better.
FIGURES = (
    ("creates, 16 at a time", "creates_per_s", "1/s", True),
    ("create, median", "create_p50_ms", "ms", False),
    ("create, 99 of 100", "create_p99_ms", "ms", False),
    ("updates, 16 at a time", "updates_per_s", "1/s", True),
    ("gets, 16 at a time", "gets_per_s", "1/s", True),
    ("get, 99 of 100", "get_p99_ms", "ms", False),
    ("list of all", "list_ms", "ms", False),
    ("list in pages of 500", "pages_ms", "ms", False),
    ("write to event, median", "watch_p50_ms", "ms", False),
    ("write to event, 99 of 100", "watch_p99_ms", "ms", False),
    ("open and read all", "open_and_list_ms", "ms", False),
    ("memory of the store", "memory_mb", "MB", False),
)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def figures(*arguments):
    done = subprocess.run([os.environ["STORE_FIGURES"], *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"StoreFigures {arguments[0]}: {done.stderr}")
    return json.loads(done.stdout)


class Etcd:
    """One member with an empty directory."""

    def __init__(self, directory):
        client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
        self.url, self.directory = client, directory
        command = [
            "etcd", "--data-dir", directory, "--listen-client-urls", client, "--advertise-client-urls", client,
            "--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}",
            "--log-level", "error",
        ]  # fmt: skip
        quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        self.process = subprocess.Popen(command, **quiet)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + 30
        while True:
            try:
                with urllib.request.urlopen(self.url + "/health", timeout=1) as answer:
                    if json.load(answer).get("health") == "true":
                        return
            except OSError:
                pass
            if time.monotonic() > deadline or self.process.poll() is not None:
                sys.exit("etcd does not start")
            time.sleep(0.02)

    def resident(self):
        with open(f"/proc/{self.process.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory)


def one_round(work, objects):
    directory = os.path.join(work, "sqlite")
    os.mkdir(directory)
    embedded = figures("sqlite", os.path.join(directory, "store.db"), objects)
    shutil.rmtree(directory)
    etcd = Etcd(os.path.join(work, "etcd"))
    try:
        idle = etcd.resident()
        peer = figures("etcd", etcd.url, objects)
        peer["memory_mb"] = etcd.resident() - idle
    finally:
        etcd.end()
    return embedded, peer


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--directory", help="where both keep their files; the default is the usual one for such")
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    rounds = []
    with tempfile.TemporaryDirectory(prefix="apus-store-", dir=options.directory) as work:
        for number in range(options.rounds):
            print(f"... round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
            rounds.append(one_round(work, options.objects))
    rows = []
    for title, name, unit, more_is_better in FIGURES:
        ours, theirs = (statistics.median(one[side][name] for one in rounds) for side in (0, 1))
        rows.append((title, unit, ours, theirs, ours / theirs if theirs else None, more_is_better))
    print(f"{options.objects} objects of 500 bytes; medians of {options.rounds} rounds")
    print(f"{'figure':28} {'unit':5} {'embedded':>10} {'etcd':>10} {'ratio':>8}")
    for title, unit, ours, theirs, ratio, more_is_better in rows:
        better = "" if ratio is None or (ratio >= 1) == more_is_better else "  worse"
        shown = "–" if ratio is None else f"{ratio:.3f}"
        print(f"{title:28} {unit:5} {ours:10.2f} {theirs:10.2f} {shown:>8}{better}")
    if options.json:
        with open(options.json, "w") as file:
            json.dump([{"embedded": ours, "etcd": theirs} for ours, theirs in rounds], file, indent=1)


if __name__ == "__main__":
    main()
