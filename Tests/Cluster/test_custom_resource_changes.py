"""Definitions that change, conflict and go, and what becomes of their objects and watches meanwhile."""

import yaml
from definitions import ANYTHING, DEFINITIONS, Definition, defined, version
from interface import eventually

SCALED = {"status": {}, "scale": {"specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas"}}


def condition(api, path, kind):
    conditions = api.get(path)["status"].get("conditions") or []
    return next((one for one in conditions if one["type"] == kind), None)


def test_names_become_free(api):
    """What waits for names of another definition gets them when that one goes."""
    first = Definition(api).create()
    second = Definition(api, group=first.group)
    second.body["spec"]["names"].update(kind=first.kind, listKind=first.kind + "List", shortNames=["waiting"])
    try:
        api.create(DEFINITIONS, second.body)
        refused = eventually(
            lambda: next(
                (one for one in [condition(api, second.path, "NamesAccepted")] if one and one["status"] == "False"), None)
        )  # fmt: skip
        assert refused["reason"] == "ListKindConflict" and refused["message"] == f'"{first.kind}List" is already in use'
        status = api.get(second.path)["status"]
        assert status["acceptedNames"]["plural"] == second.plural and status["acceptedNames"]["shortNames"] == ["waiting"]
        assert not status["acceptedNames"]["kind"]
        established = condition(api, second.path, "Established")
        assert (established["status"], established["reason"]) == ("False", "NotAccepted")
        first.remove()
        second.established()
        assert api.get(second.path)["status"]["acceptedNames"]["kind"] == first.kind
    finally:
        first.remove()
        second.remove()


def test_bundle_that_is_none(api):
    """A webhook that nobody can trust keeps a definition from being established."""
    made = Definition(api, version(), conversion={"strategy": "Webhook", "webhook": {
        "conversionReviewVersions": ["v1"],
        "clientConfig": {"caBundle": "bm9uZQ==", "service": {"namespace": "default", "name": "nobody"}},
    }})  # fmt: skip
    try:
        api.create(DEFINITIONS, made.body)
        eventually(lambda: (condition(api, made.path, "Established") or {}).get("reason") == "InvalidCABundle")
        told = condition(api, made.path, "Established")
        assert told["status"] == "False", told
        assert told["message"] == "The conversion webhook CABundle is invalid"
        assert api.send("GET", made.objects()).status in (404, 500)
    finally:
        made.remove()


def test_watches_end_with_what_they_watch(api, namespace):
    """A watch ends when its kind is served otherwise, and when it is served no more, after what was to tell."""
    with defined(api) as made:
        with api.watch(made.objects(namespace), timeoutSeconds=3600) as watch:
            api.create(made.objects(namespace), made.object("one"))
            assert watch.next()[0] == "ADDED"
            made.edit(lambda spec: spec["names"].update(shortNames=["other"]))
            assert list(watch.lines) == []
        with api.watch(made.objects(namespace), timeoutSeconds=3600) as watch:
            assert watch.next()[0] == "ADDED"
            made.remove()
            assert [watch_line[:18] for watch_line in watch.lines] == [b'{"type":"DELETED",']


def owned_by(*maps):
    return {"ownerReferences": [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": one["metadata"]["name"], "uid": one["metadata"]["uid"]} for one in maps
    ]}  # fmt: skip


