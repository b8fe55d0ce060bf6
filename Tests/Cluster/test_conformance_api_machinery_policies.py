"""Conformance of sig-api-machinery and sig-scheduling: the kinds by which a cluster is ruled, every verb of each."""

import copy

from interface import CONDITION, Lifecycle, body, eventually, pod, unique

FLOW, ADMISSION = "flowcontrol.apiserver.k8s.io/v1", "admissionregistration.k8s.io/v1"
# Nothing that any other test makes is met by what is declared here.
NOWHERE = {"apiGroups": ["nothing.example.com"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["nothings"]}


def walk_beside_a_controller(walk):
    """Every verb of a kind whose status the server writes itself meanwhile."""
    api, names = walk.api, [unique("object") for _ in range(2)]
    first = walk.one(names[0])
    for name in names:
        made = api.create(walk.collection, walk.make(name))
        assert api.get(walk.one(name))["metadata"]["uid"] == made["metadata"]["uid"]
    mine = api.get(walk.collection, labelSelector=walk.selector)
    assert sorted(one["metadata"]["name"] for one in mine["items"]) == sorted(names)
    start = mine["metadata"]["resourceVersion"]
    with api.watch(walk.collection, resourceVersion=start, labelSelector=walk.selector) as watch:
        patched = api.patch(first, {"metadata": {"annotations": {"patched": "true"}}})
        assert patched["metadata"]["annotations"] == {"patched": "true"}

        def update():
            one = api.get(first)
            one["metadata"]["annotations"]["updated"] = "true"
            walk.change(one)
            answer = api.send("PUT", first, one)
            assert answer.status in (200, 409), answer
            return answer.body if answer.status == 200 else None

        updated = eventually(update)
        again = copy.deepcopy(updated)
        walk.change(again)
        assert again == updated and updated["metadata"]["annotations"] == {"patched": "true", "updated": "true"}
        watch.expect("MODIFIED", names[0], lambda one: (one["metadata"].get("annotations") or {}).get("updated") == "true")
        api.delete(first)
        watch.expect("DELETED", names[0])
        api.delete(walk.collection, labelSelector=walk.selector)
        watch.expect("DELETED", names[1])
    assert api.get(walk.collection, labelSelector=walk.selector)["items"] == []


def test_flow_schema(api):
    """API priority and fairness should support FlowSchema API operations"""
    rule = {
        "subjects": [{"kind": "User", "user": {"name": unique("nobody")}}],
        "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/nothing"]}],
    }
    spec = {
        "matchingPrecedence": 10000, "priorityLevelConfiguration": {"name": "global-default"},
        "distinguisherMethod": {"type": "ByUser"}, "rules": [rule],
    }  # fmt: skip

    def change(one):
        one["spec"]["matchingPrecedence"] = 9999

    status = {"conditions": [{**CONDITION, "type": "Test", "lastTransitionTime": "2026-01-02T03:04:05Z"}]}
    walk = Lifecycle(api, FLOW, "flowschemas", body(FLOW, "FlowSchema", spec=spec), update=change).discovered("status")
    walk_beside_a_controller(walk)
    name = unique("flow")
    api.create(walk.collection, walk.make(name))
    # Its own condition is the server's to set, and stays beside what a client adds.
    eventually(lambda: [c for c in api.get(walk.one(name))["status"].get("conditions", []) if c["type"] == "Dangling"])
    patched = api.patch(walk.one(name) + "/status", {"status": status}, kind="strategic")
    assert {"Test", "Dangling"} <= {one["type"] for one in patched["status"]["conditions"]}
    api.delete(walk.one(name))


def test_priority_level(api):
    """API priority and fairness should support PriorityLevelConfiguration API operations"""
    spec = {"type": "Limited", "limited": {"nominalConcurrencyShares": 2, "limitResponse": {"type": "Reject"}}}

    def change(one):
        one["spec"]["limited"]["nominalConcurrencyShares"] = 4

    level = body(FLOW, "PriorityLevelConfiguration", spec=spec)
    walk = Lifecycle(api, FLOW, "prioritylevelconfigurations", level, update=change)
    walk_beside_a_controller(walk.discovered("status"))


def test_validating_admission_policy(api):
    """ValidatingAdmissionPolicy API operations; ValidatingAdmissionPolicyBinding API operations"""
    spec = {"matchConstraints": {"resourceRules": [NOWHERE]}, "validations": [{"expression": "object.spec.replicas <= 100"}]}

    def change(one):
        one["spec"]["validations"] = [{"expression": "object.spec.replicas <= 200"}]

    policy = body(ADMISSION, "ValidatingAdmissionPolicy", spec=spec)
    walk = Lifecycle(api, ADMISSION, "validatingadmissionpolicies", policy, update=change)
    walk_beside_a_controller(walk.discovered("status"))
    name = unique("policy")
    api.create(walk.collection, walk.make(name))
    eventually(lambda: "typeChecking" in api.get(walk.one(name)).get("status", {}))
    status = {"conditions": [{**CONDITION, "type": "Test", "lastTransitionTime": "2026-01-02T03:04:05Z"}]}
    assert api.patch(walk.one(name) + "/status", {"status": status})["status"]["conditions"] == status["conditions"]
    api.delete(walk.one(name))
    binding = body(ADMISSION, "ValidatingAdmissionPolicyBinding", spec={"policyName": unique("none"), "validationActions": ["Deny"]})

    def warn(one):
        one["spec"]["validationActions"] = ["Warn"]

    Lifecycle(api, ADMISSION, "validatingadmissionpolicybindings", binding, update=warn).discovered().walk()


