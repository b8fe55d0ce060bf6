"""Services: cluster IPs, node ports and address families, what is given out and when it comes free again."""

import concurrent.futures
import ipaddress

import pytest


def service(name, ports=({"port": 80},), **spec):
    return {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"ports": list(ports), **spec},
    }  # fmt: skip


def make(kubectl, *arguments, **more):
    return kubectl.json("create", "-f", "-", input=service(*arguments, **more))["spec"]


def refused(kubectl, body, *says):
    return kubectl.fails("create", "-f", "-", input=body, says=says)


@pytest.fixture(scope="session")
def range_of_services(cluster_kubectl):
    """The range that services get addresses from."""
    return ipaddress.ip_network(cluster_kubectl.json("get", "servicecidr", "kubernetes")["spec"]["cidrs"][0])


@pytest.fixture
def free_address(cluster_kubectl, range_of_services):
    """An address of the lower part, where nothing is given out unasked."""
    taken = {one["metadata"]["name"] for one in cluster_kubectl.json("get", "ipaddresses")["items"]}
    for offset in range(20, 250):
        address = str(range_of_services[offset])
        if address not in taken:
            return address
    raise AssertionError("no address is free")


def test_a_cluster_ip(kubectl, cluster_kubectl, range_of_services):
    spec = make(kubectl, "web", selector={"app": "web"})
    assert ipaddress.ip_address(spec["clusterIP"]) in range_of_services
    # The lower part is for those who choose.
    assert int(ipaddress.ip_address(spec["clusterIP"])) - int(range_of_services[0]) > 256
    assert spec["clusterIPs"] == [spec["clusterIP"]]
    assert spec["ipFamilies"] == ["IPv4"] and spec["ipFamilyPolicy"] == "SingleStack"
    assert spec["type"] == "ClusterIP" and spec["internalTrafficPolicy"] == "Cluster"
    address = cluster_kubectl.json("get", "ipaddress", spec["clusterIP"])
    assert address["spec"]["parentRef"] == {
        "resource": "services", "namespace": kubectl.flags[-1], "name": "web",
    }  # fmt: skip
    labels = address["metadata"]["labels"]
    assert labels["ipaddress.kubernetes.io/managed-by"] == "ipallocator.k8s.io"
    assert labels["ipaddress.kubernetes.io/ip-family"] == "IPv4"
    kubectl("delete", "service", "web")
    cluster_kubectl.fails("get", "ipaddress", spec["clusterIP"], says="not found")


def test_a_chosen_cluster_ip(kubectl, free_address):
    assert make(kubectl, "one", clusterIP=free_address)["clusterIPs"] == [free_address]
    refused(
        kubectl, service("two", clusterIP=free_address),
        f'The Service "two" is invalid: spec.clusterIPs: Invalid value: ["{free_address}"]',
        f"failed to allocate IP {free_address}: provided IP is already allocated",
    )  # fmt: skip
    kubectl("delete", "service", "one")
    assert make(kubectl, "two", clusterIP=free_address)["clusterIP"] == free_address


@pytest.mark.parametrize("address", ["192.0.2.1", "network", "broadcast"])
def test_addresses_that_no_service_can_have(kubectl, range_of_services, address):
    address = {"network": str(range_of_services[0]), "broadcast": str(range_of_services[-1])}.get(address, address)
    refused(kubectl, service("one", clusterIP=address), f"failed to allocate IP {address}: the provided network")


def test_what_is_no_address(kubectl):
    refused(kubectl, service("one", clusterIP="x"), 'spec.clusterIPs[0]: Invalid value: "x": must be a valid IP address')
    refused(kubectl, service("one", clusterIPs=["10.0.0.1"]), "must be empty when `clusterIP` is not specified")


def test_headless(kubectl):
    spec = make(kubectl, "none", clusterIP="None", selector={"a": "b"})
    assert spec["clusterIP"] == "None" and spec["clusterIPs"] == ["None"]
    assert spec["ipFamilies"] == ["IPv4"] and spec["ipFamilyPolicy"] == "SingleStack"
    # Without a selector nobody knows what its endpoints will be.
    spec = make(kubectl, "open", clusterIP="None")
    assert spec["ipFamilies"] == ["IPv4", "IPv6"] and spec["ipFamilyPolicy"] == "RequireDualStack"


