"""What writes are held to before they are about anything: where they are sent, what their bodies are, whose fields they set.

After test/integration/apiserver (field_validation_test.go, apply/apply_test.go, apply/scale_test.go,
apply/reset_fields_test.go), and the handlers of k8s.io/apiserver.
"""

import json

import pytest
import yaml

from definitions import defined, version
from interface import PATCHES

WRONG_METHOD = "the server does not allow this method on the requested resource"


def config_map(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def deployment(name, replicas=1):
    container = {"name": "c", "image": "registry.example/a:1"}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
        },
    }  # fmt: skip


@pytest.fixture
def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture
def deployments(namespace):
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def warnings(answer):
    return [json.loads(one.removeprefix("299 - ")) for one in answer.headers.getlist("Warning")]


def test_methods_fit_their_paths(api, maps):
    """A collection takes no change of one object, one object no creation, and all namespaces take neither."""
    api.create(maps, config_map("a"))
    for method, path in [
        ("POST", f"{maps}/a"), ("PUT", maps), ("PATCH", maps), ("POST", "/api/v1/configmaps"),
        ("DELETE", "/api/v1/configmaps"), ("DELETE", "/apis/apps/v1/deployments"),
    ]:  # fmt: skip
        api.refused(405, method, path, config_map("a"), says=WRONG_METHOD)
    api.refused(404, "GET", "/api/v1/configmaps/a", says="the server could not find the requested resource")
    assert api.is_there(f"{maps}/a")


def test_names_fit_their_paths(api, maps):
    api.create(maps, config_map("a", x="1"))
    api.refused(
        400, "PUT", f"{maps}/a", config_map("b"),
        says="the name of the object (b) does not match the name on the URL (a)",
    )  # fmt: skip
    nameless = {"apiVersion": "v1", "kind": "ConfigMap"}
    says = "the name of the object (a based on URL) was undeterminable: name must be provided"
    api.refused(400, "PUT", f"{maps}/a", nameless, says=says)
    elsewhere = {"metadata": {"name": "a", "namespace": "elsewhere"}}
    says = "the namespace of the provided object does not match the namespace sent on the request"
    api.refused(400, "PUT", f"{maps}/a", elsewhere, says=says)
    api.refused(400, "POST", maps, {"metadata": {"name": "n", "namespace": "elsewhere"}}, says=says)
    merge = {"Content-Type": "application/merge-patch+json"}
    api.refused(400, "PATCH", f"{maps}/a", {"metadata": {"namespace": "elsewhere"}}, says=says, headers=merge)
    says = "the name of the object (b) does not match the name on the URL (a)"
    api.refused(400, "PATCH", f"{maps}/a", {"metadata": {"name": "b"}}, says=says, headers=merge)
    assert api.get(f"{maps}/a")["data"] == {"x": "1"}


def test_a_namespace_of_what_has_none_is_passed_over(api, namespace):
    """As templates that give everything the same namespace want it."""
    name = f"reader-{namespace}"
    role = {"metadata": {"name": name, "namespace": namespace}, "rules": []}
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    assert "namespace" not in api.create(roles, role)["metadata"]
    try:
        assert "namespace" not in api.update(f"{roles}/{name}", role)["metadata"]
        assert "namespace" not in api.patch(f"{roles}/{name}", role)["metadata"]
    finally:
        api.delete(f"{roles}/{name}")


@pytest.mark.parametrize(
    "body, says",
    [
        (b"", "couldn't get version/kind; json parse error: unexpected end of JSON input (<empty>)"),
        (b"{", "couldn't get version/kind; json parse error: unexpected end of JSON input ({)"),
        (b"[]", "json parse error: json: cannot unmarshal array into Go value of type struct"),
        (b'{"a": nonsense that is rather long }', '({"a": nonsense that is rather  ...)'),
    ],
)
def test_bodies_that_are_no_objects(api, maps, body, says):
    failure = api.refused(400, "POST", maps, body, says=says)
    assert failure["message"].startswith("the object provided is unrecognized (must be of type ConfigMap): ")


