"""`kubectl apply`: by the client and by the server, with conflicts and their end."""

import pytest

from interface import PATCHES


def deployment(replicas=None, image="nginx:1", **labels):
    spec = {
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}},
    }
    if replicas is not None:
        spec["replicas"] = replicas
    metadata = {"name": "web", **({"labels": labels} if labels else {})}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}


def config(name="one", **data):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def test_by_the_client(kubectl):
    assert kubectl.out("apply", "-f", "-", input=config(a="1", b="2")).endswith("created")
    assert kubectl.out("apply", "-f", "-", input=config(a="1", b="2")).endswith("unchanged")
    assert kubectl.out("apply", "-f", "-", input=config(a="3")).endswith("configured")
    assert kubectl.json("get", "configmap", "one")["data"] == {"a": "3"}


def test_by_the_client_keeps_what_others_set(kubectl):
    kubectl("apply", "-f", "-", input=deployment())
    kubectl("scale", "deployment", "web", "--replicas=4")
    kubectl("apply", "-f", "-", input=deployment(image="nginx:2"))
    web = kubectl.json("get", "deployment", "web")
    assert web["spec"]["replicas"] == 4 and web["spec"]["template"]["spec"]["containers"][0]["image"] == "nginx:2"


def test_by_the_server(kubectl):
    assert kubectl.out("apply", "--server-side", "-f", "-", input=config(a="1")).endswith("serverside-applied")
    entry = kubectl.json("get", "configmap", "one", "--show-managed-fields")["metadata"]["managedFields"][0]
    assert entry["manager"] == "kubectl" and entry["operation"] == "Apply" and entry["fieldsType"] == "FieldsV1"
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}


def test_a_field_that_is_declared_no_more_goes(kubectl):
    kubectl("apply", "--server-side", "-f", "-", input=config(a="1", b="2"))
    kubectl("apply", "--server-side", "-f", "-", input=config(b="2"))
    assert kubectl.json("get", "configmap", "one")["data"] == {"b": "2"}


def test_conflicts(kubectl):
    kubectl("apply", "--server-side", "--field-manager=first", "-f", "-", input=config(a="1"))
    words = kubectl.fails("apply", "--server-side", "--field-manager=second", "-f", "-", input=config(a="2"))
    assert 'Apply failed with 1 conflict: conflict with "first": .data.a' in words, words
    kubectl("apply", "--server-side", "--field-manager=second", "--force-conflicts", "-f", "-", input=config(a="2"))
    managers = {
        entry["manager"]: entry["fieldsV1"]
        for entry in kubectl.json("get", "configmap", "one", "--show-managed-fields")["metadata"]["managedFields"]
    }
    assert list(managers) == ["second"], managers


def test_the_same_value_is_shared(kubectl):
    for manager in ("first", "second"):
        kubectl("apply", "--server-side", f"--field-manager={manager}", "-f", "-", input=config(a="1"))
    entries = kubectl.json("get", "configmap", "one", "--show-managed-fields")["metadata"]["managedFields"]
    assert {entry["manager"] for entry in entries} == {"first", "second"}


def test_applying_twice_changes_nothing(kubectl):
    kubectl("apply", "--server-side", "-f", "-", input=deployment(replicas=2))
    before = kubectl.json("get", "deployment", "web")["metadata"]["resourceVersion"]
    kubectl("apply", "--server-side", "-f", "-", input=deployment(replicas=2))
    assert kubectl.json("get", "deployment", "web")["metadata"]["resourceVersion"] == before


def test_lists_by_key(kubectl):
    kubectl("apply", "--server-side", "--field-manager=first", "-f", "-", input=deployment())
    second = deployment()
    second["spec"]["template"]["spec"]["containers"] = [{"name": "helper", "image": "busybox"}]
    kubectl("apply", "--server-side", "--field-manager=second", "-f", "-", input=second)
    containers = kubectl.json("get", "deployment", "web")["spec"]["template"]["spec"]["containers"]
    assert {one["name"] for one in containers} == {"web", "helper"}


def test_managers_of_other_writes(kubectl):
    kubectl("create", "configmap", "two", "--from-literal=a=1")
    entry = kubectl.json("get", "configmap", "two", "--show-managed-fields")["metadata"]["managedFields"][0]
    assert entry["manager"] == "kubectl-create" and entry["operation"] == "Update"
    assert "f:a" in entry["fieldsV1"]["f:data"]


def test_status_has_managers_of_its_own(kubectl, namespace, raw):
    kubectl("create", "deployment", "web", "--image=nginx")
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web/status"
    raw(
        "PATCH", path, {"status": {"readyReplicas": 1, "replicas": 1}}, [("fieldManager", "agent")],
        {"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
    entries = kubectl.json("get", "deployment", "web", "--show-managed-fields")["metadata"]["managedFields"]
    status = [entry for entry in entries if entry.get("subresource") == "status"]
    assert len(status) == 1 and status[0]["manager"] == "agent" and "f:status" in status[0]["fieldsV1"]


@pytest.mark.parametrize("flag", [[], ["--server-side"]])
def test_diff(kubectl, flag):
    kubectl("apply", *flag, "-f", "-", input=config(a="1"))
    done = kubectl("diff", *flag, "-f", "-", input=config(a="2"), check=False)
    assert done.returncode == 1 and "+  a: \"2\"" in done.stdout, (done.stdout, done.stderr)


def test_yaml_bodies(raw, namespace):
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: yaml\ndata:\n  a: \"yes\"\n"
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    status, _, made = raw("POST", path, body, headers={"Content-Type": "application/yaml"})
    assert status == 201 and made["data"] == {"a": "yes"}


def test_explain(cluster_kubectl):
    words = cluster_kubectl.out("explain", "deployment.spec.strategy")
    assert "rollingUpdate" in words and "RollingUpdateDeployment" in words
    tree = cluster_kubectl.out("explain", "pods", "--recursive")
    assert "terminationGracePeriodSeconds" in tree and "livenessProbe" in tree


def test_what_does_not_fit_the_schema(api, kubectl, namespace):
    """It ends with a 500 that has no reason, as in kube-apiserver, in the words of the merge."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    wrong = deployment()
    wrong["spec"]["replica"] = 3
    headers = {"Content-Type": PATCHES["apply"]}
    failure = api.refused(500, "PATCH", path, wrong, headers=headers, fieldManager="me", fieldValidation="Ignore")
    assert "reason" not in failure and "details" not in failure
    # It is named as it names itself; kubectl says where it is to be.
    words = "failed to create typed patch object ({}/web; apps/v1, Kind=Deployment): .spec.replica: field not declared in schema"
    assert failure["message"] == words.format("")
    kubectl.fails("apply", "--server-side", "-f", "-", input=wrong, says=f"Error from server: {words.format(namespace)}")
    wrong = {**deployment(), "spec": {"replicas": "three", "selector": 7}}
    failure = api.refused(500, "PATCH", path, wrong, headers=headers, fieldManager="me")
    assert ".spec.selector: expected map, got &{7}" in failure["message"] and failure["message"].count("expected") == 2
