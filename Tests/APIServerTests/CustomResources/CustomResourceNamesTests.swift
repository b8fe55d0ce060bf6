import APIMachinery
import Testing

@testable import APIServer

@Suite("Names of custom resources")
struct CustomResourceNamesTests {
  private static let wanted: JSONObject = [
    "plural": "things", "singular": "thing", "kind": "Thing", "listKind": "ThingList", "shortNames": ["th", "tg"],
    "categories": ["all"],
  ]

  private static func definition(_ names: JSONObject, accepted: JSONObject? = nil) -> JSONObject {
    var definition: JSONObject = ["spec": ["group": "example.com", "names": .object(names)]]
    if let accepted { definition["status"] = ["acceptedNames": .object(accepted)] }
    return definition
  }

  private static func taken(_ accepted: JSONObject...) -> CustomResourceNames.Taken {
    var taken = CustomResourceNames.Taken()
    for names in accepted { taken.add(names) }
    return taken
  }

  @Test("what nobody has is accepted")
  func fresh() {
    let names = CustomResourceNames(Self.definition(Self.wanted), taken: Self.taken())
    #expect(names.accepted == Self.wanted)
    #expect(names.conflict == nil)
  }

  @Test("what another one has stays out, the rest is accepted")
  func conflict() throws {
    let other: JSONObject = [
      "plural": "others", "singular": "other", "kind": "Thing", "listKind": "OtherList", "shortNames": ["tg", "th"],
    ]
    let names = CustomResourceNames(Self.definition(Self.wanted), taken: Self.taken(other))
    let conflict = try #require(names.conflict)
    #expect(conflict.reason == "KindConflict", "the last one is told")
    #expect(conflict.message == #""Thing" is already in use"#)
    #expect(
      names.accepted == [
        "plural": "things", "singular": "thing", "kind": "", "listKind": "ThingList", "categories": ["all"],
      ])
  }

  @Test("several short names are told together")
  func shortNames() throws {
    let other: JSONObject = ["plural": "others", "kind": "Other", "shortNames": ["tg", "th"]]
    let names = CustomResourceNames(Self.definition(Self.wanted), taken: Self.taken(other))
    let conflict = try #require(names.conflict)
    #expect(conflict.reason == "ShortNamesConflict")
    #expect(conflict.message == #"["th" is already in use, "tg" is already in use]"#)
  }

  @Test("one's own names are no conflict, and what cannot be changed stays")
  func change() throws {
    var wanted = Self.wanted
    wanted["shortNames"] = ["th", "ot"]
    let other: JSONObject = ["plural": "others", "kind": "Other", "shortNames": ["ot"]]
    let names = CustomResourceNames(
      Self.definition(wanted, accepted: Self.wanted), taken: Self.taken(Self.wanted, other))
    let conflict = try #require(names.conflict)
    #expect(conflict.message == #""ot" is already in use"#)
    #expect(names.accepted == Self.wanted)
  }

  @Test("nothing is to do where all is accepted")
  func settled() {
    var accepted = Self.wanted
    accepted["shortNames"] = nil
    var wanted = accepted
    wanted["shortNames"] = []
    let names = CustomResourceNames(Self.definition(wanted, accepted: accepted), taken: Self.taken(accepted))
    #expect(names.accepted == accepted && names.conflict == nil)
  }

  @Test("a status tells of names, of service and of a bundle that is none")
  func status() {
    var definition = Self.definition(Self.wanted)
    CustomResourceStatus.update(&definition, taken: Self.taken(), isUsable: false)
    #expect(CustomResourceStatus.isTrue("NamesAccepted", definition))
    #expect(CustomResourceStatus.condition("Established", definition)?["reason"] == "InvalidCABundle")
    CustomResourceStatus.update(&definition, taken: Self.taken(Self.wanted))
    #expect(CustomResourceStatus.isTrue("Established", definition))
    // Once established it stays so, whatever becomes of its names.
    var changed = definition
    changed["spec"] = ["group": "example.com", "names": ["plural": "things", "kind": "Other"]]
    CustomResourceStatus.update(&changed, taken: Self.taken(Self.wanted, ["plural": "others", "kind": "Other"]))
    #expect(!CustomResourceStatus.isTrue("NamesAccepted", changed))
    #expect(CustomResourceStatus.isTrue("Established", changed))
    #expect(changed["status"]?["acceptedNames"]?["kind"] == "Thing")
  }

  @Test("what somebody has taken out of a status is told again")
  func statusThatWasEmptied() {
    var definition = Self.definition(Self.wanted)
    CustomResourceStatus.update(&definition, taken: Self.taken())
    let told = definition
    CustomResourceStatus.update(&definition, taken: Self.taken(Self.wanted))
    #expect(definition == told)
    var status = told["status"]?.objectValue ?? [:]
    status["conditions"] = [["type": "", "status": "", "message": "mine"]]
    definition["status"] = .object(status)
    CustomResourceStatus.update(&definition, taken: Self.taken(Self.wanted))
    #expect(["NamesAccepted", "Established"].allSatisfy { CustomResourceStatus.isTrue($0, definition) })
    #expect(definition["status"]?["conditions"]?.arrayValue?.count == 3)
  }
}
