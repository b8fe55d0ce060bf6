import Linux
import OCI
import Synchronization

/// One image that a load brought.
public struct LoadedImage: Sendable, Equatable {
  public var image: Digest
  /// The names it got, as Docker shows them; none for an image that the archive leaves nameless.
  public var names: [String]
  public init(image: Digest, names: [String]) {
    self.image = image
    self.names = names
  }
}

extension ImageStore {
  /// Reads an archive of `docker save`, or an OCI layout as a tar, compressed or not.
  /// - Returns: images in the archive's order.
  public func load<Source: AsyncSequence & Sendable>(
    _ archive: Source, progress: @escaping ProgressHandler = { _ in }
  ) async throws -> [LoadedImage] where Source.Element == [UInt8] {
    do {
      return try await ByteFeed.run(archive, pool: pool) { [self] input in
        let staged = paths.temporary()
        try FileSystem.makeDirectory(staged, mode: 0o700)
        let result = Result {
          var reader = ImageArchiveReader(store: self, directory: staged, progress: progress)
          try reader.read(input)
          return try reader.load()
        }
        try FileSystem.removeTree(staged)
        return try result.get()
      }
    } catch { throw Self.shaped(error) }
  }
}
