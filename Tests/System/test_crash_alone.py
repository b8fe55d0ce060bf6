"""The engine is killed at a hundred random instants while clients create, start and remove.

Each client keeps a book of what was acknowledged to it. After each ten kills, and at the end, the book is compared
with what the engine says and with what the host holds. `APUS_CRASH_SEED` repeats a run, `APUS_CRASHES` sets its length.
"""

import http.client
import json
import os
import random
import socket
import threading
import time

import docker as docker_py
import pytest

import leaks
from conftest import load, made

KILLS = int(os.environ.get("APUS_CRASHES", "100"))
CLIENTS = 3
MOST = 4  # containers that one client keeps

# What a client knows of one of its containers.
ASKED, CREATED, STARTING, STARTED, REMOVING = "asked", "created", "starting", "started", "removing"


class Refused(Exception):
    """The engine answered, and not with success."""


def request(path, method, url, body=None, timeout=20):
    """One request; answers the status and the document. Raises OSError or HTTPException when there was no answer."""
    connection = http.client.HTTPConnection("docker", timeout=timeout)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(timeout)
        connection.sock.connect(path)
        text = None if body is None else json.dumps(body)
        connection.request(method, "/v1.41" + url, text, {"Content-Type": "application/json"} if text else {})
        answer = connection.getresponse()
        data = answer.read()
        return answer.status, json.loads(data) if data.strip() else None
    finally:
        connection.close()


class Client(threading.Thread):
    """Creates, starts and removes its own containers; `book` maps each one's name to what is known of it."""

    def __init__(self, number, path, seed):
        super().__init__()
        self.number, self.path = number, path
        self.random = random.Random(seed * 31 + number)
        self.book, self.removed, self.surprises = {}, set(), []
        self.acknowledged = self.unanswered = self.count = 0
        self.resume, self.idle, self.ending = threading.Event(), threading.Event(), False
        self.resume.set()

    def ask(self, method, url, body=None, fine=()):
        status, document = request(self.path, method, url, body)
        if status >= 400 and status not in fine:
            raise Refused(f"{method} {url}: {status} {document}")
        self.acknowledged += 1
        return status

    def step(self):
        begun = [name for name, known in self.book.items() if known == CREATED]
        if begun and self.random.random() < 0.8:
            name = self.random.choice(begun)
            self.book[name] = STARTING
            self.ask("POST", f"/containers/{name}/start")
            self.book[name] = STARTED
        elif len(self.book) >= MOST or (self.book and self.random.random() < 0.2):
            name = self.random.choice(list(self.book))
            self.book[name] = REMOVING
            # A container that is only perhaps there may be missing, or on its way out already.
            self.ask("DELETE", f"/containers/{name}?force=1&v=1", fine=(404, 409))
            if self.gone(name):
                del self.book[name]
                self.removed.add(name)
        else:
            self.count += 1
            name = f"crash-{self.number}-{self.count}"
            self.book[name] = ASKED
            host = {}
            if self.count % 2:
                host["PortBindings"] = {"80/tcp": [{"HostPort": ""}]}
            body = {
                "Image": "busybox", "Cmd": ["sleep", "100000"], "HostConfig": host, "ExposedPorts": {"80/tcp": {}},
                "Volumes": {"/data": {}} if self.count % 3 == 0 else {},
            }  # fmt: skip
            self.ask("POST", f"/containers/create?name={name}", body)
            self.book[name] = CREATED

    def gone(self, name):
        return request(self.path, "GET", f"/containers/{name}/json")[0] == 404

    def run(self):
        while not self.ending:
            if not self.resume.is_set():
                self.idle.set()
                self.resume.wait()
                self.idle.clear()
                continue
            try:
                self.step()
            except (OSError, http.client.HTTPException, ValueError):
                self.unanswered += 1
                time.sleep(0.01)
            except Refused as error:
                self.surprises.append(str(error))
                time.sleep(0.05)

    def pause(self):
        self.resume.clear()
        assert self.idle.wait(90), f"client {self.number} is stuck in a request"