def test_an_applied_object_says_what_it_is(api, maps):
    apply = {"Content-Type": "application/apply-patch+yaml"}

    def refused(status, body, says):
        api.refused(status, "PATCH", f"{maps}/a", body, says=says, headers=apply, fieldManager="m")

    refused(400, {"kind": "ConfigMap", "metadata": {"name": "a"}}, "invalid object type: /, Kind=ConfigMap")
    refused(400, {"apiVersion": "v1", "metadata": {"name": "a"}}, "invalid object type: /v1, Kind=")
    wrong = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}
    refused(400, wrong, "invalid object type: /v1, Kind=Secret")
    refused(400, {"apiVersion": "v1", "kind": "ConfigMap"}, "undeterminable: name must be provided")
    # What it is comes before what it is called, and the name before nothing.
    other = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "b"}}
    refused(400, {"metadata": {"name": "b"}}, "invalid object type: /, Kind=")
    refused(400, {}, "invalid object type: /, Kind=")
    refused(400, {**other, "kind": "Secret"}, "invalid object type: /v1, Kind=Secret")
    refused(500, {**other, "data": {"k": 1}}, "failed to create typed patch object (/b; /v1, Kind=ConfigMap): .data.k")
    refused(500, {**other, "metadata": "x"}, "failed to create typed patch object (/; /v1, Kind=ConfigMap): .metadata: expected map")
    refused(409, {**other, "metadata": {"name": "b", "uid": "u"}}, "uid mismatch: the provided object specified uid u")
    refused(400, other, "the name of the object (b) does not match the name on the URL (a)")
    known = config_map("a")
    known["metadata"]["uid"] = "1"
    says = "uid mismatch: the provided object specified uid 1, and no existing object was found"
    refused(409, known, says)
    assert not api.is_there(f"{maps}/a")


STRICT = """{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": {
  "unknown1": "a", "unknownDupe": "a", "unknownDupe": "b", "paused": true, "paused": false,
  "selector": {"matchLabels": {"app": "d"}}, "template": {"metadata": {"labels": {"app": "d"}}, "spec": {"containers": [
    {"name": "c", "image": "i", "unknownNested": 1, "imagePullPolicy": "Always", "imagePullPolicy": "Never"}]}}}}"""


def test_strict_problems_stand_in_the_order_of_the_text(api, deployments):
    """A field that is unknown and stands there twice is unknown, and no more is said of it."""
    expected = [
        'unknown field "spec.unknown1"', 'unknown field "spec.unknownDupe"', 'duplicate field "spec.paused"',
        'unknown field "spec.template.spec.containers[0].unknownNested"',
        'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
    ]  # fmt: skip
    says = "strict decoding error: " + ", ".join(expected)
    api.refused(400, "POST", deployments, STRICT, says=says, fieldValidation="Strict")
    for level in ("Warn", None):
        answer = api.send("POST", deployments, STRICT, fieldValidation=level, dryRun="All")
        assert answer.status == 201 and warnings(answer) == expected, answer
    ignored = api.send("POST", deployments, STRICT, fieldValidation="Ignore", dryRun="All")
    assert ignored.status == 201 and warnings(ignored) == []


def test_strict_problems_in_yaml_stand_by_name(api, deployments):
    """Lines are told in the order of the text; what is unknown there in the order of the names, which is how YAML is decoded."""
    text = yaml.safe_dump(json.loads(STRICT), sort_keys=False).replace("paused: false", "paused: true\n  paused: false")
    text = text.replace("imagePullPolicy: Never", "imagePullPolicy: Always\n        imagePullPolicy: Never")
    numbers = [number for number, line in enumerate(text.splitlines(), 1) if "false" in line or "Never" in line]
    expected = [
        f'line {numbers[0]}: key "paused" already set in map', f'line {numbers[1]}: key "imagePullPolicy" already set in map',
        'unknown field "spec.template.spec.containers[0].unknownNested"', 'unknown field "spec.unknown1"',
        'unknown field "spec.unknownDupe"',
    ]  # fmt: skip
    answer = api.send("POST", deployments, text, headers={"Content-Type": "application/yaml"}, dryRun="All")
    assert answer.status == 201 and warnings(answer) == expected, answer


