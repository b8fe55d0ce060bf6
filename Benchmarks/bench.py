#!/usr/bin/env python3
"""Each headline figure of Apus as a ratio to its peer, measured in turn in one run.

The peers are Debian's dockerd, bare crun, and a bridge made by hand. Each engine lives in a network namespace of its
own with one neighbour; samples alternate between the two, so that noise meets both. See `Benchmarks/run`.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "Tests", "System"))

import engines  # noqa: E402
import images  # noqa: E402
import network_figures  # noqa: E402
import registries  # noqa: E402


class Api:
    """The Docker API of one engine over kept-alive connections, one for each thread."""

    def __init__(self, path):
        self.path, self.local = path, threading.local()

    def __call__(self, method, url, body=None, fine=(), raw=None):
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection("docker", timeout=300)
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.settimeout(300)
                connection.sock.connect(self.path)
            text = raw if raw is not None else None if body is None else json.dumps(body)
            try:
                connection.request(method, "/v1.41" + url, text, {"Content-Type": "application/json"} if text else {})
                answer = connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.getheader("Connection") == "close":
            self.local.connection = None
        if answer.status >= 400 and answer.status not in fine:
            raise RuntimeError(f"{method} {url}: {answer.status} {data[:300]}")
        try:
            return json.loads(data)
        except ValueError:
            return data

    def create(self, command, image="busybox", ports=()):
        body = {"Image": image, "Cmd": command}
        if ports:
            body["ExposedPorts"] = {f"{inside}/tcp": {} for inside, _ in ports}
            bindings = {f"{inside}/tcp": [{"HostPort": str(outside)}] for inside, outside in ports}
            body["HostConfig"] = {"PortBindings": bindings}
        return self("POST", "/containers/create", body)["Id"]

    def start(self, container):
        self("POST", f"/containers/{container}/start")

    def remove(self, container):
        self("DELETE", f"/containers/{container}?force=1&v=1", fine=(404,))

    def pid(self, container):
        return self("GET", f"/containers/{container}/json")["State"]["Pid"]

    def address(self, container):
        return self("GET", f"/containers/{container}/json")["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]


class Side:
    """One engine with its host, API and registry."""

    def __init__(self, kind, work):
        self.name, self.work = kind, os.path.join(work, kind)
        self.network = engines.Network()
        self.engine = engines.KINDS[kind](os.path.join(self.work, "engine"), self.network, instance="bench")
        self.engine.start()
        self.api = Api(self.engine.socket)
        for image, reference in ((images.busybox(), "busybox:latest"),):
            self.api("POST", "/images/load?quiet=1", raw=image.archive(reference))

    def close(self):
        try:
            for one in self.api("GET", "/containers/json?all=1"):
                self.api.remove(one["Id"])
        finally:
            self.engine.stop()
            self.engine.remove()
            self.network.close()


def milliseconds(action):
    began = time.monotonic()
    action()
    return (time.monotonic() - began) * 1000


def alternate(sides, action, count, warm=1):
    """`count` samples of `action(side)` from each side, in turn: {side's name: samples}."""
    samples = {side.name: [] for side in sides}
    for number in range(count + warm):
        for side in sides:
            value = action(side)
            if number >= warm:
                samples[side.name].append(value)
    return samples


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
    name, tag = reference.rsplit(":", 1)
    began = time.monotonic()
    answer = side.api("POST", f"/images/create?fromImage={name}&tag={tag}")
    took = time.monotonic() - began
    if isinstance(answer, bytes) and b'"error"' in answer:
        raise RuntimeError(answer[-300:])
    return took


def iperf(server, client, address, port=5201, seconds=3):
    """Throughput in Gbit/s from `client` to `address`, a server being run in `server` on port 5201."""
    listener = subprocess.Popen(
        server.command("iperf3", "-s", "-1"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(100):
            if ":5201" in server.run("ss", "-ltn").stdout:
                break
            time.sleep(0.02)
        done = client.run("iperf3", "-c", address, "-p", str(port), "-t", str(seconds), "-J", timeout=60)
        return json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e9
    finally:
        listener.kill()
        listener.wait()


def hand_made():
    """A bridge with two namespaces on it, as a person would make it: (namespace, namespace, address of the first)."""
    host, ends = engines.Namespace.create(), [engines.Namespace.create() for _ in range(2)]
    host.run("ip", "link", "add", "br0", "type", "bridge")
    host.run("ip", "link", "set", "br0", "up")
    for number, end in enumerate(ends):
        host.run("ip", "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", end.path)
        host.run("ip", "link", "set", f"v{number}", "master", "br0", "up")
        end.run("ip", "address", "add", f"10.99.0.{number + 1}/24", "dev", "eth0")
        end.run("ip", "link", "set", "eth0", "up")
    return host, ends, "10.99.0.1"


def throughput(sides, count, seconds):
    """{name: (container to container, outside to published port)} as shares of the bridge made by hand, by pairs."""
    host, ends, address = hand_made()
    places = {}
    for side in sides:
        port = side.network.host.free_port()
        first, second = (side.api.create(["sleep", "100000"], ports=ports) for ports in (((5201, port),), ()))
        for container in (first, second):
            side.api.start(container)
        namespaces = [engines.Namespace.of_process(side.api.pid(one)) for one in (first, second)]
        places[side.name] = (side, namespaces, side.api.address(first), port, (first, second))
    shares = {side.name: ([], []) for side in sides}
    absolute = []
    for _ in range(count):
        bare = iperf(ends[0], ends[1], address, seconds=seconds)
        absolute.append(bare)
        for name, (side, namespaces, inside, port, _) in places.items():
            shares[name][0].append(iperf(namespaces[0], namespaces[1], inside, seconds=seconds) / bare)
            outside = iperf(namespaces[0], side.network.neighbour, engines.Network.address, port, seconds)
            shares[name][1].append(outside / bare)
    for side, namespaces, _, _, containers in places.values():
        for namespace in namespaces:
            namespace.close()
        for container in containers:
            side.api.remove(container)
    for namespace in (host, *ends):
        namespace.close()
    return shares, absolute


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


ALL = ("life", "hundred", "start", "memory", "pull", "throughput", "networks")


def measure(sides, options, work, table):
    quick, wanted = options.quick, options.only.split(",") if options.only else ALL
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
    if "throughput" in wanted:
        progress("throughput")
        shares, absolute = throughput(sides, 2 if quick else 5, 1 if quick else 3)
        shares = {name: [statistics.median(one) for one in pair] for name, pair in shares.items()}
        bare = statistics.median(absolute)
        for index, (title, bound) in enumerate((("container to container", 0.97), ("outside to published port", 0.95))):
            for name, pair in shares.items():
                label = f"TCP, {title}" + ("" if name == "apus" else f" ({name})")
                table.add(label, "Gbit/s", pair[index] * bare, bare, "hand-made bridge", ("≥", bound) if name == "apus" else None)


    if "networks" in wanted:
        network_figures.measure(sides, options, work, table, progress, alternate)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few samples: for trying the program, not for figures")
    parser.add_argument("--only", default="", help="figures to measure, of: " + ", ".join(ALL))
    parser.add_argument("--peer-only", action="store_true", help="measure the peers without Apus")
    parser.add_argument("--json", default="", help="also write the rows here")
    options = parser.parse_args()
    work, sides, table = tempfile.mkdtemp(prefix="apus-bench-"), [], Table()
    try:
        for kind in ("dockerd",) if options.peer_only else ("dockerd", "apus"):
            sides.append(Side(kind, work))
        measure(sides, options, work, table)
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
