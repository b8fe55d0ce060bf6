"""Conformance of sig-api-machinery: a rule that is new does not hold up what was written before it (CRDValidationRatcheting)."""

import contextlib
import copy

import pytest
from definitions import defined
from interface import PATCHES, eventually, unique

NAME = "test-resource"
SENTINEL = "__update_schema_sentinel_field__"
LISTS = {"setArray": ["foo", "bar", "baz"], "atomicArray": ["foo", "bar", "baz"]}


def ruled(rule, **more):
    return {"type": "string", "maxLength": 8, "x-kubernetes-validations": [{"rule": rule, **more}]}


def related(field):
    """A schema in which every value has a place of its own: members, items by key."""
    members = {"field": field, "other": {"type": "string"}}
    item = {"type": "object", "required": ["key"], "properties": {"key": {"type": "string"}, **members}}
    by_key = {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["key"]}
    part = {"type": "object", "properties": members}
    return {
        "type": "object",
        "properties": {
            **members, "struct": part, "list": {"type": "array", "maxItems": 5, "items": item, **by_key},
            "map": {"type": "object", "maxProperties": 5, "additionalProperties": part},
        },
    }  # fmt: skip


def unrelated(item):
    """One in which it has not: items of sets and of lists that are one value."""
    several = {"type": "array", "maxItems": 5, "items": item}
    return {"type": "object", "properties": {"atomicArray": several, "setArray": {**several, "x-kubernetes-list-type": "set"}}}


def everywhere(value, **more):
    part = {"field": value, **more}
    return {
        **part, "struct": part, "list": [{"key": "foo", **part}, {"key": "bar", **part}], "map": {"foo": part, "bar": part},
    }  # fmt: skip


def enum(*values):
    return {"type": "string", "enum": list(values)}


class Case:
    """An object of a kind whose schema changes."""

    def __init__(self, api, made, namespace):
        self.api, self.made, self.place = api, made, made.objects(namespace)

    def apply(self, content, labels=None, name=NAME):
        metadata = {"labels": labels} if labels else {}
        body = self.made.object(name, metadata=metadata, **content)
        return self.api.send(
            "PATCH", f"{self.place}/{name}", body, headers={"Content-Type": PATCHES["apply"]}, fieldManager="manager"
        )

    def become(self, schema):
        """Changes the schema, and waits until objects are held to it."""
        mark, schema = unique("mark"), copy.deepcopy(schema)
        schema["properties"][SENTINEL] = enum(mark)

        def change(spec):
            spec["versions"][0]["schema"]["openAPIV3Schema"] = schema

        self.made.edit(change)
        # A label that cannot be keeps the object from ever being made.
        eventually(lambda: mark.encode() in self.apply({SENTINEL: "1"}, {"#inv/($%)/alid=": ">htt$://"}, "sentinel").bytes)

    def accepts(self, content, labels=None):
        answer = self.apply(content, labels)
        assert answer.status in (200, 201), answer

    def refuses(self, content, *fields, labels=None):
        answer = self.apply(content, labels)
        assert answer.status == 422, answer
        found = {cause["field"] for cause in answer.body["details"]["causes"]}
        assert found == set(fields), answer


@pytest.fixture
def case(api, namespace):
    @contextlib.contextmanager
    def begin(content, schema):
        with defined(api) as made:
            one = Case(api, made, namespace)
            one.accepts(content)
            one.become(schema)
            yield one

    return begin


ANYWHERE = ["field", "struct.field", "list[0].field", "list[1].field"]
BY_SCHEMA, BY_RULE = [*ANYWHERE, "map.foo.field", "map.bar.field"], [*ANYWHERE, "map[foo].field", "map[bar].field"]


@pytest.mark.parametrize("field", [enum("bar"), ruled("self == 'bar'")], ids=["schema", "rule"])
def test_what_does_not_change_is_let_be(case, field):
    """MUST NOT fail to update a resource due to JSONSchema errors; due to CRD Validation Rule errors (unchanged correlatable fields)"""
    with case(everywhere("foo"), related(field)) as one:
        one.accepts(everywhere("foo"), {"foo": "bar"})
        more = everywhere("foo", other="whatever")
        more["list"].append({"key": "baz", "field": "bar"})
        one.accepts(more)


@pytest.mark.parametrize(
    "item, fields",
    [
        (enum("a", "b", "c"), [f"{name}[{index}]" for name in LISTS for index in range(4)]),
        (ruled("self != 'foo'"), [f"{name}[0]" for name in LISTS]),
    ],
    ids=["schema", "rule"],
)
def test_what_has_no_place_of_its_own_is_checked(case, item, fields):
    """MUST fail to update a resource due to JSONSchema errors; due to CRD Validation Rule errors (unchanged uncorrelatable fields)"""
    with case(LISTS, unrelated(item)) as one:
        one.refuses({name: [*values, "new"] for name, values in LISTS.items()}, *fields, labels={"foo": "bar"})


@pytest.mark.parametrize("field, fields", [(enum("foo"), BY_SCHEMA), (ruled("self == 'foo'"), BY_RULE)], ids=["schema", "rule"])
def test_what_changes_is_checked(case, field, fields):
    """MUST fail to update a resource due to JSONSchema errors; due to CRD Validation Rule errors (changed fields)"""
    with case(everywhere("foo"), related(field)) as one:
        one.refuses(everywhere("notfoo"), *fields)


def test_transitions_are_always_checked(case):
    """MUST NOT ratchet errors raised by transition rules"""
    with case(everywhere("foo"), related(ruled("self != oldSelf"))) as one:
        one.refuses(everywhere("foo"), *BY_RULE, labels={"foo": "bar"})
        one.accepts(everywhere("new"))


def test_transitions_of_new_values(case):
    """MUST evaluate a CRD Validation Rule with oldSelf = nil for new values when optionalOldSelf is true"""
    rule = ruled("!oldSelf.hasValue() || self != oldSelf.value()", optionalOldSelf=True)
    with case({}, related(rule)) as one:
        one.accepts(everywhere("foo"))
        one.refuses(everywhere("foo"), *BY_RULE, labels={"foo": "bar"})
        one.accepts(everywhere("new"))