def test_repetitions_in_yaml_are_a_warning_each(api, maps):
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: b\n  a: c\n  d: e\n  d: f\n  d: g\nodd: 1\n"
    yaml = {"Content-Type": "application/yaml"}
    answer = api.send("POST", maps, text, headers=yaml, dryRun="All")
    lines = ['line 7: key "a" already set in map', 'line 9: key "d" already set in map', 'line 10: key "d" already set in map']
    assert answer.status == 201 and warnings(answer) == [*lines, 'unknown field "odd"'], answer
    says = "strict decoding error: yaml: unmarshal errors:\n  " + "\n  ".join(lines) + ', unknown field "odd"'
    api.refused(400, "POST", maps, text, says=says, headers=yaml, fieldValidation="Strict")


def test_strict_problems_of_custom_kinds(api, namespace):
    """What stands there twice comes first, and then what is unknown, by name."""
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": {"known": {"type": "string"}}}}}
    with defined(api, version(schema=schema)) as definition:
        text = json.dumps(definition.object("a"))
        text = text[:-1] + ', "spec": {"zz": 1, "unknown": 1, "unknown": 2, "known": "a", "known": "b"}}'
        path = definition.objects(namespace)
        expected = [
            'duplicate field "spec.unknown"', 'duplicate field "spec.known"', 'unknown field "spec.unknown"',
            'unknown field "spec.zz"',
        ]  # fmt: skip
        api.refused(400, "POST", path, text, says=", ".join(expected), fieldValidation="Strict")
        assert warnings(api.send("POST", path, text, dryRun="All")) == expected


@pytest.mark.parametrize("kind, patch", [
    ("merge", {"metadata": {"managedFields": [{}]}}), ("merge", {"metadata": {"managedFields": []}}),
    ("json", [{"op": "replace", "path": "/metadata/managedFields", "value": [{}]}]),
])  # fmt: skip
def test_managed_fields_are_dropped_when_that_is_asked(api, maps, kind, patch):
    made = api.create(maps, config_map("a", x="1"), fieldManager="one")
    after = api.patch(f"{maps}/a", patch, kind, fieldManager="two")
    assert "managedFields" not in after["metadata"]
    assert after["metadata"]["resourceVersion"] != made["metadata"]["resourceVersion"]
    assert api.patch(f"{maps}/a", {"data": {"y": "2"}}, fieldManager="three")["metadata"].get("managedFields") is None
    applied = api.patch(f"{maps}/a", config_map("a", z="3"), "apply", fieldManager="four")
    assert [one["manager"] for one in applied["metadata"]["managedFields"]] == ["four", "before-first-apply"]


def test_managed_fields_may_be_edited(api, maps):
    made = api.create(maps, config_map("a", x="1"), fieldManager="one")
    made["metadata"]["managedFields"][0]["manager"] = "another"
    edited = api.update(f"{maps}/a", made)
    assert [one["manager"] for one in edited["metadata"]["managedFields"]] == ["another"]
    unsaid = api.patch(f"{maps}/a", {"metadata": {"managedFields": None}})
    assert unsaid["metadata"] == edited["metadata"]


