"""What a client is told of objects that are taken and yet may not do what was meant.

After pkg/api/{pod,service,persistentvolume,node,storage}/*_test.go and the strategies of pkg/registry.
"""

import json

import pytest

from definitions import defined, version

CONTAINER = {"name": "c", "image": "i"}
LABEL = 'deprecated since v1.14; use "kubernetes.io/arch" instead'
NAME = "metadata.name: this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended: [must not contain dots]"
HIDDEN = 'env[1]: hides previous definition of "A", which may be dropped when using apply'


def warnings(answer):
    return [json.loads(one.removeprefix("299 - ")) for one in answer.headers.getlist("Warning")]


def pod(annotations=None, **spec):
    return "v1/pods", {"metadata": {"name": "p", "annotations": annotations or {}}, "spec": {"containers": [CONTAINER], **spec}}


def container(**more):
    return pod(containers=[{**CONTAINER, **more}])


def workload(plural, name="w", **spec):
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [CONTAINER], **spec}}
    return f"apps/v1/{plural}", {"metadata": {"name": name}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}


def service(annotations=None, **spec):
    return "v1/services", {"metadata": {"name": "s", "annotations": annotations or {}}, "spec": {"ports": [{"port": 80}], **spec}}


def term(key):
    return {"matchExpressions": [{"key": key, "operator": "Exists"}]}


