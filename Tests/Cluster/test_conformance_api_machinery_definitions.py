"""Conformance of sig-api-machinery: custom resource definitions, and what they make of objects."""

import copy

from definitions import DEFINITIONS, Definition, defined, version
from interface import eventually, unique

STRUCTURE = {
    "type": "object",
    "properties": {
        "spec": {"type": "object", "properties": {"a": {"type": "string"}, "count": {"type": "integer", "minimum": 1}}},
        "status": {"type": "object", "properties": {"phase": {"type": "string"}}},
    },
}


def test_creating_and_deleting(api):
    """Custom Resource Definition, create"""
    made = Definition(api)
    answer = api.create(DEFINITIONS, made.body)
    assert answer["metadata"]["uid"] and answer["metadata"]["generation"] == 1
    made.established()
    api.delete(made.path)
    eventually(lambda: not api.is_there(made.path))
    eventually(lambda: api.send("GET", made.objects()).status == 404)


def test_listing(api):
    """Custom Resource Definition, list"""
    label = unique("listed")
    ten = [Definition(api, labels={"e2e": label}).create() for _ in range(10)]
    other = Definition(api, labels={"e2e": "another"}).create()
    try:
        found = api.get(DEFINITIONS, labelSelector=f"e2e={label}")["items"]
        assert sorted(one["metadata"]["name"] for one in found) == sorted(one.name for one in ten)
        api.delete(DEFINITIONS, labelSelector=f"e2e={label}")
        eventually(lambda: api.get(DEFINITIONS, labelSelector=f"e2e={label}")["items"] == [])
        assert api.is_there(other.path)
    finally:
        other.remove()


def test_status(api):
    """Custom Resource Definition, status sub-resource"""
    with defined(api) as made:
        path = made.path + "/status"
        current = api.get(path)
        condition = {
            "type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test",
            "lastTransitionTime": "2026-01-02T03:04:05Z",
        }  # fmt: skip
        current["status"]["conditions"].append(condition)
        assert condition in api.update(path, current)["status"]["conditions"]
        assert condition in api.get(made.path)["status"]["conditions"]
        patched = api.patch(path, {"metadata": {"annotations": {"patched": "yes"}}})
        assert patched["metadata"]["annotations"]["patched"] == "yes"
        # What shall be is not written there.
        before = api.get(made.path)
        odd = copy.deepcopy(before)
        odd["spec"]["names"]["shortNames"] = ["odd"]
        assert api.update(path, odd)["spec"] == before["spec"]


def test_conditions_of_others(api):
    """Custom Resource Definition, status sub-resource: conditions of nothing but a message; the names' own are told again"""
    with defined(api, scope="Cluster") as made:
        path = made.path + "/status"
        nothing = {"type": "", "status": "", "lastTransitionTime": None}

        def updated():
            current = api.get(path)
            current["status"]["conditions"].append({**nothing, "message": "updated"})
            answer = api.send("PUT", path, current)
            assert answer.status in (200, 409), answer
            return answer.body["status"]["conditions"] if answer.status == 200 else None

        assert {**nothing, "message": "updated"} in eventually(updated)
        patch = [{"op": "add", "path": "/status/conditions", "value": [{"message": "patched"}]}]
        assert api.patch(path, patch, "json")["status"]["conditions"] == [{**nothing, "message": "patched"}]
        made.established()
        names = [one["type"] for one in api.get(made.path)["status"]["conditions"]]
        assert names == ["", "NamesAccepted", "Established"]


def test_discovery(api):
    """Custom Resource Definition, discovery"""
    groups = {one["name"]: one for one in api.get("/apis")["groups"]}
    assert groups["apiextensions.k8s.io"]["preferredVersion"] == {
        "groupVersion": "apiextensions.k8s.io/v1", "version": "v1",
    }  # fmt: skip
    group = api.get("/apis/apiextensions.k8s.io")
    assert group["kind"] == "APIGroup" and {"groupVersion": "apiextensions.k8s.io/v1", "version": "v1"} in group["versions"]
    resources = api.get("/apis/apiextensions.k8s.io/v1")
    assert resources["groupVersion"] == "apiextensions.k8s.io/v1"
    by_name = {one["name"]: one for one in resources["resources"]}
    assert by_name["customresourcedefinitions"]["kind"] == "CustomResourceDefinition"
    assert {"get", "patch", "update"} == set(by_name["customresourcedefinitions/status"]["verbs"])


