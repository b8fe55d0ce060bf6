"""Admission policies in CEL: what they judge and change, and what their bindings make of it."""

import itertools

import pytest

numbers = itertools.count()
GROUP = "admissionregistration.k8s.io/v1"
EVENTUALLY = 60


def rules(*resources, operations=("CREATE", "UPDATE"), groups=("",), **more):
    rule = {"apiGroups": list(groups), "apiVersions": ["v1"], "operations": list(operations), "resources": list(resources)}
    return {"resourceRules": [{**rule, **more}]}


@pytest.fixture
def policy(cluster_kubectl, namespace):
    """Makes a policy, and a binding of it for the test's namespace."""
    made = []

    def make(spec, binding=None, kind="ValidatingAdmissionPolicy"):
        name = f"p{next(numbers)}.example.com"
        body = {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, "spec": {"matchConstraints": rules("configmaps"), **spec}}
        bound = {
            "policyName": name,
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}},
            **(binding or {}),
        }
        if kind == "ValidatingAdmissionPolicy":
            bound.setdefault("validationActions", ["Deny"])
        for one in (body, {"apiVersion": GROUP, "kind": kind + "Binding", "metadata": {"name": name}, "spec": bound}):
            cluster_kubectl("create", "-f", "-", input=one)
            made.append((one["kind"], name))
        return name

    yield make
    for kind, name in reversed(made):
        cluster_kubectl("delete", kind, name, check=False)


def config(name="c", data=None, **metadata):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **metadata}, "data": data or {}}


def create(kubectl, body, **more):
    return kubectl("create", "-f", "-", input=body, **more)


def refused(kubectl, body, *words):
    """Servers that keep policies in a cache take a moment to know one, and what it refers to."""
    for attempt in range(EVENTUALLY):
        body["metadata"]["name"] = f"{body['metadata']['name'][:20]}-{attempt}"
        answer = kubectl("create", "-f", "-", input=body, check=False)
        # Nor do they know at once what a policy's parameters are.
        if answer.returncode and (all(word in answer.stderr for word in words) or "no params found" not in answer.stderr):
            break
    for word in words:
        assert word in answer.stderr, answer.stderr


def test_a_validation_refuses(kubectl, policy):
    name = policy({"validations": [{"expression": "object.data.size() <= 1", "message": "too much data"}]})
    refused(
        kubectl, config(data={"a": "1", "b": "2"}),
        f"ValidatingAdmissionPolicy '{name}' with binding '{name}' denied request: too much data",
    )  # fmt: skip
    create(kubectl, config("fine", {"a": "1"}))
    kubectl.fails("patch", "configmap", "fine", "--type=merge", "-p", '{"data": {"b": "2"}}', says=("too much data",))


def test_without_a_message_the_expression_is_told(kubectl, policy):
    policy({"validations": [{"expression": "object.metadata.name.startsWith('x')"}]})
    refused(kubectl, config(), "denied request: failed expression: object.metadata.name.startsWith('x')")


def test_message_expressions_variables_and_the_namespace(kubectl, policy, namespace):
    policy({
        "variables": [
            {"name": "keys", "expression": "object.data.map(k, k)"},
            {"name": "count", "expression": "variables.keys.size()"},
        ],
        "validations": [{
            "expression": "variables.count < 2 || namespaceObject.metadata.name == 'other'",
            "messageExpression": "'%d keys in %s, asked by %s'.format([dyn(variables.count), namespaceObject.metadata.name, request.operation])",
        }],
    })  # fmt: skip
    refused(kubectl, config(data={"a": "1", "b": "2"}), f"denied request: 2 keys in {namespace}, asked by CREATE")


def test_warnings_do_not_refuse(kubectl, policy):
    name = policy({"validations": [{"expression": "false", "message": "mind this"}]}, {"validationActions": ["Warn", "Audit"]})
    for attempt in range(EVENTUALLY):
        answer = create(kubectl, config(f"c{attempt}"))
        if answer.stderr:
            break
    assert f"Warning: Validation failed for ValidatingAdmissionPolicy '{name}' with binding '{name}': mind this" in answer.stderr


def test_match_conditions_and_failure_policies(kubectl, policy):
    policy({
        "matchConditions": [{"name": "marked", "expression": "has(object.metadata.labels) && 'judge' in object.metadata.labels"}],
        "validations": [{"expression": "false", "message": "judged"}],
    })  # fmt: skip
    refused(kubectl, config("marked", labels={"judge": "yes"}), "judged")
    create(kubectl, config("unmarked"))


