"""Conformance of sig-network: the kinds of which every verb is asked, and what is particular to each."""

from interface import CONDITION, Lifecycle, body, eventually, pod


def test_endpoint_slice(api, namespace):
    """EndpointSlice API"""
    slice = body(
        "discovery.k8s.io/v1", "EndpointSlice", addressType="IPv4",
        endpoints=[{"addresses": ["1.2.3.4"], "conditions": {"ready": True}}],
        ports=[{"name": "http", "port": 80, "protocol": "TCP"}],
    )  # fmt: skip

    def change(one):
        one["endpoints"] = [{"addresses": ["1.2.3.4", "5.6.7.8"], "conditions": {"ready": False}}]

    walk = Lifecycle(api, "discovery.k8s.io/v1", "endpointslices", slice, namespace, update=change)
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make("fixed"))
    made["addressType"] = "IPv6"
    api.refused(422, "PUT", walk.one("fixed"), made, says="addressType")
    bad = {**walk.make("bad"), "endpoints": [{"addresses": ["127.0.0.1"]}]}
    api.refused(422, "POST", walk.collection, bad, says="endpoints[0].addresses[0]")


def test_ingress(api, namespace):
    """Ingress API"""
    backend = {"service": {"name": "default-backend", "port": {"number": 80}}}
    rule = {"host": "foo.bar.com", "http": {"paths": [{"path": "/", "pathType": "ImplementationSpecific", "backend": backend}]}}
    ingress = body("networking.k8s.io/v1", "Ingress", spec={"defaultBackend": backend, "rules": [rule]})

    def change(one):
        one["spec"]["rules"][0]["host"] = "other.example"

    status = {"loadBalancer": {"ingress": [{"ip": "169.1.1.1"}]}}
    walk = Lifecycle(api, "networking.k8s.io/v1", "ingresses", ingress, namespace, status, change)
    walk.discovered("status").walk()
    bad = walk.make("bad")
    bad["spec"]["rules"][0]["http"]["paths"][0].update(pathType="Prefix", path="no-slash")
    api.refused(422, "POST", walk.collection, bad, says="spec.rules[0].http.paths[0].path")


def test_ingress_class(api):
    """IngressClass API"""
    spec = {"controller": "example.com/controller"}
    Lifecycle(api, "networking.k8s.io/v1", "ingressclasses", body("networking.k8s.io/v1", "IngressClass", spec=spec)).discovered().walk()  # fmt: skip


def test_network_policy(api, namespace):
    """NetworkPolicies API"""
    spec = {
        "podSelector": {"matchLabels": {"pod-name": "a"}},
        "ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"ns": "b"}}}], "ports": [{"port": 80, "protocol": "TCP"}]}],
    }  # fmt: skip

    def change(one):
        one["spec"]["podSelector"] = {"matchLabels": {"pod-name": "b"}}

    policy = body("networking.k8s.io/v1", "NetworkPolicy", spec=spec)
    walk = Lifecycle(api, "networking.k8s.io/v1", "networkpolicies", policy, namespace, update=change).discovered()
    walk.walk()
    assert api.create(walk.collection, walk.make("d"))["spec"]["policyTypes"] == ["Ingress"]
    bad = walk.make("bad")
    bad["spec"]["ingress"][0]["from"] = [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["11.0.0.0/16"]}}]
    api.refused(422, "POST", walk.collection, bad, says="except[0]")


def test_service(api, namespace):
    """Service, complete ServiceStatus lifecycle; Service, deletes a collection of services"""
    spec = {"selector": {"app": "x"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}], "type": "LoadBalancer"}

    def change(one):
        one["spec"]["ports"][0]["targetPort"] = 8090

    status = {"loadBalancer": {"ingress": [{"ip": "203.0.113.1", "ipMode": "VIP"}]}, "conditions": [{**CONDITION, "lastTransitionTime": "2026-01-02T03:04:05Z"}]}  # fmt: skip
    walk = Lifecycle(api, "v1", "services", body("v1", "Service", spec=spec), namespace, status, change)
    walk.discovered("status").walk()


def test_kubernetes_service(api):
    """Find Kubernetes Service in default Namespace; EndpointSlice API: it points to the API server"""
    assert "kubernetes" in [one["metadata"]["name"] for one in api.get("/api/v1/services")["items"]]
    service = api.get("/api/v1/namespaces/default/services/kubernetes")
    assert service["spec"]["clusterIP"] and service["spec"]["ports"][0]["port"] == 443
    slices = api.get("/apis/discovery.k8s.io/v1/namespaces/default/endpointslices", labelSelector="kubernetes.io/service-name=kubernetes")["items"]
    assert slices and all(one["endpoints"] for one in slices)


