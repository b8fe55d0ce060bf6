import Testing

@testable import ClusterAPI

/// What is below a place is told from what only begins with the same letters.
@Suite struct FieldPrefixesTests {
  @Test func onlyWhatIsBelowAPlaceIsHeld() {
    let members = FieldPrefixes(["spec.a", "spec.list[0]"], ends: ".")
    #expect(members.hold("spec.a.b") && members.hold("spec.a.b[0].c") && members.hold("spec.list[0].b"))
    for field in ["spec.a", "spec.ab", "spec.ab.c", "spec.a[0].b", "spec.list[1].b", "spec", ""] {
      #expect(!members.hold(field), "\(field)")
    }
    let items = FieldPrefixes(["spec.a"], ends: ".[")
    #expect(items.hold("spec.a[0]") && items.hold("spec.a.b") && !items.hold("spec.a"))
    #expect(!FieldPrefixes([], ends: ".").hold("spec.a"))
  }
}
