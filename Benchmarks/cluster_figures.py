#!/usr/bin/env python3
"""The cluster's API under load: creates, gets, lists, watches, memory, and the time until it is ready.

Measures `apus server` with an empty directory of its own and, with `--peer KUBECONFIG`, another API server in the same
run: kube-apiserver with etcd, say, on the same machine. Without a peer, figures of kube-apiserver 1.36 with etcd 3.6 that
were once measured on two shared cores stand beside: for orientation, no comparison. See `Benchmarks/cluster`.
"""

import argparse
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import h2.config
import h2.connection
import h2.events
import h2.settings
import yaml

HERE = os.path.dirname(os.path.abspath(__file__))

COLLECTION = "/api/v1/namespaces/apiload/configmaps"

# Figure, its name, unit, whether more is better, what kube-apiserver once had, and how much better it shall be.
FIGURES = (
    ("ready, nothing stored", "ready_empty_ms", "ms", False, 2600, "250 ms"),
    ("ready, 10,000 objects stored", "ready_full_ms", "ms", False, None, "500 ms"),
    ("memory, idle", "memory_idle_mb", "MB", False, 328, "60 MB"),
    ("memory, 10,000 objects", "memory_full_mb", "MB", False, None, ""),
    ("creates, 16 connections", "creates_per_s", "1/s", True, 1500, "4 x"),
    ("create, 99 of 100", "create_p99_ms", "ms", False, 31, ""),
    ("gets, 16 connections", "gets_per_s", "1/s", True, 2700, "5 x"),
    ("get, 99 of 100", "get_p99_ms", "ms", False, 18, ""),
    ("gets, a service account's token", "token_gets_per_s", "1/s", True, None, ""),
    ("list of 10,000", "list_ms", "ms", False, 90, "8 x"),
    ("list of 10,000 in protobuf", "list_protobuf_ms", "ms", False, None, ""),
    ("list in pages of 500", "pages_ms", "ms", False, 197, ""),
    ("POST to event, median", "watch_p50_ms", "ms", False, 1.9, ""),
    ("POST to event, 99 of 100", "watch_p99_ms", "ms", False, 25, "3 x"),
    ("processor an event, 1 watch", "event_cpu_1_us", "us", False, None, ""),
    ("processor an event, 1,000 watches", "event_cpu_1000_us", "us", False, None, ""),
    ("  the same for one watch's event", "event_cpu_each_us", "us", False, None, ""),
    ("processor an event, 1 watch of HTTP/2", "event_cpu_h2_1_us", "us", False, None, ""),
    ("  1,000 watches, 100 a connection", "event_cpu_h2_us", "us", False, None, "2 x that"),
    ("  1,000 watches of an object each", "event_cpu_named_us", "us", False, None, ""),
    ("memory a watch, 100 a connection", "watch_memory_h2_kb", "KB", False, None, "20 KB"),
    ("memory a watch, each its own TLS", "watch_memory_kb", "KB", False, None, ""),
)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def drain(stream):
    """Reads until the connection ends."""
    # What ends it may be this side's shutdown, in the midst of a record.
    with contextlib.suppress(OSError):
        while stream.recv(1 << 20):
            pass


