"""What server-side apply makes of values that do not fit, and of list items without their keys, as kube-apiserver 1.36.2."""

import pytest
from interface import PATCHES, eventually, unique

APPLY = {"Content-Type": PATCHES["apply"]}
CONVERSION = "failed to convert new object (/a; {}, Kind={}) to proper version: unable to convert unstructured object to {}, Kind={}: "


def apply(api, path, object, **query):
    return api.send("PATCH", path, object, headers=APPLY, fieldManager="tests", **query)


def pod(**spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": {"containers": [{"name": "c", "image": "i"}], **spec}}


def deployment(replicas=1, **template):
    labels = {"app": "a"}
    return {
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels, **template}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
        },
    }  # fmt: skip


@pytest.mark.parametrize("spec, causes", [
    ({"containers": [{"image": "i"}]}, {"spec.containers[0].name": "Required value"}),
    ({"volumes": [{"emptyDir": {}}]}, {"spec.volumes[0].name": "Required value"}),
    ({"containers": [{"name": "c", "image": "i", "ports": [{"name": "web"}]}]},
     {"spec.containers[0].ports[0].containerPort": "Required value"}),
    ({"containers": [{"name": "c", "image": "i", "env": [{"value": "v"}]}]}, {"spec.containers[0].env[0].name": "Required value"}),
    ({"topologySpreadConstraints": [{"maxSkew": 1}]},
     {"spec.topologySpreadConstraints[0].topologyKey": "Required value: can not be empty",
      "spec.topologySpreadConstraints[0].whenUnsatisfiable":
      'Unsupported value: "": supported values: "DoNotSchedule", "ScheduleAnyway"'}),
])  # fmt: skip
def test_an_item_without_its_key_is_judged_as_any_other(api, namespace, spec, causes):
    answer = apply(api, f"/api/v1/namespaces/{namespace}/pods/a", pod(**spec))
    assert answer.status == 422, answer
    assert {cause["field"]: cause["message"] for cause in answer.body["details"]["causes"]} == causes


def test_who_owns_an_item_without_its_key(api, namespace):
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "a"}}
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/a"
    answer = apply(api, path, {**account, "imagePullSecrets": [{}]})
    assert answer.status == 201, answer
    assert answer.body["metadata"]["managedFields"][0]["fieldsV1"] == {"f:imagePullSecrets": {}}
    # That an object is referred to by a name is left to whoever writes the reference.
    answer = apply(api, path, {**account, "secrets": [{}]})
    assert (answer.status, answer.body["message"]) == (500, (
        "failed to create typed patch object (/a; /v1, Kind=ServiceAccount): .secrets: element 0: associative "
        'list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)'
    ))  # fmt: skip


def test_items_without_their_keys_are_twice_the_same(api, namespace):
    answer = apply(api, f"/api/v1/namespaces/{namespace}/pods/a", pod(containers=[{"image": "i"}, {"image": "j"}]))
    assert (answer.status, answer.body["message"]) == (
        500, 'failed to create typed patch object (/a; /v1, Kind=Pod): .spec.containers: duplicate entries for key [name=""]',
    )  # fmt: skip


@pytest.mark.parametrize("object, problem", [
    (deployment(replicas=1.5), "cannot convert float64 to int32"),
    (deployment(creationTimestamp="today"),
     'parsing time "today" as "2006-01-02T15:04:05Z07:00": cannot parse "today" as "2006"'),
    (deployment(creationTimestamp=7), "json: cannot unmarshal number into Go value of type string"),
    (pod(containers=[{"name": "c", "image": "i", "resources": {"limits": {"cpu": "x"}}}]),
     "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"),
    ({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "data": {"k": "_"}},
     "error decoding from json: illegal base64 data at input byte 0"),
])  # fmt: skip
def test_what_does_not_fit_is_not_applied(api, namespace, object, problem):
    version, kind = object["apiVersion"], object["kind"]
    shown = f"/{version}" if "/" not in version else version
    base = f"/api/v1/namespaces/{namespace}" if shown == "/v1" else f"/apis/{version}/namespaces/{namespace}"
    path = f"{base}/{kind.lower()}s/a"
    answer = apply(api, path, object)
    assert (answer.status, answer.body["message"]) == (500, CONVERSION.format(shown, kind, shown, kind) + problem)
    assert api.send("GET", path).status == 404


def test_a_scale_that_does_not_fit_is_not_applied(api, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments"
    assert api.send("POST", path, deployment()).status == 201
    scale = {"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": "a"}, "spec": {"replicas": 2.5}}
    answer = apply(api, path + "/a/scale", scale, force="true")
    assert answer.status == 500 and "cannot convert float64 to int32" in answer.body["message"], answer
    assert api.send("GET", path + "/a").body["spec"]["replicas"] == 1


