"""Other API servers behind this one: registered, watched over, and asked in the name of whoever asks."""

import itertools
import json
import socket
import ssl
import threading
import urllib.parse

import pytest

from interface import eventually, unique
from sample_server import VERSION, SampleServer
from webhooks import own_address
from wire import texts

numbers = itertools.count()
SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices"


@pytest.fixture(scope="module")
def trusted(cluster_kubectl):
    """What the cluster tells other servers about itself."""
    return cluster_kubectl.json("get", "configmap", "-n", "kube-system", "extension-apiserver-authentication")["data"]


def behind(name, namespace, port):
    return {"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": namespace},
         "spec": {"clusterIP": "None", "ports": [{"name": "https", "port": 443, "targetPort": port}]}},
        {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
         "metadata": {"name": f"{name}-1", "namespace": namespace, "labels": {"kubernetes.io/service-name": name}},
         "ports": [{"name": "https", "port": port, "protocol": "TCP"}],
         "endpoints": [{"addresses": [own_address()]}]},
    ]}  # fmt: skip


def api_service(group, namespace, bundle, service="sample", **spec):
    return {
        "apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": f"{VERSION}.{group}"},
        "spec": {"group": group, "version": VERSION, "groupPriorityMinimum": 2000, "versionPriority": 200,
                 "service": {"namespace": namespace, "name": service}, "caBundle": bundle, **spec},
    }  # fmt: skip


@pytest.fixture(params=[True, False], ids=["aggregated-discovery", "old-discovery"])
def sample(request, cluster_kubectl, namespace, authority, trusted):
    group = f"wardle{next(numbers)}.example.com"
    names = json.loads(trusted["requestheader-allowed-names"])
    server = SampleServer(
        authority.context(f"DNS:sample.{namespace}.svc"), group, trusted["requestheader-client-ca-file"], names, request.param
    )
    cluster_kubectl("create", "--validate=false", "-f", "-", input=behind("sample", namespace, server.port))
    cluster_kubectl("create", "--validate=false", "-f", "-", input=api_service(group, namespace, authority.bundle))
    cluster_kubectl("wait", "--for=condition=Available", f"apiservice/{VERSION}.{group}", "--timeout=60s")
    yield server
    cluster_kubectl("delete", "apiservice", f"{VERSION}.{group}", check=False)
    server.close()


def flunder(group, name="one"):
    return {"apiVersion": f"{group}/{VERSION}", "kind": "Flunder", "metadata": {"name": name}, "spec": {"reference": "x"}}


def condition(cluster_kubectl, name):
    status = cluster_kubectl.json("get", "apiservice", name).get("status", {})
    return next((one for one in status.get("conditions", []) if one["type"] == "Available"), None)


def test_what_is_told_to_other_servers(trusted):
    assert json.loads(trusted["requestheader-username-headers"]) == ["X-Remote-User"]
    assert json.loads(trusted["requestheader-group-headers"]) == ["X-Remote-Group"]
    assert json.loads(trusted["requestheader-extra-headers-prefix"]) == ["X-Remote-Extra-"]
    assert trusted["client-ca-file"].startswith("-----BEGIN CERTIFICATE-----")
    assert trusted["client-ca-file"] != trusted["requestheader-client-ca-file"]


@pytest.mark.own_server
def test_what_is_told_is_kept_up(cluster_kubectl, trusted):
    place = ("configmap", "extension-apiserver-authentication", "--namespace", "kube-system")
    cluster_kubectl("delete", *place)
    cluster_kubectl("wait", "--for=create", *place, "--timeout=60s")
    patch = {"data": {"requestheader-client-ca-file": "", "requestheader-allowed-names": '["eve"]'}}
    cluster_kubectl("patch", *place, "--type=merge", "-p", json.dumps(patch))
    ours = "jsonpath={.data.requestheader-allowed-names}=" + trusted["requestheader-allowed-names"]
    cluster_kubectl("wait", *place, "--for=" + ours, "--timeout=60s")
    assert cluster_kubectl.json("get", *place)["data"] == trusted


def test_life(kubectl, sample):
    kubectl("create", "--validate=false", "-f", "-", input=flunder(sample.group))
    assert kubectl.json("get", f"flunders.{sample.group}", "one")["spec"] == {"reference": "x"}
    assert kubectl.out("get", f"fl.{sample.group}", "-o", "name") == f"flunder.{sample.group}/one"
    kubectl("delete", f"flunder.{sample.group}", "one")
    kubectl.fails("get", f"flunder.{sample.group}", "one", says=f'flunders.{sample.group} "one" not found')