def check(client, engine):
    """Compares one client's book with the engine; what was unknown becomes known."""
    problems = []
    for name, known in list(client.book.items()):
        status, shown = request(engine.socket, "GET", f"/containers/{name}/json")
        if status == 404:
            if known not in (ASKED, REMOVING):
                problems.append(f"{name} was acknowledged as {known} and is gone")
            del client.book[name]
            continue
        state = shown["State"]
        if known == STARTED and not state["Running"]:
            problems.append(f"{name} was started and is {state['Status']} ({state['ExitCode']} {state['Error']})")
        if state["Running"]:
            try:
                with open(f"/proc/{state['Pid']}/cmdline") as file:
                    assert "sleep" in file.read()
            except (OSError, AssertionError):
                problems.append(f"{name} is said to run as {state['Pid']}, which it does not")
            if not shown["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]:
                problems.append(f"{name} runs without an address")
            client.book[name] = STARTED
        elif known in (ASKED, STARTING, REMOVING):
            client.book[name] = CREATED if state["Status"] == "created" else REMOVING
    for name in client.removed:
        if request(engine.socket, "GET", f"/containers/{name}/json")[0] != 404:
            problems.append(f"{name} was acknowledged as removed and is there")
    return problems


def check_together(engine):
    """Addresses and ports belong to one container each, and nobody unknown is there."""
    _, listed = request(engine.socket, "GET", "/containers/json?all=1")
    problems, addresses, ports = [], {}, {}
    for one in listed:
        address = one["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
        if address and addresses.setdefault(address, one["Names"]) != one["Names"]:
            problems.append(f"{one['Names']} and {addresses[address]} both have {address}")
        for port in one["Ports"]:
            public = port.get("PublicPort"), port.get("IP")
            if public[0] and ports.setdefault(public, one["Names"]) != one["Names"]:
                problems.append(f"{one['Names']} and {ports[public]} both have port {public}")
    return problems, {one["Names"][0].lstrip("/") for one in listed}


@pytest.mark.apus
@pytest.mark.own_engine
def test_a_hundred_kills(another_engine):
    seed = int(os.environ.get("APUS_CRASH_SEED") or random.SystemRandom().randrange(1 << 30))
    print(f"APUS_CRASH_SEED={seed}")
    chance = random.Random(seed)
    engine = another_engine()
    docker = docker_py.DockerClient(base_url=engine.url, version="auto", timeout=60)
    load(docker, made("busybox"), "busybox:latest")
    docker.containers.run("busybox", "true", remove=True, ports={"1/tcp": None})
    docker.close()
    before = leaks.snapshot(engine.network.host)
    clients = [Client(number, engine.socket, seed) for number in range(CLIENTS)]
    problems, slowest = [], 0.0
    for client in clients:
        client.start()
    try:
        for kill in range(1, KILLS + 1):
            time.sleep(chance.expovariate(1 / 0.15))
            engine.kill()
            began = time.monotonic()
            engine.start()
            slowest = max(slowest, time.monotonic() - began)
            if kill % 10 == 0 or kill == KILLS:
                for client in clients:
                    client.pause()
                for client in clients:
                    problems += check(client, engine)
                more, there = check_together(engine)
                strangers = there - {name for client in clients for name in client.book}
                problems += more + [f"{name} is there and nobody asked for it" for name in strangers]
                assert not problems, (f"seed {seed}, kill {kill}", problems, engine.log(20))
                for client in clients:
                    client.resume.set()
        for client in clients:
            client.pause()
        refused = [surprise for client in clients for surprise in client.surprises]
        done = sum(client.acknowledged for client in clients)
        lost = sum(client.unanswered for client in clients)
        print(f"{done} acknowledged, {lost} unanswered, {len(refused)} refused, slowest start {slowest * 1000:.0f} ms")
        assert done > KILLS, "the clients hardly got anything done"
        assert not refused, (f"seed {seed}", refused[:10])
        for client in clients:
            for name in list(client.book):
                answer = request(engine.socket, "DELETE", f"/containers/{name}?force=1&v=1")
                assert answer[0] in (204, 404), (f"seed {seed}", name, answer)
        _, volumes = request(engine.socket, "GET", "/volumes")
        left = [f"volume: {volume['Name']}" for volume in volumes["Volumes"] or []]
        found = left + leaks.settled(before, engine.network.host, engine)
        assert not found, f"seed {seed}\n" + "\n".join(found)
    finally:
        for client in clients:
            client.ending = True
            client.resume.set()
        for client in clients:
            client.join(90)