class Side:
    """An API server under load, and the processes that it consists of."""

    def __init__(self, kubeconfig, work, processes):
        self.processes = processes
        with open(kubeconfig) as file:
            config = yaml.safe_load(file)
        context = next(one["context"] for one in config["contexts"] if one["name"] == config["current-context"])
        cluster = next(one["cluster"] for one in config["clusters"] if one["name"] == context["cluster"])
        user = next(one["user"] for one in config["users"] if one["name"] == context["user"])
        paths = []
        for place, key in ((cluster, "certificate-authority"), (user, "client-certificate"), (user, "client-key")):
            path = place.get(key)
            if not path:
                path = os.path.join(work, key)
                with open(path, "wb") as file:
                    file.write(base64.b64decode(place[key + "-data"]))
            paths.append(path)
        url = urllib.parse.urlsplit(cluster["server"])
        self.command = [os.environ["APILOAD"], url.hostname, str(url.port or 443), *paths]
        self.environment = {**os.environ, "KUBECONFIG": kubeconfig}

    def load(self, *arguments, **environment):
        done = subprocess.run(
            [*self.command, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, **environment})
        if done.returncode:
            sys.exit(f"apiload {arguments[0]}: {done.stderr}")
        return json.loads(done.stdout)

    def kubectl(self, *arguments, check=True):
        return subprocess.run(
            ["kubectl", *arguments], env=self.environment, stdout=subprocess.DEVNULL, check=check
        )

    def token(self):
        """That of a service account which may do everything."""
        self.kubectl("create", "serviceaccount", "apiload", "--namespace", "apiload")
        self.kubectl(
            "create", "clusterrolebinding", "apiload", "--clusterrole", "cluster-admin", "--serviceaccount", "apiload:apiload")
        command = ["kubectl", "create", "token", "apiload", "--namespace", "apiload"]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True).stdout.strip()

    def memory(self):
        """Bytes that belong to the processes alone, and what of files is in memory for them."""
        total = 0
        for process in self.processes():
            with open(f"/proc/{process}/statm") as file:
                total += int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
        return total

    def processor(self):
        """Seconds of processor time so far."""
        total = 0
        for process in self.processes():
            with open(f"/proc/{process}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
        return total

    def watchers(self, count, events, rate, prefix):
        """Memory and processor time that watches cost: (bytes a watch, seconds an event)."""
        before = self.memory()
        program = subprocess.Popen(
            [*self.command, "watchers", str(count), str(events), str(rate), prefix],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert program.stdout.readline() == "open\n"
        memory, start = self.memory() - before, self.processor()
        program.stdin.write("go\n")
        program.stdin.flush()
        if program.wait():
            sys.exit("apiload watchers failed")
        return memory / count, (self.processor() - start) / events

    def shared_watches(self, connections, each, prefix, named=False):
        """Memory and processor time of watches that share connections, as clients with HTTP/2 have them, client-go for
        one: (bytes a watch, seconds an event of all watches). They watch everything, or an object each, which nobody
        makes: as nodes watch what their own pods need."""
        host, port, authority, certificate, key = self.command[1:]
        # From now on: what is there already would come first.
        newest = subprocess.run(
            ["kubectl", "get", "--raw", COLLECTION + "?limit=1"], env=self.environment, capture_output=True, check=True)
        path = f"{COLLECTION}?watch=1&resourceVersion={json.loads(newest.stdout)['metadata']['resourceVersion']}"
        tls = ssl.create_default_context(cafile=authority)
        tls.load_cert_chain(certificate, key)
        tls.set_alpn_protocols(["h2"])
        numbers = itertools.count()
        with contextlib.ExitStack() as stack:

            def connect(watches):
                plain = socket.create_connection((host, int(port)))
                stream = stack.enter_context(tls.wrap_socket(plain, server_hostname=host))
                client = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
                client.initiate_connection()
                # Events are read and thrown away: the server may send them all.
                client.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 2**31 - 1})
                client.increment_flow_control_window(2**30)
                answered = 0
                for number in range(watches):
                    wanted = f"{path}&fieldSelector=metadata.name%3Dnamed-{next(numbers)}" if named else path
                    head = {":method": "GET", ":path": wanted, ":authority": host, ":scheme": "https"}
                    client.send_headers(2 * number + 1, list(head.items()), end_stream=True)
                    stream.sendall(client.data_to_send())
                while answered < watches:
                    data = stream.recv(65536)
                    if not data:
                        sys.exit("the server has closed a connection with watches")
                    events = client.receive_data(data)
                    answered += sum(isinstance(event, h2.events.ResponseReceived) for event in events)
                    stream.sendall(client.data_to_send())
                return stream

            # What the first connection brings into memory is there once.
            connect(1)
            before = self.memory()
            streams = [connect(each) for _ in range(connections)]
            memory = (self.memory() - before) / (connections * each)
            readers = [threading.Thread(target=drain, args=(stream,)) for stream in streams]
            for reader in readers:
                reader.start()
            try:
                start = self.processor()
                self.load("watch", 100, 20, prefix)
                processor = self.processor() - start
            finally:
                for stream in streams:
                    stream.shutdown(socket.SHUT_RDWR)
                for reader in readers:
                    reader.join()
            return memory, processor / 100

    def measure(self, objects):
        figures = {"memory_idle_mb": self.memory() / 1e6}
        self.kubectl("create", "namespace", "apiload")
        try:
            created = self.load("create", objects, 16, "c")
            figures.update(creates_per_s=created["per_s"], create_p99_ms=created["p99_ms"])
            got = self.load("get", objects, 16, "c")
            figures.update(gets_per_s=got["per_s"], get_p99_ms=got["p99_ms"])
            got = self.load("get", objects, 16, "c", APILOAD_TOKEN=self.token())
            figures["token_gets_per_s"] = got["per_s"]
            figures["list_ms"] = self.load("list", 10, 0)["p50_ms"]
            figures["pages_ms"] = self.load("list", 5, 500)["p50_ms"]
            figures["memory_full_mb"] = self.memory() / 1e6
            protobuf = self.load("list", 10, 0, APILOAD_ACCEPT="application/vnd.kubernetes.protobuf")
            figures["list_protobuf_ms"] = protobuf["p50_ms"]
            watch = self.load("watch", 1000, 200, "w")
            figures.update(watch_p50_ms=watch["p50_ms"], watch_p99_ms=watch["p99_ms"])
            figures["event_cpu_h2_1_us"] = self.shared_watches(1, 1, "alone")[1] * 1e6
            memory, event = self.shared_watches(10, 100, "shared")
            figures.update(watch_memory_h2_kb=memory / 1e3, event_cpu_h2_us=event * 1e6)
            figures["event_cpu_named_us"] = self.shared_watches(10, 100, "named", named=True)[1] * 1e6
            _, figures["event_cpu_1_us"] = self.watchers(1, 500, 100, "one")
            memory, event = self.watchers(1000, 100, 10, "many")
            figures.update(watch_memory_kb=memory / 1e3, event_cpu_1000_us=event)
            for name in ("event_cpu_1_us", "event_cpu_1000_us"):
                figures[name] *= 1e6
            figures["event_cpu_each_us"] = figures["event_cpu_1000_us"] / 1000
        finally:
            self.kubectl("delete", "namespace", "apiload", "--wait=false", check=False)
            self.kubectl("delete", "clusterrolebinding", "apiload", "--ignore-not-found", check=False)
        return figures


