/// A named format of strings: `format.dns1123Label().validate(name)`.
struct CELFormat: CELOpaque {
  static let type = CELType.opaque("kubernetes.NamedFormat", [])

  let name: String
  /// What costs are counted by: the length of the pattern that upstream matches.
  let patternSize: Int
  let problems: @Sendable (String) -> [String]

  var type: CELType { Self.type }
  func isEqual(_ other: any CELOpaque) -> Bool { (other as? CELFormat)?.name == name }

  private init(_ name: String, _ patternSize: Int, _ problems: @escaping @Sendable (String) -> [String]) {
    self.name = name
    self.patternSize = patternSize
    self.problems = problems
  }

  private static func matching(_ format: SchemaFormat, _ problem: String) -> @Sendable (String) -> [String] {
    { format.matches($0) ? [] : [problem] }
  }

  static let named: [String: CELFormat] = [
    "dns1123Label": CELFormat("DNS1123Label", 30, NameRules.dns1123Label),
    "dns1123Subdomain": CELFormat("DNS1123Subdomain", 60, NameRules.dns1123Subdomain),
    "dns1035Label": CELFormat("DNS1035Label", 30, NameRules.dns1035Label),
    "qualifiedName": CELFormat("QualifiedName", 60, NameRules.labelKey),
    "dns1123LabelPrefix": CELFormat("DNS1123LabelPrefix", 30) { NameRules.prefix($0, NameRules.dns1123Label) },
    "dns1123SubdomainPrefix": CELFormat("DNS1123SubdomainPrefix", 60) {
      NameRules.prefix($0, NameRules.dns1123Subdomain)
    },
    "dns1035LabelPrefix": CELFormat("DNS1035LabelPrefix", 30) { NameRules.prefix($0, NameRules.dns1035Label) },
    "labelValue": CELFormat("LabelValue", 40, NameRules.labelValue),
    "uri": CELFormat("URI", 1_103) { CELURL.problem($0).map { [$0] } ?? [] },
    "uuid": CELFormat("uuid", 70, matching(.uuid, "does not match the UUID format")),
    "byte": CELFormat("byte", 84, matching(.byte, "invalid base64")),
    "date": CELFormat("date", 71, matching(.date, "invalid date")),
    "datetime": CELFormat("datetime", 71, matching(.datetime, "invalid datetime")),
  ]
}

extension CELLibrary {
  static func addFormats(_ table: inout CELFunctionTable) {
    let type = CELFormat.type
    for (name, format) in CELFormat.named {
      table.global("format.\(name)", "format.\(name)", [], type) { _, _ in .opaque(format) }
    }
    table.global("format.named", "format-named", [.string], .optional(type)) { values, _ in
      .optional(CELFormat.named[try values[0].string()].map { .opaque($0) })
    }
    table.member("validate", "format-validate", type, [.string], .optional(.list(.string))) { values, _ in
      let problems = try values[0].opaque(CELFormat.self).problems(values[1].string())
      return .optional(problems.isEmpty ? nil : .list(CELList(problems.map { .string($0) })))
    }
  }
}
