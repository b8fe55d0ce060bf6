import APIMachinery

extension Quantity {
  /// Nil where the text is no quantity: what is wrong with it is told where types are checked.
  init?(reading text: String) {
    guard let quantity = try? Quantity(text) else { return nil }
    self = quantity
  }

  /// Whether there are no parts of a unit.
  var isWhole: Bool { self == Quantity(value) }

  /// As the API keeps amounts in a list of resources: rounded up to thousandths, in the canonical form whatever it was written in.
  var inThousandths: Quantity {
    let rounded = Quantity(milli: milliValue, format)
    // Amounts that are too large to be counted in thousandths have none.
    return milliValue == .max || milliValue == .min ? self + .zero : rounded
  }
}
