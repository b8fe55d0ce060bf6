import APIMachinery

/// Kinds of which the status is written apart from all that clients say in the metadata (upstream's `ResetObjectMetaForStatus`).
enum StatusOnlyPreparation: KindPreparation {
  static let keptByStatus = Preparation.clientMetadata
}
