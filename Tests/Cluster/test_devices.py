"""Claims to devices ("Dynamic Resource Allocation"): what they may say, and who may say what became of them."""

import pytest

from interface import unique

GROUP = "/apis/resource.k8s.io/v1"
DEVICE = {"driver": "gpu.example.com", "pool": "node-a", "device": "gpu-0"}
ALLOCATION = {"devices": {"results": [{"request": "one", **DEVICE}]}}
MERGE = {"Content-Type": "application/merge-patch+json"}
SHARE = "24d9b6d6-3c1f-4d55-8d3c-5c1a5b2ff0a1"


def body(kind, name, spec, **more):
    return {"apiVersion": "resource.k8s.io/v1", "kind": kind, "metadata": {"name": name}, "spec": spec, **more}


def claim(name, **request):
    exactly = {"deviceClassName": "gpus", **request}
    return body("ResourceClaim", name, {"devices": {"requests": [{"name": "one", "exactly": exactly}]}})


def selected(expression):
    return {"selectors": [{"cel": {"expression": expression}}]}


@pytest.fixture
def claims(namespace):
    return f"{GROUP}/namespaces/{namespace}/resourceclaims"


@pytest.mark.parametrize(
    "expression",
    [
        'device.driver == "gpu.example.com"',
        'device.attributes["gpu.example.com"].model == "a100" && device.attributes["gpu.example.com"].index in [0, 1]',
        'device.attributes["gpu.example.com"].version.isGreaterThan(semver("1.0.0"))',
        'device.capacity["gpu.example.com"].memory.compareTo(quantity("10Gi")) >= 0',
        'cel.bind(gpu, device.attributes["gpu.example.com"], gpu.numa == 0 && gpu.isFast)',
        '"gpu.example.com" in device.attributes && device.allowMultipleAllocations',
        'device.attributes["gpu.example.com"].model.matches("^a[0-9]+$")',
    ],
)
def test_selectors_that_compile(api, expression):
    name = unique("class")
    api.create(f"{GROUP}/deviceclasses", body("DeviceClass", name, selected(expression)))
    api.delete(f"{GROUP}/deviceclasses/{name}")


@pytest.mark.parametrize(
    "expression, words",
    [
        ("device.driver", "must evaluate to bool or the unknown type, not string"),
        ("device.numa == 1", "undefined field 'numa'"),
        ("device.driver ==", "Syntax error"),
        ("", "compilation failed"),
        ("device.driver.size()", "must evaluate to bool or the unknown type, not int"),
        ("object.spec == 1", "undeclared reference to 'object'"),
    ],
)
def test_selectors_that_do_not(api, claims, expression, words):
    api.refused(
        422, "POST", f"{GROUP}/deviceclasses", body("DeviceClass", unique("class"), selected(expression)),
        says=("spec.selectors[0].cel.expression: Invalid value", words),
    )  # fmt: skip
    api.refused(
        422, "POST", claims, claim("c", **selected(expression)),
        says=("spec.devices.requests[0].exactly.selectors[0].cel.expression: Invalid value", words),
    )  # fmt: skip


