"""Conformance of sig-auth: what nodes may, and what accounts may on the node that their pod is on."""

import contextlib
import re

import pytest
from interface import eventually, unique
from quotas import pod
from test_conformance_auth import bearer

RBAC = "/apis/rbac.authorization.k8s.io/v1"
POLICIES = "/apis/admissionregistration.k8s.io/v1"
NODE_NAME = "authentication.kubernetes.io/node-name"


@pytest.fixture
def node(api):
    name = unique("node")
    api.create("/api/v1/nodes", {"metadata": {"name": name}})
    yield name
    api.delete(f"/api/v1/nodes/{name}")


def token(api, place, **bound):
    """One of the default account's."""
    spec = {"boundObjectRef": {"apiVersion": "v1", **bound}} if bound else {}
    return api.create(f"{place}/serviceaccounts/default/token", {"spec": spec})["status"]["token"]


def token_on(api, place, node):
    """One that a pod on a node has."""
    api.create(f"{place}/pods", pod("runs", nodeName=node))
    return token(api, place, kind="Pod", name="runs", uid=api.get(f"{place}/pods/runs")["metadata"]["uid"])


def grant(api, place, namespace, role):
    body = {
        "metadata": {"name": unique("grant")}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": namespace}],
    }  # fmt: skip
    return api.create(place, body)["metadata"]["name"]


def who(api):
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    return api.create("/apis/authentication.k8s.io/v1/selfsubjectreviews", review)["status"]["userInfo"]


@contextlib.contextmanager
def removed_at_the_end(api, *paths):
    try:
        yield
    finally:
        for path in paths:
            if api.is_there(path):
                api.delete(path)


def test_by_node(api, namespace, node):
    """ValidatingAdmissionPolicy can restrict access by-node"""
    place, name = f"/api/v1/namespaces/{namespace}", unique("by-node")
    maps = f"{place}/configmaps"
    user = f"system:serviceaccount:{namespace}:default"
    policy = {
        "failurePolicy": "Fail",
        "matchConstraints": {"resourceRules": [
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE", "DELETE"], "resources": ["configmaps"]},
        ]},
        "matchConditions": [{"name": "mine", "expression": f"request.userInfo.username == '{user}'"}],
        "variables": [
            {"name": "node", "expression": f"request.userInfo.extra[?'{NODE_NAME}'][0].orValue('')"},
            {"name": "object", "expression": "(request.operation == 'DELETE' ? oldObject : object).?metadata.name.orValue('')"},
        ],
        "validations": [
            {"expression": "variables.node != ''", "message": "whoever asks runs on no node"},
            {
                "expression": "variables.node == variables.object",
                "messageExpression": "\"'\" + variables.node + \"' may not touch '\" + variables.object + \"'\"",
            },
        ],
    }  # fmt: skip
    paths = [f"{POLICIES}/{kind}/{name}" for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies")]
    with removed_at_the_end(api, *paths):
        api.create(f"{POLICIES}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": policy})
        bound = {"policyName": name, "validationActions": ["Deny"]}
        api.create(f"{POLICIES}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": bound})
        grant(api, f"{RBAC}/namespaces/{namespace}/rolebindings", namespace, "edit")
        here = bearer(api, token_on(api, place, node))
        assert (who(here)["username"], who(here)["extra"][NODE_NAME]) == (user, [node])

        mine, others = ({"metadata": {"name": one}} for one in (node, "other"))
        words = f"'{node}' may not touch 'other'"
        # A policy is in force soon, not at once.
        eventually(lambda: words in here.send("POST", maps, others, dryRun="All").body.get("message", ""))
        made = here.create(maps, mine)
        assert here.refused(422, "POST", maps, others, says=words)["message"].startswith('configmaps "other" is forbidden: ')
        other = api.create(maps, others)
        here.update(f"{maps}/{node}", made)
        here.refused(422, "PUT", f"{maps}/other", other, says=words)
        here.delete(f"{maps}/{node}")
        here.refused(422, "DELETE", f"{maps}/other", says=words)
        here.create(maps, mine)
        refusal = here.send("DELETE", maps)
        assert refusal.status == 422 and re.search(f"'{node}' may not touch '.*'", refusal.body["message"])

        nowhere = bearer(api, token(api, place))
        assert NODE_NAME not in who(nowhere).get("extra", {})
        for method, path, body in (("POST", maps, others), ("POST", maps, mine), ("DELETE", f"{maps}/other", None)):
            nowhere.refused(422, method, path, body, says="whoever asks runs on no node")


def test_acting_as_the_own_node(api, namespace, node):
    """Service Account Impersonates Node It Is Running On"""
    place, name = f"/api/v1/namespaces/{namespace}", unique("impersonation")
    account = bearer(api, token_on(api, place, node))

    def ask(on=node, **query):
        headers = {"Impersonate-User": f"system:node:{on}"}
        return account.send("GET", f"{place}/pods", headers=headers, fieldSelector=f"spec.nodeName={on}", **query)

    assert ask().status == 403
    rules = [
        {"verbs": ["impersonate:associated-node"], "apiGroups": ["authentication.k8s.io"], "resources": ["nodes"]},
        {"verbs": ["impersonate-on:associated-node:list"], "apiGroups": [""], "resources": ["pods"]},
    ]
    paths = [f"{RBAC}/clusterroles/{name}"]
    with removed_at_the_end(api, *paths):
        api.create(f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": rules})
        binding = grant(api, f"{RBAC}/clusterrolebindings", namespace, name)
        with removed_at_the_end(api, f"{RBAC}/clusterrolebindings/{binding}"):
            eventually(lambda: ask().status == 200, "the own node's pods may be listed")
            assert ask(watch="true").status == 403, "they may not be watched"
            assert ask("another").status == 403, "another node is not the own one"


def test_nodes_see_what_their_pods_use(api, namespace, node):
    """Node Authorizer: forbidden until a pod on the node refers to it; nodes neither make nor remove other nodes"""
    place = f"/api/v1/namespaces/{namespace}"
    headers = {"Impersonate-User": f"system:node:{node}", "Impersonate-Group": "system:nodes"}
    for kind, plural in (("Secret", "secrets"), ("ConfigMap", "configmaps")):
        assert api.send("GET", f"{place}/{plural}/not-there", headers=headers).status == 403
        api.create(f"{place}/{plural}", {"apiVersion": "v1", "kind": kind, "metadata": {"name": "there"}})
        assert api.send("GET", f"{place}/{plural}/there", headers=headers).status == 403
    volumes = [{"name": "v", "secret": {"secretName": "there"}}]
    api.create(f"{place}/pods", pod("uses", nodeName=node, volumes=volumes))
    eventually(lambda: api.send("GET", f"{place}/secrets/there", headers=headers).status == 200)
    assert api.send("GET", f"{place}/configmaps/there", headers=headers).status == 403
    other = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "foo"}}
    assert api.send("POST", "/api/v1/nodes", other, headers=headers).status == 403
    assert api.send("DELETE", "/api/v1/nodes/foo", headers=headers).status == 403