def test_discovery(cluster_kubectl, sample, raw):
    rows = cluster_kubectl.out("api-resources", "--api-group", sample.group, "--no-headers").split()
    assert rows == ["flunders", "fl", f"{sample.group}/{VERSION}", "true", "Flunder"]
    groups = [one["name"] for one in raw("GET", "/apis")[2]["groups"]]
    assert sample.group in groups and groups.index("apps") < groups.index(sample.group)
    status, _, group = raw("GET", f"/apis/{sample.group}")
    assert status == 200 and group["preferredVersion"]["version"] == VERSION
    form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    items = raw("GET", "/apis", headers={"Accept": form})[2]["items"]
    (entry,) = [one for one in items if one["metadata"]["name"] == sample.group]
    (version,) = entry["versions"]
    assert (version["version"], version["freshness"]) == (VERSION, "Current")
    assert [one["resource"] for one in version["resources"]] == ["flunders"]
    assert version["resources"][0]["responseKind"]["kind"] == "Flunder"
    path = f"apis/{sample.group}/{VERSION}"
    assert path in raw("GET", "/openapi/v3")[2]["paths"]
    assert raw("GET", f"/openapi/v3/{path}")[2]["info"]["title"] == "sample"


def test_groups_stand_by_their_priorities(api):
    """Upstream's order of what is built in, others by the greatest of their numbers; both forms of discovery say the same."""
    form = {"Accept": "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"}

    def order():
        old = [(group["name"], one["version"]) for group in api.get("/apis")["groups"] for one in group["versions"]]
        items = api.get("/apis", headers=form)["items"]
        new = [(group["metadata"]["name"], one["version"]) for group in items for one in group["versions"]]
        return old if old == new else None

    def names():
        return list(dict.fromkeys(name for name, _ in eventually(order)))

    builtin = ["apiregistration.k8s.io", "apps", "events.k8s.io", "authentication.k8s.io", "authorization.k8s.io", "autoscaling"]
    assert names()[: len(builtin)] == builtin
    high, low, middle = (unique("order") + ".example.com" for _ in range(3))
    made = []
    try:
        for group, version, priority in ((high, "v1", 20000), (high, "v1alpha1", 1), (low, "v1", 1), (middle, "v1", 17450)):
            spec = {
                "group": group, "version": version, "groupPriorityMinimum": priority, "versionPriority": 15,
                "insecureSkipTLSVerify": True, "service": {"name": "unused", "namespace": "default"},
            }  # fmt: skip
            made.append(api.create(SERVICES, {"metadata": {"name": f"{version}.{group}"}, "spec": spec})["metadata"]["name"])
        found = eventually(lambda: {high, low, middle} <= set(names()) and names())
        assert found[:2] == ["apiregistration.k8s.io", high] and found[-1] == low
        assert found[found.index("autoscaling") + 1] == middle
    finally:
        for name in made:
            api.delete(f"{SERVICES}/{name}")


def test_watch(kubectl, sample, namespace):
    watch = kubectl.popen("get", f"flunders.{sample.group}", "--watch-only", "-o", "name")
    timer = threading.Timer(120, watch.kill)
    timer.start()
    try:
        eventually(lambda: namespace in sample.watched)
        for name in ("a", "b"):
            kubectl("create", "--validate=false", "-f", "-", input=flunder(sample.group, name))
            assert watch.stdout.readline().strip() == f"flunder.{sample.group}/{name}"
    finally:
        timer.cancel()
        watch.kill()
        watch.communicate()


def test_a_namespace_is_emptied_there_too(cluster_kubectl, sample):
    name = f"aggregated-{sample.group.split('.')[0]}"
    cluster_kubectl("create", "namespace", name)
    inside = cluster_kubectl.within(name)
    inside("create", "--validate=false", "-f", "-", input=flunder(sample.group))
    inside("create", "--validate=false", "-f", "-", input=flunder(sample.group, "two"))
    cluster_kubectl("delete", "namespace", name, "--timeout=60s")
    assert not [one for one in sample.objects if one[0] == name]
    (body, *_) = [json.loads(one[3]) for one in sample.requests if one[0] == "DELETE" and f"/{name}/" in one[1]]
    assert body["preconditions"]["uid"].startswith("u-") and body["propagationPolicy"] == "Background"