def test_administration_is_for_namespaces_that_allow_it(api, claims, namespace):
    refusal = "requires the `resource.kubernetes.io/admin-access: true` label on the containing namespace"
    api.refused(422, "POST", claims, claim("c", adminAccess=True), says=("spec.devices.requests[0].adminAccess: Forbidden", refusal))
    template = body("ResourceClaimTemplate", "t", {"spec": claim("c", adminAccess=True)["spec"]})
    templates = f"{GROUP}/namespaces/{namespace}/resourceclaimtemplates"
    api.refused(422, "POST", templates, template, says=refusal)
    api.create(claims, claim("c", adminAccess=False))
    api.patch(f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": {"resource.kubernetes.io/admin-access": "true"}}})
    api.create(claims, claim("d", adminAccess=True))
    api.create(templates, template)


def test_what_became_of_a_claim(api, claims):
    made = api.create(claims, claim("c"))
    assert made["spec"]["devices"]["requests"][0]["exactly"]["count"] == 1 and made.get("status", {}) == {}
    path = f"{claims}/c/status"
    given = api.patch(path, {"status": {"allocation": ALLOCATION}})
    api.refused(422, "PATCH", path, {"status": {"allocation": {"devices": {"results": []}}}}, says="field is immutable", headers=MERGE)
    condition = {"type": "Ready", "status": "True", "reason": "Up", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}
    network = {"interfaceName": "eth1", "ips": ["10.1.2.3/24"], "hardwareAddress": "02:00:00:00:00:01"}
    told = {**DEVICE, "conditions": [condition], "data": {"a": 1}, "networkData": network}
    status = {**given["status"], "devices": [told]}
    written = api.update(path, {**given, "status": status})
    assert written["status"]["devices"] == [told]
    for change, words in [
        ({"conditions": [{**condition, "reason": ""}]}, "status.devices[0].conditions[0].reason: Required value"),
        ({"shareID": SHARE.upper()}, "status.devices[0].shareID: Invalid value"),
        ({"device": "gpu-1"}, "must be an allocated device in the claim"),
        ({"networkData": {"ips": ["10.1.2.03/24"]}}, 'must be in canonical form ("10.1.2.3/24")'),
        ({"data": [1]}, "status.devices[0].data: Invalid value"),
    ]:
        api.refused(422, "PUT", path, {**written, "status": {**status, "devices": [{**told, **change}]}}, says=words)
    # What was told of a device goes with it.
    freed = api.update(path, {**written, "status": {"devices": [told]}})
    assert "devices" not in freed.get("status", {})


def test_parts_of_the_status_need_permissions_of_their_own(api, kubectl, claims, namespace):
    api.create(claims, claim("c"))
    kubectl("create", "role", "writer", "--verb=get,update,patch", "--resource=resourceclaims.resource.k8s.io,resourceclaims.resource.k8s.io/status")
    kubectl("create", "rolebinding", "writer", "--role=writer", "--user=dora")
    who = {"Impersonate-User": "dora", **MERGE}
    path = f"{claims}/c/status"
    change = {"status": {"allocation": ALLOCATION}}
    api.refused(
        422, "PATCH", path, change, headers=who,
        says=(
            "status.allocation: Forbidden: changing status.allocation or status.reservedFor requires",
            'User "dora" cannot patch resource "resourceclaims/binding" in API group "resource.k8s.io" at the cluster scope',
        ),
    )  # fmt: skip
    name = unique("binder")
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
        "rules": [{"apiGroups": ["resource.k8s.io"], "resources": ["resourceclaims/binding"], "verbs": ["patch"]}],
    }  # fmt: skip
    roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
    api.create(roles, role)
    kubectl("create", "clusterrolebinding", name, f"--clusterrole={name}", "--user=dora")
    try:
        answer = api.send("PATCH", path, change, headers=who)
        assert answer.status == 200, answer
        devices = {"status": {"devices": [DEVICE]}}
        api.refused(
            422, "PATCH", path, devices, headers=who,
            says=(
                "status.devices: Forbidden: changing status.devices requires",
                'User "dora" cannot arbitrary-node:patch resource "resourceclaims/driver"', f'in the namespace "{namespace}"',
            ),
        )  # fmt: skip
        role["rules"].append({
            "apiGroups": ["resource.k8s.io"], "resources": ["resourceclaims/driver"],
            "verbs": ["arbitrary-node:patch"], "resourceNames": [DEVICE["driver"]],
        })  # fmt: skip
        api.patch(f"{roles}/{name}", {"rules": role["rules"]})
        answer = api.send("PATCH", path, devices, headers=who)
        assert answer.status == 200, answer
    finally:
        kubectl("delete", "clusterrolebinding", name)
        api.delete(f"{roles}/{name}")


def test_slices(api, raw):
    name = unique("slice")
    taint = {"key": "example.com/broken", "effect": "NoSchedule"}
    policy = {"default": "1Gi", "validRange": {"min": "1Gi", "max": "8Gi", "step": "1Gi"}}
    device = {
        "name": "gpu-0", "attributes": {"model": {"string": "a100"}}, "taints": [taint], "allowMultipleAllocations": True,
        "capacity": {"memory": {"value": "8Gi", "requestPolicy": policy}},
    }  # fmt: skip
    pool = {"name": "node-a", "generation": 1, "resourceSliceCount": 1}
    slice = body("ResourceSlice", name, {"driver": "GPU.example.com", "nodeName": "node-a", "pool": pool, "devices": [device]})
    status, headers, made = raw("POST", f"{GROUP}/resourceslices", slice)
    assert status == 201 and made["metadata"]["generation"] == 1
    assert "driver names should be lowercase" in headers["Warning"]
    assert made["spec"]["devices"][0]["taints"][0]["timeAdded"]
    path = f"{GROUP}/resourceslices/{name}"
    try:
        bad = {**device, "capacity": {"memory": {"value": "8Gi", "requestPolicy": {**policy, "default": "16Gi"}}}}
        api.refused(
            422, "PUT", path, {**made, "spec": {**made["spec"], "devices": [bad]}},
            says='requestPolicy.validRange.max: Invalid value: "16Gi": default is more than max: 8Gi',
        )  # fmt: skip
        found = api.get(f"{GROUP}/resourceslices", fieldSelector="spec.driver=GPU.example.com,spec.nodeName=node-a")
        assert [item["metadata"]["name"] for item in found["items"]] == [name]
        changed = api.patch(path, {"spec": {"pool": {"generation": 2}}})
        assert changed["metadata"]["generation"] == 2
    finally:
        api.delete(path)
