"""Lists in pages, resource versions, watches over HTTP."""

import time

import pytest
from interface import eventually, unique

from interface import body, unique


@pytest.fixture
def many(core, namespace):
    for number in range(25):
        core.create_namespaced_config_map(namespace, {"metadata": {"name": f"m{number:02}", "labels": {"many": "yes"}}})
    return namespace


def test_pages(many, core):
    first = core.list_namespaced_config_map(many, limit=10, label_selector="many=yes")
    seen = [item.metadata.name for item in first.items]
    token = first.metadata._continue
    while token:
        page = core.list_namespaced_config_map(many, limit=10, label_selector="many=yes", _continue=token)
        assert page.metadata.resource_version == first.metadata.resource_version
        seen += [item.metadata.name for item in page.items]
        token = page.metadata._continue
    assert seen == [f"m{number:02}" for number in range(25)]


def test_pages_show_one_state(many, core):
    first = core.list_namespaced_config_map(many, limit=20, label_selector="many=yes")
    core.delete_namespaced_config_map("m24", many)
    core.create_namespaced_config_map(many, {"metadata": {"name": "m99", "labels": {"many": "yes"}}})
    rest = core.list_namespaced_config_map(many, limit=20, label_selector="many=yes", _continue=first.metadata._continue)
    assert [item.metadata.name for item in rest.items] == [f"m{number}" for number in range(20, 25)]


def test_a_broken_token(namespace, raw):
    status, _, body = raw("GET", f"/api/v1/namespaces/{namespace}/configmaps", query=[("continue", "nonsense")])
    assert status == 400 and "continue key is not valid" in body["message"]


def test_one_object_by_its_name(many, raw):
    """It is all that there is: no other page follows it, whatever follows it in the namespace."""
    path, one = f"/api/v1/namespaces/{many}/configmaps", ("fieldSelector", "metadata.name=m03")
    _, _, body = raw("GET", path, query=[one, ("limit", "1")])
    assert [item["metadata"]["name"] for item in body["items"]] == ["m03"]
    assert "continue" not in body["metadata"] and "remainingItemCount" not in body["metadata"]
    for more in (("labelSelector", "many=no"), ("fieldSelector", "metadata.name=m03,metadata.namespace=other")):
        assert raw("GET", path, query=[more] if more[0] == one[0] else [one, more])[2]["items"] == []
    _, _, body = raw("GET", path, query=[("fieldSelector", "metadata.name=gone")])
    assert body["items"] == [] and body["metadata"]["resourceVersion"]
    # Over all namespaces there may be several.
    _, _, body = raw("GET", "/api/v1/configmaps", query=[("fieldSelector", "metadata.name=kube-root-ca.crt"), ("limit", "1")])
    assert len(body["items"]) == 1 and body["metadata"]["continue"]


def test_remaining_count(many, raw):
    _, _, body = raw("GET", f"/api/v1/namespaces/{many}/configmaps", query=[("limit", "5")])
    assert body["metadata"]["remainingItemCount"] == 21


def test_a_future_version(namespace, raw):
    status, headers, body = raw(
        "GET", f"/api/v1/namespaces/{namespace}/configmaps", query=[("resourceVersion", "999999999")]
    )
    assert status == 504 and body["reason"] == "Timeout" and "Too large resource version" in body["message"]
    assert body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


def test_exact_version(many, core, raw):
    before = core.list_namespaced_config_map(many, label_selector="many=yes").metadata.resource_version
    core.delete_namespaced_config_map("m00", many)
    query = [("resourceVersion", before), ("resourceVersionMatch", "Exact"), ("labelSelector", "many=yes")]
    status, _, body = raw("GET", f"/api/v1/namespaces/{many}/configmaps", query=query)
    assert status == 200 and len(body["items"]) == 25 and body["metadata"]["resourceVersion"] == before


def test_rules_of_version_match(namespace, raw):
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    for query in (
        [("resourceVersionMatch", "Exact")],
        [("resourceVersionMatch", "Exact"), ("resourceVersion", "0")],
        [("resourceVersionMatch", "Almost"), ("resourceVersion", "1")],
    ):
        status, _, body = raw("GET", path, query=query)
        assert status == 422 and body["reason"] == "Invalid", body


def test_watch_from_a_version(many, core):
    from kubernetes import watch

    start = core.list_namespaced_config_map(many).metadata.resource_version
    core.create_namespaced_config_map(many, {"metadata": {"name": "new"}})
    core.patch_namespaced_config_map("new", many, {"data": {"a": "b"}})
    core.delete_namespaced_config_map("new", many)
    events = []
    for event in watch.Watch().stream(core.list_namespaced_config_map, many, resource_version=start, timeout_seconds=60):
        events.append((event["type"], event["object"].metadata.name))
        if event["type"] == "DELETED":
            break
    assert events == [("ADDED", "new"), ("MODIFIED", "new"), ("DELETED", "new")]


