"""OpenAPI documents: what explains kinds, and what clients check objects by before they send them."""

import json

import pytest
import wire
from test_custom_resources import definition

PROTOBUF = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
OLD_PROTOBUF = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
PROTOBUF_3 = "application/com.github.proto-openapi.spec.v3.v1.0+protobuf"
OLD_PROTOBUF_3 = "application/com.github.proto-openapi.spec.v3@v1.0+protobuf"


@pytest.fixture
def documents(raw):
    status, headers, index = raw("GET", "/openapi/v3")
    assert status == 200 and headers["Content-Type"].startswith("application/json")
    return {path: entry["serverRelativeURL"] for path, entry in index["paths"].items()}


def references(value, found):
    if isinstance(value, dict):
        for key, member in value.items():
            if key == "$ref" and isinstance(member, str):
                found.add(member.rsplit("/", 1)[1])
            else:
                references(member, found)
    elif isinstance(value, list):
        for member in value:
            references(member, found)
    return found


def test_every_document_is_whole(raw, documents):
    for path in ("api/v1", "apis/apps/v1", "apis/batch/v1", "apis/rbac.authorization.k8s.io/v1"):
        assert path in documents
    for path, url in documents.items():
        status, _, document = raw("GET", url)
        assert status == 200 and document["openapi"].startswith("3.0"), path
        assert references(document, set()) <= set(document["components"]["schemas"]), path
        ids = [one["operationId"] for item in document["paths"].values() for method, one in item.items()
               if method in ("get", "put", "post", "patch", "delete")]  # fmt: skip
        assert ids and len(ids) == len(set(ids)), path


def test_documents_are_kept_by_their_hashes(raw, documents):
    url = documents["apis/apps/v1"]
    status, headers, _ = raw("GET", url)
    tag = headers["Etag"]
    assert status == 200 and tag.strip('"') == url.rsplit("=", 1)[1]
    assert headers["Cache-Control"] == "public, immutable" and "GMT" in headers["Expires"]
    assert "Accept" in headers["Vary"]
    status, headers, _ = raw("GET", url, headers={"If-None-Match": tag})
    assert status == 304 and headers["Etag"] == tag
    assert raw("GET", url, headers={"If-None-Match": '"other"'})[0] == 200
    # Without a hash, or with an old one, nobody is told to keep what comes.
    status, headers, _ = raw("GET", "/openapi/v3/apis/apps/v1")
    assert status == 200 and headers["Etag"] == tag and "immutable" not in headers.get("Cache-Control", "")
    status, headers, _ = raw("GET", "/openapi/v3/apis/apps/v1?hash=0123")
    assert status == 200 and headers["Etag"] == tag, "the redirection was not followed to the document"
    assert raw("GET", "/openapi/v3/apis/none.example.com/v1")[0] == 404


def test_version_2_by_accept(raw):
    status, headers, document = raw("GET", "/openapi/v2")
    assert status == 200 and document["swagger"] == "2.0" and headers["Content-Type"].startswith("application/json")
    assert raw("GET", "/openapi/v2", headers={"If-None-Match": headers["Etag"]})[0] == 304
    assert references(document, set()) <= set(document["definitions"])
    for accept in (PROTOBUF, f"{PROTOBUF},application/json;q=0.5", OLD_PROTOBUF):
        status, headers, data = raw("GET", "/openapi/v2", headers={"Accept": accept}, parse=bytes)
        assert status == 200 and headers["Content-Type"] == PROTOBUF
        assert wire.one(data, 1) == "2.0"
        assert set(wire.texts(data, 9, 1, 1)) == set(document["definitions"])
        assert set(wire.texts(data, 8, 2, 1)) == set(document["paths"])
    status, _, error = raw("GET", "/openapi/v2", headers={"Accept": "text/html"})
    assert status == 406 and error["reason"] == "NotAcceptable"