class Apus:
    """`apus server` in a directory of its own."""

    def __init__(self, work):
        self.directory, self.port, self.process = os.path.join(work, "apus"), free_port(), None
        self.work = work
        self.kubeconfig = os.path.join(self.directory, "kubeconfig")

    def start(self):
        command = [
            os.environ["APUS_BINARY"], "server", "--data-dir", self.directory,
            "--api-listen", f"127.0.0.1:{self.port}", "--log-level", "warn",
        ]  # fmt: skip
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def ready(self):
        """Milliseconds from the start of the program until /readyz says so."""
        start = time.monotonic()
        self.start()
        if not os.path.exists(self.kubeconfig):
            # The first start makes the certificates that a client needs.
            while not os.path.exists(self.kubeconfig):
                time.sleep(0.0005)
        self.side().load("ready", 30)
        return (time.monotonic() - start) * 1e3

    def side(self):
        return Side(self.kubeconfig, self.work, lambda: [self.process.pid])

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait()

    def measure(self, objects):
        try:
            empty = self.ready()
            # What a fresh server does in the beginning is not what it costs.
            time.sleep(1)
            figures = {"ready_empty_ms": empty, **self.side().measure(objects)}
            self.stop()
            figures["ready_full_ms"] = self.ready()
            return figures
        finally:
            self.stop()
            shutil.rmtree(self.directory, ignore_errors=True)


def processes_named(*names):
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{number}/comm") as file:
            if file.read().strip() in names:
                found.append(number)
    return found


def show(ours, peer):
    print(f"{'figure':38} {'unit':4} {'apus':>10} {'peer' if peer else 'once':>10} {'ratio':>8}  wanted")
    for title, name, unit, more, once, wanted in FIGURES:
        mine = ours.get(name)
        other = peer.get(name) if peer else once
        ratio = None if not mine or not other else mine / other if more else other / mine
        shown = "–" if ratio is None else f"{ratio:.2f}"
        print(
            f"{title:38} {unit:4} {'–' if mine is None else f'{mine:10.2f}':>10} "
            f"{'–' if other is None else f'{other:10.2f}':>10} {shown:>8}  {wanted}"
        )
    print("ratio: how many times better apus is.")
    if not peer:
        print("once: kube-apiserver 1.36.2 with etcd 3.6 on another day, two shared cores: for orientation alone.")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--peer", metavar="KUBECONFIG", help="another API server, which has no namespace `apiload`")
    parser.add_argument(
        "--peer-processes", default="kube-apiserver,etcd", help="the names of the peer's processes, for memory and time")
    parser.add_argument("--directory", help="where files are kept; the default is the usual one for such")
    parser.add_argument("--json", help="a file for the figures")
    options = parser.parse_args()
    sides = {"apus": [], "peer": []}
    for number in range(options.rounds):
        print(f"... round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory(prefix="apus-cluster-", dir=options.directory) as work:
            sides["apus"].append(Apus(work).measure(options.objects))
            if options.peer:
                names = options.peer_processes.split(",")
                sides["peer"].append(
                    Side(options.peer, work, lambda: processes_named(*names)).measure(options.objects))
    medians = {
        side: {name: statistics.median(one[name] for one in rounds) for name in rounds[0]} if rounds else {}
        for side, rounds in sides.items()
    }
    print(f"{options.objects} objects; medians of {options.rounds} rounds; TLS, HTTP/1.1, JSON")
    show(medians["apus"], medians["peer"])
    if options.json:
        with open(options.json, "w") as file:
            json.dump(sides, file, indent=1)


if __name__ == "__main__":
    main()
