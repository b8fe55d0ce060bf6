"""TCP throughput between network namespaces, and the namespaces that a person would make by hand to compare with."""

import json
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
    words = [word for name, one in paths.items() for word in (name.replace(" ", "-"), *one)]
    done = subprocess.run(
        [program("tcpload", work, "-pthread"), str(int(seconds * 1000)), str(count), *words],
        capture_output=True, text=True, timeout=60 + 2 * seconds * count * len(paths),
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"tcpload: {done.stderr}")
    lines = [line.split() for line in done.stdout.splitlines()]
    return {name: [float(one) for one in line[1:]] for name, line in zip(paths, lines)}


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
    """Namespaces that are closed together; the first is a host, `host` or a new one, and the others are its `ends`."""

    def __init__(self, count, host=None):
        self.host, self.is_ours = host or engines.Namespace.create(), host is None
        self.ends = [engines.Namespace.create() for _ in range(count)]

    def bridge(self, name, address=None):
        self.host.run("ip", "link", "add", name, "type", "bridge")
        if address:
            self.host.run("ip", "address", "add", address, "dev", name)
        self.host.run("ip", "link", "set", name, "up")

    def veth(self, name, end, address):
        """A pair from the host to an end."""
        self.host.run("ip", "link", "add", name, "type", "veth", "peer", "name", "eth0", "netns", end.path)
        self.host.run("ip", "link", "set", name, "up")
        end.run("ip", "address", "add", address, "dev", "eth0")
        end.run("ip", "link", "set", "eth0", "up")

    def close(self):
        if not self.is_ours:
            for link in json.loads(self.host.run("ip", "-json", "link").stdout):
                if link["ifname"].startswith("hand"):
                    self.host.run("ip", "link", "delete", link["ifname"], check=False)
        for namespace in (*self.ends, *([self.host] if self.is_ours else [])):
            namespace.close()


class Pair(Namespaces):
    """A namespace at one end of a veth pair whose other end is on a host, and nothing between them."""

    def __init__(self, host=None):
        super().__init__(1, host)
        self.address = "10.98.0.2"
        self.veth("hand-p0", self.ends[0], self.address + "/24")
        self.host.run("ip", "address", "add", "10.98.0.1/24", "dev", "hand-p0")


class Bridge(Namespaces):
    """A bridge on a host, and two namespaces on it."""

    def __init__(self, host=None):
        super().__init__(2, host)
        self.address = "10.99.0.1"
        self.bridge("hand-b")
        for number, end in enumerate(self.ends):
            self.veth(f"hand-b{number}", end, f"10.99.0.{number + 1}/24")
            self.host.run("ip", "link", "set", f"hand-b{number}", "master", "hand-b")


class Translated(Namespaces):
    """A host with one namespace on a bridge, and the two rules that lead a port of its 127.0.0.1 there."""

    RULES = """
    table ip hand {{
      chain output {{
        type nat hook output priority -100
        ip daddr 127.0.0.1 tcp dport {port} dnat to {address}:{inside}
      }}
      chain postrouting {{
        type nat hook postrouting priority 100
        oifname hand-t ip saddr 127.0.0.0/8 masquerade
      }}
    }}
    """

    def __init__(self, port=7000):
        super().__init__(1)
        self.port, address = port, "10.96.0.2"
        self.bridge("hand-t", "10.96.0.1/24")
        self.veth("hand-t0", self.ends[0], address + "/24")
        self.host.run("ip", "link", "set", "hand-t0", "master", "hand-t")
        self.host.run("sysctl", "-q", "-w", "net.ipv4.conf.hand-t.route_localnet=1")
        self.host.run("nft", "-f", "-", input=self.RULES.format(port=port, address=address, inside=PORT))


class Tunnel:
    """On each of two hosts a bridge with one namespace on it, and a VXLAN between the hosts whose tables say it all."""

    def __init__(self, hosts, addresses, mtu, identifier=777000):
        self.sides = [Namespaces(1, host) for host in hosts]
        self.ends, self.address = [side.ends[0] for side in self.sides], "10.97.0.1"
        inside = [f"10.97.0.{number + 1}" for number in range(2)]
        macs = [f"02:97:00:00:00:0{number + 1}" for number in range(2)]
        for number, side in enumerate(self.sides):
            host, end, remote = side.host, side.ends[0], addresses[1 - number]
            side.bridge("hand-o")
            host.run("ip", "link", "add", "hand-ox", "type", "vxlan", "id", str(identifier), "local", addresses[number],
                     "dstport", "4789", "nolearning")  # fmt: skip
            host.run("ip", "link", "set", "hand-ox", "master", "hand-o", "up")
            side.veth("hand-o0", end, inside[number] + "/24")
            host.run("ip", "link", "set", "hand-o0", "master", "hand-o")
            end.run("ip", "link", "set", "eth0", "address", macs[number])
            for namespace, link in ((host, "hand-o"), (host, "hand-ox"), (host, "hand-o0"), (end, "eth0")):
                namespace.run("ip", "link", "set", link, "mtu", str(mtu))
            host.run("bridge", "fdb", "replace", macs[1 - number], "dev", "hand-ox", "dst", remote, "self", "permanent")
            host.run("bridge", "fdb", "replace", macs[1 - number], "dev", "hand-ox", "master", "static")
            end.run("ip", "neighbour", "replace", inside[1 - number], "lladdr", macs[1 - number], "dev", "eth0")

    def close(self):
        for side in self.sides:
            side.close()
