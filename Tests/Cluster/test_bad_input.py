"""What no client should send: the server says so in the API's words, and goes on as before."""

import json
import socket
import ssl
import threading
import time
import urllib.parse

import pytest
from definitions import defined, version
from interface import PATCHES, eventually, pod, unique

MEGABYTE = 1 << 20
YAML = {"Content-Type": "application/yaml"}


@pytest.fixture
def maps(namespace):
    return f"/api/v1/namespaces/{namespace}/configmaps"


@pytest.fixture(autouse=True)
def alive(api):
    """Whatever a test has sent: the server answers afterwards."""
    yield
    assert api.send("GET", "/readyz").status == 200


def refused(api, method, path, body=None, statuses=(400, 422), headers=None, **query):
    """The Status of what must be refused as the client's fault. An apply that does not fit the schema ends with a 500 that
    has no reason, there as with kube-apiserver."""
    answer = api.send(method, path, body, headers, **query)
    assert answer.status in statuses, answer
    status = answer.body
    assert status["kind"] == "Status" and status["apiVersion"] == "v1" and status["status"] == "Failure"
    assert status["code"] == answer.status and status["message"], status
    assert status["reason"] if answer.status != 500 else "reason" not in status, status
    return status


BODIES = {
    "nothing": b"", "white space": b" \n\t", "no object": b"[]", "a number": b"7", "a text": b'"x"', "null": b"null",
    "half an object": b'{"metadata":{"name":"x"}', "behind it": b'{"metadata":{"name":"x"}} trailing', "a comma": b'{"metadata":{"name":"x",}}',
    "single quotes": b"{'metadata':{'name':'x'}}", "a comment": b'{/*x*/"metadata":{"name":"x"}}', "NaN": b'{"data":{"a":NaN}}',
    "bad UTF-8": b'{"metadata":{"name":"x"},"data":{"a":"\xff\xfe"}}x', "cut UTF-8": b'{"metadata":{"name":"\xe2\x82"}}',
    "a lone surrogate": b'{"metadata":{"name":"\\ud800"}}', "a raw control": b'{"metadata":{"name":"a\x01b"}}', "nul": b'{"metadata":{"name":"a\\u0000b"}}',
    "a bad escape": b'{"metadata":{"name":"\\x"}}', "leading zero": b'{"metadata":{"generation":01}}', "plus": b'{"metadata":{"generation":+1}}',
    "huge exponent": b'{"metadata":{"generation":1e999999}}', "too large": b'{"metadata":{"generation":99999999999999999999}}',
    "a fraction": b'{"metadata":{"generation":1.5}}', "deep arrays": b"[" * 100_000, "deep objects": b'{"a":' * 100_000,
    "deep and closed": b'{"metadata":{"name":"x"},"data":' + b"[" * 20_000 + b"]" * 20_000 + b"}", "gzip that is none": b"\x1f\x8b\x08\x00junk",
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(BODIES))
def test_bodies_that_are_no_json(api, maps, what):
    refused(api, "POST", maps, BODIES[what])


def test_bad_utf8_is_replaced_as_in_go(api, maps):
    """Go's decoder puts U+FFFD in place of what is not UTF-8: then it is a text like any other, or refused; never kept."""
    answer = api.send("POST", maps, b'{"metadata":{"name":"odd"},"data":{"a":"\xff"}}')
    assert answer.status in (201, 400)
    if answer.status == 201:
        assert api.get(f"{maps}/odd")["data"]["a"] == "\ufffd"


YAMLS = {
    "a tab": "metadata:\n\tname: x\n", "an unknown alias": "metadata: *nothing\n", "an alias of itself": "a: &a [*a]\n",
    "an unclosed flow": "metadata: {name: x\n", "an unclosed quote": 'metadata: "x\n', "two on a line": "a: b: c\n",
    "a directive": "%YAML 9.9\n---\na: b\n", "a list": "- a\n- b\n", "a bad tag": "a: !!int x\n", "a key that is a map": "? {a: b}\n: c\n",
    "deep flow": "a: " + "[" * 50_000, "deep block": "\n".join(" " * one + "a:" for one in range(1_000)), "a control": "a: \x01\n",
}  # fmt: skip


