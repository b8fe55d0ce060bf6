"""Conformance of sig-api-machinery: lists in chunks, and watches."""

import base64
import json
import threading

import pytest
from interface import template, unique


@pytest.fixture
def templates(api, namespace):
    """Forty pod templates."""
    place = f"/api/v1/namespaces/{namespace}/podtemplates"
    body = {"template": {"spec": {"containers": [{"name": "test", "image": "test2"}]}}}
    for number in range(40):
        api.create(place, {"metadata": {"name": f"template-{number:04}"}, **body})
    return place


def chunks(api, place, **query):
    while True:
        page = api.get(place, **query)
        yield page
        query["continue_"] = page["metadata"].get("continue")
        if not query["continue_"]:
            return


@pytest.mark.parametrize("limit", [1, 7, 17, 40, 100])
def test_chunks(api, templates, limit):
    """API Chunking, server should return chunks of results for list calls"""
    found, version = [], None
    for page in chunks(api, templates, limit=limit):
        metadata = page["metadata"]
        assert len(page["items"]) <= limit
        version = version or metadata["resourceVersion"]
        assert metadata["resourceVersion"] == version
        found += [one["metadata"]["name"] for one in page["items"]]
        if metadata.get("continue"):
            assert metadata["remainingItemCount"] == 40 - len(found)
        else:
            assert "remainingItemCount" not in metadata
    assert found == [f"template-{number:04}" for number in range(40)]
    whole = api.get(templates)
    assert len(whole["items"]) == 40 and "continue" not in whole["metadata"]


def test_chunks_are_of_one_moment(api, templates):
    """API Chunking: what changes between chunks does not show"""
    first = api.get(templates, limit=10)
    api.delete(f"{templates}/template-0020")
    api.create(templates, {"metadata": {"name": "template-0020a"}, "template": {"spec": {"containers": [{"name": "a", "image": "b"}]}}})
    found = [one["metadata"]["name"] for page in chunks(api, templates, limit=10, continue_=first["metadata"]["continue"]) for one in page["items"]]
    assert found == [f"template-{number:04}" for number in range(10, 40)]


def test_a_continuation_that_is_too_old(api, templates):
    """API Chunking, server should support continue listing from the last key even if the original version has been compacted away"""
    token = api.get(templates, limit=10)["metadata"]["continue"]
    inside = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    assert inside["v"] == "meta.k8s.io/v1" and inside["start"]

    def token_at(version):
        return base64.urlsafe_b64encode(json.dumps({**inside, "rv": version}).encode()).decode().rstrip("=")

    # One of a version that is long gone, as a client has that kept it for too long; a server that still has everything is
    # as it was then.
    answer = api.send("GET", templates, limit=10, continue_=token_at(1))
    if answer.status == 200:
        assert answer.body["items"] == [] and answer.body["metadata"]["resourceVersion"] == "1"
        next_token = token_at(-1)
    else:
        failure = answer.body
        assert failure["code"] == 410 and failure["reason"] == "Expired" and "continue" in failure["message"]
        next_token = failure["metadata"]["continue"]
    # What such a server gives to go on with: the rest as it is now.
    found = []
    for page in chunks(api, templates, limit=10, continue_=next_token):
        found += [one["metadata"]["name"] for one in page["items"]]
        assert int(page["metadata"]["resourceVersion"]) > 1
    assert found == [f"template-{number:04}" for number in range(10, 40)]


def test_continuations_are_checked(api, templates):
    """API Chunking: tokens that no server gave"""
    token = api.get(templates, limit=10)["metadata"]["continue"]
    api.refused(400, "GET", templates, limit=10, continue_="nonsense", says="continue key is not valid")
    api.refused(400, "GET", templates, limit=10, continue_=token, resourceVersion="5", says="specifying resource version is not allowed when using continue")
    api.refused(400, "GET", templates, limit="many")
    assert len(api.get(templates, limit=0)["items"]) == 40


def test_any_state_comes_as_a_whole(api, templates):
    """API Chunking: a list of whatever is at hand has no chunks"""
    for query in ({}, {"resourceVersionMatch": "NotOlderThan"}):
        whole = api.get(templates, limit=6, resourceVersion="0", **query)
        assert len(whole["items"]) == 40 and "continue" not in whole["metadata"]
    token = api.get(templates, limit=6)["metadata"]["continue"]
    assert len(api.get(templates, limit=6, continue_=token, resourceVersion="0")["items"]) == 34


@pytest.fixture
def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


def config_map(name, label=None, **data):
    return {"metadata": {"name": name, "labels": {"watch-this-configmap": label} if label else {}}, "data": data}


