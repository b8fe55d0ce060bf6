/// A node of an expression, with its macros expanded.
final class CELExpression: Sendable {
  /// Numbered from 0 within one expression: what the checker says of the node stands at this place of its tables.
  let id: Int
  /// The scalar of the source that messages point at.
  let offset: Int
  let kind: Kind
  /// How deep the tree below it is; bounded, because whoever walks the tree uses the stack.
  let depth: Int
  /// How many operators, selections and calls of members lie one below the other; cel-go bounds it.
  let chain: Int

  static let deepest = 400

  init(id: Int, offset: Int, kind: Kind) {
    self.id = id
    self.offset = offset
    self.kind = kind
    let children = kind.children
    depth = 1 + (children.map(\.depth).max() ?? 0)
    chain = (kind.isLink ? 1 : 0) + (children.map(\.chain).max() ?? 0)
  }

  enum Kind: Sendable {
    case literal(CELValue)
    case identifier(String)
    /// `operand.field`; of the macro `has`, whether the field is there.
    case select(CELExpression, field: String, isTest: Bool)
    case call(String, target: CELExpression?, [CELExpression])
    case list([CELExpression], optional: Set<Int>)
    case map([Entry])
    /// `Name{field: value}`.
    case structure(String, [Field])
    case comprehension(Comprehension)
  }

  struct Entry: Sendable {
    let key: CELExpression
    let value: CELExpression
    let isOptional: Bool
  }

  struct Field: Sendable {
    let name: String
    let offset: Int
    let value: CELExpression
    let isOptional: Bool
  }

  /// A fold over a list or a map: what every macro that iterates becomes.
  struct Comprehension: Sendable {
    let range: CELExpression
    let variable: String
    /// The second variable: then the first one is the index or key.
    let secondVariable: String?
    let accumulator: String
    let initial: CELExpression
    let condition: CELExpression
    let step: CELExpression
    let result: CELExpression
  }
}

extension CELExpression.Kind {
  fileprivate var isLink: Bool {
    switch self {
    case .select: true
    case .call(let name, let target, let arguments):
      target != nil
        || arguments.count > 1 && name.hasPrefix("_") && name != CELOperator.logicalAnd
          && name != CELOperator.logicalOr
    default: false
    }
  }

  var children: [CELExpression] {
    switch self {
    case .literal, .identifier: []
    case .select(let operand, _, _): [operand]
    case .call(_, let target, let arguments): (target.map { [$0] } ?? []) + arguments
    case .list(let elements, _): elements
    case .map(let entries): entries.flatMap { [$0.key, $0.value] }
    case .structure(_, let fields): fields.map(\.value)
    case .comprehension(let fold): [fold.range, fold.initial, fold.condition, fold.step, fold.result]
    }
  }
}

/// The names of operators as functions, which messages show.
enum CELOperator {
  static let conditional = "_?_:_"
  static let logicalAnd = "_&&_"
  static let logicalOr = "_||_"
  static let logicalNot = "!_"
  static let equals = "_==_"
  static let notEquals = "_!=_"
  static let less = "_<_"
  static let lessEquals = "_<=_"
  static let greater = "_>_"
  static let greaterEquals = "_>=_"
  static let add = "_+_"
  static let subtract = "_-_"
  static let multiply = "_*_"
  static let divide = "_/_"
  static let modulo = "_%_"
  static let negate = "-_"
  static let index = "_[_]"
  static let optionalIndex = "_[?_]"
  static let optionalSelect = "_?._"
  static let contained = "@in"
  static let notStrictlyFalse = "@not_strictly_false"
  static let insert = "cel.@mapInsert"
}
