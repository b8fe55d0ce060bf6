"""Forms and details of answers as kube-apiserver 1.36.2 gives them: members in their order, media types, updates."""

import pytest
from interface import PATCHES

META = ["name", "generateName", "namespace", "uid", "resourceVersion", "creationTimestamp", "labels", "annotations", "finalizers", "managedFields"]
MERGE = {"Content-Type": PATCHES["merge"]}
AUTHORIZATION = "/apis/authorization.k8s.io/v1"


def metadata(form):
    return {"Accept": f"application/json;as={form};g=meta.k8s.io;v=v1"}


def causes(refused):
    assert refused.status == 422, refused
    return [(cause["field"], cause["message"]) for cause in refused.body["details"]["causes"]]


def test_metadata_have_an_order(api, namespace):
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    given = {"finalizers": ["a.b/c"], "annotations": {"a": "b"}, "labels": {"c": "d"}, "generateName": "m-", "name": "m-1"}
    made = api.send("POST", maps, {"metadata": given, "data": {"a": "1"}})
    assert list(made.body["metadata"]) == META
    assert list(api.send("GET", maps + "/m-1").body["metadata"]) == META
    changed = api.send("PATCH", maps + "/m-1", {"metadata": {"finalizers": None, "labels": {"e": "f"}}}, headers=MERGE)
    assert list(changed.body["metadata"]) == [name for name in META if name != "finalizers"]


@pytest.mark.parametrize("place, object, says", [
    ("/api/v1/namespaces/{}/configmaps", {}, "a lowercase RFC 1123 subdomain"),
    ("/api/v1/namespaces/{}/services", {"spec": {"ports": [{"port": 1}]}}, None),
    ("/apis/coordination.k8s.io/v1/namespaces/{}/leases", {}, None),
    ("/apis/networking.k8s.io/v1/namespaces/{}/ingresses",
     {"spec": {"defaultBackend": {"service": {"name": "x", "port": {"number": 1}}}}}, "a lowercase RFC 1123 subdomain"),
])  # fmt: skip
def test_what_names_are_generated_from_is_judged_at_updates(api, namespace, place, object, says):
    path = place.format(namespace)
    assert api.send("POST", path, {"metadata": {"name": "n"}, **object}).status == 201
    def change(base):
        return api.send("PATCH", path + "/n", {"metadata": {"generateName": base}}, headers=MERGE, dryRun="All")

    assert causes(change("a%b"))[0] == ("metadata.generateName", "Invalid value: \"a%b\": may not contain '%'")
    answer = change("X_")
    if says is None:
        assert answer.status == 200
    else:
        [(field, message)] = causes(answer)
        assert field == "metadata.generateName" and message.startswith(f'Invalid value: "X_": {says}')
    assert change("a-").status == 200


def test_what_is_forbidden_is_not_looked_into(api):
    volume = {"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}}
    more = "Forbidden: may not specify more than 1 volume type"
    def judged(**sources):
        return causes(api.send("POST", "/api/v1/persistentvolumes", volume | {"spec": volume["spec"] | sources}, dryRun="All"))

    assert judged(csi={}) == [("spec.csi", more)]
    assert judged(cephfs={}, nfs={}) == [("spec.nfs", more), ("spec.cephFS", more)]
    assert judged(flexVolume={}) == [("spec.flexVolume.driver", "Required value")]


def test_sources_of_a_pods_volume(api, namespace):
    spec = {"containers": [{"name": "c", "image": "i"}], "volumes": [{"name": "v", "emptyDir": {}, "rbd": {}}]}
    refused = api.send("POST", f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": "p"}, "spec": spec}, dryRun="All")
    assert causes(refused) == [("spec.volumes[0].rbd", "Forbidden: may not specify more than 1 volume type")]


def test_a_class_without_a_policy_for_its_volumes(api):
    def made(policy):
        return api.send(
            "POST", "/apis/storage.k8s.io/v1/storageclasses",
            {"metadata": {"name": "c"}, "provisioner": "a.b/c", "reclaimPolicy": policy}, dryRun="All",
        )  # fmt: skip

    assert made("").body["reclaimPolicy"] == ""
    assert causes(made("x")) == [("reclaimPolicy", 'Unsupported value: "x": supported values: "Delete", "Retain"')]


def test_selectors_are_shown_in_their_order(api, namespace):
    selector = {"matchExpressions": [{"key": "", "operator": ""}], "matchLabels": {"app": "x"}}
    spec = {"selector": selector, "template": {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}
    refused = api.send("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", {"metadata": {"name": "d"}, "spec": spec}, dryRun="All")
    shown = '{"matchLabels":{"app":"x"},"matchExpressions":[{"key":"","operator":""}]}'
    assert ("spec.selector", f"Invalid value: {shown}: invalid label selector") in causes(refused)


def test_reviews_show_what_is_wrong_as_upstream_holds_it(api):
    both = {"user": "u", "resourceAttributes": {"verb": "get"}, "nonResourceAttributes": {"verb": "get", "path": "/x"}}
    assert causes(api.send("POST", AUTHORIZATION + "/subjectaccessreviews", {"spec": both})) == [(
        "spec.nonResourceAttributes", 'Invalid value: {"Path":"/x","Verb":"get"}: cannot be specified in combination with resourceAttributes',
    )]  # fmt: skip
    asked = {"metadata": {"name": "n"}, "spec": {"user": "u", "nonResourceAttributes": {"path": "/x"}}}
    [(field, message)] = causes(api.send("POST", AUTHORIZATION + "/subjectaccessreviews", asked))
    assert field == "metadata" and message.startswith('Invalid value: {"name":"n","managedFields":[{"manager":')


def test_metadata_of_an_answer(api, namespace):
    asked = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    path = AUTHORIZATION + "/selfsubjectaccessreviews"
    answer = api.send("POST", path, asked, headers=metadata("PartialObjectMetadata"))
    assert (answer.status, answer.body["kind"]) == (201, "PartialObjectMetadata")
    assert "status" not in answer.body
    api.refused(
        406, "POST", path, asked, headers=metadata("PartialObjectMetadataList"),
        says="you requested PartialObjectMetadataList, but the requested object is not a list (*authorization.SelfSubjectAccessReview)",
    )  # fmt: skip
    assert api.send("POST", path, asked, headers=metadata("Table")).status == 406
    pods = f"/api/v1/namespaces/{namespace}/pods"
    for subresource in ("eviction", "binding"):
        assert api.send("POST", f"{pods}/none/{subresource}", {}, headers=metadata("Table")).status == 406
    token = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    answer = api.send("POST", token, {"spec": {}}, headers=metadata("PartialObjectMetadata"))
    assert (answer.status, answer.body["kind"], answer.body["metadata"]["name"]) == (201, "PartialObjectMetadata", "default")
    assert api.send("POST", token, {"spec": {}}, headers=metadata("Table")).status == 406


@pytest.mark.parametrize("path", ["/apis", "/apis/apps"])
def test_groups_in_no_form_that_there_is(api, path):
    api.refused(
        406, "GET", path, headers={"Accept": "text/html"},
        says="only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf",
    )  # fmt: skip
