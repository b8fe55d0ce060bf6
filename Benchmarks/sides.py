"""What is compared: an engine with its host and its API, and how samples of several are taken in turn."""

import contextlib
import glob
import http.client
import json
import os
import socket
import threading
import time

import engines
import images


DOCKER_CGROUPS = "/sys/fs/cgroup/*/docker"


class Api:
    """The Docker API of one engine over kept-alive connections, one for each thread."""

    def __init__(self, path):
        self.path, self.local = path, threading.local()

    def __call__(self, method, url, body=None, fine=(), raw=None):
        for attempt in (1, 2):
            connection = getattr(self.local, "connection", None)
            if connection is None:
                connection = self.local.connection = http.client.HTTPConnection("docker", timeout=300)
                connection.sock = socket.socket(socket.AF_UNIX)
                connection.sock.settimeout(300)
                connection.sock.connect(self.path)
            text = raw if raw is not None else None if body is None else json.dumps(body)
            try:
                connection.request(method, "/v1.41" + url, text, {"Content-Type": "application/json"} if text else {})
                answer = connection.getresponse()
                data = answer.read()
                break
            except (OSError, http.client.HTTPException):
                self.local.connection = None
                if attempt == 2:
                    raise
        if answer.getheader("Connection") == "close":
            self.local.connection = None
        if answer.status >= 400 and answer.status not in fine:
            raise RuntimeError(f"{method} {url}: {answer.status} {data[:300]}")
        try:
            return json.loads(data)
        except ValueError:
            return data

    def create(self, command, image="busybox", ports=(), network=None, name=None):
        body = {"Image": image, "Cmd": command, "HostConfig": {}}
        if ports:
            body["ExposedPorts"] = {f"{inside}/tcp": {} for inside, _ in ports}
            bindings = {f"{inside}/tcp": [{"HostPort": str(outside)}] for inside, outside in ports}
            body["HostConfig"]["PortBindings"] = bindings
        if network:
            body["HostConfig"]["NetworkMode"] = network
        return self("POST", "/containers/create" + (f"?name={name}" if name else ""), body)["Id"]

    def start(self, container):
        self("POST", f"/containers/{container}/start")

    def remove(self, container):
        self("DELETE", f"/containers/{container}?force=1&v=1", fine=(404,))

    def pid(self, container):
        return self("GET", f"/containers/{container}/json")["State"]["Pid"]

    def endpoint(self, container, network="bridge"):
        return self("GET", f"/containers/{container}/json")["NetworkSettings"]["Networks"][network]

    def address(self, container, network="bridge"):
        return self.endpoint(container, network)["IPAddress"]


class Guest:
    """A running container that does nothing; what is measured runs in its network namespace."""

    def __init__(self, side, **more):
        self.api = side.api
        self.id = self.api.create(["sleep", "100000"], **more)
        try:
            self.api.start(self.id)
            self.namespace = engines.Namespace.of_process(self.api.pid(self.id))
        except Exception:
            self.api.remove(self.id)
            raise

    def close(self):
        self.namespace.close()
        self.api.remove(self.id)


class Side:
    """One engine with its host, API and registry."""

    def __init__(self, kind, work, name=None, network=None, flags=()):
        self.name, self.work = name or kind, os.path.join(work, name or kind)
        self.network = network or engines.Network()
        instance = "bench" + (name or "")
        self.engine = engines.KINDS[kind](os.path.join(self.work, "engine"), self.network, flags, instance=instance)
        self.api = Api(self.engine.socket)
        self.cgroups = set(glob.glob(DOCKER_CGROUPS))
        try:
            self.engine.start()
            self.api("POST", "/images/load?quiet=1", raw=images.busybox().archive("busybox:latest"))
        except BaseException:
            self.stop()
            raise

    def close(self):
        try:
            for one in self.api("GET", "/containers/json?all=1"):
                self.api.remove(one["Id"])
        finally:
            self.stop()

    def stop(self):
        self.engine.stop()
        self.engine.remove()
        self.network.close()
        # Of all that it makes, dockerd leaves the cgroups above its containers' own.
        for path in set(glob.glob(DOCKER_CGROUPS)) - self.cgroups:
            with contextlib.suppress(OSError):
                os.rmdir(path)


def milliseconds(action):
    began = time.monotonic()
    action()
    return (time.monotonic() - began) * 1000


def alternate(sides, action, count, warm=1):
    """`count` samples of `action(side)` from each side, in turn: {side's name: samples}."""
    samples = {side.name: [] for side in sides}
    for number in range(count + warm):
        for side in sides:
            value = action(side)
            if number >= warm:
                samples[side.name].append(value)
    return samples
