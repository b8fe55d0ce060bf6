import APIMachinery

/// A version that this server serves itself is there from the beginning.
enum APIServicePreparation: KindPreparation {
  static let keptByStatus = Preparation.clientMetadata

  static func create(_ service: inout JSONValue) {
    guard service["spec"]?.has("service") != true else { return }
    service.editObject { members in
      members["status"] = [
        "conditions": [
          [
            "type": "Available", "status": "True", "reason": "Local",
            "message": "Local APIServices are always available",
            "lastTransitionTime": .string(Timestamp.now.description),
          ]
        ]
      ]
    }
  }
}
