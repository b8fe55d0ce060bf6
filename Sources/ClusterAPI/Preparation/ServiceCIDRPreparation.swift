/// The status of a range of service addresses is what was written, wherever that was: upstream never takes it back.
enum ServiceCIDRPreparation: KindPreparation {
  static let keepsStatus = true
  static let writesStatus = true
  static let keptByStatus = Preparation.clientMetadata
}
