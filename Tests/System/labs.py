"""A lab: hosts that are network namespaces, each with an engine of its own, on one underlay with the cluster's store.

A host's link can be cut and restored.
"""

import os
import shutil
import time

import docker as docker_py

import engines
import leaks
from conftest import Cli, load, made
from underlays import SERVER, Underlay


class Host:
    """One host: its namespace, its engine, and clients of that."""

    def __init__(self, lab, number, flags, letter):
        self.lab, self.number = lab, number
        self.host, self.address, self.port = lab.plug(number)
        self.engine = engines.Apus(
            os.path.join(lab.directory, f"h{number}"), self,
            [*lab.engine_flags(number), "--dns", lab.address, *flags],
            instance=f"t{os.getpid() % 1000}{letter}{number}",
        )

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

    def pings(self, container, target, *flags, within=20.0):
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


class Lab(Underlay):
    def __init__(self, directory, count=3, flags=(), letter="h"):
        """`letter` tells the instances of two labs apart that are up at the same time."""
        super().__init__(directory)
        self.hosts = [Host(self, number, flags, letter) for number in range(1, count + 1)]

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
            super().close()
            shutil.rmtree(self.directory, ignore_errors=True)
        assert not left, left
