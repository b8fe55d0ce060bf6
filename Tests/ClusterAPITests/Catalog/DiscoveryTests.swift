import APIMachinery
import Testing

@testable import ClusterAPI

@Suite struct DiscoveryTests {
  /// The resources of all kinds, written as the published list writes them.
  private func served() -> Set<String> {
    var result: Set<String> = []
    for resource in builtin.resources {
      for version in resource.versions {
        let place = GroupVersion(group: resource.group, version: version.name).apiVersion
        let scope = resource.isNamespaced ? "N" : "C"
        var line = "\(place) \(resource.plural) \(resource.kind) \(scope) \(verbs(version.verbs))"
        if !resource.shortNames.isEmpty { line += " " + resource.shortNames.joined(separator: ",") }
        if !resource.categories.isEmpty { line += " /" + resource.categories.joined(separator: ",") }
        result.insert(line)
        for part in version.subresources {
          let kind = part.kind.groupVersionKind
          let name = kind.apiVersion == place ? kind.kind : "\(kind.apiVersion).\(kind.kind)"
          result.insert("\(place) \(resource.plural)/\(part.name) \(name) \(scope) \(verbs(part.verbs))")
        }
      }
    }
    return result
  }

  private func verbs(_ verbs: [ResourceVerb]) -> String {
    if verbs == ResourceVerb.allCases { return "*" }
    return verbs == [.get, .patch, .update] ? "s" : verbs.map(\.rawValue).joined(separator: ",")
  }

  private func published() -> Set<String> {
    var place = ""
    var result: Set<String> = []
    for line in PublishedResources.text.split(separator: "\n") {
      if line.contains(" ") { result.insert("\(place) \(line)") } else { place = String(line) }
    }
    return result
  }

  @Test func resourcesAreThoseThatArePublished() {
    let served = served()
    let published = published()
    #expect(published.subtracting(served).sorted() == [])
    #expect(served.subtracting(published).sorted() == [])
  }

  @Test func singularNamesAreTheKindsInSmallLetters() {
    for resource in builtin.resources { #expect(resource.singular == resource.kind.lowercased()) }
  }

  @Test func shortNamesBelongToOneResource() {
    var owners: [String: String] = [:]
    for resource in builtin.resources where resource.storedAs == nil {
      for name in resource.shortNames {
        #expect(owners[name] == nil, "\(name) belongs to \(resource.plural) and \(owners[name] ?? "")")
        owners[name] = resource.plural
      }
    }
  }
}
