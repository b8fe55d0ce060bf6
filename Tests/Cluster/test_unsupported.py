"""What this server does not do is refused in plain words; what needs no node is told as upstream tells it."""

import pytest

pytestmark = pytest.mark.own_server


def pod(name, *containers, **spec):
    containers = [{"name": one, "image": "i"} for one in containers or ["c"]]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {"containers": containers, **spec}}


def test_a_pod_without_a_node(api, kubectl, namespace):
    """It has said nothing yet, and nobody can be connected to it."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.create(path, pod("p"))
    assert kubectl.out("logs", "p") == ""
    for name in ("exec", "attach", "portforward"):
        api.refused(400, "POST", f"{path}/p/{name}", says="pod p does not have a host assigned")
    kubectl.fails("exec", "p", "--", "true", says="does not have a host assigned")


def test_who_begins_a_stream_by_reading_needs_to_create(api, namespace):
    """A WebSocket begins with a GET: the right to get is not enough."""
    rbac = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}"
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.create(path, pod("p"))
    names = ("exec", "attach", "portforward")
    rule = {"apiGroups": [""], "resources": [f"pods/{name}" for name in names], "verbs": ["get"]}
    api.create(f"{rbac}/roles", {"metadata": {"name": "streams"}, "rules": [rule]})
    api.create(f"{rbac}/rolebindings", {
        "metadata": {"name": "streams"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "streams"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ann"}],
    })  # fmt: skip
    ann = {"Impersonate-User": "ann"}
    for name in names:
        api.refused(403, "GET", f"{path}/p/{name}", headers=ann, says='pods "p" is forbidden: ')
    api.patch(f"{rbac}/roles/streams", {"rules": [{**rule, "verbs": ["get", "create"]}]})
    for name in names:
        api.refused(400, "GET", f"{path}/p/{name}", headers=ann, says="pod p does not have a host assigned")


def test_a_pod_on_a_node(api, kubectl, namespace):
    """Streams say that the node is not there, or not how to reach it, or that no agent is there."""
    path, nodes, name = f"/api/v1/namespaces/{namespace}/pods", "/api/v1/nodes", f"{namespace}-node"
    api.create(path, pod("p", nodeName=name))
    for kind in ("exec", "attach", "portforward"):
        api.refused(404, "POST", f"{path}/p/{kind}", says=f'nodes "{name}" not found')
    kubectl.fails("logs", "p", says=f'Error from server (NotFound): nodes "{name}" not found')
    api.create(nodes, {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    try:
        lost = "no preferred addresses found; known addresses: []"
        failure = api.refused(500, "GET", f"{path}/p/log", says=lost)
        assert failure["message"] == lost and "reason" not in failure
        api.refused(500, "GET", f"{nodes}/{name}/proxy/", says=lost)
        kubectl.fails("exec", "p", "--", "true", says=lost)
        status = {"addresses": [{"type": "InternalIP", "address": "192.0.2.1"}]}
        api.patch(f"{nodes}/{name}/status", {"status": status})
        api.refused(503, "GET", f"{path}/p/log", says="no node serves pods/log")
        kubectl.fails("logs", "p", says="no node serves pods/log")
        api.refused(503, "GET", f"{nodes}/{name}/proxy/", says="no node serves nodes/proxy")
        api.delete(f"{path}/p", gracePeriodSeconds=0)
    finally:
        api.delete(f"{nodes}/{name}")


def test_what_is_not_there_is_not_connected_to(api, namespace):
    root = f"/api/v1/namespaces/{namespace}"
    for path, kind in [("pods/gone/log", "pods"), ("pods/gone/proxy", "pods"), ("services/http:gone:80/proxy/a", "services")]:
        api.refused(404, "GET", f"{root}/{path}", says=f'{kind} "gone" not found')
    api.refused(404, "POST", f"{root}/pods/gone/exec", says='pods "gone" not found')


def test_containers_are_named(api, namespace):
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.create(path, pod("p", "a", "b", initContainers=[{"name": "first", "image": "i"}]))
    api.refused(400, "GET", f"{path}/p/log", container="odd", says="container odd is not valid for pod p")
    says = "a container name must be specified for pod p, choose one of: [a b] or one of the init containers: [first]"
    api.refused(400, "GET", f"{path}/p/log", says=says)
    assert api.send("GET", f"{path}/p/log", container="first").status == 200


def test_addresses_of_pods_agree(api, namespace):
    """`podIP` is the first of `podIPs`, whichever of them is written."""
    path = f"/api/v1/namespaces/{namespace}/pods"
    api.create(path, pod("p"))
    status = api.patch(f"{path}/p/status", {"status": {"podIP": "10.1.2.3"}})["status"]
    assert status["podIPs"] == [{"ip": "10.1.2.3"}]
    status = api.patch(f"{path}/p/status", {"status": {"podIP": "10.1.2.4"}})["status"]
    assert status["podIPs"] == [{"ip": "10.1.2.4"}]
    change = {"status": {"podIP": None, "podIPs": [{"ip": "10.1.2.5"}, {"ip": "fd00::5"}]}}
    status = api.patch(f"{path}/p/status", change)["status"]
    assert status["podIP"] == "10.1.2.5" and len(status["podIPs"]) == 2
    api.refused(
        422, "PATCH", f"{path}/p/status", {"status": {"podIP": "odd"}}, says='status.podIPs[0]: Invalid value: "odd"',
        headers={"Content-Type": "application/merge-patch+json"},
    )  # fmt: skip
