import FoundationEssentials
import OCI

/// A change of an image's config given as a line of a Dockerfile (`docker commit --change`, `docker import --change`).
enum ConfigurationChange {
  /// Applies lines in order. An entry point drops the command, which was meant for another one, unless an earlier line
  /// set it (moby, builder/dockerfile, dispatchEntrypoint).
  /// - Throws: `ImageStoreError` for an instruction that means nothing here.
  static func apply(_ lines: [String], to configuration: inout ProcessConfiguration) throws {
    var commandWasSet = false
    for line in lines {
      let line = trim(line[...])
      if line.isEmpty || line.hasPrefix("#") { continue }
      let word = line.prefix { $0 != " " && $0 != "\t" }
      let instruction = word.uppercased()
      try apply(instruction, String(trim(line[word.endIndex...])), to: &configuration)
      if instruction == "CMD", configuration.command?.isEmpty == false { commandWasSet = true }
      if instruction == "ENTRYPOINT", !commandWasSet { configuration.command = nil }
    }
  }

  private static func apply(_ instruction: String, _ rest: String, to c: inout ProcessConfiguration) throws {
    func needArgument() throws {
      if rest.isEmpty { throw ImageStoreError(.invalid, "\(instruction) requires exactly one argument") }
    }
    switch instruction {
    case "CMD": c.command = list(rest) ?? (rest.isEmpty ? [] : shell(c) + [rest])
    case "ENTRYPOINT":
      // `[]` takes the entry point away; `[""]` stays as it is until a container is made.
      let words = list(rest) ?? (rest.isEmpty ? [] : shell(c) + [rest])
      c.entrypoint = words.isEmpty ? nil : words
    case "ENV":
      for (name, value) in try pairs(rest, instruction) {
        var environment = c.environment ?? []
        if let index = environment.firstIndex(where: { $0.hasPrefix("\(name)=") }) {
          environment[index] = "\(name)=\(value)"
        } else {
          environment.append("\(name)=\(value)")
        }
        c.environment = environment
      }
    case "LABEL":
      var labels = c.labels ?? [:]
      for (name, value) in try pairs(rest, instruction) { labels[name] = value }
      c.labels = labels
    case "EXPOSE":
      try needArgument()
      var ports = c.exposedPorts ?? [:]
      for word in rest.split(separator: " ") { try expose(String(word), &ports) }
      c.exposedPorts = ports
    case "USER":
      try needArgument()
      c.user = rest
    case "WORKDIR":
      try needArgument()
      let base = c.workingDirectory ?? ""
      c.workingDirectory = rest.hasPrefix("/") ? rest : (base.isEmpty || base == "/" ? "/" : base + "/") + rest
    case "VOLUME":
      try needArgument()
      var volumes = c.volumes ?? [:]
      for path in list(rest) ?? rest.split(separator: " ").map(String.init) { volumes[path] = EmptyObject() }
      c.volumes = volumes
    case "STOPSIGNAL":
      try needArgument()
      c.stopSignal = rest
    case "ONBUILD":
      try needArgument()
      c.onBuild = (c.onBuild ?? []) + [rest]
    case "SHELL":
      guard let words = list(rest) else {
        throw ImageStoreError(.invalid, "SHELL requires the arguments to be in JSON form")
      }
      c.shell = words
    case "HEALTHCHECK": c.healthcheck = try healthcheck(rest)
    default: throw ImageStoreError(.invalid, "\(instruction) is not a valid change command")
    }
  }

  private static func shell(_ c: ProcessConfiguration) -> [String] { c.shell ?? ["/bin/sh", "-c"] }

  /// A JSON array of words, nil for anything else.
  private static func list(_ text: String) -> [String]? {
    guard text.hasPrefix("[") else { return nil }
    return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
  }

