extension Table {
  /// The table in nft's language, loadable with `nft -f`. Elements are sorted, so equal tables give equal text.
  public var text: String {
    var lines = ["table \(name) {"]
    for set in sets { lines += set.lines.map { "\t" + $0 } + [""] }
    for (index, chain) in chains.enumerated() {
      if index > 0 { lines.append("") }
      lines += chain.lines.map { "\t" + $0 }
    }
    return (lines + ["}"]).joined(separator: "\n") + "\n"
  }
}

extension NamedSet {
  fileprivate var lines: [String] {
    var type = key.map(\.keyword).joined(separator: " . ")
    switch value {
    case .nothing: break
    case .data(let types): type += " : " + types.map(\.keyword).joined(separator: " . ")
    case .verdict: type += " : verdict"
    }
    var lines = ["\(keyword) \(name) {", "\ttype \(type)"]
    if isInterval { lines.append("\tflags interval") }
    if !elements.isEmpty {
      let texts = elements.sorted().map(\.text)
      lines.append("\telements = { " + texts.joined(separator: ",\n\t\t\t     ") + " }")
    }
    return lines + ["}"]
  }
}

extension Element {
  /// Key and value as nft writes them.
  public var text: String {
    var fields = key.map(\.description)
    if let end {
      for index in fields.indices where end[index] != key[index] { fields[index] += "-\(end[index])" }
    }
    let key = fields.joined(separator: " . ")
    return switch value {
    case .nothing: key
    case .data(let data): key + " : " + data.map(\.description).joined(separator: " . ")
    case .verdict(let verdict): key + " : \(verdict.text)"
    }
  }
}

extension Chain {
  fileprivate var lines: [String] {
    var lines = ["chain \(name) {"]
    if let base {
      // nft has no name for destination translation in the output hook.
      let priority = base.hook == .output && base.priority == .destinationNAT ? "-100" : base.priority.keyword
      lines.append(
        "\ttype \(base.type.rawValue) hook \(base.hook.keyword) priority \(priority); "
          + "policy \(base.accepts ? "accept" : "drop");")
    }
    return lines + rules.map { "\t" + $0.text } + ["}"]
  }
}

extension Verdict {
  /// As nft writes it.
  public var text: String {
    switch self {
    case .accept: "accept"
    case .drop: "drop"
    case .return: "return"
    case .continue: "continue"
    case .jump(let chain): "jump \(chain)"
    case .goto(let chain): "goto \(chain)"
    }
  }
}
