import APIMachinery

extension BuiltinKinds {
  /// Leaves out what belongs to features that are off, as if it had not been sent: a newer client may know fields that this server
  /// does not act on. An object that uses such a feature already goes on doing so.
  ///
  /// The rule of upstream's `dropDisabledFields`; which field belongs to which feature stands in the texts of the kinds.
  ///
  /// - Parameter definition: the name of the object's type.
  func dropDisabledFields(of object: inout JSONValue, old: JSONValue?, definition: String) {
    guard gatedDefinitions.contains(definition) else { return }
    var features: Set<String> = []
    gatherFeatures(in: object, definition, &features)
    guard !features.isEmpty else { return }
    if let old {
      var known: Set<String> = []
      gatherFeatures(in: old, definition, &known)
      features.subtract(known)
      guard !features.isEmpty else { return }
    }
    drop(features, from: &object, definition)
  }

  /// Whether there are fields in objects of a type that belong to features that are off.
  func mayDropFields(definition: String) -> Bool { gatedDefinitions.contains(definition) }

  /// The features that are off and that fields of the object belong to.
  private func gatherFeatures(in object: JSONValue, _ definition: String, _ features: inout Set<String>) {
    guard let facts = facts[definition], case .object(let members) = object else { return }
    for field in facts.fields {
      guard let value = members[field.name], !value.isNull else { continue }
      if let feature = field.disabledFeature { features.insert(feature) }
      guard let below = field.definition, gatedDefinitions.contains(below) else { continue }
      switch field.nesting {
      case .value: gatherFeatures(in: value, below, &features)
      case .list: for item in value.arrayValue ?? [] { gatherFeatures(in: item, below, &features) }
      case .map: for (_, item) in value.objectValue ?? [:] { gatherFeatures(in: item, below, &features) }
      }
    }
  }

  private func drop(_ features: Set<String>, from object: inout JSONValue, _ definition: String) {
    guard let facts = facts[definition] else { return }
    object.editObject { members in
      for field in facts.fields where members[field.name] != nil {
        if let feature = field.disabledFeature, features.contains(feature) {
          members.remove(field.name)
          continue
        }
        guard let below = field.definition, gatedDefinitions.contains(below) else { continue }
        _ = members.update(field.name) { value in
          switch field.nesting {
          case .value: drop(features, from: &value, below)
          case .list: value.editItems { drop(features, from: &$0, below) }
          case .map: value.editMembers { drop(features, from: &$0, below) }
          }
        }
        // Of a lifecycle that said nothing else nothing is left.
        if DisabledFeatures.emptied.contains(below), members[field.name] == [:] { members.remove(field.name) }
      }
    }
  }
}

/// The features of Kubernetes v1.36 that are off unless somebody turns them on, of those that fields belong to.
///
/// From the command line reference of v1.36 (`--feature-gates`). A field says by `gate=` in its kind's text which feature it belongs
/// to; one of several features is enough to be on for it to be kept.
enum DisabledFeatures {
  static let names: Set<String> = [
    "ClusterTrustBundleProjection", "ContainerStopSignals", "CoordinatedLeaderElection", "DRAListTypeAttributes",
    "DRANodeAllocatableResources", "GenericWorkload", "ImageVolumeWithDigest", "MaxUnavailableStatefulSet",
    "PodCertificateRequest", "VolumeLimitScaling",
  ]

  /// Types that do not stay where nothing is left in them.
  static let emptied: Set<String> = ["io.k8s.api.core.v1.Lifecycle"]
}

extension FieldFacts {
  /// The feature that the field belongs to, where that is off.
  var disabledFeature: String? {
    guard let feature, DisabledFeatures.names.contains(feature) else { return nil }
    return feature
  }
}
