/// An operation of a resource: a method of a path.
struct OpenAPIOperation: Sendable {
  var path: String
  /// In lower case.
  var method: String
  var id: String
  var tag: String
  var description: String
  /// `x-kubernetes-action`; nil for what is no operation on objects.
  var action: String?
  var kind: GroupVersionKind?
  var parameters: [OpenAPIParameter]
  var body: Body?
  var response: Payload
  /// The statuses of success.
  var statuses: [Int]
  var produces: [String]

  struct Body: Sendable {
    var payload: Payload
    var consumes: [String]
    var isRequired = true
  }

  /// What stands in a body.
  enum Payload: Sendable, Hashable {
    case definition(String)
    case text
  }

  static let json = "application/json"
  static let objectTypes = [json, "application/yaml", "application/vnd.kubernetes.protobuf"]
  static let watchTypes =
    objectTypes + ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"]
  static let customTypes = [json, "application/yaml"]

  static func text(of status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 202: "Accepted"
    case 401: "Unauthorized"
    default: ""
    }
  }
}

/// How operations are called, so that clients that are made from a document have the same names for them as elsewhere.
enum OpenAPINames {
  /// `listCoreV1NamespacedPod`: the verb, the group and version of the path, and the rest of the operation's name.
  static func operation(_ verb: String, _ rest: String, in groupVersion: GroupVersion) -> String {
    verb + identifier(group(groupVersion), capitalized: true) + identifier(groupVersion.version, capitalized: true)
      + identifier(rest, capitalized: true)
  }

  /// `rbacAuthorization_v1`.
  static func tag(_ groupVersion: GroupVersion) -> String {
    identifier(group(groupVersion), capitalized: false) + "_" + identifier(groupVersion.version, capitalized: false)
  }

  private static func group(_ groupVersion: GroupVersion) -> String {
    let group = groupVersion.group
    if group.isEmpty { return "core" }
    return group.hasSuffix(".k8s.io") ? String(group.dropLast(".k8s.io".count)) : group
  }

  /// Letters, digits and underscores alone; what follows another sign is a capital.
  static func identifier(_ text: String, capitalized: Bool) -> String {
    var result = ""
    var isCapital = capitalized
    for (index, character) in text.enumerated() {
      guard character.isLetter || character == "_" || (index > 0 && character.isNumber) else {
        isCapital = true
        continue
      }
      result += isCapital ? character.uppercased() : String(character)
      isCapital = false
    }
    return result
  }

  static func capitalized(_ word: String) -> String { word.prefix(1).uppercased() + word.dropFirst().lowercased() }

  /// `a Pod`, `an Ingress`.
  static func withArticle(_ noun: String) -> String {
    let vowels: Set<Character> = ["a", "e", "i", "o", "u"]
    let isVowel = noun.first.map { vowels.contains(Character($0.lowercased())) } ?? false
    return (isVowel ? "an " : "a ") + noun
  }
}
