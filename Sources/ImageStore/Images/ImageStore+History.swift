import OCI
import Synchronization

/// One step of an image's making, as `docker history` shows it.
public struct ImageHistoryStep: Sendable, Equatable {
  /// The image that ended with this step, where this host has it.
  public var image: Digest?
  public var created: String
  public var createdBy: String
  public var comment: String
  /// Bytes of the step's layer.
  public var size: Int64
  public var tags: [String]
}

extension ImageStore {
  /// The steps that made an image, newest first.
  public func history(of name: String) async throws -> [ImageHistoryStep] {
    let image = try await image(named: name)
    let sizes = state.withLock { state in image.layers.map { state.layers[$0]?.size ?? 0 } }
    var steps: [ImageHistoryStep] = []
    var layer = 0
    for entry in image.configuration.history ?? [] {
      var size: Int64 = 0
      if entry.emptyLayer != true, layer < sizes.count {
        size = sizes[layer]
        layer += 1
      }
      steps.append(
        ImageHistoryStep(
          image: nil, created: entry.created ?? "", createdBy: entry.createdBy ?? "", comment: entry.comment ?? "",
          size: size, tags: []))
    }
    // A config without history still has layers.
    while layer < sizes.count {
      steps.append(
        ImageHistoryStep(
          image: nil, created: image.configuration.created ?? "", createdBy: "", comment: "", size: sizes[layer],
          tags: []))
      layer += 1
    }
    if steps.isEmpty {
      steps = [
        ImageHistoryStep(
          image: nil, created: image.configuration.created ?? "", createdBy: "", comment: "", size: 0, tags: [])
      ]
    }
    steps[steps.count - 1].image = image.id
    steps[steps.count - 1].tags = image.tags.map(\.familiar)
    return steps.reversed()
  }
}
