import ImageStore
import OCI

/// Images, where containers matter.
extension ContainerEngine {
  /// Takes a name away from an image, or removes the image with all its names, by docker's rules about who still uses
  /// it.
  public func removeImage(_ reference: String, force: Bool, prune: Bool) async throws(EngineError) -> [ImageChange] {
    do {
      let changes = try await images.remove(reference, force: force, prune: prune) { [table] image in
        table.all().map(\.record).filter { $0.imageID == image.description }
          .map { ImageUse(container: $0.id, isRunning: $0.state.isRunning) }
      }
      announce(changes)
      return changes
    } catch { throw EngineError.shaped(error) }
  }

  /// The first digest that is deleted after the names is the image's; those that follow are its layers', which go
  /// without an event of their own, until the next names (a parent's) come.
  private func announce(_ changes: [ImageChange]) {
    var known: Set<Digest> = []
    for change in changes {
      switch change {
      case .untagged(_, let image):
        known.insert(image)
        publishImage("untag", id: image.description, name: image.description)
      case .deleted(let digest):
        if known.contains(digest) || known.isEmpty {
          known.insert(digest)
          publishImage("delete", id: digest.description, name: digest.description)
        }
      }
    }
  }

  /// Ids of containers that were made from an image, newest first.
  public func containersUsing(imageID: String) -> [String] {
    table.all().filter { $0.record.imageID == imageID }.map(\.id)
  }

  /// Tells the listeners what happened to an image: `pull`, `tag`, `untag`, `delete`, `load`, `import`, `save`, `push`.
  ///
  /// - Parameters:
  ///   - id: `sha256:…`; for a pull and a push the reference, as docker has it.
  ///   - name: what the user called it.
  public func publishImage(_ action: String, id: String, name: String, labels: [String: String] = [:]) {
    var attributes = labels
    attributes["name"] = name
    events.publish(Event(.image, action, actor: id, attributes: attributes))
  }
}
