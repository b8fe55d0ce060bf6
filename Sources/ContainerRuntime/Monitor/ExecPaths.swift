/// Where the files of one exec lie: `<run>/execs/<id>`, mode 0700.
struct ExecPaths: Sendable {
  let directory: String

  init(runDirectory: String, id: String) { directory = "\(runDirectory)/execs/\(id)" }

  /// The process part of a configuration.
  var process: String { directory + "/process.json" }
  var pid: String { directory + "/pid" }
  var control: String { directory + "/ctl" }
}