def test_an_external_name(kubectl, cluster_kubectl):
    spec = make(kubectl, "away", type="ExternalName", externalName="example.com")
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "internalTrafficPolicy"} & spec.keys()
    refused(
        kubectl, service("no", type="ExternalName", externalName="example.com", clusterIP="10.43.9.9"),
        "spec.clusterIPs: Forbidden: may not be set for ExternalName services",
    )  # fmt: skip
    kubectl("patch", "service", "away", "--type=merge", "-p", '{"spec":{"type":"ClusterIP","externalName":null}}')
    now = kubectl.json("get", "service", "away")["spec"]
    assert now["internalTrafficPolicy"] == "Cluster"
    assert now["clusterIP"] and cluster_kubectl("get", "ipaddress", now["clusterIP"])
    patch = '{"spec":{"type":"ExternalName","externalName":"example.org"}}'
    kubectl("patch", "service", "away", "--type=merge", "-p", patch)
    left = kubectl.json("get", "service", "away")["spec"].keys()
    assert not {"clusterIP", "clusterIPs", "ipFamilies", "internalTrafficPolicy"} & left
    cluster_kubectl.fails("get", "ipaddress", now["clusterIP"], says="not found")


def test_an_external_name_has_no_policy_for_traffic_inside(kubectl):
    for policy in ("Cluster", "Local"):
        name = f"away-{policy.lower()}"
        spec = make(kubectl, name, type="ExternalName", externalName="example.com", internalTrafficPolicy=policy)
        assert "internalTrafficPolicy" not in spec
        assert "internalTrafficPolicy" not in kubectl.json("get", "service", name)["spec"]
    refused(
        kubectl, service("no", type="ExternalName", externalName="example.com", internalTrafficPolicy="Nearby"),
        'spec.internalTrafficPolicy: Unsupported value: "Nearby"',
    )  # fmt: skip


def test_a_cluster_ip_does_not_change(kubectl, free_address):
    make(kubectl, "web")
    kubectl.fails(
        "patch", "service", "web", "--type=merge", "-p", '{"spec":{"clusterIP":"%s"}}' % free_address,
        says=f'spec.clusterIPs[0]: Invalid value: ["{free_address}"]: may not change once set',
    )  # fmt: skip
    kubectl.fails("patch", "service", "web", "--type=merge", "-p", '{"spec":{"clusterIP":"None"}}', says="may not change")
    # What was refused has taken nothing.
    assert make(kubectl, "other", clusterIP=free_address)["clusterIP"] == free_address


def test_a_service_written_again_keeps_what_it_got(kubectl, cluster_kubectl):
    before = make(kubectl, "web", type="NodePort")
    kubectl("replace", "-f", "-", input=service("web", type="NodePort"))
    after = kubectl.json("get", "service", "web")["spec"]
    assert after == before
    kubectl("replace", "-f", "-", input=service("web", ports=({"port": 81},), type="NodePort"))
    after = kubectl.json("get", "service", "web")["spec"]
    assert after["ports"][0]["nodePort"] == before["ports"][0]["nodePort"]
    assert cluster_kubectl.json("get", "ipaddress", before["clusterIP"])["spec"]["parentRef"]["name"] == "web"


def test_families_of_a_cluster_with_one(kubectl):
    refused(
        kubectl, service("six", ipFamilies=["IPv6"]),
        'spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster',
    )  # fmt: skip
    refused(
        kubectl, service("both", ipFamilyPolicy="RequireDualStack"),
        'spec.ipFamilyPolicy: Invalid value: "RequireDualStack": this cluster is not configured for dual-stack services',
    )  # fmt: skip
    refused(kubectl, service("twice", ipFamilies=["IPv4", "IPv4"]), 'spec.ipFamilies[1]: Duplicate value: "IPv4"')
    refused(kubectl, service("other", ipFamilyPolicy="Some"), 'spec.ipFamilyPolicy: Unsupported value: "Some"')
    refused(
        kubectl, service("two", clusterIP="fd00::1", clusterIPs=["fd00::1"]), "IPv6 is not configured on this cluster")
    spec = make(kubectl, "prefers", ipFamilyPolicy="PreferDualStack")
    assert spec["ipFamilies"] == ["IPv4"] and len(spec["clusterIPs"]) == 1


