"""Fields of features that are off are left out as if they had not been sent, and nobody is told.

After the dropDisabledFields of pkg/api/pod and of the strategies of pkg/registry.
"""

CONTAINER = {"name": "c", "image": "i"}


def test_pods(api, namespace):
    path = f"/api/v1/namespaces/{namespace}/pods"
    hook = {"exec": {"command": ["a"]}}
    containers = [{**CONTAINER, "lifecycle": {"stopSignal": "SIGUSR1", "preStop": hook}}]
    spec = {"os": {"name": "linux"}, "schedulingGroup": {"podGroupName": "g"}, "containers": containers}
    made = api.create(path, {"metadata": {"name": "p"}, "spec": spec})["spec"]
    assert made["containers"][0]["lifecycle"] == {"preStop": hook}
    assert "schedulingGroup" not in made


def test_workloads(api, namespace):
    spec = {
        "selector": {"matchLabels": {"a": "b"}}, "serviceName": "s",
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{**CONTAINER, "lifecycle": {"stopSignal": "SIGUSR1"}}]}},
        "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}},
    }  # fmt: skip
    path = f"/apis/apps/v1/namespaces/{namespace}/statefulsets"
    made = api.create(path, {"metadata": {"name": "s"}, "spec": spec}, dryRun="All")["spec"]
    assert made["updateStrategy"]["rollingUpdate"] == {"partition": 0}
    assert "lifecycle" not in made["template"]["spec"]["containers"][0]


def test_sources_of_claims(api, namespace):
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"

    def sources(**given):
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **given}
        made = api.create(path, {"metadata": {"name": "c"}, "spec": spec}, dryRun="All")["spec"]
        return made.get("dataSource"), made.get("dataSourceRef")

    snapshot = {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "a"}
    other = {"apiGroup": "example.com", "kind": "Thing", "name": "a"}
    assert sources(dataSource=snapshot) == (snapshot, snapshot)
    assert sources(dataSource=other) == (None, None)
    assert sources(dataSourceRef=other) == (other, other)
    assert sources(dataSourceRef={**snapshot, "namespace": "elsewhere"}) == (None, None)