def test_owners_are_named_once(api, maps, kubectl):
    owner = api.create(maps, config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned = config_map("owned")
    owned["metadata"]["ownerReferences"] = [reference, reference]
    start = ".metadata.ownerReferences contains duplicate entries"
    for answer, words in [
        (api.send("POST", maps, owned), f"{start}; API server dedups owner references"),
        (api.send("PUT", f"{maps}/owned", owned), f"{start}; API server dedups owner references"),
        (
            api.send(
                "PATCH", f"{maps}/owned", {"metadata": {"ownerReferences": [reference] * 3}},
                headers={"Content-Type": "application/merge-patch+json"},
            ),
            f"{start} after mutating admission happens; ",
        ),
    ]:  # fmt: skip
        assert answer.status in (200, 201), answer
        assert answer.body["metadata"]["ownerReferences"] == [reference]
        (warning,) = warnings(answer)
        assert warning.startswith(words) and owner["metadata"]["uid"] in warning
    other = {**reference, "controller": True}
    both = api.patch(f"{maps}/owned", {"metadata": {"ownerReferences": [reference, other]}})
    assert both["metadata"]["ownerReferences"] == [reference, other]


def test_a_scale_has_the_objects_name(api, deployments):
    api.create(deployments, deployment("d"))
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "e"}, "spec": {"replicas": 3}}
    api.refused(
        400, "PUT", f"{deployments}/d/scale", scale,
        says="the name of the object (e) does not match the name on the URL (d)",
    )  # fmt: skip
    missing = api.refused(404, "GET", f"{deployments}/e/scale", says='deployments.apps "e" not found')
    assert missing["details"]["kind"] == "deployments"
    assert api.get(f"{deployments}/d")["spec"]["replicas"] == 1


def test_a_scale_is_applied(api, deployments):
    """Who owns the count in the Scale owns it in the object, and nobody takes it without force."""
    api.create(deployments, deployment("d"), fieldManager="maker")
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "d"}, "spec": {"replicas": 3}}
    path = f"{deployments}/d/scale"
    conflict = api.refused(
        409, "PATCH", path, scale, headers={"Content-Type": "application/apply-patch+yaml"}, fieldManager="scaler",
        says='Apply failed with 1 conflict: conflict with "maker" using autoscaling/v1: .spec.replicas',
    )  # fmt: skip
    assert [one["field"] for one in conflict["details"]["causes"]] == [".spec.replicas"]
    assert api.patch(path, scale, "apply", fieldManager="scaler", force="true")["spec"]["replicas"] == 3
    after = api.get(f"{deployments}/d")
    assert after["spec"]["replicas"] == 3
    owners = {one["manager"]: one for one in after["metadata"]["managedFields"]}
    assert owners["scaler"]["operation"] == "Apply" and owners["scaler"]["subresource"] == "scale"
    assert owners["scaler"]["apiVersion"] == "apps/v1" and "time" not in owners["scaler"]
    assert owners["scaler"]["fieldsV1"] == {"f:spec": {"f:replicas": {}}}
    assert "f:replicas" not in owners["maker"]["fieldsV1"]["f:spec"]
    again = api.patch(path, scale, "apply", fieldManager="scaler")
    assert again["metadata"]["resourceVersion"] == after["metadata"]["resourceVersion"]
    api.patch(path, {"spec": {"replicas": 4}}, fieldManager="hand")
    owners = {one["manager"]: one for one in api.get(f"{deployments}/d")["metadata"]["managedFields"]}
    assert "scaler" not in owners and "time" not in owners["hand"] and owners["hand"]["subresource"] == "scale"


def test_a_strategic_patch_does_not_say_what_an_object_is(api, deployments):
    """It is put into the object that there is. The outcome of other patches is read anew, as what it says it is.

    Ansible's kubernetes.core.k8s_scale writes the kind of the scaled object into its patch of the Scale.
    """
    api.create(deployments, deployment("d"))
    patch = {"apiVersion": "other/v1", "kind": "Other", "metadata": {"name": "d"}, "spec": {"replicas": 3}}
    for path, version, kind in ((f"{deployments}/d", "apps/v1", "Deployment"), (f"{deployments}/d/scale", "autoscaling/v1", "Scale")):
        patch["spec"]["replicas"] += 1
        answer = api.send("PATCH", path, patch, headers={"Content-Type": PATCHES["strategic"]})
        assert answer.status == 200, answer
        assert (answer.body["apiVersion"], answer.body["kind"]) == (version, kind)
        assert answer.body["spec"]["replicas"] == patch["spec"]["replicas"]
        failure = api.refused(
            422, "PATCH", path, patch, headers={"Content-Type": PATCHES["merge"]},
            says='no kind "Other" is registered for version "other/v1"',
        )  # fmt: skip
        assert failure["details"]["causes"][0]["field"] == "patch"


