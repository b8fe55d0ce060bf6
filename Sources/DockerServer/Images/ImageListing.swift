import ContainerEngine
import DockerAPI
import HTTPService
import ImageStore
import OCI

/// `GET /images/json`.
enum ImageListing {
  static let list: Endpoint = { call in
    var filters = try call.filters(["before", "dangling", "label", "reference", "since", "until"])
    if call.version < APIVersion(1, 41), let pattern = call.word("filter") {
      filters.values["reference", default: []].insert(pattern)
    }
    let selection = try await Selection(filters, all: call.query.flag("all"), call.engine)
    var summaries: [ImageSummary] = []
    for image in try await call.engine.images.list() {
      guard let shown = selection.show(image) else { continue }
      summaries.append(summarize(shown, call.version))
    }
    return .json(summaries)
  }

  /// Docker's view of an image in a list.
  static func summarize(_ image: Image, _ version: APIVersion) -> ImageSummary {
    var summary = ImageSummary()
    summary.id = image.id.description
    summary.parentID = image.parent?.description ?? ""
    summary.created = ImageTimes.created(image)?.seconds ?? 0
    summary.labels = image.configuration.config?.labels
    summary.repoTags = image.tags.map(\.familiar)
    summary.repoDigests = image.digests.map(\.familiar)
    summary.size = image.size
    if version < APIVersion(1, 43), summary.repoTags.isEmpty, summary.repoDigests.isEmpty {
      summary.repoTags = ["<none>:<none>"]
      summary.repoDigests = ["<none>@<none>"]
    }
    if version < APIVersion(1, 44) { summary.virtualSize = image.size }
    return summary
  }

  /// Which images a list shows, and under which names.
  private struct Selection {
    private let filters: Filters
    private let dangling: Bool?
    private let all: Bool
    private let parents: Set<Digest>
    private var before: DockerAPI.Timestamp?
    private var since: DockerAPI.Timestamp?

    init(_ filters: Filters, all: Bool, _ engine: ContainerEngine) async throws {
      self.filters = filters
      self.all = all
      dangling = filters.has("dangling") ? try filters.flag("dangling", default: false) : nil
      let images = try await engine.images.list()
      parents = Set(images.compactMap(\.parent))
      for name in filters("before") {
        let created = ImageTimes.created(try await engine.images.image(named: name))
        before = [before, created].compactMap { $0 }.min()
      }
      for text in filters("until") {
        let bound = try DockerAPI.Timestamp.parseBound(text, now: Timestamps.now)
        before = [before, bound].compactMap { $0 }.min()
      }
      for name in filters("since") {
        let created = ImageTimes.created(try await engine.images.image(named: name))
        since = [since, created].compactMap { $0 }.max()
      }
    }

    /// The image with the names to show; nil for one that is left out.
    func show(_ image: Image) -> Image? {
      let created = ImageTimes.created(image) ?? DockerAPI.Timestamp()
      if let before, created >= before { return nil }
      if let since, created <= since { return nil }
      if filters.has("label"), !filters.matchesLabels("label", image.configuration.config?.labels ?? [:]) { return nil }
      var image = image
      if filters.has("reference") {
        let patterns = filters("reference").map { ReferencePattern($0) }
        image.tags = image.tags.filter { tag in patterns.contains { $0.matches(tag) } }
        image.digests = image.digests.filter { digest in patterns.contains { $0.matches(digest) } }
        if image.tags.isEmpty && image.digests.isEmpty { return nil }
      }
      let isDangling = image.tags.isEmpty
      if isDangling {
        // An unnamed image that others were made from is an intermediate step; `--all` shows it.
        if !all, parents.contains(image.id), image.digests.isEmpty { return nil }
        if dangling == false { return nil }
      } else if dangling == true {
        return nil
      }
      return image
    }
  }
}

/// Times in image configurations.
enum ImageTimes {
  static func created(_ image: Image) -> DockerAPI.Timestamp? {
    image.configuration.created.flatMap { DockerAPI.Timestamp(rfc3339: $0) }
  }
}
