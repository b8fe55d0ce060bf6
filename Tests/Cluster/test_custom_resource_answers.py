"""What requests about custom resources are answered where they are not as they should be, word for word."""

import copy

import pytest

from definitions import DEFINITIONS, defined, version
from interface import PATCHES, eventually, unique

INTEGER, STRING = {"type": "integer"}, {"type": "string"}


def schema(**properties):
    return {"type": "object", "properties": properties}


def causes(failure):
    return [(one["field"], one["message"]) for one in failure["details"]["causes"]]


@pytest.fixture
def widgets(api):
    embedded = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}
    spec = schema(count=INTEGER, embedded=embedded)
    parts = {
        "status": {},
        "scale": {"specReplicasPath": ".spec.count", "statusReplicasPath": ".status.count"},
    }
    with defined(api, version(schema=schema(spec=spec, status=schema(count=INTEGER)), subresources=parts)) as made:
        yield made


def refused_definition(api, change, status=422):
    """The Status of a definition that is nearly right."""
    group = unique("g") + ".example.com"
    body = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"ws.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [version()]},
    }  # fmt: skip
    change(body)
    return api.refused(status, "POST", DEFINITIONS, body, dryRun="All")


def test_an_object_says_itself_what_it_is(api, namespace, widgets):
    place, kind = widgets.objects(namespace), widgets.kind
    for odd, status, says in [
        ({"kind": "Other"}, 422, f'kind: Invalid value: "Other": must be {kind}'),
        ({"kind": ""}, 400, f"the object provided is unrecognized (must be of type {kind}): Object 'Kind' is missing in"),
        ({"apiVersion": ""}, 400, f"the API version in the data () does not match the expected API version ({widgets.group}/v1)"),
    ]:
        api.refused(status, "POST", place, {**widgets.object("odd"), **odd}, says=says)
    for name in ("kind", "apiVersion"):
        body = widgets.object("odd")
        del body[name]
        api.refused(400, "POST", place, body)
    api.refused(400, "POST", place, "null", says="Object 'Kind' is missing in 'null' (6e756c6c)")


