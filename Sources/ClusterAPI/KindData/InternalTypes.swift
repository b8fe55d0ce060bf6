import ClusterAPIData

/// The Go types in which kube-apiserver holds objects, as far as its messages show values of them (`Kinds/internal.types`).
enum InternalTypes {
  struct Member: Sendable {
    /// Go's name.
    let field: String
    /// The API's name; of `*` all members of it stand here.
    let name: String
    /// It stands in the object that holds this one.
    let isAbove: Bool
    let shape: Shape
  }

  enum Shape: Sendable, Equatable {
    case string, number, bool, quantity
    /// As it is in the API.
    case value
    case structure(String)
    case pointer(String)
    case list(String)
  }

  /// The members of each type, read when a message needs them first.
  static let all = read(String(cString: cluster_api_data_internal()))

  /// Lines that are not of this form are left out; a test says that there are none.
  static func read(_ text: String) -> [String: [Member]] {
    var types: [String: [Member]] = [:]
    var current = ""
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      if !line.hasPrefix(" "), words.count == 1 {
        current = String(line)
        types[current] = []
      } else if words.count == 3, let shape = Shape(words[2]) {
        let isAbove = words[1].hasPrefix("^")
        types[current, default: []].append(
          Member(
            field: String(words[0]), name: String(isAbove ? words[1].dropFirst() : words[1]), isAbove: isAbove,
            shape: shape))
      }
    }
    return types
  }
}

extension InternalTypes.Shape {
  init?(_ word: Substring) {
    switch word {
    case "s": self = .string
    case "n": self = .number
    case "b": self = .bool
    case "q": self = .quantity
    case "-": self = .value
    default:
      if word.hasPrefix("?") {
        self = .pointer(String(word.dropFirst()))
      } else if word.hasPrefix("["), word.hasSuffix("]") {
        self = .list(String(word.dropFirst().dropLast()))
      } else if word.contains(".") {
        self = .structure(String(word))
      } else {
        return nil
      }
    }
  }
}
