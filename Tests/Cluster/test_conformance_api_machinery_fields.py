"""Conformance of sig-api-machinery: server-side validation of fields that are unknown or given twice."""

import json

import pytest
from definitions import defined, version
from interface import PATCHES, template, unique

STRICT = {"fieldValidation": "Strict"}
SCHEMA = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "properties": {
                "cronSpec": {"type": "string"}, "ports": {
                    "type": "array", "x-kubernetes-list-map-keys": ["containerPort", "protocol"], "x-kubernetes-list-type": "map",
                    "items": {
                        "type": "object", "required": ["containerPort", "protocol"],
                        "properties": {"containerPort": {"type": "integer"}, "hostPort": {"type": "integer"}, "protocol": {"type": "string"}},
                    },
                },
            },
        },
    },
}  # fmt: skip
LOOSE = {"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}}


def deployment(name, **more):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template({"a": "b"}), "replicas": 1, **more},
    }  # fmt: skip


def twice(body, after, again):
    """The JSON of a body with something written once more after a piece of text."""
    text = json.dumps(body)
    assert text.count(after) == 1, (after, text)
    return text.replace(after, after + again)


@pytest.fixture
def deployments(namespace):
    return f"/apis/apps/v1/namespaces/{namespace}/deployments"


def test_typed_object(api, deployments):
    """Server side field validation, typed object"""
    body = twice(deployment("d", unknownField="foo"), '"replicas": 1', ', "replicas": 2')
    failure = api.refused(400, "POST", deployments, body, **STRICT)
    assert 'strict decoding error: unknown field "spec.unknownField"' in failure["message"] or (
        'unknown field "spec.unknownField"' in failure["message"]
    )
    assert 'duplicate field "spec.replicas"' in failure["message"]
    warned = api.send("POST", deployments, body, fieldValidation="Warn")
    warnings = warned.headers.getlist("Warning")
    assert warned.status == 201 and any('unknown field \\"spec.unknownField\\"' in one for one in warnings), warnings
    assert any('duplicate field \\"spec.replicas\\"' in one for one in warnings), warnings
    assert warned.body["spec"]["replicas"] == 2
    assert not api.send("PUT", f"{deployments}/d", twice(deployment("d", other=1), '"replicas": 1', ', "replicas": 3'), fieldValidation="Ignore").headers.getlist("Warning")  # fmt: skip
    api.refused(422, "POST", deployments, deployment("e"), fieldValidation="Sometimes")


def test_typed_unknown_metadata(api, deployments):
    """Server side field validation, typed unknown metadata"""
    body = deployment("d")
    body["metadata"]["unknownMeta"] = "foo"
    body["spec"]["template"]["metadata"]["unknownSubMeta"] = "bar"
    failure = api.refused(400, "POST", deployments, body, **STRICT)
    assert 'unknown field "metadata.unknownMeta"' in failure["message"]
    assert 'unknown field "spec.template.metadata.unknownSubMeta"' in failure["message"]


@pytest.mark.parametrize("kind", ["merge", "strategic", "json"])
def test_patches_of_typed_objects(api, deployments, kind):
    """Server side field validation: patches"""
    api.create(deployments, deployment("d"))
    path = f"{deployments}/d"
    patches = {
        "merge": {"spec": {"unknownField": "foo"}}, "strategic": {"spec": {"unknownField": "foo"}},
        "json": [{"op": "add", "path": "/spec/unknownField", "value": "foo"}],
    }  # fmt: skip
    headers = {"Content-Type": PATCHES[kind]}
    failure = api.refused(422, "PATCH", path, patches[kind], headers=headers, **STRICT)
    assert 'strict decoding error: unknown field "spec.unknownField"' in failure["message"], failure
    warned = api.send("PATCH", path, patches[kind], headers=headers, fieldValidation="Warn")
    assert warned.status == 200 and "unknown field" in warned.headers["Warning"]
    doubled = '{"spec": {"paused": true, "paused": false}}'
    if kind != "json":
        failure = api.refused(422, "PATCH", path, doubled, headers=headers, **STRICT)
        assert 'duplicate field "spec.paused"' in failure["message"], failure