def test_node_ports(kubectl):
    spec = make(kubectl, "some", ports=[{"name": "a", "port": 80}, {"name": "b", "port": 81}], type="NodePort")
    first, second = (port["nodePort"] for port in spec["ports"])
    assert first != second and 30086 <= first <= 32767 and 30086 <= second <= 32767
    assert spec["externalTrafficPolicy"] == "Cluster"
    refused(
        kubectl, service("taken", ports=[{"port": 80, "nodePort": first}], type="NodePort"),
        f"spec.ports[0].nodePort: Invalid value: {first}: provided port is already allocated",
    )  # fmt: skip
    refused(
        kubectl, service("outside", ports=[{"port": 80, "nodePort": 80}], type="NodePort"),
        "provided port is not in the valid range. The range of valid ports is 30000-32767",
    )  # fmt: skip
    refused(
        kubectl, service("none", ports=[{"port": 80, "nodePort": 30001}]),
        "spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
    )  # fmt: skip
    kubectl("delete", "service", "some")
    spec = make(kubectl, "again", ports=[{"port": 80, "nodePort": first}], type="NodePort")
    assert spec["ports"][0]["nodePort"] == first


def test_one_port_of_two_protocols_is_one_node_port(kubectl):
    ports = [{"name": "t", "port": 53}, {"name": "u", "port": 53, "protocol": "UDP"}]
    one, two = make(kubectl, "dns", ports=ports, type="NodePort")["ports"]
    assert one["nodePort"] == two["nodePort"]


def test_types_change(kubectl):
    spec = make(kubectl, "web", type="NodePort")
    port = spec["ports"][0]["nodePort"]
    kubectl("patch", "service", "web", "--type=merge", "-p", '{"spec":{"type":"ClusterIP"}}')
    now = kubectl.json("get", "service", "web")["spec"]
    assert "nodePort" not in now["ports"][0] and "externalTrafficPolicy" not in now
    assert now["clusterIP"] == spec["clusterIP"]
    assert make(kubectl, "other", ports=[{"port": 1, "nodePort": port}], type="NodePort")
    kubectl("patch", "service", "web", "--type=merge", "-p", '{"spec":{"type":"LoadBalancer"}}')
    now = kubectl.json("get", "service", "web")["spec"]
    assert now["ports"][0]["nodePort"] not in (0, port) and now["allocateLoadBalancerNodePorts"] is True


def test_load_balancers(kubectl):
    spec = make(kubectl, "bare", type="LoadBalancer", allocateLoadBalancerNodePorts=False)
    assert "nodePort" not in spec["ports"][0]
    spec = make(kubectl, "near", type="LoadBalancer", externalTrafficPolicy="Local")
    check = spec["healthCheckNodePort"]
    assert check and check != spec["ports"][0]["nodePort"]
    refused(
        kubectl, service("taken", type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=check),
        f"failed to allocate requested HealthCheck NodePort {check}: provided port is already allocated",
    )  # fmt: skip
    kubectl.fails(
        "patch", "service", "near", "--type=merge", "-p", '{"spec":{"healthCheckNodePort":%d}}' % (check - 1),
        says="spec.healthCheckNodePort: Forbidden: field is immutable",
    )  # fmt: skip
    kubectl("patch", "service", "near", "--type=merge", "-p", '{"spec":{"externalTrafficPolicy":"Cluster"}}')
    assert "healthCheckNodePort" not in kubectl.json("get", "service", "near")["spec"]
    spec = make(kubectl, "free", type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=check)
    assert spec["healthCheckNodePort"] == check


def test_a_dry_run_takes_nothing(kubectl, cluster_kubectl, free_address):
    before = {one["metadata"]["name"] for one in cluster_kubectl.json("get", "ipaddresses")["items"]}
    body = service("dry", type="NodePort", clusterIP=free_address)
    made = kubectl.json("create", "--dry-run=server", "-f", "-", input=body)["spec"]
    assert made["clusterIP"] == free_address and made["ports"][0]["nodePort"]
    kubectl("create", "--dry-run=server", "-f", "-", input=service("any"))
    assert {one["metadata"]["name"] for one in cluster_kubectl.json("get", "ipaddresses")["items"]} == before
    assert make(kubectl, "wet", clusterIP=free_address)
    kubectl("delete", "service", "wet", "--dry-run=server")
    refused(kubectl, service("more", clusterIP=free_address), "provided IP is already allocated")