def test_watch(api):
    """Custom Resource Definition, watch (of custom resources)"""
    with defined(api, scope="Cluster") as made:
        start = api.get(made.objects())["metadata"]["resourceVersion"]
        with api.watch(made.objects(), resourceVersion=start) as all, api.watch(
            made.objects(), resourceVersion=start, fieldSelector="metadata.name=name2"
        ) as second:
            for name in ("name1", "name2"):
                api.create(made.objects(), made.object(name, content={"key": "value"}))
                all.expect("ADDED", name)
            for name in ("name1", "name2"):
                api.patch(f"{made.objects()}/{name}", {"dummy": "test"})
                all.expect("MODIFIED", name)
            for name in ("name1", "name2"):
                api.delete(f"{made.objects()}/{name}")
                all.expect("DELETED", name)
            assert [(type, one["metadata"]["name"]) for type, one in second.take(3)] == [
                ("ADDED", "name2"), ("MODIFIED", "name2"), ("DELETED", "name2"),
            ]  # fmt: skip


def test_defaulting(api):
    """Custom Resource Definition, defaulting"""
    schema = {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}}
    with defined(api, version(schema=schema), scope="Cluster") as made:
        api.create(made.objects(), made.object("name1"))

        def default(field, value):
            def change(spec):
                spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"][field] = {"type": "string", **value}

            made.edit(change)

        default("a", {"default": "A"})
        path = f"{made.objects()}/name1"
        eventually(lambda: api.get(path).get("a") == "A", "a is defaulted when it is read")
        fresh = api.create(made.objects(), made.object("name2"))
        assert fresh["a"] == "A"

        def swap(spec):
            properties = spec["versions"][0]["schema"]["openAPIV3Schema"]["properties"]
            properties["a"], properties["b"] = {"type": "string"}, {"type": "string", "default": "B"}

        made.edit(swap)
        eventually(lambda: api.get(path).get("b") == "B", "b is defaulted when it is read")
        assert "a" not in api.get(path), "the default was never stored in the first"
        second = api.get(f"{made.objects()}/name2")
        assert second["a"] == "A" and second["b"] == "B", "the default was stored in the second"
        listed = {one["metadata"]["name"]: one for one in api.get(made.objects())["items"]}
        assert listed["name1"]["b"] == "B"


def test_objects_are_held_to_the_schema_that_is(api):
    """Custom Resource Definition: what a schema has no more disappears from answers, and comes back with it"""
    def schema(**more):
        return {"type": "object", "properties": {"kept": {"type": "string"}, **more}}

    before = schema(gone={"type": "string"}, empty={"type": "string", "nullable": True})
    with defined(api, version(schema=before), scope="Cluster") as made:
        path = f"{made.objects()}/one"
        written = api.create(made.objects(), made.object("one", kept="a", gone="b", empty=None))
        assert written["empty"] is None and "empty" in written

        def become(schema):
            def change(spec):
                spec["versions"][0]["schema"]["openAPIV3Schema"] = schema

            made.edit(change)

        become(schema(empty={"type": "string"}))
        eventually(lambda: "gone" not in api.get(path), "an unknown field is not served")
        seen = api.get(path)
        assert "empty" not in seen and seen["kept"] == "a", "a null that may not be there is none"
        assert seen["metadata"]["resourceVersion"] == written["metadata"]["resourceVersion"]
        assert ["gone" in one or "empty" in one for one in api.get(made.objects())["items"]] == [False]
        with api.watch(made.objects()) as watch:
            assert "gone" not in watch.expect("ADDED", "one")
        become(schema(empty={"type": "string", "default": "full"}))
        eventually(lambda: api.get(path).get("empty") == "full", "a default stands where a null may not")
        # It was in the store all the time.
        become(before)
        eventually(lambda: api.get(path).get("gone") == "b")
        assert api.get(path)["empty"] is None
        # A write that changes nothing writes the object as it is served.
        become(schema())
        eventually(lambda: "gone" not in api.get(path))
        again = api.update(path, api.get(path))
        assert again["metadata"]["resourceVersion"] != written["metadata"]["resourceVersion"]
        become(before)
        eventually(lambda: api.create(made.objects(), made.object(unique("two"), gone="b")).get("gone") == "b")
        assert "gone" not in api.get(path)


