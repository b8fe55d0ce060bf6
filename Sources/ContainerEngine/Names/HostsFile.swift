import Linux

/// The text of a container's /etc/hosts (hosts(5)), as docker writes it.
enum HostsFile {
  /// The host's own, for containers that are in the host's network; nil where the host has none.
  /// - Throws: where there is one that cannot be read: a container that knows other names than its host is no surprise
  ///   that anyone wants.
  static func ofHost(_ path: String = "/etc/hosts") throws(EngineError) -> String? {
    do {
      let text = try FileSystem.readText(path)
      return text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
    } catch {
      if error.code == .noEntry { return nil }
      throw EngineError(
        .internalFailure, "could not copy the host's \(path) for a container in the host's network: \(error)",
        cause: error)
    }
  }

  static func text(
    hostname: String, domainName: String?, addresses: [String], extraHosts: [(name: String, address: String)],
    ipv6: Bool = true
  ) -> String {
    var text = "127.0.0.1\tlocalhost\n"
    if ipv6 {
      text +=
        "::1\tlocalhost ip6-localhost ip6-loopback\nfe00::\tip6-localnet\nff00::\tip6-mcastprefix\n"
        + "ff02::1\tip6-allnodes\nff02::2\tip6-allrouters\n"
    }
    for (name, address) in extraHosts { text += "\(address)\t\(name)\n" }
    if !hostname.isEmpty {
      let names = names(hostname: hostname, domainName: domainName)
      for address in addresses { text += "\(address)\t\(names)\n" }
    }
    return text
  }

  /// What a container is called at its own addresses.
  static func names(hostname: String, domainName: String?) -> String {
    domainName.flatMap { $0.isEmpty ? nil : "\(hostname).\($0) \(hostname)" } ?? hostname
  }

  /// A file with the lines of some addresses taken away and others added; all else stays as somebody wrote it.
  static func text(_ text: String, without gone: [String], adding new: [String], names: String) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.removeAll { line in
      guard let address = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).first else { return false }
      return gone.contains(String(address))
    }
    if lines.last == "" { lines.removeLast() }
    lines += new.map { "\($0)\t\(names)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// A file with the lines of some names taken away and others added; all else stays as somebody wrote it.
  static func text(
    _ text: String, withoutNames gone: [String], adding new: [(name: String, address: String)]
  ) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines.removeAll { line in
      let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
      return words.dropFirst().contains { gone.contains($0) }
    }
    if lines.last == "" { lines.removeLast() }
    lines += new.map { "\($0.address)\t\($0.name)" }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Splits `name:address` or `name=address`; the address may be IPv6, in brackets or not.
  static func parse(_ entry: String) -> (name: String, address: String)? {
    guard let separator = entry.firstIndex(where: { $0 == "=" || $0 == ":" }) else { return nil }
    let name = String(entry[..<separator])
    var address = String(entry[entry.index(after: separator)...])
    if address.hasPrefix("["), address.hasSuffix("]") { address = String(address.dropFirst().dropLast()) }
    return name.isEmpty || address.isEmpty ? nil : (name, address)
  }
}