def test_what_is_no_metadata_is_refused_as_it_is_read(api, namespace, widgets):
    place, kind = widgets.objects(namespace), widgets.kind
    start = f'{kind} in version "v1" cannot be handled as a {kind}: '
    labels = widgets.object("odd", metadata={"labels": {"a": 5}})
    wrong = "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"
    assert api.refused(400, "POST", place, labels)["message"] == start + wrong
    inner = widgets.object("odd", spec={"embedded": {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": {"a": 5}}}})
    wrong = 'spec.embedded.metadata: Invalid value: {"labels":{"a":5}}: ' + wrong
    assert api.refused(400, "POST", place, inner)["message"] == start + wrong
    inner["spec"]["embedded"] = {"apiVersion": 1, "kind": "Pod"}
    wrong = "spec.embedded.apiVersion: Invalid value: 1: must be a string"
    assert api.refused(400, "POST", place, inner)["message"] == start + wrong
    owner = widgets.object("odd", metadata={"ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "a", "uid": ""}]})
    found = causes(api.refused(422, "POST", place, owner))
    assert ("metadata.ownerReferences.uid", 'Invalid value: "": must not be empty') in found


def test_patches_change_no_identity(api, namespace, widgets):
    place = widgets.objects(namespace)
    api.create(place, widgets.object("one"))
    merge = {"Content-Type": PATCHES["merge"]}
    uid = api.refused(422, "PATCH", f"{place}/one", {"metadata": {"uid": "other"}}, headers=merge)
    assert causes(uid)[0] == ("metadata.uid", 'Invalid value: "other": field is immutable')
    kind = api.refused(422, "PATCH", f"{place}/one", {"kind": "Other"}, headers=merge)
    assert causes(kind) == [("kind", f'Invalid value: "Other": must be {widgets.kind}')]
    version = api.refused(422, "PATCH", f"{place}/one", {"apiVersion": "v9"}, headers=merge)
    assert causes(version) == [("apiVersion", f'Invalid value: "v9": must be {widgets.group}/v1')]
    api.refused(400, "PATCH", f"{place}/one", [], headers=merge, says="error decoding patch: json: cannot unmarshal array")
    current = api.get(f"{place}/one")
    current["metadata"]["deletionTimestamp"] = "2001-01-01T00:00:00Z"
    gone = api.refused(422, "PUT", f"{place}/one", current)
    assert causes(gone)[0] == ("metadata.deletionTimestamp", 'Invalid value: "2001-01-01T00:00:00Z": field is immutable')
    api.refused(
        409, "DELETE", f"{place}/one", {"preconditions": {"uid": "x"}}, says="the UID in the precondition (x) does not match"
    )  # fmt: skip


def test_an_empty_list_of_managers_keeps_the_managers(api, namespace, widgets):
    place = widgets.objects(namespace)
    made = api.create(place, widgets.object("one", spec={"count": 1}))
    same = api.patch(f"{place}/one", {"metadata": {"managedFields": []}})
    assert same["metadata"]["managedFields"] == made["metadata"]["managedFields"]
    bare = api.patch(f"{place}/one", {"metadata": {"managedFields": [{}]}})
    assert "managedFields" not in bare["metadata"]


def test_selectors_of_unknown_fields(api, namespace, widgets):
    failure = api.refused(400, "GET", widgets.objects(namespace), fieldSelector="spec.count=1")
    assert failure["message"] == "field label not supported: spec.count"


def test_scales_without_a_count(api, namespace, widgets):
    place = widgets.objects(namespace)
    api.create(place, widgets.object("one", spec={}))
    missing = api.refused(500, "GET", f"{place}/one/scale")
    assert missing["message"] == 'Internal error occurred: the spec replicas field ".spec.count" does not exist'
    api.patch(f"{place}/one/scale", {"spec": {"replicas": 2}})
    assert api.get(f"{place}/one/scale")["spec"]["replicas"] == 2
    merge = {"Content-Type": PATCHES["merge"]}
    wrong = api.refused(422, "PATCH", f"{place}/one/scale", {"spec": {"replicas": -2}}, headers=merge)
    assert causes(wrong) == [(".spec.count", "Invalid value: -2: should be a non-negative integer")]
    status = api.refused(422, "PATCH", f"{place}/one/status", {"status": {"count": "x"}}, headers=merge)
    assert causes(status) == [
        ("status.count", 'Invalid value: "string": count in body must be of type integer: "string"'),
        (".status.count", "Invalid value: 0: .status.count accessor error: x is of the type string, expected int64"),
    ]


def test_an_undescribed_column_tells_its_path(api, namespace):
    columns = [
        {"name": "Count", "type": "integer", "jsonPath": ".spec.count"},
        {"name": "Told", "type": "integer", "jsonPath": ".spec.count", "description": "how many"},
    ]
    with defined(api, version(additionalPrinterColumns=columns)) as made:
        table = api.get(made.objects(namespace), headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    told = [one["description"] for one in table["columnDefinitions"][1:]]
    assert told == ["Custom resource definition column (in JSONPath format): .spec.count", "how many"]


def test_groups_of_the_community_want_an_approval(api):
    def group(value):
        def change(body):
            body["spec"]["group"] = "apus.k8s.io"
            body["metadata"] = {"name": "ws.apus.k8s.io", "annotations": value}

        return change

    key = "api-approved.kubernetes.io"
    field = f"metadata.annotations[{key}]"
    see = "see https://github.com/kubernetes/enhancements/pull/1111"
    missing = causes(refused_definition(api, group({})))
    assert missing == [(field, f'Required value: protected groups must have approval annotation "{key}", {see}')]
    invalid = causes(refused_definition(api, group({key: "yes"})))
    assert invalid[0][0] == field and 'with either a URL or a reason starting with "unapproved"' in invalid[0][1]
    group_ = unique("g") + ".kubernetes.io"
    with defined(api, group=group_, annotations={key: "unapproved, a test"}) as made:
        condition = [one for one in api.get(made.path)["status"]["conditions"] if one["type"].startswith("KubernetesAPI")]
    assert [(one["status"], one["reason"]) for one in condition] == [("False", "UnapprovedAnnotation")]


def test_definitions_are_told_of_as_all_versions_have_it(api):
    def versions(**more):
        return lambda body: body["spec"]["versions"][0].update(more)

    column = {"name": "a", "type": "string", "jsonPath": "a"}
    found = causes(refused_definition(api, versions(additionalPrinterColumns=[column])))
    assert found == [("spec.additionalPrinterColumns[0].JSONPath", 'Invalid value: "a": must be a simple json path starting with .')]
    scale = {"scale": {"specReplicasPath": ".x", "statusReplicasPath": ".status.y"}}
    found = causes(refused_definition(api, versions(subresources=scale)))
    assert found == [("spec.subresources.scale.specReplicasPath", 'Invalid value: ".x": should be a json path under .spec')]
    found = causes(refused_definition(api, versions(deprecated=True, deprecationWarning="x" * 300)))
    assert found[0][0] == "spec.versions[0].deprecationWarning" and "must be <= 256 characters long" in found[0][1]

    def two(body):
        other = copy.deepcopy(body["spec"]["versions"][0])
        other.update(name="v2", storage=False, additionalPrinterColumns=[column])
        body["spec"]["versions"].append(other)

    assert causes(refused_definition(api, two))[0][0] == "spec.versions[1].additionalPrinterColumns[0].JSONPath"


def test_defaults_of_objects_within_objects(api):
    """What is unknown in their metadata is dropped; what they are they must say."""

    def default(value):
        inner = {"type": "object", "x-kubernetes-embedded-resource": True, "properties": {"a": STRING}, "default": value}
        return lambda body: body["spec"]["versions"][0].update(schema={"openAPIV3Schema": schema(inner=inner)})

    with defined(api, version(schema=schema(inner={
        "type": "object", "x-kubernetes-embedded-resource": True, "properties": {"a": STRING},
        "default": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a", "unknown": 1}},
    }))) as made:  # fmt: skip
        assert api.is_there(made.path)
    place = "spec.validation.openAPIV3Schema.properties[inner].default"
    found = causes(refused_definition(api, default({"metadata": {"name": "a"}})))
    assert (f"{place}.apiVersion", "Required value") in found and (f"{place}.kind", "Required value") in found
    found = causes(refused_definition(api, default({"apiVersion": "v1", "kind": "Pod", "zork": 1})))
    assert found[0][0] == place and found[0][1].endswith("must not have unknown fields")


def test_rules_of_fields_that_are_named_like_words_of_the_language(api, namespace):
    spec = schema(namespace=STRING, count=INTEGER)
    spec["x-kubernetes-validations"] = [
        {"rule": "self.namespace == 'a'", "messageExpression": "'%s of %d: %s'.format([self.namespace, self.count, [1, 2]])"}
    ]
    with defined(api, version(schema=schema(spec=spec))) as made:
        place = made.objects(namespace)
        api.create(place, made.object("right", spec={"namespace": "a", "count": 1}))
        failure = api.refused(422, "POST", place, made.object("wrong", spec={"namespace": "b", "count": 1}))
    assert [message for _, message in causes(failure)] == ["Invalid value: b of 1: [1, 2]"]


def test_a_rule_that_can_never_be_evaluated(api):
    def rule(text):
        ruled = {"type": "object", "x-kubernetes-validations": [{"rule": text}]}
        return lambda body: body["spec"]["versions"][0].update(schema={"openAPIV3Schema": schema(spec=ruled)})

    for text, says in [
        ("int('a') > 1", "program instantiation failed: type conversion error from 'string' to 'int'"),
        ("'%d'.format(['a']) == ''", "error during formatting: decimal clause can only be used on integers, was given string"),
        ("[1, 'a'].size() > 1", "expected type 'int' but found 'string'"),
    ]:
        assert says in causes(refused_definition(api, rule(text)))[0][1], text


def test_a_warning_of_a_deprecated_version_names_a_better_one(api, namespace):
    old = version("v1beta1", storage=False, deprecated=True)
    with defined(api, version("v1", storage=False), version("v2"), old) as made:
        answer = api.send("GET", made.objects(namespace, "v1beta1"))
    assert f"{made.group}/v1beta1 {made.kind} is deprecated; use {made.group}/v2 {made.kind}" in answer.headers["Warning"]


def test_a_new_definition_has_a_status(api):
    body = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "ws.status.example.com"},
        "spec": {
            "group": "status.example.com", "scope": "Namespaced", "names": {"plural": "ws", "kind": "W"}, "versions": [version()],
        },
    }  # fmt: skip
    status = api.create(DEFINITIONS, body, dryRun="All")["status"]
    assert status["acceptedNames"] == {"plural": "", "kind": ""} and status["storedVersions"] == ["v1"]
    assert not status.get("conditions")


def test_what_is_empty_in_metadata_is_left_out(api, namespace, widgets):
    place = widgets.objects(namespace)
    api.create(place, widgets.object("one", metadata={"labels": {}, "annotations": {}, "finalizers": []}))
    assert not {"labels", "annotations", "finalizers"} & set(api.get(f"{place}/one")["metadata"])
    api.patch(f"{place}/one", {"metadata": {"finalizers": ["example.com/hold"]}})
    assert "finalizers" not in api.patch(f"{place}/one", {"metadata": {"finalizers": []}})["metadata"]


def test_a_definition_is_held_for_its_objects_only_when_it_goes(api, namespace, widgets):
    assert "finalizers" not in api.get(widgets.path)["metadata"]
    place = widgets.objects(namespace)
    api.create(place, widgets.object("one", metadata={"finalizers": ["example.com/hold"]}))
    going = api.delete(widgets.path)
    assert going["metadata"]["finalizers"] == ["customresourcecleanup.apiextensions.k8s.io"]
    api.patch(f"{place}/one", {"metadata": {"finalizers": []}})
    eventually(lambda: not api.is_there(widgets.path), "the definition goes")
