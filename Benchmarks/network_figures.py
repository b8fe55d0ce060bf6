"""Figures of networks: changes by API, attaching to a large network, names, and a restart with many containers."""

import statistics
import subprocess
import threading
import time

import resolver_figures
from sides import milliseconds


def made(side, name, **more):
    return side.api("POST", "/networks/create", {"Name": name, **more})["Id"]


def create_and_remove(side, number=[0]):
    """(create, remove) of a bridge network, in ms."""
    number[0] += 1
    name = f"bench-{number[0]}"
    create = milliseconds(lambda: made(side, name))
    return create, milliseconds(lambda: side.api("DELETE", f"/networks/{name}"))


def connect_and_disconnect(side):
    """(connect, disconnect) of a running container, in ms."""
    if not getattr(side, "guest", None):
        side.guest = side.api.create(["sleep", "100000"])
        side.api.start(side.guest)
        side.other = made(side, "bench-other")
    connect = milliseconds(
        lambda: side.api("POST", f"/networks/{side.other}/connect", {"Container": side.guest}))  # fmt: skip
    return connect, milliseconds(
        lambda: side.api("POST", f"/networks/{side.other}/disconnect", {"Container": side.guest}))  # fmt: skip


def attachments(side, count, around=25):
    """What one of the last of `count` attachments to one network costs, as two ratios, medians of `around` each.

    To an attachment to a network with one other endpoint, by turns, so that both meet the same host; and to the first
    ones, before there was anything else on the host, which a host whose speed changes meanwhile makes larger or smaller.
    Containers are started before, and before each that is measured all is quiet for a moment: it is the attachment that
    is measured, and not what another operation has left to do.
    """
    large = made(side, "bench-large", IPAM={"Config": [{"Subnet": "10.200.0.0/16"}]})
    small = made(side, "bench-small")
    guests = []

    def started(number):
        new = [side.api.create(["sleep", "100000"]) for _ in range(number)]
        guests.extend(new)
        for guest in new:
            side.api.start(guest)
        time.sleep(1)
        return new

    def attach(network, guest):
        side.api("POST", f"/networks/{network}/connect", {"Container": guest})

    def measured(network, guest):
        time.sleep(0.05)
        return milliseconds(lambda: attach(network, guest))

    try:
        attach(small, started(1)[0])
        # The very first is left out: it meets what no later one does.
        first = [measured(large, guest) for guest in started(around + 1)][1:]
        for guest in started(count - 2 * around - 1):
            attach(large, guest)
        last, second = [], []
        for one, other in zip(started(around), started(around)):
            last.append(measured(large, one))
            second.append(measured(small, other))
            side.api("POST", f"/networks/{small}/disconnect", {"Container": other})
        cost = statistics.median(last)
        return cost / statistics.median(second), cost / statistics.median(first)
    finally:
        for guest in guests:
            side.api.remove(guest)
        for network in (large, small):
            side.api("DELETE", f"/networks/{network}")


def names(side, work, seconds, outstanding):
    """(queries/s, p99 in µs) of the embedded resolver, asked from inside a container."""
    network = made(side, "bench-names")
    guests = []
    try:
        for name in ("asker", "web"):
            guests.append(side.api.create(["sleep", "100000"], network="bench-names", name=name))
            side.api.start(guests[-1])
        namespace = f"/proc/{side.api.pid(guests[0])}/ns/net"
        return resolver_figures.load(namespace, "127.0.0.11", "web", work, seconds, outstanding)
    finally:
        for guest in guests:
            side.api.remove(guest)
        side.api("DELETE", f"/networks/{network}")


def restart(side, containers, networks):
    """(ms until the API answers again, longest pause of traffic in ms) of a restart with containers on many networks."""
    made_networks = [made(side, f"bench-restart-{number}") for number in range(networks)]
    guests = []
    try:
        for number in range(containers):
            guest = side.api("POST", "/containers/create", {
                "Image": "busybox", "Cmd": ["sleep", "100000"],
                "HostConfig": {"NetworkMode": f"bench-restart-{number % networks}"}})["Id"]  # fmt: skip
            guests.append(guest)
            side.api.start(guest)
        inspected = [side.api("GET", f"/containers/{guests[index]}/json") for index in (0, networks)]
        address = next(iter(inspected[1]["NetworkSettings"]["Networks"].values()))["IPAddress"]
        namespace = f"--net=/proc/{inspected[0]['State']['Pid']}/ns/net"
        pinger = subprocess.Popen(
            ["nsenter", namespace, "ping", "-i", "0.01", "-D", "-W", "1", address], stdout=subprocess.PIPE, text=True)  # fmt: skip
        stamps = []

        def read():
            for line in pinger.stdout:
                if line.startswith("[") and "time=" in line:
                    stamps.append(float(line[1 : line.index("]")]))

        reader = threading.Thread(target=read)
        reader.start()
        time.sleep(0.5)
        side.engine.stop()
        took = milliseconds(side.engine.start)
        time.sleep(0.5)
        pinger.terminate()
        pinger.wait()
        reader.join()
        pause = max(b - a for a, b in zip(stamps, stamps[1:])) * 1000
        return took, pause
    finally:
        for guest in guests:
            side.api.remove(guest)
        for network in made_networks:
            side.api("DELETE", f"/networks/{network}")


def measure(sides, options, work, table, progress, alternate):
    """All of them, as rows of the table."""
    quick, apus = options.quick, next((side for side in sides if side.name == "apus"), None)

    def row(title, unit, samples, target, place=None):
        found = {name: statistics.median(one[place] if place is not None else one for one in values)
                 for name, values in samples.items()}  # fmt: skip
        table.add(title, unit, found.get("apus"), found.get("dockerd"), "dockerd", target)

    progress("networks: create, remove, connect, disconnect")
    samples = alternate(sides, create_and_remove, 5 if quick else 20, warm=2)
    row("network create", "ms", samples, ("≤", 1 / 15), 0)
    row("network remove", "ms", samples, ("≤", 1 / 30), 1)
    samples = alternate(sides, connect_and_disconnect, 5 if quick else 20, warm=2)
    row("network connect", "ms", samples, ("≤", 1 / 8), 0)
    row("network disconnect", "ms", samples, ("≤", 1 / 12), 1)
    progress("names")
    for outstanding, bound in ((1, None), (16, ("≥", 2.5))):
        samples = alternate(
            sides, lambda side: names(side, work, 1 if quick else 3, outstanding), 2 if quick else 5, warm=0)  # fmt: skip
        row(f"embedded names, {outstanding} outstanding", "queries/s", samples, bound, 0)
    if apus:
        last = statistics.median(one[1] for one in samples["apus"]) / 1000
        table.add("  the same, 99 of 100 within", "ms", last, None, "", ("≤", 0.3))
        count, around = (50, 10) if quick else (500, 25)
        progress(f"{count} attachments to one network")
        by_turns, since = attachments(apus, count, around)
        table.add(f"attachment number {count} as a ratio to number 2, by turns", "", by_turns, None, "", ("≤", 1.3))
        table.add(f"  the same to the first {around} on an empty host", "", since, None, "", None)
        containers, networks = (20, 4) if quick else (200, 20)
        progress(f"restart with {containers} containers on {networks} networks")
        took, pause = restart(apus, containers, networks)
        table.add(f"restart with {containers} containers on {networks} networks, to the API", "ms", took, None, "", ("≤", 500))
        table.add("  the same, longest pause of a ping each 10 ms", "ms", pause, None, "", None)