def test_version_3_in_protobuf(raw, documents):
    """Clients written in Go ask for it; the tag is that of the JSON, which the index names."""
    url = documents["apis/apps/v1"]
    document, tag = raw("GET", url)[2], raw("GET", url)[1]["Etag"]
    for accept in (PROTOBUF_3, OLD_PROTOBUF_3, f"{OLD_PROTOBUF_3}, application/json;q=0.5"):
        status, headers, data = raw("GET", url, headers={"Accept": accept}, parse=bytes)
        assert (status, headers["Content-Type"], headers["Etag"]) == (200, PROTOBUF_3, tag)
        assert headers["Cache-Control"] == "public, immutable" and "Accept" in headers["Vary"]
        assert wire.one(data, 1) == "3.0.0"
        assert set(wire.texts(data, 4, 1, 1)) == set(document["paths"])
        assert set(wire.texts(data, 5, 1, 1, 1)) == set(document["components"]["schemas"])
    assert raw("GET", url, headers={"Accept": OLD_PROTOBUF_3, "If-None-Match": tag})[0] == 304
    assert raw("GET", url, headers={"Accept": f"application/json, {OLD_PROTOBUF_3}"})[2] == document
    assert raw("GET", url, headers={"Accept": "text/html"})[0] == 406


def test_explain(cluster_kubectl):
    tree = cluster_kubectl.out("explain", "--recursive", "deployments")
    for words in ("KIND:", "Deployment", "spec\t<DeploymentSpec>", "terminationGracePeriodSeconds\t<integer>"):
        assert words in tree
    for arguments in (("--output=plaintext",), ("--output=plaintext-openapiv2",)):
        words = cluster_kubectl.out("explain", "pod.spec.containers.ports.protocol", *arguments)
        assert "protocol <string>" in words and "KIND:" in words
    cluster_kubectl.fails("explain", "pod.spec.nothing", says='field "nothing" does not exist')


def test_objects_are_checked(kubectl):
    wrong = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "one"}, "date": {}}
    for verb in ("create", "apply"):
        kubectl.fails(verb, "-f", "-", input=wrong, says='unknown field "date"')
    assert "unknown field" in kubectl("create", "--validate=warn", "-f", "-", input=wrong).stderr
    done = kubectl("apply", "--validate=ignore", "-f", "-", input={**wrong, "metadata": {"name": "two"}})
    assert "unknown field" not in done.stderr
    kubectl.fails(
        "apply", "-f", "-", says="cannot unmarshal number",
        input={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "three"}, "data": {"a": 1}},
    )  # fmt: skip
    kubectl("apply", "--dry-run=server", "-f", "-",
            input={"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "three"}, "data": {"a": "1"}})  # fmt: skip


def test_custom_kinds_follow(cluster_kubectl, raw, documents):
    group = "openapi.example.com"
    path = f"apis/{group}/v1"
    assert path not in documents
    crd = f"crd/vpcservices.{group}"
    try:
        cluster_kubectl("create", "-f", "-", input=definition(group))
        cluster_kubectl("wait", "--for=condition=Established", crd, "--timeout=60s")
        index = raw("GET", "/openapi/v3")[2]["paths"]
        # Nobody is made to fetch again what has not changed.
        assert {key: entry["serverRelativeURL"] for key, entry in index.items() if key != path} == documents
        document = raw("GET", index[path]["serverRelativeURL"])[2]
        name = "com.example.openapi.v1.VpcService"
        kind = document["components"]["schemas"][name]
        assert kind["x-kubernetes-group-version-kind"] == [{"group": group, "version": "v1", "kind": "VpcService"}]
        assert kind["properties"]["spec"]["properties"]["replicas"]["default"] == 2
        assert f"/apis/{group}/v1/namespaces/{{namespace}}/vpcservices/{{name}}/scale" in document["paths"]
        assert name in raw("GET", "/openapi/v2")[2]["definitions"]
        # kubectl believes for some minutes what it has found out of groups; this makes it look again.
        assert "vpcservices" in cluster_kubectl.out("api-resources", "--api-group", group)
        assert "cidr\t<string>" in cluster_kubectl.out("explain", "--recursive", f"vpcservices.{group}")

        change = [{"op": "add", "path": "/spec/versions/0/schema/openAPIV3Schema/properties/spec/properties/color",
                   "value": {"type": "string"}}]  # fmt: skip
        cluster_kubectl("patch", crd, "--type=json", "-p", json.dumps(change))
        changed = raw("GET", "/openapi/v3")[2]["paths"][path]["serverRelativeURL"]
        assert changed != index[path]["serverRelativeURL"]
        assert "color" in json.dumps(raw("GET", changed)[2])
    finally:
        cluster_kubectl("delete", crd, "--timeout=60s", check=False)
    assert path not in raw("GET", "/openapi/v3")[2]["paths"]
    assert raw("GET", f"/openapi/v3/{path}")[0] == 404
