"""Objects, patches and queries changed at random: every answer is one of the API, none is a failure of the server's.

The seed is fixed; `APUS_FUZZ_SEED` gives another one, `APUS_FUZZ_ROUNDS` more rounds.
"""

import copy
import json
import os
import random
import ssl

import pytest
from clusters import Server
from conftest import _files_of
from interface import API, PATCHES
from kinds import TABLE, collection, example

SEED = int(os.environ.get("APUS_FUZZ_SEED", "20260102"))
ROUNDS = int(os.environ.get("APUS_FUZZ_ROUNDS", "30"))
FINE = {200, 201, 202, 400, 403, 404, 405, 409, 410, 413, 415, 422, 504}

VALUES = [
    None, True, False, 0, 1, -1, 2**31, -(2**31) - 1, 2**63, -(2**63) - 1, 1e308, 0.5, "", "x", "x" * 300, "a/b", "-", "1Gi", "100%", "é\u0000\ud7ff",
    "2026-01-02T03:04:05Z", "{}", [], [None], [[]], {}, {"": ""}, {"a": {"b": {"c": []}}}, {"name": "x"}, [{"name": "x"}, {"name": "x"}], "10.0.0.1", "::1",
    {"$patch": "replace"}, {"matchLabels": {"a": "b"}}, "metadata.name", "\n", "yes", {"key": "value", "kind": "x", "apiVersion": "v1"},
]  # fmt: skip

pytestmark = pytest.mark.own_server


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A server of this suite's own, whose process can be looked at."""
    directory = tmp_path_factory.mktemp("fuzz")
    server = Server(str(directory / "server")).start()
    url, authority, certificate, key = _files_of(server.kubeconfig, str(directory))
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    yield server, API(url, context)
    assert server.stop() == 0, server.log()


def resident(server):
    """Kilobytes that the server's process holds in memory."""
    with open(f"/proc/{server.process.pid}/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def places(value, path=()):
    """Every place in a tree."""
    yield path
    if isinstance(value, dict):
        for name in value:
            yield from places(value[name], (*path, name))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from places(value[index], (*path, index))


def mutated(value, choice, times):
    """A tree with some of its places changed, taken away, doubled or exchanged."""
    value = copy.deepcopy(value)
    for _ in range(times):
        path = choice.choice([one for one in places(value) if one] or [()])
        if not path:
            return choice.choice(VALUES)
        parent = value
        for step in path[:-1]:
            parent = parent[step]
        last, kind = path[-1], choice.randrange(6)
        if kind == 0:
            del parent[last]
        elif kind == 1 and isinstance(parent, dict):
            parent[choice.choice(["x", "name", "spec", "", "metadata", "é", "$patch"])] = copy.deepcopy(choice.choice(VALUES))
        elif kind == 2 and isinstance(parent, list):
            parent.extend(copy.deepcopy(parent))
        elif kind == 3 and isinstance(parent[last], str):
            text = parent[last]
            place = choice.randrange(len(text) + 1)
            parent[last] = text[:place] + choice.choice(["/", ".", "\u0000", "A", "-", " ", "é", "x" * 70]) + text[place:]
        else:
            parent[last] = copy.deepcopy(choice.choice(VALUES))
    return value


def garbled(text, choice):
    """Bytes with some of them changed."""
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(choice.randrange(1, 6)):
        place = choice.randrange(len(data))
        kind = choice.randrange(4)
        if kind == 0:
            data[place] = choice.randrange(256)
        elif kind == 1:
            del data[place : place + choice.randrange(1, 20)]
        elif kind == 2:
            data[place:place] = bytes(choice.randrange(256) for _ in range(choice.randrange(1, 8)))
        else:
            data[place:place] = data[max(0, place - 30) : place]
        if not data:
            return b"x"
    return bytes(data)


def judge(answer, what):
    # Applies and strategic patches that do not fit are the faults of clients that the API calls the server's; it gives no
    # reason then, as it does for its own.
    untyped = answer.status == 500 and what[0] in ("apply", "strategic") and "reason" not in answer.body
    assert answer.status in FINE or untyped, (what, answer)
    if answer.status >= 400:
        status = answer.body
        assert status["kind"] == "Status" and status["code"] == answer.status and status["message"], (what, answer)


@pytest.mark.parametrize("resource", sorted(TABLE))
def test_objects_and_patches(own, resource):
    server, api = own
    choice = random.Random(f"{SEED} {resource}")
    place = collection(resource, "default")
    body = example(resource, "fuzz-" + resource[:20], "default", {"a": "b"})
    path = f"{place}/{body['metadata']['name']}"
    api.send("POST", place, body)
    for number in range(ROUNDS):
        changed = mutated(body, choice, choice.randrange(1, 4))
        what = (SEED, resource, number, json.dumps(changed)[:500])
        if isinstance(changed, dict) and isinstance(changed.get("metadata"), dict):
            # What is made under another name would pile up.
            changed["metadata"].pop("generateName", None)
        judge(api.send("POST", place, json.dumps(changed), dryRun="All", fieldValidation=choice.choice(["Strict", "Warn", "Ignore"])), what)
        judge(api.send("PUT", path, json.dumps(changed)), what)
        judge(api.send("POST", place, garbled(json.dumps(body), choice), dryRun="All"), what)
        kind = choice.choice(list(PATCHES))
        patch = changed
        if kind == "json":
            steps = [one for one in places(body) if one]
            patch = [
                {"op": choice.choice(["add", "remove", "replace", "move", "copy", "test"]), "path": "/" + "/".join(map(str, choice.choice(steps))),
                 "from": "/" + "/".join(map(str, choice.choice(steps))), "value": choice.choice(VALUES)}
                for _ in range(choice.randrange(1, 4))
            ]  # fmt: skip
        more = {"fieldManager": "fuzz", "force": "true"} if kind == "apply" else {}
        headers = {"Content-Type": PATCHES[kind]}
        judge(api.send("PATCH", path, json.dumps(patch), headers, **more), (kind, *what))
        judge(api.send("PATCH", path, garbled(json.dumps(patch), choice), headers, **more), (kind, *what))
        if number % 10 == 9:
            judge(api.send("PATCH", f"{path}/status", json.dumps(changed), {"Content-Type": PATCHES["merge"]}), what)
            judge(api.send("GET", place, labelSelector=garbled("a in (b),c!=d", choice).decode("utf-8", "replace"), limit=2), what)
    assert server.process.poll() is None, server.log()
    assert api.send("GET", place).status == 200
    api.send("DELETE", path, {"gracePeriodSeconds": 0})


def test_memory_stays_within_bounds(own):
    """What is refused leaves nothing behind: after as much again the process is about as large."""
    server, api = own
    choice = random.Random(SEED)
    body = example("deployments", "memory", "default")
    place = collection("deployments", "default")

    def press(rounds):
        for number in range(rounds):
            changed = mutated(body, choice, 3)
            judge(api.send("POST", place, json.dumps(changed), dryRun="All"), (number,))
            judge(api.send("POST", place, b'{"a":' * 5000, dryRun="All"), (number,))
            if number % 20 == 0:
                judge(api.send("POST", place, b'{"metadata":{"name":"x"},"data":"' + b"x" * 2_500_000 + b'"}', dryRun="All"), number)

    press(300)
    before = resident(server)
    press(600)
    after = resident(server)
    assert after < before * 1.25 + 40_000, (before, after)
