"""Conformance of sig-api-machinery: what is served, said in every form that clients ask for it."""

import re

from definitions import defined, version

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
GONE = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList"

BUILT_IN = {
    "": {"v1": {"namespaces", "pods", "services", "secrets", "configmaps", "nodes", "events", "podtemplates"}},
    "admissionregistration.k8s.io": {"v1": {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"}},
    "apiextensions.k8s.io": {"v1": {"customresourcedefinitions"}},
    "apiregistration.k8s.io": {"v1": {"apiservices"}},
    "apps": {"v1": {"deployments", "replicasets", "statefulsets", "daemonsets", "controllerrevisions"}},
    "authentication.k8s.io": {"v1": {"tokenreviews"}},
    "authorization.k8s.io": {"v1": {"subjectaccessreviews", "selfsubjectaccessreviews"}},
    "autoscaling": {"v1": {"horizontalpodautoscalers"}, "v2": {"horizontalpodautoscalers"}},
    "batch": {"v1": {"jobs", "cronjobs"}},
    "certificates.k8s.io": {"v1": {"certificatesigningrequests"}},
    "coordination.k8s.io": {"v1": {"leases"}},
    "discovery.k8s.io": {"v1": {"endpointslices"}},
    "events.k8s.io": {"v1": {"events"}},
    "networking.k8s.io": {"v1": {"ingresses", "ingressclasses", "networkpolicies"}},
    "node.k8s.io": {"v1": {"runtimeclasses"}},
    "policy": {"v1": {"poddisruptionbudgets"}},
    "rbac.authorization.k8s.io": {"v1": {"roles", "rolebindings", "clusterroles", "clusterrolebindings"}},
    "scheduling.k8s.io": {"v1": {"priorityclasses"}},
    "storage.k8s.io": {"v1": {"storageclasses", "volumeattachments", "csinodes", "csidrivers"}},
}


def aggregated(api, accept=AGGREGATED):
    """Group → version → resource → its entry, of both documents."""
    found = {}
    for path in ("/api", "/apis"):
        answer = api.send("GET", path, headers={"Accept": accept})
        assert answer.status == 200, answer
        document = answer.body
        assert document["kind"] == "APIGroupDiscoveryList"
        for group in document["items"]:
            versions = found.setdefault(group["metadata"].get("name", ""), {})
            for one in group["versions"]:
                assert one["freshness"] == "Current"
                versions[one["version"]] = {resource["resource"]: resource for resource in one.get("resources", [])}
    return found


def test_preferred_versions(api):
    """Discovery, confirm the PreferredVersion for each api group"""
    groups = api.get("/apis")["groups"]
    assert groups
    for group in groups:
        again = api.get(f"/apis/{group['name']}")
        assert again["kind"] == "APIGroup" and again["preferredVersion"] == group["preferredVersion"]
        assert group["preferredVersion"] in group["versions"]


def test_group_versions_and_resources(api):
    """Discovery, confirm the groupVersion and a resource from each apiGroup"""
    for group in api.get("/apis")["groups"]:
        for one in group["versions"]:
            resources = api.get(f"/apis/{one['groupVersion']}")
            assert resources["kind"] == "APIResourceList" and resources["groupVersion"] == one["groupVersion"]
            assert any(resource["kind"] and resource["verbs"] for resource in resources["resources"])
            for resource in resources["resources"]:
                assert resource["name"] and isinstance(resource["namespaced"], bool)
                if "/" not in resource["name"]:
                    assert resource["singularName"], resource


def test_order_of_versions(api):
    """Discovery: the newest stable version comes first"""
    autoscaling = api.get("/apis/autoscaling")
    assert [one["version"] for one in autoscaling["versions"]] == ["v2", "v1"]
    assert autoscaling["preferredVersion"]["version"] == "v2"


def test_order_of_groups(api):
    names = [group["name"] for group in api.get("/apis")["groups"]]
    last = ["node.k8s.io", "discovery.k8s.io", "resource.k8s.io", "flowcontrol.apiserver.k8s.io"]
    assert [name for name in names if name in last] == last


def test_versions_that_are_kept(api):
    """A hash tells of the version in which objects are kept, which for some is older than what is served."""
    for group_version, name, hash in (
        ("apiextensions.k8s.io/v1", "customresourcedefinitions", "jfWCUB31mvA="),
        ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicies", "LYmCf+UMVdg="),
        ("admissionregistration.k8s.io/v1", "mutatingadmissionpolicybindings", "90V5FRZZ3Zg="),
        ("apps/v1", "deployments", "8aSe+NMegvE="),
    ):  # fmt: skip
        resources = api.get(f"/apis/{group_version}")["resources"]
        assert [one["storageVersionHash"] for one in resources if one["name"] == name] == [hash]


def test_aggregated(api):
    """Aggregated Discovery Interface"""
    found = aggregated(api)
    for group, versions in BUILT_IN.items():
        for name, resources in versions.items():
            assert resources <= set(found[group][name]), (group, name)
    deployment = found["apps"]["v1"]["deployments"]
    assert deployment["scope"] == "Namespaced" and deployment["singularResource"] == "deployment"
    assert deployment["shortNames"] == ["deploy"] and deployment["categories"] == ["all"]
    assert deployment["responseKind"] == {"group": "apps", "version": "v1", "kind": "Deployment"} or (
        deployment["responseKind"]["kind"] == "Deployment"
    )
    parts = {one["subresource"]: one for one in deployment["subresources"]}
    assert parts["scale"]["responseKind"] == {"group": "autoscaling", "version": "v1", "kind": "Scale"}
    assert set(parts["status"]["verbs"]) == {"get", "patch", "update"}


def test_aggregated_definitions(api):
    """Aggregated Discovery Interface CRDs"""
    with defined(api, version("v1"), version("v1beta1", storage=False)) as made:
        versions = aggregated(api)[made.group]
        assert list(versions) == ["v1", "v1beta1"]
        resource = versions["v1"][made.plural]
        assert resource["responseKind"] == {"group": made.group, "version": "v1", "kind": made.kind}
        assert resource["scope"] == "Namespaced" and "deletecollection" in resource["verbs"]
        group = next(one for one in api.get("/apis")["groups"] if one["name"] == made.group)
        assert group["preferredVersion"]["version"] == "v1"
    assert made.group not in aggregated(api)


def test_aggregated_accept_headers(api):
    """Aggregated Discovery Endpoint Accept Headers"""
    for accept in (AGGREGATED, f"{AGGREGATED},{GONE},application/json", f"{AGGREGATED};q=0.1, application/json", f"{GONE},{AGGREGATED}", f"text/html,{AGGREGATED}"):
        answer = api.send("GET", "/apis", headers={"Accept": accept})
        assert answer.status == 200 and answer.body["kind"] == "APIGroupDiscoveryList", answer
        assert answer.body["apiVersion"] == "apidiscovery.k8s.io/v2"
    plain = api.send("GET", "/apis", headers={"Accept": "application/json"})
    assert plain.body["kind"] == "APIGroupList"
    anything = api.send("GET", "/apis", headers={"Accept": "*/*"})
    assert anything.body["kind"] == "APIGroupList"
    unknown = api.send("GET", "/apis", headers={"Accept": "application/json;g=apidiscovery.k8s.io;v=v9;as=APIGroupDiscoveryList"})
    assert unknown.status == 406
    for path in ("/api/v1", "/apis/apps", "/apis/apps/v1"):
        assert api.send("GET", path, headers={"Accept": AGGREGATED}).status == 406
    yaml = api.send("GET", "/api", headers={"Accept": AGGREGATED.replace("json", "yaml", 1)})
    assert yaml.headers["Content-Type"] == AGGREGATED.replace("json", "yaml", 1) and b"\n  - freshness: Current\n" in yaml.bytes
    assert api.send("GET", "/api", headers={"Accept": "application/json"}).body["kind"] == "APIVersions"


def test_aggregated_is_cached(api):
    """Aggregated Discovery: an ETag saves the document"""
    answer = api.send("GET", "/apis", headers={"Accept": AGGREGATED})
    tag = answer.headers["ETag"]
    again = api.send("GET", "/apis", headers={"Accept": AGGREGATED, "If-None-Match": tag})
    assert again.status == 304 and not again.bytes
    with defined(api):
        changed = api.send("GET", "/apis", headers={"Accept": AGGREGATED, "If-None-Match": tag})
        assert changed.status == 200 and changed.headers["ETag"] != tag


def test_aggregated_raw_definitions(api):
    """Aggregated Discovery Endpoint Accept Headers CRDs"""
    with defined(api) as made:
        document = api.send("GET", "/apis", headers={"Accept": AGGREGATED}).body
        group = next(one for one in document["items"] if one["metadata"]["name"] == made.group)
        assert [one["resource"] for one in group["versions"][0]["resources"]] == [made.plural]


def test_server_version(api):
    """Confirm a server version"""
    version_ = api.get("/version")
    assert re.fullmatch(r"\d+", version_["major"]) and re.fullmatch(r"\d+", version_["minor"])
    assert version_["gitVersion"].startswith(f"v{version_['major']}.{version_['minor']}.")
    for field in ("gitCommit", "gitTreeState", "buildDate", "goVersion", "compiler", "platform"):
        assert field in version_


def test_tables_of_what_has_none(api):
    """API metadata HTTP return"""
    review = {
        "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}},
    }  # fmt: skip
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    answer = api.send("POST", path, review, headers={"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io"})
    assert answer.status == 406 and answer.body["reason"] == "NotAcceptable", answer


def test_tables(api, namespace):
    """Servers with support for Table transformation should return pod details; chunks; generic metadata details"""
    accept = {"Accept": "application/json;as=Table;v=v1;g=meta.k8s.io,application/json"}
    place = f"/api/v1/namespaces/{namespace}/podtemplates"
    for number in range(5):
        body = {
            "apiVersion": "v1", "kind": "PodTemplate", "metadata": {"name": f"template-{number}"},
            "template": {"spec": {"containers": [{"name": "c", "image": "i"}]}},
        }  # fmt: skip
        api.create(place, body)
    table = api.get(place, headers=accept, limit=2)
    assert table["kind"] == "Table" and table["apiVersion"] == "meta.k8s.io/v1"
    assert len(table["rows"]) == 2 and table["metadata"]["continue"] and table["metadata"]["remainingItemCount"] == 3
    assert [one["name"] for one in table["columnDefinitions"]][:3] == ["Name", "Containers", "Images"]
    assert table["rows"][0]["cells"][:3] == ["template-0", "c", "i"]
    assert table["rows"][0]["object"]["kind"] == "PartialObjectMetadata"
    one = api.get(f"{place}/template-0", headers=accept, includeObject="None")
    assert len(one["rows"]) == 1 and one["rows"][0].get("object") is None
    whole = api.get(f"{place}/template-0", headers=accept, includeObject="Object")
    assert whole["rows"][0]["object"]["template"]["spec"]["containers"][0]["name"] == "c"
    # Of a kind without columns of its own: name and age.
    leases = api.get(f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases", headers=accept)
    assert leases["kind"] == "Table" and leases["rows"] == []


def test_unknown_paths(api):
    """Paths that nothing serves say so: below a built-in group by a Status, elsewhere by a line of text"""
    text = ("/nothing", "/apis/nothing.example.com", "/apis/nothing.example.com/v1", "/apis/nothing.example.com/v1/things",
            "/apis/nothing.example.com/v1/namespaces/a/things/b")  # fmt: skip
    for path in text:
        for method in ("GET", "POST", "DELETE"):
            answer = api.send(method, path)
            assert (answer.status, answer.bytes) == (404, b"404 page not found\n"), (method, path, answer)
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
    for path in ("/apis/apps/v9", "/apis/apps/v9/things", "/api/v9", "/api/v1/nothings", "/apis/apps/v1/nothings"):
        failure = api.refused(404, "GET", path)
        assert failure["reason"] == "NotFound" and failure["message"] == "the server could not find the requested resource"
        assert failure["details"] == {}


def test_unknown_paths_of_strangers(api):
    """Whoever may not see what is there is not told that nothing is"""
    for path, words in (("/nothing", 'User "eve" cannot get path "/nothing"'),
                        ("/apis/nothing.example.com/v1/things", 'User "eve" cannot list resource "things" in API group "nothing.example.com" at the cluster scope')):  # fmt: skip
        failure = api.refused(403, "GET", path, headers={"Impersonate-User": "eve"}, says=words)
        assert failure["reason"] == "Forbidden"
