"""Conformance of sig-storage: the kinds of which every verb is asked, and what is particular to each."""

from interface import CONDITION, Lifecycle, body, unique


def test_csi_driver(api):
    """CSIDriver API operations"""
    spec = {"attachRequired": False, "podInfoOnMount": True}
    walk = Lifecycle(api, "storage.k8s.io/v1", "csidrivers", body("storage.k8s.io/v1", "CSIDriver", spec=spec))
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make(unique("driver")))
    assert made["spec"]["volumeLifecycleModes"] == ["Persistent"] and made["spec"]["fsGroupPolicy"] == "ReadWriteOnceWithFSType"
    api.delete(walk.one(made["metadata"]["name"]))


def test_csi_node(api):
    """CSINode, resource lifecycle"""
    spec = {"drivers": [{"name": "driver.example.com", "nodeID": "node-1", "topologyKeys": ["zone"]}]}
    Lifecycle(api, "storage.k8s.io/v1", "csinodes", body("storage.k8s.io/v1", "CSINode", spec=spec)).discovered().walk()


def test_csi_storage_capacity(api, namespace):
    """CSIStorageCapacity API"""
    kind = body("storage.k8s.io/v1", "CSIStorageCapacity", storageClassName="class", capacity="1Gi")

    def change(one):
        one["capacity"] = "2Gi"

    Lifecycle(api, "storage.k8s.io/v1", "csistoragecapacities", kind, namespace, update=change).discovered().walk()


def test_storage_class(api):
    """StorageClass, lifecycle"""
    walk = Lifecycle(api, "storage.k8s.io/v1", "storageclasses", body("storage.k8s.io/v1", "StorageClass", provisioner="p.example.com"))  # fmt: skip
    walk.discovered().walk()
    made = api.create(walk.collection, walk.make(unique("class")))
    assert made["reclaimPolicy"] == "Delete" and made["volumeBindingMode"] == "Immediate"
    made["provisioner"] = "other.example.com"
    path = walk.one(made["metadata"]["name"])
    api.refused(422, "PUT", path, made, says='provisioner: Invalid value: "other.example.com": field is immutable')
    api.delete(path)


def test_volume_attributes_class(api):
    """VolumeAttributesClass, lifecycle"""
    kind = body("storage.k8s.io/v1", "VolumeAttributesClass", driverName="d.example.com", parameters={"iops": "100"})
    Lifecycle(api, "storage.k8s.io/v1", "volumeattributesclasses", kind).discovered().walk()


def test_volume_attachment(api):
    """VolumeAttachment, lifecycle; VolumeAttachment, apply changes to status"""
    spec = {"attacher": "driver.example.com", "nodeName": "node-1", "source": {"persistentVolumeName": "pv-1"}}
    kind = body("storage.k8s.io/v1", "VolumeAttachment", spec=spec)
    Lifecycle(api, "storage.k8s.io/v1", "volumeattachments", kind, status={"attached": True}).discovered("status").walk()


def persistent_volume(name="pv"):
    return body(
        "v1", "PersistentVolume", metadata={"name": name},
        spec={
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "none",
            "hostPath": {"path": "/tmp/volume"},
        },
    )  # fmt: skip


def test_persistent_volume(api):
    """PersistentVolumes(Claims), lifecycle; PersistentVolumes(Claims), apply changes to status (volumes)"""
    status = {"phase": "Failed", "message": "StatusUpdate", "reason": "E2E"}

    def change(one):
        one["spec"]["persistentVolumeReclaimPolicy"] = "Delete"

    Lifecycle(api, "v1", "persistentvolumes", persistent_volume(), status=status, update=change).discovered("status").walk()


def test_persistent_volume_claim(api, namespace):
    """PersistentVolumes(Claims), lifecycle; PersistentVolumes(Claims), apply changes to status (claims)"""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "none"}
    status = {"phase": "Pending", "conditions": [CONDITION]}
    walk = Lifecycle(api, "v1", "persistentvolumeclaims", body("v1", "PersistentVolumeClaim", spec=spec), namespace, status)
    walk.discovered("status").walk()
    made = api.create(walk.collection, walk.make("fixed"))
    assert made["spec"]["volumeMode"] == "Filesystem" and made["status"]["phase"] == "Pending"
    made["spec"]["accessModes"] = ["ReadOnlyMany"]
    api.refused(422, "PUT", walk.one("fixed"), made, says="spec is immutable after creation")


def test_config_map(api, namespace):
    """ConfigMap, from volume apart: ConfigMap lifecycle; ConfigMap, empty-key; immutable"""
    def change(one):
        one["data"]["another"] = "value"

    walk = Lifecycle(api, "v1", "configmaps", body("v1", "ConfigMap", data={"data-1": "value-1"}), namespace, update=change)
    walk.discovered().walk()
    api.refused(422, "POST", walk.collection, {**walk.make("empty"), "data": {"": "value"}}, says="data[]: Invalid value")
    api.refused(422, "POST", walk.collection, {**walk.make("both"), "binaryData": {"data-1": "YQ=="}}, says="data[data-1]")
    sealed = api.create(walk.collection, {**walk.make("sealed"), "immutable": True})
    sealed["data"]["data-1"] = "other"
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="data: Forbidden: field is immutable when `immutable` is set")
    sealed["data"]["data-1"], sealed["immutable"] = "value-1", False
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="immutable: Forbidden: field is immutable when `immutable` is set")
    sealed["immutable"] = True
    sealed["metadata"]["labels"]["more"] = "yes"
    assert api.update(walk.one("sealed"), sealed)["metadata"]["labels"]["more"] == "yes"


def test_secret(api, namespace):
    """Secrets, patch; empty-key; immutable"""
    def change(one):
        one["data"]["another"] = "dmFsdWU="

    walk = Lifecycle(api, "v1", "secrets", body("v1", "Secret", data={"key": "dmFsdWU="}), namespace, update=change)
    walk.discovered().walk()
    api.refused(422, "POST", walk.collection, {**walk.make("empty"), "data": {"": "dmFsdWU="}}, says="data[]: Invalid value")
    made = api.create(walk.collection, walk.make("typed"))
    made["type"] = "example.com/other"
    api.refused(422, "PUT", walk.one("typed"), made, says="type: Invalid value")
    sealed = api.create(walk.collection, {**walk.make("sealed"), "immutable": True})
    sealed["data"]["key"] = "b3RoZXI="
    api.refused(422, "PUT", walk.one("sealed"), sealed, says="data: Forbidden: field is immutable when `immutable` is set")
    api.refused(400, "POST", walk.collection, {**walk.make("bad"), "data": {"key": "not base64!"}})