def test_many_at_once(kubectl, core, cluster_kubectl, free_address):
    """Nothing is given out twice, and one who loses has taken nothing."""
    from kubernetes.client import ApiException

    namespace = kubectl.flags[-1]

    def create(number):
        body = service(f"s{number}", type="NodePort")
        if number % 4 == 0:
            body["spec"]["clusterIP"] = free_address
        try:
            return core.create_namespaced_service(namespace, body).spec
        except ApiException as error:
            assert error.status == 422 and "provided IP is already allocated" in error.body, error.body
            return None

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        made = [spec for spec in pool.map(create, range(64)) if spec]
    assert len(made) == 64 - 16 + 1
    addresses = [spec.cluster_ip for spec in made]
    ports = [port.node_port for spec in made for port in spec.ports]
    assert len(set(addresses)) == len(addresses) and len(set(ports)) == len(ports)
    mine = [
        one["metadata"]["name"]
        for one in cluster_kubectl.json("get", "ipaddresses")["items"]
        if one["spec"]["parentRef"]["namespace"] == namespace
    ]
    assert sorted(mine) == sorted(addresses)
    kubectl("delete", "services", "--all")
    left = cluster_kubectl.json("get", "ipaddresses")["items"]
    assert not [one for one in left if one["spec"]["parentRef"]["namespace"] == namespace]


def test_nobody_owns_what_was_given_out(kubectl):
    body = service("web")
    kubectl("apply", "--server-side", "--field-manager=me", "-f", "-", input=body)
    one = kubectl.json("get", "service", "web", "--show-managed-fields")
    (mine,) = one["metadata"]["managedFields"]
    assert "f:clusterIP" not in mine["fieldsV1"]["f:spec"]
    # The same again changes nothing, and another's declaration is no conflict.
    kubectl("apply", "--server-side", "--field-manager=me", "-f", "-", input=body)
    assert kubectl.json("get", "service", "web")["metadata"]["resourceVersion"] == one["metadata"]["resourceVersion"]
    body["spec"].update(clusterIP=one["spec"]["clusterIP"])
    kubectl("apply", "--server-side", "--field-manager=other", "-f", "-", input=body)


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "::1", "fe80::1"])
def test_endpoints_go_nowhere_near(kubectl, address):
    """No endpoints on the node itself (CVE-2021-25737)."""
    subsets = [{"addresses": [{"ip": address}], "ports": [{"port": 80}]}]
    body = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "e"}, "subsets": subsets}
    refused(kubectl, body, f'subsets[0].addresses[0].ip: Invalid value: "{address}": may not be')
    kind = "IPv6" if ":" in address else "IPv4"
    refused(
        kubectl,
        {
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "e"},
            "addressType": kind, "endpoints": [{"addresses": [address]}], "ports": [{"port": 80}],
        },
        f'endpoints[0].addresses[0]: Invalid value: "{address}": may not be',
    )  # fmt: skip


def test_endpoints_go_with_their_service(kubectl):
    make(kubectl, "web")
    subsets = [{"addresses": [{"ip": "10.1.2.3"}], "ports": [{"port": 80}]}]
    kubectl(
        "create", "-f", "-",
        input={"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": subsets},
    )  # fmt: skip
    kubectl("delete", "service", "web")
    kubectl.fails("get", "endpoints", "web", says="not found")


def test_what_was_removed_is_shown(kubectl, raw):
    make(kubectl, "web")
    path = f"/api/v1/namespaces/{kubectl.flags[-1]}/services/web"
    status, _, body = raw("DELETE", path)
    assert status == 200 and body["kind"] == "Service" and body["spec"]["clusterIP"]
    kubectl("create", "configmap", "c")
    _, _, body = raw("DELETE", path.replace("services/web", "configmaps/c"))
    assert body["kind"] == "Status" and body["details"]["name"] == "c"
