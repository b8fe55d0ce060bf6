"""Every built-in kind by every verb of `kubectl`: read in every form, described, changed, applied, removed."""

import json
import os
import stat

import pytest
import yaml
from interface import unique
from kinds import TABLE, example

KINDS = sorted(TABLE)
# Of these every detail is looked at; of the others that every verb works.
THOROUGHLY = ["configmaps", "customresourcedefinitions", "deployments", "nodes", "pods", "roles"]
# `kubectl` 1.32 describes these in a version that has gone since.
NOT_DESCRIBED = {"volumeattributesclasses"}
# The server's own controllers write to these soon after they were made.
KEPT_UP = {"customresourcedefinitions"}
WITH_STATUS = {
    "persistentvolumes": {"message": "m"}, "pods": {"message": "m"}, "namespaces": {"conditions": [{"type": "A", "status": "True"}]},
    "deployments": {"observedGeneration": 3}, "replicasets": {"replicas": 2}, "statefulsets": {"replicas": 2},
    "nodes": {"capacity": {"cpu": "2"}}, "ingresses": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}},
    "services": {"conditions": [{"type": "a", "status": "True", "reason": "R", "message": "", "lastTransitionTime": "2026-01-02T03:04:05Z"}]}, "cronjobs": {"lastScheduleTime": "2026-01-02T03:04:05Z"},
    "horizontalpodautoscalers": {"desiredReplicas": 2}, "replicationcontrollers": {"replicas": 1},
    "poddisruptionbudgets": {"disruptionsAllowed": 1}, "persistentvolumeclaims": {"capacity": {"storage": "1Gi"}},
    "volumeattachments": {"attached": True},
}  # fmt: skip


class Made:
    """An object of a kind that goes when the test ends."""

    def __init__(self, kubectl, resource, namespace):
        self.kubectl, self.resource = kubectl, resource
        self.label = unique("all")
        self.body = example(resource, unique("one"), namespace, {"walk": self.label, "tier": "front"})
        self.name = self.body["metadata"]["name"]
        group = self.body["apiVersion"].partition("/")[0] if "/" in self.body["apiVersion"] else ""
        self.full = f"{resource}.{group}" if group else resource
        # What `-o name` calls it.
        singular = self.body["kind"].lower()
        self.reference = f"{singular}.{group}/{self.name}" if group else f"{singular}/{self.name}"
        self.target = f"{self.full}/{self.name}"


@pytest.fixture(params=THOROUGHLY)
def fresh(request, kubectl, namespace):
    """One that is not there yet."""
    one = Made(kubectl, request.param, namespace)
    yield one
    kubectl("delete", one.target, "--ignore-not-found", "--wait=false", "--grace-period=0", "--force", check=False)


@pytest.fixture
def made(fresh):
    fresh.kubectl("create", "-f", "-", input=fresh.body)
    if fresh.resource in KEPT_UP:  # and have done so by then
        fresh.kubectl("wait", "--for=condition=Established", fresh.target, "--timeout=60s")
    return fresh