def test_errors_refuse_unless_they_are_ignored(kubectl, policy):
    policy({"validations": [{"expression": "object.data.missing == 'x'"}], "failurePolicy": "Fail"})
    refused(kubectl, config(data={"a": "1"}), "expression 'object.data.missing == 'x'' resulted in error: no such key: missing")


def test_parameters_that_are_not_given(kubectl, policy):
    # Of a kind of its own: kube-apiserver follows the parameters of a kind until the last policy that names it is gone, once.
    policy({
        "paramKind": {"apiVersion": "v1", "kind": "Secret"},
        "validations": [
            {"expression": "params == null || object.metadata.name == params.metadata.name"},
            {"expression": "object.metadata.name == params.metadata.name"},
        ],
    })  # fmt: skip
    refused(kubectl, config(), "expression 'object.metadata.name == params.metadata.name' resulted in error: no such key: metadata")


def test_configurations_of_webhooks_are_judged(cluster_kubectl, policy):
    """Webhooks are not asked about each other, and nobody is asked about policies."""
    constraints = rules("*", operations=("*",), groups=("admissionregistration.k8s.io",))
    mark = f"judged-{next(numbers)}"
    policy(
        {
            "matchConstraints": {**constraints, "objectSelector": {"matchLabels": {"mark": mark}}},
            "validations": [{"expression": "false", "message": "no more of these"}],
        },
        {"matchResources": {}},
    )  # fmt: skip
    body = {"apiVersion": GROUP, "kind": "ValidatingWebhookConfiguration", "metadata": {"name": mark, "labels": {"mark": mark}}}
    refused(cluster_kubectl, body, "no more of these")
    binding = {
        "apiVersion": GROUP, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": mark, "labels": {"mark": mark}},
        "spec": {"policyName": "none", "validationActions": ["Deny"]},
    }  # fmt: skip
    create(cluster_kubectl, binding)
    cluster_kubectl("delete", "validatingadmissionpolicybinding", mark)


def test_ignored_errors(kubectl, policy):
    policy({"validations": [
        {"expression": "object.data.missing == 'x'"}, {"expression": "object.metadata.name != 'bad'", "message": "bad name"}],
        "failurePolicy": "Ignore"})  # fmt: skip
    create(kubectl, config("good"))


def test_parameters(kubectl, policy, namespace):
    create(kubectl, config("limits", {"most": "1"}))
    policy(
        {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": rules("configmaps", operations=("CREATE",)),
            "validations": [{
                "expression": "object.data.size() <= int(params.data.most)",
                "messageExpression": "'at most ' + params.data.most",
            }],
        },
        {"paramRef": {"name": "limits", "namespace": namespace, "parameterNotFoundAction": "Deny"}},
    )  # fmt: skip
    refused(kubectl, config(data={"a": "1", "b": "2"}), "denied request: at most 1")
    create(kubectl, config("small", {"a": "1"}))
    kubectl("delete", "configmap", "limits")
    refused(kubectl, config("small"), "failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction")


def test_the_authorizer_is_asked(kubectl, policy):
    policy({"validations": [{
        "expression": "authorizer.group('').resource('secrets').namespace(object.metadata.namespace).check('get').allowed() && "
                      "!authorizer.serviceAccount(object.metadata.namespace, 'nobody').group('').resource('secrets').check('get').allowed() && "
                      "authorizer.requestResource.check('create').allowed() && object.data.size() == 0",
        "message": "asked",
    }]})  # fmt: skip
    refused(kubectl, config(data={"a": "1"}), "operation cancelled: actual cost limit exceeded")


def test_two_questions_are_within_the_limit(kubectl, policy):
    policy({"validations": [{
        "expression": "authorizer.group('').resource('secrets').check('get').allowed() && "
                      "!authorizer.serviceAccount('default', 'nobody').group('').resource('secrets').check('get').allowed() && "
                      "!has(object.data)",
        "message": "asked",
    }]})  # fmt: skip
    refused(kubectl, config(data={"a": "1"}), "denied request: asked")
    create(kubectl, config("empty"))


