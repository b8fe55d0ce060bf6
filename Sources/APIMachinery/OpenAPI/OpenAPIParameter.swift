/// A parameter of an operation.
struct OpenAPIParameter: Sendable, Hashable {
  var name: String
  var place: Place
  /// `string`, `integer` or `boolean`.
  var type: String
  var description: String

  enum Place: String, Sendable { case path, query }

  static func query(_ name: String, _ type: String, _ description: String) -> OpenAPIParameter {
    OpenAPIParameter(name: name, place: .query, type: type, description: description)
  }

  // MARK: Paths

  static let namespace = OpenAPIParameter(
    name: "namespace", place: .path, type: "string", description: "The namespace of the object.")

  static func name(of kind: String) -> OpenAPIParameter {
    OpenAPIParameter(name: "name", place: .path, type: "string", description: "The name of the \(kind).")
  }

  static let path = OpenAPIParameter(
    name: "path", place: .path, type: "string", description: "The path of the request that is passed on.")

  // MARK: Options

  static let pretty = query("pretty", "string", "Whether the answer is indented, for people: true or false.")

  private static let dryRun = query(
    "dryRun", "string", "All: the request is judged as a whole, but nothing is kept.")
  private static let fieldManager = query(
    "fieldManager", "string", "Who makes the change; owner of the fields that it sets. At most 128 bytes.")
  private static let fieldValidation = query(
    "fieldValidation", "string", "What becomes of unknown and repeated fields: Ignore, Warn or Strict.")

  /// Of creates and updates.
  static let write = [dryRun, fieldManager, fieldValidation]

  static let patch =
    write + [
      query("force", "boolean", "Whether an apply takes fields over that others own. Only of applies.")
    ]

  private static let selectors = [
    query("fieldSelector", "string", "Which objects, by their fields."),
    query("labelSelector", "string", "Which objects, by their labels."),
  ]
  private static let pages = [
    query("continue", "string", "Where a list goes on: what the page before said."),
    query("limit", "integer", "How many objects a page of a list has at most."),
    query("resourceVersion", "string", "Which state of the objects is asked for."),
    query("resourceVersionMatch", "string", "How resourceVersion is meant: Exact or NotOlderThan."),
    query("sendInitialEvents", "boolean", "Whether a watch begins with the objects that there are."),
    query("timeoutSeconds", "integer", "How long the request may take, in seconds."),
  ]
  private static let watches = [
    query("allowWatchBookmarks", "boolean", "Whether a watch tells now and then how far it has come."),
    query("watch", "boolean", "Whether changes follow the list."),
  ]

  static let list = selectors + pages + watches

  static let delete = [
    dryRun,
    query("gracePeriodSeconds", "integer", "How long the object has to end, in seconds; 0 removes it at once."),
    query(
      DeleteOptions.ignoresReadErrorName, "boolean",
      "Whether an object that cannot be read is removed, unseen, and whatever stands behind it."),
    query("orphanDependents", "boolean", "Whether what depends on the object stays. Give way to propagationPolicy."),
    query(
      "propagationPolicy", "string", "What becomes of what depends on the object: Orphan, Background or Foreground."),
  ]

  static let deleteCollection = delete + selectors + pages

  /// What the options of a stream or a proxied request are, which come as parameters.
  static func options(_ kind: String) -> [OpenAPIParameter] {
    let container = query("container", "string", "Which container; the pod's only one where nothing is said.")
    let streams = [
      query("stderr", "boolean", "Whether the container's standard error is passed on."),
      query("stdin", "boolean", "Whether the client writes to the container's standard input."),
      query("stdout", "boolean", "Whether the container's standard output is passed on."),
      query("tty", "boolean", "Whether the streams are those of a terminal."),
    ]
    switch kind {
    case "PodAttachOptions": return [container] + streams
    case "PodExecOptions":
      return [query("command", "string", "What is run: the program and, repeated, its arguments."), container] + streams
    case "PodPortForwardOptions": return [query("ports", "integer", "Which ports, where a WebSocket carries them.")]
    case "PodLogOptions":
      return [
        container, query("follow", "boolean", "Whether lines follow as they are written."),
        query("insecureSkipTLSVerifyBackend", "boolean", "Whether the node's certificate goes unchecked."),
        query("limitBytes", "integer", "How many bytes at most."),
        query("previous", "boolean", "Whether those of the container before its last restart are meant."),
        query("sinceSeconds", "integer", "How old lines may be, in seconds."),
        query("stream", "string", "Which lines: All, Stdout or Stderr."),
        query("tailLines", "integer", "How many lines, counted from the end."),
        query("timestamps", "boolean", "Whether each line begins with its time."),
      ]
    case _ where kind.hasSuffix("ProxyOptions"):
      return [query("path", "string", "The path of the request that is passed on.")]
    default: return []
    }
  }
}
