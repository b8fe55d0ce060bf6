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


def bridges(sides, stack):
    """The paths to compare with: over a bridge made by hand on the host of the engine, the last of the sides, and over one
    on a host where nothing else is, no firewall either."""
    paths = {}
    for name, host in (("same host", sides[-1].network.host), ("empty host", None)):
        bridge = stack.enter_context(contextlib.closing(traffic.Bridge(host)))
        paths[name] = traffic.path(*bridge.ends, bridge.address)
    return paths


def throughput(sides, count, seconds, work, table):
    """Containers on the default bridge: among each other, and from outside by a published port."""
    with contextlib.ExitStack() as stack:
        within = bridges(sides, stack)
        outside = dict(within)
        for side in sides:
            port = side.network.host.free_port()
            first = stack.enter_context(contextlib.closing(Guest(side, ports=((traffic.PORT, port),))))
            second = stack.enter_context(contextlib.closing(Guest(side)))
            within[side.name] = traffic.path(first.namespace, second.namespace, side.api.address(first.id))
            outside[side.name] = traffic.path(first.namespace, side.network.neighbour, engines.Network.address, port)
        for title, paths, bound in (("container to container", within, 0.97), ("outside to published port", outside, 0.95)):
            samples = traffic.throughput(paths, count, seconds, work)
            rows(table, samples, title, "same host", "hand-made bridge", ("≥", bound))
            rows(table, samples, title, "empty host", "the same, no firewall", None, ("apus",))


def user_network(sides, count, seconds, work, table):
    """Containers on a network that a user made, among each other."""
    with contextlib.ExitStack() as stack:
        paths, network = bridges(sides, stack), "bench-user"
        for side in sides:
            side.api("POST", "/networks/create", {"Name": network})
            stack.callback(side.api, "DELETE", f"/networks/{network}")
            first, second = (stack.enter_context(contextlib.closing(Guest(side, network=network))) for _ in range(2))
            paths[side.name] = traffic.path(first.namespace, second.namespace, side.api.address(first.id, network))
        samples, title = traffic.throughput(paths, count, seconds, work), "container to container, user-defined network"
        rows(table, samples, title, "same host", "hand-made bridge", ("≥", 0.98))
        rows(table, samples, title, "empty host", "the same, no firewall", None, ("apus",))


def loopback(sides, count, seconds, work, table):
    """From the host to a port that is published on 127.0.0.1, which the kernel leads on: beside a bare veth pair of the
    same host, one of a host without a firewall, and the two rules that would do the same."""
    with contextlib.ExitStack() as stack:
        paths = {}
        for name, host in (("same host", sides[-1].network.host), ("empty host", None)):
            pair = stack.enter_context(contextlib.closing(traffic.Pair(host)))
            paths[name] = traffic.path(pair.ends[0], pair.host, pair.address)
        hand = stack.enter_context(contextlib.closing(traffic.Translated()))
        paths["hand"] = traffic.path(hand.ends[0], hand.host, "127.0.0.1", hand.port)
        paths.update(published(sides, "127.0.0.1", stack))
        samples, title = traffic.throughput(paths, count, seconds, work), "127.0.0.1 to published port"
        rows(table, samples, title, "same host", "bare veth pair", ("≥", 0.95))
        rows(table, samples, title, "empty host", "the same, no firewall", None, ("apus",))
        rows(table, samples, title, "hand", "hand-made rules", None, ("apus",))


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