@pytest.mark.parametrize("what", sorted(YAMLS))
def test_bodies_that_are_no_yaml(api, maps, what):
    refused(api, "POST", maps, YAMLS[what].encode(), headers=YAML)


def bomb(levels, width):
    """Aliases of aliases: a small text that would be an enormous value (CVE-2019-11253)."""
    lines = ["a0: &a0 [" + ",".join(["x"] * width) + "]"]
    for level in range(1, levels):
        lines.append(f"a{level}: &a{level} [" + ",".join([f"*a{level - 1}"] * width) + "]")
    return "\n".join([*lines, "apiVersion: v1", "kind: ConfigMap", "metadata: {name: bomb}", ""])


@pytest.mark.parametrize("levels, width", [(9, 9), (20, 9), (12, 30), (400, 2)])
def test_yaml_bombs(api, maps, levels, width):
    refused(api, "POST", maps, bomb(levels, width).encode(), headers=YAML)
    refused(api, "PATCH", f"{maps}/bomb", bomb(levels, width).encode(), headers={"Content-Type": PATCHES["apply"]}, fieldManager="x")


def test_quadratic_texts(api, maps):
    """A long text under an anchor, named very often."""
    text = "a: &a " + "x" * 100_000 + "\nb: [" + ",".join(["*a"] * 2_000) + "]\n"
    refused(api, "POST", maps, text.encode(), statuses=(400, 413, 422), headers=YAML)


def test_sizes(api, maps):
    assert api.send("POST", maps, {"metadata": {"name": "fits"}, "data": {"a": "x" * (MEGABYTE - 100)}}).status == 201
    failure = refused(api, "POST", maps, {"metadata": {"name": "more"}, "data": {"a": "x" * (MEGABYTE + 1)}}, statuses=(422,))
    assert "may not be more than 1048576 bytes" in failure["message"], failure
    large = b'{"metadata":{"name":"x"},"data":{"a":"' + b"x" * (3 * MEGABYTE + 10_000) + b'"}}'
    failure = refused(api, "POST", maps, large, statuses=(413,))
    assert failure["reason"] == "RequestEntityTooLarge", failure
    failure = refused(api, "PATCH", f"{maps}/fits", large, statuses=(413,), headers={"Content-Type": PATCHES["merge"]})
    assert api.send("POST", maps, b" " * (64 * MEGABYTE)).status in (400, 413)


def test_many_members(api, maps):
    """A hundred thousand members, labels, annotations, finalizers: judged in a time that grows with them."""
    many = {f"key-{one}": "x" for one in range(60_000)}
    answer = api.send("POST", maps, {"metadata": {"name": "many"}, "data": many})
    assert answer.status in (201, 413, 422)
    refused(api, "POST", maps, {"metadata": {"name": "marked", "annotations": {f"a-{one}": "x" * 10 for one in range(60_000)}}})
    refused(api, "POST", maps, {"metadata": {"name": "x", "ownerReferences": [{"kind": "x"}] * 3_000}})
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "x", "uid": "y", "controller": True}
    others = [{**owner, "name": f"x{one}"} for one in range(3_000)]
    refused(api, "POST", maps, {"metadata": {"name": "x", "ownerReferences": others}})
    # One owner that is named again and again is named once.
    once = api.send("POST", maps, {"metadata": {"name": "owned", "ownerReferences": [owner] * 3_000}})
    assert once.status == 201 and once.body["metadata"]["ownerReferences"] == [owner], once
    twice = b'{"metadata":{"name":"twice"},"data":{' + b",".join([b'"a":"b"'] * 50_000) + b"}}"
    assert api.send("POST", maps, twice).status == 201
    refused(api, "POST", maps, twice.replace(b"twice", b"three"), fieldValidation="Strict")


