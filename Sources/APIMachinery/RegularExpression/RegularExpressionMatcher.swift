/// Runs a program over a text, all its threads side by side (Thompson's and Pike's method).
struct RegularExpressionMatcher {
  private let program: RegularExpressionProgram
  private let text: String
  private let scalars: [UInt32]
  private var current: Threads
  private var following: Threads
  /// What is left to follow at one place; kept so that it is allocated once.
  private var pending: [Step] = []

  /// The scalars of the text.
  var count: Int { scalars.count }

  init(_ program: RegularExpressionProgram, text: String) {
    self.program = program
    self.text = text
    scalars = text.unicodeScalars.map(\.value)
    current = Threads(capacity: program.instructions.count)
    following = Threads(capacity: program.instructions.count)
  }

  private enum Step {
    case visit(Int)
    case restore(slot: Int, value: Int)
  }

  /// The instructions that wait for a scalar, in the order of preference.
  private struct Threads {
    var list: [Int] = []
    private var position: [Int]
    /// Where each thread's groups begin and end; empty where nobody asks.
    var slots: [[Int]] = []

    init(capacity: Int) {
      position = Array(repeating: 0, count: capacity)
      list.reserveCapacity(min(capacity, 64))
    }

    mutating func insert(_ instruction: Int) -> Bool {
      let index = position[instruction]
      if index < list.count, list[index] == instruction { return false }
      position[instruction] = list.count
      list.append(instruction)
      return true
    }

    mutating func removeAll() {
      list.removeAll(keepingCapacity: true)
      slots.removeAll(keepingCapacity: true)
    }
  }

  // MARK: Whether there is a match

  mutating func matches() -> Bool {
    current.removeAll()
    for index in 0...scalars.count {
      if index == 0 || !program.isAnchored { if follow(program.start, at: index) { return true } }
      if current.list.isEmpty && program.isAnchored { return false }
      guard index < scalars.count else { break }
      let scalar = scalars[index]
      swap(&current, &following)
      current.removeAll()
      for instruction in following.list {
        if case .set(let set, let next) = program.instructions[instruction], set.contains(scalar) {
          if follow(next, at: index + 1) { return true }
        }
      }
    }
    return false
  }

  /// Adds what can be reached without a scalar. Returns whether the end of the pattern is among it.
  private mutating func follow(_ start: Int, at index: Int) -> Bool {
    pending.append(.visit(start))
    while case .visit(let instruction)? = pending.popLast() {
      guard current.insert(instruction) else { continue }
      switch program.instructions[instruction] {
      case .match:
        pending.removeAll(keepingCapacity: true)
        return true
      case .set: break
      case .mark(_, let next): pending.append(.visit(next))
      case .split(let first, let second):
        pending.append(.visit(second))
        pending.append(.visit(first))
      case .assertion(let assertion, let next): if holds(assertion, at: index) { pending.append(.visit(next)) }
      }
    }
    return false
  }

  // MARK: Where the match is

  /// The first match at or after a place: the beginnings and ends of the groups, -1 where one took no part.
  mutating func match(from start: Int) -> [Int]? {
    var best: [Int]?
    var working = Array(repeating: -1, count: 2 * program.groupNames.count)
    current.removeAll()
    for index in start...scalars.count {
      if best == nil, index == 0 || !program.isAnchored {
        working = Array(repeating: -1, count: working.count)
        follow(program.start, at: index, slots: &working)
      }
      if current.list.isEmpty, best != nil || program.isAnchored { break }
      swap(&current, &following)
      current.removeAll()
      for (thread, instruction) in following.list.enumerated() {
        switch program.instructions[instruction] {
        case .match:
          best = following.slots[thread]
        case .set(let set, let next):
          if index < scalars.count, set.contains(scalars[index]) {
            var slots = following.slots[thread]
            follow(next, at: index + 1, slots: &slots)
          }
          continue
        default: continue
        }
        // Threads behind a match are less preferred.
        break
      }
    }
    return best
  }

  private mutating func follow(_ start: Int, at index: Int, slots: inout [Int]) {
    pending.append(.visit(start))
    while let step = pending.popLast() {
      switch step {
      case .restore(let slot, let value): slots[slot] = value
      case .visit(let instruction):
        guard current.insert(instruction) else { continue }
        current.slots.append([])
        switch program.instructions[instruction] {
        case .match, .set: current.slots[current.slots.count - 1] = slots
        case .mark(let slot, let next):
          pending.append(.restore(slot: slot, value: slots[slot]))
          slots[slot] = index
          pending.append(.visit(next))
        case .split(let first, let second):
          pending.append(.visit(second))
          pending.append(.visit(first))
        case .assertion(let assertion, let next): if holds(assertion, at: index) { pending.append(.visit(next)) }
        }
      }
    }
  }

  private func holds(_ assertion: RegularExpressionNode.Assertion, at index: Int) -> Bool {
    switch assertion {
    case .textStart: return index == 0
    case .textEnd: return index == scalars.count
    case .lineStart: return index == 0 || scalars[index - 1] == 0x0A
    case .lineEnd: return index == scalars.count || scalars[index] == 0x0A
    case .wordBoundary, .noWordBoundary:
      let before = index > 0 && ScalarClass.word.contains(scalars[index - 1])
      let after = index < scalars.count && ScalarClass.word.contains(scalars[index])
      return (before != after) == (assertion == .wordBoundary)
    }
  }

  /// Places in the text as ranges of the string.
  func ranges(_ slots: [Int]) -> [Range<String.Index>?] {
    let view = text.unicodeScalars
    var indices: [Int: String.Index] = [:]
    var index = view.startIndex
    var passed = 0
    for place in Set(slots.filter { $0 >= 0 }).sorted() {
      index = view.index(index, offsetBy: place - passed)
      passed = place
      indices[place] = index
    }
    return stride(from: 0, to: slots.count, by: 2).map { slot in
      guard let lower = indices[slots[slot]], let upper = indices[slots[slot + 1]] else { return nil }
      return lower..<upper
    }
  }
}
