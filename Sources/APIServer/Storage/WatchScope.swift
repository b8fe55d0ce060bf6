/// The changes of a resource that can concern a watch, as far as an index can tell: a thousand nodes that each watch
/// their own pods are not all woken by each pod. A watch still looks at every change that it is given.
enum WatchScope: Hashable, Sendable {
  case everything
  /// Objects whose keys begin so up to their names: a namespace's.
  case below(String)
  /// The one object of a key.
  case object(String)
  /// Objects with a value at a path of members, such as the node of a pod; an empty value where there is none.
  case field([String], String)
}