@pytest.mark.own_server
def test_a_namespace_waits_for_those_that_do_not_tell_what_they_have(cluster_kubectl, authority):
    """Who knows what a server that is not there keeps in the namespace."""
    group, name = f"silent{next(numbers)}.example.com", f"silent-{next(numbers)}"
    cluster_kubectl("create", "--validate=false", "-f", "-", input=api_service(group, "default", authority.bundle, "nobody"))
    try:
        cluster_kubectl("wait", "--for=condition=Available=False", f"apiservice/{VERSION}.{group}", "--timeout=60s")
        cluster_kubectl("create", "namespace", name)
        cluster_kubectl("delete", "namespace", name, "--wait=false")
        cluster_kubectl("wait", f"namespace/{name}", "--for=condition=NamespaceDeletionDiscoveryFailure", "--timeout=60s")
        conditions = {one["type"]: one for one in cluster_kubectl.json("get", "namespace", name)["status"]["conditions"]}
        failure = conditions["NamespaceDeletionDiscoveryFailure"]
        assert failure["reason"] == "DiscoveryFailed"
        assert f"{group}/{VERSION}: stale GroupVersion discovery: {group}/{VERSION}" in failure["message"]
        assert conditions["NamespaceContentRemaining"]["status"] == "False"
    finally:
        cluster_kubectl("delete", "apiservice", f"{VERSION}.{group}")
    cluster_kubectl("wait", f"namespace/{name}", "--for=delete", "--timeout=60s")


def test_in_whose_name(sample, raw, namespace):
    """The other server hears who asks, and nothing that the client says about that itself."""
    path = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/echo"
    status, _, heard = raw("GET", path, headers={
        "X-Remote-User": "mallory", "X-Remote-Group": "system:masters", "X-Remote-Extra-Scopes": "all",
        "x-remote-uid": "0", "Connection": "X-Hop", "X-Hop": "1", "X-Kept": "2",
        "Impersonate-User": "jane", "Impersonate-Group": "friends", "Impersonate-Extra-acme.com%2Fproject": "secret",
    }, query=[("a b", "c&d")])  # fmt: skip
    assert status in (200, 403)
    if status == 403:
        # Jane may not, so nobody was asked; the administrator is.
        assert not sample.seen(path)
        status, _, heard = raw("GET", path, headers={
            "X-Remote-User": "mallory", "X-Remote-Group": "mallory", "X-Remote-Extra-Scopes": "all", "x-remote-uid": "0", "X-Kept": "2",
        }, query=[("a b", "c&d")])  # fmt: skip
    assert status == 200 and heard["X-Kept"] == "2"
    (_, place, headers, _) = sample.seen(path)[-1]
    assert place.endswith("?a%20b=c%26d")
    remote = [(name, value) for name, value in headers if name.lower().startswith(("x-remote", "impersonate", "authorization", "x-hop"))]
    assert "mallory" not in str(remote) and "all" not in [value for _, value in remote]
    assert [name for name, _ in remote].count("X-Remote-User") == 1
    assert ("X-Remote-Group", "system:masters") in remote


def test_impersonation_goes_along(cluster_kubectl, sample, raw, namespace):
    role = f"sample-{next(numbers)}"
    cluster_kubectl("create", "clusterrole", role, "--verb=*", f"--resource=flunders.{sample.group}")
    cluster_kubectl("create", "clusterrolebinding", role, f"--clusterrole={role}", "--user=jane")
    try:
        path = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/flunders"
        status, _, _ = raw("GET", path, headers={
            "Impersonate-User": "jane", "Impersonate-Group": "friends", "Impersonate-Extra-acme.com%2Fproject": "p1"})  # fmt: skip
        assert status == 200
        headers = sample.seen(path)[-1][2]
        assert ("X-Remote-User", "jane") in headers and ("X-Remote-Group", "friends") in headers
        assert ("X-Remote-Extra-acme.com%2Fproject".lower(), "p1") in [(name.lower(), value) for name, value in headers]
        assert not [name for name, _ in headers if name.lower().startswith("impersonate")]
        status, _, answer = raw("GET", path, headers={"Impersonate-User": "john"})
        assert status == 403 and "john" in answer["message"]
    finally:
        cluster_kubectl("delete", "clusterrolebinding", role)
        cluster_kubectl("delete", "clusterrole", role)


