"""What nodes may do: the node authorizer and NodeRestriction."""

import base64
import json
import os
import subprocess

import pytest

NODES = ("--as-group=system:nodes", "--as-group=system:authenticated")


class Node:
    """`kubectl` as a node."""

    def __init__(self, kubectl, name):
        self.kubectl, self.name, self.user = kubectl, name, f"system:node:{name}"

    def __call__(self, *arguments, **more):
        return self.kubectl(*arguments, f"--as={self.user}", *NODES, **more)

    def fails(self, *arguments, **more):
        return self.kubectl.fails(*arguments, f"--as={self.user}", *NODES, **more)


def pod(name, node, **spec):
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name},
        "spec": {"nodeName": node, "containers": [{"name": "c", "image": "i"}], **spec},
    }  # fmt: skip


@pytest.fixture
def nodes(kubectl, cluster_kubectl):
    names = [f"node-{os.getpid()}-{letter}" for letter in "ab"]
    for name in names:
        Node(cluster_kubectl, name)("create", "-f", "-", input={"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}})
    yield [Node(kubectl, name) for name in names]
    cluster_kubectl("delete", "nodes", *names, "--ignore-not-found")


def test_what_a_pod_names_its_node_may_read(kubectl, nodes):
    a, b = nodes
    for name in ("env", "volume", "projected", "pull", "other"):
        kubectl("create", "secret", "generic", name, "--from-literal=k=v")
        kubectl("create", "configmap", name, "--from-literal=k=v")
    kubectl("create", "-f", "-", input=pod(
        "p", a.name,
        containers=[{
            "name": "c", "image": "i",
            "envFrom": [{"secretRef": {"name": "env"}}, {"configMapRef": {"name": "env"}}],
        }],
        volumes=[
            {"name": "s", "secret": {"secretName": "volume"}}, {"name": "m", "configMap": {"name": "volume"}},
            {"name": "p", "projected": {"sources": [{"secret": {"name": "projected"}}, {"configMap": {"name": "projected"}}]}},
        ],
        imagePullSecrets=[{"name": "pull"}],
    ))  # fmt: skip
    for name in ("env", "volume", "projected", "pull"):
        a("get", "secret", name)
        b.fails("get", "secret", name, says=f"no relationship found between node '{b.name}' and this object")
    a("get", "secrets", "--field-selector=metadata.name=env")
    for name in ("env", "volume", "projected"):
        a("get", "configmap", name)
    words = a.fails("get", "secret", "other")
    assert f"no relationship found between node '{a.name}' and this object" in words
    assert f'secrets "other" is forbidden: User "{a.user}" cannot get resource "secrets"' in words
    a.fails("get", "secrets", says="No Object name found")
    a.fails("get", "secrets", "--all-namespaces", says="can only read namespaced object of this type")
    a.fails("delete", "secret", "env", says="can only read resources of this type")
    kubectl("delete", "pod", "p", "--grace-period=0", "--force")
    a.fails("get", "secret", "env", says="no relationship found")


def test_claims_and_volumes(kubectl, cluster_kubectl, nodes, namespace):
    a, b = nodes
    volume = f"volume-{namespace}"
    kubectl("create", "secret", "generic", "mount", "--from-literal=k=v")
    kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": "List", "items": [
        {
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "claim"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "volumeName": volume},
        },
        {
            "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume},
            "spec": {
                "accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"},
                "claimRef": {"namespace": namespace, "name": "claim"},
                "csi": {
                    "driver": "example.com", "volumeHandle": "h", "nodeStageSecretRef": {"name": "mount", "namespace": namespace},
                },
            },
        },
        pod("p", a.name, volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "claim"}}]),
    ]})  # fmt: skip
    try:
        a("get", "pvc", "claim")
        a("get", "pv", volume)
        a("get", "secret", "mount")
        for what in (("pvc", "claim"), ("pv", volume), ("secret", "mount")):
            b.fails("get", *what, says="no relationship found")
        a.fails("get", "pvc", says="can only get individual resources of this type")
    finally:
        cluster_kubectl("delete", "pv", volume, "--wait=false")


