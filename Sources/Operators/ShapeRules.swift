import GraphIR
import Tensors

/// The rules about shapes that operators share.
public enum ShapeRules {
  public static func rank(_ fact: Fact, atLeast rank: Int) throws(RuntimeError) {
    if fact.rank < rank {
      throw RuntimeError(.invalidArgument, "the input must have rank %d or more, got %v", shape: fact.shape, rank)
    }
  }

  public static func rank(_ fact: Fact, _ rank: Int, input: Int) throws(RuntimeError) {
    if fact.rank != rank {
      throw RuntimeError(.invalidArgument, "input %d must have rank %d, got %v", shape: fact.shape, input, rank)
    }
  }

  /// `axis` counted from the front; negative ones count from the back.
  public static func axis(_ axis: Int, rank: Int) throws(RuntimeError) -> Int {
    guard axis >= -rank, axis < max(rank, 1) else {
      throw RuntimeError(.invalidArgument, "axis must be in -%d..<%d, got %d", rank, rank, axis)
    }
    return axis < 0 ? axis + rank : axis
  }

  /// Axes counted from the front, each at most once.
  public static func axes(_ axes: [Int], rank: Int) throws(RuntimeError) -> [Int] {
    var result: [Int] = []
    for given in axes {
      let axis = try ShapeRules.axis(given, rank: rank)
      if result.contains(axis) {
        throw RuntimeError(.invalidArgument, "axes must differ, got %d twice", given)
      }
      result.append(axis)
    }
    return result
  }

  /// NumPy's broadcasting of two shapes.
  public static func broadcast(_ a: [Int], _ b: [Int]) throws(RuntimeError) -> [Int] {
    if a == b { return a }
    let rank = max(a.count, b.count)
    var result = [Int](repeating: 1, count: rank)
    for i in 0..<rank {
      let x = i < rank - a.count ? 1 : a[i - (rank - a.count)]
      let y = i < rank - b.count ? 1 : b[i - (rank - b.count)]
      guard x == y || x == 1 || y == 1 else {
        throw RuntimeError(.invalidArgument, "shapes %v and %v do not broadcast", shapes: a, b)
      }
      result[i] = x == 1 ? y : x
    }
    return result
  }
}