def test_watch_through_a_selector(namespace, core):
    from kubernetes import watch

    start = core.list_namespaced_config_map(namespace).metadata.resource_version
    core.create_namespaced_config_map(namespace, {"metadata": {"name": "x"}})
    core.patch_namespaced_config_map("x", namespace, {"metadata": {"labels": {"in": "yes"}}})
    core.patch_namespaced_config_map("x", namespace, {"metadata": {"labels": {"in": None}}})
    seen = []
    stream = watch.Watch().stream(
        core.list_namespaced_config_map, namespace, resource_version=start, label_selector="in=yes", timeout_seconds=60
    )
    for event in stream:
        seen.append(event["type"])
        if len(seen) == 2:
            break
    assert seen == ["ADDED", "DELETED"]


def test_watch_begins_with_what_is_there_and_marks_it(many, api):
    with api.watch(
        f"/api/v1/namespaces/{many}/configmaps", sendInitialEvents="true", resourceVersionMatch="NotOlderThan",
        allowWatchBookmarks="true", labelSelector="many=yes",
    ) as watch:  # fmt: skip
        events = watch.take(26)
    assert [type for type, _ in events] == ["ADDED"] * 25 + ["BOOKMARK"]
    assert events[25][1]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


def names(api, path, selector):
    return {item["metadata"]["name"] for item in api.get(path, fieldSelector=selector)["items"]}


def test_fields_that_are_missing_have_their_zero_values(api, namespace):
    """What says nothing of a number has none of it, and what says nothing of a choice has not made it."""
    node = unique("node")
    api.create("/api/v1/nodes", body("v1", "Node", metadata={"name": node}))
    try:
        assert node in names(api, "/api/v1/nodes", "spec.unschedulable=false")
        assert node not in names(api, "/api/v1/nodes", "spec.unschedulable!=false")
        api.patch(f"/api/v1/nodes/{node}", {"spec": {"unschedulable": True}})
        assert node not in names(api, "/api/v1/nodes", "spec.unschedulable=false")
    finally:
        api.delete(f"/api/v1/nodes/{node}")
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    pods, jobs = f"/api/v1/namespaces/{namespace}/pods", f"/apis/batch/v1/namespaces/{namespace}/jobs"
    with api.watch(pods, fieldSelector="spec.hostNetwork=false") as watch:
        api.create(pods, body("v1", "Pod", metadata={"name": "p"}, spec=template["spec"]))
        watch.expect("ADDED", "p")
    assert names(api, pods, "spec.hostNetwork=false") == {"p"} and names(api, pods, "spec.hostNetwork=true") == set()
    template["spec"]["restartPolicy"] = "Never"
    api.create(jobs, body("batch/v1", "Job", metadata={"name": "j"}, spec={"suspend": True, "template": template}))
    assert names(api, jobs, "status.successful=0") == {"j"} and names(api, jobs, "status.successful=1") == set()


def test_who_tells_of_an_event_is_its_source(api, namespace):
    """Events of events.k8s.io have no source: the controller that reports them is taken for it."""
    events = f"/apis/events.k8s.io/v1/namespaces/{namespace}/events"
    regarding = {"kind": "ConfigMap", "namespace": namespace, "name": "c"}
    new = {
        "regarding": regarding, "reason": "Seen", "action": "Look", "type": "Normal", "eventTime": "2024-01-01T00:00:00.000000Z",
        "reportingController": "test.example/looker", "reportingInstance": "looker-1",
    }  # fmt: skip
    api.create(events, body("events.k8s.io/v1", "Event", metadata={"name": "new"}, **new))
    old = {"involvedObject": regarding, "reason": "Seen", "source": {"component": "old"}, "reportingComponent": "reporter"}
    path = f"/api/v1/namespaces/{namespace}/events"
    api.create(path, body("v1", "Event", metadata={"name": "old"}, **old))
    assert names(api, path, "source=test.example/looker") == {"new"}
    assert names(api, path, "source=old") == {"old"} and names(api, path, "source=reporter") == set()
    assert names(api, path, "reportingComponent=reporter") == {"old"}
    assert names(api, events, "reportingController=test.example/looker") == {"new"}


def test_items_of_built_in_kinds_do_not_say_what_they_are(many, api):
    """The list says it of all of them. Custom objects do say it."""
    maps = f"/api/v1/namespaces/{many}/configmaps"
    for query in ({}, {"limit": 5}, {"pretty": "true"}, {"labelSelector": "many=yes"}, {"resourceVersion": "0"}):
        found = api.get(maps, **query)
        assert found["kind"] == "ConfigMapList" and found["apiVersion"] == "v1" and len(found["items"]) >= 5
        for item in found["items"]:
            assert "kind" not in item and "apiVersion" not in item
            assert item["metadata"]["namespace"] == many and item["metadata"]["resourceVersion"]
    scalers = "/apis/autoscaling/{}/namespaces/" + many + "/horizontalpodautoscalers"
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}
    scaler = body("autoscaling/v1", "HorizontalPodAutoscaler", metadata={"name": "h"}, spec={"scaleTargetRef": target, "maxReplicas": 2})
    api.create(scalers.format("v1"), scaler)
    for version in ("v1", "v2"):
        (item,) = api.get(scalers.format(version))["items"]
        assert "kind" not in item and "apiVersion" not in item and item["spec"]["maxReplicas"] == 2
    assert api.get(f"{maps}/m00")["kind"] == "ConfigMap"
    deleted = api.delete(maps, labelSelector="many=yes")
    assert len(deleted["items"]) == 25 and not any("kind" in item for item in deleted["items"])