def test_pods_of_its_own(kubectl, nodes, namespace, raw):
    a, b = nodes
    kubectl("create", "-f", "-", input=pod("p", a.name))
    a("get", "pod", "p")
    a("get", "pods", f"--field-selector=spec.nodeName={a.name}")
    b.fails("get", "pod", "p", says="no relationship found")
    a.fails("get", "pods", says="can only list/watch pods with spec.nodeName field selector")
    a.fails("create", "-f", "-", input=pod("q", a.name), says='pod does not have "kubernetes.io/config.mirror" annotation')
    b.fails("delete", "pod", "p", says=f'node "{b.name}" can only delete pods with spec.nodeName set to itself')

    def patch(node, body):
        headers = {"Content-Type": "application/merge-patch+json", "Impersonate-User": node.user, "Impersonate-Group": "system:nodes"}
        status, _, answer = raw("PATCH", f"/api/v1/namespaces/{namespace}/pods/p/status", body, headers=headers)
        return status, answer.get("message", "")

    ready = {"status": {"phase": "Running"}}
    status, words = patch(b, ready)
    assert status == 403 and f'node "{b.name}" can only update pod status for pods with spec.nodeName set to itself' in words
    assert patch(a, ready)[0] == 200
    status, words = patch(a, {"metadata": {"labels": {"x": "y"}}})
    assert status == 403 and f'node "{a.name}" cannot update labels through pod status' in words
    a.fails("label", "pod", "p", "x=y", says="forbidden")
    # As the claim's reader it would read any claim of the namespace.
    mapping = {"containerName": "c", "resourceName": "example.com/gpu", "requestName": "r"}
    status, words = patch(a, {"status": {"extendedResourceClaimStatus": {"resourceClaimName": "other", "requestMappings": [mapping]}}})
    assert status == 403 and f'node "{a.name}" cannot update extended resource claim status' in words