def test_removals_see_the_old_object(kubectl, policy):
    create(kubectl, config("kept", {"keep": "yes"}))
    policy({
        "matchConstraints": rules("configmaps", operations=("DELETE",)),
        "validations": [{"expression": "object == null && !('keep' in oldObject.data)", "message": "it is kept", "reason": "Forbidden"}],
    })  # fmt: skip
    for _ in range(EVENTUALLY):
        answer = kubectl("delete", "configmap", "kept", "--dry-run=server", check=False)
        if answer.returncode:
            break
    assert "it is kept" in answer.stderr and "(Forbidden)" in answer.stderr


@pytest.mark.parametrize(
    "spec, words",
    [
        ({"validations": [{"expression": "object.x +"}]}, ("spec.validations[0].expression", "Syntax error")),
        ({"validations": [{"expression": "1"}]}, ("must evaluate to bool but got int",)),
        ({"validations": [{"expression": "foo"}]}, ("undeclared reference to 'foo' (in container '')",)),
        ({"validations": [{"expression": "params.x"}]}, ("undeclared reference to 'params'",)),
        ({"validations": [{"expression": "true", "messageExpression": "1"}]}, ("must evaluate to string but got int",)),
        ({"validations": [{"expression": "variables.nope"}]}, ("undeclared reference to 'variables' (in container '')",)),
        ({"variables": [{"name": "a", "expression": "1"}], "validations": [{"expression": "variables.nope"}]}, ("undefined field 'nope'",)),
        ({"variables": [{"name": "a"}], "validations": [{"expression": "variables.a"}]}, ("undefined field 'a'", "expression is not specified")),
        ({"variables": [{"name": "a-b", "expression": "1"}], "validations": [{"expression": "true"}]}, ("must be a valid CEL identifier",)),
        ({"variables": [{"name": "a", "expression": "authorizer"}], "validations": [{"expression": "variables.a"}]}, ("must evaluate to bool but got dyn",)),
        ({"validations": [{"expression": "request.kind"}]}, ("must evaluate to bool but got kubernetes.GroupVersionKind",)),
        ({"validations": [{"expression": "namespaceObject.metadata"}]}, ("must evaluate to bool but got kubernetes.NamespaceMetadata",)),
        ({"validations": [{"expression": "int('a')"}]}, ("must evaluate to bool but got int",)),
        (
            {"validations": [{"expression": "int('a') > 1"}]},
            ("Internal error: program instantiation failed: type conversion error from 'string' to 'int'",),
        ),
        ({"validations": [{"expression": "object.in == 1"}]}, ("no viable alternative at input '.in'", "extraneous input '=='")),
        ({"validations": [{"expression": "object["}]}, ("expecting {'[', '{', '(', '.', '-', '!', '?', 'true'",)),
        ({"validations": [{"expression": "true", "message": " "}]}, ('spec.validations[0].message: Invalid value: " ": must be non-empty',)),
        ({"validations": [{"expression": "true", "reason": ""}]}, ('spec.validations[0].reason: Unsupported value: ""',)),
        ({"matchConditions": [{"name": "m", "expression": " foo"}], "validations": [{"expression": "true"}]}, ('Invalid value: "foo"', "<input>:1:1:")),
        ({"auditAnnotations": [{"key": "a", "valueExpression": " foo"}]}, ('Invalid value: " foo"', "<input>:1:1:")),
        ({"matchConditions": [{"name": "m", "expression": "'a'"}], "validations": [{"expression": "true"}]}, ("must evaluate to bool but got string",)),
    ],
)  # fmt: skip
def test_policies_are_judged(cluster_kubectl, spec, words):
    body = {
        "apiVersion": GROUP, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": f"p{next(numbers)}.example.com"},
        "spec": {"matchConstraints": rules("configmaps"), **spec},
    }  # fmt: skip
    cluster_kubectl.fails("create", "-f", "-", input=body, says=words)


def test_expressions_are_checked_against_the_kinds_that_are_named(cluster_kubectl, policy):
    name = policy({
        "matchConstraints": rules("deployments", groups=("apps",)),
        "validations": [{"expression": "object.replicas > 1"}, {"expression": "object.spec.replicas > 1"}],
    })  # fmt: skip
    cluster_kubectl("wait", "--for=jsonpath={.status.observedGeneration}=1", f"validatingadmissionpolicy/{name}", "--timeout=60s")
    checked = cluster_kubectl.json("get", "validatingadmissionpolicy", name)["status"]["typeChecking"]["expressionWarnings"]
    assert [warning["fieldRef"] for warning in checked] == ["spec.validations[0].expression"]
    assert "apps/v1, Kind=Deployment: " in checked[0]["warning"] and "undefined field 'replicas'" in checked[0]["warning"]


