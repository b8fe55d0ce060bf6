"""What is said of changes that may not be made: the words, the values and the differences are those of kube-apiserver 1.36."""

import copy
import json

import pytest
from interface import assert_within, unique

CHANGEABLE = (
    "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)\n"
)
IMMUTABLE = "field is immutable"


def told(api, path, body, method="PUT"):
    """The causes of a refusal, each as field and message."""
    failure = api.refused(422, method, path, body, dryRun="All")
    return [f"{one.get('field', '')}: {one['message']}" for one in failure["details"]["causes"]]


def made(api, path, kind, body):
    """An object that was made, and its path."""
    name = unique(kind.lower()[:8])
    made = api.create(path, {"kind": kind, "metadata": {"name": name}, **body})
    # Controllers may write to it, too.
    del made["metadata"]["resourceVersion"]
    return made, f"{path}/{name}"


def pod_spec(**more):
    # A token would have a volume whose name and content are the server's own.
    return {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "i:1"}], **more}


def test_a_pod_shows_what_would_change(api, namespace):
    pod, path = made(api, f"/api/v1/namespaces/{namespace}/pods", "Pod", {"spec": pod_spec(hostname="one")})
    pod["spec"]["hostname"] = "<two>"
    pod["spec"]["containers"][0]["image"] = "i:2"
    causes = told(api, path, pod)
    assert len(causes) == 2 and causes[0].startswith('spec.hostname: Invalid value: "<two>": a lowercase RFC 1123 label')
    head, *lines = causes[1].removeprefix(CHANGEABLE).splitlines()
    assert head.startswith("@@ -") and lines == [
        '   "SELinuxChangePolicy": null', "  },", '  "ImagePullSecrets": null,', '- "Hostname": "one",',
        '+ "Hostname": "\\u003ctwo\\u003e",', '  "Subdomain": "",', '  "SetHostnameAsFQDN": null,', '  "Affinity": null,',
    ]  # fmt: skip


def test_what_a_pod_would_get_is_judged_too(api, namespace):
    pod, path = made(api, f"/api/v1/namespaces/{namespace}/pods", "Pod", {"spec": pod_spec()})
    pod["spec"]["containers"][0]["env"] = [{}]
    causes = told(api, path, pod)
    assert causes[0] == "spec.containers[0].env[0].name: Required value" and causes[1].startswith(CHANGEABLE)


def test_a_pod_keeps_its_preemption_policy_and_gets_no_gates(api, namespace):
    gates = [{"name": "example.com/a"}]
    pod, path = made(api, f"/api/v1/namespaces/{namespace}/pods", "Pod", {"spec": pod_spec(schedulingGates=gates)})
    changed = copy.deepcopy(pod)
    changed["spec"]["preemptionPolicy"] = ""
    causes = told(api, path, changed)
    assert len(causes) == 2 and causes[0] == "spec.preemptionPolicy: Required value" and causes[1].startswith(CHANGEABLE)
    # Of a gate twice the last one is told.
    pod["spec"]["schedulingGates"] = [*gates, {"name": "example.com/b"}, {"name": "example.com/b"}]
    assert told(api, path, pod) == [
        'spec.schedulingGates[2]: Duplicate value: "example.com/b"',
        "spec.schedulingGates[2].name: Forbidden: only deletion is allowed, but found new scheduling gate 'example.com/b'",
    ]


AN_ADDRESS = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"
ONE_EACH = "may specify no more than one IP for each IP family"


@pytest.mark.parametrize("name", ["podIP", "hostIP"])
@pytest.mark.parametrize(
    ("addresses", "causes"), [
        (["10.9.8.7", "10.9.8.6"], [f': Invalid value: [{{"IP":"10.9.8.7"}},{{"IP":"10.9.8.6"}}]: {ONE_EACH}']),
        (["10.9.8.7", "fd00::1", "fd00::2"],
         [f': Invalid value: [{{"IP":"10.9.8.7"}},{{"IP":"fd00::1"}},{{"IP":"fd00::2"}}]: {ONE_EACH}']),
        (["10.9.8.7", "nine"],
         [f'[1]: Invalid value: "nine": {AN_ADDRESS}',
          ": Internal error: failed to check for dual stack with error:invalid IP[1]: nine",
          f': Invalid value: [{{"IP":"10.9.8.7"}},{{"IP":"nine"}}]: {ONE_EACH}']),
    ],
)  # fmt: skip
def test_a_pod_has_an_address_of_each_family(api, namespace, name, addresses, causes):
    pod, path = made(api, f"/api/v1/namespaces/{namespace}/pods", "Pod", {"spec": pod_spec()})
    pod["status"] |= {name: addresses[0], f"{name}s": [{"ip": address} for address in addresses]}
    assert told(api, f"{path}/status", pod) == [f"status.{name}s{cause}" for cause in causes]


