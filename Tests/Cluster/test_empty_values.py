"""Values that are there and say nothing: typed clients send them wherever a field has no form for "not set"."""

from interface import body, pod, unique


def test_what_is_there_but_empty(api, namespace):
    """Fields that OpenAPI calls required, and that typed clients always send, may be empty where nothing more is asked."""
    pods = f"/api/v1/namespaces/{namespace}/pods"
    one = pod("empty")
    one["spec"]["securityContext"] = {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": ""}]}
    header = {"name": "X-Empty", "value": ""}
    one["spec"]["containers"][0]["livenessProbe"] = {"httpGet": {"port": 80, "httpHeaders": [header]}}
    made = api.create(pods, one)
    assert made["spec"]["securityContext"]["sysctls"] == [{"name": "kernel.shm_rmid_forced", "value": ""}]
    assert made["spec"]["containers"][0]["livenessProbe"]["httpGet"]["httpHeaders"] == [header]
    driver = body("storage.k8s.io/v1", "CSIDriver", metadata={"name": f"{unique('d')}.example.com"})
    driver["spec"] = {"tokenRequests": [{"audience": "", "expirationSeconds": 3600}]}
    drivers = "/apis/storage.k8s.io/v1/csidrivers"
    made = api.create(drivers, driver)
    assert made["spec"]["tokenRequests"] == driver["spec"]["tokenRequests"]
    driver["spec"]["tokenRequests"] *= 2
    api.refused(422, "POST", drivers, driver, says='spec.tokenRequests[1].audience: Duplicate value: ""')
    api.delete(f"{drivers}/{driver['metadata']['name']}")
    slice = body("discovery.k8s.io/v1", "EndpointSlice", metadata={"name": "s"}, addressType="IPv4", ports=[])
    slice["endpoints"] = [{"addresses": ["10.1.2.3"], "hints": {"forZones": [{"name": ""}]}}]
    api.create(f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices", slice)