def test_many_watchers(api, maps):
    """watch-configmaps-with-multiple-watchers"""
    start = api.get(maps)["metadata"]["resourceVersion"]
    selectors = ("watch-this-configmap=A", "watch-this-configmap=B", "watch-this-configmap in (A,B)")
    a, b, both = (api.watch(maps, resourceVersion=start, labelSelector=one) for one in selectors)
    with a, b, both:
        api.create(maps, config_map("a", "A"))
        api.patch(f"{maps}/a", {"data": {"mutation": "1"}})
        api.patch(f"{maps}/a", {"data": {"mutation": "2"}})
        api.delete(f"{maps}/a")
        api.create(maps, config_map("b", "B"))
        api.delete(f"{maps}/b")

        def seen(watch, count):
            return [(type, one["metadata"]["name"], one.get("data", {}).get("mutation")) for type, one in watch.take(count)]

        of_a = [("ADDED", "a", None), ("MODIFIED", "a", "1"), ("MODIFIED", "a", "2"), ("DELETED", "a", "2")]
        of_b = [("ADDED", "b", None), ("DELETED", "b", None)]
        assert seen(a, 4) == of_a and seen(b, 2) == of_b and seen(both, 6) == of_a + of_b


def test_from_a_version(api, maps):
    """watch-configmaps-from-resource-version"""
    api.create(maps, config_map("a", "A"))
    first = api.patch(f"{maps}/a", {"data": {"mutation": "1"}})
    api.patch(f"{maps}/a", {"data": {"mutation": "2"}})
    api.delete(f"{maps}/a")
    with api.watch(maps, resourceVersion=first["metadata"]["resourceVersion"], labelSelector="watch-this-configmap") as watch:
        (one, object), (two, gone) = watch.take(2)
        assert one == "MODIFIED" and object["data"] == {"mutation": "2"}
        assert two == "DELETED" and gone["data"] == {"mutation": "2"}
        assert int(gone["metadata"]["resourceVersion"]) > int(object["metadata"]["resourceVersion"])


def as_items(objects):
    """Objects as a list of their kind has them."""
    return [{name: value for name, value in one.items() if name not in ("kind", "apiVersion")} for one in objects]


def test_what_has_gone_is_answered_under_the_revision_of_its_end(api, namespace):
    """The answer to a deletion and the event of the watch are the same state."""
    templates = f"/api/v1/namespaces/{namespace}/podtemplates"
    made = [api.create(templates, {"metadata": {"name": name, "labels": {"app": "a"}}, "template": template({"app": "a"})}) for name in "abc"]
    start = api.get(templates)["metadata"]["resourceVersion"]
    assert api.delete(f"{templates}/a", dryRun="All")["metadata"]["resourceVersion"] == made[0]["metadata"]["resourceVersion"]
    gone = api.delete(f"{templates}/a")
    # Whoever deletes a collection is answered with the list.
    assert api.delete(templates)["items"] == as_items(made[1:])
    with api.watch(templates, resourceVersion=start) as watch:
        events = watch.take(3)
    assert [type for type, _ in events] == ["DELETED"] * 3
    assert gone["metadata"]["resourceVersion"] == events[0][1]["metadata"]["resourceVersion"]
    assert int(gone["metadata"]["resourceVersion"]) > int(start)


def test_a_collection_is_deleted_in_chunks(api, namespace):
    """API Chunking: a limit holds for the deletion of a collection too"""
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    names = [f"c{number}" for number in range(5)]
    made = [api.create(maps, {"metadata": {"name": name, "labels": {"chunk": "yes"}}}) for name in names]
    first = api.delete(maps, labelSelector="chunk=yes", limit=2)
    assert first["items"] == as_items(made[:2]) and first["metadata"]["continue"]
    second = api.delete(maps, labelSelector="chunk=yes", limit=2, continue_=first["metadata"]["continue"])
    assert second["items"] == as_items(made[2:4])
    assert api.get(maps, labelSelector="chunk=yes")["items"] == as_items(made[4:])
    last = api.delete(maps, labelSelector="chunk=yes", limit=2)
    assert last["items"] == as_items(made[4:]) and "continue" not in last["metadata"]
    assert api.get(maps, labelSelector="chunk=yes")["items"] == []


