/// Deals each flow a hand of queues: two flows rarely share all of theirs, so that one that floods its queues leaves the
/// other some that are short.
enum ShuffleSharding {
  /// - Parameters:
  ///   - hash: the flow's.
  ///   - size: how many different queues, at most as many as there are.
  /// - Returns: the queues' numbers.
  static func hand(of hash: UInt64, size: Int, from queues: Int) -> [Int] {
    var rest = hash
    var hand: [Int] = []
    var taken: [Int] = []
    hand.reserveCapacity(size)
    for dealt in 0..<min(size, queues) {
      let left = UInt64(queues - dealt)
      var card = Int(rest % left)
      rest /= left
      // The number counts only what is left in the pack.
      for earlier in taken where earlier <= card { card += 1 }
      hand.append(card)
      taken.insert(card, at: taken.firstIndex { $0 > card } ?? taken.count)
    }
    return hand
  }
}