def test_structural_schemas(api):
    """Custom Resource Definition: schemas must be structural, and are held to it"""
    def refused(schema, *says):
        api.refused(422, "POST", DEFINITIONS, Definition(api, version(schema=schema)).body, says=says)

    at = "spec.validation.openAPIV3Schema"
    refused({"type": "object", "properties": {"a": {}}}, f"{at}.properties[a].type: Required value")
    refused({"properties": {"a": {"type": "string"}}}, f"{at}.type: Required value")
    refused({"type": "object", "properties": {"a": {"type": "array"}}}, "items: Required value")
    refused({"type": "object", "properties": {"a": {"type": "string", "default": 5}}}, f"{at}.properties[a].default: Invalid value")
    refused({"type": "object", "additionalProperties": False, "properties": {"a": {"type": "string"}}}, "additionalProperties: Forbidden")
    refused({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True, "items": {"type": "string"}}}}, "uniqueItems: Forbidden")
    refused({"type": "string"}, f'{at}.type: Invalid value: "string": must be object at the root')
    refused({"type": "object", "properties": {"a": {"type": "string", "pattern": "("}}}, "pattern")


def test_validation_of_objects(api, namespace):
    """Custom Resource Definition: objects are validated, pruned and defaulted by their schema"""
    schema = copy.deepcopy(STRUCTURE)
    schema["properties"]["spec"].update(required=["a"], properties={
        "a": {"type": "string", "pattern": "^a+$", "maxLength": 5}, "count": {"type": "integer", "minimum": 1, "maximum": 10},
        "kind": {"type": "string", "enum": ["one", "two"]}, "list": {"type": "array", "maxItems": 2, "items": {"type": "string"}},
        "either": {"x-kubernetes-int-or-string": True}, "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "maybe": {"type": "string", "nullable": True},
    })  # fmt: skip
    with defined(api, version(schema=schema)) as made:
        place = made.objects(namespace)

        def refused(spec, *says):
            api.refused(422, "POST", place, made.object("bad", spec=spec), says=says)

        refused({}, "spec.a: Required value")
        refused({"a": "b"}, 'spec.a: Invalid value: "b": spec.a in body should match \'^a+$\'')
        refused({"a": "aaaaaa"}, "spec.a: Too long: may not be more than 5 bytes")
        refused({"a": "a", "count": 0}, "spec.count: Invalid value: 0: spec.count in body should be greater than or equal to 1")
        refused({"a": "a", "count": 11}, "spec.count: Invalid value: 11: spec.count in body should be less than or equal to 10")
        refused({"a": "a", "count": "x"}, 'spec.count: Invalid value: "string": spec.count in body must be of type integer: "string"')
        refused({"a": "a", "kind": "three"}, 'spec.kind: Unsupported value: "three": supported values: "one", "two"')
        refused({"a": "a", "list": ["x", "y", "z"]}, "spec.list: Too many: 3: must have at most 2 items")
        refused({"a": "a", "map": {"k": "v"}}, "spec.map.k")
        refused({"a": "a", "either": True}, "spec.either")
        made_object = api.create(place, made.object("good", spec={"a": "aa", "either": 5, "maybe": None, "unknown": 1, "map": {"x": 1}}))
        assert made_object["spec"] == {"a": "aa", "either": 5, "maybe": None, "map": {"x": 1}}


def test_subresources(api, namespace):
    """Custom Resource Definition: status and scale of custom resources"""
    schema = copy.deepcopy(STRUCTURE)
    schema["properties"]["spec"]["properties"]["replicas"] = {"type": "integer"}
    schema["properties"]["status"]["properties"] = {
        "phase": {"type": "string"}, "replicas": {"type": "integer"}, "selector": {"type": "string"},
    }  # fmt: skip
    scale = {
        "specReplicasPath": ".spec.replicas", "statusReplicasPath": ".status.replicas", "labelSelectorPath": ".status.selector",
    }  # fmt: skip
    with defined(api, version(schema=schema, subresources={"status": {}, "scale": scale})) as made:
        place = made.objects(namespace)
        one = api.create(place, made.object("one", spec={"replicas": 1}, status={"phase": "Given"}))
        assert "status" not in one and one["metadata"]["generation"] == 1
        status = api.patch(f"{place}/one/status", {"status": {"phase": "Ready", "replicas": 1, "selector": "a=b"}, "spec": {"a": "x"}})
        assert status["status"]["phase"] == "Ready" and "a" not in status["spec"] and status["metadata"]["generation"] == 1
        got = api.get(f"{place}/one/scale")
        assert got["kind"] == "Scale" and got["spec"] == {"replicas": 1} and got["status"] == {"replicas": 1, "selector": "a=b"}
        got["spec"]["replicas"] = 5
        assert api.update(f"{place}/one/scale", got)["spec"]["replicas"] == 5
        after = api.get(f"{place}/one")
        assert after["spec"]["replicas"] == 5 and after["metadata"]["generation"] == 2
        after["status"] = {"phase": "Ignored"}
        assert api.update(f"{place}/one", after)["status"]["phase"] == "Ready"
        resources = {one["name"] for one in api.get(f"/apis/{made.group}/v1")["resources"]}
        assert resources == {made.plural, f"{made.plural}/status", f"{made.plural}/scale"}