@pytest.mark.parametrize("data", [None, [], "text", 1])
def test_a_revision_keeps_its_data(api, namespace, data):
    revision, path = made(
        api, f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions", "ControllerRevision", {"data": {"a": 1}, "revision": 1})
    revision["data"] = data
    assert told(api, path, revision) == [f"data: Invalid value: {json.dumps(data)}: {IMMUTABLE}"]


JOB = {
    "parallelism": 1,
    "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", **pod_spec()}},
    "podFailurePolicy": {"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In", "values": [3]}}]},
}


def test_a_job_shows_its_template_as_it_would_be(api, namespace):
    job, path = made(api, f"/apis/batch/v1/namespaces/{namespace}/jobs", "Job", {"spec": JOB})
    changed = copy.deepcopy(job)
    changed["spec"]["template"]["spec"]["containers"][0]["command"] = ["a&b"]
    changed["spec"]["podFailurePolicy"]["rules"][0]["onExitCodes"]["values"] = [4]
    template, policy = told(api, path, changed)
    labels = ",".join(f'"{key}":"{value}"' for key, value in sorted(job["spec"]["template"]["metadata"]["labels"].items()))
    assert template.startswith(
        'spec.template: Invalid value: {"labels":{%s},"Spec":{"Volumes":null,"InitContainers":null,"Containers":[{"Name":"c",'
        '"Image":"i:1","Command":["a\\u0026b"],"Args":null,"WorkingDir":"","Ports":null,"EnvFrom":null,"Env":null,"Resources":'
        '{"Limits":null,"Requests":null,"Claims":null},"ResizePolicy":null,"RestartPolicy":null,"RestartPolicyRules":null,' % labels
    )
    assert template.endswith(f"}}}}: {IMMUTABLE}")
    assert policy == (
        'spec.podFailurePolicy: Invalid value: {"Rules":[{"Action":"Ignore","OnExitCodes":{"ContainerName":null,"Operator":"In",'
        f'"Values":[4]}},"OnPodConditions":null}}]}}: {IMMUTABLE}'
    )


def test_a_suspended_job_gets_other_metadata_and_resources(api, namespace):
    job, path = made(api, f"/apis/batch/v1/namespaces/{namespace}/jobs", "Job", {"spec": {**JOB, "suspend": True}})
    changed = copy.deepcopy(job)
    changed["spec"]["template"]["metadata"]["annotations"] = {"a": "b"}
    changed["spec"]["template"]["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1"}}
    api.update(path, changed, dryRun="All")
    changed["spec"]["template"]["spec"]["containers"][0]["image"] = "i:2"
    (cause,) = told(api, path, changed)
    assert cause.startswith('spec.template.spec: Invalid value: {"Volumes":null,') and cause.endswith(f"}}: {IMMUTABLE}")


