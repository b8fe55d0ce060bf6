"""Events are there for a while: each write begins it anew."""

import json

import pytest

from clusters import Server
from conftest import connection_of
from interface import API, eventually

pytestmark = pytest.mark.own_server
EVENTS = "/api/v1/namespaces/default/events"


def event(name):
    return {
        "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": "default"}, "reason": "Tested", "type": "Normal",
        "involvedObject": {"kind": "Namespace", "name": "default", "namespace": "default", "apiVersion": "v1"},
    }  # fmt: skip


def test_events_go(tmp_path):
    server = Server(tmp_path / "server", "--event-ttl=3s").start()
    try:
        api = API(*connection_of(server.kubeconfig, str(tmp_path)))
        api.create("/api/v1/namespaces/default/configmaps", {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "stays"}})
        made = api.create(EVENTS, event("one"))
        other = {
            "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "two", "namespace": "default"}, "type": "Normal",
            "eventTime": "2026-01-02T03:04:05.678901Z", "reportingController": "test", "reportingInstance": "test", "action": "Test",
            "reason": "Tested", "regarding": {"kind": "Namespace", "name": "default", "apiVersion": "v1"},
        }  # fmt: skip
        api.create("/apis/events.k8s.io/v1/namespaces/default/events", other)
        # Whoever watches is told of the end, and of what it was.
        answer = api.pool.request(
            "GET", api.url + EVENTS, preload_content=False, fields={"watch": "1", "resourceVersion": made["metadata"]["resourceVersion"]}
        )
        gone = set()
        for line in answer:
            change = json.loads(line)
            if change["type"] == "DELETED":
                assert change["object"]["reason"] == "Tested"
                gone.add(change["object"]["metadata"]["name"])
            if gone == {"one", "two"}:
                break
        answer.release_conn()
        eventually(lambda: api.get(EVENTS)["items"] == [])
        assert api.is_there("/api/v1/namespaces/default/configmaps/stays")
    finally:
        assert server.stop() == 0, server.log()


def test_the_end_of_an_event_outlives_the_server(tmp_path):
    server = Server(tmp_path / "server", "--event-ttl=2s").start()
    api = API(*connection_of(server.kubeconfig, str(tmp_path)))
    api.create(EVENTS, event("one"))
    server.kill()
    server.start()
    try:
        eventually(lambda: api.get(EVENTS)["items"] == [], server.log)
    finally:
        assert server.stop() == 0, server.log()