def test_no_conversion(api, namespace):
    """Custom Resource Definition: versions without a webhook differ in their name alone"""
    with defined(api, version("v1"), version("v2", storage=False)) as made:
        api.create(made.objects(namespace), made.object("one", a={"b": [1]}))
        other = api.get(f"{made.objects(namespace, 'v2')}/one")
        assert other["apiVersion"] == f"{made.group}/v2" and other["a"] == {"b": [1]}
        items = api.get(made.objects(namespace, "v2"))
        assert items["apiVersion"] == f"{made.group}/v2" and items["items"][0]["apiVersion"] == f"{made.group}/v2"
        with api.watch(made.objects(namespace, "v2")) as watch:
            assert watch.expect("ADDED", "one")["apiVersion"] == f"{made.group}/v2"
        assert api.get(made.path)["status"]["storedVersions"] == ["v1"]

        def second(spec):
            spec["versions"][0]["storage"], spec["versions"][1]["storage"] = False, True

        made.edit(second)
        eventually(lambda: api.get(made.path)["status"]["storedVersions"] == ["v1", "v2"])
        api.create(made.objects(namespace, "v2"), made.object("two", "v2", a=2))
        found = api.get(made.objects(namespace))["items"]
        assert [(one["metadata"]["name"], one["apiVersion"]) for one in found] == [
            ("one", f"{made.group}/v1"), ("two", f"{made.group}/v1"),
        ]  # fmt: skip
        # A version that is stored somewhere cannot leave.
        current = api.get(made.path)
        current["spec"]["versions"] = current["spec"]["versions"][1:]
        api.refused(422, "PUT", made.path, current, says="status.storedVersions[0]: Invalid value")


def test_names_that_are_taken(api):
    """Custom Resource Definition: names in conflict are told and not served"""
    with defined(api) as first:
        second = Definition(api, group=first.group)
        second.body["spec"]["names"]["kind"] = first.kind
        second.body["spec"]["names"]["listKind"] = first.kind + "List"
        api.create(DEFINITIONS, second.body)
        try:
            def conflict():
                conditions = api.get(second.path)["status"].get("conditions") or []
                return next((one for one in conditions if one["type"] == "NamesAccepted" and one["status"] == "False"), None)

            condition = eventually(conflict, "the conflict is told")
            assert condition["reason"] in ("KindConflict", "ListKindConflict", "MultipleNamesNotAllowed"), condition
            assert api.send("GET", second.objects()).status == 404
        finally:
            second.remove()


def test_what_is_built_in_stays_as_it_is(api, namespace):
    """Custom Resource Definition: a version that is built in has no room for it, though it is established"""
    approved = {"api-approved.kubernetes.io": "unapproved, test-only"}
    group = "networking.k8s.io"
    policies = f"/apis/{group}/v1/namespaces/{namespace}/networkpolicies"
    api.create(policies, {"metadata": {"name": "one"}, "spec": {"podSelector": {}}})
    made = Definition(api, version("v1"), version("v99", storage=False), group=group, scope="Cluster", annotations=approved)
    probe = {"type": "object", "properties": {"probeField": {"type": "boolean"}}}
    namesake = Definition(
        api, version(schema=probe), group="apiextensions.k8s.io", scope="Cluster", kind="CustomResourceDefinition", annotations=approved,
    )  # fmt: skip
    before = api.get(DEFINITIONS)["items"]
    try:
        api.create(DEFINITIONS, made.body)
        eventually(lambda: api.send("GET", made.objects(version="v99")).status == 200)
        assert api.send("GET", made.objects()).status == 404
        assert made.plural not in [one["name"] for one in api.get(f"/apis/{group}/v1")["resources"]]
        assert api.is_there(f"{policies}/one")
        versions = [one["version"] for one in api.get(f"/apis/{group}")["versions"]]
        assert {"v1", "v99"} <= set(versions)
        api.create(DEFINITIONS, namesake.body)

        def accepted():
            conditions = api.get(namesake.path).get("status", {}).get("conditions") or []
            return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)

        eventually(accepted)
        # Definitions are still what they were.
        with defined(api) as another:
            api.create(another.objects(namespace), another.object("one"))
        assert b"probeField" not in api.send("GET", "/openapi/v3/apis/apiextensions.k8s.io/v1").bytes
    finally:
        made.remove()
        namesake.remove()
    # The one that had their name has taken none with it.
    left = {one["metadata"]["uid"] for one in api.get(DEFINITIONS)["items"]}
    stable = {one["metadata"]["uid"] for one in before if "example.com" not in one["metadata"]["name"]}
    assert stable <= left and api.is_there(f"{policies}/one")