def test_a_claim_shows_what_would_change(api, namespace):
    claim, path = made(
        api, f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", "PersistentVolumeClaim",
        {"spec": {"storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}},
    )  # fmt: skip
    claim["spec"]["resources"]["requests"]["storage"] = "1Gi"
    claim["spec"]["accessModes"] = ["ReadOnlyMany"]
    assert told(api, path, claim) == [
        "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n"
        '@@ -1,12 +1,12 @@\n {\n  "AccessModes": [\n-  "ReadWriteOnce"\n+  "ReadOnlyMany"\n  ],\n  "Selector": null,\n  "Resources": {\n'
        '   "Limits": null,\n   "Requests": {\n-   "storage": "2Gi"\n+   "storage": "1Gi"\n   }\n  },\n  "VolumeName": "",\n'
    ]


@pytest.mark.parametrize("selector", [{}, {"matchLabels": {}}, {"matchExpressions": []}])
def test_a_selector_shows_nothing_that_is_empty(api, namespace, selector):
    claim, path = made(
        api, f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", "PersistentVolumeClaim",
        {"spec": {"storageClassName": "none", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}},
    )  # fmt: skip
    claim["spec"]["selector"] = selector
    (cause,) = told(api, path, claim)
    assert cause.endswith(
        '@@ -2,7 +2,7 @@\n  "AccessModes": [\n   "ReadWriteOnce"\n  ],\n- "Selector": null,\n+ "Selector": {},\n  "Resources": {\n'
        '   "Limits": null,\n   "Requests": {\n'
    )


def test_an_attachment_shows_itself(api):
    attachment, path = made(
        api, "/apis/storage.k8s.io/v1/volumeattachments", "VolumeAttachment",
        {"spec": {"attacher": "a.example.com", "nodeName": "n", "source": {"inlineVolumeSpec": {
            "accessModes": ["ReadWriteOnce"], "csi": {"driver": "a.example.com", "volumeHandle": "h"}}}}},
    )  # fmt: skip
    try:
        # Nothing is filled in that only volumes of their own have.
        assert set(attachment["spec"]["source"]["inlineVolumeSpec"]) == {"accessModes", "csi"}
        attachment = api.get(path)
        attachment["spec"]["nodeName"] = "m"
        (cause,) = told(api, path, attachment)
        assert cause.startswith('spec: Invalid value: {"Attacher":"a.example.com","Source":{"PersistentVolumeName":null,"InlineVolumeSpec":')
        assert cause.endswith(f'"VolumeAttributesClassName":null}}}},"NodeName":"m"}}: {IMMUTABLE}')
    finally:
        api.delete(path)


def test_ranges_of_services_get_another_family(api):
    path = "/apis/networking.k8s.io/v1/servicecidrs"
    name = unique("range")
    api.create(path, {"metadata": {"name": name}, "spec": {"cidrs": ["10.77.0.0/24"]}})
    path = f"{path}/{name}"
    try:

        def change(*ranges):
            return {"kind": "ServiceCIDR", "metadata": {"name": name}, "spec": {"cidrs": list(ranges)}}

        api.update(path, change("10.77.0.0/24", "fd00:77::/112"), dryRun="All")
        assert told(api, path, change("10.78.0.0/24")) == [f'spec.cidrs[0]: Invalid value: "10.78.0.0/24": {IMMUTABLE}']
        assert told(api, path, change("10.77.0.0/24", "10.78.0.0/24")) == [
            'spec.cidrs: Invalid value: ["10.77.0.0/24","10.78.0.0/24"]: may specify no more than one IP for each IP family, '
            "i.e 192.168.0.0/24 and 2001:db8::/64"
        ]
    finally:
        api.delete(path)


def test_runtime_classes_are_judged_again(api):
    path = "/apis/node.k8s.io/v1/runtimeclasses"
    name = unique("runtime")
    runtime = api.create(path, {"metadata": {"name": name}, "handler": "h"})
    try:
        runtime["scheduling"] = {"tolerations": [{"value": "a"}]}
        (cause,) = told(api, f"{path}/{name}", runtime)
        assert cause.startswith('scheduling.tolerations[0].operator: Invalid value: "": operator must be Exists when `key` is empty')
    finally:
        api.delete(f"{path}/{name}")


@pytest.mark.parametrize(
    "status", [
        {"phase": "Sleeping"}, {"conditions": [{"type": "Ready", "status": "Perhaps"}]}, {"qosClass": "Best"},
    ],
)  # fmt: skip
def test_a_status_is_judged_by_few_rules(api, namespace, status):
    pod, path = made(api, f"/api/v1/namespaces/{namespace}/pods", "Pod", {"spec": pod_spec()})
    pod["status"] |= status
    if "qosClass" in status:
        # It follows from the pod, and cannot change.
        assert told(api, f"{path}/status", pod) == [f'status.qosClass: Invalid value: "Best": {IMMUTABLE}']
    else:
        assert_within(status, api.update(f"{path}/status", pod, dryRun="All")["status"])
