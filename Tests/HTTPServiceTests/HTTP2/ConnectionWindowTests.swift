import Testing

@testable import HTTPService

/// Two who send on one connection never send more together than the client takes.
struct ConnectionWindowTests {
  @Test func whatIsLentIsPaidBackFirst() {
    var window = ConnectionWindow()
    window.lend(60_000)
    #expect(window.available == 5_535 && window.lent == 60_000)
    #expect(window.open(by: 10_000) == 0)
    #expect(window.open(by: 55_000) == 5_000)
    #expect(window.available == 70_535 && window.lent == 0)
    window.take(70_535)
    #expect(window.open(by: 1) == 1)
  }

  @Test func thereIsALargestWindow() {
    var window = ConnectionWindow()
    #expect(window.open(by: ConnectionWindow.most - 65_536) != nil)
    #expect(window.open(by: 2) == nil)
    #expect(window.open(by: 1) == 1)
    #expect(window.available == ConnectionWindow.most)
  }

  /// NIO's account is what is there and what is lent; with nothing on its way it is the client's.
  @Test func bothAccountsAgree() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var window = ConnectionWindow()
      var (account, unread) = (65_535, 0)
      for _ in 0..<300 {
        switch Int.random(in: 0..<3, using: &random) {
        case 0:
          let count = Int.random(in: 0...window.available, using: &random)
          window.take(count)
          (account, unread) = (account - count, unread + count)
        case 1:
          let count = Int.random(in: 0...window.available, using: &random)
          window.lend(count)
          unread += count
        default:
          let count = Int.random(in: 0...unread, using: &random)
          guard count > 0, let shown = window.open(by: count) else { continue }
          (account, unread) = (account + shown, unread - count)
        }
        #expect(account == window.available + window.lent)
        #expect(window.available + unread == 65_535 && account <= 65_535)
      }
      #expect((unread == 0 ? 0 : window.open(by: unread)) != nil)
      #expect(window.available == 65_535 && window.lent == 0)
    }
  }
}
