/// An entry of `GET /images/json`: moby's `image.Summary`. Sizes in bytes, -1 for not computed.
public struct ImageSummary: JSONObject, Hashable {
  public static let goType = "image.Summary"

  public var containers: Int64 = -1
  /// Seconds since 1970.
  public var created: Int64 = 0
  public var id = ""
  public var labels: [String: String]?
  public var parentID = ""
  public var descriptor: Descriptor?
  public var repoDigests: [String] = []
  public var repoTags: [String] = []
  public var sharedSize: Int64 = -1
  public var size: Int64 = 0
  /// Answered to clients below API 1.44 only.
  public var virtualSize: Int64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Containers", &containers)
    visit("Created", &created)
    visit("Id", &id)
    visit("Labels", &labels)
    visit("ParentId", &parentID)
    visit("Descriptor", &descriptor, .omitEmpty)
    visit("RepoDigests", &repoDigests)
    visit("RepoTags", &repoTags)
    visit("SharedSize", &sharedSize)
    visit("Size", &size)
    visit("VirtualSize", &virtualSize, .omitEmpty)
  }
}

/// An entry of `GET /images/{name}/history`.
public struct ImageHistoryItem: JSONObject, Hashable {
  public static let goType = "image.HistoryResponseItem"

  public var comment = ""
  public var created: Int64 = 0
  public var createdBy = ""
  /// `<missing>` where the layer's image is not known.
  public var id = ""
  public var size: Int64 = 0
  public var tags: [String]?

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Comment", &comment)
    visit("Created", &created)
    visit("CreatedBy", &createdBy)
    visit("Id", &id)
    visit("Size", &size)
    visit("Tags", &tags)
  }
}

/// An entry of the answer to `DELETE /images/{name}`.
public struct ImageDeleteItem: JSONObject, Hashable {
  public static let goType = "image.DeleteResponse"

  public var deleted = ""
  public var untagged = ""

  public init() {}

  /// Makes an entry.
  public init(deleted: String = "", untagged: String = "") {
    self.deleted = deleted
    self.untagged = untagged
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("Deleted", &deleted, .omitEmpty)
    visit("Untagged", &untagged, .omitEmpty)
  }
}

/// Answer of `POST /images/prune`.
public struct ImagesPruneReport: JSONObject, Hashable {
  public static let goType = "image.PruneReport"

  public var imagesDeleted: [ImageDeleteItem]?
  public var spaceReclaimed: UInt64 = 0

  public init() {}

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("ImagesDeleted", &imagesDeleted)
    visit("SpaceReclaimed", &spaceReclaimed)
  }
}
