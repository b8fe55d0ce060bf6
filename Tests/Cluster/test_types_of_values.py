"""Values of a type that their field may not have: the words are those of kube-apiserver 1.36.2, with Go's names in them."""

import pytest
from interface import PATCHES

POD = ("/api/v1/namespaces/{}/pods", "v1", "Pod")
DEPLOYMENT = ("/apis/apps/v1/namespaces/{}/deployments", "apps/v1", "Deployment")
STATEFUL = ("/apis/apps/v1/namespaces/{}/statefulsets", "apps/v1", "StatefulSet")
VOLUME = ("/api/v1/persistentvolumes", "v1", "PersistentVolume")
CLAIM = ("/api/v1/namespaces/{}/persistentvolumeclaims", "v1", "PersistentVolumeClaim")
SECRET = ("/api/v1/namespaces/{}/secrets", "v1", "Secret")
REVIEW = ("/apis/authorization.k8s.io/v1/subjectaccessreviews", "authorization.k8s.io/v1", "SubjectAccessReview")
SCALER = ("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", "autoscaling/v2", "HorizontalPodAutoscaler")
POLICY = (
    "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", "admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy",
)  # fmt: skip
SLICE = ("/apis/resource.k8s.io/v1/resourceslices", "resource.k8s.io/v1", "ResourceSlice")


def container(**fields):
    return {"spec": {"containers": [fields]}}


CASES = [
    (POD, {"metadata": {"uid": 5}}, "number", "ObjectMeta.metadata.uid of type types.UID"),
    (POD, {"metadata": {"creationTimestamp": 5}}, "number", "ObjectMeta.metadata.creationTimestamp of type string"),
    (POD, {"metadata": {"ownerReferences": [{"uid": []}]}}, "array", "OwnerReference.metadata.ownerReferences.uid of type types.UID"),
    (
        POD, {"metadata": {"managedFields": [{"operation": 5}]}}, "number",
        "ManagedFieldsEntry.metadata.managedFields.operation of type v1.ManagedFieldsOperationType",
    ),
    (POD, {"spec": {"dnsPolicy": 5}}, "number", "PodSpec.spec.dnsPolicy of type v1.DNSPolicy"),
    (POD, {"spec": {"overhead": 5}}, "number", "PodSpec.spec.overhead of type v1.ResourceList"),
    (POD, container(imagePullPolicy={}), "object", "Container.spec.containers.imagePullPolicy of type v1.PullPolicy"),
    (POD, container(resources={"limits": 5}), "number", "ResourceRequirements.spec.containers.resources.limits of type v1.ResourceList"),
    (
        POD, container(securityContext={"capabilities": {"add": 5}}), "number",
        "Capabilities.spec.containers.securityContext.capabilities.add of type []v1.Capability",
    ),
    (
        POD, container(securityContext={"capabilities": {"add": [5]}}), "number",
        "Capabilities.spec.containers.securityContext.capabilities.add of type v1.Capability",
    ),
    (POD, container(livenessProbe={"exec": 5}), "number", "Probe.spec.containers.livenessProbe.ProbeHandler.exec of type v1.ExecAction"),
    (
        POD, container(livenessProbe={"httpGet": {"port": True}}), "bool",
        "HTTPGetAction.spec.containers.livenessProbe.ProbeHandler.httpGet.port of type int32",
    ),
    (
        POD, container(lifecycle={"postStart": {"exec": {"command": "x"}}}), "string",
        "ExecAction.spec.containers.lifecycle.postStart.exec.command of type []string",
    ),
    (
        POD, container(env=[{"valueFrom": {"secretKeyRef": {"name": 5}}}]), "number",
        "SecretKeySelector.spec.containers.env.valueFrom.secretKeyRef.LocalObjectReference.name of type string",
    ),
    (
        POD, {"spec": {"volumes": [{"projected": {"sources": [{"configMap": {"name": 5}}]}}]}}, "number",
        "ConfigMapProjection.spec.volumes.VolumeSource.projected.sources.configMap.LocalObjectReference.name of type string",
    ),
    (
        POD, {"spec": {"ephemeralContainers": [{"image": 5}]}}, "number",
        "EphemeralContainer.spec.ephemeralContainers.EphemeralContainerCommon.image of type string",
    ),
    (
        POD, {"spec": {"ephemeralContainers": [{"targetContainerName": 5}]}}, "number",
        "EphemeralContainer.spec.ephemeralContainers.targetContainerName of type string",
    ),
    (
        DEPLOYMENT, {"spec": {"selector": {"matchExpressions": [{"operator": 5}]}}}, "number",
        "LabelSelectorRequirement.spec.selector.matchExpressions.operator of type v1.LabelSelectorOperator",
    ),
    (DEPLOYMENT, {"spec": {"strategy": {"type": 5}}}, "number", "DeploymentStrategy.spec.strategy.type of type v1.DeploymentStrategyType"),
    (
        DEPLOYMENT, {"spec": {"strategy": {"rollingUpdate": {"maxSurge": 1.5}}}}, "number 1.5",
        "RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
    ),
    (
        STATEFUL, {"spec": {"volumeClaimTemplates": [{"kind": 5}]}}, "number",
        "PersistentVolumeClaim.spec.volumeClaimTemplates.TypeMeta.kind of type string",
    ),
    (VOLUME, {"spec": {"nfs": {"path": 5}}}, "number", "NFSVolumeSource.spec.PersistentVolumeSource.nfs.path of type string"),
    (VOLUME, {"spec": {"capacity": 5}}, "number", "PersistentVolumeSpec.spec.capacity of type v1.ResourceList"),
    (
        CLAIM, {"status": {"allocatedResourceStatuses": {"a": 5}}}, "number",
        "PersistentVolumeClaimStatus.status.allocatedResourceStatuses of type v1.ClaimResourceStatus",
    ),
    (SECRET, {"type": 5}, "number", "Secret.type of type v1.SecretType"),
    (SECRET, {"data": {"a": 5}}, "number", "Secret.data of type []uint8"),
    (REVIEW, {"spec": {"extra": {"a": 5}}}, "number", "SubjectAccessReviewSpec.spec.extra of type v1.ExtraValue"),
    (SCALER, {"spec": {"metrics": [{"type": 5}]}}, "number", "MetricSpec.spec.metrics.type of type v2.MetricSourceType"),
    (
        POLICY, {"spec": {"matchConstraints": {"resourceRules": [{"scope": 5}]}}}, "number",
        "NamedRuleWithOperations.spec.matchConstraints.resourceRules.RuleWithOperations.Rule.scope of type v1.ScopeType",
    ),
    (
        SLICE, {"spec": {"devices": [{"capacity": 5}]}}, "number",
        "Device.spec.devices.capacity of type map[v1.QualifiedName]v1.DeviceCapacity",
    ),
]  # fmt: skip