def test_a_copy_bomb(api, maps):
    """A JSON patch that copies a value into itself again and again."""
    api.create(maps, {"metadata": {"name": "seed"}, "data": {"a": "x" * 1000}})
    patch = [{"op": "add", "path": "/x", "value": [["y" * 100] * 10]}]
    patch += [{"op": "copy", "from": "/x", "path": "/x/-"}] * 200
    refused(api, "PATCH", f"{maps}/seed", patch, statuses=(400, 413, 422), headers={"Content-Type": PATCHES["json"]})
    assert api.get(f"{maps}/seed")["data"] == {"a": "x" * 1000}


def test_too_many_operations(api, maps):
    """Upstream takes ten thousand operations in one JSON patch."""
    api.create(maps, {"metadata": {"name": "seed"}})
    patch = [{"op": "add", "path": "/metadata/annotations", "value": {"a": "b"}}] * 10_001
    failure = refused(api, "PATCH", f"{maps}/seed", patch, statuses=(413,), headers={"Content-Type": PATCHES["json"]})
    assert "The allowed maximum operations in a JSON patch is 10000, got 10001" in failure["message"]


PATCHED = [
    ("json", b"{}"), ("json", b"[{}]"), ("json", b'[{"op":"nothing","path":"/a"}]'), ("json", b'[{"op":"add","path":"a","value":1}]'),
    ("json", b'[{"op":"remove","path":"/data/missing"}]'),
    ("json", b'[{"op":"move","from":"/missing","path":"/x"}]'),
    ("json", b'[{"op":"test","path":"/metadata/name","value":"other"}]'), ("json", b'[{"op":"add","path":"/metadata/finalizers/99","value":"a"}]'),
    ("json", b'[{"op":"add","path":"/metadata/finalizers/-5","value":"a"}]'), ("json", b'[{"op":"replace","path":"","value":[]}]'),
    ("json", b'[{"op":"replace","path":"/metadata","value":7}]'), ("json", b'[{"op":"remove","path":"/kind"},{"op":"add","path":"/kind","value":7}]'),
    ("merge", b"[]"), ("merge", b"7"), ("merge", b'{"metadata":7}'), ("merge", b'{"data":{"a":{"b":"c"}}}'), ("merge", b'{"kind":"Pod"}'),
    ("merge", b'{"metadata":{"labels":{"a":5}}}'), ("merge", b'{"metadata":{"name":"other"}}'), ("merge", b'{"metadata":{"ownerReferences":"x"}}'),
    ("strategic", b"[]"), ("strategic", b'{"$patch":"nonsense"}'), ("strategic", b'{"metadata":{"$retainKeys":7}}'),
    ("strategic", b'{"metadata":{"finalizers":{"a":"b"}}}'), ("strategic", b'{"metadata":{"$setElementOrder/finalizers":"x"}}'),
    ("apply", b"[]"), ("apply", b"a: b: c"), ("apply", b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"other"}}'),
    ("apply", b'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"seed"}}'), ("apply", b'{"apiVersion":"v1","kind":"ConfigMap","data":7}'),
    ("apply", b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"managedFields":[{"manager":"x"}]}}'),
    ("apply", b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"ownerReferences":[{"uid":"a"},{"uid":"a"}]}}'),
]  # fmt: skip


@pytest.mark.parametrize("kind, patch", PATCHED)
def test_patches(api, maps, kind, patch):
    seed = api.create(maps, {"metadata": {"name": "seed", "labels": {"a": "b"}}, "data": {"a": "b"}})
    more = {"fieldManager": "tests"} if kind == "apply" else {}
    untyped = b'"data":7' in patch or b'"ownerReferences":[' in patch
    unfit = b"nonsense" in patch or b"$setElementOrder" in patch
    statuses = (500,) if kind == "apply" and untyped or kind == "strategic" and unfit else (400, 409, 422)
    refused(api, "PATCH", f"{maps}/seed", patch, statuses=statuses, headers={"Content-Type": PATCHES[kind]}, **more)
    assert api.get(f"{maps}/seed") == seed


UNDECODED = "error decoding YAML: error unmarshaling JSON: while decoding JSON: json:"


