"""Namespaces that hold their pods to a standard (Pod Security Admission)."""

import json

import pytest

from quotas import Space, pod

LABEL = "pod-security.kubernetes.io/"
HARDENED = {
    "allowPrivilegeEscalation": False, "runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}  # fmt: skip


@pytest.fixture
def space(raw, namespace):
    return Space(raw, namespace)


def label(cluster_kubectl, namespace, **labels):
    """Sets labels; the answer's warnings."""
    pairs = [f"{LABEL}{name.replace('_', '-')}={value}" for name, value in labels.items()]
    return cluster_kubectl("label", "--overwrite", "namespace", namespace, *pairs).stderr


def hardened(name, **context):
    body = pod(name)
    body["spec"]["containers"][0]["securityContext"] = {**HARDENED, **context}
    return body


def privileged(name):
    body = pod(name)
    body["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return body


def deployment(name, spec):
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": spec},
        },
    }  # fmt: skip


def test_nothing_is_asked_without_labels(space):
    space.create("pods", privileged("p"))


def test_restricted(space, cluster_kubectl, namespace):
    label(cluster_kubectl, namespace, enforce="restricted")
    assert space.refused("pods", pod("p")) == (
        'pods "p" is forbidden: violates PodSecurity "restricted:latest": '
        'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
        'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
        'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
        'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to '
        '"RuntimeDefault" or "Localhost")'
    )
    space.create("pods", hardened("good"))


def test_baseline_in_a_version(space, cluster_kubectl, namespace):
    label(cluster_kubectl, namespace, enforce="baseline", enforce_version="v1.33")
    assert space.refused("pods", privileged("p")) == (
        'pods "p" is forbidden: violates PodSecurity "baseline:v1.33": '
        'privileged (container "c" must not set securityContext.privileged=true)'
    )
    body = pod("probes")
    body["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"host": "192.0.2.1", "port": 80}}
    space.create("pods", body)
    label(cluster_kubectl, namespace, enforce_version="latest")
    body["metadata"]["name"] = "others"
    assert 'probe or lifecycle host (container "c" uses probe or lifecycle host "192.0.2.1")' in space.refused(
        "pods", body
    )


def test_warnings(kubectl, space, cluster_kubectl, namespace):
    label(cluster_kubectl, namespace, warn="baseline", audit="restricted")
    done = kubectl("create", "-f", "-", input=privileged("p"))
    assert (
        'Warning: would violate PodSecurity "baseline:latest": '
        'privileged (container "c" must not set securityContext.privileged=true)'
    ) in done.stderr
    assert "Warning" not in kubectl("create", "-f", "-", input=pod("plain")).stderr


def test_templates_are_warned_of_and_not_refused(kubectl, cluster_kubectl, namespace):
    label(cluster_kubectl, namespace, enforce="baseline", warn="baseline")
    spec = {"containers": [{"name": "c", "image": "i"}], "hostNetwork": True}
    done = kubectl("create", "-f", "-", input=deployment("d", spec))
    assert 'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)' in done.stderr
    job = {
        "apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "j"},
        "spec": {
            "schedule": "@daily", "suspend": True,
            "jobTemplate": {"spec": {"template": {"spec": {**spec, "restartPolicy": "Never"}}}},
        },
    }  # fmt: skip
    assert "host namespaces (hostNetwork=true)" in kubectl("create", "-f", "-", input=job).stderr
    done = kubectl("patch", "deployment", "d", "--type=merge", "-p", json.dumps({"spec": {"template": {"spec": {"hostPID": True}}}}))
    assert "host namespaces (hostNetwork=true, hostPID=true)" in done.stderr


def test_new_labels_look_at_the_pods_that_are_there(space, cluster_kubectl, namespace):
    for name in ("bad-1", "bad-2"):
        space.create("pods", privileged(name))
    space.create("pods", pod("plain"))
    warnings = label(cluster_kubectl, namespace, enforce="baseline")
    assert (
        f'Warning: existing pods in namespace "{namespace}" violate the new PodSecurity enforce level "baseline:latest"\n'
        "Warning: bad-1 (and 1 other pod): privileged\n"
    ) in warnings
    # Nothing is stricter in what is the same, or less.
    assert "Warning" not in label(cluster_kubectl, namespace, enforce="privileged")


def test_what_was_allowed_may_change_in_other_ways(space, cluster_kubectl, namespace, kubectl):
    space.create("pods", privileged("p"))
    label(cluster_kubectl, namespace, enforce="baseline")
    space.patch("pods", "p", {"metadata": {"labels": {"a": "b"}}})
    image = {"spec": {"containers": [{"name": "c", "image": "other"}]}}
    answer = space.patch("pods", "p", image, kind="strategic-merge", expect=403)
    assert 'violates PodSecurity "baseline:latest": privileged' in answer["message"]
    space.delete("pods", "p")


def test_ephemeral_containers_are_looked_at(space, cluster_kubectl, namespace):
    label(cluster_kubectl, namespace, enforce="restricted")
    space.create("pods", hardened("p"))
    body = {"spec": {"ephemeralContainers": [{"name": "debug", "image": "i"}]}}
    answer = space.patch("pods", "p", body, kind="strategic-merge", below="/ephemeralcontainers", expect=403)
    assert 'container "debug" must set securityContext.allowPrivilegeEscalation=false' in answer["message"]
    body["spec"]["ephemeralContainers"][0]["securityContext"] = HARDENED
    space.patch("pods", "p", body, kind="strategic-merge", below="/ephemeralcontainers")


def test_labels_that_mean_nothing_are_refused(cluster_kubectl, namespace):
    cluster_kubectl.fails(
        "label", "namespace", namespace, LABEL + "enforce=strict",
        says=("is invalid", "must be one of privileged, baseline, restricted"),
    )  # fmt: skip
    cluster_kubectl.fails(
        "label", "namespace", namespace, LABEL + "warn-version=1.30", says='must be "latest" or "v1.x"'
    )
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "never", "labels": {LABEL + "audit": "x"}}}
    cluster_kubectl.fails("create", "-f", "-", input=body, says="must be one of privileged, baseline, restricted")


