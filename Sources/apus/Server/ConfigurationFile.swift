import APIMachinery
import ArgumentParser
import Linux

/// Flags of a command in a file, YAML or JSON: members are named as the flags are.
///
/// The file's flags are put behind the command's name, so that one parser reads both and says the same of both.
enum ConfigurationFile {
  private static let flag = "--config"
  private static let largest = 1 << 20

  /// - Parameter arguments: the command's name and its flags.
  /// - Returns: the same with what the file says that they do not.
  /// - Throws: `ValidationError` that names the file.
  static func expand(_ arguments: [String], _ command: any ParsableCommand.Type) throws -> [String] {
    guard let path = path(in: arguments) else { return arguments }
    let text: [UInt8]
    do { text = try FileSystem.read(path, limit: largest) } catch {
      throw ValidationError("\(flag) \(path): it cannot be read: \(error)")
    }
    let value: JSONValue
    do { value = try JSONValue(yaml: text, strict: true) } catch {
      throw ValidationError("\(flag) \(path): it is neither YAML nor JSON: \(error)")
    }
    let own = Set(arguments.compactMap { $0.hasPrefix("--") ? String($0.prefix { $0 != "=" }) : nil })
    let known = flags(of: command)
    var added: [String] = []
    do { added = try self.arguments(of: value, known, besides: own) } catch {
      throw ValidationError("\(flag) \(path): \(error.message)")
    }
    return [arguments[0]] + added + arguments.dropFirst()
  }

  struct Problem: Error {
    let message: String
  }

  /// - Parameters:
  ///   - known: the flags that there are.
  ///   - own: those that the command line gives: they come before the file's.
  static func arguments(
    of value: JSONValue, _ known: Set<String>, besides own: Set<String>
  ) throws(Problem) -> [String] {
    if value.isNull { return [] }
    guard let members = value.objectValue else { throw Problem(message: "it must be a map from flags to values") }
    var arguments: [String] = []
    for (name, member) in members {
      let flag = "--" + name
      guard known.contains(flag), flag != Self.flag else {
        throw Problem(message: "\(name): there is no such flag; --help names them all")
      }
      guard !own.contains(flag) else { continue }
      for item in member.arrayValue ?? [member] {
        guard let text = text(item) else {
          throw Problem(message: "\(name): it must be a text, a number, true or false, or a list of them")
        }
        arguments.append("\(flag)=\(text)")
      }
    }
    return arguments
  }

  private static func text(_ value: JSONValue) -> String? {
    switch value {
    case .string(let text): text
    case .integer(let number): String(number)
    case .double(let number): String(number)
    case .bool(let isTrue): String(isTrue)
    default: nil
    }
  }

  private static func path(in arguments: [String]) -> String? {
    for (index, argument) in arguments.enumerated() {
      if argument == flag { return index + 1 < arguments.count ? arguments[index + 1] : nil }
      if argument.hasPrefix(flag + "=") { return String(argument.dropFirst(flag.count + 1)) }
    }
    return nil
  }

  /// The flags that a command's help names.
  private static func flags(of command: any ParsableCommand.Type) -> Set<String> {
    var flags: Set<String> = []
    for line in command.helpMessage(includeHidden: true, columns: 1000).split(separator: "\n") {
      for word in line.split(whereSeparator: { " ,".contains($0) }).prefix(3) where word.hasPrefix("--") {
        flags.insert(String(word))
      }
    }
    return flags
  }
}
