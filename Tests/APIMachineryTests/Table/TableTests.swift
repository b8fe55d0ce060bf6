import APIMachinery
import Testing

@Suite("Tables")
struct TableTests {
  private static let widget = #"""
    {"apiVersion":"example.com/v1","kind":"Widget","metadata":{"name":"w","creationTimestamp":"2026-01-02T03:04:05Z","labels":{"app.io/name":"v"}},"spec":{"size":3,"ratio":1.5,"on":true,"text":"hello","list":[1,2],"none":null,"ports":[{"name":"http","port":80},{"name":"https","port":443}]},"status":{"conditions":[{"type":"Ready","status":"True"},{"type":"Other","status":"False"}]}}
    """#

  private func stored() throws -> StoredObject { try StoredObject(bytes: Array(Self.widget.utf8), revision: 7) }
  private let now = Timestamp("2026-01-02T05:04:05Z")!

  @Test(
    "cells of a custom kind's columns",
    arguments: [
      ("string", ".spec.text", "hello"), ("string", ".spec.size", "3"), ("string", ".spec.ratio", "1.5"),
      ("string", ".spec.list", "[1,2]"), ("string", ".spec.nothing", .null), ("integer", ".spec.size", 3),
      ("integer", ".spec.ratio", 1), ("integer", ".spec.text", .null), ("number", ".spec.ratio", .double(1.5)),
      ("boolean", ".spec.on", true), ("boolean", ".spec.size", .null), ("date", ".metadata.creationTimestamp", "120m"),
      ("date", ".spec.text", "<invalid>"), ("date", ".spec.nothing", .null),
      ("string", ".metadata.resourceVersion", "7"),
      ("string", #".status.conditions[?(@.type=="Ready")].status"#, "True"), ("integer", ".spec.ports[0].port", 80),
      ("string", ".spec.ports[*].name", "http"), ("string", ".spec.ports[9].name", .null),
      ("string", #".metadata.labels['app\.io/name']"#, "v"), ("string", ".metadata.labels.app\\.io/name", "v"),
    ] as [(String, String, JSONValue)])
  func cells(type: String, path: String, cell: JSONValue) throws {
    #expect(try JSONPathColumn(type: type, path: path).cell(stored(), now: now) == cell)
  }

  @Test("a table")
  func table() throws {
    let columns = [
      TableColumn(name: "Name", type: "string", format: "name", description: "the name"),
      TableColumn(name: "Age", type: "date", priority: 1),
    ]
    let object = try StoredObject(bytes: Array(#"{"kind":"X","metadata":{"name":"a"},"spec":1}"#.utf8), revision: 7)
    func text(_ columns: [TableColumn]?, _ include: IncludeObject) -> String {
      var writer = TableWriter(columns: columns, ListMeta(revision: 9), include: include)
      writer.append(TableRow(cells: ["a", "5m"]), object)
      writer.append(TableRow(cells: ["b", .null]), object)
      return String(decoding: writer.finish(), as: UTF8.self)
    }
    let head =
      #"{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"9"},"columnDefinitions":[{"name":"Name","type":"string","format":"name","description":"the name","priority":0},{"name":"Age","type":"date","format":"","description":"","priority":1}],"rows":["#
    #expect(
      text(columns, .none) == head + #"{"cells":["a","5m"],"object":null},{"cells":["b",null],"object":null}]}"# + "\n")
    let partial =
      #"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"a","resourceVersion":"7"}}"#
    #expect(text(columns, .metadata).hasPrefix(head + #"{"cells":["a","5m"],"object":"# + partial))
    #expect(
      text(columns, .object).contains(#""object":{"kind":"X","metadata":{"name":"a","resourceVersion":"7"},"spec":1}"#))
    #expect(text(nil, .none).contains(#""columnDefinitions":null,"rows""#))
    for include in [IncludeObject.none, .metadata, .object] {
      #expect(throws: Never.self) { try JSONValue(json: text(columns, include)) }
    }
  }

  @Test("a row that says that its object has ended")
  func completed() throws {
    let object = try StoredObject(bytes: Array(#"{"kind":"X","metadata":{"name":"a"}}"#.utf8), revision: 7)
    var writer = TableWriter(columns: nil, ListMeta(revision: 9), include: .none)
    writer.append(TableRow(cells: ["a"], conditions: [["type": "Completed", "status": "True"]]), object)
    #expect(
      String(decoding: writer.finish(), as: UTF8.self).contains(
        #"[{"cells":["a"],"conditions":[{"type":"Completed","status":"True"}],"object":null}]"#))
  }

  @Test("the parameter includeObject")
  func include() throws {
    #expect(try IncludeObject([:]) == .metadata)
    #expect(try IncludeObject(["includeObject": "None"]) == .none)
    let error = #expect(throws: StatusError.self) { try IncludeObject(["includeObject": "All"]) }
    #expect(
      error?.message
        == "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty"
    )
  }

  @Test(
    "durations as people read them",
    arguments: [
      (-5, "<invalid>", "<invalid>"), (-1, "0s", "0s"), (0, "0s", "0s"), (119, "119s", "1m"), (120, "2m", "2m"),
      (310, "5m10s", "5m"),
      (600, "10m", "10m"), (10_799, "179m", "2h"), (10_800, "3h", "3h"), (12_345, "3h25m", "3h"),
      (36_000, "10h", "10h"),
      (172_799, "47h", "1d"), (187_200, "2d4h", "2d"), (691_200, "8d", "8d"), (63_072_000, "2y", "2y"),
      (65_664_000, "2y30d", "2y"),
      (400_000_000, "12y", "12y"),
    ])
  func durations(seconds: Int64, text: String, short: String) {
    #expect(HumanDuration.text(seconds: seconds) == text)
    #expect(HumanDuration.short(seconds: seconds) == short)
  }

  @Test("ages")
  func ages() {
    #expect(HumanDuration.since(nil, now: now) == "<unknown>")
    #expect(HumanDuration.since("x", now: now) == "<invalid>")
    #expect(HumanDuration.since("2026-01-02T05:03:05Z", now: now) == "60s")
  }

  @Test(
    "what is no path is refused",
    arguments: [
      ".a[", ".a[x]", ".a[?(@.b==1]", ".a[?(@.b=!1)]", ".a['b", ".....a", "&", ".a[1:2:3:4]", "'open",
    ])
  func wrongPaths(path: String) {
    #expect(throws: JSONPathError.self) { try JSONPath(path) }
  }

  @Test("a word that means nothing is a path by which nothing can be found")
  func unknownWord() throws {
    let path = try JSONPath("name")
    #expect(throws: JSONPathError.self) { try path.values(in: ["name": "a"]) }
  }

  @Test("paths that find several values, and ones that do not fit")
  func paths() throws {
    let tree = try JSONValue(json: Self.widget)
    #expect(try JSONPath(".spec.ports[*].port").values(in: tree) == [80, 443])
    #expect(try JSONPath(".spec.ports[?(@.port>80)].name").values(in: tree) == ["https"])
    #expect(try JSONPath(".spec.ports[?(@.port)].name").values(in: tree) == ["http", "https"])
    #expect(try JSONPath(".spec.ports[?(@.none)].name").values(in: tree) == [])
    // A word that means nothing, and elements of what is no list, are found in all.
    #expect(try JSONPath(".spec.ports[?(port)].name").values(in: tree) == ["http", "https"])
    #expect(try JSONPath(".spec.ports[?(@.name[0])].port").values(in: tree) == [80, 443])
    #expect(try JSONPath(".spec.ports[-1:].name").values(in: tree) == ["https"])
    #expect(try JSONPath(".spec.ports[0,1].port").values(in: tree) == [80, 443])
    #expect(try JSONPath("..port").values(in: tree) == [80, 443])
    #expect(try JSONPath(".spec.list[::2]").values(in: tree) == [1])
    #expect(try JSONPath(".spec.none.deeper").values(in: tree) == [])
    #expect(throws: JSONPathError.self) { try JSONPath(".spec.text[0]").values(in: tree) }
    #expect(throws: JSONPathError.self) { try JSONPath(".spec.ports[?(@.port>'x')]").values(in: tree) }
    #expect(throws: JSONPathError.self) { try JSONPath("..*..*..*..*..*..*..*..*..*..*").values(in: Self.wide) }
  }

  private static let wide: JSONValue = {
    var value: JSONValue = [1, 2, 3, 4]
    for _ in 0..<5 { value = [value, value, value] }
    return value
  }()

  @Test("any path is answered")
  func fuzz() throws {
    var generator = SeededGenerator(seed: 71)
    let tree = try JSONValue(json: Self.widget)
    for _ in 0..<5_000 {
      let text = generator.mutated(
        #".spec.ports[?(@.port>=80)]..name['a',0:1].*"#, alphabet: ".[]*?@()='\"0123-:,ab $!<>&\\")
      _ = try? JSONPath(text).values(in: tree)
    }
  }
}
