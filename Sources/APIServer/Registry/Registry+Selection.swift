import APIMachinery

/// Objects as selections of a request see them.
extension Registry {
  /// The objects in the version of the request, where its selection looks at fields that another version has elsewhere.
  func comparable(
    _ objects: ArraySlice<CachedObject>, _ selection: Selection, _ target: ServedResource
  ) async throws(StatusError) -> ArraySlice<CachedObject> {
    let apiVersion = target.groupVersionKind.apiVersion
    guard selection.looksInside, target.resource.isCustom,
      objects.contains(where: { $0.object.header.apiVersion != apiVersion })
    else { return objects }
    let shown = try await shown(Array(objects), target)
    return zip(objects, shown).map { CachedObject(key: $0.key, $1) }[...]
  }

  /// A change of such an object.
  func comparable(
    _ event: ObjectEvent, _ selection: Selection, _ target: ServedResource
  ) async throws(StatusError) -> ObjectEvent {
    let objects = [event.previous, event.current].compactMap { $0 }
    let seen = try await comparable(objects[...], selection, target)
    guard let first = seen.first, let last = seen.last else { return event }
    return ObjectEvent(
      revision: event.revision, current: event.current == nil ? nil : last,
      previous: event.previous == nil ? nil : first)
  }
}
