"""Names: the embedded resolver's questions a second, against those of aardvark-dns under podman."""

import contextlib
import statistics
import subprocess

import images
import traffic
from podman import Podman
from sides import Guest


def load(namespace, server, name, work, seconds, outstanding):
    """(questions/s, 99th percentile in µs) of a name server that is asked for one name from inside a namespace."""
    done = subprocess.run(
        ["nsenter", "--net=" + namespace, traffic.program("dnsload", work), server, name, str(seconds), str(outstanding)], capture_output=True,
        text=True, check=True)  # fmt: skip
    rate, _, last, lost = map(float, done.stdout.split())
    if lost:
        raise RuntimeError(f"{server}: {lost:.0f} questions without an answer")
    return rate, last


def against_aardvark(sides, count, seconds, work, table):
    """Two containers on a user-defined network on each side, `asker` and `web`; the first asks for the second."""
    network, outstanding = "bench-names", 16
    with contextlib.ExitStack() as stack:
        peer = stack.enter_context(contextlib.closing(Podman()))
        peer("load", input=images.busybox().archive("localhost/busybox:latest"))
        peer("network", "create", network)
        peer.run("web", network, "localhost/busybox", "sleep", "100000")
        asker = f"/proc/{peer.run('asker', network, 'localhost/busybox', 'sleep', '100000')}/ns/net"
        server = peer("network", "inspect", "--format", "{{(index .Subnets 0).Gateway}}", network)
        measures = {"aardvark": lambda: load(asker, server, "web", work, seconds, outstanding)[0]}
        for side in (side for side in sides if side.name == "apus"):
            side.api("POST", "/networks/create", {"Name": network})
            stack.callback(side.api, "DELETE", f"/networks/{network}")
            guests = [stack.enter_context(contextlib.closing(Guest(side, network=network, name=name)))
                      for name in ("web", "asker")]  # fmt: skip
            measures["apus"] = lambda: load(guests[1].namespace.path, "127.0.0.11", "web", work, seconds, outstanding)[0]
        samples = traffic.rounds(measures, count)
    middle = statistics.median(samples["aardvark"])
    ours = traffic.ratio(samples, "apus", "aardvark") * middle if "apus" in samples else None
    table.add(f"embedded names, {outstanding} outstanding", "queries/s", ours, middle, "aardvark-dns", ("≥", 1.5))
