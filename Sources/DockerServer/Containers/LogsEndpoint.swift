import ContainerEngine
import ContainerRuntime
import DockerAPI
import HTTPService

/// `GET /containers/{id}/logs`.
enum LogsEndpoint {
  static let logs: Endpoint = { call in
    let query = call.query
    guard query.flag("stdout") || query.flag("stderr") else {
      throw QueryError("Bad parameters: you must choose at least one stream")
    }
    let record = try call.engine.container(call.name)
    let now = Timestamps.now
    var request = LogsRequest(standardOutput: query.flag("stdout"), standardError: query.flag("stderr"))
    request.follow = query.flag("follow")
    request.since = try bound(query["since"], "since", now)
    request.until = try bound(query["until"], "until", now)
    // Docker takes anything that is not a number for "all".
    request.tail = query["tail"].flatMap { Int($0) }.flatMap { $0 < 0 ? nil : $0 }
    let entries = try await call.engine.containerLogs(record.id, request)
    let terminal = record.definition.terminal
    let timestamps = query.flag("timestamps")
    let details = query.flag("details") ? Array((LogDetails.text(record) + " ").utf8) : []
    let type = !terminal && call.version >= APIVersion(1, 42) ? StreamType.multiplexed : StreamType.raw
    return .stream(headers: ["Content-Type": type], endsWithServer: true) { writer in
      try await writer.start()
      var startsLine: [OutputStream: Bool] = [:]
      for try await entry in entries {
        var bytes = entry.bytes
        // A long line comes in pieces; only its beginning is stamped.
        let starts = startsLine[entry.stream] ?? true
        if starts { bytes = details + bytes }
        if timestamps, starts {
          let moment = DockerAPI.Timestamp(nanosecondsSince1970: entry.time)
          bytes = Array(moment.fixedWidth.utf8) + [UInt8(ascii: " ")] + bytes
        }
        startsLine[entry.stream] = !entry.isPartial
        try await writer.write(terminal ? bytes : MultiplexedFrame.frame(entry.stream, bytes))
      }
    }
  }

  private static func bound(
    _ text: String?, _ name: String, _ now: DockerAPI.Timestamp
  ) throws(QueryError) -> Int64 {
    guard let text, !text.isEmpty, text != "0" else { return 0 }
    do {
      return try DockerAPI.Timestamp.parseBound(text, now: now).nanosecondsSince1970
    } catch {
      throw QueryError("invalid value for \"\(name)\": \(error.message)")
    }
  }
}