def test_a_patch_of_a_scale_that_does_not_fit_it(api, deployments):
    api.create(deployments, deployment("d"))
    for patch in (PATCHES["strategic"], PATCHES["merge"]):
        failure = api.refused(
            422, "PATCH", f"{deployments}/d/scale", {"spec": {"replicas": "x"}}, headers={"Content-Type": patch}, says="patch: Invalid value"
        )
        assert failure["details"]["causes"][0]["field"] == "patch"
    strict = {"spec": {"replicas": 2, "odd": 1}}
    headers = {"Content-Type": PATCHES["merge"]}
    api.refused(422, "PATCH", f"{deployments}/d/scale", strict, headers=headers, fieldValidation="Strict", says='unknown field "spec.odd"')
    assert api.get(f"{deployments}/d")["spec"]["replicas"] == 1


def test_many_warnings_are_cut_short(api, maps):
    """Headers have little room: a client still reads the answer."""
    body = config_map("a")
    body.update({f"unknown{one:02}" + "x" * 100: "x" for one in range(80)})
    answer = api.send("POST", maps, body)
    told = warnings(answer)
    assert answer.status == 201 and told[0].startswith('unknown field "unknown00x')
    assert 10 < len(told) < 80 and sum(map(len, told)) < 4096 + 256


def test_some_kinds_are_made_by_a_put(api, namespace):
    """Leases, roles, endpoints, events, limits and services; the others are not found."""
    lease = {"metadata": {"name": "made"}, "spec": {"holderIdentity": "me"}}
    role = {"metadata": {"name": "made"}, "rules": []}
    for place, body in [
        (f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases", lease),
        (f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/roles", role),
        (f"/api/v1/namespaces/{namespace}/endpoints", {"metadata": {"name": "made"}}),
        (f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": "made"}, "spec": {"ports": [{"port": 80}]}}),
    ]:
        answer = api.send("PUT", f"{place}/made", body)
        assert answer.status == 201 and answer.body["metadata"]["uid"], answer
        gone = {"metadata": {"name": "other", "uid": "1"}, **{key: body[key] for key in body if key != "metadata"}}
        api.refused(409, "PUT", f"{place}/other", gone, says="Precondition failed: UID in precondition: 1")
    api.refused(404, "PUT", f"/api/v1/namespaces/{namespace}/configmaps/made", {"metadata": {"name": "made"}})


def test_some_kinds_are_replaced_in_a_known_version_only(api, namespace):
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    budgets = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    with defined(api) as definition:
        for path, body in [
            (leases, {"metadata": {"name": "a"}, "spec": {"holderIdentity": "me"}}),
            (budgets, {"metadata": {"name": "a"}, "spec": {"maxUnavailable": 1, "selector": {}}}),
            (definition.objects(namespace), definition.object("a")),
        ]:
            made = api.create(path, body)
            failure = api.refused(
                422, "PUT", f"{path}/a", body,
                says="metadata.resourceVersion: Invalid value: 0: must be specified for an update",
            )  # fmt: skip
            assert failure["details"]["kind"] == path.rpartition("/")[2]
            assert api.update(f"{path}/a", made)["metadata"] == made["metadata"]
            assert api.patch(f"{path}/a", {"metadata": {"labels": {"a": "b"}}})["metadata"]["labels"] == {"a": "b"}


def test_who_makes_something_by_changing_it_must_be_allowed_to_make_it(api, namespace):
    """Applying and replacing what is not there is a creation, and asked about as one."""
    roles = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    rules = [
        {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "patch"]},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["update"]},
    ]
    api.create(f"{roles}/roles", {"metadata": {"name": "changer"}, "rules": rules})
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "changer"}
    user = f"changer-{namespace}"
    subjects = [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]
    api.create(f"{roles}/rolebindings", {"metadata": {"name": "changer"}, "roleRef": reference, "subjects": subjects})
    maps, lease = f"/api/v1/namespaces/{namespace}/configmaps", {"metadata": {"name": "a"}, "spec": {}}
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    apply = {"Content-Type": "application/apply-patch+yaml", "Impersonate-User": user}
    api.refused(
        403, "PATCH", f"{maps}/a", config_map("a"), headers=apply, fieldManager="m",
        says=f'configmaps "a" is forbidden: User "{user}" cannot create resource "configmaps" in API group ""',
    )  # fmt: skip
    api.refused(403, "PUT", f"{leases}/a", lease, headers={"Impersonate-User": user}, says='cannot create resource "leases"')
    api.create(maps, config_map("a"))
    applied = api.send("PATCH", f"{maps}/a", config_map("a", x="y"), headers=apply, fieldManager="m")
    assert applied.status == 200 and applied.body["data"] == {"x": "y"}, applied


