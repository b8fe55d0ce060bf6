"""TCP throughput between network namespaces, and the namespaces that a person would make by hand to compare with."""

import os
import statistics
import subprocess

import engines

HERE = os.path.dirname(os.path.abspath(__file__))
PORT = 5201


def program(name, work, *flags):
    """A program of this directory, compiled once."""
    path = os.path.join(work, name)
    if not os.path.exists(path):
        subprocess.run(["gcc", "-O2", *flags, "-o", path, os.path.join(HERE, name + ".c")], check=True)
    return path


def path(server, client, address, port=PORT):
    """From `client` to `address`, which leads to `server` and there to `PORT`."""
    return server.path, str(PORT), client.path, address, str(port)


def throughput(paths, count, seconds, work):
    """{name: Gbit/s of each of `count` rounds} of `{name: path(…)}`, slices of all paths in turn."""
    words = [word for name, one in paths.items() for word in (name, *one)]
    done = subprocess.run(
        [program("tcpload", work, "-pthread"), str(int(seconds * 1000)), str(count), *words],
        capture_output=True, text=True, timeout=60 + 2 * seconds * count * len(paths),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"tcpload: {done.stderr}")
    return {line.split()[0]: [float(one) for one in line.split()[1:]] for line in done.stdout.splitlines()}


def rounds(measures, count):
    """`count` rounds of `{name: action}`, every second one backwards, so that what drifts favours nobody:
    {name: samples}."""
    samples = {name: [] for name in measures}
    for number in range(count):
        for name in measures if number % 2 == 0 else reversed(measures):
            samples[name].append(measures[name]())
    return samples


def ratio(samples, name, base):
    """The middle one of the rounds' ratios."""
    return statistics.median(one / other for one, other in zip(samples[name], samples[base]))


class Namespaces:
    """Namespaces that are closed together."""

    def __init__(self, count):
        self.all = [engines.Namespace.create() for _ in range(count)]

    def close(self):
        for namespace in self.all:
            namespace.close()


class Pair(Namespaces):
    """Two namespaces joined by a veth pair, and nothing between them."""

    def __init__(self):
        super().__init__(2)
        self.host, self.end = self.all
        self.address = "10.98.0.2"
        self.host.run("ip", "link", "add", "v0", "type", "veth", "peer", "name", "eth0", "netns", self.end.path)
        for namespace, link, address in ((self.host, "v0", "10.98.0.1"), (self.end, "eth0", self.address)):
            namespace.run("ip", "address", "add", address + "/24", "dev", link)
            namespace.run("ip", "link", "set", link, "up")


class Bridge(Namespaces):
    """A bridge in one namespace, and two others on it."""

    def __init__(self):
        super().__init__(3)
        host, *self.ends = self.all
        self.address = "10.99.0.1"
        host.run("ip", "link", "add", "br0", "type", "bridge")
        host.run("ip", "link", "set", "br0", "up")
        for number, end in enumerate(self.ends):
            host.run("ip", "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", end.path)
            host.run("ip", "link", "set", f"v{number}", "master", "br0", "up")
            end.run("ip", "address", "add", f"10.99.0.{number + 1}/24", "dev", "eth0")
            end.run("ip", "link", "set", "eth0", "up")


class Tunnel(Namespaces):
    """On each of two hosts a bridge with one namespace on it, and a VXLAN between the hosts whose tables say it all."""

    def __init__(self, hosts, addresses, mtu, identifier=777000):
        super().__init__(2)
        self.ends, self.address = self.all, "10.97.0.1"
        inside = [f"10.97.0.{number + 1}" for number in range(2)]
        macs = [f"02:97:00:00:00:0{number + 1}" for number in range(2)]
        for number, (host, end) in enumerate(zip(hosts, self.ends)):
            local, remote = addresses[number], addresses[1 - number]
            host.run("ip", "link", "add", "hand0", "mtu", str(mtu), "type", "bridge")
            host.run("ip", "link", "add", "handx", "mtu", str(mtu), "type", "vxlan", "id", str(identifier), "local", local,
                     "dstport", "4789", "nolearning")  # fmt: skip
            host.run("ip", "link", "add", "handv", "mtu", str(mtu), "type", "veth", "peer", "name", "eth0", "address",
                     macs[number], "mtu", str(mtu), "netns", end.path)  # fmt: skip
            for link in ("handx", "handv"):
                host.run("ip", "link", "set", link, "master", "hand0", "up")
            host.run("ip", "link", "set", "hand0", "up")
            host.run("bridge", "fdb", "replace", macs[1 - number], "dev", "handx", "dst", remote, "self", "permanent")
            host.run("bridge", "fdb", "replace", macs[1 - number], "dev", "handx", "master", "static")
            end.run("ip", "address", "add", inside[number] + "/24", "dev", "eth0")
            end.run("ip", "link", "set", "eth0", "up")
            end.run("ip", "neighbour", "replace", inside[1 - number], "lladdr", macs[1 - number], "dev", "eth0")