  private static func expose(_ word: String, _ ports: inout [String: EmptyObject]) throws {
    let parts = word.split(separator: "/", maxSplits: 1).map(String.init)
    let proto = parts.count == 2 ? parts[1].lowercased() : "tcp"
    let bounds = parts[0].split(separator: "-").map { UInt16($0) }
    guard ["tcp", "udp", "sctp"].contains(proto), (1...2).contains(bounds.count), let first = bounds[0],
      let last = bounds[bounds.count - 1], first <= last
    else { throw ImageStoreError(.invalid, "invalid containerPort: \(word)") }
    for port in first...last { ports["\(port)/\(proto)"] = EmptyObject() }
  }

  /// `name=value …` with quotes and backslashes, or the old form `name value`.
  private static func pairs(_ text: String, _ instruction: String) throws -> [(String, String)] {
    let words = split(text)
    guard let first = words.first else {
      throw ImageStoreError(.invalid, "\(instruction) requires at least one argument")
    }
    if !first.contains("=") {
      let name = text.prefix { $0 != " " && $0 != "\t" }
      let value = trim(text[name.endIndex...])
      guard !value.isEmpty else { throw ImageStoreError(.invalid, "\(instruction) must have two arguments") }
      return [(String(name), String(value))]
    }
    return try words.map { word in
      guard let cut = word.firstIndex(of: "="), cut != word.startIndex else {
        throw ImageStoreError(.invalid, "Syntax error - can't find = in \"\(word)\". Must be of the form: name=value")
      }
      return (String(word[..<cut]), String(word[word.index(after: cut)...]))
    }
  }

  private static func split(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var inWord = false
    var quote: Character?
    var escaped = false
    for c in text {
      if escaped {
        word.append(c)
        escaped = false
      } else if c == "\\" && quote != "'" {
        escaped = true
        inWord = true
      } else if let open = quote {
        if c == open { quote = nil } else { word.append(c) }
      } else if c == "\"" || c == "'" {
        quote = c
        inWord = true
      } else if c == " " || c == "\t" {
        if inWord { words.append(word) }
        word = ""
        inWord = false
      } else {
        word.append(c)
        inWord = true
      }
    }
    if inWord { words.append(word) }
    return words
  }

  private static func healthcheck(_ text: String) throws -> ProcessConfiguration.Healthcheck {
    var check = ProcessConfiguration.Healthcheck()
    if text.uppercased() == "NONE" {
      check.test = ["NONE"]
      return check
    }
    var rest = text[...]
    while rest.hasPrefix("--") {
      let option = rest.prefix { $0 != " " }
      rest = trim(rest[option.endIndex...])
      let parts = option.dropFirst(2).split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { throw ImageStoreError(.invalid, "HEALTHCHECK option \(option) has no value") }
      switch parts[0] {
      case "retries": check.retries = Int(parts[1])
      case "interval": check.interval = duration(parts[1])
      case "timeout": check.timeout = duration(parts[1])
      case "start-period": check.startPeriod = duration(parts[1])
      case "start-interval": check.startInterval = duration(parts[1])
      default: throw ImageStoreError(.invalid, "Unknown flag: \(parts[0])")
      }
    }
    guard rest.uppercased().hasPrefix("CMD") else {
      throw ImageStoreError(.invalid, "Unknown type \"\(rest)\" in HEALTHCHECK (try CMD)")
    }
    let command = String(trim(rest.dropFirst(3)))
    check.test = list(command).map { ["CMD"] + $0 } ?? ["CMD-SHELL", command]
    return check
  }

  /// Nanoseconds of `1m30s`.
  private static func duration(_ text: String) -> Int64? {
    let units: [(String, Double)] = [("ns", 1), ("us", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9)]
    var total = 0.0
    var rest = text[...]
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest[digits.endIndex...]
      let unit = rest.prefix { $0.isLetter }
      rest = rest[unit.endIndex...]
      guard let value = Double(digits), let scale = units.first(where: { $0.0 == unit })?.1 else { return nil }
      total += value * scale
    }
    return total < 9e18 ? Int64(total) : nil
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while let c = text.first, c == " " || c == "\t" { text.removeFirst() }
    while let c = text.last, c == " " || c == "\t" || c == "\r" || c == "\n" { text.removeLast() }
    return text
  }
}