def mutated(kubectl, name, test):
    for attempt in range(EVENTUALLY):
        create(kubectl, config(f"{name}{attempt}", {"a": "1"}))
        made = kubectl.json("get", "configmap", f"{name}{attempt}")
        if test(made):
            return made
    raise AssertionError(made)


def test_configurations_are_applied(kubectl, policy):
    policy(
        {
            "failurePolicy": "Fail", "reinvocationPolicy": "Never",
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {
                "expression": "Object{metadata: Object.metadata{labels: Object.metadata.labels{team: 'blue'}}, data: Object.data{size: string(object.data.size())}}"}}],
        }, kind="MutatingAdmissionPolicy")  # fmt: skip
    made = mutated(kubectl, "applied", lambda made: "labels" in made["metadata"])
    assert made["metadata"]["labels"] == {"team": "blue"} and made["data"]["a"] == "1" and made["data"]["size"].isdigit()


def test_patches_are_applied(kubectl, policy):
    policy(
        {
            "failurePolicy": "Fail", "reinvocationPolicy": "IfNeeded",
            "mutations": [{"patchType": "JSONPatch", "jsonPatch": {
                "expression": "[JSONPatch{op: 'add', path: '/metadata/annotations', value: {'example.com/a': 'b'}}, "
                              "JSONPatch{op: 'add', path: '/data/' + jsonpatch.escapeKey('x.y'), value: 'z'}]"}}],
        }, kind="MutatingAdmissionPolicy")  # fmt: skip
    made = mutated(kubectl, "patched", lambda made: "annotations" in made["metadata"])
    assert made["metadata"]["annotations"] == {"example.com/a": "b"} and made["data"] == {"a": "1", "x.y": "z"}


@pytest.mark.parametrize(
    ("patch", "words"), [
        ("op: 'replace', path: '/kind', value: 'x'", 'no kind "x" is registered for version "v1" in scheme'),
        ("op: 'replace', path: '/apiVersion', value: 'a/b/c'", "unexpected GroupVersion string: a/b/c"),
        ("op: 'replace', path: '/kind', value: 5", "json: cannot unmarshal number into Go struct field .kind of type string"),
        ("path: '/kind', value: 'x'", "JSON Patch: Unexpected kind: \n"),
    ],
)  # fmt: skip
def test_patches_do_not_change_kinds(kubectl, policy, patch, words):
    policy(
        {"failurePolicy": "Fail", "reinvocationPolicy": "Never",
         "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": f"[JSONPatch{{{patch}}}]"}}]},
        kind="MutatingAdmissionPolicy")  # fmt: skip
    refused(kubectl, config("turned"), words)


def test_lists_with_keys_are_merged(kubectl, policy):
    policy(
        {
            "failurePolicy": "Fail", "reinvocationPolicy": "IfNeeded", "matchConstraints": rules("pods", operations=("CREATE",)),
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {
                "expression": "Object{spec: Object.spec{containers: object.spec.containers.map(c, Object.spec.containers{name: c.name, imagePullPolicy: 'Never'})}}"}}],
        }, kind="MutatingAdmissionPolicy")  # fmt: skip
    for attempt in range(EVENTUALLY):
        containers = [{"name": "a", "image": "i"}, {"name": "b", "image": "j"}]
        create(kubectl, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"p{attempt}"}, "spec": {"containers": containers}})
        made = kubectl.json("get", "pod", f"p{attempt}")["spec"]["containers"]
        kubectl("delete", "pod", f"p{attempt}", "--wait=false")
        if made[0]["imagePullPolicy"] == "Never":
            break
    assert [(c["name"], c["image"], c["imagePullPolicy"]) for c in made] == [("a", "i", "Never"), ("b", "j", "Never")]


def test_lists_with_one_owner_are_not_replaced(kubectl, policy):
    policy(
        {
            "failurePolicy": "Fail", "reinvocationPolicy": "Never", "matchConstraints": rules("pods", operations=("CREATE",)),
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {
                "expression": "Object{spec: Object.spec{containers: [Object.spec.containers{name: 'a', command: ['x']}]}}"}}],
        }, kind="MutatingAdmissionPolicy")  # fmt: skip
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "i"}]}}
    refused(kubectl, pod, "may not mutate atomic arrays, maps or structs: .spec.containers[0].command")