@pytest.mark.parametrize("resource", KINDS)
def test_every_verb(kubectl, namespace, resource):
    one = Made(kubectl, resource, namespace)
    target, name, full = one.target, one.name, one.full
    try:
        assert kubectl.out("apply", "-f", "-", input=one.body).endswith(" created")
        before = kubectl.out("get", target, "-o", "jsonpath={.metadata.resourceVersion}")
        # `kubectl` says "configured" where a list that is replaced as a whole has got defaults; nothing is written then either.
        assert kubectl.out("apply", "-f", "-", input=one.body).endswith((" unchanged", " configured"))
        assert kubectl.out("get", target, "-o", "jsonpath={.metadata.resourceVersion}") == before or resource in KEPT_UP
        table = kubectl.out("get", full, name).splitlines()
        assert len(table) == 2 and ("AGE" in table[0] or "CREATED AT" in table[0] or resource == "events")
        assert len(kubectl.out("get", full, "-A", "-l", f"walk={one.label}", "-o", "wide", "--show-labels").splitlines()) == 2
        whole = kubectl.json("get", full, name)
        assert whole["kind"] == one.body["kind"] and whole["apiVersion"] == one.body["apiVersion"]
        assert kubectl.out("get", full, "--field-selector", f"metadata.name={name}", "-o", "name") == one.reference
        if resource not in NOT_DESCRIBED:
            assert name in kubectl.out("describe", target)
        kubectl("label", target, "colour=red")
        for kind in ("strategic", "merge"):
            assert "patched" in kubectl.out("patch", target, f"--type={kind}", "-p", json.dumps({"metadata": {"annotations": {"by": kind}}}))
        one.body["metadata"]["labels"]["tier"] = "back"
        assert "tier: back" in kubectl("diff", "-f", "-", input=one.body, check=False).stdout
        kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", input=one.body)
        after = kubectl.json("get", target)["metadata"]
        assert after["labels"] == {"walk": one.label, "tier": "back", "colour": "red", **{k: v for k, v in after["labels"].items() if "kubernetes.io" in k}}
        assert after["annotations"]["by"] == "merge" and after["uid"] == whole["metadata"]["uid"]
        if resource in WITH_STATUS:
            kubectl("patch", target, "--subresource=status", "--type=merge", "-p", json.dumps({"status": WITH_STATUS[resource]}))
        assert f"KIND:       {one.body['kind']}" in kubectl.out("explain", full)
        assert kubectl.out("replace", "-f", "-", input=kubectl.json("get", target)).endswith(" replaced")
        assert f'"{name}" deleted' in kubectl.out("delete", target, "--grace-period=1", "--timeout=60s")
        kubectl.fails("get", target, says="not found")
    finally:
        kubectl("delete", target, "--ignore-not-found", "--wait=false", "--grace-period=0", "--force", check=False)


def test_read(made):
    kubectl, name, full = made.kubectl, made.name, made.full
    selector = ("-l", f"walk={made.label}")
    lines = kubectl.out("get", full, name).splitlines()
    assert len(lines) == 2 and lines[0].split()[0] == "NAME" and lines[1].split()[0] == name
    assert "AGE" in lines[0] or "CREATED AT" in lines[0]
    assert len(kubectl.out("get", full, name, "-o", "wide").splitlines()) == 2
    assert len(kubectl.out("get", full, "--no-headers", *selector).splitlines()) == 1
    whole = kubectl.json("get", full, name)
    assert whole["kind"] == made.body["kind"] and whole["apiVersion"] == made.body["apiVersion"]
    assert "managedFields" not in whole["metadata"]
    assert "managedFields" in kubectl.json("get", full, name, "--show-managed-fields")["metadata"]
    assert kubectl.yaml("get", full, name) == whole
    assert kubectl.out("get", full, name, "-o", "name") == made.reference
    assert kubectl.out("get", full, name, "-o", "jsonpath={.metadata.name}") == name
    assert json.loads(kubectl.out("get", full, name, "-o", "jsonpath-as-json={.metadata.name}")) == [name]
    assert kubectl.out("get", full, name, "-o", "go-template={{.kind}}:{{.metadata.name}}") == f"{whole['kind']}:{name}"
    assert kubectl.out("get", full, name, "-o", "custom-columns=A:.metadata.name,B:.kind").split() == ["A", "B", name, whole["kind"]]
    shown = kubectl.out("get", full, *selector, "--show-labels")
    assert "LABELS" in shown and f"walk={made.label}" in shown
    assert "front" in kubectl.out("get", full, *selector, "-L", "tier")
    for chosen in (f"walk in ({made.label},x),tier!=back", f"walk,tier notin (back),!nothing", f"walk={made.label},tier==front"):
        assert kubectl.out("get", full, "-l", chosen, "-o", "name") == made.reference, chosen
    assert kubectl.out("get", full, "-l", "walk=nothing", "-o", "name") == ""
    field = f"metadata.name={name}"
    assert kubectl.out("get", full, "--field-selector", field, "-o", "name") == made.reference
    kubectl.fails("get", full, "--field-selector", "metadata.uid=x", says="metadata.uid")
    listed = kubectl.json("get", full, *selector)
    assert listed["kind"] == "List" and [one["metadata"]["name"] for one in listed["items"]] == [name]
    assert kubectl.out("get", full, *selector, "--sort-by=.metadata.name", "-o", "name") == made.reference
    assert len(kubectl.out("get", full, *selector, "--sort-by=.metadata.creationTimestamp").splitlines()) == 2
    assert kubectl.out("get", full, "-A", *selector, "-o", "name") == made.reference
    everywhere = kubectl.out("get", full, "-A", *selector).splitlines()[0]
    assert ("NAMESPACE" in everywhere.split()) == TABLE[made.resource][2]
    assert kubectl.out("get", full, *selector, "--chunk-size=1", "-o", "name") == made.reference
    assert kubectl.out("get", full, *selector, "--server-print=false", "--no-headers").split()[0] == name
    kubectl.fails("get", full, "nothing-like-it", says="not found")
    assert kubectl("get", full, "nothing-like-it", "--ignore-not-found").stdout == ""


