"""What a server makes in every cluster and keeps up: its service, its range, its lease, the system's namespaces."""

import ipaddress
import time

import pytest


def eventually(check, seconds=60):
    """Calls `check` until it is content."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except (AssertionError, KeyError):  # what a controller writes may not be there yet
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def test_the_service(cluster_kubectl):
    kubectl = cluster_kubectl.within("default")
    service = kubectl.json("get", "service", "kubernetes")
    ranges = cluster_kubectl.json("get", "servicecidr", "kubernetes")
    assert service["spec"]["clusterIP"] == str(ipaddress.ip_network(ranges["spec"]["cidrs"][0])[1])
    (port,) = service["spec"]["ports"]
    assert (port["name"], port["port"], port["protocol"]) == ("https", 443, "TCP")
    assert service["metadata"]["labels"] == {"component": "apiserver", "provider": "kubernetes"}
    (ready,) = [one for one in ranges["status"]["conditions"] if one["type"] == "Ready"]
    assert ready["status"] == "True"
    assert "kubernetes" in cluster_kubectl.out("get", "servicecidrs")


def test_its_endpoints(cluster_kubectl):
    kubectl = cluster_kubectl.within("default")
    port = kubectl.json("get", "service", "kubernetes")["spec"]["ports"][0]["targetPort"]

    def check():
        (subset,) = kubectl.json("get", "endpoints", "kubernetes")["subsets"]
        assert subset["ports"] == [{"name": "https", "port": port, "protocol": "TCP"}]
        slice = kubectl.json("get", "endpointslice", "kubernetes")
        assert slice["metadata"]["labels"]["kubernetes.io/service-name"] == "kubernetes"
        assert slice["addressType"] == "IPv4" and slice["ports"][0]["port"] == port
        addresses = [one["ip"] for one in subset["addresses"]]
        assert addresses and [one["addresses"][0] for one in slice["endpoints"]] == addresses
        assert not any(ipaddress.ip_address(one).is_loopback for one in addresses)

    eventually(check)


@pytest.mark.parametrize("kind", ["service", "endpoints", "endpointslice"])
def test_they_come_back(cluster_kubectl, kind):
    kubectl = cluster_kubectl.within("default")
    before = eventually(lambda: kubectl.json("get", kind, "kubernetes", check=True))
    kubectl("delete", kind, "kubernetes", "--wait=false")

    def check():
        done = kubectl("get", kind, "kubernetes", "-o", "jsonpath={.metadata.uid} {.spec.clusterIP}", check=False)
        assert done.returncode == 0, done.stderr
        uid, _, address = done.stdout.partition(" ")
        assert uid != before["metadata"]["uid"] and address == before.get("spec", {}).get("clusterIP", "")

    eventually(check)


def test_the_servers_lease(cluster_kubectl):
    kubectl = cluster_kubectl.within("kube-system")

    def check():
        leases = kubectl.json("get", "leases", "-l", "apiserver.kubernetes.io/identity=kube-apiserver")["items"]
        assert leases and leases[0]["metadata"]["name"].startswith("apiserver-")
        assert leases[0]["spec"]["holderIdentity"].startswith(leases[0]["metadata"]["name"] + "_")
        assert leases[0]["spec"]["renewTime"]

    eventually(check)


def test_the_systems_namespaces(cluster_kubectl):
    names = {one["metadata"]["name"] for one in cluster_kubectl.json("get", "namespaces")["items"]}
    assert {"default", "kube-system", "kube-public", "kube-node-lease"} <= names
    before = cluster_kubectl.json("get", "namespace", "kube-node-lease")["metadata"]["uid"]
    cluster_kubectl("delete", "namespace", "kube-node-lease", "--wait=false")

    def check():
        done = cluster_kubectl("get", "namespace", "kube-node-lease", "-o", "jsonpath={.metadata.uid}", check=False)
        assert done.returncode == 0 and done.stdout != before

    eventually(check)


@pytest.mark.own_server
def test_another_range(cluster_kubectl, kubectl):
    """More addresses for services, which go only when nobody has one."""
    cluster_kubectl(
        "create", "-f", "-",
        input={
            "apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR", "metadata": {"name": "more"},
            "spec": {"cidrs": ["10.99.0.0/24"]},
        },
    )  # fmt: skip

    def is_ready():
        one = cluster_kubectl.json("get", "servicecidr", "more")
        assert one["metadata"]["finalizers"] == ["networking.k8s.io/service-cidr-finalizer"]
        assert [c["status"] for c in one["status"]["conditions"]] == ["True"]

    eventually(is_ready)
    body = {
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "far"},
        "spec": {"clusterIP": "10.99.0.7", "ports": [{"port": 80}]},
    }  # fmt: skip
    kubectl("create", "-f", "-", input=body)
    cluster_kubectl("delete", "servicecidr", "more", "--wait=false")

    def waits():
        one = cluster_kubectl.json("get", "servicecidr", "more")
        assert [(c["status"], c["reason"]) for c in one["status"]["conditions"]] == [("False", "Terminating")]

    eventually(waits)
    body["metadata"]["name"], body["spec"]["clusterIP"] = "late", "10.99.0.8"
    kubectl.fails("create", "-f", "-", input=body, says="the provided network does not match the current range")
    kubectl("delete", "service", "far")

    def is_gone():
        assert cluster_kubectl("get", "servicecidr", "more", check=False).returncode != 0

    eventually(is_gone)


@pytest.mark.own_server
def test_a_removed_address_comes_back(cluster_kubectl, kubectl):
    """An IPAddress whose service is there cannot be given to another one."""
    kubectl("create", "service", "clusterip", "web", "--tcp=80")
    address = kubectl.json("get", "service", "web")["spec"]["clusterIP"]
    cluster_kubectl("delete", "ipaddress", address, "--wait=false")

    def check():
        done = cluster_kubectl("get", "ipaddress", address, "-o", "jsonpath={.spec.parentRef.name}", check=False)
        assert done.returncode == 0 and done.stdout == "web"

    eventually(check)
