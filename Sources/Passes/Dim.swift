import GraphIR
import Tensors

/// A dim in a shape that is put together: a number, or the one element of a value.
enum Dim: Equatable {
  case number(Int)
  case element(ValueID)

  /// Whether it is a size, and not a number that stands for one.
  var isSize: Bool {
    if case .number(let number) = self { return number > 0 }
    return true
  }

  /// The dims of a shape; nil where its parts are not known one by one.
  static func list(_ id: ValueID, _ matcher: Matcher) -> [Dim]? {
    if let numbers = matcher.integers(id) { return numbers.map { .number($0) } }
    if let concat = matcher.producer(id, "Concat") {
      var dims: [Dim] = []
      for part in concat.inputs {
        guard let more = list(part, matcher) else { return nil }
        dims += more
      }
      return dims
    }
    // One size of another shape, as a vector.
    if let unsqueeze = matcher.producer(id, "Unsqueeze"), matcher.axes(of: unsqueeze) == [0],
      let gather = matcher.producer(unsqueeze.inputs[0], "Gather"), matcher.producer(gather.inputs[0], "Shape") != nil,
      let index = matcher.constant(gather.inputs[1]), index.shape.rank == 0
    {
      return [.element(id)]
    }
    if let reshape = matcher.producer(id, "Reshape"), matcher.integers(reshape.inputs[1]) == [-1] {
      return list(reshape.inputs[0], matcher)
    }
    // Where -1 stands for what is there already.
    if let choice = matcher.producer(id, "Where"), let test = matcher.producer(choice.inputs[0], "Equal"),
      test.inputs[0] == choice.inputs[2] && isMinusOne(test.inputs[1], matcher)
        || test.inputs[1] == choice.inputs[2] && isMinusOne(test.inputs[0], matcher)
    {
      return list(choice.inputs[2], matcher)
    }
    return nil
  }

  /// Whether all elements are -1: as a constant, or as exporters make it of a shape of ones.
  private static func isMinusOne(_ id: ValueID, _ matcher: Matcher) -> Bool {
    if let numbers = matcher.integers(id) { return numbers.allSatisfy { $0 == -1 } }
    guard let product = matcher.producer(id, "Mul"), matcher.integers(product.inputs[1]) == [-1],
      let ones = matcher.producer(product.inputs[0], "ConstantOfShape"),
      case .tensor(let value)? = ones.attributes["value"]
    else { return false }
    return matcher.integers(of: value) == [1]
  }
}