@pytest.mark.parametrize("path", [
    "/apis/authentication.k8s.io/v1/tokenreviews/a", "/api/v1/namespaces/default/bindings/a",
    "/apis/authorization.k8s.io/v1/namespaces/default/localsubjectaccessreviews/a/status",
    "/api/v1/namespaces/default/pods/a/resize/b", "/api/v1/namespaces/a/finalize/b",
])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "POST", "PATCH"])
def test_there_is_nothing_below_what_is_only_acted_on(api, method, path):
    answer = api.send(method, path, None if method == "GET" else {}, headers={"Content-Type": PATCHES["merge"]} if method == "PATCH" else {})
    assert (answer.status, answer.body["message"]) == (404, "the server could not find the requested resource")


def test_documents_say_what_a_missing_value_is(api):
    core = api.send("GET", "/openapi/v3/api/v1").body["components"]["schemas"]
    apps = api.send("GET", "/openapi/v3/apis/apps/v1").body["components"]["schemas"]

    def default(schemas, kind, field):
        group = "core" if schemas is core else "apps"
        return schemas[f"io.k8s.api.{group}.v1.{kind}"]["properties"][field].get("default")

    assert default(core, "Container", "name") == "" and default(core, "ContainerPort", "containerPort") == 0
    assert default(core, "LocalObjectReference", "name") == "" and default(core, "ContainerStatus", "ready") is False
    assert default(core, "Pod", "spec") == {} and default(core, "PodList", "metadata") == {}
    assert default(core, "ObjectReference", "name") is None and default(core, "ContainerRestartRule", "action") is None
    assert default(apps, "StatefulSetSpec", "serviceName") == "" and default(apps, "DeploymentSpec", "selector") is None


def owned(answer, manager="tests"):
    return next(one["fieldsV1"] for one in answer.body["metadata"]["managedFields"] if one["manager"] == manager)


def test_who_applies_a_null_owns_the_field(api, namespace):
    """`kubectl create --dry-run=client -o yaml` writes such nulls."""
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/a"
    body = deployment(creationTimestamp=None)
    body["spec"]["template"]["spec"]["nodeSelector"] = None
    answer = apply(api, path, body)
    assert answer.status == 201, answer
    template = owned(answer)["f:spec"]["f:template"]
    assert template["f:metadata"] == {"f:creationTimestamp": {}, "f:labels": {"f:app": {}}}
    assert template["f:spec"]["f:nodeSelector"] == {}
    made = answer.body["spec"]["template"]
    assert "nodeSelector" not in made["spec"] and made["metadata"].get("creationTimestamp") is None
    # It is applied again, and nothing changes.
    again = apply(api, path, body)
    assert again.status == 200 and again.body["metadata"]["resourceVersion"] == answer.body["metadata"]["resourceVersion"]


def test_a_null_that_is_applied_takes_away(api, namespace):
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    assert api.send("POST", path, {"metadata": {"name": "a"}, "immutable": False, "data": {"k": "v"}}, fieldManager="other").status == 201
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "immutable": None, "data": {"k": None}}
    refused = apply(api, path + "/a", body)
    assert refused.status == 409, refused
    assert sorted(one["field"] for one in refused.body["details"]["causes"]) == [".data.k", ".immutable"]
    answer = apply(api, path + "/a", body, force="true")
    assert answer.status == 200, answer
    assert "immutable" not in answer.body and answer.body["data"] == {"k": ""}
    assert owned(answer) == {"f:data": {"f:k": {}}, "f:immutable": {}}


def test_nulls_of_custom_objects(api, namespace):
    name = unique("nulls") + "s.applied.example.com"
    plural = name.split(".")[0]
    properties = {
        "plain": {"type": "string"}, "maybe": {"type": "string", "nullable": True}, "usual": {"type": "string", "default": "d"},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
    }  # fmt: skip
    definition = {
        "metadata": {"name": name},
        "spec": {
            "group": "applied.example.com", "scope": "Namespaced",
            "names": {"plural": plural, "singular": plural[:-1], "kind": "Applied" + plural.replace("-", ""), "listKind": "List" + plural.replace("-", "")},
            "versions": [{
                "name": "v1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}},
            }],
        },
    }  # fmt: skip
    kind = definition["spec"]["names"]["kind"]
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    assert api.send("POST", definitions, definition).status == 201
    try:
        path = f"/apis/applied.example.com/v1/namespaces/{namespace}/{plural}"
        eventually(lambda: api.send("GET", path).status == 200)
        body = {
            "apiVersion": "applied.example.com/v1", "kind": kind, "metadata": {"name": "a"},
            "spec": {"plain": None, "maybe": None, "usual": None, "map": {"k": None, "l": "m"}},
        }  # fmt: skip
        answer = apply(api, path + "/a", body)
        assert answer.status == 422, answer
        assert sorted(one["field"] for one in answer.body["details"]["causes"]) == ["spec.map.k", "spec.plain"]
        body["spec"] = {"maybe": None, "usual": None}
        answer = apply(api, path + "/a", body)
        assert answer.status == 201, answer
        assert answer.body["spec"] == {"maybe": None, "usual": "d"}
        assert owned(answer) == {"f:spec": {"f:maybe": {}, "f:usual": {}}}
    finally:
        assert api.send("DELETE", f"{definitions}/{name}").status == 200
