"""Objects in Kubernetes' protobuf form, which clients written in Go ask for first."""

import json
import urllib.parse
import urllib.request

import pytest
import wire
from test_custom_resources import body, group  # noqa: F401

PROTOBUF = "application/vnd.kubernetes.protobuf"
ASKED = {"Accept": f"{PROTOBUF},application/json"}
METADATA = "as=PartialObjectMetadata;g=meta.k8s.io;v=v1"


def envelope(data):
    """What an object is, and the object."""
    assert data[:4] == b"k8s\0", data[:40]
    (content,) = wire.at(data[4:], 2) or (b"",)
    return wire.one(data[4:], 1, 1), wire.one(data[4:], 1, 2), content


@pytest.fixture
def ask(raw):
    def send(method, path, body=None, accept=ASKED["Accept"], **more):
        headers = {"Accept": accept, **more.pop("headers", {})}
        status, headers, answer = raw(method, path, body, headers=headers, parse=bytes, **more)
        return status, headers["Content-Type"], answer

    return send


def kinds(namespace):
    """Objects of many kinds, with fields of all sorts."""
    meta = {"name": "one", "labels": {"a": "b", "c": "d"}, "annotations": {"text": "ä <&> \" \\ \n" * 40}}
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {
        "terminationGracePeriodSeconds": 0, "nodeSelector": {"k": "v"},
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "w", "configMap": {"name": "m", "defaultMode": 256}},
                    {"name": "p", "projected": {"sources": [{"secret": {"name": "s"}}]}}],
        "containers": [{
            "name": "c", "image": "i", "command": ["a", ""], "env": [{"name": "E", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
            "resources": {"limits": {"cpu": "1500m", "memory": "1Gi"}}, "ports": [{"containerPort": 80}],
            "livenessProbe": {"httpGet": {"port": "web", "path": "/x"}, "periodSeconds": 7},
            "readinessProbe": {"tcpSocket": {"port": 8080}}, "securityContext": {"runAsUser": 0, "privileged": False},
        }],
    }}  # fmt: skip
    yield "/api/v1", "configmaps", {"data": {"x": "y", "empty": ""}, "binaryData": {"b": "AAEC/w=="}, "immutable": False}, meta
    yield "/api/v1", "secrets", {"type": "Opaque", "data": {"k": "AP8="}}, meta
    yield "/api/v1", "services", {"spec": {"selector": {"a": "b"}, "ports": [
        {"name": "a", "port": 80, "targetPort": "web"}, {"name": "b", "port": 81, "targetPort": 8081, "protocol": "UDP"}]}}, meta  # fmt: skip
    yield "/api/v1", "pods", {"spec": template["spec"]}, meta
    yield "/api/v1", "resourcequotas", {"spec": {"hard": {"pods": "5", "requests.cpu": "2500m"}}}, meta
    yield "/apis/apps/v1", "deployments", {"spec": {
        "replicas": 0, "selector": {"matchLabels": {"app": "x"}}, "template": template,
        "strategy": {"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 1}}}}, meta  # fmt: skip
    yield "/apis/apps/v1", "controllerrevisions", {"revision": 3, "data": {"any": [1, {"b": None}, 1.5, "x"]}}, meta
    yield "/apis/batch/v1", "cronjobs", {"spec": {
        "schedule": "*/5 * * * *", "suspend": True, "jobTemplate": {"spec": {"template": {
            "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}}}}}, meta  # fmt: skip
    yield "/apis/rbac.authorization.k8s.io/v1", "roles", {"rules": [
        {"apiGroups": ["", "apps"], "resources": ["pods"], "verbs": ["get"], "resourceNames": ["x"]}]}, meta  # fmt: skip
    yield "/apis/coordination.k8s.io/v1", "leases", {"spec": {
        "holderIdentity": "me", "leaseDurationSeconds": 15, "renewTime": "2026-01-02T03:04:05.678901Z"}}, meta  # fmt: skip
    yield "/apis/networking.k8s.io/v1", "networkpolicies", {"spec": {"podSelector": {}, "ingress": [
        {"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}], "ports": [{"port": 80, "endPort": 90}]}]}}, meta  # fmt: skip


def test_what_is_read_can_be_written(raw, ask, namespace):
    """An object that is sent back as it was given is the one that is there: nothing is lost on either way."""
    for root, plural, rest, meta in kinds(namespace):
        place = f"{root}/namespaces/{namespace}/{plural}"
        status, _, made = raw("POST", place, {"metadata": meta, **rest})
        assert status == 201, (plural, made)
        # A controller may come between and write the status: then it is read again.
        for _ in range(10):
            status, kind, data = ask("GET", f"{place}/one")
            assert status == 200 and kind == PROTOBUF, plural
            version, what, content = envelope(data)
            assert (version, what) == (made["apiVersion"], made["kind"]) and wire.one(content, 1, 1) == "one"
            status, kind, answer = ask("PUT", f"{place}/one", data, headers={"Content-Type": PROTOBUF})
            if status != 409:
                break
        assert status == 200 and kind == PROTOBUF, (plural, answer)
        after = raw("GET", f"{place}/one")[2]
        spec = {key: value for key, value in after.items() if key not in ("metadata", "status")}
        assert spec == {key: value for key, value in made.items() if key not in ("metadata", "status")}, plural
        assert after["metadata"]["uid"] == made["metadata"]["uid"]
        if plural in ("configmaps", "secrets", "roles", "leases", "networkpolicies", "controllerrevisions", "cronjobs"):
            # Nobody else changes these: the write was none.
            assert after["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"], plural


def test_lists_and_creations(raw, ask, namespace):
    place = f"/api/v1/namespaces/{namespace}/configmaps"
    for number in range(30):
        status, kind, data = ask("POST", place, {"metadata": {"name": f"c{number:02}"}, "data": {"n": "x" * number * 20}})
        assert status == 201 and kind == PROTOBUF and envelope(data)[1] == "ConfigMap"
    for accept in (ASKED["Accept"], f"{PROTOBUF}, */*", f"application/json;q=0.1,{PROTOBUF}"):
        status, kind, data = ask("GET", place, accept=accept)
        version, what, content = envelope(data)
        assert (status, kind, version, what) == (200, PROTOBUF, "v1", "ConfigMapList")
        names = [name for name in wire.texts(content, 2, 1, 1) if name.startswith("c")]
        assert names == [f"c{number:02}" for number in range(30)]
        values = [entry for entry in wire.texts(content, 2, 2, 2) if set(entry) == {"x"}]
        assert [len(value) for value in values] == [20 * number for number in range(1, 30)]
        assert wire.one(content, 1, 2) == raw("GET", place)[2]["metadata"]["resourceVersion"]
    _, _, data = ask("GET", place, query=[("limit", "7")])
    content = envelope(data)[2]
    assert len(wire.at(content, 2)) == 7 and wire.one(content, 1, 3) and wire.at(content, 1, 4)[0] > 0
    assert ask("GET", place, accept=f"application/json,{PROTOBUF}")[1].startswith("application/json")


def test_discovery(ask):
    for path, kind, version in (
        ("/api", "APIVersions", ""), ("/apis", "APIGroupList", "v1"), ("/apis/apps", "APIGroup", "v1"), ("/apis/apps/v1", "APIResourceList", "v1"),
    ):  # fmt: skip
        status, encoding, data = ask("GET", path, accept=PROTOBUF)
        assert (status, encoding, *envelope(data)[:2]) == (200, PROTOBUF, version, kind)
    assert "deployments/scale" in wire.texts(envelope(data)[2], 2, 1)


def test_errors_and_deletions(ask, namespace):
    place = f"/api/v1/namespaces/{namespace}/configmaps"
    status, kind, data = ask("GET", f"{place}/none")
    version, what, content = envelope(data)
    assert (status, kind, version, what) == (404, PROTOBUF, "v1", "Status")
    assert wire.texts(content, 2) == ["Failure"] and wire.one(content, 4) == "NotFound" and wire.at(content, 6) == [404]
    assert wire.one(content, 5, 1) == "none" and wire.one(content, 5, 3) == "configmaps"
    ask("POST", place, {"metadata": {"name": "one"}})
    status, kind, data = ask("DELETE", f"{place}/one")
    assert (status, kind) == (200, PROTOBUF) and envelope(data)[1] == "Status"
    assert wire.one(envelope(data)[2], 2) == "Success"
    status, kind, data = ask("POST", place, {"metadata": {"name": "Wrong Name"}})
    content = envelope(data)[2]
    assert status == 422 and wire.one(content, 4) == "Invalid" and wire.one(content, 5, 4, 3) == "metadata.name"
    # Whoever takes something else gets that.
    assert ask("GET", f"{place}/none", accept="application/json")[1].startswith("application/json")
    status, kind, data = ask("GET", f"{place}/none", accept="text/html")
    assert status == 406 and data["message"].endswith(f"application/json, application/yaml, {PROTOBUF}")


@pytest.fixture
def watched(connection):
    """The content type of a watch, and its first events: (type, object)."""
    url, context = connection

    def read(path, count, accept=ASKED["Accept"], **query):
        query = urllib.parse.urlencode({"watch": 1, **query})
        request = urllib.request.Request(f"{url}{path}?{query}", headers={"Accept": accept})
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            messages = [answer.read(int.from_bytes(answer.read(4), "big")) for _ in range(count)]
            return answer.headers["Content-Type"], [(wire.one(one, 1), wire.at(one, 2, 1)[0]) for one in messages]

    return read


def test_watches(ask, raw, watched, namespace):
    place = f"/api/v1/namespaces/{namespace}/secrets"
    start = raw("GET", place)[2]["metadata"]["resourceVersion"]
    for name in ("a", "b"):
        raw("POST", place, {"metadata": {"name": name}, "data": {"k": "AP8="}})
    raw("DELETE", f"{place}/a")
    kind, events = watched(place, 3, resourceVersion=start)
    assert kind == f"{PROTOBUF};stream=watch"
    events = [(event, envelope(object)) for event, object in events]
    assert [event for event, _ in events] == ["ADDED", "ADDED", "DELETED"]
    assert [wire.one(content, 1, 1) for _, (_, _, content) in events] == ["a", "b", "a"]
    assert {(version, what) for _, (version, what, _) in events} == {("v1", "Secret")}
    assert wire.at(events[0][1][2], 2, 2) == [b"\x00\xff"]
    versions = [int(wire.one(content, 1, 6)) for _, (_, _, content) in events]
    assert versions == sorted(versions) and versions[0] > int(start)

    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    _, events = watched(place, 2, **query)
    assert [event for event, _ in events] == ["ADDED", "BOOKMARK"]
    bookmark = envelope(events[1][1])
    assert bookmark[1] == "Secret" and b"k8s.io/initial-events-end" in bookmark[2]
    _, events = watched(place, 1, f"{PROTOBUF};{METADATA},application/json;{METADATA}", **query)
    assert envelope(events[0][1])[:2] == ("meta.k8s.io/v1", "PartialObjectMetadata")
    assert len(wire.fields(envelope(events[0][1])[2])) == 1
    status, _, data = ask("GET", place, query=[("watch", "1"), *query.items()], accept="application/yaml")
    assert status == 406 and b"application/json;stream=watch" in data


def test_shapes(ask, namespace):
    place = f"/api/v1/namespaces/{namespace}/configmaps"
    ask("POST", place, {"metadata": {"name": "one"}, "data": {"k": "v"}})
    table = "as=Table;g=meta.k8s.io;v=v1"
    status, _, data = ask("GET", place, accept=f"{PROTOBUF};{table}")
    assert status == 406
    assert json.loads(ask("GET", place, accept=f"{PROTOBUF};{table},application/json;{table}")[2])["kind"] == "Table"
    assert envelope(ask("GET", place, accept=f"{PROTOBUF};{table},{PROTOBUF}")[2])[1] == "ConfigMapList"
    status, kind, data = ask("GET", place, accept=f"{PROTOBUF};{METADATA.replace('Metadata;', 'MetadataList;')}")
    version, what, content = envelope(data)
    assert (status, kind, version, what) == (200, PROTOBUF, "meta.k8s.io/v1", "PartialObjectMetadataList")
    assert "one" in wire.texts(content, 2, 1, 1) and wire.at(content, 2, 2) == []
    assert envelope(ask("GET", f"{place}/one", accept=f"{PROTOBUF};{METADATA}")[2])[1] == "PartialObjectMetadata"


def test_custom_kinds_have_no_such_form(ask, kubectl, namespace, group):  # noqa: F811
    kubectl("create", "--validate=false", "-f", "-", input=body(group, {"cidr": "10.0.0.0/8"}))
    place = f"/apis/{group}/v1/namespaces/{namespace}/vpcservices"
    for path in (place, f"{place}/one"):
        status, kind, data = ask("GET", path)
        assert status == 200 and kind.startswith("application/json") and json.loads(data)["kind"].startswith("Vpc")
        status, _, data = ask("GET", path, accept=PROTOBUF)
        assert status == 406 and envelope(data)[1] == "Status" and wire.one(envelope(data)[2], 4) == "NotAcceptable"
        # Their metadata have one, which is how a garbage collector follows every kind.
        metadata = METADATA.replace("Metadata;", "MetadataList;") if path == place else METADATA
        version, what, content = envelope(ask("GET", path, accept=f"{PROTOBUF};{metadata}")[2])
        assert version == "meta.k8s.io/v1" and what.startswith("PartialObjectMetadata") and b"one" in content
    status, _, data = ask("GET", f"{place}/none")
    assert status == 404 and envelope(data)[1] == "Status"


def test_other_answers(ask, namespace, core):
    review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods", "namespace": namespace}}}
    status, kind, data = ask("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
    version, what, content = envelope(data)
    assert (status, kind, what) == (201, PROTOBUF, "SelfSubjectAccessReview") and wire.at(content, 3, 1) == [1]
    core.create_namespaced_service_account(namespace, {"metadata": {"name": "one"}})
    place = f"/api/v1/namespaces/{namespace}/serviceaccounts/one/token"
    status, kind, data = ask("POST", place, {"spec": {"audiences": ["a"]}})
    version, what, content = envelope(data)
    assert (status, kind, version, what) == (201, PROTOBUF, "authentication.k8s.io/v1", "TokenRequest")
    assert wire.one(content, 3, 1).count(".") == 2 and wire.at(content, 3, 2, 1)[0] > 1_700_000_000
    place = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec = {"replicas": 0, "selector": {"matchLabels": {"a": "b"}}, "template": pod}
    ask("POST", place, {"metadata": {"name": "one"}, "spec": spec})
    status, _, data = ask("GET", f"{place}/one/scale")
    version, what, content = envelope(data)
    assert (status, version, what) == (200, "autoscaling/v1", "Scale") and sum(wire.at(content, 2, 1)) == 0
