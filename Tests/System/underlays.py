"""An underlay: a bridge in a network namespace of its own that hosts are plugged into, and on it the cluster's store.

A host is a network namespace with one link, `uplink`, to the bridge, which is its default gateway. The store can be
stopped and started again with what it had.
"""

import os
import signal
import subprocess
import time

import engines

SERVER = "/usr/bin/etcd"


class Underlay:
    address = "203.0.113.1"

    def __init__(self, directory):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.underlay = engines.Namespace.create()
        self.underlay.run("ip", "link", "add", "underlay", "type", "bridge")
        self.underlay.run("ip", "address", "add", self.address + "/24", "dev", "underlay")
        self.underlay.run("ip", "link", "set", "underlay", "up")
        self.store_url = f"etcd://{self.address}:2379/lab"
        self.store = None

    def plug(self, number):
        """A new host: (its namespace, its address, the name of its link at the bridge)."""
        host, address, port = engines.Namespace.create(), f"203.0.113.{10 + number}", f"host{number}"
        self.underlay.run("ip", "link", "add", port, "type", "veth", "peer", "name", "uplink", "netns", host.path)
        self.underlay.run("ip", "link", "set", port, "master", "underlay", "up")
        host.run("ip", "address", "add", address + "/24", "dev", "uplink")
        host.run("ip", "link", "set", "uplink", "up")
        host.run("ip", "route", "add", "default", "via", self.address)
        return host, address, port

    def engine_flags(self, number):
        """What makes the engine of a host one of the cluster's."""
        return ["--bip", f"172.30.{number}.1/24", "--cluster-store", self.store_url, "--cluster-advertise", "uplink:2376"]

    def start_store(self):
        command = self.underlay.command(
            SERVER, "--data-dir", os.path.join(self.directory, "etcd"), "--log-level", "error",
            "--listen-client-urls", f"http://{self.address}:2379", "--advertise-client-urls", f"http://{self.address}:2379",
            "--listen-peer-urls", f"http://{self.address}:2380",
            "--initial-advertise-peer-urls", f"http://{self.address}:2380",
            "--initial-cluster", f"default=http://{self.address}:2380",
        )  # fmt: skip
        with open(os.path.join(self.directory, "etcd.log"), "ab") as log:
            self.store = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while self.etcdctl("get", "x", check=False).returncode:
            assert self.store.poll() is None and time.monotonic() < deadline, open(log.name).read()[-2000:]
            time.sleep(0.1)

    def stop_store(self):
        self.store.send_signal(signal.SIGKILL)
        self.store.wait()

    def etcdctl(self, *arguments, check=True):
        return self.underlay.run(
            "env", "ETCDCTL_API=3", "etcdctl", "--dial-timeout", "1s", "--command-timeout", "1s",
            "--endpoints", f"{self.address}:2379", *arguments, check=check,
        )  # fmt: skip

    def keys(self, prefix=""):
        """The cluster's keys below a prefix, without the lab's own."""
        shown = self.etcdctl("get", "--prefix", "--keys-only", "lab/" + prefix).stdout
        return sorted(line[len("lab/") :] for line in shown.splitlines() if line)

    def close(self):
        if self.store and self.store.poll() is None:
            self.stop_store()
        self.underlay.close()