def test_watch(made):
    done = made.kubectl.popen("get", made.full, made.name, "-w", "--output-watch-events", "-o", "name")
    try:
        assert done.stdout.readline().split()[-1] == made.reference
    finally:
        done.terminate()
        done.wait()


def test_describe(made):
    out = made.kubectl.out("describe", made.target)
    assert f"{made.name}" in out, out
    again = made.kubectl.out("describe", made.full, "-l", f"walk={made.label}")
    assert made.name in again and f"walk={made.label}" in again or made.resource in ("endpoints", "events")
    made.kubectl.fails("describe", made.full, "nothing-like-it", says="not found")


def test_mark(made):
    kubectl, target = made.kubectl, made.target
    assert kubectl.out("label", target, "colour=red").endswith(" labeled")
    kubectl.fails("label", target, "colour=blue", says="--overwrite is false")
    kubectl("label", target, "colour=blue", "--overwrite")
    assert "not labeled" in kubectl.out("label", target, "colour=blue")
    kubectl("label", target, "colour-")
    assert kubectl.out("annotate", target, "note=one two").endswith(" annotated")
    kubectl("annotate", made.full, "-l", f"walk={made.label}", "note=three", "--overwrite")
    assert "note=three" in kubectl.out("annotate", target, "--list")
    metadata = kubectl.json("get", target)["metadata"]
    assert "colour" not in metadata["labels"] and metadata["annotations"]["note"] == "three"
    kubectl.fails("label", target, "colour=not valid", says="a valid label must be")
    kubectl.fails("label", target, "x=y", "--resource-version=1", says="the object has been modified")


def test_patch(made):
    kubectl, target = made.kubectl, made.target
    for kind, patch in (
        ("strategic", {"metadata": {"annotations": {"a": "1"}}}), ("merge", {"metadata": {"annotations": {"b": "2"}}}),
        ("json", [{"op": "add", "path": "/metadata/annotations/c", "value": "3"}]),
    ):  # fmt: skip
        assert "patched" in kubectl.out("patch", target, f"--type={kind}", "-p", json.dumps(patch))
    annotations = kubectl.json("get", target)["metadata"]["annotations"]
    assert {name: annotations[name] for name in "abc"} == {"a": "1", "b": "2", "c": "3"}
    assert "(no change)" in kubectl.out("patch", target, "--type=merge", "-p", '{"metadata":{"annotations":{"a":"1"}}}')
    dry = kubectl.json("patch", target, "--type=merge", "-p", '{"metadata":{"annotations":{"d":"4"}}}', "--dry-run=server")
    assert dry["metadata"]["annotations"]["d"] == "4" and "d" not in kubectl.json("get", target)["metadata"]["annotations"]
    kubectl.fails(
        "patch", target, "--type=json", "-p", '[{"op":"remove","path":"/nothing/here"}]',
        says="The request is invalid: the server rejected our request due to an error in our request",
    )  # fmt: skip
    kubectl.fails("patch", target, "--type=merge", "-p", "[1]")
    if made.resource in WITH_STATUS:
        status = WITH_STATUS[made.resource]
        done = kubectl.json("patch", target, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))
        for name, value in status.items():
            assert name in done["status"], (done["status"], value)
        assert kubectl.json("get", target, "--subresource=status")["status"] == done["status"]


