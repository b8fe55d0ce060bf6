/// One line of a pull, push, load, import or build stream: moby's `jsonmessage.JSONMessage`.
public struct ProgressMessage: JSONObject, Hashable {
  public static let goType = "jsonmessage.JSONMessage"

  public var stream = ""
  public var status = ""
  public var progressDetail: ProgressDetail?
  /// The bar as text, for clients that do not draw their own.
  public var progress = ""
  public var id = ""
  public var errorDetail: ProgressError?
  public var error = ""
  public var aux: JSONValue?

  public init() {}

  /// Makes a status line.
  public init(status: String, id: String = "", progressDetail: ProgressDetail? = nil) {
    self.status = status
    self.id = id
    self.progressDetail = progressDetail
    self.progress = progressDetail?.bar ?? ""
  }

  /// Makes a line of a build's or a load's output.
  public init(stream: String) {
    self.stream = stream
  }

  /// Makes the line that ends a stream which failed after its header was sent.
  public init(error: String) {
    self.error = error
    errorDetail = ProgressError(message: error)
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("stream", &stream, .omitEmpty)
    visit("status", &status, .omitEmpty)
    visit("progressDetail", &progressDetail, .omitEmpty)
    visit("progress", &progress, .omitEmpty)
    visit("id", &id, .omitEmpty)
    visit("errorDetail", &errorDetail, .omitEmpty)
    visit("error", &error, .omitEmpty)
    visit("aux", &aux, .omitEmpty)
  }
}

/// How far a layer is, in bytes. An empty one tells the client that the line has no bar (any more).
public struct ProgressDetail: JSONObject, Hashable {
  public static let goType = "jsonmessage.JSONProgress"

  public var current: Int64 = 0
  public var total: Int64 = 0
  public var start: Int64 = 0
  public var hidecounts = false
  public var units = ""

  public init() {}

  /// Makes a position.
  public init(current: Int64, total: Int64) {
    self.current = current
    self.total = total
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("current", &current, .omitEmpty)
    visit("total", &total, .omitEmpty)
    visit("start", &start, .omitEmpty)
    visit("hidecounts", &hidecounts, .omitEmpty)
    visit("units", &units, .omitEmpty)
  }

  /// The bar as the engine prints it for a terminal 200 columns wide: `[=====>     ]  1.2MB/3.4MB`.
  public var bar: String {
    if current <= 0 && total <= 0 { return "" }
    let now = HumanSize.decimal(current)
    if total <= 0 { return HumanSize.padded(now, 8) }
    let share = min(50, Int(Double(current) / Double(total) * 100) / 2)
    let box = "[" + String(repeating: "=", count: share) + ">" + String(repeating: " ", count: 50 - share) + "] "
    return box + HumanSize.padded(now, 8) + (current > total ? "" : "/" + HumanSize.decimal(total))
  }
}

/// Why a stream ended.
public struct ProgressError: JSONObject, Hashable {
  public static let goType = "jsonmessage.JSONError"

  public var code = 0
  public var message = ""

  public init() {}

  /// Makes an error.
  public init(message: String) {
    self.message = message
  }

  public mutating func visitFields<Visitor: JSONFieldVisitor>(_ visit: inout Visitor) {
    visit("code", &code, .omitEmpty)
    visit("message", &message, .omitEmpty)
  }
}
