import DockerAPI
import HTTPService
import ImageStore
import Synchronization

/// Carries a transfer's progress to the client, one JSON line an event.
enum ProgressStream {
  /// Runs a transfer and streams what it says. An error before the first line becomes the whole answer with its own status;
  /// a later one becomes the last line, as Docker has it.
  ///
  /// - Parameter operation: Gets a handler to report to; what it returns is printed after the last event.
  static func response(
    _ operation: @escaping @Sendable (@escaping ProgressHandler) async throws -> [ProgressMessage]
  ) -> Response {
    .stream(headers: ["Content-Type": "application/json"]) { writer in
      let (events, continuation) = AsyncStream<ProgressEvent>.makeStream()
      let work = Task {
        defer { continuation.finish() }
        return try await operation { continuation.yield($0) }
      }
      try await withTaskCancellationHandler {
        var lines = 0
        for await event in events {
          try await writer.write(DockerJSON.encodeLine(message(event)))
          lines += 1
        }
        do {
          for message in try await work.value { try await writer.write(DockerJSON.encodeLine(message)) }
        } catch {
          guard lines > 0 else { throw error }
          try await writer.write(DockerJSON.encodeLine(ProgressMessage(error: ErrorAnswer.describe(error).message)))
        }
      } onCancel: {
        work.cancel()
      }
    }
  }

  /// Docker's form of an event. Lines about a layer carry a detail, empty where there is no bar, so that the client keeps
  /// them on the layer's own line.
  static func message(_ event: ProgressEvent) -> ProgressMessage {
    if let current = event.current {
      return ProgressMessage(
        status: event.status, id: event.id, progressDetail: ProgressDetail(current: current, total: event.total ?? 0))
    }
    var message = ProgressMessage(status: event.status, id: event.id)
    if layerWords.contains(event.status) { message.progressDetail = ProgressDetail() }
    if let pushed = event.pushed {
      message = ProgressMessage()
      message.progressDetail = ProgressDetail()
      message.aux = .object([
        JSONMember(name: "Tag", value: .string(pushed.tag)), JSONMember(name: "Digest", value: .string(pushed.digest)),
        JSONMember(name: "Size", value: .number(String(pushed.size))),
      ])
    }
    return message
  }

  /// What is said about a layer, as against `Pulling from …` which has an id too.
  private static let layerWords: Set<String> = [
    "Pulling fs layer", "Waiting", "Downloading", "Verifying Checksum", "Download complete", "Extracting",
    "Pull complete", "Already exists", "Preparing", "Pushing", "Pushed", "Layer already exists", "Retrying",
  ]
}