def test_objects_stored_in_a_version_that_is_served_no_more_are_collected(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    with defined(api, version("v1"), version("v2", storage=False)) as made:
        first, second, third = (api.create(maps, {"metadata": {"name": name}}) for name in ("first", "second", "third"))
        api.create(made.objects(namespace), made.object("before", metadata=owned_by(first)))
        api.create(made.objects(namespace), made.object("shared", metadata=owned_by(first, third), spec={"a": "b"}))

        def turn(spec):
            spec["versions"][0].update(served=False, storage=False)
            spec["versions"][1].update(storage=True)

        made.edit(turn)
        eventually(lambda: api.send("GET", made.objects(namespace)).status == 404)
        place = made.objects(namespace, "v2")
        # What nobody writes is stored in the old version still.
        api.create(place, made.object("child", "v2", metadata=owned_by(second)))
        assert api.is_there(f"{place}/before")
        for name in ("first", "second"):
            api.delete(f"{maps}/{name}")
        eventually(lambda: [one["metadata"]["name"] for one in api.get(place)["items"]] == ["shared"], "what they owned goes")
        eventually(lambda: api.get(f"{place}/shared")["metadata"]["ownerReferences"] == owned_by(third)["ownerReferences"])
        assert api.get(f"{place}/shared")["spec"] == {"a": "b"}


def test_definition_that_goes(api, namespace):
    """It is told at once that a definition goes; nothing new comes, what is there can still be changed."""
    made = Definition(api).create()
    held = made.object("held", metadata={"finalizers": ["example.com/hold"]})
    api.create(made.objects(namespace), held)
    generation = api.get(made.path)["metadata"]["generation"]
    try:
        going = api.delete(made.path)
        told = next(one for one in going["status"]["conditions"] if one["type"] == "Terminating")
        assert (told["status"], told["reason"]) == ("True", "InstanceDeletionPending")
        assert "deletionGracePeriodSeconds" not in going["metadata"] and going["metadata"]["generation"] == generation
        eventually(lambda: condition(api, made.path, "Terminating")["reason"] == "InstanceDeletionInProgress")
        for method, path, form in (
            ("POST", made.objects(namespace), "application/json"),
            ("PATCH", f"{made.objects(namespace)}/late?fieldManager=test", "application/apply-patch+yaml"),
        ):
            eventually(lambda: api.send(method, path, made.object("late"), headers={"Content-Type": form}).status == 403)  # noqa: B023
            api.refused(
                403, method, path, made.object("late"), headers={"Content-Type": form},
                says="create not allowed while custom resource definition is terminating")  # fmt: skip
        verbs = next(
            one for one in api.get(f"/apis/{made.group}/v1")["resources"] if one["name"] == made.plural)["verbs"]  # fmt: skip
        assert sorted(verbs) == ["delete", "deletecollection", "get", "list", "watch"]
        api.patch(f"{made.objects(namespace)}/held", {"metadata": {"labels": {"still": "there"}}})
    finally:
        api.patch(f"{made.objects(namespace)}/held", {"metadata": {"finalizers": None}})
        eventually(lambda: not api.is_there(made.path))


def test_counts_of_a_scale(api, namespace):
    """What a scale is read from must be a count."""
    with defined(api, version(subresources=SCALED)) as made:
        path = made.objects(namespace)
        for value, says in ((-1, "should be a non-negative integer"), (1 << 31, "should be less than or equal to 2147483647"),
                            ("many", "accessor error: many is of the type string, expected int64")):  # fmt: skip
            api.refused(422, "POST", path, made.object("one", spec={"replicas": value}), says=f".spec.replicas: Invalid value: {value if isinstance(value, int) else 0}: ")
            api.refused(422, "POST", path, made.object("one", spec={"replicas": value}), says=says)
        api.create(path, made.object("one", spec={"replicas": 1}))
        api.refused(422, "PATCH", f"{path}/one", {"spec": {"replicas": 1 << 31}}, headers={"Content-Type": "application/merge-patch+json"})
        names = [one["name"] for one in api.get(f"/apis/{made.group}/v1")["resources"]]
        assert names == [made.plural, f"{made.plural}/status", f"{made.plural}/scale"]


def part(**defaults):
    text = {name: {"type": "string", "default": value} for name, value in defaults.items()}
    return {"type": "object", "properties": {**{name: {"type": "string"} for name in "abc"}, **text}}


def test_defaults_of_the_part_that_is_written(api):
    """A status that is written gets the defaults of its version; the rest of the object does not."""
    schemas = [{"type": "object", "properties": {"spec": one, "status": one}} for one in (part(a="A", c="C"), part(b="B"))]
    with defined(api, version("v1beta1", schemas[0], storage=False, subresources={"status": {}}),
                 version("v1", schemas[1], subresources={"status": {}}), scope="Cluster") as made:  # fmt: skip
        new = api.create(made.objects(version="v1"), made.object("one", "v1", spec={}))
        assert new["spec"] == {"b": "B"}
        old = api.get(f"{made.objects()}/one")
        assert old["spec"] == {"b": "B"}
        old["status"] = {}
        changed = api.update(f"{made.objects()}/one/status", old)
        assert changed["status"] == {"a": "A", "b": "B", "c": "C"} and changed["spec"] == {"b": "B"}


def test_lists_that_were_wrong_before(api):
    """Entries that repeat are no reason to refuse an update of what had them before."""
    item = {"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
    listed = {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["a", "b"], "items": item}
    with defined(api, version(schema={"type": "object", "properties": {"list": listed}}), scope="Cluster") as made:
        path = f"{made.objects()}/one"
        one = api.create(made.objects(), made.object("one", list=[{"a": 1, "b": 1}, {"a": 1, "b": 2}]))
        api.refused(422, "PUT", path, {**one, "list": one["list"] * 2}, says="Duplicate value")
        made.edit(lambda spec: spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["list"].update(
            {"x-kubernetes-list-map-keys": ["a"]}))  # fmt: skip
        eventually(lambda: api.send("POST", made.objects(), made.object("two", list=one["list"]), dryRun="All").status == 422)
        assert api.update(path, {**one, "list": one["list"] * 2})["list"] == one["list"] * 2


def test_metadata_in_defaults(api):
    """A default gives an embedded object no metadata that there is not."""
    inner = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True,
             "default": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "odd": "b"}, "other": 1}}  # fmt: skip
    with defined(api, version(schema={"type": "object", "properties": {"inner": inner}}), scope="Cluster") as made:
        wanted = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "other": 1}
        assert api.create(made.objects(), made.object("one"))["inner"] == wanted
        assert api.get(f"{made.objects()}/one")["inner"] == wanted


def test_discovery_in_yaml(api):
    with defined(api, version(schema=ANYTHING)) as made:
        answer = api.send("GET", f"/apis/{made.group}/v1", headers={"Accept": "application/yaml"})
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/yaml"
        assert not answer.bytes.startswith(b"{")
        assert [one["name"] for one in yaml.safe_load(answer.bytes)["resources"]] == [made.plural]
        both = api.send("GET", f"/apis/{made.group}/v1", headers={"Accept": "application/json, application/yaml"})
        assert both.body["kind"] == "APIResourceList"


def test_bodies_of_three_mebibytes(api):
    """More is refused before it is read."""
    whole = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"data":{"x":"%s"}}'
    text = whole % ("x" * (3 * 1024 * 1024 - len(whole) + 2))
    assert len(text) == 3 * 1024 * 1024
    path = "/api/v1/namespaces/default/configmaps"
    assert api.send("POST", path, text, dryRun="All").status == 422
    api.refused(413, "POST", path, text + " ", says="Request entity too large: limit is 3145728")
