"""What is said of parts of pods and of templates that break rules: words, places and order are those of kube-apiserver 1.36.2."""

import pytest

LABEL = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an "
    "alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
REGISTRY = "must be a host:port pair or multiple pairs separated by commas"
BLOB = "https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd"
MODES = '"Bidirectional", "HostToContainer", "None"'


def told(api, namespace, spec, kind="pods"):
    """The causes of a refusal, in their order."""
    body = {"metadata": {"name": "a"}, "spec": spec}
    answer = api.send("POST", f"/api/v1/namespaces/{namespace}/{kind}", body, dryRun="All")
    assert answer.status == 422, answer
    return [f"{one['field']}: {one['message']}" for one in answer.body["details"]["causes"]]


VOLUMES = [
    ({"nfs": {}}, ["nfs.server: Required value", "nfs.path: Required value", 'nfs.path: Invalid value: "": must be an absolute path']),
    ({"quobyte": {}}, [f"quobyte.registry: Required value: {REGISTRY}", "quobyte.volume: Required value"]),
    ({"quobyte": {"registry": "a:1,b", "volume": "v"}}, [f'quobyte.registry: Invalid value: "a:1,b": {REGISTRY}']),
    ({"quobyte": {"registry": "a:1,[::1]:2,:3", "volume": "v", "tenant": "t" * 65}},
     ["quobyte.tenant: Required value: must be a UUID and may not exceed a length of 64 characters"]),
    ({"flocker": {}}, ["flocker: Required value: one of datasetName and datasetUUID is required"]),
    ({"flocker": {"datasetName": "a/b", "datasetUUID": "c"}},
     ['flocker: Invalid value: "resource": datasetName and datasetUUID can not be specified simultaneously',
      "flocker.datasetName: Invalid value: \"a/b\": must not contain '/'"]),
    ({"storageos": {}}, ["storageos.volumeName: Required value"]),
    ({"storageos": {"volumeName": "A", "volumeNamespace": "B", "secretRef": {}}},
     [f'storageos.volumeName: Invalid value: "A": {LABEL}', f'storageos.volumeNamespace: Invalid value: "B": {LABEL}',
      "storageos.secretRef.name: Required value"]),
    ({"azureDisk": {"diskName": "d", "diskURI": "x"}}, [f'azureDisk.diskURI: Unsupported value: "x": supported values: "{BLOB}"']),
    ({"flexVolume": {"driver": "a/b", "options": {"x.K8s.io/y": "z"}}},
     ['flexVolume.options[x.K8s.io/y]: Invalid value: "x.K8s.io/y": kubernetes.io and k8s.io namespaces are reserved']),
    ({"gcePersistentDisk": {"partition": -1}},
     ["persistentDisk.pdName: Required value", "persistentDisk.partition: Invalid value: -1: must be between 1 and 255, inclusive"]),
    ({"awsElasticBlockStore": {"volumeID": "v", "partition": 256}},
     ["awsElasticBlockStore.partition: Invalid value: 256: must be between 1 and 255, inclusive"]),
    ({"cinder": {"volumeID": "v", "secretRef": {}}}, ["cinder.secretRef.name: Required value"]),
    ({"csi": {"driver": "a.b", "nodePublishSecretRef": {}}}, ["csi.nodePublishSecretRef.name: Required value"]),
    ({"downwardAPI": {"items": [{"fieldRef": {}}, {"path": "p", "resourceFieldRef": {"containerName": "c"}}]}},
     ["downwardAPI.path: Required value", "downwardAPI.fieldRef.fieldPath: Required value",
      "downwardAPI.resourceFieldRef.resource: Required value"]),
    ({"projected": {"sources": [{"serviceAccountToken": {}}]}}, ["projected.path: Required value"]),
    ({"projected": {"sources": [{"secret": {"items": [{"key": "k", "path": "p"}], "name": "s"}, "configMap": {"items": [{"key": "k", "path": "p"}]}}]}},
     ["projected.sources[0].configMap.name: Required value", 'projected: Invalid value: "": conflicting duplicate paths',
      "projected.sources[0]: Forbidden: may not specify more than 1 volume type per source"]),
    ({"ephemeral": {"volumeClaimTemplate": {
        "metadata": {"name": "n", "uid": "u", "ownerReferences": [{"apiVersion": "v1", "kind": "K", "name": "n", "uid": "u"}],
                     "deletionGracePeriodSeconds": 0, "labels": {"a": "b"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1"}}}}}},
     [f"ephemeral.volumeClaimTemplate.metadata.{name}: Forbidden: cannot be set"
      for name in ("name", "uID", "deletionGracePeriodSeconds", "ownerReferences")]),
]  # fmt: skip


@pytest.mark.parametrize("volume, causes", VOLUMES, ids=[f"{list(volume)[0]}-{index}" for index, (volume, _) in enumerate(VOLUMES)])
def test_volumes(api, namespace, volume, causes):
    found = told(api, namespace, {"containers": [{"name": "c", "image": "i"}], "volumes": [{"name": "v", **volume}]})
    assert found == [f"spec.volumes[0].{cause}" for cause in causes]


def test_an_initiator_and_its_portal_are_short(api, namespace):
    source = {"iqn": "iqn.2001-04.com.example:a", "lun": 0, "targetPortal": "p" * 63, "initiatorName": "iqn.2001-04.com.example:b"}
    found = told(api, namespace, {"containers": [{"name": "c", "image": "i"}], "volumes": [{"name": "v", "iscsi": source}]})
    assert found == [
        'spec.volumes[0].name: Invalid value: "v": Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters '
        "if iscsi.initiatorName is specified."
    ]  # fmt: skip


CONTAINERS = [
    ({"volumeMounts": [{"name": "v", "mountPath": "/m", "mountPropagation": "All"}]},
     [f'volumeMounts.mountPropagation: Unsupported value: "All": supported values: {MODES}']),
    ({"resizePolicy": [{}]}, ["resizePolicy: Required value", "resizePolicy: Required value"]),
    ({"restartPolicy": "Always", "restartPolicyRules": [{"exitCodes": {}}]},
     ['restartPolicyRules[0].action: Unsupported value: "": supported values: "Restart", "RestartAllContainers"',
      'restartPolicyRules[0].exitCodes.operator: Unsupported value: "": supported values: "In", "NotIn"']),
    ({"securityContext": {"seccompProfile": {"type": "RuntimeDefault", "localhostProfile": "p"}}},
     ['securityContext.seccompProfile.localhostProfile: Invalid value: {"Type":"RuntimeDefault","LocalhostProfile":"p"}: '
      "can only be set when seccomp type is Localhost"]),
    ({"readinessProbe": {"exec": {"command": ["c"]}, "terminationGracePeriodSeconds": 0}},
     ["readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0",
      "readinessProbe.terminationGracePeriodSeconds: Invalid value: 0: must not be set for readinessProbes"]),
]  # fmt: skip


@pytest.mark.parametrize("change, causes", CONTAINERS, ids=[list(change)[-1] for change, _ in CONTAINERS])
def test_containers(api, namespace, change, causes):
    spec = {"containers": [{"name": "c", "image": "i", **change}], "volumes": [{"name": "v", "emptyDir": {}}]}
    assert told(api, namespace, spec) == [f"spec.containers[0].{cause}" for cause in causes]


def test_claims_are_the_containers(api, namespace):
    found = told(api, namespace, {"containers": [{"name": "c", "image": "i"}], "resources": {"claims": [{"name": "n"}]}})
    assert found == [
        "spec.resources.claims: Forbidden: claims may not be set for Resources at pod-level",
        'spec.resources.claims[0]: Not found: "n": must be one of the names in pod.spec.resourceClaims which is empty',
    ]  # fmt: skip


def test_persistent_volumes_have_a_capacity(api):
    body = {"metadata": {"name": "words-a"}, "spec": {"hostPath": {"path": "/p"}}}
    answer = api.send("POST", "/api/v1/persistentvolumes", body, dryRun="All")
    assert [(one["field"], one["message"]) for one in answer.body["details"]["causes"]] == [
        ("spec.accessModes", "Required value"), ("spec.capacity", "Required value"),
        ("spec.capacity", 'Unsupported value: null: supported values: "storage"'),
    ]  # fmt: skip


LABELS = {"app": "a"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
ONCE = {"spec": {"containers": [{"name": "c", "image": "i"}], "restartPolicy": "Never"}}
INDEXED = "requires indexed completion mode"
OTHERS = [
    ("apps/v1", "statefulsets", {"selector": {"matchLabels": LABELS}, "template": TEMPLATE, "podManagementPolicy": "X", "updateStrategy": {"type": "Y"}},
     ["podManagementPolicy: Invalid value: \"X\": must be 'OrderedReady' or 'Parallel'",
      'updateStrategy: Invalid value: {"Type":"Y","RollingUpdate":null}: must be \'RollingUpdate\' or \'OnDelete\'']),
    ("apps/v1", "statefulsets",
     {"selector": {"matchLabels": LABELS}, "template": TEMPLATE, "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "X"}},
     ['persistentVolumeClaimRetentionPolicy.whenDeleted: Unsupported value: "X": supported values: "Retain", "Delete"']),
    ("apps/v1", "daemonsets", {"selector": {"matchLabels": LABELS}, "template": TEMPLATE, "updateStrategy": {"type": "Y"}},
     ['updateStrategy: Unsupported value: {"Type":"Y","RollingUpdate":null}: supported values: "RollingUpdate", "OnDelete"']),
    ("batch/v1", "jobs", {"template": ONCE, "successPolicy": {"rules": [{"succeededCount": 2}]}},
     ['successPolicy: Invalid value: {"Rules":[{"SucceededIndexes":null,"SucceededCount":2}]}: ' + INDEXED]),
    ("batch/v1", "jobs", {"template": ONCE, "podFailurePolicy": {"rules": [{"action": "Ignore", "onExitCodes": {"operator": "In"}}]},
                          "podReplacementPolicy": "X"},
     ["podFailurePolicy.rules[0].onExitCodes.values: Invalid value: null: at least one value is required",
      'podReplacementPolicy: Unsupported value: "X": supported values: "Failed"']),
    ("batch/v1", "jobs", {"template": ONCE, "managedBy": ""}, ["managedBy: Required value"]),
    ("networking.k8s.io/v1", "ingresses", {"defaultBackend": {"service": {}, "resource": {}}},
     ['defaultBackend: Invalid value: "": cannot set both resource and service backends']),
    ("autoscaling/v2", "horizontalpodautoscalers",
     {"maxReplicas": 1, "scaleTargetRef": {"apiVersion": "a/v1", "kind": "K", "name": "n"}, "metrics": [{"type": "X"}]},
     2 * ['metrics[0].type: Unsupported value: "X": supported values: "ContainerResource", "External", "Object", "Pods", "Resource"']),
    ("resource.k8s.io/v1", "resourceclaims", {"devices": {"requests": [{"exactly": {}, "firstAvailable": [{}]}]}},
     [f'devices.requests[0].name: Invalid value: "": {LABEL}',
      "devices.requests[0]: Invalid value: null: exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set"]),
]  # fmt: skip


@pytest.mark.parametrize("version, kind, spec, causes", OTHERS, ids=[f"{one[1]}-{index}" for index, one in enumerate(OTHERS)])
def test_other_kinds(api, namespace, version, kind, spec, causes):
    path = f"/apis/{version}/namespaces/{namespace}/{kind}"
    answer = api.send("POST", path, {"metadata": {"name": "a"}, "spec": spec}, dryRun="All")
    assert answer.status == 422, answer
    assert [f"{one['field']}: {one['message']}" for one in answer.body["details"]["causes"]] == [f"spec.{cause}" for cause in causes]


@pytest.mark.parametrize("group, kind, body, cause", [
    ("apps/v1/namespaces/{}", "controllerrevisions", {"revision": 1, "data": "x"}, ("data", "Required value: data must be a valid JSON object")),
    ("storage.k8s.io/v1", "storageclasses", {"provisioner": "a.b", "allowedTopologies": [{}]},
     ("allowedTopologies[0].matchLabelExpressions", 'Duplicate value: ""')),
    ("resource.k8s.io/v1", "deviceclasses", {"spec": {"extendedResourceName": "_-/%"}},
     ("spec.extendedResourceName", 'Invalid value: "_-/%": must be a valid extended resource name')),
    ("certificates.k8s.io/v1", "certificatesigningrequests", {"spec": {"signerName": "a.b/c", "usages": ["client auth"]}},
     ("spec.request", "Invalid value: null: PEM block type must be CERTIFICATE REQUEST")),
])  # fmt: skip
def test_what_others_refuse(api, namespace, group, kind, body, cause):
    answer = api.send("POST", f"/apis/{group.format(namespace)}/{kind}", {"metadata": {"name": "words-a"}, **body}, dryRun="All")
    assert answer.status == 422, answer
    assert [(one["field"], one["message"]) for one in answer.body["details"]["causes"]] == [cause]


def test_a_service_without_a_target_port_has_its_port(api, namespace):
    body = {"metadata": {"name": "a"}, "spec": {"ports": [{"port": 7, "targetPort": ""}], "selector": LABELS}}
    answer = api.send("POST", f"/api/v1/namespaces/{namespace}/services", body, dryRun="All")
    assert answer.status == 201 and answer.body["spec"]["ports"][0]["targetPort"] == 7, answer


def test_labels_of_the_jobs_of_a_schedule_are_judged_when_they_are_made(api, namespace):
    spec = {"schedule": "1 2 3 4 *", "jobTemplate": {"metadata": {"labels": {"a": "_-/%"}}, "spec": {"template": ONCE}}}
    answer = api.send("POST", f"/apis/batch/v1/namespaces/{namespace}/cronjobs", {"metadata": {"name": "a"}, "spec": spec}, dryRun="All")
    assert answer.status == 201, answer
