extension StoredObject {
  /// The object with a top-level member set, or removed where `value` is nil: `status`, for one. The rest of the bytes
  /// is copied as it stands. The revision is 0 until the new state is written.
  public func setting(_ member: String, to value: JSONValue?) -> StoredObject {
    precondition(member != "metadata" || value?.objectValue != nil, "an object keeps its metadata")
    return edited(JSONSplice.setting(member, to: value, of: bytes))
  }

  /// The object with a member of its metadata set, or removed where `value` is nil; see `setting(_:to:)`.
  public func settingMetadata(_ member: String, to value: JSONValue?) -> StoredObject {
    guard let metadata = JSONScanner.firstValue(of: "metadata", in: bytes.span) else { return self }
    return edited(JSONSplice.setting(member, to: value, inObjectAt: metadata.lowerBound, of: bytes))
  }

  /// The object with other finalizers; without any the member goes.
  public func settingFinalizers(_ finalizers: [String]) -> StoredObject {
    settingMetadata("finalizers", to: finalizers.isEmpty ? nil : .array(finalizers.map(JSONValue.string)))
  }

  /// The object with other owners; without any the member goes.
  public func settingOwnerReferences(_ owners: [OwnerReference]) -> StoredObject {
    settingMetadata("ownerReferences", to: owners.isEmpty ? nil : .array(owners.map(\.json)))
  }

  private func edited(_ bytes: [UInt8]) -> StoredObject {
    guard let object = try? StoredObject(bytes: bytes, revision: 0) else {
      preconditionFailure("a splice keeps an object an object")
    }
    return object
  }

  // MARK: Looking into the bytes

  /// The value at a path of members, read from the bytes without a tree of the rest; nil where there is none.
  /// `metadata.resourceVersion` is in no bytes: ask `resourceVersion`.
  public func value(at path: String...) -> JSONValue? { value(at: path) }

  /// The value at a path of members, read from the bytes without a tree of the rest; nil where there is none.
  public func value(at path: [String]) -> JSONValue? {
    range(at: path).flatMap { try? JSONReader.value(of: bytes.span.extracting($0)) }
  }

  /// Where the value at a path of members stands in the bytes.
  public func range(at path: [String]) -> Range<Int>? {
    var range = 0..<bytes.count
    for name in path {
      let plain = Array(name.utf8)
      var found: Range<Int>?
      JSONScanner.members(of: bytes.span, at: range.lowerBound) { member in
        guard bytes[member.name].elementsEqual(plain) else { return true }
        found = member.value
        return false
      }
      guard let found else { return nil }
      range = found
    }
    return range
  }

  /// The text at a path of members: what field selectors compare. Nil where there is none or it is no text.
  public func text(at path: String...) -> String? {
    range(at: path).flatMap { JSONScanner.string(bytes.span, $0) }
  }

  /// As it stands in the metadata; nil where it does not.
  public var creationTimestamp: String? { text(at: "metadata", "creationTimestamp") }

  public func annotation(_ key: String) -> String? { text(at: "metadata", "annotations", key) }
}
