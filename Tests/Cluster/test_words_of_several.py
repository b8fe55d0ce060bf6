"""What is said of objects in which several things are wrong at once, or wrong only together: the words, the places and their
order are those of kube-apiserver 1.36."""

import pytest
from interface import eventually, unique

SUBDOMAIN = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with "
    "an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
POD = {"automountServiceAccountToken": False, "containers": [{"name": "c", "image": "i:1"}]}
TEMPLATE = {"metadata": {"labels": {"a": "b"}}, "spec": POD}
SELECTED = {"selector": {"matchLabels": {"a": "b"}}, "template": TEMPLATE}
CLAIM = {"accessModes": ["ReadWriteOnce"], "storageClassName": "none", "resources": {"requests": {"storage": "1Gi"}}}
VOLUME = {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "1Gi"}}
CSI = {"driver": "a.example.com", "volumeHandle": "h"}


def told(api, path, body):
    """The causes of a refusal, each as field and message."""
    failure = api.refused(422, "POST", path, {"metadata": {"name": unique("several")}, **body}, dryRun="All")
    return [f"{one.get('field', '')}: {one['message']}" for one in failure["details"]["causes"]]


@pytest.mark.parametrize(
    ("spec", "causes"), [
        # Containers without a name are like each other.
        (
            {"containers": [{"image": "i"}, {"image": "i"}], "initContainers": [{"image": "i"}]},
            [
                "containers[0].name: Required value", "containers[1].name: Required value",
                'containers[1].name: Duplicate value: ""', "initContainers[0].name: Required value",
                'initContainers[0].name: Duplicate value: ""',
            ],
        ),
        # Of a volume's sources the first one counts.
        (
            {"volumes": [{"name": "v", "emptyDir": {}, "image": {}}]},
            ["volumes[0].image: Forbidden: may not specify more than 1 volume type"],
        ),
        (
            {"containers": [{"name": "c", "image": "i", "securityContext": {"privileged": True, "allowPrivilegeEscalation": False}}]},
            [
                'containers[0].securityContext: Invalid value: {"Capabilities":null,"Privileged":true,"SELinuxOptions":null,'
                '"WindowsOptions":null,"RunAsUser":null,"RunAsGroup":null,"RunAsNonRoot":null,"ReadOnlyRootFilesystem":null,'
                '"AllowPrivilegeEscalation":false,"ProcMount":null,"SeccompProfile":null,"AppArmorProfile":null}: '
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            ],
        ),
    ],
)  # fmt: skip
def test_pods(api, namespace, spec, causes):
    found = told(api, f"/api/v1/namespaces/{namespace}/pods", {"spec": {**POD, **spec}})
    assert found == [f"spec.{cause}" for cause in causes]


def test_strategies_that_mean_nothing(api, namespace):
    path = f"/apis/apps/v1/namespaces/{namespace}"
    strategy = {"type": "OnDelete", "rollingUpdate": {"partition": 2}}
    assert told(api, f"{path}/statefulsets", {"spec": {**SELECTED, "serviceName": "s", "updateStrategy": strategy}}) == [
        'spec.updateStrategy.rollingUpdate: Invalid value: {"Partition":2,"MaxUnavailable":null}: '
        "only allowed for updateStrategy 'RollingUpdate'"
    ]

    def made(resource, strategy, **more):
        body = {"metadata": {"name": unique("set")}, "spec": {**SELECTED, "updateStrategy": strategy, **more}}
        return api.create(f"{path}/{resource}", body, dryRun="All")["spec"]["updateStrategy"]

    zero = {"maxUnavailable": 0, "maxSurge": 0}
    assert made("daemonsets", {"type": "OnDelete", "rollingUpdate": {}}) == {"type": "OnDelete", "rollingUpdate": zero}
    assert made("statefulsets", {"type": "RollingUpdate"}, serviceName="s") == {"type": "RollingUpdate"}
    first = {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}}
    assert made("statefulsets", {}, serviceName="s") == made("statefulsets", {"rollingUpdate": {}}, serviceName="s") == first


