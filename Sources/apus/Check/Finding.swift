/// One line of `apus check`.
struct Finding: Encodable, Equatable {
  enum State: String, Encodable { case ok, limited, missing }

  let name: String
  let state: State
  /// Whether the engine cannot run containers without it.
  let required: Bool
  /// What was found.
  let detail: String
  /// What to do; empty where nothing is to be done.
  let advice: String

  static func ok(_ name: String, _ detail: String) -> Finding {
    Finding(name: name, state: .ok, required: false, detail: detail, advice: "")
  }

  static func limited(_ name: String, _ detail: String, _ advice: String) -> Finding {
    Finding(name: name, state: .limited, required: false, detail: detail, advice: advice)
  }

  static func missing(_ name: String, _ detail: String, _ advice: String, required: Bool = true) -> Finding {
    Finding(name: name, state: .missing, required: required, detail: detail, advice: advice)
  }
}