def test_patches_that_say_nothing(api, maps):
    seed = api.create(maps, {"metadata": {"name": "seed"}, "data": {"a": "b"}})

    def patched(kind, patch):
        return api.send("PATCH", f"{maps}/seed", patch, {"Content-Type": PATCHES[kind]}, fieldManager="tests")

    for kind in ("json", "strategic"):
        assert patched(kind, b"null").body == seed
    for kind, patch, message in [
        ("merge", b"null", "Invalid JSON Patch"),
        ("merge", b"", "error decoding patch: unexpected end of JSON input"),
        ("strategic", b"", "unexpected end of JSON input"),
        ("strategic", b"[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        ("apply", b"", "invalid object type: /, Kind="),
        ("apply", b"null", "invalid object type: /, Kind="),
        ("apply", b'"text"', f"{UNDECODED} cannot unmarshal string into Go value of type map[string]interface {{}}"),
        ("apply", b"[]", f"{UNDECODED} cannot unmarshal array into Go value of type map[string]interface {{}}"),
    ]:
        answer = patched(kind, patch)
        assert (answer.status, answer.body["message"]) == (400, message)
    assert api.get(f"{maps}/seed") == seed


SELECTORS = [
    "a=b=c", "a in", "a in (", "a in (b", "a in b", "a notin ()", "=b", "!", "!a=b", "a,,b", ",", "a b", "a>b>c", "a>x", "(a)", "a in (b,,c)", "/a",
    "a/b/c=d", "-a=b", "a=b c", "a=" + "x" * 64, "x" * 64 + "=a", "a==", "\x00=a", "é=a", "a=é", "a in (" * 1000, "a," * 20_000 + "=",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(SELECTORS)))
def test_label_selectors(api, maps, number):
    selector = SELECTORS[number]
    answer = api.send("GET", maps, labelSelector=selector)
    # Empty values are values, and NUL ends a selector in Go's scanner.
    if selector in ("a==", "a in (b,,c)", "a notin ()", "!a=b", "\x00=a"):
        assert answer.status in (200, 400)
        return
    if len(selector) > 8_000:
        assert answer.status in (400, 414, 431)
        return
    assert answer.status == 400 and answer.body["kind"] == "Status" and answer.body["message"], answer


@pytest.mark.parametrize("selector", ["a", "a=b", "metadata.name", "metadata.name>1", "=x", "metadata.name=a=b,c", "metadata.labels.a=b", "metadata.name=x,", "\\", "metadata.name in (a)"])
def test_field_selectors(api, maps, selector):
    answer = api.send("GET", maps, fieldSelector=selector)
    assert answer.status in (200, 400), answer
    if selector not in ("metadata.name=x,", "metadata.name=a=b,c"):
        assert answer.status == 400, answer


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "x"}, {"limit": "99999999999999999999"}, {"timeoutSeconds": "x"}, {"continue_": "%%%"}, {"continue_": "eyJ2IjoieCJ9"},
        {"resourceVersion": "x"}, {"resourceVersion": "-1"}, {"resourceVersionMatch": "Exact"}, {"resourceVersionMatch": "x", "resourceVersion": "1"},
        {"watch": "true", "resourceVersion": "x"}, {"watch": "true", "sendInitialEvents": "true"}, {"sendInitialEvents": "true"},
        {"watch": "true", "limit": "x"},
    ],
)  # fmt: skip
def test_queries(api, maps, query):
    # A watch expects nothing but a version.
    is_watch = query.get("watch") and query.get("resourceVersion") == "x"
    status = refused(api, "GET", maps, statuses=(500,) if is_watch else (400, 422), **query)
    assert "reason" not in status or not is_watch


@pytest.mark.parametrize("query", [{"dryRun": "Some"}, {"fieldValidation": "x"}, {"fieldManager": "x" * 129}, {"fieldManager": "a\u0007b"}, {"dryRun": ["All", "x"]}])
def test_write_options(api, maps, query):
    refused(api, "POST", maps, {"metadata": {"name": "x"}}, **query)
    assert not api.is_there(f"{maps}/x")


@pytest.mark.parametrize("options", [b"[]", b'{"propagationPolicy":"x"}', b'{"gracePeriodSeconds":"x"}', b'{"preconditions":7}', b'{"dryRun":["x"]}', b'{"dryRun":"All"}', b"nonsense", b'{"kind":"Pod","apiVersion":"v1"}'])
def test_delete_options(api, maps, options):
    api.create(maps, {"metadata": {"name": "seed"}})
    refused(api, "DELETE", f"{maps}/seed", options)
    assert api.is_there(f"{maps}/seed")