def text(data):
    return data.decode()


def test_redirects_are_not_passed_on(sample, raw):
    import urllib.error

    try:
        status, answer = raw("GET", f"/apis/{sample.group}/{VERSION}/moved", parse=text)[0::2]
    except (ValueError, urllib.error.URLError) as error:
        # The helper reads errors as JSON; this one is plain text.
        status, answer = 502, str(error)
    answer = answer if isinstance(answer, str) else answer.decode()
    assert status == 502 and "198.51.100.1" not in answer


@pytest.fixture
def wire(kubeconfig, work):
    """Opens a connection to the API server and sends the head of a request, as the administrator."""
    from conftest import _files_of

    url, authority, certificate, key = _files_of(kubeconfig, work)
    host, port = url.removeprefix("https://").split(":")
    context = ssl.create_default_context(cafile=authority)
    context.load_cert_chain(certificate, key)
    opened = []

    def send(*lines):
        connection = context.wrap_socket(socket.create_connection((host, int(port)), timeout=60), server_hostname=host)
        opened.append(connection)
        connection.sendall("\r\n".join((*lines, "", "")).encode())
        head = b""
        while b"\r\n\r\n" not in head:
            more = connection.recv(1)
            assert more, head
            head += more
        return connection, head.decode()

    yield send
    for connection in opened:
        connection.close()


def test_changes_of_the_protocol(sample, wire, namespace):
    path = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/tunnel"
    connection, head = wire(f"GET {path} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: louder", "X-Remote-User: mallory")
    assert head.startswith("HTTP/1.1 101 ") and "x-agreed: yes" in head.lower() and "upgrade: louder" in head.lower()
    # One thread alone: a TLS connection of Python's is not for two.
    for text in (b"hello", *[b"x" * 60_000] * 8):
        connection.sendall(text)
        heard = b""
        while len(heard) < len(text):
            more = connection.recv(65536)
            assert more
            heard += more
        assert heard == text.upper()
    headers = sample.seen(path)[-1][2]
    assert "mallory" not in str(headers) and ("X-Remote-Group", "system:masters") in headers
    _, head = wire(f"GET {path} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: quieter")
    assert head.startswith("HTTP/1.1 418 ")


def test_a_protocol_that_nobody_asked_for(sample, wire, namespace):
    path = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/tunnel"
    sample.hung_up.clear()
    _, head = wire(f"GET {path} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: softer")
    assert head.startswith("HTTP/1.1 503 ")
    assert sample.hung_up.wait(30)


