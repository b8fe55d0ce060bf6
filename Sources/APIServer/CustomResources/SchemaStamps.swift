import APIMachinery
import Synchronization

/// Numbers that tell one state of a custom version's schema from another.
///
/// A definition is read again with each change of it, most of which leave its schemas alone: then the number stays, and what is
/// known of objects under it stays true.
final class SchemaStamps: Sendable {
  private struct Known: Sendable {
    var schema: JSONValue
    var stamp: UInt64
  }

  private struct State: Sendable {
    var last: UInt64 = 0
    var known: [String: Known] = [:]
  }

  private let state = Mutex(State())

  /// - Parameters:
  ///   - name: tells the version of a kind from all others.
  ///   - schema: all that says what becomes of an object when it is read.
  func stamp(_ name: String, _ schema: JSONValue) -> UInt64 {
    state.withLock { state in
      if let known = state.known[name], known.schema == schema { return known.stamp }
      state.last += 1
      state.known[name] = Known(schema: schema, stamp: state.last)
      return state.last
    }
  }
}