@pytest.mark.parametrize("kind, body, found, place", CASES, ids=[case[3].split(" ")[0] for case in CASES])
def test_types_of_fields(api, kind, body, found, place):
    path, version, name = kind
    body = {"apiVersion": version, "kind": name, **body}
    short = version.rsplit("/", 1)[-1]
    answer = api.send("POST", path.format("default"), body, {"Content-Type": "application/json"}, dryRun="All")
    expected = f'{name} in version "{short}" cannot be handled as a {name}: json: cannot unmarshal {found} into Go struct field {place}'
    assert (answer.status, answer.body["message"]) == (400, expected)


@pytest.mark.parametrize(
    "body, found, shown", [
        (b'{"apiVersion": "v1", "kind": 5}', "number into Go struct field .kind", '{"apiVersion": "v1", "kind": 5 ...'),
        (b'{"kind": [], "apiVersion": 5}', "array into Go struct field .kind", '{"kind": [], "apiVersion": 5}'),
        (b'{"apiVersion": true}', "bool into Go struct field .apiVersion", '{"apiVersion": true}'),
    ],
)  # fmt: skip
def test_types_of_what_names_the_kind(api, body, found, shown):
    answer = api.send("POST", "/api/v1/namespaces/default/pods", body, {"Content-Type": "application/json"}, dryRun="All")
    why = f"couldn't get version/kind; json parse error: json: cannot unmarshal {found} of type string ({shown})"
    assert (answer.status, answer.body["message"]) == (400, f"the object provided is unrecognized (must be of type Pod): {why}")


def test_types_of_patched_fields(api):
    def told(kind, patch):
        headers = {"Content-Type": PATCHES[kind]}
        return api.send("PATCH", "/api/v1/namespaces/default/services/kubernetes", patch, headers, dryRun="All").body["message"]

    wrong = "cannot unmarshal number into Go struct field ServiceSpec.spec.sessionAffinity of type v1.ServiceAffinity"
    assert wrong in told("merge", {"spec": {"sessionAffinity": 5}})
    assert wrong in told("json", [{"op": "replace", "path": "/spec/sessionAffinity", "value": 5}])
    # The converter, which knows types and no places.
    assert "cannot convert int64 to v1.ServiceAffinity" in told("strategic", {"spec": {"sessionAffinity": 5}})
