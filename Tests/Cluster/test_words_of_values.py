"""What is made of values that are none of their field's own, and of such as are empty: as kube-apiserver 1.36 does."""

import json

from interface import unique


def applied(api, path, body):
    return api.patch(path, json.dumps(body), "apply", fieldManager="tests", force="true")


def config_map(namespace, **more):
    name = unique("values")
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, **more}
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}", body


def test_applied_numbers_are_converted(api, namespace):
    name = unique("values")
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}"
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    body = {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {"replicas": 0.0, "minReadySeconds": 4294967301, "selector": {"matchLabels": {"a": "b"}}, "template": template},
    }  # fmt: skip
    spec = applied(api, path, body)["spec"]
    assert (spec["replicas"], spec["minReadySeconds"]) == (0, 5)
    failure = api.refused(400, "PUT", path, {**body, "spec": {**body["spec"], "minReadySeconds": 4294967301, "replicas": 0}})
    assert "cannot unmarshal number 4294967301 into Go struct field DeploymentSpec.spec.minReadySeconds of type int32" in (
        failure["message"]
    )


def test_bytes_may_be_numbers(api, namespace):
    path, body = config_map(namespace, binaryData={"a": [104, 105], "b": []})
    made = api.create(path.rsplit("/", 1)[0], body)
    assert made["binaryData"]["a"] == "aGk=" and made["binaryData"]["b"] == ""
    failure = api.refused(400, "PUT", path, {**body, "binaryData": {"a": [256]}})
    assert "cannot unmarshal number 256 into Go struct field ConfigMap.binaryData of type uint8" in failure["message"]


def overhead(name, value):
    return {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": "h", **value}


def test_a_pods_overhead_is_its_classes(api, namespace):
    path = "/apis/node.k8s.io/v1/runtimeclasses"
    pod = {"kind": "Pod", "metadata": {"generateName": "p-"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    pods = f"/api/v1/namespaces/{namespace}/pods"
    without, empty, full = unique("without"), unique("empty"), unique("full")
    try:
        for name, value in (
            (without, {}), (empty, {"overhead": {}}), (full, {"overhead": {"podFixed": {"cpu": "1"}}}),
        ):  # fmt: skip
            api.create(path, overhead(name, value))

        def send(name, **more):
            pod["spec"].pop("overhead", None)
            pod["spec"].update(runtimeClassName=name, **more)
            return pod

        assert api.create(pods, send(full))["spec"]["overhead"] == {"cpu": "1"}
        assert "overhead" not in api.create(pods, send(empty))["spec"]
        assert "overhead" not in api.create(pods, send(empty, overhead={}))["spec"]
        set_without = "Pod Overhead set without corresponding RuntimeClass defined Overhead"
        api.refused(403, "POST", pods, send(without, overhead={}), says=[set_without])
        api.refused(403, "POST", pods, send(empty, overhead={"cpu": "1"}), says=["doesn't match RuntimeClass's defined Overhead"])
    finally:
        for name in (without, empty, full):
            api.delete(f"{path}/{name}")


def test_an_inline_volume_says_only_where_it_is(api):
    source = {
        "csi": {"driver": "d.example.com", "volumeHandle": "v"}, "persistentVolumeReclaimPolicy": "Delete",
        "volumeMode": "Block", "storageClassName": "x",
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]}},
    }  # fmt: skip
    body = {
        "kind": "VolumeAttachment", "metadata": {"name": unique("attachment")},
        "spec": {"attacher": "a", "nodeName": "n", "source": {"inlineVolumeSpec": source}},
    }  # fmt: skip
    failure = api.refused(422, "POST", "/apis/storage.k8s.io/v1/volumeattachments", body, dryRun="All")
    place = "spec.source.inlineVolumeSpec"
    words = "Forbidden: may not be specified in the context of inline volumes"
    assert [f"{one['field']}: {one['message']}" for one in failure["details"]["causes"]] == [
        f"{place}.accessModes: Required value",
        f"{place}.persistentVolumeReclaimPolicy: Forbidden: may only be Retain in the context of inline volumes",
        f"{place}.nodeAffinity: {words}",
        f"{place}.storageClassName: {words}",
        f"{place}.volumeMode: Forbidden: may not specify volumeMode other than Filesystem in the context of inline volumes",
    ]


def test_a_driver_may_move_and_send_an_empty_list(api):
    path, name = "/apis/storage.k8s.io/v1/csinodes", unique("csinode")
    drivers = [{"name": "a", "nodeID": "x"}, {"name": "b", "nodeID": "x"}]
    node = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name}, "spec": {"drivers": drivers}}
    node["metadata"]["resourceVersion"] = api.create(path, node)["metadata"]["resourceVersion"]
    try:
        moved = [{"name": "b", "nodeID": "x", "topologyKeys": []}, {"name": "a", "nodeID": "x"}]
        changed = api.update(f"{path}/{name}", {**node, "spec": {"drivers": moved}})
        assert [one["topologyKeys"] for one in changed["spec"]["drivers"]] == [None, None]
    finally:
        api.delete(f"{path}/{name}")


def test_a_nodes_first_range(api):
    path, name = "/api/v1/nodes", unique("node")
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    api.create(path, node)
    try:
        changed = api.update(f"{path}/{name}", {**node, "spec": {"podCIDR": "10.0.0.0/24", "podCIDRs": []}})
        assert changed["spec"]["podCIDRs"] == ["10.0.0.0/24"]
    finally:
        api.delete(f"{path}/{name}")
