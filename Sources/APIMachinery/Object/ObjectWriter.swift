/// Writes an object as the API server keeps it, and finds where its resource version goes while it does: the bytes need
/// not be read again.
struct ObjectWriter {
  private var writer: JSONWriter
  /// The end of the last of those members that Kubernetes puts before the resource version.
  private var leadEnd: Int?

  /// - Parameter capacity: how many bytes to reserve.
  init(capacity: Int) { writer = JSONWriter(capacity: capacity) }

  var bytes: [UInt8] { writer.bytes }

  /// Appends an object that has an object `metadata`. A member `metadata.resourceVersion` is left out.
  mutating func append(_ object: JSONObject) -> VersionPlace {
    var place: VersionPlace?
    var isFirst = true
    writer.append(verbatim: "{")
    for (name, value) in object {
      begin(name, &isFirst)
      if name == "metadata", case .object(let metadata) = value {
        place = append(metadata: metadata)
      } else {
        writer.append(value)
      }
    }
    writer.append(verbatim: "}")
    guard let place else { preconditionFailure("an object that is stored has metadata") }
    return place
  }

  private mutating func append(metadata: JSONObject) -> VersionPlace {
    writer.append(verbatim: "{")
    let start = writer.bytes.count
    var isFirst = true
    for (name, value) in metadata where name != "resourceVersion" {
      begin(name, &isFirst)
      writer.append(value)
      if ObjectHeader.leads(name) { leadEnd = writer.bytes.count }
    }
    writer.append(verbatim: "}")
    if let leadEnd { return VersionPlace(offset: leadEnd, comma: .before) }
    return VersionPlace(offset: start, comma: isFirst ? .none : .behind)
  }

  private mutating func begin(_ name: String, _ isFirst: inout Bool) {
    if !isFirst { writer.append(verbatim: ",") }
    isFirst = false
    writer.append(name)
    writer.append(verbatim: ":")
  }
}
