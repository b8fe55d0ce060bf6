import APIMachinery
import KeyValueStore

extension Registry {
  /// One page of a collection.
  struct Page {
    var objects: ArraySlice<CachedObject>
    /// The version in which all of them are stored, where that is known at once.
    var apiVersion: String?
    var revision: Int64
    var continuation: ContinueToken?
    var remaining: Int?
  }

  /// Waits until a read may begin.
  func settle(_ revision: UInt64?) async throws {
    guard let revision else { return try await store.settle() }
    if revision == 0 { return }
    guard try await store.wait(for: Int64(clamping: revision), atMost: .seconds(3)) else {
      throw StatusError.resourceVersionTooLarge(wanted: revision, current: UInt64(store.revision))
    }
  }

  /// A page of a collection.
  /// - Throws: 400 for options that make no sense, 410 for a state that is gone, 504 for one that does not come.
  func list(
    _ target: ServedResource, namespace: String, _ selection: Selection, _ options: ListOptions
  ) async throws -> Page {
    let prefix = target.prefix(namespace: namespace)
    var token: ContinueToken?
    var exact: Int64?
    switch try options.wanted() {
    case .latest: try await settle(nil)
    case .any: break
    case .notOlderThan(let revision): try await settle(revision)
    case .exactly(let revision):
      exact = Int64(clamping: revision)
      try await settle(revision)
    case .page(let continued):
      token = continued
      exact = continued.revision.map { Int64(clamping: $0) }
      try await settle(continued.revision)
    }
    try requireReadable(target, namespace: namespace, selection)
    var (objects, revision, apiVersion) = cache(of: target).list(prefix)
    if let exact, exact > 0, exact != revision, cache(of: target).hasChanged(since: exact) {
      (objects, revision) = try await objectsThen(prefix, exact, token)
      apiVersion = nil
    } else if let exact, exact > 0 {
      revision = exact
    }
    if let token {
      let start = prefix + token.start
      objects = objects[ResourceCache.index(of: start, in: objects)...]
    }
    // What has come to be unreadable since.
    try requireReadable(target, namespace: namespace, selection)
    // One object is looked up, and nothing follows it.
    let isSingle = token == nil && (!target.resource.isNamespaced || !namespace.isEmpty)
    if isSingle, let name = selection.singleName {
      let index = ResourceCache.index(of: prefix + name, in: objects)
      objects = objects[index...].prefix { $0.key == prefix + name }
    }
    objects = try await comparable(objects, selection, target)
    // Whoever takes any state gets all of it, as from upstream's cache.
    let limit = options.resourceVersion == "0" ? 0 : Int(clamping: options.limit)
    guard limit > 0 else {
      let found = selection.isEverything ? objects : objects.filter(selection.matches)[...]
      return Page(objects: found, apiVersion: apiVersion, revision: revision)
    }
    var found: [CachedObject] = []
    var index = objects.startIndex
    while index < objects.endIndex, found.count < limit {
      if selection.isEverything || selection.matches(objects[index]) { found.append(objects[index]) }
      index += 1
    }
    var page = Page(objects: found[...], apiVersion: apiVersion, revision: revision)
    if index < objects.endIndex {
      page.continuation = ContinueToken(
        revision: UInt64(revision), start: String(objects[index].key.dropFirst(prefix.count)))
      if selection.isEverything { page.remaining = objects.endIndex - index }
    }
    return page
  }

  /// A state that is not the newest, from the store.
  private func objectsThen(
    _ prefix: String, _ revision: Int64, _ token: ContinueToken?
  ) async throws -> (ArraySlice<CachedObject>, Int64) {
    do {
      let page = try await store.store.range(prefix: prefix, at: revision)
      let objects = try page.values.map { try CachedObject($0) }
      return (objects[...], revision)
    } catch let error as StoreError where error.code == .compacted {
      guard let token else {
        throw StatusError.listExpired()
      }
      throw StatusError.continueExpired(continueToken: ContinueToken(revision: nil, start: token.start).description)
    }
  }
}