def test_mutating_admission_policy(api):
    """MutatingAdmissionPolicy API operations; MutatingAdmissionPolicyBinding API operations"""
    mutation = {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": "Object{}"}}
    spec = {
        "matchConstraints": {"resourceRules": [NOWHERE]}, "mutations": [mutation], "reinvocationPolicy": "Never",
        "failurePolicy": "Fail",
    }  # fmt: skip

    def change(one):
        one["spec"]["failurePolicy"] = "Ignore"

    policy = body(ADMISSION, "MutatingAdmissionPolicy", spec=spec)
    Lifecycle(api, ADMISSION, "mutatingadmissionpolicies", policy, update=change).discovered().walk()
    binding = body(ADMISSION, "MutatingAdmissionPolicyBinding", spec={"policyName": unique("none")})
    Lifecycle(api, ADMISSION, "mutatingadmissionpolicybindings", binding).discovered().walk()


def test_webhook_configurations(api):
    """Admission webhook: list, patch, update and delete a collection of configurations"""
    for kind, plural in [
        ("ValidatingWebhookConfiguration", "validatingwebhookconfigurations"),
        ("MutatingWebhookConfiguration", "mutatingwebhookconfigurations"),
    ]:
        hook = {
            "name": "nothing.example.com", "rules": [NOWHERE], "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"url": "https://192.0.2.1/nothing"},
        }  # fmt: skip

        def change(one):
            one["webhooks"][0]["rules"][0]["operations"] = ["CREATE", "UPDATE"]

        Lifecycle(api, ADMISSION, plural, body(ADMISSION, kind, webhooks=[hook]), update=change).discovered().walk()


def test_limit_range(api, namespace):
    """LimitRange, resources; LimitRange, list, patch and delete a LimitRange by collection"""
    limit = {
        "type": "Container", "min": {"cpu": "50m"}, "max": {"cpu": "500m"}, "default": {"cpu": "500m"},
        "defaultRequest": {"cpu": "100m"},
    }  # fmt: skip

    def change(one):
        one["spec"]["limits"][0]["min"] = {"cpu": "10m"}

    walk = Lifecycle(api, "v1", "limitranges", body("v1", "LimitRange", spec={"limits": [limit]}), namespace, update=change)
    walk.discovered().walk()
    api.create(walk.collection, walk.make("limits"))
    pods = f"/api/v1/namespaces/{namespace}/pods"
    made = api.create(pods, pod("plain"))["spec"]["containers"][0]["resources"]
    assert made == {"limits": {"cpu": "500m"}, "requests": {"cpu": "100m"}}
    partly = pod("partly")
    partly["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "300m"}}
    made = api.create(pods, partly)["spec"]["containers"][0]["resources"]
    assert made == {"limits": {"cpu": "500m"}, "requests": {"cpu": "300m"}}
    for name, amount, says in [("small", "20m", "minimum cpu usage per Container is 50m"), ("large", "600m", "maximum cpu usage per Container is 500m")]:
        other = pod(name)
        other["spec"]["containers"][0]["resources"] = {"limits": {"cpu": amount}, "requests": {"cpu": amount}}
        api.refused(403, "POST", pods, other, says=says)


def test_resource_quota(api, namespace):
    """ResourceQuota, manage lifecycle of a ResourceQuota; apply changes to a ResourceQuota status"""
    quota = body("v1", "ResourceQuota", spec={"hard": {"cpu": "1", "memory": "500Mi"}})

    def change(one):
        one["spec"]["hard"]["memory"] = "750Mi"

    walk = Lifecycle(api, "v1", "resourcequotas", quota, namespace, update=change).discovered("status")
    walk_beside_a_controller(walk)
    name = unique("quota")
    api.create(walk.collection, walk.make(name))
    hard = eventually(lambda: api.get(walk.one(name)).get("status", {}).get("hard"))
    assert hard == {"cpu": "1", "memory": "500Mi"}
    with api.watch(walk.collection, fieldSelector=f"metadata.name={name}") as watch:
        api.patch(walk.one(name) + "/status", {"status": {"hard": {"cpu": "7", "memory": "800Mi"}}})
        watch.expect("MODIFIED", name, lambda one: one["status"]["hard"] == {"cpu": "7", "memory": "800Mi"})
        # What is asked for rules: the status is set right again.
        watch.expect("MODIFIED", name, lambda one: one["status"]["hard"] == hard)
    api.delete(walk.one(name))
