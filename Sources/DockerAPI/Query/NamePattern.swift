/// The part of regular expressions that people use in name filters: `^`, `$`, `.`, `*`, `+`, `?`, `[…]`, `|`, groups and escapes.
///
/// Matching takes steps in proportion to pattern × text: a set of positions walks over the text, so no pattern can make it slow.
public struct NamePattern: Sendable {
  private indirect enum Node {
    case character(Character)
    case any
    case oneOf([ClosedRange<Character>], negated: Bool)
    case start
    case end
    case sequence([Node])
    case either([Node])
    case repeated(Node, atLeast: Int, atMost: Int?)
  }

  private enum Step: Sendable {
    case any
    case character(Character)
    case oneOf([ClosedRange<Character>], negated: Bool)
    case start
    case end
    case split(Int, Int)
    case jump(Int)
    case found
  }

  private var program: [Step] = []

  /// Compiles a pattern. One that is not valid matches nothing, as in Docker.
  public init(_ pattern: String) {
    var rest = Substring(pattern)
    guard let node = Self.alternatives(&rest, depth: 0), rest.isEmpty else { return }
    emit(node)
    program.append(.found)
  }

  /// True if the pattern is found anywhere in the text.
  public func isFound(in text: String) -> Bool {
    guard !program.isEmpty else { return false }
    let characters = Array(text)
    var current: Set<Int> = []
    for position in 0...characters.count {
      // A match may begin at every position.
      follow(0, position, characters.count, &current)
      if current.contains(where: { if case .found = program[$0] { true } else { false } }) { return true }
      guard position < characters.count else { break }
      var next: Set<Int> = []
      for step in current where accepts(program[step], characters[position]) {
        follow(step + 1, position + 1, characters.count, &next)
      }
      current = next
    }
    return false
  }

  private func accepts(_ step: Step, _ character: Character) -> Bool {
    switch step {
    case .any: true
    case .character(let expected): expected == character
    case .oneOf(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
    default: false
    }
  }

  private func follow(_ step: Int, _ position: Int, _ length: Int, _ into: inout Set<Int>) {
    guard into.insert(step).inserted else { return }
    switch program[step] {
    case .jump(let target): follow(target, position, length, &into)
    case .split(let one, let other):
      follow(one, position, length, &into)
      follow(other, position, length, &into)
    case .start: if position == 0 { follow(step + 1, position, length, &into) }
    case .end: if position == length { follow(step + 1, position, length, &into) }
    default: return
    }
  }

  private mutating func emit(_ node: Node) {
    switch node {
    case .character(let character): program.append(.character(character))
    case .any: program.append(.any)
    case .oneOf(let ranges, let negated): program.append(.oneOf(ranges, negated: negated))
    case .start: program.append(.start)
    case .end: program.append(.end)
    case .sequence(let nodes): for node in nodes { emit(node) }
    case .either(let nodes): emitEither(nodes)
    case .repeated(let node, let atLeast, let atMost): emitRepeated(node, atLeast, atMost)
    }
  }

  private mutating func emitEither(_ nodes: [Node]) {
    var jumps: [Int] = []
    for (index, node) in nodes.enumerated() {
      if index == nodes.count - 1 {
        emit(node)
        break
      }
      let split = program.count
      program.append(.jump(0))
      emit(node)
      jumps.append(program.count)
      program.append(.jump(0))
      program[split] = .split(split + 1, program.count)
    }
    for jump in jumps { program[jump] = .jump(program.count) }
  }

  private mutating func emitRepeated(_ node: Node, _ atLeast: Int, _ atMost: Int?) {
    for _ in 0..<atLeast { emit(node) }
    let split = program.count
    program.append(.jump(0))
    emit(node)
    if atMost == nil { program.append(.jump(split)) }
    program[split] = .split(split + 1, program.count)
  }

  private static func alternatives(_ rest: inout Substring, depth: Int) -> Node? {
    guard depth < 50 else { return nil }
    var choices: [Node] = []
    while true {
      guard let sequence = sequence(&rest, depth: depth) else { return nil }
      choices.append(sequence)
      guard rest.first == "|" else { break }
      rest.removeFirst()
    }
    return choices.count == 1 ? choices[0] : .either(choices)
  }

  private static func sequence(_ rest: inout Substring, depth: Int) -> Node? {
    var nodes: [Node] = []
    while let next = rest.first, next != "|", next != ")" {
      guard var node = atom(&rest, depth: depth) else { return nil }
      switch rest.first {
      case "*": node = .repeated(node, atLeast: 0, atMost: nil)
      case "+": node = .repeated(node, atLeast: 1, atMost: nil)
      case "?": node = .repeated(node, atLeast: 0, atMost: 1)
      default:
        nodes.append(node)
        continue
      }
      rest.removeFirst()
      nodes.append(node)
    }
    return .sequence(nodes)
  }

  private static func atom(_ rest: inout Substring, depth: Int) -> Node? {
    switch rest.removeFirst() {
    case ".": return .any
    case "^": return .start
    case "$": return .end
    case "*", "+", "?": return nil
    case "[": return oneOf(&rest)
    case "\\": return rest.isEmpty ? nil : escaped(rest.removeFirst())
    case "(":
      if rest.hasPrefix("?:") { rest.removeFirst(2) }
      guard let inner = alternatives(&rest, depth: depth + 1), rest.first == ")" else { return nil }
      rest.removeFirst()
      return inner
    case let character: return .character(character)
    }
  }

  private static func escaped(_ character: Character) -> Node {
    switch character {
    case "d": .oneOf(["0"..."9"], negated: false)
    case "D": .oneOf(["0"..."9"], negated: true)
    case "w": .oneOf(["0"..."9", "a"..."z", "A"..."Z", "_"..."_"], negated: false)
    case "W": .oneOf(["0"..."9", "a"..."z", "A"..."Z", "_"..."_"], negated: true)
    default: .character(character)
    }
  }

  private static func oneOf(_ rest: inout Substring) -> Node? {
    var ranges: [ClosedRange<Character>] = []
    let negated = rest.first == "^"
    if negated { rest.removeFirst() }
    var first = true
    while let next = rest.first {
      rest.removeFirst()
      if next == "]", !first { return .oneOf(ranges, negated: negated) }
      first = false
      var low = next
      if low == "\\" {
        guard !rest.isEmpty else { return nil }
        low = rest.removeFirst()
      }
      if rest.first == "-", let high = rest.dropFirst().first, high != "]" {
        rest.removeFirst(2)
        guard low <= high else { return nil }
        ranges.append(low...high)
      } else {
        ranges.append(low...low)
      }
    }
    return nil
  }
}