def test_metadata_only(many, raw):
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    _, _, body = raw("GET", f"/api/v1/namespaces/{many}/configmaps", headers={"Accept": accept})
    assert body["kind"] == "PartialObjectMetadataList" and body["items"][0]["kind"] == "PartialObjectMetadata"
    assert set(body["items"][0]) == {"kind", "apiVersion", "metadata"}


def test_what_is_not_acceptable(namespace, raw):
    status, _, body = raw(
        "GET", f"/api/v1/namespaces/{namespace}/configmaps", headers={"Accept": "application/xml"}
    )
    assert status == 406 and body["reason"] == "NotAcceptable"
    status, _, body = raw(
        "POST", f"/api/v1/namespaces/{namespace}/configmaps", body={}, headers={"Content-Type": "application/xml"}
    )
    assert status == 415 and body["reason"] == "UnsupportedMediaType"


@pytest.fixture(scope="module")
def long_list(api):
    """A namespace whose config maps are more than half a megabyte, and a path to them."""
    name = unique("long")
    api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    path = f"/api/v1/namespaces/{name}/configmaps"
    for number in range(60):
        api.create(path, {"metadata": {"name": f"n{number:02}"}, "data": {"text": f"{number}" * 5000}})
    yield path
    api.send("DELETE", f"/api/v1/namespaces/{name}")


def test_long_lists_come_whole(api, long_list):
    answer = api.send("GET", long_list, labelSelector="!of")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
    assert len(answer.bytes) > 500_000 and answer.bytes.endswith(b"]}\n")
    items = {item["metadata"]["name"]: item for item in answer.body["items"]}
    assert {f"n{number:02}" for number in range(60)} <= items.keys()
    for number in range(60):
        one = api.send("GET", f"{long_list}/n{number:02}").body
        assert {**items[f"n{number:02}"], "kind": "ConfigMap", "apiVersion": "v1"} == one
    # Compressed; but not without a body.
    packed = api.send("GET", long_list, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip" and packed.body["items"] == answer.body["items"]
    head = api.send("HEAD", long_list)
    assert head.status == 405 and not head.bytes


def test_long_lists_are_counted_with_their_size(api, long_list):
    def figures():
        text = api.send("GET", "/metrics").bytes.decode()
        wanted = 'apiserver_response_sizes_{}{{component="apiserver",group="",resource="configmaps",scope="namespace"'
        lines = [line for line in text.splitlines() if 'verb="LIST"' in line and 'resource="configmaps"' in line]
        return {
            kind: sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(wanted.format(kind)))
            for kind in ("count", "sum")
        }  # fmt: skip

    # What was listed before is counted when its last byte has been sent.
    before = None
    while before != (before := figures()):
        time.sleep(0.2)
    size = len(api.send("GET", long_list).bytes)
    # The answer is counted when its last byte has been sent.
    eventually(lambda: figures()["count"] == before["count"] + 1, "the list is counted")
    assert figures()["sum"] == before["sum"] + size


def test_watches_from_what_is_to_come(api, namespace):
    """What is there cannot be told yet; what is to come may be waited for."""
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    revision = int(api.get(maps)["metadata"]["resourceVersion"])
    with api.watch(maps, resourceVersion=revision + 1_000_000, allowWatchBookmarks="true", timeoutSeconds=3) as watch:
        api.create(maps, {"metadata": {"name": "early"}})
        assert list(watch.lines) == []
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    for wanted in (revision + 1_000_000, 2**64 - 1):
        with api.watch(maps, resourceVersion=wanted, **query) as watch:
            type, status = watch.next()
            assert type == "ERROR" and status["code"] == 504 and status["reason"] == "Timeout"
            assert status["message"].startswith(f"Timeout: Too large resource version: {wanted}, current: ")


def test_a_watch_hears_before_its_end_how_far_it_has_come(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    with api.watch(maps, resourceVersion=api.get(maps)["metadata"]["resourceVersion"], allowWatchBookmarks="true", timeoutSeconds=10) as watch:
        made = api.create(maps, {"metadata": {"name": "seen"}})
        watch.expect("ADDED", "seen")
        mark = watch.expect("BOOKMARK")
        assert int(mark["metadata"]["resourceVersion"]) >= int(made["metadata"]["resourceVersion"])
        # It is for the time after the end.
        assert not [line for line in watch.lines if b"BOOKMARK" not in line]
