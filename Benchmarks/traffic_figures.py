"""Figures of throughput: on one host, and into it by a published port."""

import contextlib
import statistics

import engines
import traffic
from sides import Guest


def rows(table, samples, title, base, base_name, target, show=("apus", "dockerd")):
    """A row for each side, as a share of `base`; Apus is measured by `target`."""
    middle = statistics.median(samples[base])
    for name in (name for name in show if name in samples):
        label = f"TCP, {title}" + ("" if name == "apus" else f" ({name})")
        share = traffic.ratio(samples, name, base)
        table.add(label, "Gbit/s", share * middle, middle, base_name, target if name == "apus" else None)


def throughput(sides, count, seconds, table):
    """Containers on the default bridge: among each other, and from outside by a published port."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Bridge()))
        within = {"bare": lambda: traffic.throughput(*bare.ends, bare.address, seconds=seconds)}
        outside = {"bare": within["bare"]}
        for side in sides:
            port = side.network.host.free_port()
            first = stack.enter_context(contextlib.closing(Guest(side, ports=((traffic.PORT, port),))))
            second = stack.enter_context(contextlib.closing(Guest(side)))
            inside = side.api.address(first.id)
            within[side.name] = lambda first=first, second=second, inside=inside: traffic.throughput(
                first.namespace, second.namespace, inside, seconds=seconds)  # fmt: skip
            outside[side.name] = lambda first=first, side=side, port=port: traffic.throughput(
                first.namespace, side.network.neighbour, engines.Network.address, port, seconds)  # fmt: skip
        for title, measures, bound in (("container to container", within, 0.97), ("outside to published port", outside, 0.95)):
            rows(table, traffic.rounds(measures, count), title, "bare", "hand-made bridge", ("≥", bound))


def user_network(sides, count, seconds, table):
    """Containers on a network that a user made, among each other."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Bridge()))
        measures = {"bare": lambda: traffic.throughput(*bare.ends, bare.address, seconds=seconds)}
        for side in sides:
            network = "bench-user"
            side.api("POST", "/networks/create", {"Name": network})
            stack.callback(side.api, "DELETE", f"/networks/{network}")
            ends = [stack.enter_context(contextlib.closing(Guest(side, network=network))) for _ in range(2)]
            inside = side.api.address(ends[0].id, network)
            measures[side.name] = lambda ends=ends, inside=inside: traffic.throughput(
                *(end.namespace for end in ends), inside, seconds=seconds)  # fmt: skip
        samples = traffic.rounds(measures, count)
        rows(table, samples, "container to container, user-defined network", "bare", "hand-made bridge", ("≥", 0.98))


def loopback(sides, count, seconds, table):
    """From the host to a port that is published on 127.0.0.1, which the kernel leads on."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Pair()))
        measures = {"bare": lambda: traffic.throughput(bare.end, bare.host, bare.address, seconds=seconds)}
        published(sides, measures, "127.0.0.1", seconds, stack)
        samples = traffic.rounds(measures, count)
        rows(table, samples, "127.0.0.1 to published port", "bare", "bare veth pair", ("≥", 0.95))


def proxy(sides, count, seconds, table):
    """From the host to a port that is published on [::1] of a container without IPv6: only user space leads on."""
    with contextlib.ExitStack() as stack:
        measures = {}
        published(sides, measures, "::1", seconds, stack)
        samples = traffic.rounds(measures, count)
    if len(samples) == 2:
        rows(table, samples, "[::1] to published port, by user space", "dockerd", "docker-proxy", ("≥", 1.2), ("apus",))


def published(sides, measures, address, seconds, stack):
    for side in sides:
        port = side.network.host.free_port()
        guest = stack.enter_context(contextlib.closing(Guest(side, ports=((traffic.PORT, port),))))
        measures[side.name] = lambda side=side, guest=guest, port=port: traffic.throughput(
            guest.namespace, side.network.host, address, port, seconds)  # fmt: skip