def test_a_slash_at_the_end_says_nothing(api, maps):
    for path in ("/api", "/api/v1", "/apis", "/apis/apps", "/apis/apps/v1", "/version", maps):
        assert api.get(path + "/") == api.get(path)
    api.refused(400, "DELETE", f"{maps}/a", "nonsense", says="(must be of type DeleteOptions)")


def test_managed_fields_of_a_new_object_are_kept(api, maps):
    """Who makes an object owns what is in it; whatever else it says of owners stays, unless it cannot be read."""
    owner = {
        "manager": "elsewhere", "operation": "Apply", "apiVersion": "v1", "time": "2026-01-02T03:04:05Z", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:x": {}, "f:later": {}}},
    }  # fmt: skip
    made = api.create(maps, {**config_map("a", x="1"), "metadata": {"name": "a", "managedFields": [owner]}}, fieldManager="one")
    entries = {one["manager"]: one for one in made["metadata"]["managedFields"]}
    assert set(entries) == {"elsewhere", "one"} and entries["elsewhere"]["fieldsV1"] == {"f:data": {"f:later": {}}}
    assert entries["one"]["fieldsV1"] == {"f:data": {".": {}, "f:x": {}}}
    wrong = {**owner, "fieldsType": "FieldsV2"}
    made = api.create(maps, {**config_map("b", x="1"), "metadata": {"name": "b", "managedFields": [wrong]}}, fieldManager="one")
    assert [one["manager"] for one in made["metadata"]["managedFields"]] == ["one"]


def test_a_time_of_deletion_is_not_written(api, maps):
    made = api.create(maps, config_map("a", x="1"))
    made["metadata"]["deletionTimestamp"] = "2026-01-02T03:04:05Z"
    api.refused(422, "PUT", f"{maps}/a", made, says="metadata.deletionTimestamp: Invalid value")


def test_what_a_patch_made_is_shown_in_order(api, maps):
    made = api.create(maps, {"metadata": {"name": "a"}})["metadata"]
    metadata = {"name": "a", **{name: made[name] for name in ("namespace", "uid", "resourceVersion", "creationTimestamp")}}

    def shown(kind, patch):
        refused = api.send("PATCH", f"{maps}/a", patch, headers={"Content-Type": PATCHES[kind]})
        assert refused.status == 422, refused
        (cause,) = refused.body["details"]["causes"]
        text, _, why = cause["message"].removeprefix("Invalid value: ").rpartition(": json: ")
        return json.loads(text), why

    def text(**more):
        return json.dumps({"apiVersion": "v1", **more, "kind": "ConfigMap", "metadata": metadata}, separators=(",", ":"))

    found, why = shown("merge", {"data": {"z": 1, "a": 2}, "binaryData": 5})
    assert found == text(binaryData=5, data={"a": 2, "z": 1}) and "ConfigMap.binaryData" in why
    found, _ = shown("json", [{"op": "add", "path": "/data", "value": {"z": 1, "a": 2}}])
    assert found == text(data={"z": 1, "a": 2})
