"""Rules in CEL of custom resources: judged when they are written, and kept by every object."""

import itertools

import pytest

numbers = itertools.count()
INTEGER = {"type": "integer"}


def definition(group, spec, status=None, **version):
    schema = {"type": "object", "properties": {"spec": spec, "status": status or {"type": "object"}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [{
                "name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}}, **version,
            }],
        },
    }  # fmt: skip


def ruled(*rules, **properties):
    return {"type": "object", "properties": properties, "x-kubernetes-validations": list(rules)}


@pytest.fixture
def define(cluster_kubectl):
    made = []

    def define(spec, **more):
        group = f"rules{next(numbers)}.example.com"
        cluster_kubectl("create", "--validate=false", "-f", "-", input=definition(group, spec, **more))
        made.append(group)
        cluster_kubectl("wait", "--for=condition=Established", f"crd/widgets.{group}", "--timeout=60s")
        return group

    yield define
    for group in made:
        cluster_kubectl("delete", "crd", f"widgets.{group}", "--wait=false", check=False)


def widget(group, spec, name="w", **more):
    return {"apiVersion": f"{group}/v1", "kind": "Widget", "metadata": {"name": name}, "spec": spec, **more}


def write(kubectl, verb, body, *flags):
    return kubectl(verb, "--validate=false", *flags, "-f", "-", input=body)


def refused(kubectl, verb, body, *words):
    kubectl.fails(verb, "--validate=false", "-f", "-", input=body, says=words)


def test_a_rule_is_kept_on_create_and_update(kubectl, define):
    group = define(ruled({"rule": "self.min <= self.max"}, min=INTEGER, max=INTEGER))
    refused(kubectl, "create", widget(group, {"min": 3, "max": 2}), "spec: Invalid value", "failed rule: self.min <= self.max")
    write(kubectl, "create", widget(group, {"min": 1, "max": 2}))
    kubectl.fails(
        "patch", f"widgets.{group}", "w", "--type=merge", "-p", '{"spec": {"min": 5}}', says=("failed rule: self.min <= self.max",)
    )
    refused(kubectl, "create", widget(group, {"min": 3}, "x"), "no such key: max evaluating rule: self.min <= self.max")


def test_messages_reasons_and_paths(kubectl, define):
    group = define(ruled(
        {"rule": "self.min <= self.max", "messageExpression": "'min is %d, max is %d'.format([self.min, self.max])",
         "reason": "FieldValueForbidden", "fieldPath": ".min"}, min=INTEGER, max=INTEGER))  # fmt: skip
    refused(kubectl, "create", widget(group, {"min": 3, "max": 2}), "spec.min: Forbidden: min is 3, max is 2")


def test_transition_rules(kubectl, define):
    group = define({"type": "object", "properties": {
        "name": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "name is immutable"}]},
        "count": INTEGER}})  # fmt: skip
    write(kubectl, "create", widget(group, {"name": "a"}))
    write(kubectl, "apply", widget(group, {"name": "a", "count": 1}))
    refused(kubectl, "apply", widget(group, {"name": "b"}), "name is immutable")


def test_rules_of_the_status_are_kept_on_the_status(kubectl, define):
    group = define({"type": "object"}, status=ruled({"rule": "self.ready <= self.total"}, ready=INTEGER, total=INTEGER))
    write(kubectl, "create", widget(group, {}))
    patch = ("patch", f"widgets.{group}", "w", "--subresource=status", "--type=merge", "-p")
    kubectl(*patch, '{"status": {"ready": 1, "total": 2}}')
    kubectl.fails(*patch, '{"status": {"ready": 3}}', says=("failed rule: self.ready <= self.total",))


def test_what_was_wrong_before_may_stay(kubectl, cluster_kubectl, define):
    group = define({"type": "object", "properties": {"a": ruled(n=INTEGER), "other": INTEGER}})
    write(kubectl, "create", widget(group, {"a": {"n": -1}}))
    stricter = {"type": "object", "properties": {"a": ruled({"rule": "self.n >= 0"}, n=INTEGER), "other": INTEGER}}
    cluster_kubectl("apply", "--server-side", "--force-conflicts", "--validate=false", "-f", "-", input=definition(group, stricter))
    patch = ("patch", f"widgets.{group}", "w", "--type=merge", "-p")
    for attempt in range(100):
        if kubectl("create", "--validate=false", "-f", "-", input=widget(group, {"a": {"n": -1}}, f"p{attempt}"), check=False).returncode:
            break
    kubectl(*patch, '{"spec": {"other": 1}}')
    kubectl.fails(*patch, '{"spec": {"a": {"n": -2}}}', says=("failed rule: self.n >= 0",))


@pytest.mark.parametrize(
    "spec, words",
    [
        (ruled({"rule": "self.n +"}, n=INTEGER), ("x-kubernetes-validations[0].rule", "Syntax error: mismatched input '<EOF>'")),
        (ruled({"rule": "self.m > 0"}, n=INTEGER), ("compilation failed: ERROR: <input>:1:5: undefined field 'm'",)),
        (ruled({"rule": "self.n"}, n=INTEGER), ("cel expression must evaluate to a bool",)),
        (ruled({"rule": "self.n > 0", "messageExpression": "self.n"}, n=INTEGER), ("messageExpression must evaluate to a string",)),
        (
            ruled(
                {"rule": "self.l.all(a, self.l.all(b, a == b))"}, l={"type": "array", "items": {"type": "string"}}),
            ("estimated rule cost exceeds budget by factor of more than 100x",
             "exceeding cost limit for entire OpenAPIv3 schema"),
        ),
        (ruled({"rule": "self.n > 0", "fieldPath": ".nope"}, n=INTEGER), ("fieldPath", "must be a valid path")),
    ],
)  # fmt: skip
def test_definitions_are_judged(cluster_kubectl, spec, words):
    body = definition(f"rules{next(numbers)}.example.com", spec)
    cluster_kubectl.fails("create", "--validate=false", "-f", "-", input=body, says=words)


def test_selectable_fields(kubectl, cluster_kubectl, define):
    fields = [{"jsonPath": ".spec.color"}]
    group = define({"type": "object", "properties": {"color": {"type": "string"}}}, selectableFields=fields)
    for name, color in (("a", "red"), ("b", "blue")):
        write(kubectl, "create", widget(group, {"color": color}, name))
    assert kubectl.out("get", f"widgets.{group}", "--field-selector=spec.color=blue", "-o", "name").split() == [f"widget.{group}/b"]
    wrong = definition(f"rules{next(numbers)}.example.com", {"type": "object"}, selectableFields=[{"jsonPath": ".spec.nope"}])
    cluster_kubectl.fails(
        "create", "--validate=false", "-f", "-", input=wrong, says=("is an invalid path: does not refer to a valid field",)
    )
