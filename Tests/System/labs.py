"""A lab: hosts that are network namespaces, each with an engine of its own, on one underlay; and the cluster's store.

The underlay is a bridge in a namespace of its own, where the store lives too, as a neighbour of all hosts. A host's
link can be cut and restored; the store can be stopped and started again with what it had.
"""

import os
import shutil
import signal
import subprocess
import time

import docker as docker_py

import engines
import leaks
from conftest import Cli, load, made

SERVER = "/usr/bin/etcd"


class Host:
    """One host: its namespace, its engine, and clients of that."""

    def __init__(self, lab, number, flags):
        self.lab, self.number = lab, number
        self.host = engines.Namespace.create()
        self.address = f"203.0.113.{10 + number}"
        self.port = f"host{number}"
        lab.underlay.run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "uplink", "netns", self.host.path)
        lab.underlay.run("ip", "link", "set", self.port, "master", "underlay", "up")
        self.host.run("ip", "address", "add", self.address + "/24", "dev", "uplink")
        self.host.run("ip", "link", "set", "uplink", "up")
        self.host.run("ip", "route", "add", "default", "via", lab.address)
        self.engine = engines.Apus(
            os.path.join(lab.directory, f"h{number}"), self,
            ["--bip", f"172.30.{number}.1/24", "--cluster-store", lab.store_url, "--cluster-advertise", "uplink:2376",
             "--dns", lab.address, *flags],
            instance=f"t{os.getpid() % 1000}h{number}",
        )  # fmt: skip

    def start(self):
        self.engine.start()
        self.docker = Cli(self.engine.url, self.lab.directory)
        self.client = docker_py.DockerClient(base_url=self.engine.url, version="auto", timeout=60)
        load(self.client, made("busybox"), "busybox:latest")
        self.docker("run", "--rm", "-p", "1", "busybox", "true")  # makes what all containers share
        return self

    def run(self, name, network, *flags, image="busybox", command=("sleep", "900")):
        command = command if image == "busybox" else ()
        self.docker("run", "-d", "--name", name, "--network", network, *flags, image, *command)
        return name

    def pid(self, container):
        return self.docker.inspect(container, "{{.State.Pid}}")

    def address_of(self, container, network, key="IPAddress"):
        return self.docker.inspect(container)["NetworkSettings"]["Networks"][network][key]

    def inside(self, container):
        return engines.Namespace.of_process(self.pid(container))

    def pings(self, container, target, *flags, within=5.0):
        """Whether a container reaches `target` before `within` seconds have passed."""
        deadline = time.monotonic() + within
        while True:
            done = self.docker("exec", container, "ping", "-c", "1", "-W", "1", *flags, target, check=False)
            if done.returncode == 0:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)

    def networks(self):
        return {network["Name"]: network for network in self.client.api.networks()}

    def segment(self, network):
        """The namespace of an overlay network on this host, or None."""
        path = os.path.join(self.engine.directory, "run", "overlay", network)
        return engines.Namespace(os.open(path, os.O_RDONLY)) if os.path.exists(path) else None

    def clear(self):
        for container in self.client.api.containers(all=True):
            self.client.api.remove_container(container["Id"], force=True)

    def cut(self):
        self.lab.underlay.run("ip", "link", "set", self.port, "down")

    def restore(self):
        self.lab.underlay.run("ip", "link", "set", self.port, "up")


class Lab:
    address = "203.0.113.1"

    def __init__(self, directory, count=3, flags=()):
        self.directory = str(directory)
        os.makedirs(self.directory, exist_ok=True)
        self.underlay = engines.Namespace.create()
        self.underlay.run("ip", "link", "add", "underlay", "type", "bridge")
        self.underlay.run("ip", "address", "add", self.address + "/24", "dev", "underlay")
        self.underlay.run("ip", "link", "set", "underlay", "up")
        self.store_url = f"etcd://{self.address}:2379/lab"
        self.store = None
        self.hosts = [Host(self, number, flags) for number in range(1, count + 1)]

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
        deadline = time.monotonic() + 20
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

    def start(self):
        self.start_store()
        for host in self.hosts:
            host.start()
        return self

    def close(self):
        left = []
        try:
            up = [host for host in self.hosts if host.engine.process and host.engine.process.poll() is None]
            for host in up:
                host.restore()
                host.clear()
            for host in up:
                for network in host.client.api.networks(filters={"type": ["custom"]}):
                    host.client.api.remove_network(network["Id"])
                host.client.close()
        finally:
            for host in self.hosts:
                host.engine.stop()
                left += leaks.of_directory(host.engine.directory)
                host.engine.remove()
                host.host.close()
            if self.store and self.store.poll() is None:
                self.stop_store()
            self.underlay.close()
            shutil.rmtree(self.directory, ignore_errors=True)
        assert not left, left