def test_paths_that_would_mean_something_else_there(sample, raw, namespace):
    before = len(sample.requests)
    for path in ("flunders/..%2F..%2Fsecrets", "flunders/%2E%2E/x"):
        status, _, _ = raw("GET", f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/{path}")
        assert status == 400
    assert not [one for one in sample.requests[before:] if "secrets" in one[1]]


def test_one_that_goes_away(cluster_kubectl, sample, raw, namespace):
    name = f"{VERSION}.{sample.group}"
    sample.ready.clear()
    cluster_kubectl("annotate", "service", "-n", namespace, "sample", "look=again")
    eventually(lambda: condition(cluster_kubectl, name)["status"] == "False")
    found = condition(cluster_kubectl, name)
    assert found["reason"] == "FailedDiscoveryCheck" and "bad status from https://" in found["message"]
    form = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    items = raw("GET", "/apis", headers={"Accept": form})[2]["items"]
    (entry,) = [one for one in items if one["metadata"]["name"] == sample.group]
    assert entry["versions"][0]["freshness"] == "Stale"
    cluster_kubectl.fails("get", "--raw", f"/apis/{sample.group}/{VERSION}", says="currently unable to handle the request")
    sample.ready.set()
    eventually(lambda: condition(cluster_kubectl, name)["status"] == "True")
    assert condition(cluster_kubectl, name)["reason"] == "Passed"


def test_reasons(cluster_kubectl, namespace, authority):
    group = f"wardle{next(numbers)}.example.com"
    name = f"{VERSION}.{group}"
    cluster_kubectl("create", "--validate=false", "-f", "-", input=api_service(group, namespace, authority.bundle, "none"))
    try:
        def reason(expected):
            eventually(lambda: (condition(cluster_kubectl, name) or {}).get("reason") == expected)
            return condition(cluster_kubectl, name)["message"]

        assert reason("ServiceNotFound") == f'service/none in "{namespace}" is not present'
        body = behind("none", namespace, 1)
        body["items"][0]["spec"]["ports"][0]["port"] = 80
        service, slices = body["items"]
        cluster_kubectl("create", "--validate=false", "-f", "-", input=service)
        assert reason("ServicePortError") == f'service/none in "{namespace}" is not listening on port 443'
        cluster_kubectl("delete", "service", "-n", namespace, "none")
        service["spec"]["ports"][0]["port"] = 443
        cluster_kubectl("create", "--validate=false", "-f", "-", input=service)
        assert reason("EndpointsNotFound") == f'cannot find endpointslices for service/none in "{namespace}"'
        cluster_kubectl("create", "--validate=false", "-f", "-", input=slices)
        assert "connect: connection refused" in reason("FailedDiscoveryCheck")
        cluster_kubectl.fails("get", "--raw", f"/apis/{group}/{VERSION}", says="currently unable to handle the request")
    finally:
        cluster_kubectl("delete", "apiservice", name)
    cluster_kubectl.fails("get", "--raw", f"/apis/{group}/{VERSION}", says="could not find the requested resource")


def test_local_services(cluster_kubectl):
    eventually(lambda: (condition(cluster_kubectl, "v1.apps") or {}).get("status") == "True")
    core, apps = (cluster_kubectl.json("get", "apiservice", name) for name in ("v1.", "v1.apps"))
    assert core["spec"] == {"groupPriorityMinimum": 18000, "version": "v1", "versionPriority": 1}
    assert apps["spec"] == {"group": "apps", "groupPriorityMinimum": 17800, "version": "v1", "versionPriority": 15}
    assert apps["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "onstart"}
    found = condition(cluster_kubectl, "v1.apps")
    assert (found["reason"], found["message"]) == ("Local", "Local APIServices are always available")
    rows = dict(line.split()[:2] for line in cluster_kubectl.out("get", "apiservices", "--no-headers").splitlines())
    assert rows["v1.apps"] == "Local"


def test_local_services_of_custom_resources(cluster_kubectl):
    group = f"local{next(numbers)}.example.com"
    name = f"v1.{group}"
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"things.{group}"},
        "spec": {"group": group, "scope": "Cluster", "names": {"plural": "things", "singular": "thing", "kind": "Thing"},
                 "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {"type": "object"}}}]},
    }  # fmt: skip
    cluster_kubectl("create", "--validate=false", "-f", "-", input=definition)
    exists = lambda: cluster_kubectl("get", "apiservice", name, check=False).returncode == 0  # noqa: E731
    eventually(exists)
    one = cluster_kubectl.json("get", "apiservice", name)
    assert one["metadata"]["labels"] == {"kube-aggregator.kubernetes.io/automanaged": "true"}
    assert (one["spec"]["groupPriorityMinimum"], one["spec"]["versionPriority"]) == (1000, 100)
    cluster_kubectl("delete", "crd", f"things.{group}")
    eventually(lambda: not exists())


def test_openapi_of_version_2(sample, raw, cluster_kubectl):
    """The one document of everything has what others serve; a definition that means something else there has another name."""
    path, options = f"/apis/{sample.group}/{VERSION}/namespaces/{{namespace}}/flunders", "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"
    document = eventually(lambda: (found := raw("GET", "/openapi/v2")[2])["paths"].get(path) and found, "the path", 60)
    item, definitions = document["paths"][path], document["definitions"]
    assert item["parameters"] == [{"$ref": "#/parameters/pretty-1"}] and document["parameters"]["pretty-1"]["name"] == "pretty"
    assert definitions["sample.Flunder"]["description"] == sample.described
    renamed = item["delete"]["parameters"][0]["schema"]["$ref"].rsplit("/", 1)[1]
    assert renamed.startswith(f"{options}_v") and definitions[renamed]["properties"] == {"sample": {"type": "string"}}
    assert "propagationPolicy" in definitions[options]["properties"] and "sample.Unwanted" not in definitions
    # In protobuf, and for kubectl.
    accept = "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"
    data = raw("GET", "/openapi/v2", headers={"Accept": accept}, parse=bytes)[2]
    assert path in texts(data, 8, 2, 1) and "sample.Flunder" in texts(data, 9, 1, 1)
    told = cluster_kubectl.out("explain", "flunders", f"--api-version={sample.group}/{VERSION}", "--output=plaintext-openapiv2")
    assert sample.described in told
    # It goes with the registration.
    cluster_kubectl("delete", "apiservice", f"{VERSION}.{sample.group}")
    eventually(lambda: path not in raw("GET", "/openapi/v2")[2]["paths"], "the end of the path", 60)


def owned(name, owner, **more):
    metadata = owner["metadata"]
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": metadata["name"], "uid": metadata["uid"]}
    return {"metadata": {"name": name, "ownerReferences": [reference]}, **more}


@pytest.mark.own_server
def test_owners_and_dependents_elsewhere(sample, api, namespace):
    """Who is owned by an object of another server goes with it, and the other way round."""
    flunders = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/flunders"
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    eventually(lambda: "" in sample.watched, "a watch of the other server's objects", 60)
    there = api.create(flunders, flunder(sample.group, "owner"))
    here = api.create(maps, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}})
    here = {**here, "apiVersion": "v1", "kind": "ConfigMap"}
    api.create(maps, owned("dependent", there))
    api.create(flunders, {**flunder(sample.group), **owned("dependent", here)})
    orphan = api.create(maps, owned("orphan", there))
    orphan["metadata"]["ownerReferences"] = []
    api.update(f"{maps}/orphan", orphan)
    api.delete(f"{flunders}/owner")
    api.delete(f"{maps}/owner", {"propagationPolicy": "Background"})
    eventually(lambda: not api.is_there(f"{maps}/dependent"), "the end of the ConfigMap", 60)
    eventually(lambda: not api.is_there(f"{flunders}/dependent"), "the end of the flunder", 60)
    assert api.is_there(f"{maps}/orphan")


