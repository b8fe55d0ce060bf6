import APIMachinery
import ClusterAPI
import NIOCore
import Synchronization

/// Puts changes into the form that a client of a watch wants.
final class WatchEncoder: Sendable {
  private let registry: Registry
  private let target: ServedResource
  private let answer: ObjectAnswer
  /// Whether a table has told its columns.
  private let hasHead = Mutex(false)

  private var isProtobuf: Bool { answer.form.encoding == .protobuf }

  init(registry: Registry, target: ServedResource, answer: ObjectAnswer) {
    self.registry = registry
    self.target = target
    self.answer = answer
  }

  /// All whom changes of everything below a prefix of keys are told in this form.
  func audience(_ prefix: String) -> WatchParking.Audience? {
    guard answer.form.shape == .object else { return nil }
    return .init(version: target.groupVersionKind.apiVersion, isProtobuf: isProtobuf, prefix: prefix)
  }

  /// Whether a selection can look at the objects as they are stored.
  func areComparable(_ events: [ObjectEvent], _ selection: Selection) -> Bool {
    guard target.resource.isCustom, selection.looksInside else { return true }
    let apiVersion = target.groupVersionKind.apiVersion
    return !events.contains { event in
      [event.previous, event.current].contains { $0 != nil && $0?.object.header.apiVersion != apiVersion }
    }
  }

  /// Changes of objects in the version that a selection looks at.
  func comparable(_ events: [ObjectEvent], _ selection: Selection) async throws(StatusError) -> [ObjectEvent] {
    if areComparable(events, selection) { return events }
    var result: [ObjectEvent] = []
    for event in events { result.append(try await registry.comparable(event, selection, target)) }
    return result
  }

  /// A change in the form in which most clients want it: the whole object as it is stored. It is encoded once for all of
  /// them. Nil where this client wants another, or the object looked at in another way than most see it.
  func shared(_ event: ObjectEvent, _ kind: ObjectEvent.Kind, _ object: CachedObject) -> ByteBuffer? {
    guard answer.form.shape == .object, !registry.isOther(object, than: target),
      kind != .deleted || event.current == nil
    else { return nil }
    return event.encoding(kind, isProtobuf: isProtobuf) {
      var buffer = ByteBuffer()
      // What cannot be encoded is told of by whoever writes it for itself.
      do throws(StatusError) { try write(kind.rawValue, object.object, &buffer) } catch { return nil }
      return buffer
    }
  }

  /// - Parameter revision: of the change, where the object is told as it was before.
  func write(
    _ kind: ObjectEvent.Kind, _ object: CachedObject, revision: Int64? = nil, _ buffer: inout ByteBuffer
  ) async throws {
    var shown = try await registry.shown(object, target)
    if let revision { shown = shown.at(revision: UInt64(revision)) }
    try write(kind.rawValue, shown, &buffer)
  }

  /// The objects with which a watch begins.
  func write(_ objects: [CachedObject], _ buffer: inout ByteBuffer) async throws {
    for object in try await registry.shown(objects, target) {
      try write(ObjectEvent.Kind.added.rawValue, object, &buffer)
    }
  }

  private func write(_ kind: String, _ object: StoredObject, _ buffer: inout ByteBuffer) throws(StatusError) {
    let isFirst = hasHead.withLock { told in
      defer { told = true }
      return !told
    }
    write(kind, try answer.bytes(of: object, hasHead: isFirst), &buffer)
  }

  private func write(_ kind: String, _ object: [UInt8], _ buffer: inout ByteBuffer) {
    buffer.writeBytes(
      isProtobuf
        ? ProtobufEncoder.watchFrame(type: kind, object)
        : WatchEvent.line(type: kind, capacity: object.count) { $0 += object })
  }

  /// Tells how far the server has come, with an object that is empty but for its version.
  func writeBookmark(_ revision: Int64, isInitialEnd: Bool, _ buffer: inout ByteBuffer) throws(StatusError) {
    var metadata: JSONObject = ["resourceVersion": .string(String(revision))]
    if isInitialEnd { metadata["annotations"] = [WatchEvent.initialEventsEnd: "true"] }
    let kind = target.groupVersionKind
    let meta = ObjectAnswer.metaGroup + answer.form.metaVersion
    var object: JSONObject = ["kind": .string(kind.kind), "apiVersion": .string(kind.apiVersion)]
    if answer.form.shape == .partialMetadata {
      object = ["kind": "PartialObjectMetadata", "apiVersion": .string(meta)]
    }
    object["metadata"] = .object(metadata)
    // In a table it is the one row.
    if answer.form.shape == .table {
      return try write("BOOKMARK", StoredObject(object, revision: UInt64(revision)), &buffer)
    }
    write("BOOKMARK", isProtobuf ? try answer.encode(object) : JSONValue.object(object).jsonBytes(), &buffer)
  }

  func writeError(_ error: StatusError, _ buffer: inout ByteBuffer) throws(StatusError) {
    let status = error.json
    write("ERROR", isProtobuf ? try answer.encode(status.objectValue ?? [:]) : status.jsonBytes(), &buffer)
  }
}
