"""One object of every built-in kind, for tests that go through all of them."""

import copy

from interface import template

SPEC = template({"app": "x"})
ONCE = {**SPEC["spec"], "restartPolicy": "Never"}
BACKEND = {"service": {"name": "web", "port": {"number": 80}}}
RULES = [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]
ROLE = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
SUBJECTS = [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": "someone"}]
DEVICES = {"devices": {"requests": [{"name": "gpu", "exactly": {"deviceClassName": "gpu.example.com"}}]}}


def _selected(**more):
    return {"selector": {"matchLabels": {"app": "x"}}, "template": SPEC, **more}


# Resource → (apiVersion, kind, whether in a namespace, what is in it besides metadata).
TABLE = {
    "configmaps": ("v1", "ConfigMap", True, {"data": {"a": "b"}}),
    "endpoints": ("v1", "Endpoints", True, {"subsets": [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]}),
    "events": ("v1", "Event", True, {"involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Why", "message": "Said", "type": "Normal"}),
    "namespaces": ("v1", "Namespace", False, {}),
    "nodes": ("v1", "Node", False, {"spec": {"podCIDR": "10.9.0.0/24"}}),
    "persistentvolumeclaims": ("v1", "PersistentVolumeClaim", True, {"spec": {
        "accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}}}),
    "persistentvolumes": ("v1", "PersistentVolume", False, {"spec": {
        "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp/x"}}}),
    "pods": ("v1", "Pod", True, {"spec": SPEC["spec"]}),
    "podtemplates": ("v1", "PodTemplate", True, {"template": SPEC}),
    "replicationcontrollers": ("v1", "ReplicationController", True, {"spec": {"replicas": 0, "selector": {"app": "x"}, "template": SPEC}}),
    "secrets": ("v1", "Secret", True, {"data": {"a": "Yg=="}}),
    "serviceaccounts": ("v1", "ServiceAccount", True, {}),
    "services": ("v1", "Service", True, {"spec": {"selector": {"app": "x"}, "ports": [{"name": "http", "port": 80}]}}),
    "customresourcedefinitions": ("apiextensions.k8s.io/v1", "CustomResourceDefinition", False, {"spec": {
        "group": "table.example.com", "scope": "Namespaced",
        "names": {"plural": "tables", "singular": "table", "kind": "Table", "listKind": "TableList"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}),
    "controllerrevisions": ("apps/v1", "ControllerRevision", True, {"revision": 1, "data": {"a": 1}}),
    "daemonsets": ("apps/v1", "DaemonSet", True, {"spec": _selected()}),
    "deployments": ("apps/v1", "Deployment", True, {"spec": _selected(replicas=0)}),
    "replicasets": ("apps/v1", "ReplicaSet", True, {"spec": _selected(replicas=0)}),
    "statefulsets": ("apps/v1", "StatefulSet", True, {"spec": _selected(replicas=0, serviceName="web")}),
    "horizontalpodautoscalers": ("autoscaling/v2", "HorizontalPodAutoscaler", True, {"spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3}}),
    "cronjobs": ("batch/v1", "CronJob", True, {"spec": {
        "schedule": "1 2 3 4 *", "suspend": True, "jobTemplate": {"spec": {"template": {"spec": ONCE}}}}}),
    "jobs": ("batch/v1", "Job", True, {"spec": {"suspend": True, "template": {"spec": ONCE}}}),
    "leases": ("coordination.k8s.io/v1", "Lease", True, {"spec": {"holderIdentity": "me", "leaseDurationSeconds": 15}}),
    "endpointslices": ("discovery.k8s.io/v1", "EndpointSlice", True, {
        "addressType": "IPv4", "endpoints": [{"addresses": ["10.1.2.3"]}], "ports": [{"port": 80}]}),
    "ingressclasses": ("networking.k8s.io/v1", "IngressClass", False, {"spec": {"controller": "example.com/c"}}),
    "ingresses": ("networking.k8s.io/v1", "Ingress", True, {"spec": {"defaultBackend": BACKEND}}),
    "networkpolicies": ("networking.k8s.io/v1", "NetworkPolicy", True, {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}),
    "runtimeclasses": ("node.k8s.io/v1", "RuntimeClass", False, {"handler": "runc"}),
    "poddisruptionbudgets": ("policy/v1", "PodDisruptionBudget", True, {"spec": {
        "minAvailable": 1, "selector": {"matchLabels": {"app": "x"}}}}),
    "clusterrolebindings": ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", False, {"roleRef": ROLE, "subjects": SUBJECTS}),
    "clusterroles": ("rbac.authorization.k8s.io/v1", "ClusterRole", False, {"rules": RULES}),
    "rolebindings": ("rbac.authorization.k8s.io/v1", "RoleBinding", True, {"roleRef": ROLE, "subjects": SUBJECTS}),
    "roles": ("rbac.authorization.k8s.io/v1", "Role", True, {"rules": RULES}),
    "deviceclasses": ("resource.k8s.io/v1", "DeviceClass", False, {"spec": {}}),
    "resourceclaims": ("resource.k8s.io/v1", "ResourceClaim", True, {"spec": DEVICES}),
    "resourceclaimtemplates": ("resource.k8s.io/v1", "ResourceClaimTemplate", True, {"spec": {"spec": DEVICES}}),
    "resourceslices": ("resource.k8s.io/v1", "ResourceSlice", False, {"spec": {
        "driver": "gpu.example.com", "nodeName": "n", "devices": [{"name": "gpu-0"}],
        "pool": {"name": "pool", "generation": 1, "resourceSliceCount": 1}}}),
    "priorityclasses": ("scheduling.k8s.io/v1", "PriorityClass", False, {"value": 5}),
    "csidrivers": ("storage.k8s.io/v1", "CSIDriver", False, {"spec": {"attachRequired": False}}),
    "csinodes": ("storage.k8s.io/v1", "CSINode", False, {"spec": {"drivers": []}}),
    "csistoragecapacities": ("storage.k8s.io/v1", "CSIStorageCapacity", True, {"storageClassName": "c", "capacity": "1Gi"}),
    "storageclasses": ("storage.k8s.io/v1", "StorageClass", False, {"provisioner": "p.example.com"}),
    "volumeattachments": ("storage.k8s.io/v1", "VolumeAttachment", False, {"spec": {
        "attacher": "a.example.com", "nodeName": "n", "source": {"persistentVolumeName": "pv"}}}),
    "volumeattributesclasses": ("storage.k8s.io/v1", "VolumeAttributesClass", False, {
        "driverName": "d.example.com", "parameters": {"a": "b"}}),
}  # fmt: skip

CONDITION = {
    "type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from a test",
    "lastTransitionTime": "2026-01-02T03:04:05Z",
}  # fmt: skip
CONDITIONS = {"conditions": [CONDITION]}
ALLOCATION = {"devices": {"results": [{"request": "gpu", "driver": "gpu.example.com", "pool": "p", "device": "d"}]}}
# What may be told as the status of an object of the table, of those that have one.
STATUSES = {
    "cronjobs": {"lastScheduleTime": "2026-01-02T03:04:05Z"}, "daemonsets": CONDITIONS, "deployments": CONDITIONS,
    "horizontalpodautoscalers": {**CONDITIONS, "desiredReplicas": 2},
    "ingresses": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1", "ports": [{"port": 80, "protocol": "TCP"}]}]}},
    "jobs": {**CONDITIONS, "active": 1}, "namespaces": CONDITIONS,
    "nodes": {**CONDITIONS, "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]},
    "persistentvolumeclaims": CONDITIONS, "persistentvolumes": {"phase": "Failed", "message": "m", "reason": "r"},
    "poddisruptionbudgets": {"observedGeneration": 1, "disruptedPods": {"pod": "2026-01-02T03:04:05Z"}},
    "pods": {"conditions": [{"type": "example.com/c", "status": "True"}], "message": "m"},
    "replicasets": {**CONDITIONS, "replicas": 1}, "replicationcontrollers": {**CONDITIONS, "replicas": 1},
    "resourceclaims": {"allocation": ALLOCATION}, "services": CONDITIONS, "statefulsets": {**CONDITIONS, "replicas": 1},
    "volumeattachments": {"attached": True},
}  # fmt: skip


def collection(resource, namespace):
    """The path of a resource's collection."""
    api_version, _, is_namespaced, _ = TABLE[resource]
    root = "/api/v1" if api_version == "v1" else f"/apis/{api_version}"
    return f"{root}/namespaces/{namespace}/{resource}" if is_namespaced else f"{root}/{resource}"


def example(resource, name, namespace=None, labels=None):
    """An object of a resource."""
    api_version, kind, is_namespaced, content = TABLE[resource]
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **copy.deepcopy(content)}
    if labels:
        body["metadata"]["labels"] = dict(labels)
    if kind == "CustomResourceDefinition":
        # Its name and its names must agree, and be nobody else's.
        plain = "".join(one for one in name if one.isalnum())
        names = {"plural": plain + "s", "singular": plain, "kind": plain.capitalize(), "listKind": plain.capitalize() + "List"}
        body["spec"]["names"] = names
        body["metadata"]["name"] = f"{plain}s.table.example.com"
    if kind == "Event":
        body["involvedObject"]["namespace"] = namespace
    if is_namespaced and namespace:
        body["metadata"]["namespace"] = namespace
    return body


def missing(wanted, found, at=""):
    """The path of the first field that is not there as it was sent; fields that were not sent are let be."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        parts = [(f"{at}.{name}", value, found.get(name)) for name, value in wanted.items()]
    elif isinstance(wanted, list) and isinstance(found, list) and len(wanted) <= len(found):
        parts = [(f"{at}[{index}]", value, found[index]) for index, value in enumerate(wanted)]
    else:
        # An empty list is nothing.
        return None if wanted == found or (wanted == [] and found is None) else f"{at}: {found!r} for {wanted!r}"
    return next(filter(None, (missing(value, other, place) for place, value, other in parts)), None)
