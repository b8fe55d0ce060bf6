import APIMachinery

/// What becomes of objects of one kind before they are validated and stored, beyond what becomes of those of every kind:
/// parts that belong to the server are taken from whoever wrote them, linked fields are brought to agree.
///
/// The rules are those of upstream's strategies (`pkg/registry/*/strategy.go`, PrepareForCreate and PrepareForUpdate). They
/// know the object alone: neither who writes it nor what else is stored.
protocol KindPreparation: SendableMetatype {
  /// Whether the status may be given when an object is created.
  static var keepsStatus: Bool { get }

  /// Members of the metadata that are not written with the status.
  static var keptByStatus: [String] { get }

  /// Maps that a client who leaves them out gets from another part of the object, with what the server puts there.
  static var copied: [(part: String, member: String)] { get }

  /// Prepares a new object: its metadata is there, its defaults are filled in, and the status that a client gave is gone.
  static func create(_ object: inout JSONValue)

  /// Prepares an object that is updated, once what cannot be written at this place is as it was.
  ///
  /// - Parameter subresource: what is written; empty for the object itself.
  static func update(_ object: inout JSONValue, old: JSONValue, subresource: String)

  /// Whether the generation grows with a change.
  static func isCounted(_ new: JSONValue, _ old: JSONValue) -> Bool
}

extension KindPreparation {
  static var keepsStatus: Bool { false }
  static var keptByStatus: [String] { [] }
  static var copied: [(part: String, member: String)] { [] }
  static func create(_ object: inout JSONValue) {}
  static func update(_ object: inout JSONValue, old: JSONValue, subresource: String) {}
  static func isCounted(_ new: JSONValue, _ old: JSONValue) -> Bool { Preparation.differs(new, old) }
}

/// Which kinds have a preparation of their own.
enum Preparations {
  private static let table: [String: [String: any KindPreparation.Type]] = [
    "": [
      "Namespace": NamespacePreparation.self, "Node": NodePreparation.self,
      "PersistentVolume": VolumePreparation.self, "PersistentVolumeClaim": ClaimPreparation.self,
      "Pod": PodPreparation.self, "Service": ServicePreparation.self,
      "ServiceAccount": ServiceAccountPreparation.self,
    ],
    "admissionregistration.k8s.io": ["ValidatingAdmissionPolicy": StatusOnlyPreparation.self],
    "apiextensions.k8s.io": ["CustomResourceDefinition": DefinitionPreparation.self],
    "apiregistration.k8s.io": ["APIService": APIServicePreparation.self],
    "apps": ["DaemonSet": DaemonSetPreparation.self, "Deployment": DeploymentPreparation.self],
    "batch": ["Job": JobPreparation.self],
    "certificates.k8s.io": ["CertificateSigningRequest": CertificateRequestPreparation.self],
    "discovery.k8s.io": ["EndpointSlice": EndpointSlicePreparation.self],
    "flowcontrol.apiserver.k8s.io": [
      "FlowSchema": StatusOnlyPreparation.self, "PriorityLevelConfiguration": StatusOnlyPreparation.self,
    ],
    "networking.k8s.io": ["ServiceCIDR": StatusOnlyPreparation.self],
    "resource.k8s.io": ["ResourceClaim": DeviceClaimPreparation.self],
    "scheduling.k8s.io": ["PriorityClass": PriorityClassPreparation.self],
    "storage.k8s.io": ["VolumeAttachment": StatusOnlyPreparation.self],
  ]

  private enum Plain: KindPreparation {}

  static func of(_ kind: GroupVersionKind) -> any KindPreparation.Type { table[kind.group]?[kind.kind] ?? Plain.self }

  /// Whether objects of a kind are kept as they are sent.
  static func isPlain(_ kind: GroupVersionKind) -> Bool { table[kind.group]?[kind.kind] == nil }
}
