"""Policies and webhooks at work on the same objects, and what the metrics say of it."""

import itertools

import pytest

from webhooks import allow, deny, patch

numbers = itertools.count()
GROUP = "admissionregistration.k8s.io/v1"
EVENTUALLY = 60


@pytest.fixture
def make(cluster_kubectl):
    """Makes objects that decide about requests, and takes them away again."""
    made = []

    def make(kind, name, **body):
        cluster_kubectl("create", "-f", "-", input={"apiVersion": GROUP, "kind": kind, "metadata": {"name": name}, **body})
        made.append((kind, name))

    yield make
    for kind, name in reversed(made):
        cluster_kubectl("delete", kind, name, check=False)


def webhook(hooks, authority, namespace, path, **more):
    return {
        "name": f"h{next(numbers)}.example.com", "sideEffects": "None", "admissionReviewVersions": ["v1"],
        "clientConfig": {"url": f"https://localhost:{hooks.port}{path}", "caBundle": authority.bundle},
        "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}, **more,
    }  # fmt: skip


def bind(make, kind, name, namespace, spec, **more):
    rules = [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"]}]
    make(kind, name, spec={"matchConstraints": {"resourceRules": rules}, "failurePolicy": "Fail", **spec})
    selector = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
    make(f"{kind}Binding", name, spec={"policyName": name, "matchResources": selector, **more})


def config(name, **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_policies_see_what_webhooks_have_made(kubectl, make, hooks, authority, namespace):
    """Policies come first, and again after a webhook has changed the object; who does not want to is not asked again."""
    hooks.answers["/patch"] = lambda review: patch(review, [{"op": "add", "path": "/data/hook", "value": "was here"}])
    make("MutatingWebhookConfiguration", f"w{next(numbers)}.example.com", webhooks=[webhook(hooks, authority, namespace, "/patch")])
    for name, again in (("again", "IfNeeded"), ("once", "Never")):
        expression = f"Object{{data: Object.data{{{name}: has(object.data.hook) ? 'after' : 'before'}}}}"
        bind(make, "MutatingAdmissionPolicy", f"{name}{next(numbers)}.example.com", namespace, {
            "reinvocationPolicy": again,
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
        })  # fmt: skip
    for attempt in range(EVENTUALLY):
        made = kubectl.json("create", "-f", "-", input=config(f"c{attempt}", k="v"))["data"]
        if {"again", "once", "hook"} <= made.keys():
            break
    assert made == {"k": "v", "hook": "was here", "again": "after", "once": "before"}
    # The webhook is not asked twice: it does not want to be.
    assert len([one for one in hooks.questions("/patch") if one["request"]["name"] == f"c{attempt}"]) == 1


def test_validation_sees_the_end(kubectl, make, hooks, authority, namespace):
    """What refuses is asked about the object as it would be written."""
    hooks.answers["/patch"] = lambda review: patch(review, [{"op": "add", "path": "/data/hook", "value": "was here"}])
    make("MutatingWebhookConfiguration", f"w{next(numbers)}.example.com", webhooks=[webhook(hooks, authority, namespace, "/patch")])
    name = f"v{next(numbers)}.example.com"
    bind(make, "ValidatingAdmissionPolicy", name, namespace, {
        "validations": [{"expression": "!has(object.data.hook)", "messageExpression": "'the hook ' + string(object.data.hook)"}],
    }, validationActions=["Deny"])  # fmt: skip
    for attempt in range(EVENTUALLY):
        answer = kubectl("create", "-f", "-", input=config(f"c{attempt}", k="v"), check=False)
        if answer.returncode:
            break
    assert "denied request: the hook was here" in answer.stderr


def test_what_is_granted_is_judged_as_others_have_made_it(kubectl, make, hooks, authority, namespace):
    """Nobody grants what they do not have by what a webhook puts into their role."""
    more = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}
    hooks.answers["/grant"] = lambda review: patch(review, [{"op": "add", "path": "/rules/-", "value": more}])
    kubectl("create", "role", "maker", "--verb=create", "--resource=roles.rbac.authorization.k8s.io")
    kubectl("create", "role", "looks", "--verb=get", "--resource=configmaps")
    for role in ("maker", "looks"):
        kubectl("create", "rolebinding", f"eve-{role}", f"--role={role}", "--user=eve")
    rules = [{"operations": ["CREATE"], "apiGroups": ["rbac.authorization.k8s.io"], "apiVersions": ["v1"], "resources": ["roles"]}]
    kubectl("create", "role", "same", "--verb=get", "--resource=configmaps", "--as=eve")
    name = f"w{next(numbers)}.example.com"
    make("MutatingWebhookConfiguration", name, webhooks=[webhook(hooks, authority, namespace, "/grant", rules=rules)])
    for attempt in range(EVENTUALLY):
        done = kubectl("create", "role", f"r{attempt}", "--verb=get", "--resource=configmaps", "--as=eve", check=False)
        if done.returncode:
            break
    assert "attempting to grant RBAC permissions not currently held" in done.stderr and "secrets" in done.stderr
    kubectl("create", "role", "by-the-administrator", "--verb=get", "--resource=configmaps")
    assert kubectl.json("get", "role", "by-the-administrator")["rules"][-1]["resources"] == ["secrets"]


def metrics(raw):
    lines = raw("GET", "/metrics", parse=lambda text: text.decode())[2].splitlines()
    return dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))


@pytest.mark.own_server
def test_metrics(kubectl, raw, make, hooks, authority, namespace):
    hooks.answers["/deny"] = lambda review: deny(review, code=403, message="no")
    hooks.answers["/odd"] = lambda review: b"nonsense"
    hooks.answers["/allow"] = allow
    refusing, odd = webhook(hooks, authority, namespace, "/deny"), webhook(hooks, authority, namespace, "/odd", failurePolicy="Ignore")
    excluded = webhook(hooks, authority, namespace, "/allow", matchConditions=[{"name": "never", "expression": "false"}])
    make("ValidatingWebhookConfiguration", f"w{next(numbers)}.example.com", webhooks=[refusing, odd, excluded])
    kubectl.fails("create", "-f", "-", input=config("c"), says="denied the request: no")
    found, prefix = metrics(raw), "apiserver_admission_webhook_"
    labels = f'name="{refusing["name"]}",type="validating",operation="CREATE"'
    assert found[f'{prefix}rejection_count{{{labels},error_type="no_error",rejection_code="403"}}'] == "1"
    assert found[f'{prefix}request_total{{{labels},code="403",rejected="true"}}'] == "1"
    assert found[f'{prefix}admission_duration_seconds_count{{{labels},rejected="true"}}'] == "1"
    assert found[f'{prefix}fail_open_count{{name="{odd["name"]}",type="validating"}}'] == "1"
    condition = f'name="{excluded["name"]}",kind="webhook",type="validating",operation="CREATE"'
    assert found[f"apiserver_admission_match_condition_exclusions_total{{{condition}}}"] == "1"
    assert int(found[f'rest_client_requests_total{{code="200",host="localhost:{hooks.port}",method="POST"}}']) >= 2
