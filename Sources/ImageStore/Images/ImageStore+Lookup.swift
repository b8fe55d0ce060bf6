import Linux
import OCI
import Synchronization

extension ImageStore {
  /// Finds an image by reference, `name@digest`, full ID or unambiguous beginning of an ID.
  /// - Throws: `ImageStoreError` (`No such image: x`).
  public func image(named name: String) async throws -> Image {
    let id = try resolve(name)
    return try await image(id: id)
  }

  /// An image by its identity.
  public func image(id: Digest) async throws -> Image {
    let configuration = try await self.configuration(of: id)
    guard let image = state.withLock({ Self.describe(id, configuration, $0) }) else {
      throw ImageStoreError.noSuchImage(id.description)
    }
    return image
  }

  /// All images, newest first, as `docker images` sorts them.
  public func list() async throws -> [Image] {
    var images: [Image] = []
    for id in state.withLock({ Array($0.images.keys) }) {
      // An image that goes away meanwhile is simply not in the list.
      do { images.append(try await image(id: id)) } catch let error as ImageStoreError where error.code == .notFound {}
    }
    return images.sorted {
      ($0.configuration.created ?? "", $0.id) > ($1.configuration.created ?? "", $1.id)
    }
  }

  /// Identity of the image that a name means. Names come before beginnings of IDs, as in Docker.
  public func resolve(_ name: String) throws -> Digest {
    if let digest = Digest(name) {
      if state.withLock({ $0.images[digest] != nil }) { return digest }
      throw ImageStoreError.noSuchImage(name)
    }
    let reference = try? Reference(name)
    let found = state.withLock { state -> Digest? in
      if let reference, let image = Self.find(reference.withDefaultTag, state) { return image }
      let prefix = name.hasPrefix("sha256:") ? String(name.dropFirst(7)) : name
      guard !prefix.isEmpty, prefix.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) else { return nil }
      let matches = state.images.keys.filter { $0.hex.hasPrefix(prefix) }
      return matches.count == 1 ? matches.first : nil
    }
    if let found { return found }
    guard reference != nil || name.utf8.allSatisfy(Hexadecimal.isLowerCaseDigit) else {
      _ = try Self.parse(name)
      throw ImageStoreError.noSuchImage(name)
    }
    throw ImageStoreError.noSuchImage(reference?.withDefaultTag.familiar ?? name)
  }

  /// Parses a reference with errors in the store's shape.
  static func parse(_ name: String) throws -> Reference {
    do { return try Reference(name) } catch { throw ImageStoreError(.invalid, error.message, cause: error) }
  }

  private static func find(_ reference: Reference, _ state: StoreState) -> Digest? {
    if let digest = reference.digest {
      // A tag beside a digest is for people; the digest decides. An image's own digest is good too.
      if let known = state.references[reference.withDigest(digest).description] { return known.image }
      if state.images[digest] != nil { return digest }
      return nil
    }
    return state.references[reference.description]?.image
  }

  static func describe(_ id: Digest, _ configuration: ImageConfiguration, _ state: StoreState) -> Image? {
    guard let record = state.images[id] else { return nil }
    let references = state.references(to: id)
    let layers = record.layers.map(\.diffID)
    return Image(
      id: id, configuration: configuration, tags: references.filter { $0.digest == nil },
      digests: references.filter { $0.digest != nil }, layers: layers,
      size: layers.reduce(0) { $0 + (state.layers[$1]?.size ?? 0) }, parent: record.parent,
      lastTagged: record.lastTagged, manifest: record.manifest)
  }

  func configuration(of id: Digest) async throws -> ImageConfiguration {
    if let known = state.withLock({ $0.configurations[id] }) { return known }
    guard state.withLock({ $0.images[id] != nil }) else { throw ImageStoreError.noSuchImage(id.description) }
    return try await blocking { [self] in
      let configuration = try ImageConfiguration.parse(try readBlob(id))
      state.withLock { $0.configurations[id] = configuration }
      return configuration
    }
  }

  /// Directories of an image's layers for a mount, topmost first.
  public func layerDirectories(of id: Digest) throws -> [String] {
    let layers = state.withLock { $0.images[id]?.layers.map(\.diffID) }
    guard let layers else { throw ImageStoreError.noSuchImage(id.description) }
    return layers.reversed().map { paths.layerTree($0) }
  }
}