@pytest.mark.own_server
def test_watches_of_other_servers_do_not_last_for_ever(sample):
    """A server that has vanished without a word is noticed: by the kernel, or because each watch has an end."""
    eventually(lambda: "" in sample.watched, "a watch of the other server's objects", 60)
    # The kernel looks after silent connections: field 6 of proc(5)'s table begins with the timer that runs.
    port = f":{sample.port:04X}"

    def timers():
        with open("/proc/self/net/tcp") as file:
            lines = [line.split() for line in file][1:]
        return {line[5].split(":")[0] for line in lines if line[2].endswith(port) and line[3] == "01"}

    eventually(lambda: timers() == {"02"}, timers, 60)

    def seconds():
        with sample.lock:
            queries = [urllib.parse.parse_qs(urllib.parse.urlsplit(path).query) for _, path, _, _ in sample.requests]
        return [int(query["timeoutSeconds"][0]) for query in queries if "watch" in query]

    def next_watch():
        sample.tell(None)  # the end of those that there are
        return len(set(seconds())) > 1

    # Each has an end of its own, so that not all begin anew at once.
    eventually(next_watch, seconds, 60)
    assert all(300 <= one < 600 for one in seconds())


@pytest.mark.own_server
def test_owners_that_cannot_be_asked_are_waited_for(sample, api, namespace, cluster_kubectl):
    """While the other server does not answer nothing is removed for its sake; what has gone meanwhile is found out then."""
    name = f"{VERSION}.{sample.group}"
    flunders = f"/apis/{sample.group}/{VERSION}/namespaces/{namespace}/flunders"
    maps = f"/api/v1/namespaces/{namespace}/configmaps"
    eventually(lambda: "" in sample.watched, "a watch of the other server's objects", 60)
    gone, stays = (api.create(flunders, flunder(sample.group, one)) for one in ("gone", "stays"))
    for owner in (gone, stays):
        api.create(maps, owned(owner["metadata"]["name"], owner))
    # It goes away in the middle of all, and loses an object.
    sample.ready.clear()
    sample.tell(None)
    with sample.lock:
        sample.watchers.clear()
        del sample.objects[namespace, "gone"]
    cluster_kubectl("label", "service", "-n", namespace, "sample", "look=again")
    cluster_kubectl("wait", "apiservice", name, "--for=condition=Available=false", "--timeout=60s")
    late = api.create(maps, owned("late", gone))
    assert api.get(f"{maps}/late")["metadata"]["uid"] == late["metadata"]["uid"] and api.is_there(f"{maps}/gone")
    sample.ready.set()
    for dependent in ("gone", "late"):
        eventually(lambda dependent=dependent: not api.is_there(f"{maps}/{dependent}"), "the end of the ConfigMap", 90)
    assert api.is_there(f"{maps}/stays")
