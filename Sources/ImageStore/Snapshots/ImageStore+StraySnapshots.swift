extension ImageStore {
  /// Removes snapshots that no container owns: a creation or a removal that a crash cut short.
  ///
  /// Goes on after an error, and throws the first one at the end.
  public func removeSnapshots(except owners: Set<String>) async throws {
    var first: (any Error)?
    for id in snapshots where !owners.contains(id) {
      do { try await removeSnapshot(id) } catch { first = first ?? error }
    }
    if let first { throw first }
  }
}
