"""Conformance of sig-api-machinery: what the OpenAPI document says of custom kinds, and what `kubectl` makes of it."""

import base64
import copy
import hashlib
import re

import pytest
from definitions import DEFINITIONS, defined, version
from interface import eventually, unique


def text(description):
    return {"type": "string", "description": description}


def items(description, properties, **more):
    return {"type": "array", "description": description, "items": {"type": "object", "properties": properties, **more}}


BAR = {
    "name": text("Name of Bar."), "age": text("Age of Bar."),
    "feeling": {**text("Whether Bar is feeling great."), "enum": ["Great", "Down"]},
    "bazs": {"type": "array", "description": "List of Bazs.", "items": {"type": "string"}},
}  # fmt: skip
BAR_STATUS = {
    "name": text("Name of Bar."), "available": {"type": "boolean", "description": "Whether it is there."},
    "kind": {**text("Of which kind it is."), "pattern": "in-tree|out-of-tree"},
}  # fmt: skip
FOO = {
    "description": "Foo CRD for Testing", "type": "object",
    "properties": {
        "spec": {
            "type": "object", "description": "Specification of Foo",
            "properties": {"bars": items("List of Bars and their specs.", BAR, required=["name"])},
        },
        "status": {
            "type": "object", "description": "Status of Foo",
            "properties": {"bars": items("List of Bars and their statuses.", BAR_STATUS)},
        },
    },
}  # fmt: skip
WALDO = {
    "description": "Waldo CRD for Testing", "type": "object",
    "properties": {
        "spec": {
            "type": "object", "description": "Specification of Waldo",
            "properties": {"dummy": {"type": "object", "description": "Dummy property."}},
        }
    },
}  # fmt: skip
KEPT = "x-kubernetes-preserve-unknown-fields"


class Published:
    """What the document of everything says of custom kinds."""

    def __init__(self, api):
        self.api = api

    def name(self, made, version):
        return ".".join([*reversed(made.group.split(".")), version, made.kind])

    def definition(self, made, version):
        """Without what every object has; nil where the version is not published."""
        found = copy.deepcopy(self.api.get("/openapi/v2")["definitions"].get(self.name(made, version)))
        if found:
            found.pop("x-kubernetes-group-version-kind")
            for member in ("apiVersion", "kind", "metadata"):
                found.get("properties", {}).pop(member, None)
        return found

    def expect(self, made, version, schema):
        eventually(lambda: self.definition(made, version), f"{made.name} {version} is published")
        assert self.definition(made, version) == schema

    def expect_none(self, made, version):
        eventually(lambda: self.definition(made, version) is None, f"{made.name} {version} is published no more")


@pytest.fixture
def published(api):
    return Published(api)


def explained(kubectl, what, pattern):
    found = kubectl.out("explain", what)
    assert re.search(pattern, found, re.DOTALL), found


def test_with_a_schema(api, kubectl, published):
    """Custom Resource OpenAPI Publish, with validation schema"""
    with defined(api, version(schema=FOO)) as made:
        published.expect(made, "v1", FOO)
        head = {"apiVersion": f"{made.group}/v1", "kind": made.kind, "metadata": {"name": "test-foo"}}
        for verb in ("create", "apply"):
            kubectl(verb, "-f", "-", input={**head, "spec": {"bars": [{"name": "test-bar"}]}})
            kubectl("delete", made.plural, "test-foo")
            kubectl.fails(verb, "-f", "-", input={**head, "spec": {"foo": True}}, says='unknown field "spec.foo"')
            kubectl.fails(
                verb, "-f", "-", input={**head, "spec": {"bars": [{"age": "10"}]}}, says="spec.bars[0].name: Required value"
            )
            kubectl.fails(
                verb, "-f", "-", input={**head, "spec": {"bars": [{"name": "b", "feeling": "Other"}]}},
                says='Unsupported value: "Other"',
            )  # fmt: skip
        # In the very words that conformance asks for.
        explained(
            kubectl, made.plural,
            "DESCRIPTION:.*Foo CRD for Testing.*FIELDS:.*apiVersion.*<string>.*APIVersion defines.*spec.*<Object>.*Specification of Foo",
        )  # fmt: skip
        explained(
            kubectl, f"{made.plural}.metadata",
            "DESCRIPTION:.*Standard object's metadata.*FIELDS:.*creationTimestamp.*<string>.*CreationTimestamp is a timestamp",
        )  # fmt: skip
        explained(
            kubectl, f"{made.plural}.spec",
            r"DESCRIPTION:.*Specification of Foo.*FIELDS:.*bars.*<\[\]Object>.*List of Bars and their specs",
        )  # fmt: skip
        explained(
            kubectl, f"{made.plural}.spec.bars",
            r"FIELD:.*bars.*<\[\]Object>.*DESCRIPTION:.*List of Bars.*FIELDS:.*bazs.*<\[\]string>.*List of Bazs.*name.*<string>.*Name of Bar",
        )  # fmt: skip
        kubectl.fails("explain", f"{made.plural}.spec.bars2", says='field "bars2" does not exist')
    published.expect_none(made, "v1")


