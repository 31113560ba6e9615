/// An ensemble of decision trees: nodes that compare one feature with a number, and leaves that add weights to targets.
///
/// Nodes are indices into one array for all trees. Whoever builds it has made sure that every index is within bounds
/// and that no path comes back to a node.
public struct Forest {
  public enum Mode: UInt8, BitwiseCopyable, Sendable {
    // The numbers are those of TreeEnsemble's `nodes_modes`.
    case lessOrEqual = 0, less, greaterOrEqual, greater, equal, notEqual, member, leaf
  }

  public struct Node: BitwiseCopyable {
    public var value: Double = 0
    public var feature: Int32 = 0
    public var yes: Int32 = 0
    public var no: Int32 = 0
    /// Where a leaf's weights, or the members of a set, begin and how many there are.
    public var first: Int32 = 0
    public var count: Int32 = 0
    public var mode: Mode = .leaf
    /// Whether a value that is NaN takes the branch of those that pass.
    public var passesMissing = false

    public init() {}
  }

  public struct Weight: BitwiseCopyable {
    public var target: Int32
    public var value: Double

    public init(target: Int32, value: Double) {
      self.target = target
      self.value = value
    }
  }

  public enum Aggregate: Sendable { case sum, average, minimum, maximum }

  public var nodes: UnsafePointer<Node>
  public var roots: UnsafePointer<Int32>
  public var rootCount: Int
  public var weights: UnsafePointer<Weight>
  public var members: UnsafePointer<Double>
  public var targets: Int
  public var aggregate: Aggregate
  /// Whether every branch is `lessOrEqual` and NaN takes none. Both branches of a leaf lead to itself.
  public var isPlain: Bool
  /// Whether sums are kept in float64; else each addition is rounded to float32.
  public var isDouble: Bool

  public init(
    nodes: UnsafePointer<Node>, roots: UnsafePointer<Int32>, rootCount: Int, weights: UnsafePointer<Weight>,
    members: UnsafePointer<Double>, targets: Int, aggregate: Aggregate, isPlain: Bool,
    isDouble: Bool
  ) {
    self.nodes = nodes
    self.roots = roots
    self.rootCount = rootCount
    self.weights = weights
    self.members = members
    self.targets = targets
    self.aggregate = aggregate
    self.isPlain = isPlain
    self.isDouble = isDouble
  }

  /// The scores of rows of `columns` features, [rows, targets], and which of them any leaf has touched.
  public func run(
    _ platform: Platform, rows: Int, columns: Int, features: Features, scores: UnsafeMutablePointer<Double>,
    touched: UnsafeMutablePointer<Bool>
  ) {
    platform.parallelRanges(rows, grain: max(1, 512 / max(rootCount, 1))) { range in
      for i in range.lowerBound &* targets..<range.upperBound &* targets { (scores[i], touched[i]) = (0, false) }
      // A tree stays in the cache for some rows.
      var block = range.lowerBound
      while block < range.upperBound {
        let end = min(block &+ 64, range.upperBound)
        for tree in 0..<rootCount {
          var row = block
          if isPlain, columns > 0, case .f32(let x) = features {
            while row &+ 4 <= end {
              addFour(Int(roots[tree]), x + row &* columns, columns, row, scores, touched)
              row &+= 4
            }
          }
          while row < end {
            add(leaf(Int(roots[tree]), features, row &* columns), to: scores + row &* targets, touched + row &* targets)
            row &+= 1
          }
        }
        block = end
      }
      if aggregate == .average, rootCount > 0 {
        for i in range.lowerBound &* targets..<range.upperBound &* targets {
          scores[i] = rounded(scores[i] / Double(rootCount))
        }
      }
    }
  }

  /// Four rows at once down a plain tree, each step without a branch: where one ends, the others go on.
  private func addFour(
    _ root: Int, _ x: UnsafePointer<Float>, _ columns: Int, _ row: Int, _ scores: UnsafeMutablePointer<Double>,
    _ touched: UnsafeMutablePointer<Bool>
  ) {
    var (a, b, c, d) = (root, root, root, root)
    while true {
      let (nextA, nextB) = (next(a, x), next(b, x + columns))
      let (nextC, nextD) = (next(c, x + 2 &* columns), next(d, x + 3 &* columns))
      if (nextA ^ a) | (nextB ^ b) | (nextC ^ c) | (nextD ^ d) == 0 { break }
      (a, b, c, d) = (nextA, nextB, nextC, nextD)
    }
    var at = row &* targets
    for leaf in 0..<4 {
      add(leaf == 0 ? a : leaf == 1 ? b : leaf == 2 ? c : d, to: scores + at, touched + at)
      at &+= targets
    }
  }

  @inline(__always)
  private func next(_ at: Int, _ x: UnsafePointer<Float>) -> Int {
    let node = nodes + at
    let (yes, no) = (node.pointee.yes, node.pointee.no)
    return Int(Double(x[Int(node.pointee.feature)]) <= node.pointee.value ? yes : no)
  }

  /// The features of all rows, in float32 or float64.
  public enum Features {
    case f32(UnsafePointer<Float>)
    case f64(UnsafePointer<Double>)

    @inline(__always)
    subscript(i: Int) -> Double {
      switch self {
      case .f32(let p): Double(p[i])
      case .f64(let p): p[i]
      }
    }
  }

  private func leaf(_ root: Int, _ features: Features, _ first: Int) -> Int {
    var at = root
    while nodes[at].mode != .leaf {
      let node = nodes[at]
      let x = features[first &+ Int(node.feature)]
      at = Int(passes(x, node) ? node.yes : node.no)
    }
    return at
  }

  @inline(__always)
  private func passes(_ x: Double, _ node: Node) -> Bool {
    if node.passesMissing, x != x { return true }
    switch node.mode {
    case .lessOrEqual: return x <= node.value
    case .less: return x < node.value
    case .greaterOrEqual: return x >= node.value
    case .greater: return x > node.value
    case .equal: return x == node.value
    case .notEqual: return x != node.value
    default:
      for i in Int(node.first)..<Int(node.first &+ node.count) where members[i] == x { return true }
      return false
    }
  }

  @inline(never)
  private func add(_ leaf: Int, to scores: UnsafeMutablePointer<Double>, _ seen: UnsafeMutablePointer<Bool>) {
    let node = nodes[leaf]
    for i in Int(node.first)..<Int(node.first &+ node.count) {
      let (target, value) = (Int(weights[i].target), weights[i].value)
      switch aggregate {
      case .sum, .average: scores[target] = rounded(scores[target] + value)
      case .minimum: scores[target] = seen[target] ? min(scores[target], value) : value
      case .maximum: scores[target] = seen[target] ? max(scores[target], value) : value
      }
      seen[target] = true
    }
  }

  @inline(__always)
  private func rounded(_ x: Double) -> Double { isDouble ? x : Double(Float(x)) }
}