def test_dry_run_shows_what_would_be(space, cluster_kubectl, namespace):
    space.create("pods", privileged("p"))
    done = cluster_kubectl(
        "label", "--dry-run=server", "--overwrite", "namespace", namespace, LABEL + "enforce=restricted"
    )
    assert f'existing pods in namespace "{namespace}" violate' in done.stderr
    space.create("pods", privileged("still-allowed"))


def counted(raw):
    lines = raw("GET", "/metrics", parse=lambda text: text.decode())[2].splitlines()
    return {name: int(value) for name, _, value in (line.rpartition(" ") for line in lines) if name.startswith("pod_security_")}


def evaluation(decision, level, mode, resource="pod", version="latest"):
    return (
        f'pod_security_evaluations_total{{decision="{decision}",policy_level="{level}",policy_version="{version}",'
        f'mode="{mode}",request_operation="create",resource="{resource}",subresource=""}}'
    )


@pytest.mark.own_server
def test_evaluations_are_counted(raw, space, cluster_kubectl, namespace):
    before = counted(raw)
    assert 'pod_security_exemptions_total{request_operation="create",resource="pod",subresource=""}' in before
    space.create("pods", privileged("free"))
    label(cluster_kubectl, namespace, enforce="baseline", enforce_version="v1.33", audit="restricted", warn="restricted")
    space.refused("pods", privileged("p"))
    space.create("pods", pod("q"))
    space.create("deployments", deployment("d", privileged("p")["spec"]), group="apps/v1")
    after = counted(raw)
    more = {name: count - before.get(name, 0) for name, count in after.items() if count > before.get(name, 0)}
    assert more == {
        evaluation("allow", "privileged", "enforce"): 1,
        evaluation("deny", "baseline", "enforce", version="v1.33"): 1,
        evaluation("allow", "baseline", "enforce", version="v1.33"): 1,
        evaluation("deny", "restricted", "audit"): 2,
        evaluation("deny", "restricted", "warn"): 1,
        evaluation("deny", "restricted", "audit", "controller"): 1,
        evaluation("deny", "restricted", "warn", "controller"): 1,
    }


def test_volumes_whose_secret_is_null(space, cluster_kubectl, namespace):
    body = pod("p")
    body["spec"]["volumes"] = [{"name": "v", "scaleIO": {"gateway": "g", "system": "s", "secretRef": None, "volumeName": "n"}}]
    assert space.create("pods", body)["spec"]["volumes"][0]["scaleIO"]["secretRef"] is None
    del body["spec"]["volumes"][0]["scaleIO"]["volumeName"]
    assert "spec.volumes[0].scaleIO.volumeName: Required value" in space.create("pods", body, expect=422)["message"]
    label(cluster_kubectl, namespace, enforce="restricted")
    body["spec"]["volumes"][0]["scaleIO"]["volumeName"] = "n"
    assert 'restricted volume types (volume "v" uses restricted volume type "scaleIO")' in space.refused("pods", body)