@pytest.mark.parametrize(
    ("spec", "causes"), [
        (
            {**CLAIM, "dataSource": {"kind": "A", "name": "x"}, "dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "y"}},
            [
                'dataSource: Invalid value: "A": must be \'PersistentVolumeClaim\' when referencing the default apiGroup',
                ": Invalid value: {}: must match dataSourceRef",
            ],
        ),
    ],
)  # fmt: skip
def test_claims(api, namespace, spec, causes):
    found = told(api, f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", {"spec": spec})
    assert found == [f"spec.{cause}".replace("spec.:", "spec:") for cause in causes]


@pytest.mark.parametrize(
    ("spec", "causes"), [
        (
            {"csi": {**CSI, "nodePublishSecretRef": {"name": "N"}, "nodeExpandSecretRef": {"namespace": "n"}}},
            [
                f'csi.nodePublishSecretRef.name: Invalid value: "N": {SUBDOMAIN}', "csi.nodePublishSecretRef.namespace: Required value",
                "csi.nodeExpandSecretRef.name: Required value",
            ],
        ),
        (
            {"iscsi": {"targetPortal": "p", "iqn": "x", "lun": 1, "secretRef": {}}},
            ['iscsi.iqn: Invalid value: "x": must be valid format', "iscsi.secretRef.name: Required value"],
        ),
        (
            {"hostPath": {"path": "/x"}, "capacity": {"storage": "-1"}},
            [
                "capacity[storage]: Invalid value: -1: must be a valid resource quantity",
                'capacity[storage]: Invalid value: "-1": must be greater than zero',
            ],
        ),
    ],
)  # fmt: skip
def test_volumes(api, spec, causes):
    assert told(api, "/api/v1/persistentvolumes", {"spec": {**VOLUME, **spec}}) == [f"spec.{cause}" for cause in causes]


def test_topologies_that_are_empty(api):
    """Each one is compared with as many empty ones as there are."""
    topologies = [{"matchLabelExpressions": [{"key": "a", "values": ["x"]}]}, {}]
    found = told(api, "/apis/storage.k8s.io/v1/storageclasses", {"provisioner": "a.b/c", "allowedTopologies": topologies})
    assert found == ['allowedTopologies[1].matchLabelExpressions: Duplicate value: ""'] * 2


def test_quotas(api, namespace):
    requirement = {"scopeName": "VolumeAttributesClass", "operator": "Exists"}
    spec = {"hard": {"pods": "1"}, "scopeSelector": {"matchExpressions": [requirement]}}
    assert told(api, f"/api/v1/namespaces/{namespace}/resourcequotas", {"spec": spec}) == [
        'spec.scopeSelector.matchExpressions: Invalid value: {"MatchExpressions":[{"ScopeName":"VolumeAttributesClass",'
        '"Operator":"Exists","Values":null}]}: unsupported scope applied to resource'
    ]


def test_slices(api, namespace):
    slice_ = {"addressType": "IPv6", "endpoints": [{"addresses": ["10.9.8.7"]}], "ports": [{"port": 80, "protocol": "X"}]}
    assert told(api, f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices", slice_) == [
        'ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"',
        'endpoints[0].addresses: Invalid value: "10.9.8.7": must be an IPv6 address',
    ]


def test_success_of_jobs_in_cron_jobs(api, namespace):
    job = {"completionMode": "Indexed", "successPolicy": {"rules": [{}]}, "template": {"spec": {**POD, "restartPolicy": "Never"}}}
    body = {"spec": {"schedule": "* * * * *", "jobTemplate": {"spec": job}}}
    assert told(api, f"/apis/batch/v1/namespaces/{namespace}/cronjobs", body) == [
        "spec.jobTemplate.spec.completions: Required value: when completion mode is Indexed",
        "spec.jobTemplate.spec.successPolicy.rules[0]: Required value: at least one of succeededCount or succeededIndexes must be specified",
    ]


def test_variables_of_one_name(api):
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
    spec = {
        "matchConstraints": {"resourceRules": rules}, "validations": [{"expression": "true"}],
        "variables": [{"name": "a", "expression": "x"}, {"name": "a", "expression": "y"}],
    }  # fmt: skip
    found = told(api, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies", {"spec": spec})
    assert [cause.split("undeclared reference to ")[1].split(" ")[0] for cause in found] == ["'x'", "'y'"]


def test_definitions(api):
    names = {"plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList"}
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    column = {"name": "A", "type": "x", "format": "y", "jsonPath": "z"}
    first = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    second = {"name": "V2", "served": True, "storage": True, "additionalPrinterColumns": [column], "selectableFields": [{"jsonPath": ".spec.a"}]}
    body = {
        "metadata": {"name": "things.several.example.com"},
        "spec": {"group": "several.example.com", "scope": "x", "names": names, "versions": [first, second]},
    }
    found = told(api, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body)
    assert [cause.split(":")[0] for cause in found] == [
        "spec.scope", "spec.versions[1].schema.openAPIV3Schema", "spec.versions[1].name",
        "spec.versions[1].additionalPrinterColumns[0].type", "spec.versions[1].additionalPrinterColumns[0].format",
        "spec.versions[1].additionalPrinterColumns[0].JSONPath", "spec.versions[1].selectableFields", "spec.versions",
        "status.storedVersions",
    ]  # fmt: skip
    shown = found[7].removeprefix("spec.versions: Invalid value: ")
    assert shown.startswith(
        '[{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":{"OpenAPIV3Schema":{"ID":"",'
        '"Schema":"","Ref":null,"Description":"","Type":"object","Nullable":false,"Format":"","Title":"","Default":null,"Maximum":null,'
    )
    assert '"Properties":{"a":{"ID":"","Schema":"","Ref":null,"Description":"","Type":"string",' in shown
    assert shown.endswith(
        '"Schema":null,"Subresources":null,"AdditionalPrinterColumns":[{"Name":"A","Type":"x","Format":"y","Description":"","Priority":0,'
        '"JSONPath":"z"}],"SelectableFields":[{"JSONPath":".spec.a"}]}]: must have exactly one version marked as storage version'
    )


def test_who_may_not_grant_is_told_nothing_else(api, namespace):
    """Rules that make no sense are not judged for who may not grant them, and a role that is not there is no role of theirs."""
    group, name = "/apis/rbac.authorization.k8s.io/v1", unique("granter")
    user = {"headers": {"Impersonate-User": name}}
    rules = [{"apiGroups": ["rbac.authorization.k8s.io"], "resources": ["roles", "rolebindings"], "verbs": ["create"]}]
    subject = {"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": name}
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
    roles, bindings = (f"{group}/namespaces/{namespace}/{resource}" for resource in ("roles", "rolebindings"))
    api.create(roles, {"metadata": {"name": name}, "rules": rules})
    api.create(bindings, {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]})
    role = {"metadata": {"name": "q"}, "rules": [{"nonResourceURLs": ["/x"], "verbs": ["get"]}]}
    eventually(lambda: "currently held" in api.send("POST", roles, role, dryRun="All", **user).body["message"])
    api.refused(403, "POST", roles, role, says='{NonResourceURLs:["/x"], Verbs:["get"]}', dryRun="All", **user)
    binding = {"metadata": {"name": "q"}, "roleRef": {**reference, "name": "none"}, "subjects": [{"kind": "X"}]}
    api.refused(404, "POST", bindings, binding, says='rolebindings.rbac.authorization.k8s.io "none" not found', dryRun="All", **user)


@pytest.mark.parametrize(
    ("selector", "words"), [
        ({"labelSelector": {"requirements": [{"key": "a", "operator": "Like", "values": ["b"]}]}}, "labelSelector ignored"),
        ({"labelSelector": {"rawSelector": "a in ("}}, "labelSelector ignored"),
        (
            {"fieldSelector": {"requirements": [
                {"key": "a", "operator": "In", "values": ["b"]}, {"key": "a", "operator": "In", "values": ["b", "c"]}]}},
            "fieldSelector partially ignored",
        ),
        ({"fieldSelector": {"rawSelector": "a=b"}}, None),
    ],
)  # fmt: skip
def test_selectors_that_do_not_count(api, selector, words):
    attributes = {"verb": "list", "resource": "pods", **selector}
    review = {"spec": {"user": "nobody-special", "resourceAttributes": attributes}}
    status = api.create("/apis/authorization.k8s.io/v1/subjectaccessreviews", review)["status"]
    wanted = words and f"spec.resourceAttributes.{words} due to parse error"
    assert status.get("evaluationError") == wanted and not status["allowed"]


def test_only_get_reads_what_is_built_in(api, namespace):
    for path in ("/api", "/api/v1", "/apis/apps/v1", "/version", f"/api/v1/namespaces/{namespace}", f"/api/v1/namespaces/{namespace}/pods"):
        assert api.send("HEAD", path).status == 405, path
    for path in ("/apis", "/apis/apps", "/healthz", "/openapi/v2"):
        assert api.send("HEAD", path).status == 200, path
    nothing = api.send("GET", "/openapi/v3/apis/none.example.com/v1")
    assert nothing.status == 404 and nothing.bytes == b""


def test_what_stands_twice_is_told_where_it_stands_again(api, namespace):
    body = b'{"metadata":{"name":"c"},"dat":{},"metadata":{"name":"d"},"data":{"a":"1","a":"2"}}'
    failure = api.refused(400, "POST", f"/api/v1/namespaces/{namespace}/configmaps", body, fieldValidation="Strict", dryRun="All")
    assert failure["message"].endswith('strict decoding error: unknown field "dat", duplicate field "metadata", duplicate field "data.a"')