NAMES = ["", "A", "a_b", "-a", "a-", ".", "..", "a..b", "x" * 254, "a/b", "a%b", "é", "a b", "a\n", "\u0000"]


@pytest.mark.parametrize("name", NAMES)
def test_names(api, maps, name):
    refused(api, "POST", maps, {"metadata": {"name": name}})


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/namespaces/default/configmaps/..%2f..%2fsecrets", "/api/v1/namespaces/%2e%2e/configmaps/x", "/api/v1/namespaces/default/configmaps/%00",
        "/api/v1//configmaps", "/api/v2/pods", "/api/v1/namespaces/default/pods/x/y/z/w", "/%ff",
        "/api/v1/namespaces/default/configmaps/" + "x" * 5000, "/apis/" + "a/" * 2000, "/api/v1/watch", "/api/v1/watch/nothing", "/api/v1/../../etc",
    ],
)  # fmt: skip
def test_paths(api, path):
    answer = api.send("GET", path)
    # kube-apiserver takes some of them for a failure of its own.
    unread = path in ("/api/v1/watch", "/api/v1/namespaces/%2e%2e/configmaps/x")
    assert answer.status in (301, 400, 403, 404, 405, 414, *((500,) if unread else ())), answer


def test_slashes(api, namespace):
    """One at the end does not count; two in the middle are a path that is not there, and one that is spelt is one."""
    root = f"/api/v1/namespaces/{namespace}"
    api.create(f"{root}/configmaps", {"metadata": {"name": "one"}})
    for path in ("/api/", "/api/v1/", "/apis/", "/apis/apps/", "/apis/apps/v1/", "/version/", root + "/",
                 f"{root}/configmaps/", f"{root}/configmaps/one/", f"{root}/configmaps/one//"):  # fmt: skip
        assert api.send("GET", path).status == 200, path
    for path in ("/api/v1//namespaces", "//api/v1/namespaces", f"/api/v1/namespaces//{namespace}", f"{root}/configmaps/one%2Ftwo",
                 f"{root}/configmaps/one/two", f"{root}/pods/one/status/more"):  # fmt: skip
        assert api.send("GET", path).status == 404, path


@pytest.mark.parametrize("name,problem", {"%2E%2E": "may not be '..'", "%2E": "may not be '.'", "a%25b": "may not contain '%'"}.items())
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_names_in_paths(api, maps, method, name, problem):
    # A client library would tidy the path up.
    path = f"{maps}/{name}" if "25" in name else f"{maps}/{name}?x"
    status = refused(api, method, path, None if method == "GET" else {}, statuses=(400,))
    assert status["message"].startswith("Name parameter invalid: ") and status["message"].endswith(problem)


@pytest.mark.parametrize(
    "method,path", [
        ("POST", "/configmaps/one"), ("PUT", "/configmaps"), ("PATCH", "/configmaps"), ("POST", ""), ("OPTIONS", "/configmaps"),
    ],
)  # fmt: skip
def test_methods_that_have_no_place(api, namespace, method, path):
    headers = {"Content-Type": PATCHES["merge"]} if method == "PATCH" else None
    status = refused(api, method, f"/api/v1/namespaces/{namespace}{path}", {}, statuses=(405,), headers=headers)
    assert status["reason"] == "MethodNotAllowed"
    assert status["message"] == "the server does not allow this method on the requested resource"


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_objects_of_all_namespaces_are_only_read(api, method):
    assert refused(api, method, "/api/v1/configmaps", {}, statuses=(405,))["reason"] == "MethodNotAllowed"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "CONNECT", "BREW"])
def test_methods(api, maps, method):
    answer = api.send(method, "/api/v1" if method != "POST" else f"{maps}/x", b"{}")
    assert 400 <= answer.status < 500 or answer.status == 501, answer