def editor(directory, expression):
    path = os.path.join(directory, "editor")
    with open(path, "w") as file:
        file.write(f"#!/bin/sh\nsed -i {expression!r} \"$1\"\n")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


def test_edit(made, tmp_path, monkeypatch):
    kubectl = made.kubectl
    kubectl.environment["EDITOR"] = editor(tmp_path, "s/tier: front/tier: back/")
    try:
        assert "edited" in kubectl.out("edit", made.target)
        assert kubectl.json("get", made.target)["metadata"]["labels"]["tier"] == "back"
        assert "no changes made" in kubectl("edit", made.target).stderr
    finally:
        del kubectl.environment["EDITOR"]


def test_apply(fresh):
    kubectl, target = fresh.kubectl, fresh.target
    assert kubectl.out("apply", "-f", "-", input=fresh.body).endswith(" created")
    assert kubectl.out("apply", "-f", "-", input=fresh.body).endswith(" unchanged")
    last = json.loads(kubectl.out("apply", "view-last-applied", target, "-o", "json"))
    assert last["metadata"]["name"] == fresh.name
    fresh.body["metadata"]["annotations"] = {"note": "two"}
    changed = kubectl("diff", "-f", "-", input=fresh.body, check=False)
    assert changed.returncode == 1 and "note: two" in changed.stdout, changed
    assert kubectl.out("apply", "-f", "-", input=fresh.body).endswith(" configured")
    assert kubectl("diff", "-f", "-", input=fresh.body, check=False).returncode == 0
    assert kubectl.json("get", target)["metadata"]["annotations"]["note"] == "two"
    del fresh.body["metadata"]["annotations"]
    kubectl("apply", "-f", "-", input=fresh.body)
    assert "note" not in kubectl.json("get", target)["metadata"]["annotations"]


def test_apply_on_the_server(fresh):
    kubectl = fresh.kubectl
    assert kubectl.out("apply", "--server-side", "-f", "-", input=fresh.body).endswith(" serverside-applied")
    kubectl("apply", "--server-side", "-f", "-", input=fresh.body)
    managers = [one["manager"] for one in kubectl.json("get", fresh.target, "--show-managed-fields")["metadata"]["managedFields"]]
    assert "kubectl" in managers
    fresh.body["metadata"]["labels"]["tier"] = "other"
    words = kubectl.fails("apply", "--server-side", "--field-manager=second", "-f", "-", input=fresh.body, says="conflict")
    assert ".metadata.labels.tier" in words
    kubectl("apply", "--server-side", "--field-manager=second", "--force-conflicts", "-f", "-", input=fresh.body)
    assert kubectl.json("get", fresh.target)["metadata"]["labels"]["tier"] == "other"
    assert kubectl("diff", "--server-side", "--field-manager=second", "-f", "-", input=fresh.body, check=False).returncode == 0


