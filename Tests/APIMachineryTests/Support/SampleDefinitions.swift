@testable import APIMachinery

/// Parts of some built-in kinds, enough to try patches, apply and decoding on.
enum SampleDefinitions {
  static func registry() throws -> SchemaRegistry {
    var definitions: [String: Schema] = [:]
    for (name, value) in try parse(text).objectValue ?? [:] {
      definitions[name] = try SchemaReader(.document).schema(value)
    }
    return try SchemaRegistry(definitions)
  }

  static func schema(_ kind: String, package: String = "io.k8s.api.apps.v1") throws -> Schema {
    guard let schema = try registry()["\(package).\(kind)"] else {
      throw SchemaError(.unknownDefinition, "no sample of \(kind)")
    }
    return schema
  }

  static func deployment() throws -> Schema { try schema("Deployment") }
  static func pod() throws -> Schema { try schema("Pod", package: "io.k8s.api.core.v1") }
  static func configMap() throws -> Schema { try schema("ConfigMap", package: "io.k8s.api.core.v1") }
  static func service() throws -> Schema { try schema("Service", package: "io.k8s.api.core.v1") }

  private static let text = #"""
    {
      "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "properties": {
        "name": {"type": "string"}, "namespace": {"type": "string"}, "generateName": {"type": "string"},
        "uid": {"type": "string"}, "resourceVersion": {"type": "string"},
        "generation": {"type": "integer", "format": "int64"}, "selfLink": {"type": "string"},
        "creationTimestamp": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        "finalizers": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set",
          "x-kubernetes-patch-strategy": "merge"},
        "ownerReferences": {"type": "array",
          "items": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["uid"],
          "x-kubernetes-patch-merge-key": "uid", "x-kubernetes-patch-strategy": "merge"},
        "managedFields": {"type": "array", "x-kubernetes-list-type": "atomic",
          "items": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry"}}}},
      "io.k8s.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry": {"type": "object", "properties": {
        "manager": {"type": "string"}, "operation": {"type": "string"}, "apiVersion": {"type": "string"},
        "time": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Time"}, "fieldsType": {"type": "string"},
        "fieldsV1": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        "subresource": {"type": "string"}}},
      "io.k8s.apimachinery.pkg.apis.meta.v1.OwnerReference": {"type": "object", "x-kubernetes-map-type": "atomic",
        "required": ["apiVersion", "kind", "name", "uid"], "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "name": {"type": "string"},
        "uid": {"type": "string"}, "controller": {"type": "boolean"}, "blockOwnerDeletion": {"type": "boolean"}}},
      "io.k8s.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time"},
      "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": {"type": "string", "format": "date-time"},
      "io.k8s.apimachinery.pkg.api.resource.Quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
      "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"format": "int-or-string",
        "oneOf": [{"type": "integer"}, {"type": "string"}]},
      "io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector": {"type": "object", "x-kubernetes-map-type": "atomic",
        "properties": {"matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
          "matchExpressions": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object",
            "properties": {"key": {"type": "string"}, "operator": {"type": "string"},
              "values": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"}}}}}},
      "io.k8s.api.core.v1.ConfigMap": {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "immutable": {"type": "boolean"},
        "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
        "data": {"type": "object", "additionalProperties": {"type": "string"}},
        "binaryData": {"type": "object", "additionalProperties": {"type": "string", "format": "byte"}}}},
      "io.k8s.api.core.v1.Service": {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
        "spec": {"$ref": "#/definitions/io.k8s.api.core.v1.ServiceSpec"}}},
      "io.k8s.api.core.v1.ServiceSpec": {"type": "object", "properties": {
        "type": {"type": "string"},
        "selector": {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
        "ports": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.ServicePort"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["port", "protocol"],
          "x-kubernetes-patch-merge-key": "port", "x-kubernetes-patch-strategy": "merge"}}},
      "io.k8s.api.core.v1.ServicePort": {"type": "object", "required": ["port"], "properties": {
        "name": {"type": "string"}, "protocol": {"type": "string", "default": "TCP"},
        "port": {"type": "integer", "format": "int32", "default": 0},
        "targetPort": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}}},
      "io.k8s.api.core.v1.Pod": {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
        "spec": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"},
        "status": {"type": "object", "properties": {"phase": {"type": "string"}}}}},
      "io.k8s.api.core.v1.PodSpec": {"type": "object", "required": ["containers"], "properties": {
        "restartPolicy": {"type": "string", "default": "Always"},
        "nodeName": {"type": "string"}, "hostNetwork": {"type": "boolean"},
        "terminationGracePeriodSeconds": {"type": "integer", "format": "int64", "default": 30},
        "nodeSelector": {"type": "object", "additionalProperties": {"type": "string"},
          "x-kubernetes-map-type": "atomic"},
        "containers": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.Container"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"},
        "volumes": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.Volume"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge,retainKeys"},
        "tolerations": {"type": "array", "x-kubernetes-list-type": "atomic", "items": {"type": "object",
          "properties": {"key": {"type": "string"}, "operator": {"type": "string"}, "effect": {"type": "string"}}}}}},
      "io.k8s.api.core.v1.Volume": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "emptyDir": {"type": "object", "properties": {"medium": {"type": "string"}}},
        "hostPath": {"type": "object", "properties": {"path": {"type": "string"}}}}},
      "io.k8s.api.core.v1.Container": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "image": {"type": "string"}, "imagePullPolicy": {"type": "string"},
        "args": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
        "command": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
        "env": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.EnvVar"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
          "x-kubernetes-patch-merge-key": "name", "x-kubernetes-patch-strategy": "merge"},
        "ports": {"type": "array", "items": {"$ref": "#/definitions/io.k8s.api.core.v1.ContainerPort"},
          "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["containerPort", "protocol"],
          "x-kubernetes-patch-merge-key": "containerPort", "x-kubernetes-patch-strategy": "merge"},
        "resources": {"type": "object", "properties": {
          "limits": {"type": "object",
            "additionalProperties": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"}},
          "requests": {"type": "object",
            "additionalProperties": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.api.resource.Quantity"}}}}}},
      "io.k8s.api.core.v1.EnvVar": {"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"}, "value": {"type": "string"}}},
      "io.k8s.api.core.v1.ContainerPort": {"type": "object", "required": ["containerPort"], "properties": {
        "name": {"type": "string"}, "hostPort": {"type": "integer", "format": "int32"},
        "containerPort": {"type": "integer", "format": "int32"}, "protocol": {"type": "string", "default": "TCP"}}},
      "io.k8s.api.core.v1.PodTemplateSpec": {"type": "object", "properties": {
        "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
        "spec": {"$ref": "#/definitions/io.k8s.api.core.v1.PodSpec"}}},
      "io.k8s.api.apps.v1.DeploymentStrategy": {"type": "object", "properties": {
        "type": {"type": "string"},
        "rollingUpdate": {"type": "object", "properties": {
          "maxSurge": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"},
          "maxUnavailable": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.util.intstr.IntOrString"}}}}},
      "io.k8s.api.apps.v1.DeploymentSpec": {"type": "object", "required": ["selector", "template"], "properties": {
        "replicas": {"type": "integer", "format": "int32", "default": 1},
        "paused": {"type": "boolean"},
        "minReadySeconds": {"type": "integer", "format": "int32"},
        "selector": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector"},
        "strategy": {"allOf": [{"$ref": "#/definitions/io.k8s.api.apps.v1.DeploymentStrategy"}],
          "x-kubernetes-patch-strategy": "retainKeys"},
        "template": {"$ref": "#/definitions/io.k8s.api.core.v1.PodTemplateSpec"}}},
      "io.k8s.api.apps.v1.DeploymentStatus": {"type": "object", "properties": {
        "replicas": {"type": "integer", "format": "int32"},
        "conditions": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"],
          "x-kubernetes-patch-merge-key": "type", "x-kubernetes-patch-strategy": "merge",
          "items": {"type": "object", "required": ["type", "status"], "properties": {
            "type": {"type": "string"}, "status": {"type": "string"}}}}}},
      "io.k8s.api.apps.v1.Deployment": {"type": "object", "properties": {
        "apiVersion": {"type": "string"}, "kind": {"type": "string"},
        "metadata": {"$ref": "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"},
        "spec": {"$ref": "#/definitions/io.k8s.api.apps.v1.DeploymentSpec"},
        "status": {"$ref": "#/definitions/io.k8s.api.apps.v1.DeploymentStatus"}}}
    }
    """#
}