@pytest.mark.parametrize("type", ["text/plain", "application/xml", "x", "application/json-patch+json", "multipart/form-data", "application/vnd.kubernetes.protobuf"])
def test_content_types(api, maps, type):
    refused(api, "POST", maps, b"k8s\x00\xff\xff\xff\xff\xff", statuses=(400, 415), headers={"Content-Type": type})
    if "protobuf" not in type and "json-patch" not in type:
        refused(api, "PATCH", f"{maps}/x", b"{}", statuses=(415,), headers={"Content-Type": type})


@pytest.mark.parametrize("body", [b"", b"k8s\x00", b"k8s", b"k8s\x00" + b"\xff" * 50, b"k8s\x00\x0a\xff\xff\xff\xff\x0f", b"k8s\x00\x12" + b"\x80" * 20, b"k8s\x00" + b"\x0b" * 3000])
def test_protobuf(api, maps, body):
    refused(api, "POST", maps, body, headers={"Content-Type": "application/vnd.kubernetes.protobuf"})


NUMBERS = ["-1", "2147483648", "1e3", "1.0", "1.5", '"1"', "true", "[]", "{}", "99999999999999999999", "-0", "1e-5", "0x10", "null"]


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers_out_of_range(api, namespace, number):
    text = json.dumps({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"},
        "spec": {"replicas": "@", "selector": {"matchLabels": {"a": "b"}}, "template": {
            "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}},
    }).replace('"@"', number)  # fmt: skip
    answer = api.send("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", text)
    if number in ("null", "-0", "1.0", "1e3"):
        assert answer.status in (201, 400), answer
    else:
        assert answer.status in (400, 422) and answer.body["kind"] == "Status", answer


QUANTITIES = ["", "x", "1x", "-1", "1e", "1Ki5", "0x1", "1e99999", "9" * 400, "1.1.1", " 1", "1 ", "١"]


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_quantities(api, namespace, quantity):
    one = pod("p")
    one["spec"]["containers"][0]["resources"] = {"requests": {"cpu": quantity}}
    answer = api.send("POST", f"/api/v1/namespaces/{namespace}/pods", one)
    # Go trims a quantity before it reads it.
    assert answer.status in ((201, 400, 422) if quantity in ("9" * 400, "1e99999", "", " 1", "1 ") else (400, 422)), answer


@pytest.mark.parametrize("pattern", ["(", "(?P<a", "[z-a]", "a{1001}", "(?=a)", "\\", "(" * 2000 + ")" * 2000])
def test_patterns_of_schemas(api, pattern):
    from definitions import DEFINITIONS, Definition

    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    refused(api, "POST", DEFINITIONS, Definition(api, version(schema=schema)).body)


def test_a_pattern_that_backtracks(api, namespace):
    """Patterns are matched in a time that grows with the text alone."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+(a+)+(a+)+$"}}}
    with defined(api, version(schema=schema)) as made:
        refused(api, "POST", made.objects(namespace), made.object("x", a="a" * 20_000 + "!"))


def test_deep_schemas(api):
    from definitions import DEFINITIONS, Definition

    schema = {"type": "string"}
    for _ in range(300):
        schema = {"type": "object", "properties": {"a": schema}}
    answer = api.send("POST", DEFINITIONS, Definition(api, version(schema=schema)).body)
    assert answer.status in (201, 400, 413, 422), answer
    if answer.status == 201:
        api.delete(f"{DEFINITIONS}/{answer.body['metadata']['name']}")


def nested(depth, name="a"):
    """So many objects in each other, as JSON."""
    return f'{{"{name}":' * depth + "1" + "}" * depth


def test_objects_as_deep_as_a_body_may_be(api, namespace):
    """The record of who owns their fields is deeper than they are; they can be read, changed and removed all the same."""
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    with defined(api, version(schema=anything)) as made:
        path = made.objects(namespace)
        for depth in (900, 996, 998, 999):
            name = f"deep-{depth}"
            body = json.dumps(made.object(name))[:-1] + ', "spec": ' + nested(depth) + "}"
            answer = api.send("POST", path, body)
            assert answer.status == 201, answer
            # Python itself reads nothing so deep.
            assert nested(depth).encode() in api.send("GET", f"{path}/{name}").bytes
            for kind, patch in (
                ("merge", '{"metadata":{"labels":{"a":"b"}}}'), ("json", '[{"op":"add","path":"/more","value":1}]'),
                ("apply", body.replace('{"a":', '{"b":').replace('"spec"', '"other"')),
            ):  # fmt: skip
                answer = api.send("PATCH", f"{path}/{name}", patch, {"Content-Type": PATCHES[kind]}, fieldManager="x")
                assert answer.status == 200, (kind, depth, answer)
            assert api.send("DELETE", f"{path}/{name}").status == 200
        refused(api, "POST", path, '{"metadata":{"name":"x"},"spec":' + nested(1_000) + "}")


def test_deep_values_in_protobuf(api, namespace):
    """A value of any shape in a message may nest as deep as in JSON, and no deeper."""

    def field(number, content):
        length, head = len(content), bytes([number << 3 | 2])
        while length > 127:
            head, length = head + bytes([length & 127 | 128]), length >> 7
        return head + bytes([length]) + content

    path = f"/apis/apps/v1/namespaces/{namespace}/controllerrevisions"
    headers = {"Content-Type": "application/vnd.kubernetes.protobuf"}
    for depth, status in ((999, 201), (1_000, 400)):
        content = field(1, field(1, b"deep")) + field(2, field(1, nested(depth).encode()))
        kind = field(1, b"apps/v1") + field(2, b"ControllerRevision")
        answer = api.send("POST", path, b"k8s\0" + field(1, kind) + field(2, content), headers)
        assert answer.status == status, answer
    labels, headers = {"metadata": {"labels": {"a": "b"}}}, {"Content-Type": PATCHES["merge"]}
    assert api.send("PATCH", f"{path}/deep", labels, headers).status == 200
    assert api.send("DELETE", f"{path}/deep").status == 200


# Numbers at the ends of their ranges.


@pytest.mark.parametrize("text", ["147573952589.9999999999Ei", "9223372036854775807.9999999999Ki", "-147573952589.9999999999Ei"])
def test_quantities_that_cannot_be_counted(api, namespace, text):
    body = {"metadata": {"name": "large"}, "spec": {"hard": {"requests.cpu": text}}}
    answer = api.send("POST", f"/api/v1/namespaces/{namespace}/resourcequotas", body)
    assert answer.status == (422 if text.startswith("-") else 201), answer


def test_pods_with_more_time_to_end_than_can_be_written(api, namespace):
    pods, most = f"/api/v1/namespaces/{namespace}/pods", 2**63 - 1
    for grace in (most, most - int(time.time()) + 1, most - int(time.time()) - 100_000, 2**40):
        name = unique("patient")
        api.create(pods, {**pod(name), "spec": {**pod()["spec"], "nodeName": "nowhere"}})
        going = api.delete(f"{pods}/{name}", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": grace})["metadata"]
        assert going["deletionTimestamp"] == "9999-12-31T23:59:59Z" or grace == 2**40, going
        assert going["deletionGracePeriodSeconds"] == grace
        sooner = api.delete(f"{pods}/{name}", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 5})["metadata"]
        assert sooner["deletionTimestamp"] < "9999" and sooner["deletionGracePeriodSeconds"] <= 5, sooner
        api.delete(f"{pods}/{name}", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 0})
        assert not api.is_there(f"{pods}/{name}")


@pytest.mark.parametrize("text", ["192.0.2.7/32", "192.0.2.8/31", "fd00::1/128", "::/0"])
def test_ranges_that_have_no_address_to_give(api, namespace, text):
    """They may be there; services get their addresses from others."""
    ranges, name = "/apis/networking.k8s.io/v1/servicecidrs", unique("narrow")
    api.create(ranges, {"metadata": {"name": name}, "spec": {"cidrs": [text]}})
    try:
        ready = lambda: any(one["type"] == "Ready" for one in api.get(f"{ranges}/{name}").get("status", {}).get("conditions", []))  # noqa: E731
        eventually(ready, f"{name} is ready")
        made = api.create(f"/api/v1/namespaces/{namespace}/services", {"metadata": {"name": unique("svc")}, "spec": {"ports": [{"port": 80}]}})
        assert made["spec"]["clusterIP"]
    finally:
        api.delete(f"{ranges}/{name}")


# Connections.


def connect(api):
    host, port = urllib.parse.urlsplit(api.url).netloc.rsplit(":", 1)
    raw = socket.create_connection((host.strip("[]"), int(port)), timeout=60)
    context = api.pool.connection_pool_kw["ssl_context"]
    return context.wrap_socket(raw, server_hostname=host.strip("[]"))


def test_clients_that_vanish(api, maps):
    """In the middle of a request, of a body, of an answer."""
    for text in (
        b"GET", b"GET /api/v1/pods HTTP/1.1\r\n", b"GET /api/v1/pods HTTP/1.1\r\nHost: x\r\n\r\n",
        f"POST {maps} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{".encode(),
        f"POST {maps} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n{{".encode(),
        f"GET {maps}?watch=true HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    ):  # fmt: skip
        for _ in range(10):
            one = connect(api)
            one.sendall(text)
            one.close()
        assert api.send("GET", maps).status == 200


@pytest.mark.parametrize(
    "text",
    [
        b"\r\n\r\n", b"nonsense\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"GET  HTTP/1.1\r\nHost: x\r\n\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        b"POST /api HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /api HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"x" * 2_000_000 + b"\r\n\r\n", b"GET /" + b"x" * 2_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nBad Header: y\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 200, bytes(range(256)) * 20,
    ],
)  # fmt: skip
def test_what_is_no_http(api, text):
    one = connect(api)
    try:
        one.sendall(text)
        one.settimeout(3)
        assert not one.recv(65536).startswith(b"HTTP/1.1 2")
    except TimeoutError:
        # It waits for more of what may still become a request.
        pass
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        one.close()


def test_half_closed_watches(api, maps):
    """Watches whose clients read nothing, and say no more: the server lets go of them, others see every change."""
    silent = []
    for _ in range(50):
        one = connect(api)
        one.sendall(f"GET {maps}?watch=true&timeoutSeconds=300 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        silent.append(one)
    for one in silent[:25]:
        one.shutdown(socket.SHUT_WR)
    try:
        start = api.get(maps)["metadata"]["resourceVersion"]
        with api.watch(maps, resourceVersion=start) as watch:
            for number in range(100):
                api.create(maps, {"metadata": {"name": f"n{number}"}, "data": {"a": "x" * 50_000}})
            assert [one["metadata"]["name"] for _, one in watch.take(100)] == [f"n{number}" for number in range(100)]
    finally:
        for one in silent:
            one.close()


def test_slow_clients_keep_nobody_waiting(api, maps):
    slow = []
    for _ in range(100):
        one = connect(api)
        one.sendall(f"POST {maps} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".encode())
        slow.append(one)
    try:
        before = time.monotonic()
        for number in range(20):
            api.create(maps, {"metadata": {"name": f"quick-{number}"}})
        assert time.monotonic() - before < 60
        # One that takes its time is answered when it is through.
        body = json.dumps({"metadata": {"name": unique("slow")}}).encode().ljust(100)
        for byte in range(100):
            slow[0].sendall(body[byte : byte + 1])
        assert slow[0].recv(65536).startswith(b"HTTP/1.1 201")
    finally:
        for one in slow:
            one.close()


def test_many_connections(api, maps):
    failures = []

    def work(number):
        try:
            one = connect(api)
            one.sendall(f"GET {maps} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            if not one.recv(65536).startswith(b"HTTP/1.1 200"):
                failures.append(number)
            one.close()
        except OSError as error:
            failures.append(error)

    for _ in range(3):
        threads = [threading.Thread(target=work, args=(number,)) for number in range(100)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failures, failures[:5]


def test_churn_of_namespaces_and_definitions(api):
    """What comes and goes leaves nothing that keeps it from coming again."""
    for _ in range(5):
        with defined(api, group="churn.example.com", kind="Churned") as made:
            api.create(made.objects("default"), made.object("x"))
        eventually(lambda: api.send("GET", "/apis/churn.example.com/v1").status == 404)
