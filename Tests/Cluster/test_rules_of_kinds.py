"""Rules of built-in kinds, in upstream's words: objects that break them, and what they are told.

After the validation tests in pkg/apis/*/validation.
"""

import copy

import pytest

from definitions import defined, version

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": "i"}]}}
JOB = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"template": TEMPLATE}}
INGRESS = {
    "apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": "i"},
    "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}},
}  # fmt: skip
INGRESS_CLASS = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "i"}, "spec": {}}
SLICE = {
    "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "e"}, "addressType": "IPv4",
    "endpoints": [{"addresses": ["192.0.2.1"]}], "ports": [{"port": 80}],
}  # fmt: skip
STORAGE_CLASS = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "i"}, "provisioner": "a/b"}
ATTACHMENT = {
    "apiVersion": "storage.k8s.io/v1", "kind": "VolumeAttachment", "metadata": {"name": "i"},
    "spec": {"attacher": "a", "nodeName": "n", "source": {"persistentVolumeName": "v"}},
}  # fmt: skip
LIMITS = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l"}, "spec": {"limits": []}}
SECRET = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
OLD_EVENT = {"apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {}}
EVENT = {
    "apiVersion": "events.k8s.io/v1", "kind": "Event", "metadata": {"name": "e"}, "regarding": {},
    "eventTime": "2020-01-01T00:00:00.000000Z", "reportingController": "a.b/c", "reportingInstance": "i", "action": "a",
    "reason": "r", "type": "Normal",
}  # fmt: skip
SCALER = {
    "apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
    "spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "d"}, "maxReplicas": 3},
}  # fmt: skip
INDEXED = {"completionMode": "Indexed", "completions": 3}
QUALIFIED = "name part must consist of alphanumeric characters"


def path_of(body, namespace):
    plurals = {"IngressClass": "ingressclasses", "StorageClass": "storageclasses", "Ingress": "ingresses"}
    plural = plurals.get(body["kind"], body["kind"].lower() + "s")
    root = "/api/v1" if body["apiVersion"] == "v1" else f"/apis/{body['apiVersion']}"
    across = body["kind"] in ("IngressClass", "StorageClass", "VolumeAttachment")
    return f"{root}/{plural}" if across else f"{root}/namespaces/{namespace}/{plural}"


def changed(body, change, namespace):
    """The object with members of `change` set; a path goes into objects by dots."""
    body = copy.deepcopy(body)
    for name in ("involvedObject", "regarding"):
        if name in body:
            body[name] = {"kind": "Pod", "name": "p", "namespace": namespace}
    for path, value in change.items():
        *parents, last = path.split(".") if not path.startswith("metadata") else path.split(".", 2)
        place = body
        for name in parents:
            place = place.setdefault(name, {}) if isinstance(place, dict) else place[int(name)]
        place[last] = value
    return body


RULES = [
    (POD, {"spec.containers": [{"name": "c", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 31}}}}]},
     ["spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)"]),
    (POD, {"spec.os": {"name": "linux"}, "spec.securityContext": {"windowsOptions": {"hostProcess": True}}},
     ["spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod"]),
    (POD, {"spec.os": {"name": "windows"}, "spec.hostPID": True, "spec.securityContext": {"fsGroup": 5, "runAsUser": 5}},
     ["spec.hostPID: Forbidden: cannot be set for a windows pod", "spec.securityContext.fsGroup: Forbidden: cannot be",
      "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod"]),
    (POD, {"spec.securityContext": {"windowsOptions": {"gmsaCredentialSpecName": "A_", "runAsUserName": ""}}},
     ['spec.securityContext.windowsOptions.gmsaCredentialSpecName: Invalid value: "A_": a lowercase RFC 1123 subdomain',
      'windowsOptions.runAsUserName: Invalid value: "": runAsUserName cannot be an empty string']),
    (POD, {"spec.volumes": [{"name": "a", "fc": {}}, {"name": "b", "image": {}}, {
        "name": "c", "iscsi": {"targetPortal": "x", "iqn": "x", "lun": 300, "chapAuthSession": True}}]},
     ["spec.volumes[0].fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both",
      "spec.volumes[1].image.reference: Required value", "iscsi.lun: Invalid value: 300: must be between 0 and 255, inclusive",
      'iscsi.iqn: Invalid value: "x": must be valid format starting with iqn, eui, or naa', "iscsi.secretRef: Required value"]),
    (POD, {"spec.restartPolicy": "Never", "spec.containers": [{"name": "c", "image": "i", "resizePolicy": [
        {"resourceName": "odd", "restartPolicy": "Odd"}, {"resourceName": "cpu", "restartPolicy": "NotRequired"},
        {"resourceName": "cpu", "restartPolicy": "RestartContainer"}]}]},
     ['resizePolicy: Unsupported value: "odd": supported values: "cpu", "memory"', 'resizePolicy[2]: Duplicate value: "cpu"',
      'resizePolicy: Unsupported value: "Odd": supported values: "NotRequired", "RestartContainer"',
      "resizePolicy: Invalid value: \"RestartContainer\": must be 'NotRequired' when pod `restartPolicy` is 'Never'"]),
    (JOB, {"spec": {**INDEXED, "template": TEMPLATE, "successPolicy": {"rules": [{"succeededIndexes": "2-1", "succeededCount": 4}]}}},
     ['spec.successPolicy.rules[0].succeededIndexes: Invalid value: "2-1": error parsing succeededIndexes: non-increasing order, previous: 2, current: 1',
      "spec.successPolicy.rules[0].succeededCount: Invalid value: 4: must be less than or equal to 3 (the number of specified completions)"]),
    (JOB, {"spec": {**INDEXED, "template": TEMPLATE, "successPolicy": {"rules": [{"succeededIndexes": "0-1", "succeededCount": 3}]}}},
     ["succeededCount: Invalid value: 3: must be less than or equal to 2 (the number of indexes in the specified succeededIndexes field)"]),
    (JOB, {"spec": {**INDEXED, "template": TEMPLATE, "successPolicy": {"rules": [{}]}}},
     ["spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified"]),
    (JOB, {"spec": {**INDEXED, "template": TEMPLATE, "successPolicy": {"rules": [{"succeededIndexes": "1,3"}]}}},
     ['error parsing succeededIndexes: too large index: "3"']),
    (JOB, {"spec.template": {**TEMPLATE, "metadata": {"labels": {"job-name": "x"}}}},
     ["spec.template.metadata.labels[job-name]: Invalid value: \"x\": must be 'j'"]),
    (JOB, {"spec.selector": {"matchLabels": {"x": "y"}}}, ["`selector` does not match template `labels`", "`selector` not auto-generated"]),
    (INGRESS, {"spec.ingressClassName": "x", "metadata.annotations": {"kubernetes.io/ingress.class": "y"}},
     ['annotations.kubernetes.io/ingress.class: Invalid value: "y": must match `ingressClassName` when both are specified']),
    (INGRESS_CLASS, {}, ["spec.controller: Required value"]),
    (SLICE, {"ports": [{"port": 80, "appProtocol": "a b"}]}, [f'ports[0].appProtocol: Invalid value: "a b": {QUALIFIED}']),
    (STORAGE_CLASS, {"reclaimPolicy": "Recycle"}, ['reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain"']),
    (STORAGE_CLASS, {"allowedTopologies": [{"matchLabelExpressions": [{"key": "a", "values": ["x", "x"]}, {"key": "a", "values": ["y"]}]}]},
     ['allowedTopologies[0].matchLabelExpressions[0].values[1]: Duplicate value: "x"',
      'allowedTopologies[0].matchLabelExpressions[1].key: Duplicate value: "a"']),
    (ATTACHMENT, {"spec.source": {"persistentVolumeName": "A_"}}, ['spec.source.persistentVolumeName: Invalid value: "A_": a lowercase RFC 1123']),
    (LIMITS, {"spec.limits": [{"type": "Odd", "max": {"cpu": "1"}}]},
     ['spec.limits[0].type: Invalid value: "Odd": must be a standard limit type or fully qualified']),
    (LIMITS, {"spec.limits": [{"type": "Container", "max": {"a b": "1", "odd": "1"}}]},
     [f'spec.limits[0].max[a b]: Invalid value: "a b": {QUALIFIED}', 'spec.limits[0].max[odd]: Invalid value: "odd": must be a standard resource for containers']),
    (SECRET, {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": "{"}},
     ['data[.dockerconfigjson]: Invalid value: "<secret contents redacted>": unexpected end of JSON input']),
    (SCALER, {"spec.metrics": [{"type": "External", "external": {"metric": {"name": "a/b"}, "target": {"type": "Value", "value": "1"}}}]},
     ["spec.metrics[0].external.metric.name: Invalid value: \"a/b\": may not contain '/'"]),
    (SCALER, {"spec.minReplicas": 0}, [
        "spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
        "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero replicas"]),
    (SCALER, {"spec.scaleTargetRef": {"kind": "Deployment", "name": "d"}},
     ['spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group']),
    (SCALER, {"spec.behavior": {"scaleUp": {"tolerance": "-100m", "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}}},
     ['spec.behavior.scaleUp.tolerance: Invalid value: "-100m": must be greater than or equal to 0']),
    (POD, {"spec.hostnameOverride": "A_"}, ['spec.hostnameOverride: Invalid value: "A_": a lowercase RFC 1123 subdomain']),
    (POD, {"spec.hostnameOverride": "h", "spec.hostNetwork": True},
     ["spec.hostnameOverride: Forbidden: may not be specified when hostNetwork is true"]),
    (POD, {"spec.containers": [{"name": "c", "image": "i", "restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}]}]},
     ["spec.containers[0].restartPolicy: Required value: must specify restartPolicy when restart rules are used"]),
    (POD, {"spec.containers": [{"name": "c", "image": "i", "env": [
        {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "zz", "path": "../x", "key": "a=b"}}}]}]},
     ["fileKeyRef.path: Invalid value: \"../x\": must not contain '..'", 'fileKeyRef.volumeName: Not found: "zz"', "fileKeyRef.key: Invalid value"]),
    (POD, {"spec.hostUsers": False, "spec.hostNetwork": True, "spec.hostPID": True},
     ["spec.hostNetwork: Forbidden: when `hostUsers` is false", "spec.HostPID: Forbidden: when `hostUsers` is false"]),
    (POD, {"spec.containers": [{"name": "c", "image": "i", "securityContext": {"procMount": "Unmasked"}}]},
     ['procMount: Invalid value: "Unmasked": `hostUsers` must be false to use `Unmasked`']),
    (POD, {"spec.resources": {"limits": {"example.com/x": "1"}}},
     ['spec.resources.limits[example.com/x]: Unsupported value: "example.com/x": supported values: "cpu", "hugepages-", "memory"']),
    (POD, {"spec.os": {"name": "odd"}}, ['spec.os: Unsupported value: "odd": supported values: "linux", "windows"']),
    (LIMITS, {"spec.limits": [{"type": "Pod", "min": {"cpu": "1"}, "max": {"cpu": "3"}, "maxLimitRequestRatio": {"cpu": "3500m"}}]},
     ['spec.limits[0].maxLimitRequestRatio[cpu]: Invalid value: "3500m": ratio 3500m is greater than max/min = 3.000000']),
    (OLD_EVENT, {"eventTime": "2020-01-01T00:00:00.000000Z", "reportingComponent": "a b"},
     [f'reportingComponent: Invalid value: "a b": {QUALIFIED}', "reportingInstance: Required value", "action: Required value", "reason: Required value"]),
    (EVENT, {"reportingController": "a b"}, [f'reportingController: Invalid value: "a b": {QUALIFIED}']),
    (EVENT, {"deprecatedCount": 1}, ["count: Invalid value: \"\": needs to be unset"]),
]  # fmt: skip


@pytest.mark.parametrize("body, change, says", RULES, ids=[f"{one[0]['kind']}-{'-'.join(one[1])}" for one in RULES])
def test_rules(api, namespace, body, change, says):
    failure = api.refused(422, "POST", path_of(body, namespace), changed(body, change, namespace), says=says, dryRun="All")
    assert failure["reason"] == "Invalid" and failure["details"]["kind"] == body["kind"]
    assert len(failure["details"]["causes"]) >= len(says)


ALLOWED = [
    (POD, {"spec.containers": [{"name": "c", "image": "i", "lifecycle": {"preStop": {"sleep": {"seconds": 30}}}}]}),
    (POD, {"spec.os": {"name": "linux"}, "spec.hostPID": True, "spec.securityContext": {"fsGroup": 5}}),
    (JOB, {"spec": {**INDEXED, "template": TEMPLATE, "successPolicy": {"rules": [{"succeededIndexes": "0,2", "succeededCount": 2}]}}}),
    (JOB, {"spec.template": {**TEMPLATE, "metadata": {"labels": {"job-name": "j"}}}}),
    (POD, {"spec.volumes": [{"name": "v", "image": {"reference": "r"}}],
           "spec.containers": [{"name": "c", "image": "i", "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "a"}]}]}),
    (POD, {"spec.hostnameOverride": "a.b"}),
    (POD, {"spec.resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "1Gi"}}}),
    (POD, {"spec.containers": [{"name": "c", "image": "i", "restartPolicy": "Never", "restartPolicyRules": [
        {"action": "RestartAllContainers", "exitCodes": {"operator": "In", "values": [1]}}]}]}),
    (SCALER, {"spec.scaleTargetRef": {"apiVersion": "v1", "kind": "ReplicationController", "name": "d"}}),
    (INGRESS, {"spec.ingressClassName": "x", "metadata.annotations": {"kubernetes.io/ingress.class": "x"}}),
    (SLICE, {"ports": [{"port": 80, "appProtocol": "kubernetes.io/h2c"}]}),
    (LIMITS, {"spec.limits": [{"type": "example.com/widget", "max": {"example.com/x": "1"}}]}),
    (SECRET, {"type": "kubernetes.io/dockerconfigjson", "stringData": {".dockerconfigjson": '{"auths": {}}'}}),
    (OLD_EVENT, {"type": "Odd"}),
]  # fmt: skip


@pytest.mark.parametrize("body, change", ALLOWED, ids=[f"{one[0]['kind']}-{'-'.join(one[1])}" for one in ALLOWED])
def test_what_is_allowed(api, namespace, body, change):
    api.create(path_of(body, namespace), changed(body, change, namespace), dryRun="All")


EMBEDDED = {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True}


def test_objects_within_custom_objects(api, namespace):
    """They say what they are, and their metadata is that of an object."""
    properties = {"one": EMBEDDED, "many": {"type": "array", "items": EMBEDDED}}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}
    with defined(api, version(schema=schema)) as definition:
        path = definition.objects(namespace)

        def refused(spec, *says):
            api.refused(422, "POST", path, definition.object("a", spec=spec), says=says)

        refused({"one": {}}, "spec.one.apiVersion: Required value", "spec.one.kind: Required value")
        refused({"many": [{"apiVersion": "v1", "kind": ""}]}, 'spec.many[0].kind: Invalid value: "": must not be empty')
        refused({"one": {"apiVersion": "a/b/c", "kind": "a b"}}, "unexpected GroupVersion string: a/b/c", "may have mixed case")
        named = {"apiVersion": "v1", "kind": "Pod"}
        refused({"one": {**named, "metadata": {"name": "a/b"}}}, "spec.one.metadata.name: Invalid value: \"a/b\": may not contain '/'")
        refused({"one": {**named, "metadata": {"labels": {"a b": "c"}}}}, 'spec.one.metadata.labels: Invalid value: "a b"')
        whole = {**named, "metadata": {"name": "A_B", "labels": {"a": "b"}}, "spec": {"x": 1}}
        assert api.create(path, definition.object("a", spec={"one": whole}))["spec"] == {"one": whole}


@pytest.mark.parametrize(
    "metadata, says",
    [
        ({"name": 5}, "json: cannot unmarshal number into Go struct field ObjectMeta.name of type string"),
        ({"name": "a", "labels": {"a": 5}}, "json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string"),
        ("odd", "json: cannot unmarshal string into Go value of type v1.ObjectMeta"),
    ],
)
def test_metadata_of_custom_objects_has_its_types(api, namespace, metadata, says):
    with defined(api) as definition:
        body = {**definition.object("a"), "metadata": metadata}
        failure = api.refused(400, "POST", definition.objects(namespace), body, says=says)
        start = f'{definition.kind} in version "v1" cannot be handled as a {definition.kind}: '
        assert failure["message"] == start + says


def test_scales_of_definitions_say_where(api):
    with pytest.raises(AssertionError) as refused:
        with defined(api, version(subresources={"scale": {"specReplicasPath": "", "statusReplicasPath": ""}})):
            pass
    for name in ("specReplicasPath", "statusReplicasPath"):
        assert f"spec.subresources.scale.{name}: Required value" in str(refused.value)
