"""What the tests of networks share: endpoints as `docker inspect` shows them, and a view from inside a container."""

import contextlib
import json
import os
import re
import time

import docker as docker_py
import pytest

import engines


def endpoint(docker, container, network):
    return docker.inspect(container)["NetworkSettings"]["Networks"][network]


def address(docker, container, network, key="IPAddress"):
    return endpoint(docker, container, network)[key]


def described(docker, network, *flags):
    """The network as `docker network inspect` shows it."""
    return json.loads(docker.out("network", "inspect", *flags, network))[0]


def pool(docker, network, index=0):
    return described(docker, network)["IPAM"]["Config"][index]


@contextlib.contextmanager
def inside(docker, container):
    """The network namespace of a running container."""
    namespace = engines.Namespace.of_process(docker.inspect(container, "{{.State.Pid}}"))
    try:
        yield namespace
    finally:
        namespace.close()


def pings(namespace, target, within=0.0):
    """Whether `target` answers an echo request before `within` seconds have passed; as it is, one request is sent."""
    command = ["busybox", "ping", "-c", "1", "-W", "1", target]
    deadline = time.monotonic() + within
    while True:
        if namespace.run(*command, check=False).returncode == 0:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)


def opens(namespace, host, port, within=0.0):
    """Whether a TCP connection can be made before `within` seconds have passed; as it is, one attempt is made."""
    deadline = time.monotonic() + within
    while True:
        try:
            namespace.connect((host, port), timeout=1).close()
            return True
        except OSError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)


def reaches(docker, container, target, within=20.0):
    with inside(docker, container) as namespace:
        return pings(namespace, target, within)


def links(namespace, *arguments):
    """The namespace's links by name, as `ip -json` tells them."""
    shown = namespace.run("ip", "-json", "-details", "link", "show", *arguments, check=False).stdout
    return {link["ifname"]: link for link in json.loads(shown or "[]") if link}


def addresses(namespace):
    """Each link's addresses with their prefix lengths, the kernel's own link-local ones left out."""
    shown = json.loads(namespace.run("ip", "-json", "address").stdout)
    return {
        link["ifname"]: [
            f"{one['local']}/{one['prefixlen']}" for one in link.get("addr_info", []) if one.get("scope") == "global"
        ]
        for link in shown
    }


def default_route(namespace, family="-4"):
    """(gateway, link) of the default route, or None."""
    routes = json.loads(namespace.run("ip", family, "-json", "route", "show", "default").stdout or "[]")
    return (routes[0].get("gateway"), routes[0]["dev"]) if routes else None


class Listener:
    """A TCP listener in a namespace that tells who came."""

    def __init__(self, namespace, host, family=None):
        self.socket = namespace.socket(family) if family else namespace.socket()
        self.socket.bind((host, 0))
        self.socket.listen()
        self.socket.settimeout(60)
        self.port = self.socket.getsockname()[1]

    def peer_of(self, namespace, host):
        """Connects from `namespace` to `host` and answers the address that the listener saw."""
        client = namespace.connect((host, self.port), timeout=60)
        connection, peer = self.socket.accept()
        connection.close()
        client.close()
        return peer[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def words(now, before):
    """What API 1.50 says, or before it Debian's 20.10, where they say the same thing in other words."""
    return before if os.environ.get("APUS_TEST_ENGINE") == "dockerd" else now


def refused(call, status, says=""):
    """`call` by docker-py must fail with `status`, or one of several; answers the message."""
    with pytest.raises(docker_py.errors.APIError) as error:
        call()
    message = error.value.explanation or str(error.value)
    assert error.value.status_code in (status if isinstance(status, tuple) else (status,)), (error.value.status_code, message)
    assert re.search(says, message), message
    return message
