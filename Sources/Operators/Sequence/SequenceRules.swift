import GraphIR
import Tensors

extension Fact {
  /// A sequence, of which no more is known.
  static var sequence: Fact { Fact(.float32, nil, kind: .sequence) }
  /// A value of which nothing is known before it is there.
  static var anything: Fact { Fact(.float32, nil, kind: .optional) }
}

extension Call {
  /// Input `i`, which must be a sequence.
  func sequence(_ i: Int) throws(RuntimeError) -> [Value] {
    guard case .sequence(let sequence) = inputs[value: i] else {
      throw RuntimeError(.invalidArgument, "input %d must be a sequence", i)
    }
    return sequence.elements
  }

  /// The position that input `i` names in a sequence of `count`, counted from the back where it is negative.
  func position(_ i: Int, count: Int, mayBeEnd: Bool = false, default value: Int) throws(RuntimeError) -> Int {
    let given = try scalar(i, default: value)
    guard given >= -count, given < count + (mayBeEnd ? 1 : 0) else {
      throw RuntimeError(.invalidArgument, "the position must be in a sequence of %d, got %d", count, given)
    }
    return given < 0 ? given + count : given
  }

  /// Input `i` in memory that outlives this run's.
  func kept(_ i: Int) throws(RuntimeError) -> Value {
    guard case .tensor(let tensor) = inputs[value: i] else { return inputs[value: i] }
    return .tensor(try tensor.copied(allocator))
  }
}
