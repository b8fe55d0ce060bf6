import AsyncHTTPClient
import FoundationEssentials
import NIOHTTP1
import OCI

extension RegistrySession {
  /// More pages than this are no list of tags.
  private static let maximumPages = 10_000
  private static let maximumPageSize = 4 << 20

  /// All tags of a repository, over as many pages as the registry makes of them (distribution specification, "Listing
  /// Tags").
  func tags(_ repository: String) async throws -> [String] {
    struct Page: Decodable {
      let tags: [String]?
    }
    var path = RegistryPath.tags(repository)
    var asked = Set<String>()
    var tags: [String] = []
    var known = Set<String>()
    while asked.insert(path).inserted {
      guard asked.count <= Self.maximumPages else {
        throw RegistryFailure(.malformed, "the list of tags of \(repository) has no end")
      }
      let response = try await ask(path)
      let bytes = try await collect(response, limit: Self.maximumPageSize, what: "list of tags of \(repository)")
      guard let page = try? JSONDecoder().decode(Page.self, from: Data(bytes)) else {
        throw RegistryFailure(.malformed, "the list of tags of \(repository) is malformed")
      }
      for tag in page.tags ?? [] where known.insert(tag).inserted { tags.append(tag) }
      guard let link = response.headers["Link"].compactMap({ PageLink.next($0) }).first,
        let next = PageLink.path(link, from: path, authority: host.authority, prefix: host.prefix)
      else { break }
      path = next
    }
    return tags
  }
}
