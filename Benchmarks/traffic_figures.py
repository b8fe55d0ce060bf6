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


def throughput(sides, count, seconds, work, table):
    """Containers on the default bridge: among each other, and from outside by a published port."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Bridge()))
        within = {"bare": traffic.path(*bare.ends, bare.address)}
        outside = dict(within)
        for side in sides:
            port = side.network.host.free_port()
            first = stack.enter_context(contextlib.closing(Guest(side, ports=((traffic.PORT, port),))))
            second = stack.enter_context(contextlib.closing(Guest(side)))
            within[side.name] = traffic.path(first.namespace, second.namespace, side.api.address(first.id))
            outside[side.name] = traffic.path(first.namespace, side.network.neighbour, engines.Network.address, port)
        for title, paths, bound in (("container to container", within, 0.97), ("outside to published port", outside, 0.95)):
            samples = traffic.throughput(paths, count, seconds, work)
            rows(table, samples, title, "bare", "hand-made bridge", ("≥", bound))


def user_network(sides, count, seconds, work, table):
    """Containers on a network that a user made, among each other."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Bridge()))
        paths, network = {"bare": traffic.path(*bare.ends, bare.address)}, "bench-user"
        for side in sides:
            side.api("POST", "/networks/create", {"Name": network})
            stack.callback(side.api, "DELETE", f"/networks/{network}")
            first, second = (stack.enter_context(contextlib.closing(Guest(side, network=network))) for _ in range(2))
            paths[side.name] = traffic.path(first.namespace, second.namespace, side.api.address(first.id, network))
        samples = traffic.throughput(paths, count, seconds, work)
        rows(table, samples, "container to container, user-defined network", "bare", "hand-made bridge", ("≥", 0.98))


def loopback(sides, count, seconds, work, table):
    """From the host to a port that is published on 127.0.0.1, which the kernel leads on."""
    with contextlib.ExitStack() as stack:
        bare = stack.enter_context(contextlib.closing(traffic.Pair()))
        paths = {"bare": traffic.path(bare.end, bare.host, bare.address), **published(sides, "127.0.0.1", stack)}
        samples = traffic.throughput(paths, count, seconds, work)
        rows(table, samples, "127.0.0.1 to published port", "bare", "bare veth pair", ("≥", 0.95))


def proxy(sides, count, seconds, work, table):
    """From the host to a port that is published on [::1] of a container without IPv6: only user space leads on."""
    with contextlib.ExitStack() as stack:
        samples = traffic.throughput(published(sides, "::1", stack), count, seconds, work)
    if len(samples) == 2:
        rows(table, samples, "[::1] to published port, by user space", "dockerd", "docker-proxy", ("≥", 1.2), ("apus",))


def published(sides, address, stack):
    """{side's name: the path from its host to a published port}."""
    paths = {}
    for side in sides:
        port = side.network.host.free_port()
        guest = stack.enter_context(contextlib.closing(Guest(side, ports=((traffic.PORT, port),))))
        paths[side.name] = traffic.path(guest.namespace, side.network.host, address, port)
    return paths
