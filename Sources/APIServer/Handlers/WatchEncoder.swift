import APIMachinery
import NIOCore

/// Puts changes into the form that a client of a watch wants.
struct WatchEncoder: Sendable {
  let stream: WatchStream

  func write(
    _ kind: ObjectEvent.Kind, _ object: CachedObject, revision: Int64? = nil, _ buffer: inout ByteBuffer
  ) async throws {
    let isPlain =
      stream.form.shape == .object && revision == nil && !stream.registry.isOther(object, than: stream.target)
    if isPlain {
      write(kind.rawValue, object.bytes, &buffer)
      return
    }
    var tree = try await stream.registry.tree(object, stream.target)
    if let revision { tree.setMetadata("resourceVersion", .string(String(revision))) }
    write(kind.rawValue, try shaped(tree).jsonBytes(), &buffer)
  }

  /// The objects with which a watch begins.
  func write(_ objects: [CachedObject], _ buffer: inout ByteBuffer) async throws {
    let others = objects.contains { stream.registry.isOther($0, than: stream.target) }
    guard others || stream.form.shape != .object else {
      for object in objects { write(ObjectEvent.Kind.added.rawValue, object.bytes, &buffer) }
      return
    }
    for tree in try await stream.registry.trees(objects, stream.target) {
      write(ObjectEvent.Kind.added.rawValue, try shaped(tree).jsonBytes(), &buffer)
    }
  }

  private func shaped(_ tree: JSONObject) throws -> JSONValue {
    switch stream.form.shape {
    case .object: return .object(tree)
    case .partialMetadata: return PartialMetadata.of(tree, version: stream.form.metaVersion)
    case .table:
      return try TableMaker(stream.target, stream.registry.kinds, stream.form, includeObject: stream.includeObject)
        .table(
          [tree], ListEnvelope(revisionText: tree.metadataText("resourceVersion")))
    }
  }

  private func write(_ kind: String, _ object: [UInt8], _ buffer: inout ByteBuffer) {
    buffer.writeString("{\"type\":\"\(kind)\",\"object\":")
    buffer.writeBytes(object)
    buffer.writeStaticString("}\n")
  }

  /// Tells how far the server has come, with an object that is empty but for its version.
  func writeBookmark(_ revision: Int64, isInitialEnd: Bool, _ buffer: inout ByteBuffer) {
    var metadata: JSONObject = ["resourceVersion": .string(String(revision))]
    if isInitialEnd { metadata["annotations"] = ["k8s.io/initial-events-end": "true"] }
    let kind = stream.target.groupVersionKind
    let object: JSONValue
    switch stream.form.shape {
    case .object:
      object = [
        "kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion), "metadata": .object(metadata),
      ]
    case .partialMetadata:
      object = PartialMetadata.of(["metadata": .object(metadata)], version: stream.form.metaVersion)
    case .table:
      object = [
        "kind": "Table", "apiVersion": .string("meta.k8s.io/\(stream.form.metaVersion)"),
        "metadata": .object(metadata), "columnDefinitions": [], "rows": [],
      ]
    }
    write("BOOKMARK", object.jsonBytes(), &buffer)
  }

  func writeError(_ error: StatusError, _ buffer: inout ByteBuffer) { write("ERROR", error.json.jsonBytes(), &buffer) }
}
