"""Conversion webhooks: a custom resource in two versions whose fields differ, converted by a server of the test's own."""

import base64
import copy
import itertools
import json
import threading

import pytest

numbers = itertools.count()


def converted(one, version):
    """`v1` has `hostPort`, `v2` has `host` and `port`."""
    one = copy.deepcopy(one)
    one["apiVersion"] = version
    if version.endswith("/v2") and "hostPort" in one:
        one["host"], one["port"] = one.pop("hostPort").split(":")
    elif version.endswith("/v1") and "host" in one:
        one["hostPort"] = f"{one.pop('host')}:{one.pop('port')}"
    return one


def convert(review, change=lambda one: one):
    request = review["request"]
    return {
        "apiVersion": review["apiVersion"], "kind": "ConversionReview",
        "response": {
            "uid": request["uid"], "result": {"status": "Success"},
            "convertedObjects": [change(converted(one, request["desiredAPIVersion"])) for one in request["objects"]],
        },
    }  # fmt: skip


def definition(group, url, bundle, storage="v1", scale=False):
    text = {"type": "string"}
    def version(name, fields):
        properties = {**fields, "flavour": {"type": "string", "default": f"of-{name}"}, "replicas": {"type": "integer"}}
        one = {"name": name, "served": True, "storage": name == storage,
               "selectableFields": [{"jsonPath": f".{field}"} for field in fields],
               "schema": {"openAPIV3Schema": {"type": "object", "properties": properties}}}  # fmt: skip
        if scale:
            one["subresources"] = {"scale": {"specReplicasPath": ".replicas", "statusReplicasPath": ".replicas"}}
        return one

    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"places.{group}"},
        "spec": {
            "group": group, "scope": "Namespaced", "names": {"plural": "places", "singular": "place", "kind": "Place"},
            "versions": [version("v1", {"hostPort": text}), version("v2", {"host": text, "port": text})],
            "conversion": {"strategy": "Webhook", "webhook": {
                "clientConfig": {"url": url, "caBundle": bundle}, "conversionReviewVersions": ["v1", "v1beta1"]}},
        },
    }  # fmt: skip


@pytest.fixture
def hooks(hooks):
    hooks.answers["/convert"] = convert
    return hooks


@pytest.fixture
def group(cluster_kubectl, hooks, authority):
    group = f"conversion{next(numbers)}.example.com"
    body = definition(group, f"https://localhost:{hooks.port}/convert", authority.bundle)
    cluster_kubectl("create", "-f", "-", input=body)
    cluster_kubectl("wait", "--for=condition=Established", f"crd/places.{group}", "--timeout=60s")
    yield group
    hooks.answers["/convert"] = convert
    cluster_kubectl("delete", "crd", f"places.{group}", "--wait=false")


def place(group, name="one", version="v1", **fields):
    return {"apiVersion": f"{group}/{version}", "kind": "Place", "metadata": {"name": name}, **(fields or {"hostPort": "h:80"})}


def test_both_versions_of_one_object(kubectl, group, hooks):
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    assert not hooks.seen
    one = kubectl.json("get", f"places.v2.{group}", "one")
    assert (one["apiVersion"], one["host"], one["port"]) == (f"{group}/v2", "h", "80") and "hostPort" not in one
    # The object had a value already when it was converted: the other version's default does not come in.
    assert one["flavour"] == "of-v1"
    question = hooks.questions("/convert")[-1]
    assert question["apiVersion"] == "apiextensions.k8s.io/v1"
    assert question["request"]["desiredAPIVersion"] == f"{group}/v2"
    assert [each["metadata"]["name"] for each in question["request"]["objects"]] == ["one"]
    kubectl("create", "--validate=false", "-f", "-", input=place(group, "two", "v2", host="g", port="90"))
    assert kubectl.json("get", f"places.v1.{group}", "two")["hostPort"] == "g:90"


