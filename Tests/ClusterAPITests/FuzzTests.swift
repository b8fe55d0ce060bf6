import APIMachinery
import Testing

@testable import ClusterAPI

/// Readers take whatever comes: they answer or refuse, and never stop the program.
@Suite struct FuzzTests {
  /// Numbers that are the same in every run.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return state
    }
  }

  private func changed(_ text: String, _ generator: inout Generator) -> String {
    var bytes = Array(text.utf8)
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !bytes.isEmpty {
      let place = Int.random(in: 0..<bytes.count, using: &generator)
      switch Int.random(in: 0...3, using: &generator) {
      case 0: bytes.remove(at: place)
      case 1: bytes.insert(UInt8.random(in: 9...126, using: &generator), at: place)
      case 2: bytes[place] = UInt8.random(in: 0...255, using: &generator)
      default: bytes.removeSubrange(place...)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func textsOfKinds() throws {
    var generator = Generator(state: 1)
    let text = """
      group apps
      version v1 storage
      package io.k8s.api.apps.v1
      uses core=io.k8s.api.core.v1
      kind Deployment deployments namespaced short=deploy categories=all
        sub scale spec=.spec.replicas status=.status.replicas
        column "Last Seen" string x wide -- Y.
        select a.b c=.d
      type T object map=atomic union=t:a=A -- X.
        f [core.T] required list=map:a,b patch=merge:a default='x' enum=a|b min=1
      """
    var refused = 0
    for _ in 0..<3000 {
      do {
        _ = try KindDataReader.read(changed(text, &generator), file: "x")
      } catch {
        refused += 1
        #expect(error.description.hasPrefix("x"))
      }
    }
    #expect(refused > 500)
  }

  @Test func smallTexts() {
    var generator = Generator(state: 2)
    let texts = ["2001:db8::1.2.3.4/64", "10.0.0.0/8", "*/5 1-3,4 * jan mon-fri", "@every 1h30m", "Zm9vYg==", "25%"]
    for _ in 0..<20_000 {
      let text = changed(texts.randomElement(using: &generator) ?? "", &generator)
      if let bytes = AddressRules.bytes(text) { #expect(bytes.count == 4 || bytes.count == 16) }
      if let range = AddressRules.range(text) { #expect(range.length <= range.bytes.count * 8) }
      _ = CronRules.problem(text)
      if let bytes = Base64.decode(text) { #expect(bytes.count <= text.utf8.count) }
    }
  }

  /// Whatever stands in an object, in whatever types: it is completed, validated and printed.
  @Test func objectsOfEveryKind() throws {
    var generator = Generator(state: 3)
    let now = Timestamp(seconds: 0)
    for resource in builtin.resources {
      for version in resource.versions {
        let kind = resource.groupVersionKind(in: version.name)
        for _ in 0..<12 {
          var value = made(version.schema, 0, &generator)
          value.editObject { $0["apiVersion"] = .string(kind.apiVersion) }
          var stored = value
          builtin.complete(&stored, kind: kind)
          builtin.prepareForCreate(&stored, kind: kind)
          _ = builtin.validate(stored, old: nil, kind: kind)
          var after = made(version.schema, 0, &generator)
          builtin.prepareForUpdate(&after, old: stored, kind: kind)
          _ = builtin.validate(after, old: stored, kind: kind)
          let cells = builtin.cells(of: stored, columns: version.printerColumns, now: now)
          #expect(cells.count == version.printerColumns.count)
        }
      }
    }
  }

  /// A value that mostly has the schema's shape.
  private func made(_ schema: Schema, _ depth: Int, _ generator: inout Generator) -> JSONValue {
    let schema = schema.resolved
    if Int.random(in: 0..<25, using: &generator) == 0 {
      return [.null, .bool(true), .integer(-3), .string("?"), .array([]), .object([:])].randomElement(using: &generator)
        ?? .null
    }
    if let values = schema.rules?.enumeration { return values.randomElement(using: &generator) ?? .null }
    switch schema.type {
    case .object:
      var object: JSONObject = [:]
      if depth < 8 {
        for property in schema.properties where depth < 3 || Int.random(in: 0...2, using: &generator) == 0 {
          object[property.name] = made(property.schema, depth + 1, &generator)
        }
        if case .schema(let member) = schema.additionalProperties {
          object["a"] = made(member, depth + 1, &generator)
        }
      }
      return .object(object)
    case .array:
      guard let item = schema.items, depth < 9 else { return [] }
      return .array((0..<Int.random(in: 0...2, using: &generator)).map { _ in made(item, depth + 1, &generator) })
    case .string:
      return .string(
        ["", "a", "None", "2026-01-01T00:00:00Z", "AAAA", "A_b", "10.0.0.1"].randomElement(using: &generator) ?? "")
    case .integer: return .integer([0, 1, -1, 80, 1 << 40].randomElement(using: &generator) ?? 0)
    case .number: return 1.5
    case .boolean: return .bool(Bool.random(using: &generator))
    case .quantity: return .string(["1", "100m", "-1Gi", "1e3"].randomElement(using: &generator) ?? "")
    case .intOrString: return [.integer(0), .string("25%"), .string("web")].randomElement(using: &generator) ?? 0
    case .any, nil: return [:]
    }
  }
}