def test_endpoints(api, namespace):
    """Endpoint resource lifecycle"""
    subsets = [{"addresses": [{"ip": "10.0.0.24"}], "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}]

    def change(one):
        one["subsets"] = [{"addresses": [{"ip": "10.0.0.25"}], "ports": [{"name": "web", "port": 8080, "protocol": "TCP"}]}]

    Lifecycle(api, "v1", "endpoints", body("v1", "Endpoints", subsets=subsets), namespace, update=change).discovered().walk()


def test_ip_address(api):
    """IPAddress API: an address may belong to anything, and only its metadata changes"""
    collection = "/apis/networking.k8s.io/v1/ipaddresses"
    parent = {"group": "mygroup", "resource": "myresources", "namespace": "foo", "name": "bar"}
    for name, kind in [("255.255.255.255", "broadcast"), ("fe80::42:1dff:fe84:f9e2", "link-local")]:
        address = body("networking.k8s.io/v1", "IPAddress", metadata={"name": name, "labels": {"type": kind}}, spec={"parentRef": parent})
        made = api.create(collection, address)
        path = f"{collection}/{name}"
        patched = api.patch(path, {"metadata": {"annotations": {"patched": "true"}}})
        assert int(patched["metadata"]["resourceVersion"]) > int(made["metadata"]["resourceVersion"])
        patched["metadata"]["annotations"]["updated"] = "true"
        assert api.update(path, patched)["metadata"]["annotations"] == {"patched": "true", "updated": "true"}
        changed = {**api.get(path), "spec": {"parentRef": {**parent, "name": "other"}}}
        api.refused(422, "PUT", path, changed, says="spec")
        assert [one["metadata"]["name"] for one in api.get(collection, labelSelector=f"type={kind}")["items"]] == [name]
        with api.watch(collection, labelSelector=f"type={kind}") as watch:
            watch.expect("ADDED", name)
            if kind == "broadcast":
                api.delete(path)
            else:
                api.delete(collection, labelSelector=f"type={kind}")
            watch.expect("DELETED", name)
        assert api.get(collection, labelSelector=f"type={kind}")["items"] == []


def test_service_cidr(api, namespace):
    """ServiceCIDR API: there is a first one, and addresses come from another as soon as it is ready"""
    collection = "/apis/networking.k8s.io/v1/servicecidrs"
    first = api.get(f"{collection}/kubernetes")
    status = api.get(f"{collection}/kubernetes/status")
    assert status["kind"] == "ServiceCIDR" and status["metadata"]["uid"] == first["metadata"]["uid"]
    assert "kubernetes" in [one["metadata"]["name"] for one in api.get(collection)["items"]]
    made = api.create(collection, body("networking.k8s.io/v1", "ServiceCIDR", metadata={"name": "test-svc-cidr"}, spec={"cidrs": ["203.0.113.0/24"]}))
    with api.watch(collection, fieldSelector="metadata.name=test-svc-cidr") as watch:
        ready = lambda one: any(c["type"] == "Ready" and c["status"] == "True" for c in one.get("status", {}).get("conditions", []))  # noqa: E731
        if not ready(made):
            # Ready before the watch began, or after: either way an event says so.
            watch.expect(("ADDED", "MODIFIED"), "test-svc-cidr", ready)
    services = f"/api/v1/namespaces/{namespace}/services"
    spec = {"type": "NodePort", "clusterIP": "203.0.113.10", "ports": [{"name": "http", "port": 80, "targetPort": 9376}]}
    assert api.create(services, body("v1", "Service", metadata={"name": "cidr1-test"}, spec=spec))["spec"]["clusterIP"] == "203.0.113.10"
    assert api.get("/apis/networking.k8s.io/v1/ipaddresses/203.0.113.10")["spec"]["parentRef"]["name"] == "cidr1-test"
    api.delete(f"{services}/cidr1-test")
    api.delete(f"{collection}/test-svc-cidr")
    eventually(lambda: not api.is_there(f"{collection}/test-svc-cidr"), "the range goes with its last address")


def test_types_of_services(api, namespace):
    """Services: change the type from ExternalName to ClusterIP and NodePort, and back (what the objects say)"""
    services = f"/api/v1/namespaces/{namespace}/services"
    ports = [{"port": 80, "name": "http", "protocol": "TCP", "targetPort": 9376}]
    for kind in ("ClusterIP", "NodePort"):
        path = f"{services}/{kind.lower()}"
        spec = {"type": "ExternalName", "externalName": "foo.example.com"}
        made = api.create(services, body("v1", "Service", metadata={"name": kind.lower()}, spec=spec))
        assert "clusterIP" not in made["spec"]
        made["spec"].update(type=kind, externalName="", ports=ports)
        addressed = api.update(path, made)
        assert addressed["spec"]["clusterIP"] and "externalName" not in addressed["spec"]
        assert ("nodePort" in addressed["spec"]["ports"][0]) == (kind == "NodePort")
        address = addressed["spec"]["clusterIP"]
        addressed["spec"].update(type="ExternalName", externalName="bar.example.com")
        del addressed["spec"]["clusterIP"], addressed["spec"]["clusterIPs"]
        named = api.update(path, addressed)
        assert "clusterIP" not in named["spec"] and "nodePort" not in named["spec"]["ports"][0]
        eventually(lambda: not api.is_there(f"/apis/networking.k8s.io/v1/ipaddresses/{address}"), "its address is free again")


def test_session_affinity(api, namespace):
    """Services: switch session affinity (what the objects say)"""
    services = f"/api/v1/namespaces/{namespace}/services"
    made = api.create(services, body("v1", "Service", metadata={"name": "s"}, spec={"ports": [{"port": 80}], "sessionAffinity": "ClientIP"}))
    assert made["spec"]["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}
    made["spec"]["sessionAffinity"] = "None"
    del made["spec"]["sessionAffinityConfig"]
    assert "sessionAffinityConfig" not in api.update(f"{services}/s", made)["spec"]
    assert api.patch(f"{services}/s", {"spec": {"sessionAffinity": "ClientIP"}})["spec"]["sessionAffinityConfig"]