def test_deletion_takes_the_objects(api, namespace):
    """Custom Resource Definition: its objects go before it, finalizers hold both"""
    made = Definition(api).create()
    held = made.object("held", metadata={"finalizers": ["example.com/hold"]})
    api.create(made.objects(namespace), held)
    api.create(made.objects(namespace), made.object("free"))
    going = api.delete(made.path)
    assert going["metadata"]["deletionTimestamp"]
    eventually(lambda: not api.is_there(f"{made.objects(namespace)}/free"))
    eventually(lambda: any(one["type"] == "Terminating" and one["status"] == "True" for one in api.get(made.path)["status"]["conditions"]))
    assert api.is_there(made.path)
    assert api.send("POST", made.objects(namespace), made.object("late")).status in (403, 404, 405)
    api.patch(f"{made.objects(namespace)}/held", {"metadata": {"finalizers": None}})
    eventually(lambda: not api.is_there(made.path))


def test_printer_columns(api, namespace):
    """Custom Resource Definition: additional printer columns"""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}
    columns = [
        {"name": "Number", "type": "integer", "jsonPath": ".spec.number"},
        {"name": "Label", "type": "string", "jsonPath": ".metadata.labels.a\\.b/c", "priority": 1},
        {"name": "When", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    ]
    with defined(api, version(schema=schema, additionalPrinterColumns=columns)) as made:
        api.create(made.objects(namespace), made.object("one", metadata={"labels": {"a.b/c": "d"}}, spec={"number": 5}))
        table = api.get(made.objects(namespace), headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
        assert [one["name"] for one in table["columnDefinitions"]] == ["Name", "Number", "Label", "When"]
        assert table["columnDefinitions"][2]["priority"] == 1
        cells = table["rows"][0]["cells"]
        assert cells[:3] == ["one", 5, "d"] and cells[3]


def test_selectable_fields(api, namespace):
    """CustomResourceDefinition: selectable fields (CustomResourceFieldSelectors)"""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "colour": {"type": "string"}, "size": {"type": "integer"}}}}}  # fmt: skip
    fields = [{"jsonPath": ".spec.colour"}, {"jsonPath": ".spec.size"}]
    with defined(api, version(schema=schema, selectableFields=fields)) as made:
        place = made.objects(namespace)
        for name, colour, size in (("a", "red", 1), ("b", "blue", 1), ("c", "red", 2)):
            api.create(place, made.object(name, spec={"colour": colour, "size": size}))

        def found(selector):
            return [one["metadata"]["name"] for one in api.get(place, fieldSelector=selector)["items"]]

        assert found("spec.colour=red") == ["a", "c"]
        assert found("spec.colour=red,spec.size=1") == ["a"]
        assert found("spec.colour!=red") == ["b"]
        api.refused(400, "GET", place, fieldSelector="spec.other=x", says="field label not supported: spec.other")
        with api.watch(place, fieldSelector="spec.colour=blue") as watch:
            watch.expect("ADDED", "b")
            api.patch(f"{place}/b", {"spec": {"colour": "red"}})
            watch.expect("DELETED", "b")


def test_custom_kinds_as_any_other(api, namespace):
    """Custom resources: every verb (CustomResourceDefinition resources Simple CustomResourceDefinition)"""
    from interface import Lifecycle

    with defined(api, version(schema=STRUCTURE, subresources={"status": {}})) as made:
        body = {"apiVersion": f"{made.group}/v1", "kind": made.kind, "spec": {"a": "b"}}

        def change(one):
            one["spec"]["count"] = 2

        Lifecycle(api, f"{made.group}/v1", made.plural, body, namespace, {"phase": "Done"}, change).discovered("status").walk()
