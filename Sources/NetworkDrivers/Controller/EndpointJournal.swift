import FoundationEssentials
import Linux
import NetworkModel

/// Which endpoints there are, one file each under the run directory: they live exactly as long as what the kernel holds
/// for them, so a file that goes with the next boot is right, and needs no flush to disk.
struct EndpointJournal: Sendable {
  private let directory: String

  init(directory: String) throws {
    self.directory = directory
    try FileSystem.makeDirectories(directory, mode: 0o700)
  }

  /// Notes an endpoint, before anything is made for it: what a crash leaves is then known to be ours.
  func put(_ endpoint: EndpointRecord) throws {
    let bytes = try JSONEncoder().encode(endpoint)
    try FileSystem.replace("\(directory)/\(endpoint.id)", bytes, mode: 0o600, durable: false)
  }

  func remove(_ id: String) throws { try FileSystem.removeFile("\(directory)/\(id)") }

  /// Everything noted. A file that cannot be read (a crash of the host while it was written) is removed: what the
  /// kernel holds for it is found by its mark.
  func all() throws -> [EndpointRecord] {
    var records: [EndpointRecord] = []
    for name in try FileSystem.list(directory) {
      let path = "\(directory)/\(name)"
      do {
        records.append(
          try JSONDecoder().decode(EndpointRecord.self, from: Data(try FileSystem.read(path, limit: 1 << 20))))
      } catch is DecodingError {
        try FileSystem.removeFile(path)
      }
    }
    return records
  }
}
