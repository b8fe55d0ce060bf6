/// A place in a YAML text.
struct YAMLMark {
  /// In bytes.
  var index = 0
  /// From 0.
  var line = 0
  /// From 0, in characters.
  var column = 0
}

/// What the scanner makes of a YAML text, and what the parser reads (YAML 1.1).
struct YAMLToken {
  enum Kind: Equatable {
    case streamEnd
    /// `%YAML` or `%TAG` with what they say.
    case version(String), tagDirective(handle: String, prefix: String)
    case documentStart, documentEnd
    case blockSequenceStart, blockMappingStart, blockEnd
    case flowSequenceStart, flowSequenceEnd, flowMappingStart, flowMappingEnd
    case blockEntry, flowEntry, key, value
    case alias(String), anchor(String), tag(handle: String, suffix: String)
    /// A scalar without quotation marks can be more than a string.
    case scalar(String, isPlain: Bool)
  }

  let kind: Kind
  let mark: YAMLMark
}
