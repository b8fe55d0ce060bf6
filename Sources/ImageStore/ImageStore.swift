import AsyncWork
import Linux
import OCI
import Synchronization

/// All images of an engine: their content, their unpacked layers, the names they go by, and the writable layers of
/// containers on top of them.
///
/// Metadata are small files, replaced atomically; an index in memory answers every question. What a crash leaves half
/// made is either not visible (staging) or resumed (downloads).
public final class ImageStore: Sendable {
  public let configuration: ImageStoreConfiguration
  let paths: StorePaths
  let pool: BlockingPool
  let state = Mutex(StoreState())
  /// Held by whoever changes metadata files; only threads of the pool wait for it.
  let writer = Mutex(())
  /// Downloads and unpackings under way, so that two pulls never do the same work.
  let transfers = TransferTable()
  let registries: RegistryConnections

  /// Opens the store: makes its directories, throws away what was half made, and reads the index.
  /// - Throws: `ImageStoreError` where the directory cannot be used.
  public init(configuration: ImageStoreConfiguration, pool: BlockingPool) async throws {
    self.configuration = configuration
    self.pool = pool
    paths = StorePaths(root: configuration.root)
    registries = RegistryConnections(configuration: configuration, pool: pool)
    do {
      let (paths, report) = (paths, configuration.report)
      let loaded = try await pool.run { try StoreRecovery(paths: paths, report: report).load() }
      state.withLock { $0 = loaded }
    } catch let error as SystemError {
      throw ImageStoreError(.failed, "cannot open the image store at \(configuration.root): \(error)", cause: error)
    }
  }

  /// Ends connections to registries. The store's files need no farewell.
  public func shutDown() async throws { try await registries.shutDown() }

  /// Runs blocking work and gives errors their shape.
  func blocking<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
    do { return try await pool.run(body) } catch { throw Self.shaped(error) }
  }

  /// Errors of the system and of archives as `ImageStoreError`s.
  static func shaped(_ error: any Error) -> any Error {
    switch error {
    case let error as SystemError where error.code == .noSpace:
      ImageStoreError(.full, "\(error.operation) \(error.subject): no space left on device", cause: error)
    case let error as SystemError: ImageStoreError(.failed, "\(error)", cause: error)
    case let error as ArchiveError: ImageStoreError(.corrupt, error.message, cause: error)
    case let error as ImageSpecificationError: ImageStoreError(.corrupt, error.message, cause: error)
    case let error as ReferenceError: ImageStoreError(.invalid, error.message, cause: error)
    default: error
    }
  }
}