def test_apply_of_typed_objects(api, deployments):
    """Server side field validation: apply knows fields by their schema"""
    headers = {"Content-Type": "application/apply-patch+yaml"}
    body = deployment("d", unknownField="foo")
    failure = api.refused(500, "PATCH", f"{deployments}/d", body, headers=headers, fieldManager="e2e", **STRICT)
    assert ".spec.unknownField: field not declared in schema" in failure["message"], failure
    assert failure["message"].startswith("failed to create typed patch object ("), failure


def test_valid_custom_resource(api, namespace):
    """Server side field validation, valid CR with validation schema"""
    with defined(api, version(schema=SCHEMA)) as made:
        spec = {"cronSpec": "* * * * */5", "ports": [{"containerPort": 8080, "protocol": "TCP", "hostPort": 1}]}
        api.create(made.objects(namespace), made.object("a", spec=spec), **STRICT)
        applied = api.patch(f"{made.objects(namespace)}/b", made.object("b", spec=spec), "apply", fieldManager="e2e", **STRICT)
        assert applied["spec"] == spec


def test_unknown_fields_of_custom_resources(api, namespace):
    """Server side field validation, unknown fields CR fails validation"""
    with defined(api, version(schema=SCHEMA)) as made:
        spec = {"unknown": 1, "cronSpec": "x", "ports": [{"containerPort": 1, "protocol": "TCP", "other": 2}]}
        failure = api.refused(400, "POST", made.objects(namespace), made.object("a", spec=spec), **STRICT)
        assert 'unknown field "spec.unknown"' in failure["message"]
        assert 'unknown field "spec.ports[0].other"' in failure["message"]
        failure = api.refused(
            500, "PATCH", f"{made.objects(namespace)}/a", made.object("a", spec=spec),
            headers={"Content-Type": "application/apply-patch+yaml"}, fieldManager="e2e", **STRICT,
        )  # fmt: skip
        assert ".spec.unknown: field not declared in schema" in failure["message"], failure


def test_no_schema(api, namespace):
    """Server side field validation, unknown fields CR no validation schema"""
    with defined(api) as made:
        body = made.object("a", spec={"anything": {"goes": [1]}}, more=True)
        created = api.create(made.objects(namespace), body, **STRICT)
        assert created["spec"] == body["spec"] and created["more"] is True
        api.patch(f"{made.objects(namespace)}/b", made.object("b", other={"x": 1}), "apply", fieldManager="e2e", **STRICT)


def test_duplicates_in_custom_resources(api, namespace):
    """Server side field validation, CR duplicates"""
    with defined(api, version(schema=LOOSE)) as made:
        body = twice(made.object("a", spec={"x": 1, "y": 2}), '"x": 1', ', "x": 3')
        failure = api.refused(400, "POST", made.objects(namespace), body, **STRICT)
        assert 'duplicate field "spec.x"' in failure["message"], failure
        text = f"apiVersion: {made.group}/v1\nkind: {made.kind}\nmetadata:\n  name: a\nspec:\n  foo: a\n  foo: b\n"
        failure = api.refused(
            400, "POST", made.objects(namespace), text, headers={"Content-Type": "application/yaml"}, **STRICT
        )  # fmt: skip
        assert 'line 7: key "foo" already set in map' in failure["message"], failure
        failure = api.refused(
            400, "PATCH", f"{made.objects(namespace)}/a", text, headers={"Content-Type": "application/apply-patch+yaml"},
            fieldManager="e2e", **STRICT,
        )  # fmt: skip
        assert 'line 7: key "foo" already set in map' in failure["message"], failure


def test_unknown_metadata_of_custom_resources(api, namespace):
    """Server side field validation, unknown metadata"""
    schema = {"type": "object", "properties": {
        "spec": {"type": "object", "properties": {"embedded": {
            "type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}}},
    }}  # fmt: skip
    with defined(api, version(schema=schema)) as made:
        inner = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "unknownSubMeta": 1}}
        body = made.object(unique("a"), metadata={"unknownMeta": "foo"}, spec={"embedded": inner})
        failure = api.refused(400, "POST", made.objects(namespace), body, **STRICT)
        assert 'unknown field "metadata.unknownMeta"' in failure["message"], failure
        assert 'unknown field "spec.embedded.metadata.unknownSubMeta"' in failure["message"], failure
        body["metadata"].pop("unknownMeta")
        kept = api.create(made.objects(namespace), body, fieldValidation="Ignore")
        assert kept["spec"]["embedded"]["metadata"] == {"name": "x"}
