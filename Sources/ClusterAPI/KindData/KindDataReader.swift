import APIMachinery

/// Reads the text that describes one group in one version (`Sources/ClusterAPIData/README.md` says how it is written).
public struct KindDataReader {
  let file: String
  var data = KindData(groupVersion: GroupVersion(group: "", version: ""), package: "")
  private var block = Block.head
  private var typeNames: Set<String> = []
  private var fieldNames: Set<String> = []

  private enum Block { case head, kind, type }

  private init(file: String) { self.file = file }

  /// - Throws: ``KindDataError`` with the line at fault.
  public static func read(_ text: String, file: String) throws(KindDataError) -> KindData {
    var reader = KindDataReader(file: file)
    var number = 0
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      number += 1
      guard let line = try KindDataLine(Substring(line), number: number, file: file) else { continue }
      try reader.take(line)
    }
    guard !reader.data.groupVersion.version.isEmpty, !reader.data.package.isEmpty else {
      throw KindDataError(.malformed, "a version and a package must be given", file: file, line: 0)
    }
    return reader.data
  }

  private mutating func take(_ line: KindDataLine) throws(KindDataError) {
    if line.isIndented {
      switch block {
      case .head: throw line.error(.malformed, "an indented line belongs to a kind or a type")
      case .kind: try takePart(of: data.kinds.count - 1, line)
      case .type:
        let field = try FieldEntry(line)
        guard fieldNames.insert(field.name).inserted else {
          throw line.error(.duplicate, "the field \(field.name) is there twice")
        }
        data.types[data.types.count - 1].fields.append(field)
      }
      return
    }
    switch line.words[0] {
    case "group":
      guard line.words.count <= 2 else { throw line.error(.malformed, "a group has one name") }
      data.groupVersion.group = line.words.count == 2 ? String(line.words[1]) : ""
    case "version": try takeVersion(line)
    case "package":
      guard line.words.count == 2 else { throw line.error(.malformed, "a package has one name") }
      data.package = String(line.words[1])
    case "uses":
      for word in line.words.dropFirst() {
        let flag = KindDataFlag(word)
        guard let package = flag.value else { throw line.error(.malformed, "\(word) lacks the package's name") }
        data.packages[String(flag.name)] = String(package)
      }
    case "kind":
      block = .kind
      let kind = try KindEntry(line)
      guard !data.kinds.contains(where: { $0.kind == kind.kind || $0.plural == kind.plural }) else {
        throw line.error(.duplicate, "the kind \(kind.kind) is there twice")
      }
      data.kinds.append(kind)
    case "type":
      block = .type
      let type = try TypeEntry(line)
      guard typeNames.insert(type.name).inserted else {
        throw line.error(.duplicate, "the type \(type.name) is there twice")
      }
      fieldNames.removeAll(keepingCapacity: true)
      data.types.append(type)
    default: throw line.error(.unknownWord, "a line cannot begin with \(line.words[0])")
    }
  }

  private mutating func takeVersion(_ line: KindDataLine) throws(KindDataError) {
    guard line.words.count >= 2 else { throw line.error(.malformed, "a version has a name") }
    data.groupVersion.version = String(line.words[1])
    for word in line.words.dropFirst(2) {
      switch word {
      case "storage": data.isStorage = true
      case "served": data.isStorage = false
      case "shared": data.isShared = true
      default: throw line.error(.unknownWord, "a version cannot be \(word)")
      }
    }
  }

  private mutating func takePart(of index: Int, _ line: KindDataLine) throws(KindDataError) {
    switch line.words[0] {
    case "deprecated":
      guard !line.description.isEmpty else { throw line.error(.malformed, "a deprecation has a warning") }
      data.kinds[index].deprecation = line.description
    case "sub": data.kinds[index].subresources.append(try SubresourceEntry(line))
    case "column": data.kinds[index].columns.append(try PrinterColumn(line))
    case "select":
      for word in line.words.dropFirst() {
        data.kinds[index].selectable.append(SelectableField(KindDataFlag(word)))
      }
    default: throw line.error(.unknownWord, "\(line.words[0]) says nothing of a kind")
    }
  }
}