def test_changes_in_the_other_version(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    changed = kubectl.json("patch", f"places.v2.{group}", "one", "--type=merge", "-p", '{"port":"81"}')
    assert changed["port"] == "81" and changed["metadata"]["generation"] == 2
    assert kubectl.json("get", f"places.v1.{group}", "one")["hostPort"] == "h:81"
    kubectl("delete", f"places.v2.{group}", "one")


def owners(kubectl, group, name="one"):
    entries = kubectl.json("get", f"places.v1.{group}", name, "--show-managed-fields")["metadata"]["managedFields"]
    return {one["manager"]: (one["apiVersion"].rsplit("/", 1)[1], sorted(one["fieldsV1"])) for one in entries}


def apply(kubectl, manager, body, *options, **more):
    return kubectl("apply", "--server-side", "--validate=false", f"--field-manager={manager}", "-f", "-", *options,
                   input=body, **more)  # fmt: skip


def test_owners_are_known_in_the_version_in_which_they_wrote(kubectl, group):
    apply(kubectl, "first", place(group, hostPort="h:80", flavour="x"))
    # What somebody changes elsewhere takes nothing from the owner of a field that has another name there.
    kubectl("patch", f"places.v2.{group}", "one", "--type=merge", "-p", '{"replicas":1}', "--field-manager=second")
    assert owners(kubectl, group) == {
        "first": ("v1", ["f:flavour", "f:hostPort"]), "second": ("v2", ["f:replicas"]),
    }  # fmt: skip
    # What changes a field under its other name does.
    kubectl("patch", f"places.v2.{group}", "one", "--type=merge", "-p", '{"port":"81"}', "--field-manager=third")
    assert owners(kubectl, group) == {
        "first": ("v1", ["f:flavour"]), "second": ("v2", ["f:replicas"]), "third": ("v2", ["f:port"]),
    }  # fmt: skip


def test_conflicts_over_fields_of_another_name(kubectl, group):
    apply(kubectl, "first", place(group, hostPort="h:80", flavour="x"))
    refused = apply(kubectl, "second", place(group, version="v2", host="g", port="80"), check=False)
    assert refused.returncode != 0 and 'conflict with "first": .hostPort' in refused.stderr
    apply(kubectl, "second", place(group, version="v2", host="g", port="80"), "--force-conflicts")
    assert owners(kubectl, group) == {"first": ("v1", ["f:flavour"]), "second": ("v2", ["f:host", "f:port"])}
    assert kubectl.json("get", f"places.v1.{group}", "one")["hostPort"] == "g:80"


def test_what_a_manager_applies_no_more_goes_in_whatever_version(kubectl, group):
    apply(kubectl, "first", place(group, hostPort="h:80", flavour="x"))
    apply(kubectl, "first", place(group, version="v2", flavour="x"))
    one = kubectl.json("get", f"places.v2.{group}", "one")
    assert "host" not in one and "port" not in one and one["flavour"] == "x"
    assert owners(kubectl, group) == {"first": ("v2", ["f:flavour"])}


def test_lists_are_converted_in_one_call(kubectl, group, hooks):
    for index in range(4):
        kubectl("create", "--validate=false", "-f", "-", input=place(group, f"one-{index}", hostPort=f"h:{index}"))
    hooks.seen.clear()
    items = kubectl.json("get", f"places.v2.{group}")["items"]
    assert [one["port"] for one in items] == ["0", "1", "2", "3"]
    # Or in none, where they were converted before.
    assert [len(one["request"]["objects"]) for one in hooks.questions("/convert")] in ([4], [])
    assert kubectl.out("get", f"places.v2.{group}", "--no-headers").count("\n") == 3


def test_watches(kubectl, group):
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    watch = kubectl.popen("get", f"places.v2.{group}", "--watch", "-o", "json", "--output-watch-events")
    timer = threading.Timer(120, watch.kill)
    timer.start()
    try:
        decoder, text = json.JSONDecoder(), ""
        def event():
            nonlocal text
            while True:
                try:
                    value, end = decoder.raw_decode(text.lstrip())
                    text = text.lstrip()[end:]
                    return value
                except ValueError:
                    line = watch.stdout.readline()
                    assert line, "the watch ended"
                    text += line

        first = event()
        assert (first["type"], first["object"]["port"]) == ("ADDED", "80")
        kubectl("patch", f"places.v1.{group}", "one", "--type=merge", "-p", '{"hostPort":"h:82"}')
        second = event()
        assert (second["type"], second["object"]["apiVersion"], second["object"]["port"]) == ("MODIFIED", f"{group}/v2", "82")
    finally:
        timer.cancel()
        watch.kill()
        watch.communicate()


def test_selections_look_at_the_version_of_the_request(api, group, namespace):
    def objects(version):
        return f"/apis/{group}/{version}/namespaces/{namespace}/places"

    def names(version, selector):
        return [one["metadata"]["name"] for one in api.get(objects(version), fieldSelector=selector)["items"]]

    for name, where in (("one", "h:80"), ("two", "g:80"), ("three", "g:81")):
        api.create(objects("v1"), place(group, name, hostPort=where))
    assert names("v2", "host=g") == ["three", "two"] and names("v2", "host=g,port!=81") == ["two"]
    assert names("v1", "hostPort=h:80") == ["one"]
    api.refused(400, "GET", objects("v1"), fieldSelector="host=g", says="field label not supported: host")
    page = api.get(objects("v2"), fieldSelector="host=g", limit=1)
    assert [one["port"] for one in page["items"]] == ["81"] and page["metadata"]["continue"]
    with api.watch(objects("v2"), fieldSelector="host=h", resourceVersion=page["metadata"]["resourceVersion"]) as watch:
        for name, where in (("three", "h:81"), ("one", "h:82"), ("two", "g:83"), ("three", "g:84")):
            api.patch(f"{objects('v1')}/{name}", {"hostPort": where})
        seen = [watch.next() for _ in range(3)]
        assert [(kind, one["metadata"]["name"], one["port"]) for kind, one in seen] == [
            ("ADDED", "three", "81"), ("MODIFIED", "one", "82"), ("DELETED", "three", "81"),
        ]  # fmt: skip
    with api.watch(objects("v2"), fieldSelector="host=h") as watch:
        kind, one = watch.next()
        assert (kind, one["metadata"]["name"]) == ("ADDED", "one")
    api.delete(objects("v2"), fieldSelector="host=g")
    assert names("v2", "") == ["one"]


def test_another_version_becomes_the_stored_one(cluster_kubectl, kubectl, group, hooks, authority):
    kubectl("create", "--validate=false", "-f", "-", input=place(group, "old"))
    body = definition(group, f"https://localhost:{hooks.port}/convert", authority.bundle, storage="v2")
    cluster_kubectl("replace", "-f", "-", input=body)
    cluster_kubectl("wait", "--for=jsonpath={.status.storedVersions[1]}=v2", f"crd/places.{group}", "--timeout=60s")
    kubectl("create", "--validate=false", "-f", "-", input=place(group, "new", hostPort="n:1"))
    for version, fields in (("v1", ["n:1", "h:80"]), ("v2", ["n", "h"])):
        items = kubectl.json("get", f"places.{version}.{group}")["items"]
        assert [one["apiVersion"] for one in items] == [f"{group}/{version}"] * 2
        assert [one.get("hostPort") or one.get("host") for one in items] == fields
    # A write that changes nothing still brings the object into the version that is stored now.
    before = kubectl.json("get", f"places.v1.{group}", "old")["metadata"]["resourceVersion"]
    one = kubectl.json("get", f"places.v1.{group}", "old")
    kubectl("replace", "--validate=false", "-f", "-", input=one)
    assert kubectl.json("get", f"places.v1.{group}", "old")["metadata"]["resourceVersion"] != before
    hooks.seen.clear()
    assert kubectl.json("get", f"places.v2.{group}", "old")["host"] == "h" and not hooks.seen


def test_only_labels_and_annotations_may_change(kubectl, group, hooks):
    kubectl("create", "--validate=false", "-f", "-", input=place(group))

    def change(one):
        one["metadata"].update(
            labels={"by": "hook"}, annotations={"by": "hook"}, finalizers=["x/y"], generation=77, resourceVersion="9"
        )
        return one

    before = kubectl.json("get", f"places.v1.{group}", "one")["metadata"]
    hooks.answers["/convert"] = lambda review: convert(review, change)
    after = kubectl.json("get", f"places.v2.{group}", "one")["metadata"]
    assert after["labels"] == {"by": "hook"} == after["annotations"]
    for name in ("uid", "generation", "resourceVersion", "creationTimestamp"):
        assert after[name] == before[name]
    assert "finalizers" not in after


def spoiled(**fields):
    def change(one):
        one.update({name: value for name, value in fields.items() if name != "metadata"})
        one["metadata"].update(fields.get("metadata", {}))
        return one

    return lambda review: convert(review, change)


@pytest.mark.parametrize(
    "answer, words",
    [
        (spoiled(metadata={"name": "other"}), "returned invalid object: must have the same name: one != other"),
        (spoiled(metadata={"uid": "7"}), "must have the same UID: "),
        (spoiled(metadata={"labels": {"a b": "c"}}), "metadata.labels: Invalid value: \"a b\""),
        (spoiled(kind="Other"), "invalid kind (expected Place, received Other)"),
        (spoiled(apiVersion="x/v9"), "invalid groupVersion (expected "),
        (lambda review: {**convert(review), "kind": "Other"}, 'failed: no kind "Other" is registered for version "apiextensions.k8s.io/v1" in scheme '),
        (lambda review: {**convert(review), "response": {"uid": review["request"]["uid"], "result": {"status": "Failed", "message": "cannot do it"}}}, "failed: cannot do it"),
        (lambda review: {**convert(review), "response": {"uid": review["request"]["uid"], "result": {"status": "Success"}, "convertedObjects": []}}, "returned 0 objects, expected 1"),
        (lambda review: {**convert(review), "response": {"uid": "x"}}, 'failed: expected response.uid="'),
        (lambda review: (500, {}, b"broken"), 'failed: an error on the server ("unknown") has prevented the request from succeeding'),
    ],
)  # fmt: skip
def test_answers_that_are_none(kubectl, group, hooks, raw, namespace, answer, words):
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    hooks.answers["/convert"] = answer
    status, _, body = raw("GET", f"/apis/{group}/v2/namespaces/{namespace}/places/one")
    assert status == 500 and body["message"].startswith(f"conversion webhook for {group}/v1, Kind=Place ")
    assert words in body["message"], body["message"]
    # The version that is stored asks nobody.
    assert kubectl.json("get", f"places.v1.{group}", "one")["hostPort"] == "h:80"


def test_what_cannot_be_converted_is_told_before_what_is_there(api, group, hooks, namespace):
    api.create(f"/apis/{group}/v1/namespaces/{namespace}/places", place(group))
    hooks.answers["/convert"] = lambda review: (500, {}, b"broken")
    again = place(group, version="v2", host="h", port="80")
    api.refused(500, "POST", f"/apis/{group}/v2/namespaces/{namespace}/places", again, says="conversion webhook for ")
    hooks.answers["/convert"] = convert
    api.refused(409, "POST", f"/apis/{group}/v2/namespaces/{namespace}/places", again, says="already exists")


def test_nobody_there(cluster_kubectl, kubectl, authority):
    group = f"conversion{next(numbers)}.example.com"
    cluster_kubectl("create", "-f", "-", input=definition(group, "https://127.0.0.1:1/convert", authority.bundle))
    cluster_kubectl("wait", "--for=condition=Established", f"crd/places.{group}", "--timeout=60s")
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    kubectl.fails(
        "get", f"places.v2.{group}", "one",
        says=f'Error from server: conversion webhook for {group}/v1, Kind=Place failed: Post "https://127.0.0.1:1/convert?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused',
    )  # fmt: skip
    # What cannot be converted can be removed.
    kubectl("delete", f"places.v1.{group}", "one")
    cluster_kubectl("delete", "crd", f"places.{group}")


def test_authorities_that_are_none(cluster_kubectl, authority):
    """Nothing is served that could not be converted; with an authority that can be read it is."""
    group = f"conversion{next(numbers)}.example.com"
    body = definition(group, "https://localhost:1/convert", base64.b64encode(b"no certificate").decode())
    cluster_kubectl("create", "-f", "-", input=body)
    try:
        cluster_kubectl("wait", "--for=condition=NamesAccepted", f"crd/places.{group}", "--timeout=60s")
        conditions = cluster_kubectl.json("get", "crd", f"places.{group}")["status"]["conditions"]
        (one,) = [one for one in conditions if one["type"] == "Established"]
        assert (one["status"], one["reason"]) == ("False", "InvalidCABundle")
        cluster_kubectl.fails("get", "--raw", f"/apis/{group}/v1", says="could not find the requested resource")
        body["spec"]["conversion"]["webhook"]["clientConfig"]["caBundle"] = authority.bundle
        cluster_kubectl("replace", "-f", "-", input=body)
        cluster_kubectl("wait", "--for=condition=Established", f"crd/places.{group}", "--timeout=60s")
    finally:
        cluster_kubectl("delete", "crd", f"places.{group}")


def test_without_a_webhook_versions_have_the_same_fields(cluster_kubectl, kubectl):
    """Objects are told in the version that is asked for, also where they were stored in another one."""
    group = f"conversion{next(numbers)}.example.com"
    body = definition(group, "https://localhost:1/", "")
    body["spec"]["conversion"] = {"strategy": "None"}
    cluster_kubectl("create", "-f", "-", input=body)
    cluster_kubectl("wait", "--for=condition=Established", f"crd/places.{group}", "--timeout=60s")
    kubectl("create", "--validate=false", "-f", "-", input=place(group))
    for version in body["spec"]["versions"]:
        version["storage"] = version["name"] == "v2"
    cluster_kubectl("replace", "-f", "-", input=body)
    cluster_kubectl("wait", "--for=jsonpath={.status.storedVersions[1]}=v2", f"crd/places.{group}", "--timeout=60s")
    for version in ("v1", "v2"):
        assert kubectl.json("get", f"places.{version}.{group}", "one")["apiVersion"] == f"{group}/{version}"
        assert kubectl.json("get", f"places.{version}.{group}")["items"][0]["apiVersion"] == f"{group}/{version}"
    # Fields that only the other version has are not told.
    assert kubectl.json("get", f"places.v1.{group}", "one")["hostPort"] == "h:80"
    assert "hostPort" not in kubectl.json("get", f"places.v2.{group}", "one")
    cluster_kubectl("delete", "crd", f"places.{group}", "--wait=false")
