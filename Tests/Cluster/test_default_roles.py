"""The roles that every cluster has allow what those of kube-apiserver do."""

import pytest

ROLES = "/apis/rbac.authorization.k8s.io/v1"


@pytest.mark.parametrize("role, verbs, groups, resources", [
    ("view", ["get", "list", "watch"], ["", "events.k8s.io"], ["events"]),
    ("edit", ["create", "delete", "deletecollection", "patch", "update"], ["", "events.k8s.io"], ["events"]),
    ("system:node", ["create", "patch", "update"], ["", "events.k8s.io"], ["events"]),
    ("system:node", ["get"], [""], ["serviceaccounts"]),
    ("system:kubelet-api-admin", ["*"], [""], ["nodes/configz", "nodes/healthz", "nodes/pods"]),
    ("system:kube-scheduler", ["get", "list", "patch", "update", "watch"], ["resource.k8s.io"], ["resourceclaims"]),
    ("system:kube-aggregator", ["get", "list", "watch"], [""], ["endpoints", "services"]),
    ("system:heapster", ["get", "list", "watch"], [""], ["events", "namespaces", "nodes", "pods"]),
])  # fmt: skip
def test_rules(api, role, verbs, groups, resources):
    rules = api.get(f"{ROLES}/clusterroles/{role}")["rules"]
    assert {"verbs": verbs, "apiGroups": groups, "resources": resources} in rules


def test_leases_of_one_name_only(api):
    for name, verbs in (("kube-scheduler", ["get", "list", "update", "watch"]), ("kube-controller-manager", ["get", "update"])):
        rules = [one for one in api.get(f"{ROLES}/clusterroles/system:{name}")["rules"] if one.get("resources") == ["leases"]]
        assert rules == [
            {"verbs": ["create"], "apiGroups": ["coordination.k8s.io"], "resources": ["leases"]},
            {"verbs": verbs, "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "resourceNames": [name]},
        ]  # fmt: skip