def nested():
    schema = copy.deepcopy(WALDO)
    schema["properties"]["spec"][KEPT] = True
    return schema


@pytest.mark.parametrize(
    "schema, content, explains",
    [
        (None, {"a": {"b": [{"c": "d"}]}}, "DESCRIPTION:.*<empty>"),
        ({**WALDO, KEPT: True}, {"a": {"b": [{"c": "d"}]}}, "KIND:"),
        (nested(), {"spec": {"a": None, "b": [{"c": "d"}]}}, "DESCRIPTION:.*Waldo CRD for Testing"),
    ],
    ids=["in object", "at root", "in embedded object"],
)
def test_unknown_fields(api, kubectl, published, schema, content, explains):
    """Custom Resource OpenAPI Publish, with x-preserve-unknown-fields in object; at root; in embedded object"""
    with defined(api, version(schema=schema)) as made:
        eventually(lambda: published.definition(made, "v1"))
        body = {"apiVersion": f"{made.group}/v1", "kind": made.kind, "metadata": {"name": "test-cr"}, **content}
        for verb in ("create", "apply"):
            kubectl(verb, "-f", "-", input=body)
            kubectl("delete", made.plural, "test-cr")
        explained(kubectl, made.plural, explains)


def test_groups_versions_and_kinds(api, published):
    """Custom Resource OpenAPI Publish, varying groups; varying versions; varying kinds"""
    group = f"{unique('common')}.example.com"
    many = [version("v2", FOO), version("v3", FOO, storage=False)]
    with (
        defined(api, *many) as several, defined(api, version("v1beta1", WALDO)) as alone,
        defined(api, version("v6", FOO), group=group) as first, defined(api, version("v6", WALDO), group=group) as second,
        defined(api, version("v5", WALDO), group=group) as older,
    ):  # fmt: skip
        for made, name, schema in (
            (several, "v2", FOO), (several, "v3", FOO), (alone, "v1beta1", WALDO), (first, "v6", FOO),
            (second, "v6", WALDO), (older, "v5", WALDO),
        ):  # fmt: skip
            published.expect(made, name, schema)
    for made in (several, alone, first, second, older):
        published.expect_none(made, made.versions[0]["name"])


def test_versions_that_change(api, published):
    """Custom Resource OpenAPI Publish, version rename; stop serving version"""
    with defined(api, version("v2", FOO), version("v3", FOO, storage=False)) as made:
        for name in ("v2", "v3"):
            published.expect(made, name, FOO)
        at = "/spec/versions/1/name"
        api.patch(made.path, [{"op": "test", "path": at, "value": "v3"}, {"op": "replace", "path": at, "value": "v4"}], "json")
        published.expect(made, "v4", FOO)
        published.expect_none(made, "v3")
        api.patch(made.path, [{"op": "replace", "path": "/spec/versions/1/served", "value": False}], "json")
        published.expect_none(made, "v4")
        published.expect(made, "v2", FOO)


def test_a_name_that_is_taken(api, cluster_kubectl):
    """Custom Resource OpenAPI Publish: kubectl explain works for CR with the same resource name as built-in object"""
    group, short = f"{unique('service')}.example.com", unique("ksvc")
    names = {"plural": "services", "singular": "service", "kind": "Service", "listKind": "ServiceList", "shortNames": [short]}
    body = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"services.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [version(schema=WALDO)]},
    }  # fmt: skip
    api.create(DEFINITIONS, body)
    try:
        pattern = "DESCRIPTION:.*Specification of Waldo.*FIELDS:.*dummy.*<Object>.*Dummy property"
        eventually(lambda: re.search(pattern, cluster_kubectl("explain", f"{short}.spec", check=False).stdout, re.DOTALL))
    finally:
        api.delete(f"{DEFINITIONS}/services.{group}")


def test_storage_version_hash(api):
    """Discovery: custom resource should have storage version hash"""
    with defined(api, version("v1", storage=False), version("v2")) as made:
        digest = hashlib.sha256(f"{made.group}/v2/{made.kind}".encode()).digest()
        for name in ("v1", "v2"):
            (found,) = api.get(f"/apis/{made.group}/{name}")["resources"]
            assert found["storageVersionHash"] == base64.b64encode(digest[:8]).decode()
    built_in = {one["name"]: one.get("storageVersionHash") for one in api.get("/api/v1")["resources"]}
    assert built_in["pods"] == "xPOwRZ+Yhw8=" and built_in["bindings"] is None
