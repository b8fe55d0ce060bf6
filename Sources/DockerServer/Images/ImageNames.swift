import ContainerEngine
import DockerAPI
import ImageStore
import OCI

/// Which image a container or a filter means.
enum ImageNames {
  /// What a list shows for a container's image: the name that the user wrote as long as it still names that image.
  static func shown(_ record: ContainerRecord, _ engine: ContainerEngine) -> String {
    let name = record.definition.image
    guard let id = try? engine.images.resolve(name), id.description == record.imageID else { return record.imageID }
    return name
  }

  /// The images that these names mean, and those made from them on this host. Names of nothing are passed over.
  static func family(of names: [String], _ engine: ContainerEngine) async throws -> Set<String> {
    var family = Set(names.compactMap { try? engine.images.resolve($0).description })
    guard !family.isEmpty else { return family }
    let images = try await engine.images.list()
    var grew = true
    while grew {
      grew = false
      for image in images {
        guard let parent = image.parent?.description, family.contains(parent) else { continue }
        if family.insert(image.id.description).inserted { grew = true }
      }
    }
    return family
  }
}
