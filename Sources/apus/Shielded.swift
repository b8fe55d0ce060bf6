/// What must be done to its end even where the task is cancelled: closing in good order.
enum Shielded {
  static func run(_ body: @escaping @Sendable () async -> Void) async { await Task(operation: body).value }
}
