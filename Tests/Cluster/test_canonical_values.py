"""What can be written in several ways is served in one: times in UTC and as exactly as their type can say, bytes on one line."""

import datetime

import pytest
from interface import body, pod, unique

SENT = [
    ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
    ("2026-01-02T03:04:05.999999Z", "2026-01-02T03:04:05Z"),
    ("2026-01-02T03:04:05.5+02:00", "2026-01-02T01:04:05Z"),
    ("2026-01-02T23:04:05-05:30", "2026-01-03T04:34:05Z"),
]


@pytest.mark.parametrize("sent, kept", SENT)
@pytest.mark.parametrize("kind", ["json", "merge", "strategic"])
def test_times_in_seconds(api, namespace, sent, kept, kind):
    pods = f"/api/v1/namespaces/{namespace}/pods"
    api.create(pods, pod("timed"))
    conditions = [{"type": "Ready", "status": "False", "lastProbeTime": sent, "lastTransitionTime": sent}]
    patch = {"status": {"startTime": sent, "conditions": conditions}}
    if kind == "json":
        patch = [{"op": "add", "path": f"/status/{name}", "value": value} for name, value in patch["status"].items()]
    made = api.patch(f"{pods}/timed/status", patch, kind)
    assert made["status"]["startTime"] == kept
    (condition,) = made["status"]["conditions"]
    assert condition["lastProbeTime"] == condition["lastTransitionTime"] == kept
    assert api.get(f"{pods}/timed") == made
    # The same time again, in other words, is no change.
    made["status"]["startTime"] = sent
    assert api.update(f"{pods}/timed/status", made)["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_times_in_microseconds(api, namespace):
    leases = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
    lease = body("coordination.k8s.io/v1", "Lease", metadata={"name": "held"}, spec={"holderIdentity": "me"})
    lease["spec"]["renewTime"] = "2026-01-02T03:04:05.678901+02:00"
    lease["spec"]["acquireTime"] = "2026-01-02T03:04:05.000000Z"
    made = api.create(leases, lease)
    assert made["spec"]["renewTime"] == "2026-01-02T01:04:05.678901Z"
    assert made["spec"]["acquireTime"] == "2026-01-02T03:04:05.000000Z"
    applied = body("coordination.k8s.io/v1", "Lease", spec={"renewTime": "2026-01-02T03:04:05.678901-01:00"})
    applied["metadata"] = {"name": "held"}
    made = api.patch(f"{leases}/held", applied, "apply", fieldManager="someone", force="true")
    assert made["spec"]["renewTime"] == "2026-01-02T04:04:05.678901Z"


def test_times_of_the_python_client(client, namespace):
    """It sends what `isoformat` makes of a time: an offset in digits, and microseconds where there are any."""
    from kubernetes import client as kubernetes

    when = datetime.datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    whole = when.replace(microsecond=0)
    core, leases = kubernetes.CoreV1Api(client), kubernetes.CoordinationV1Api(client)
    name = unique("event")
    event = kubernetes.CoreV1Event(
        metadata=kubernetes.V1ObjectMeta(name=name), involved_object=kubernetes.V1ObjectReference(namespace=namespace),
        first_timestamp=when, last_timestamp=when,
    )  # fmt: skip
    made = core.create_namespaced_event(namespace, event)
    assert made.first_timestamp == made.last_timestamp == whole
    lease = kubernetes.V1Lease(metadata=kubernetes.V1ObjectMeta(name=name), spec=kubernetes.V1LeaseSpec(renew_time=when))
    assert leases.create_namespaced_lease(namespace, lease).spec.renew_time == when
    assert leases.read_namespaced_lease(name, namespace).spec.renew_time == when


def test_bytes(api, namespace, kubectl):
    """Tools break the lines of base64, and manifests keep the breaks."""
    secrets, maps = (f"/api/v1/namespaces/{namespace}/{plural}" for plural in ("secrets", "configmaps"))
    secret = body("v1", "Secret", metadata={"name": "broken"}, data={"one": "YWJj\n", "two": "YWJj\r\nZGVm\n", "none": ""})
    made = api.create(secrets, secret)
    assert made["data"] == {"one": "YWJj", "two": "YWJjZGVm", "none": ""}
    # The same bytes again are no change.
    again = api.patch(f"{secrets}/broken", {"data": {"one": "YW\nJj"}})
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]
    made = api.create(maps, body("v1", "ConfigMap", metadata={"name": "broken"}, binaryData={"k": "AP\n8="}))
    assert made["binaryData"] == {"k": "AP8="}
    manifest = "apiVersion: v1\nkind: Secret\nmetadata: {name: folded}\ndata:\n  key: |\n    YWJj\n    ZGVm\n"
    kubectl("apply", "--server-side", "-f", "-", input=manifest)
    assert kubectl.json("get", "secret", "folded")["data"] == {"key": "YWJjZGVm"}
    api.refused(400, "POST", secrets, {**secret, "data": {"k": "YWJ"}}, says="illegal base64 data at input byte 0")