CASES = [
    (pod(), []),
    (pod(nodeSelector={"beta.kubernetes.io/arch": "x"}), [f"spec.nodeSelector[beta.kubernetes.io/arch]: {LABEL}"]),
    (pod(affinity={"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term("beta.kubernetes.io/arch")]}}}),
     ["spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].key: "
      f"beta.kubernetes.io/arch is {LABEL}"]),
    (pod(topologySpreadConstraints=[{"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "DoNotSchedule"}]),
     ["spec.topologySpreadConstraints[0].labelSelector: a null labelSelector results in matching no pod"]),
    (pod({"scheduler.alpha.kubernetes.io/critical-pod": ""}),
     ['metadata.annotations[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; use the "priorityClassName" field instead']),
    (pod(volumes=[{"name": "a", "rbd": {"monitors": ["a"], "image": "x"}}]), ["spec.volumes[0].rbd: deprecated in v1.28, non-functional in v1.31+"]),
    (pod(imagePullSecrets=[{"name": "a"}, {"name": "a"}, {}]),
     ['spec.imagePullSecrets[1].name: duplicate name "a"', 'spec.imagePullSecrets[2].name: invalid empty name ""']),
    (pod(hostAliases=[{"ip": "10.1.1.1", "hostnames": ["a"]}, {"ip": "10.1.1.1", "hostnames": ["b"]}]),
     ['spec.hostAliases[1].ip: duplicate ip "10.1.1.1"']),
    (container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]), [f"spec.containers[0].{HIDDEN}"]),
    (container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)2"}]), []),
    (container(ports=[{"name": "x", "containerPort": 80}, {"name": "y", "containerPort": 80}]),
     ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"]),
    (container(resources={"requests": {"memory": "100m"}}),
     ['spec.containers[0].resources.requests[memory]: fractional byte value "100m" is invalid, must be an integer']),
    (container(ports=[{"containerPort": 80, "hostIP": "10.1.1.1"}]),
     ["spec.containers[0].ports[0]: hostIP set without hostPort: {Name: HostPort:0 ContainerPort:80 Protocol:TCP HostIP:10.1.1.1}"]),
    (pod(volumes=[{"name": "v", "secret": {"secretName": "s", "items": [{"key": "a", "path": "x/"}, {"key": "b", "path": "x/y"}]}}]),
     ['volume "v" (Secret "s"): overlapping paths: "x/y" with "x"']),
    (pod(volumes=[{"name": "v", "projected": {"sources": [
        {}, {"configMap": {"name": "m", "items": [{"key": "a", "path": "x/y"}]}},
        {"secret": {"name": "s", "items": [{"key": "b", "path": "x"}]}}]}}]),
     ['volume "v" (Projected) has no sources provided', 'volume "v" (Projected): overlapping paths: "x" (Secret "s") with "x/y" (ConfigMap "m")']),
    (pod(terminationGracePeriodSeconds=-5), []),
    (workload("deployments", terminationGracePeriodSeconds=-5),
     ["spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"]),
    (workload("deployments", "a.b"), [NAME]),
    (workload("replicasets", nodeSelector={"beta.kubernetes.io/arch": "x"}), [f"spec.template.spec.nodeSelector[beta.kubernetes.io/arch]: {LABEL}"]),
    (("batch/v1/jobs", {"metadata": {"name": "a.b"}, "spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [CONTAINER]}}}}), [NAME]),
    (service(externalIPs=["192.0.2.1"]), ["spec.externalIPs is deprecated and may no longer be implemented in some clusters"]),
    (service(clusterIP="None", sessionAffinity="ClientIP"), ["spec.SessionAffinity is ignored for headless services"]),
    (service(type="LoadBalancer", loadBalancerIP="2001:DB8::1", loadBalancerSourceRanges=["2001:db8:0::/48"]),
     ['spec.loadBalancerIP: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")',
      'spec.loadBalancerSourceRanges[0]: IPv6 CIDR value "2001:db8:0::/48" should be in RFC 5952 canonical format ("2001:db8::/48")']),
    (service(externalName="a.b"), ['spec.externalName is ignored when spec.type is not "ExternalName"']),
    (service(trafficDistribution="PreferClose"), ['spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"']),
    (("networking.k8s.io/v1/ingresses", {
        "metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "x"}},
        "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 80}}}}}),
     ["annotation \"kubernetes.io/ingress.class\" is deprecated, please use 'spec.ingressClassName' instead"]),
    (("v1/persistentvolumeclaims", {
        "metadata": {"name": "c", "annotations": {"volume.beta.kubernetes.io/storage-class": "x"}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1500m"}}}}),
     ['metadata.annotations[volume.beta.kubernetes.io/storage-class]: deprecated since v1.8; use "storageClassName" attribute instead',
      'spec.resources.requests[storage]: fractional byte value "1500m" is invalid, must be an integer']),
    (("v1/serviceaccounts", {"metadata": {"name": "a", "annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}}}),
     ["metadata.annotations[kubernetes.io/enforce-mountable-secrets]: deprecated in v1.32+; prefer separate namespaces to isolate access to mounted secrets"]),
]  # fmt: skip


@pytest.mark.parametrize("made, expected", CASES, ids=[f"{one[0][0]}-{number}" for number, one in enumerate(CASES)])
def test_warnings(api, namespace, made, expected):
    place, body = made
    version, _, plural = place.rpartition("/")
    root = "/api/v1" if version == "v1" else f"/apis/{version}"
    answer = api.send("POST", f"{root}/namespaces/{namespace}/{plural}", body, dryRun="All")
    assert answer.status == 201 and warnings(answer) == expected, answer


def test_volumes_and_classes(api, namespace):
    spec = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}, "hostPath": {"path": "/tmp"}}
    volume = {"metadata": {"name": "v"}, "spec": {**spec, "persistentVolumeReclaimPolicy": "Recycle"}}
    (told,) = warnings(api.send("POST", "/api/v1/persistentvolumes", volume, dryRun="All"))
    assert told.startswith("spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated.")
    topologies = [{"matchLabelExpressions": [{"key": "beta.kubernetes.io/arch", "values": ["x"]}]}]
    kind = {"metadata": {"name": "c"}, "provisioner": "a/b", "allowedTopologies": topologies}
    told = warnings(api.send("POST", "/apis/storage.k8s.io/v1/storageclasses", kind, dryRun="All"))
    assert told == [f"allowedTopologies[0].matchLabelExpressions[0].key: {LABEL}"]


def test_templates_are_looked_at_when_what_is_wanted_changes(api, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    _, body = workload("deployments", nodeSelector={"beta.kubernetes.io/arch": "x"})
    assert len(warnings(api.send("POST", path, body))) == 1
    merge = {"Content-Type": "application/merge-patch+json"}
    assert warnings(api.send("PATCH", f"{path}/w", {"metadata": {"labels": {"a": "b"}}}, headers=merge)) == []
    assert len(warnings(api.send("PATCH", f"{path}/w", {"spec": {"replicas": 0}}, headers=merge))) == 1
    change = {"spec": {"template": {"metadata": {"annotations": {"a": "b"}}}}}
    assert len(warnings(api.send("PATCH", f"{path}/w", change, headers=merge))) == 1


def test_finalizers_have_domains(api, namespace):
    """One without is refused, and only warned of on objects of custom kinds."""
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    words = 'metadata.finalizers[0]: Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified'
    api.refused(422, "POST", maps, {"metadata": {"name": "a", "finalizers": ["odd"]}}, says=words)
    api.create(maps, {"metadata": {"name": "a"}})
    headers = {"Content-Type": "application/merge-patch+json"}
    api.refused(422, "PATCH", f"{maps}/a", {"metadata": {"finalizers": ["odd"]}}, says=words, headers=headers)
    with defined(api) as definition:
        body = definition.object("a", metadata={"finalizers": ["odd", "a.b", "a.b/c"]})
        answer = api.send("POST", definition.objects(namespace), body, dryRun="All")
        start = "prefer a domain-qualified finalizer name"
        end = "to avoid accidental conflicts with other finalizer writers"
        assert warnings(answer) == [
            f'metadata.finalizers: "a.b": {start} including a path (/) {end}', f'metadata.finalizers: "odd": {start} {end}',
        ]  # fmt: skip


def test_kubectl_shows_them(kubectl):
    _, body = service(externalIPs=["192.0.2.1"])
    done = kubectl("create", "-f", "-", input={"apiVersion": "v1", "kind": "Service", **body})
    assert "Warning: spec.externalIPs is deprecated" in done.stderr


def test_formats_that_nobody_knows(api):
    texts = {"a": "date-time", "b": "k8s-short-name", "c": "odd", "d": "odd"}
    properties = {name: {"type": "string", "format": format} for name, format in texts.items()}
    properties["e"] = {"type": "array", "items": {"type": "integer", "format": "int8"}}
    with defined(api, version(schema={"type": "object", "properties": properties})) as definition:
        body = definition.body
        body["metadata"]["name"], body["spec"]["group"] = f"{definition.plural}.other.example.com", "other.example.com"
        answer = api.send("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body, dryRun="All")
        assert sorted(warnings(answer)) == ['unrecognized format "int8"', 'unrecognized format "odd"'], answer
        change = {"metadata": {"labels": {"a": "b"}}}
        again = api.send("PATCH", definition.path, change, headers={"Content-Type": "application/merge-patch+json"})
        assert again.status == 200 and warnings(again) == []


def test_addresses_that_a_status_tells(api, namespace):
    place = f"/api/v1/namespaces/{namespace}"
    api.create(f"{place}/pods", {"apiVersion": "v1", "kind": "Pod", **pod()[1]})
    merge = {"Content-Type": "application/merge-patch+json"}
    answer = api.send("PATCH", f"{place}/pods/p/status", {"status": {"podIPs": [{"ip": "2001:DB8::1"}]}}, headers=merge)
    assert answer.status == 200, answer
    assert warnings(answer) == ['status.podIPs[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")']
    answer = api.send("PATCH", f"{place}/pods/p", {"metadata": {"labels": {"a": "b"}}}, headers=merge)
    assert answer.status == 200 and warnings(answer) == []
    body = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "e"}, "subsets": [{"addresses": [{"ip": "2001:DB8::1"}], "ports": [{"port": 80}]}]}
    answer = api.send("POST", f"{place}/endpoints", body)
    assert answer.status == 201, answer
    assert 'subsets[0].addresses[0].ip: IPv6 address "2001:DB8::1" should be in RFC 5952 canonical format ("2001:db8::1")' in warnings(answer)