def test_mirror_pods(cluster_kubectl, kubectl, nodes):
    a, b = nodes
    uid = cluster_kubectl.json("get", "node", a.name)["metadata"]["uid"]
    mirror = pod("m", a.name)
    mirror["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    a.fails("create", "-f", "-", input=mirror, says="can only create pods with an owner reference set to itself")
    owner = {"apiVersion": "v1", "kind": "Node", "name": a.name, "uid": uid, "controller": True}
    mirror["metadata"]["ownerReferences"] = [{**owner, "uid": "other"}]
    a.fails("create", "-f", "-", input=mirror, says=f"node {a.name} UID mismatch: expected other got {uid}")
    mirror["metadata"]["ownerReferences"] = [owner]
    mirror["spec"]["volumes"] = [{"name": "s", "secret": {"secretName": "s"}}]
    a.fails("create", "-f", "-", input=mirror, says="a mirror pod may not reference secrets")
    claim = {"metadata": {}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}
    for volume, what in (
        ({"configMap": {"name": "m"}}, "configmaps"),
        ({"csi": {"driver": "d"}}, "csidrivers (via CSI volumes)"),
        ({"glusterfs": {"endpoints": "e", "path": "p"}}, "endpoints (via glusterFS volumes)"),
        ({"ephemeral": {"volumeClaimTemplate": claim}}, "persistentvolumeclaims (via ephemeral volumes)"),
        ({"persistentVolumeClaim": {"claimName": "c"}}, "persistentvolumeclaims"),
        ({"projected": {"sources": [{"clusterTrustBundle": {"name": "b", "path": "p"}}]}}, "clustertrustbundles"),
    ):
        mirror["spec"]["volumes"] = [{"name": "v", **volume}]
        a.fails("create", "-f", "-", input=mirror, says=f'node "{a.name}" can not create pods that reference {what}')
    mirror["spec"]["volumes"] = [{"name": "v", "cinder": {"volumeID": "i", "secretRef": {"name": "s"}}}]
    a.fails("create", "-f", "-", input=mirror, says="a mirror pod may not reference secrets")
    mirror["spec"]["volumes"] = [
        {"name": "h", "hostPath": {"path": "/h"}}, {"name": "e", "emptyDir": {}},
        {"name": "d", "projected": {"sources": [{"downwardAPI": {"items": [{"path": "n", "fieldRef": {"fieldPath": "metadata.name"}}]}}]}},
    ]  # fmt: skip
    mirror["spec"]["resourceClaims"] = [{"name": "r", "resourceClaimName": "c"}]
    a.fails("create", "-f", "-", input=mirror, says=f'node "{a.name}" can not create pods that reference resourceclaims')
    del mirror["spec"]["resourceClaims"]
    b.fails("create", "-f", "-", input=mirror, says="can only create pods with spec.nodeName set to itself")
    a("create", "-f", "-", input=mirror)
    a("delete", "pod", "m", "--grace-period=0", "--force")


def test_its_own_node(nodes, cluster_kubectl):
    a, b = nodes
    a("get", "node", a.name)
    a.fails("get", "node", b.name, says=f"node '{a.name}' cannot read '{b.name}', only its own Node object")
    a.fails("get", "nodes", says=f"node '{a.name}' cannot read all nodes, only its own Node object")
    a("label", "node", a.name, "mine=yes", "kubernetes.io/os=linux", "node.kubernetes.io/anything=x")
    a.fails("label", "node", b.name, "mine=yes", says="forbidden")
    a.fails("label", "node", a.name, "node-restriction.kubernetes.io/x=y", "kubernetes.io/other=z", says="is not allowed to modify labels: kubernetes.io/other, node-restriction.kubernetes.io/x")
    a.fails("patch", "node", a.name, "-p", '{"spec": {"taints": [{"key": "k", "effect": "NoSchedule"}]}}', says=f'node "{a.name}" is not allowed to modify taints')
    gone = [{"apiVersion": "v1", "kind": "Namespace", "name": "gone", "uid": "4f1d5e0e-0000-4000-8000-000000000000"}]
    a.fails("patch", "node", a.name, "-p", json.dumps({"metadata": {"ownerReferences": gone}}), says=f'node "{a.name}" is not allowed to modify ownerReferences')
    other = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "other-" + a.name}}
    a.fails("create", "-f", "-", input=other, says=f'node "{a.name}" is not allowed to modify node "other-{a.name}"')
    a.fails("delete", "node", a.name, says="forbidden")


def test_leases_and_csi_nodes(nodes, cluster_kubectl):
    a, b = nodes
    a = Node(cluster_kubectl.within("kube-node-lease"), a.name)
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": a.name}}
    a("create", "-f", "-", input=lease)
    a("get", "lease", a.name)
    a.fails("get", "lease", b.name, says="can only access node lease with the same name as the requesting node")
    a.fails("create", "-f", "-", input={**lease, "metadata": {"name": b.name}}, says="can only access node lease with the same name as the requesting node")
    a.fails("get", "leases", says="can only get, create, update, patch, or delete a node lease")
    a.fails("get", "lease", "x", "--namespace=default", says='can only access leases in the "kube-node-lease" system namespace')
    a("delete", "lease", a.name)
    csi = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": b.name}, "spec": {"drivers": []}}
    a.fails("create", "-f", "-", input=csi, says="can only access CSINode with the same name as the requesting node")
    b("create", "-f", "-", input=csi)
    a.fails("get", "csinode", b.name, says="can only access CSINode with the same name as the requesting node")
    b("delete", "csinode", b.name)


