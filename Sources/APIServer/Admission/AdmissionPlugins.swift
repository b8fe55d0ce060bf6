import APIMachinery

/// Which admission plugins run: those that are on by default, and what the flags `--enable-admission-plugins` and
/// `--disable-admission-plugins` say.
public struct AdmissionPlugins: Sendable {
  /// A plugin under the name that kube-apiserver has for it.
  public struct Plugin: Sendable {
    let name: String
    let isOn: Bool
    let admission: any Admission

    public init(_ name: String, isOn: Bool = true, _ admission: any Admission) {
      self.name = name
      self.isOn = isOn
      self.admission = admission
    }
  }

  /// A flag names what is not there, or the flags contradict each other.
  public struct SelectionError: Error, CustomStringConvertible, Equatable {
    public let description: String
  }

  private let enabled: [String]
  private let disabled: [String]

  public init(enabled: [String] = [], disabled: [String] = []) {
    self.enabled = enabled
    self.disabled = disabled
  }

  /// Those of the plugins that run, in their order.
  public func select(_ plugins: [Plugin]) throws(SelectionError) -> [AdmissionChain.Member] {
    let known = Set(plugins.map(\.name))
    for (flag, names) in [("enable", enabled), ("disable", disabled)] {
      if let name = names.first(where: { !known.contains($0) }) {
        throw SelectionError(description: "\(flag)-admission-plugins plugin \(name.goQuoted) is unknown")
      }
    }
    let both = Set(enabled).intersection(disabled).sorted()
    guard both.isEmpty else {
      throw SelectionError(
        description:
          "[\(both.joined(separator: " "))] in enable-admission-plugins and disable-admission-plugins overlapped")
    }
    return plugins.filter { enabled.contains($0.name) || $0.isOn && !disabled.contains($0.name) }.map {
      AdmissionChain.Member($0.name, $0.admission)
    }
  }
}
