import FoundationEssentials
import Linux
import NetworkModel

/// Finds plugins by name in the directories where they leave their sockets (`NAME.sock`) or say where they are
/// (`NAME.spec`, a URL; `NAME.json`). Docker's rules: docs/extend/plugin_api.md, "Plugin discovery". Calls block.
struct PluginDirectory: Sendable {
  private let directories: [String]

  init(_ directories: [String]) { self.directories = directories }

  /// Where the plugin is now; nil when there is none of this name. A socket comes before a description, as in docker.
  func find(_ name: String) throws(NetworkError) -> PluginAddress? {
    // A name becomes part of a path, and must not lead out of the directory.
    guard !name.isEmpty, name.utf8.count <= 200, !name.hasPrefix("."), !name.contains("/"), !name.contains("\0") else {
      return nil
    }
    for path in directories.flatMap({ Self.paths($0, name, "sock") }) {
      let status = try? FileStatus(path: path, followLinks: true)
      if status?.kind == .socket { return PluginAddress(place: .unix(path)) }
    }
    for directory in directories {
      for path in Self.paths(directory, name, "spec") {
        if let bytes = try read(path) { return try Self.specified(bytes, path) }
      }
      for path in Self.paths(directory, name, "json") {
        if let bytes = try read(path) { return try Self.described(bytes, path) }
      }
    }
    return nil
  }

  private static func paths(_ directory: String, _ name: String, _ kind: String) -> [String] {
    ["\(directory)/\(name).\(kind)", "\(directory)/\(name)/\(name).\(kind)"]
  }

  private func read(_ path: String) throws(NetworkError) -> [UInt8]? {
    do throws(SystemError) { return try FileSystem.read(path, limit: 64 << 10) } catch {
      if [.noEntry, .notDirectory].contains(error.code) { return nil }
      throw NetworkError(.failed, "the description of a plugin cannot be read: \(error)", cause: error)
    }
  }

  private static func specified(_ bytes: [UInt8], _ path: String) throws(NetworkError) -> PluginAddress {
    try address(String(decoding: bytes, as: UTF8.self), nil, path)
  }

  private struct Description: Decodable {
    struct TLS: Decodable {
      var InsecureSkipVerify: Bool?
      var CAFile: String?
      var CertFile: String?
      var KeyFile: String?
    }
    var Addr: String
    var TLSConfig: TLS?
  }

  private static func described(_ bytes: [UInt8], _ path: String) throws(NetworkError) -> PluginAddress {
    let description: Description
    do { description = try JSONDecoder().decode(Description.self, from: Data(bytes)) } catch {
      throw NetworkError(
        .failed, "\(path) does not describe a plugin: write {\"Name\": …, \"Addr\": \"URL\"} into it", cause: error)
    }
    let tls = description.TLSConfig.map { tls in
      PluginAddress.TLS(
        // Without authorities of its own a plugin's certificate is taken as it is: what docker does, and what the
        // descriptions in the world count on.
        verifies: !(tls.CAFile ?? "").isEmpty && tls.InsecureSkipVerify != true, authorities: tls.CAFile ?? "",
        certificate: tls.CertFile ?? "", key: tls.KeyFile ?? "")
    }
    return try address(description.Addr, tls, path)
  }

  private static func address(
    _ text: String, _ tls: PluginAddress.TLS?, _ path: String
  ) throws(NetworkError) -> PluginAddress {
    let lines = text.split(whereSeparator: \.isWhitespace)
    guard lines.count == 1, let address = PluginAddress(url: String(lines[0]), tls: tls) else {
      throw NetworkError(
        .failed, "\(path) does not say where its plugin is: it takes one unix:///PATH or tcp://HOST:PORT")
    }
    return address
  }
}
