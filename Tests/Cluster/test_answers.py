"""How answers are written, as clients and people see it."""

import json

import pytest
from interface import PATCHES, pod, unique

HUMAN = ["curl/8.5.0", "Wget/1.21", "Mozilla/5.0 (X11)"]


@pytest.fixture
def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


def test_answers_end_their_line(api, maps):
    made = api.send("POST", maps, {"metadata": {"name": "m"}, "data": {"a": "1"}})
    assert made.status == 201
    for answer in (
        made, api.send("GET", maps + "/m"), api.send("GET", maps), api.send("GET", "/api/v1"), api.send("GET", "/apis"),
        api.send("PATCH", maps + "/m", {"data": {"b": "2"}}, headers={"Content-Type": "application/merge-patch+json"}),
        api.send("GET", maps, headers={"Accept": "application/json;as=Table;g=meta.k8s.io;v=v1"}),
        api.send("GET", maps + "/m", headers={"Accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}),
        api.send("POST", maps, {"metadata": {"name": "m"}}), api.send("GET", maps + "/none"), api.send("DELETE", maps + "/m"),
    ):  # fmt: skip
        assert answer.bytes.endswith(b"}\n") and answer.bytes.count(b"\n") == 1, answer
        assert int(answer.headers.get("Content-Length", len(answer.bytes))) == len(answer.bytes)


@pytest.mark.parametrize("agent", HUMAN)
def test_people_get_indented_answers(api, maps, agent):
    api.create(maps, {"metadata": {"name": "m"}, "data": {"a": "1"}})
    headers = {"User-Agent": agent}
    for path in (maps + "/m", maps + "/none", "/api/v1", "/apis", "/apis/apps"):
        shown = api.send("GET", path, headers=headers).bytes
        assert shown.startswith(b'{\n  "') and shown.endswith(b"\n}"), shown
        plain = api.send("GET", path, headers=headers, pretty="false").bytes
        assert plain.count(b"\n") <= 1 and json.loads(plain) == json.loads(shown)


def test_indented_where_asked_for(api, maps):
    assert api.send("GET", maps, pretty="true").bytes.startswith(b'{\n  "kind"')
    assert api.send("GET", maps, pretty="1").bytes.startswith(b'{\n  "kind"')
    for path in ("/version", "/"):
        shown = api.send("GET", path).bytes
        assert shown.startswith(b'{\n  "') and shown.endswith(b"\n}"), shown


def test_the_version_is_told_in_json_alone(api):
    for accept in ("application/*", "text/plain"):
        api.refused(
            406, "GET", "/version", headers={"Accept": accept}, says="406: Not Acceptable\n\nAvailable representations: application/json")
    for accept in ("*/*", "application/yaml, application/json;q=0.1"):
        assert api.get("/version", headers={"Accept": accept})["major"] == "1"


def test_what_a_patch_cannot_make(kubectl, api, namespace):
    """The words for what is of a wrong type depend on who finds it."""
    kubectl("create", "-f", "-", input=pod())
    stderr = kubectl.fails("patch", "pod", "pod", "-p", '{"metadata":{"labels":"invalid"}}', says="cannot restore map from string")
    assert "patch: Invalid value" in stderr
    kubectl.fails("patch", "pod", "pod", "-p", '{"spec":{"activeDeadlineSeconds":"x"}}', says="unrecognized type: int64")
    kubectl.fails("patch", "pod", "pod", "-p", '{"spec":{"nodeName":5}}', says="cannot convert int64 to string")
    kubectl.fails(
        "patch", "pod", "pod", "--type=merge", "-p", '{"metadata":{"labels":"invalid"}}',
        says="json: cannot unmarshal string into Go struct field ObjectMeta.metadata.labels of type map[string]string",
    )  # fmt: skip
    assert api.get(f"/api/v1/namespaces/{namespace}/pods/pod")["metadata"]["labels"] == {"app": "pod"}


# Paths in the order in which strict decoding of a patch tells them: what stands there twice, then what is unknown by its name.
TWICE = ["spec.unknownDupe", "spec.paused", "spec.template.spec.containers[0].imagePullPolicy"]
UNKNOWN = ["spec.template.spec.containers[0].unknownNested", "spec.unknown1", "spec.unknownDupe"]
MERGED = (
    b'{"spec":{"unknown1":"a","unknownDupe":"a","unknownDupe":"b","paused":true,"paused":false,"template":{"spec":{"containers":['
    b'{"name":"web","image":"i","unknownNested":"a","imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}'
)
OPERATIONS = (
    b'[{"op":"add","path":"/spec/unknown2","value":"a","foo":"bar"},{"op":"add","path":"/spec/x","path":"/spec/unknown1","value":"a"},'
    b'{"op":"add","path":"/spec/template/spec/containers/0/unknownNested","value":"a"}]'
)
PROBLEMS = {
    "merge": (MERGED, [f'duplicate field "{one}"' for one in TWICE] + [f'unknown field "{one}"' for one in UNKNOWN]),
    "strategic": (MERGED, [f'duplicate field "{one}"' for one in TWICE] + [f'unknown field "{one}"' for one in UNKNOWN]),
    "json": (
        OPERATIONS,
        ['json patch unknown field "[0].foo"', 'json patch duplicate field "[1].path"']
        + [f'unknown field "{one}"' for one in (UNKNOWN[0], "spec.unknown1", "spec.unknown2")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", sorted(PROBLEMS))
def test_what_strict_decoding_says_of_patches(kubectl, api, namespace, kind):
    kubectl("create", "deployment", "web", "--image=i", "--replicas=0")
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    patch, problems = PROBLEMS[kind]
    headers = {"Content-Type": PATCHES[kind]}
    failure = api.refused(422, "PATCH", path, patch, headers=headers, fieldValidation="Strict")
    assert failure["details"]["causes"][0]["message"].endswith("strict decoding error: " + ", ".join(problems)), failure
    warned = api.send("PATCH", path, patch, headers=headers, fieldValidation="Warn", dryRun="All")
    assert warned.status == 200
    texts = [one.split(" ", 2)[2][1:-1].replace('\\"', '"') for one in warned.headers.getlist("Warning")]
    assert texts == problems
    ignored = api.send("PATCH", path, patch, headers=headers, fieldValidation="Ignore")
    assert ignored.status == 200 and "Warning" not in ignored.headers


def test_a_driver_may_be_part_of_something(api):
    """Classes of volumes and of their attributes name provisioners, which are qualified names."""
    root = "/apis/storage.k8s.io/v1"
    name = unique("part")
    body = {"metadata": {"name": name}, "driverName": "example.com/driver", "parameters": {"a": "b"}}
    api.create(f"{root}/volumeattributesclasses", body)
    api.delete(f"{root}/volumeattributesclasses/{name}")
    api.refused(422, "POST", f"{root}/volumeattributesclasses", {**body, "driverName": "/driver"}, says="driverName: Invalid value")


def test_forms_that_are_none_are_not_taken(api, namespace):
    """A group or a version is that of a shape, which must be named; of meta.k8s.io's own objects there is one version."""
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    for form in ("g=meta.k8s.io;v=v1", "v=v1", "sv=v2", "as=Service;g=;v=v1", "as=PartialObject;g=meta.k8s.io;v=v1"):
        api.refused(406, "GET", maps, headers={"Accept": f"application/json;{form}"}, says="only the following media types are accepted")
        assert api.get(maps, headers={"Accept": f"application/json;{form},application/json"})["kind"] == "ConfigMapList"
    assert api.get(maps, headers={"Accept": "application/json;sv=v1"})["kind"] == "ConfigMapList"
    lines = [len(api.send("GET", maps, headers={"Accept": f"application/json{form}"}).bytes.splitlines()) for form in ("", ";pretty=1")]
    assert lines[0] == 1 < lines[1]
