"""Conformance of sig-network: the kinds of which every verb is asked, and what is particular to each."""

from interface import CONDITION, Lifecycle, body, pod


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