def test_replace(made):
    kubectl = made.kubectl
    body = kubectl.json("get", made.target)
    body["metadata"]["annotations"] = {"replaced": "yes"}
    assert kubectl.out("replace", "-f", "-", input=body).endswith(" replaced")
    assert kubectl.json("get", made.target)["metadata"]["annotations"]["replaced"] == "yes"
    if made.resource == "namespaces":
        return
    uid = body["metadata"]["uid"]
    made.kubectl("replace", "--force", "--grace-period=0", "-f", "-", input=made.body)
    assert kubectl.json("get", made.target)["metadata"]["uid"] != uid


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_delete(made, cascade):
    kubectl = made.kubectl
    assert "(server dry run)" in kubectl.out("delete", made.target, "--dry-run=server")
    assert "(dry run)" in kubectl.out("delete", made.target, "--dry-run=client")
    assert kubectl.out("get", made.target, "-o", "name") == made.reference
    out = kubectl.out("delete", made.target, f"--cascade={cascade}", "--grace-period=1", "--timeout=60s")
    assert f'"{made.name}" deleted' in out
    kubectl.fails("get", made.target, says="not found")
    kubectl("delete", made.target, "--ignore-not-found")
    kubectl.fails("delete", made.target, says="not found")


def test_wait(made):
    kubectl = made.kubectl
    assert "condition met" in kubectl.out("wait", made.target, "--for=create", "--timeout=5s")
    assert "condition met" in kubectl.out("wait", made.target, f"--for=jsonpath={{.metadata.name}}={made.name}", "--timeout=5s")
    kubectl.fails("wait", made.target, "--for=jsonpath={.metadata.labels.walk}=other", "--timeout=0.2s", says="timed out")
    waiting = kubectl.popen("wait", made.target, "--for=delete", "--timeout=60s")
    kubectl("delete", made.target, "--wait=false", "--grace-period=1")
    assert waiting.wait(30) == 0


def test_explain(fresh):
    kubectl = fresh.kubectl
    out = kubectl.out("explain", fresh.full)
    assert f"KIND:       {fresh.body['kind']}" in out and "FIELDS:" in out
    recursive = kubectl.out("explain", fresh.full, "--recursive")
    assert "metadata" in recursive and len(recursive.splitlines()) >= len(out.splitlines()) // 3
    assert "FIELD: metadata" in kubectl.out("explain", f"{fresh.full}.metadata")
    kubectl.fails("explain", f"{fresh.full}.nothing", says='field "nothing" does not exist')
    schema = kubectl("explain", fresh.full, "--output=plaintext-openapiv2", check=False)
    assert schema.returncode == 0 and fresh.body["kind"] in schema.stdout, schema.stderr


def test_dry_runs(fresh):
    kubectl = fresh.kubectl
    assert yaml.safe_load(kubectl.out("create", "-f", "-", "--dry-run=client", "-o", "yaml", input=fresh.body))
    assert "(server dry run)" in kubectl.out("create", "-f", "-", "--dry-run=server", input=fresh.body)
    kubectl.fails("get", fresh.target, says="not found")
    body = {**fresh.body, "nonsense": 1}
    kubectl.fails("create", "-f", "-", "--validate=strict", input=body, says='unknown field "nonsense"')


def test_every_kind_is_in_the_table(cluster_kubectl):
    """A kind that is served and stored has its row; those that only answer, and those of other suites, are named here."""
    others = {
        "bindings", "componentstatuses", "limitranges", "resourcequotas", "mutatingadmissionpolicies", "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations", "validatingadmissionpolicies", "validatingadmissionpolicybindings", "validatingwebhookconfigurations",
        "apiservices", "selfsubjectreviews", "tokenreviews", "localsubjectaccessreviews", "selfsubjectaccessreviews",
        "selfsubjectrulesreviews", "subjectaccessreviews", "certificatesigningrequests", "flowschemas", "prioritylevelconfigurations",
        "ipaddresses", "servicecidrs",
    }  # fmt: skip
    served = {line.split(".")[0] for line in cluster_kubectl.out("api-resources", "-o", "name").splitlines() if "example.com" not in line and "kopf.dev" not in line}
    assert served - others == set(TABLE)
