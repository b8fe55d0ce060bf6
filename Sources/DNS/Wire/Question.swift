/// What is asked (RFC 1035, section 4.1.2).
public struct Question: Hashable, Sendable, CustomStringConvertible {
  /// Whose records.
  public var name: DomainName
  /// Which of them.
  public var type: RecordType
  /// In which class.
  public var recordClass: RecordClass

  public init(_ name: DomainName, _ type: RecordType, _ recordClass: RecordClass = .internet) {
    self.name = name
    self.type = type
    self.recordClass = recordClass
  }

  public var description: String { "\(name) \(recordClass) \(type)" }
}
