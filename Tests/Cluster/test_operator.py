"""An operator of somebody else's framework (kopf) runs against the server as a process of its own, and does its work."""

import os
import signal
import subprocess
import sys

import pytest
from definitions import DEFINITIONS, Definition, version
from interface import PATCHES, eventually

HERE = os.path.dirname(os.path.abspath(__file__))
LOOSE = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "properties": {"size": {"type": "integer"}, "flowers": {"type": "array", "items": {"type": "string"}}}},
        "status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
}  # fmt: skip


class Operator:
    def __init__(self, kubeconfig, namespace, log, *flags):
        self.log = log
        environment = {**os.environ, "KUBECONFIG": kubeconfig, "PYTHONDONTWRITEBYTECODE": "1"}
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "kopf", "run", "--verbose", "--namespace", namespace, *flags, os.path.join(HERE, "gardener.py")],
                env=environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file,
            )  # fmt: skip

    def said(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def stop(self, by=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(by)
            self.process.wait(60)


@pytest.fixture(scope="module")
def gardens(api):
    """The kind that the operator keeps, and those by which operators know of each other."""
    made = Definition(api, version(schema=LOOSE, subresources={"status": {}}), group="garden.example.com", kind="Garden")
    peering = [
        Definition(api, version(schema={"type": "object", "properties": {"status": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}), group="kopf.dev", kind=kind, scope=scope)
        for kind, scope in (("KopfPeering", "Namespaced"), ("ClusterKopfPeering", "Cluster"))
    ]  # fmt: skip
    for one in (made, *peering):
        one.create()
    yield made
    # Whose keeper is gone is let go by hand.
    for garden in api.get(made.objects())["items"]:
        path = f"{made.objects(garden['metadata']['namespace'])}/{garden['metadata']['name']}"
        api.send("PATCH", path, {"metadata": {"finalizers": None}}, headers={"Content-Type": PATCHES["merge"]})
    for one in (made, *peering):
        one.remove()


@pytest.fixture
def operator(gardens, kubeconfig, namespace, tmp_path):
    one = Operator(kubeconfig, namespace, str(tmp_path / "operator.log"), "--standalone")
    yield one
    one.stop()


@pytest.fixture
def place(gardens, namespace):
    return gardens.objects(namespace)


def status(api, path):
    return api.get(path).get("status", {})


def plant(api, gardens, place, name, **metadata):
    return api.create(place, gardens.object(name, spec={"size": 3, "flowers": ["rose", "lily"]}, metadata=metadata))


def test_life_of_an_object(api, gardens, place, namespace, operator):
    plant(api, gardens, place, "mine")
    path, maps = f"{place}/mine", f"/api/v1/namespaces/{namespace}/configmaps"
    eventually(lambda: status(api, path).get("phase") == "Planted", operator.said, 120)
    garden = api.get(path)
    assert garden["metadata"]["finalizers"] == ["garden.example.com/keeper"]
    beds = api.get(f"{maps}/beds-of-mine")
    assert beds["data"] == {"flowers": "rose\nlily", "size": "3"}
    assert beds["metadata"]["ownerReferences"][0]["uid"] == garden["metadata"]["uid"]
    assert garden["status"]["create"] == {"uid": beds["metadata"]["uid"]}
    # What it says.
    events = f"/api/v1/namespaces/{namespace}/events"

    def said():
        found = api.get(events, fieldSelector="involvedObject.name=mine")["items"]
        return [one for one in found if one["reason"] == "Planted" and one["message"] == "planted 2 flowers"]

    eventually(said, "the operator's event")
    # Timers and daemons.
    first = status(api, path).get("watered", 0)
    eventually(lambda: status(api, path).get("watered", 0) >= first + 3, "the timer")
    eventually(lambda: api.is_there(f"{maps}/guard-of-mine"), "the daemon")
    # Changes.
    api.patch(path, {"spec": {"size": 8, "flowers": ["oak"]}})
    eventually(lambda: api.get(f"{maps}/beds-of-mine")["data"] == {"flowers": "oak", "size": "8"}, "the change", 120)
    eventually(lambda: status(api, path).get("phase") == "Replanted" and status(api, path)["changes"] == 2)
    # The end: the handler runs before the object goes, what it owned goes after it.
    api.delete(path)
    eventually(lambda: not api.is_there(path), operator.said, 120)
    assert api.is_there(f"{maps}/grave-of-mine")
    eventually(lambda: not api.is_there(f"{maps}/beds-of-mine"))
    eventually(lambda: not api.is_there(f"{maps}/guard-of-mine"))


def test_what_fails_is_tried_again(api, gardens, place, operator):
    plant(api, gardens, place, "hard", annotations={"trouble": "yes"})
    eventually(lambda: status(api, f"{place}/hard").get("trouble") == {"tries": 2}, operator.said, 120)


def test_a_killed_operator_goes_on_where_it_was(api, gardens, place, namespace, operator, kubeconfig, tmp_path):
    plant(api, gardens, place, "long")
    path = f"{place}/long"
    eventually(lambda: status(api, path).get("phase") == "Planted", operator.said, 120)
    operator.stop(signal.SIGKILL)
    api.patch(path, {"spec": {"size": 99}})
    api.delete(path)
    assert api.get(path)["metadata"]["deletionTimestamp"], "the finalizer holds it while nobody is there"
    plant(api, gardens, place, "meanwhile")
    again = Operator(kubeconfig, namespace, str(tmp_path / "again.log"), "--standalone")
    try:
        eventually(lambda: not api.is_there(path), again.said, 120)
        eventually(lambda: status(api, f"{place}/meanwhile").get("phase") == "Planted", again.said, 120)
    finally:
        again.stop()


def test_peering(api, gardens, place, namespace, kubeconfig, tmp_path):
    """Two operators: the one of the lower priority stands back, and takes over when the other has gone."""
    peerings = f"/apis/kopf.dev/v1/namespaces/{namespace}/kopfpeerings"
    api.create(peerings, {"apiVersion": "kopf.dev/v1", "kind": "KopfPeering", "metadata": {"name": "gardeners"}})
    low = Operator(kubeconfig, namespace, str(tmp_path / "low.log"), "--peering=gardeners", "--priority=1")
    high = None
    try:
        eventually(lambda: len(status(api, f"{peerings}/gardeners")) == 1, low.said, 120)
        high = Operator(kubeconfig, namespace, str(tmp_path / "high.log"), "--peering=gardeners", "--priority=100")
        eventually(lambda: {one["priority"] for one in status(api, f"{peerings}/gardeners").values()} == {1, 100}, high.said, 120)
        eventually(lambda: "Pausing operations in favour of" in low.said(), low.said, 120)
        plant(api, gardens, place, "shared")
        eventually(lambda: status(api, f"{place}/shared").get("phase") == "Planted", high.said, 120)
        assert "Handler 'create' succeeded" in high.said() and "Handler 'create' succeeded" not in low.said()
        high.stop()
        eventually(lambda: "Resuming operations after the pause" in low.said(), low.said, 120)
        plant(api, gardens, place, "after")
        eventually(lambda: status(api, f"{place}/after").get("phase") == "Planted", low.said, 120)
    finally:
        low.stop()
        if high:
            high.stop()


def test_the_definitions_are_there(api, gardens):
    assert api.get(f"{DEFINITIONS}/gardens.garden.example.com")["status"]["storedVersions"] == ["v1"]
