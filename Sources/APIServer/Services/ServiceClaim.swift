import APIMachinery
import Addressing

/// The objects which say that a service has an address or a node port.
enum ServiceClaim {
  /// Who has it.
  struct Owner: Sendable, Equatable {
    let namespace: String
    let name: String

    init(namespace: String, name: String) {
      self.namespace = namespace
      self.name = name
    }

    init(_ service: JSONObject) { self.init(namespace: service.objectNamespace, name: service.objectName) }

    fileprivate var reference: JSONValue {
      ["resource": "services", "namespace": .string(namespace), "name": .string(name)]
    }
  }

  static let managerLabel = "ipaddress.kubernetes.io/managed-by"
  static let manager = "ipallocator.k8s.io"
  private static let familyLabel = "ipaddress.kubernetes.io/ip-family"

  static let addressesPrefix = "\(StorageLayout.root)ipaddresses/"
  static let rangesPrefix = "\(StorageLayout.root)servicecidrs/"
  static let claimsPrefix = "\(StorageLayout.root)ranges/"
  static let nodePortsPrefix = "\(claimsPrefix)servicenodeports/"

  static func addressKey(_ address: String) -> String { addressesPrefix + address }
  static func nodePortKey(_ port: Int64) -> String { nodePortsPrefix + String(port) }

  static func find(_ key: String, _ store: ClusterStore) -> CachedObject? {
    store.cache(of: key.hasPrefix(addressesPrefix) ? addressesPrefix : claimsPrefix).get(key)
  }

  static func owner(of claim: CachedObject) -> Owner? {
    guard let parent = claim.object.value(at: ["spec", "parentRef"]), parent["resource"] == "services",
      parent["group"]?.stringValue ?? "" == ""
    else { return nil }
    return Owner(namespace: parent["namespace"]?.stringValue ?? "", name: parent["name"]?.stringValue ?? "")
  }

  /// An IPAddress (`networking.k8s.io/v1`).
  static func address(_ address: IPAddress, _ owner: Owner) -> JSONObject {
    [
      "kind": "IPAddress", "apiVersion": "networking.k8s.io/v1",
      "metadata": [
        "name": .string(address.description), "uid": .string(Identifiers.uid()),
        "creationTimestamp": .string(Timestamp.now.description),
        "labels": [
          familyLabel: .string(ServiceNetwork.name(of: address.family)), managerLabel: .string(manager),
        ],
      ],
      "spec": ["parentRef": owner.reference],
    ]
  }

  /// The claim of a node port: not served, only kept.
  static func nodePort(_ port: Int64, _ owner: Owner) -> JSONObject {
    [
      "kind": "NodePortClaim", "apiVersion": "v1", "metadata": ["name": .string(String(port))],
      "spec": ["parentRef": owner.reference],
    ]
  }
}
