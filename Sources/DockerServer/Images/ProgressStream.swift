import DockerAPI
import HTTPService
import ImageStore

/// Carries a transfer's progress to the client, one JSON line an event.
enum ProgressStream {
  /// Runs a transfer and streams what it says. An error before the first line becomes the whole answer with its own status;
  /// a later one becomes the last line, as Docker has it.
  ///
  /// - Parameters:
  ///   - errorsInStream: An error is a line of a successful answer even where nothing came before it: `docker load`'s way.
  ///   - operation: Gets a handler to report to; what it returns is printed after the last event.
  static func response(
    errorsInStream: Bool = false,
    _ operation: @escaping @Sendable (@escaping ProgressHandler) async throws -> [ProgressMessage]
  ) async throws -> Response {
    let (events, continuation) = AsyncStream<ProgressEvent>.makeStream()
    let work = Task {
      defer { continuation.finish() }
      return try await operation { continuation.yield($0) }
    }
    let first = await withTaskCancellationHandler {
      await events.first { _ in true }
    } onCancel: {
      work.cancel()
    }
    let headers: Headers = ["Content-Type": "application/json"]
    guard let first else {
      // Streamed too, however short: clients tell a list of JSON lines from one document by the chunked transfer coding.
      let lines =
        errorsInStream ? await lastLines(work) : try await work.value.flatMap { DockerJSON.encodeLine($0) }
      return .stream(headers: headers) { writer in try await writer.write(lines) }
    }
    return .stream(headers: headers) { writer in
      try await withTaskCancellationHandler {
        try await write(first, writer)
        for await event in events { try await write(event, writer) }
        try await writer.write(await lastLines(work))
      } onCancel: {
        work.cancel()
      }
    }
  }

  private static func write(_ event: ProgressEvent, _ writer: ResponseWriter) async throws {
    try await writer.write(messages(event).flatMap { DockerJSON.encodeLine($0) })
  }

  private static func lastLines(_ work: Task<[ProgressMessage], any Error>) async -> [UInt8] {
    do {
      return try await work.value.flatMap { DockerJSON.encodeLine($0) }
    } catch {
      return DockerJSON.encodeLine(ProgressMessage(error: ErrorAnswer.describe(error).message))
    }
  }

  /// Docker's form of an event. Lines about a layer carry a detail, empty where there is no bar, so that the client keeps
  /// them on the layer's own line. What was pushed is told twice: for people, and for programs.
  static func messages(_ event: ProgressEvent) -> [ProgressMessage] {
    if let current = event.current {
      let detail = ProgressDetail(current: current, total: event.total ?? 0)
      return [ProgressMessage(status: event.status, id: event.id, progressDetail: detail)]
    }
    let detail = layerWords.contains(event.status) ? ProgressDetail() : nil
    var messages = [ProgressMessage(status: event.status, id: event.id, progressDetail: detail)]
    if let pushed = event.pushed {
      var message = ProgressMessage()
      message.progressDetail = ProgressDetail()
      message.aux = .object([
        JSONMember(name: "Tag", value: .string(pushed.tag)), JSONMember(name: "Digest", value: .string(pushed.digest)),
        JSONMember(name: "Size", value: .number(String(pushed.size))),
      ])
      messages.append(message)
    }
    return messages
  }

  /// What is said about a layer, as against `Pulling from …` which has an id too.
  private static let layerWords: Set<String> = [
    "Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting",
    "Pull complete", "Already exists", "Preparing", "Pushing", "Pushed", "Layer already exists", "Retrying",
  ]
}
