import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Takes a name away, or removes an image with all its names, as `docker rmi` does.
  ///
  /// A name of an image that has others is only taken away. An image that a running container uses stays; one that a
  /// stopped container uses, or that several names name, goes only with `force`.
  /// - Parameters:
  ///   - prune: also removes parents that nothing needs any more.
  ///   - users: the containers that use an image.
  public func remove(
    _ name: String, force: Bool, prune: Bool, users: @escaping @Sendable (Digest) -> [ImageUse]
  ) async throws -> [ImageChange] {
    let id = try resolve(name)
    return try await blocking { [self] in
      var removal = ImageRemoval(store: self, users: users)
      try removal.remove(name, id, force: force, prune: prune)
      try collectGarbage()
      return removal.changes
    }
  }

  /// Removes an image's record and all its names, and leaves layers and blobs to the garbage collection.
  /// - Returns: layers that no other image has.
  func forget(_ id: Digest) throws -> [Digest] {
    try removeReferences(state.withLock { $0.references(to: id) })
    return try writer.withLock { _ in
      try FileSystem.removeFile(paths.image(id))
      return state.withLock { state in
        guard let record = state.images.removeValue(forKey: id) else { return [] }
        let used = state.layersInUse
        return record.layers.map(\.diffID).filter { !used.contains($0) }.reversed()
      }
    }
  }
}

/// One `docker rmi`: the rules and words of moby's daemon/images/image_delete.go. Blocks.
private struct ImageRemoval {
  let store: ImageStore
  let users: @Sendable (Digest) -> [ImageUse]
  var changes: [ImageChange] = []

  init(store: ImageStore, users: @escaping @Sendable (Digest) -> [ImageUse]) {
    self.store = store
    self.users = users
  }

  private func references(_ id: Digest) -> [Reference] { store.state.withLock { $0.references(to: id) } }

  mutating func remove(_ name: String, _ id: Digest, force: Bool, prune: Bool) throws {
    var removedName = false
    if !Self.isPrefix(name, of: id) {
      if !force, Self.isSingle(references(id)), let user = users(id).first {
        throw ImageStoreError(
          .conflict,
          "conflict: unable to remove repository reference \"\(name)\" (must force) - container \(user.container.prefix(12)) "
            + "is using its referenced image \(id.short)")
      }
      let reference = try ImageStore.parse(name).withDefaultTag
      try untag(reference.digest.map { reference.withDigest($0) } ?? reference, id)
      if reference.digest == nil {
        let left = references(id).filter { $0.name == reference.name }
        if left.allSatisfy({ $0.digest != nil }) { for other in left { try untag(other, id) } }
      }
      if !references(id).isEmpty { return }
      removedName = true
    } else if Self.isSingle(references(id)) {
      try check(id, force: force, references: false)
      for reference in references(id) { try untag(reference, id) }
    }
    try delete(id, force: force, prune: prune, quiet: removedName)
  }

  private mutating func untag(_ reference: Reference, _ id: Digest) throws {
    try store.removeReferences([reference])
    changes.append(.untagged(reference.familiar, image: id))
  }

  private mutating func delete(_ id: Digest, force: Bool, prune: Bool, quiet: Bool) throws {
    do { try check(id, force: force, references: true) } catch {
      // A name was removed, as asked; that something still needs the image is then no failure, unless it dangles unused.
      if quiet
        && (!references(id).isEmpty || !users(id).isEmpty || !store.state.withLock({ $0.children(of: id) }).isEmpty)
      {
        return
      }
      throw error
    }
    let parent = store.state.withLock { $0.images[id]?.parent }
    for reference in references(id) { try untag(reference, id) }
    let layers = try store.forget(id)
    changes.append(.deleted(id))
    changes += layers.map { .deleted($0) }
    if prune, let parent, store.state.withLock({ $0.images[parent] != nil }), references(parent).isEmpty,
      users(parent).isEmpty
    {
      try delete(parent, force: false, prune: true, quiet: true)
    }
  }

  private func check(_ id: Digest, force: Bool, references checksReferences: Bool) throws {
    func conflict(_ how: String, _ why: String) -> ImageStoreError {
      ImageStoreError(.conflict, "conflict: unable to delete \(id.short) (\(how)) - \(why)")
    }
    if !store.state.withLock({ $0.children(of: id) }).isEmpty {
      throw conflict("cannot be forced", "image has dependent child images")
    }
    let users = users(id)
    if let user = users.first(where: \.isRunning) {
      throw conflict("cannot be forced", "image is being used by running container \(user.container.prefix(12))")
    }
    if force { return }
    if checksReferences, !references(id).isEmpty {
      throw conflict("must be forced", "image is referenced in multiple repositories")
    }
    if let user = users.first {
      throw conflict("must be forced", "image is being used by stopped container \(user.container.prefix(12))")
    }
  }

  private static func isPrefix(_ name: String, of id: Digest) -> Bool {
    id.description.hasPrefix(name) || id.hex.hasPrefix(name)
  }

  /// Whether all names are in one repository with at most one tag.
  private static func isSingle(_ references: [Reference]) -> Bool {
    if references.count <= 1 { return references.count == 1 }
    let tags = references.filter { $0.digest == nil }
    return tags.count <= 1 && Set(references.map(\.name)).count == 1
  }
}