def test_restarted(api, maps):
    """watch-configmaps-closed-and-restarted"""
    start = api.get(maps)["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=start, labelSelector="watch-this-configmap") as watch:
        api.create(maps, config_map("a", "A"))
        api.patch(f"{maps}/a", {"data": {"mutation": "1"}})
        last = watch.take(2)[-1][1]["metadata"]["resourceVersion"]
    api.patch(f"{maps}/a", {"data": {"mutation": "2"}})
    api.delete(f"{maps}/a")
    with api.watch(maps, resourceVersion=last, labelSelector="watch-this-configmap") as watch:
        assert [(type, one["data"]["mutation"]) for type, one in watch.take(2)] == [("MODIFIED", "2"), ("DELETED", "2")]


def test_leaving_the_selector(api, maps):
    """watch-configmaps-label-changed"""
    start = api.get(maps)["metadata"]["resourceVersion"]
    with api.watch(maps, resourceVersion=start, labelSelector="watch-this-configmap=yes") as watch:
        api.create(maps, config_map("a", "yes"))
        api.patch(f"{maps}/a", {"data": {"mutation": "1"}})
        api.patch(f"{maps}/a", {"metadata": {"labels": {"watch-this-configmap": "no"}}})
        api.patch(f"{maps}/a", {"data": {"mutation": "2"}})
        api.patch(f"{maps}/a", {"metadata": {"labels": {"watch-this-configmap": "yes"}}})
        api.patch(f"{maps}/a", {"data": {"mutation": "3"}})
        api.delete(f"{maps}/a")
        seen = [(type, one["data"].get("mutation") if "data" in one else None) for type, one in watch.take(6)]
        assert seen == [
            ("ADDED", None), ("MODIFIED", "1"), ("DELETED", "1"), ("ADDED", "2"), ("MODIFIED", "3"), ("DELETED", "3"),
        ]  # fmt: skip


def test_same_order_everywhere(api, maps):
    """watch-consistency"""
    start = api.get(maps)["metadata"]["resourceVersion"]
    stop = threading.Event()

    def write():
        number = 0
        while not stop.is_set():
            name = f"cm-{number % 5}"
            api.send("POST", maps, config_map(name))
            api.send("PATCH", f"{maps}/{name}", {"data": {"n": str(number)}}, headers={"Content-Type": "application/merge-patch+json"})
            if number % 3 == 0:
                api.send("DELETE", f"{maps}/{name}")
            number += 1

    writer = threading.Thread(target=write)
    writer.start()
    watches = []
    try:
        with api.watch(maps, resourceVersion=start) as first:
            version = start
            for _ in range(20):
                watches.append(api.watch(maps, resourceVersion=version))
                _, object = first.next()
                version = object["metadata"]["resourceVersion"]
                expected = {watch.next()[1]["metadata"]["resourceVersion"] for watch in watches}
                assert expected == {version}
    finally:
        stop.set()
        writer.join()
        for watch in watches:
            watch.response.close()


def test_bookmarks_and_the_initial_list(api, maps):
    """Watchers: a list that is streamed ends with a bookmark"""
    for name in "abc":
        api.create(maps, config_map(name))
    query = {"sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan", "allowWatchBookmarks": "true"}
    with api.watch(maps, **query) as watch:
        names = [one["metadata"]["name"] for _, one in watch.take(4)]
        assert names == ["a", "b", "c", "kube-root-ca.crt"]
        kind, mark = watch.next()
        assert kind == "BOOKMARK" and mark["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
        assert mark["kind"] == "ConfigMap" and mark["metadata"]["resourceVersion"]
        api.create(maps, config_map("d"))
        watch.expect("ADDED", "d")
    api.refused(422, "GET", maps, watch="true", sendInitialEvents="true")


def test_versions_of_lists(api, maps):
    """Lists: which resource version, and how it is matched"""
    one = api.create(maps, config_map("a"))
    version = one["metadata"]["resourceVersion"]
    api.create(maps, config_map("b"))

    def names(**query):
        return [one["metadata"]["name"] for one in api.get(maps, **query)["items"]]

    everything = ["a", "b", "kube-root-ca.crt"]
    assert names(resourceVersion=version, resourceVersionMatch="Exact") == ["a", "kube-root-ca.crt"]
    assert names(resourceVersion=version, resourceVersionMatch="NotOlderThan") == everything
    assert names(resourceVersion="0") == everything and names() == everything
    api.refused(422, "GET", maps, resourceVersionMatch="Exact", says="resourceVersionMatch is forbidden unless resourceVersion is provided")
    api.refused(422, "GET", maps, resourceVersionMatch="Exact", resourceVersion="0")
    api.refused(422, "GET", maps, resourceVersionMatch="Sometimes", resourceVersion="5")
    failure = api.refused(504, "GET", maps, resourceVersion="999999999", timeoutSeconds=1)
    assert failure["reason"] == "Timeout" and failure["message"].startswith("Timeout: Too large resource version: 999999999, current: ")


def test_watch_of_one(api, maps):
    """Watchers: one object, by its name"""
    name = unique("one")
    with api.watch(maps, fieldSelector=f"metadata.name={name}") as watch:
        api.create(maps, config_map("other"))
        api.create(maps, config_map(name))
        assert watch.expect("ADDED")["metadata"]["name"] == name


def test_watch_that_is_too_old(api, maps):
    """Watchers: a version that is gone is told"""
    with api.watch(maps, resourceVersion="1") as watch:
        kind, status = watch.next()
        assert kind in ("ERROR", "ADDED")
        if kind == "ERROR":
            assert status["code"] == 410 and status["reason"] == "Expired"
    for version in ("abc", "-5"):
        says = f'resourceVersion: Invalid value: "{version}": strconv.ParseUint: parsing "{version}": invalid syntax'
        for path, more in ((maps, {"watch": "true"}), (f"{maps}/x", {})):
            assert api.refused(500, "GET", path, resourceVersion=version, **more)["message"] == says
