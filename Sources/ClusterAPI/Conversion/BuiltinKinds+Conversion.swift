import APIMachinery

extension BuiltinKinds {
  /// The object in another version of its group, or events in the form of the other group; nil where the two kinds are not the
  /// same objects.
  ///
  /// Nothing is lost: what one form has no field for, it keeps in annotations.
  public func convert(_ object: JSONValue, to kind: GroupVersionKind) -> JSONValue? {
    guard let from = GroupVersion(apiVersion: object.text("apiVersion")), object.text("kind") == kind.kind else {
      return nil
    }
    var result = object
    switch (from.group, kind.group, kind.kind) {
    case ("autoscaling", "autoscaling", "HorizontalPodAutoscaler"):
      switch (from.version, kind.version) {
      case ("v1", "v2"):
        AutoscalerConversion.toV2(&result)
        // Where nothing has been measured the newer version says so.
        result.edit("status") { $0.setDefault("currentMetrics", .null) }
      case ("v2", "v1"): AutoscalerConversion.toV1(&result)
      default: break
      }
    case ("", "events.k8s.io", "Event"): EventConversion.toEventsGroup(&result)
    case ("events.k8s.io", "", "Event"): EventConversion.toCoreGroup(&result)
    default: guard from.group == kind.group else { return nil }
    }
    result.editObject { $0["apiVersion"] = .string(kind.apiVersion) }
    return result
  }
}