def test_tokens(kubectl, nodes):
    a, b = nodes
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")
    kubectl("create", "-f", "-", input=pod("p", a.name, serviceAccountName="default"))
    uid = kubectl.json("get", "pod", "p")["metadata"]["uid"]
    bound = ("--bound-object-kind=Pod", "--bound-object-name=p", f"--bound-object-uid={uid}")
    assert a("create", "token", "default", *bound).stdout.count(".") == 2
    b.fails("create", "token", "default", *bound, says="no relationship found")
    a("get", "serviceaccount", "default")
    b.fails("get", "serviceaccount", "default", says="no relationship found")
    a.fails("get", "serviceaccounts", says="can only create tokens for individual service accounts")
    a.fails("create", "token", "default", says="node requested token not bound to a pod")
    a.fails("create", "token", "default", *bound[:2], says="node requested token with a pod binding without a uid")
    words = f'audience "vault" not found in pod spec volume, {a.user} is not authorized to request tokens for this audience'
    a.fails("create", "token", "default", *bound, "--audience=vault", says=words)
    kubectl("create", "-f", "-", input=pod("q", a.name, serviceAccountName="default", volumes=[
        {"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "audience": "vault"}}]}},
    ]))  # fmt: skip
    uid = kubectl.json("get", "pod", "q")["metadata"]["uid"]
    a("create", "token", "default", "--bound-object-kind=Pod", "--bound-object-name=q", f"--bound-object-uid={uid}", "--audience=vault")


def test_tokens_of_a_pod_that_mounts_none(kubectl, nodes):
    a, _ = nodes
    kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=60s")

    def bound(name, **spec):
        kubectl("create", "-f", "-", input=pod(name, a.name, automountServiceAccountToken=False, **spec))
        uid = kubectl.json("get", "pod", name)["metadata"]["uid"]
        return "create", "token", "default", "--bound-object-kind=Pod", f"--bound-object-name={name}", f"--bound-object-uid={uid}"

    words = f'audience "" not found in pod spec volume, {a.user} is not authorized to request tokens for this audience'
    a.fails(*bound("none"), says=words)
    a.fails(*bound("claim", volumes=[{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}]),
            says='error validating audience "": persistentvolumeclaim "c" not found')  # fmt: skip
    a.fails(*bound("driver", volumes=[{"name": "v", "csi": {"driver": "missing.example.com"}}]),
            says='error validating audience "": csidriver.storage.k8s.io "missing.example.com" not found')  # fmt: skip


def test_evictions(kubectl, nodes, raw, namespace):
    a, b = nodes
    kubectl("create", "-f", "-", input=pod("p", a.name))

    def evict(node):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": namespace}}
        headers = {"Impersonate-User": node.user, "Impersonate-Group": "system:nodes"}
        return raw("POST", f"/api/v1/namespaces/{namespace}/pods/p/eviction", body, headers=headers)

    status, _, body = evict(b)
    assert status == 403 and body["message"].endswith(f"node {b.name} can only evict pods with spec.nodeName set to itself")
    assert evict(a)[0] == 201


def test_certificate_requests(nodes, cluster_kubectl, work):
    a, b = nodes

    def request(name, common):
        key = os.path.join(work, "node.key")
        command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key]
        text = subprocess.run([*command, "-subj", f"/O=system:nodes/CN={common}"], check=True, capture_output=True).stdout
        return {
            "apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest", "metadata": {"name": name},
            "spec": {
                "signerName": "kubernetes.io/kube-apiserver-client-kubelet", "usages": ["client auth", "digital signature"],
                "request": base64.b64encode(text).decode(),
            },
        }  # fmt: skip

    Node(cluster_kubectl, a.name).fails(
        "create", "-f", "-", input=request("csr-" + a.name, b.user), says=f"can only create a node CSR with CN={a.user}"
    )
    Node(cluster_kubectl, a.name)("create", "-f", "-", input=request("csr-" + a.name, a.user))
    cluster_kubectl("delete", "csr", "csr-" + a.name)


def test_nodes_are_in_their_group(kubectl, cluster_kubectl):
    # Who may act as a node is in its group; with other groups they are not.
    cluster_kubectl.fails("get", "node", "x", "--as=system:node:x", says='nodes "x" not found')
    cluster_kubectl.fails("get", "node", "x", "--as=system:node:x", "--as-group=others", says='nodes "x" is forbidden')
    binding = cluster_kubectl.json("get", "clusterrolebinding", "system:node")
    assert not binding.get("subjects")
    cluster_kubectl("get", "clusterrole", "system:node")
