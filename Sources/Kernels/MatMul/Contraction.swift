import Tensors

/// A sum of products over labelled dims, as Einstein wrote them: every operand has a step, in elements, along every
/// label; 0 where it does not have the label.
public struct Contraction: Sendable {
  /// The sizes of the labels: those of the output first, in its order, then those that are summed over.
  public var sizes: [Int]
  /// How many of the labels the output has.
  public var outputRank: Int
  /// The steps of each operand along each label.
  public var steps: [[Int]]

  public init(sizes: [Int], outputRank: Int, steps: [[Int]]) {
    self.sizes = sizes
    self.outputRank = outputRank
    self.steps = steps
  }

  private var outputCount: Int { sizes[..<outputRank].productSaturating }
  private var summedCount: Int { sizes[outputRank...].productSaturating }

  /// The labels of a product of matrices: of both operands and the output, of one operand and the output, and summed
  /// over; `nil` where there is a label of another kind, or other than two operands.
  private var matrixLabels: (batch: [Int], rows: [Int], columns: [Int], inner: [Int])? {
    guard steps.count == 2 else { return nil }
    var (batch, rows, columns, inner): ([Int], [Int], [Int], [Int]) = ([], [], [], [])
    for label in sizes.indices {
      switch (steps[0][label] != 0, steps[1][label] != 0, label < outputRank) {
      case (true, true, true): batch.append(label)
      case (true, false, true): rows.append(label)
      case (false, true, true): columns.append(label)
      case (true, true, false): inner.append(label)
      default: if sizes[label] != 1 { return nil }
      }
    }
    return (batch, rows, columns, inner)
  }

  private func count(_ labels: [Int]) -> Int { labels.map { sizes[$0] }.productSaturating }

  /// The bytes of scratch that `run` needs for operands of one type.
  public func scratchByteCount(_ operands: [Shape], _ type: ElementType) -> Int {
    guard type == .float32, let labels = matrixLabels else {
      return (operands.map { $0.count } + [outputCount]).reduce(0) {
        $0.addingSaturating($1.multipliedSaturating(by: 8))
      }
    }
    let (m, n, k, batch) = (count(labels.rows), count(labels.columns), count(labels.inner), count(labels.batch))
    var words = gemmScratchCount(m: m, n: n, k: k, right: .rows(UnsafePointer(bitPattern: 64)!, stride: n))
    for part in [[batch, m, k], [batch, k, n], [batch, m, n]] { words = words.addingSaturating(part.productSaturating) }
    return words.multipliedSaturating(by: 4)
  }

  /// Computes the output; floats are summed in double precision, but for products of f32 matrices.
  public func run(_ operands: [Tensor], into out: Tensor, scratch: UnsafeMutableRawPointer, on platform: Platform) {
    guard out.count > 0 else { return }
    if out.type == .float32, let labels = matrixLabels {
      return multiply(operands, labels, into: out, scratch.assumingMemoryBound(to: Float.self), platform)
    }
    let row: RowType = out.type.isFloat ? .f64 : .i64
    var widened: [UnsafeMutableRawPointer] = []
    var next = scratch
    for operand in operands {
      for first in stride(from: 0, to: operand.count, by: row.tileCount) {
        let n = min(row.tileCount, operand.count - first)
        Tile.load(operand.type, operand.bytes, first: first, count: n, as: row, into: next + first * 8)
      }
      widened.append(next)
      next += operand.count * 8
    }
    if row == .f64 {
      sum(widened, into: next, 0.0, *, +)
    } else {
      sum(widened, into: next, Int64(0), &*, &+)
    }
    for first in stride(from: 0, to: out.count, by: row.tileCount) {
      let n = min(row.tileCount, out.count - first)
      Tile.convert(next + first * 8, n, from: row, to: out.type.rowType!)
      Tile.store(next + first * 8, as: out.type, to: out.bytes, first: first, count: n)
    }
  }

  @inline(__always)
  private func sum<T>(
    _ operands: [UnsafeMutableRawPointer], into out: UnsafeMutableRawPointer, _ zero: T, _ multiply: (T, T) -> T,
    _ add: (T, T) -> T
  ) {
    let out = out.assumingMemoryBound(to: T.self)
    for i in 0..<outputCount {
      var total = zero
      for j in 0..<summedCount {
        func element(_ k: Int) -> T {
          operands[k].assumingMemoryBound(to: T.self)[
            offset(i, 0..<outputRank, steps[k]) + offset(j, outputRank..<sizes.count, steps[k])]
        }
        var product = element(0)
        for k in 1..<max(operands.count, 1) { product = multiply(product, element(k)) }
        total = add(total, product)
      }
      out[i] = total
    }
  }

  private func offset(_ i: Int, _ labels: Range<Int>, _ steps: [Int]) -> Int {
    var (rest, at) = (i, 0)
    for label in labels.reversed() {
      at += rest % sizes[label] * steps[label]
      rest /= sizes[label]
    }
    return at
  }

  /// Both operands are brought into the order of a product of matrices, and the result into that of the output.
  private func multiply(
    _ operands: [Tensor], _ labels: (batch: [Int], rows: [Int], columns: [Int], inner: [Int]), into out: Tensor,
    _ scratch: UnsafeMutablePointer<Float>, _ platform: Platform
  ) {
    let (m, n, k, batch) = (count(labels.rows), count(labels.columns), count(labels.inner), count(labels.batch))
    var a = scratch
    var b = a + batch * m * k
    var c = b + batch * k * n
    let spare = c + batch * m * n
    func view(_ pointer: UnsafeMutablePointer<Float>, _ count: Int) -> Tensor {
      Tensor(.float32, Shape([count]), Storage(borrowed: pointer, byteCount: count * 4))
    }
    func gather(_ i: Int, _ order: [Int], to target: Tensor) {
      let dims = order.map { sizes[$0] }
      copyStrided(
        operands[i], 0, order.map { steps[i][$0] }, to: target, 0, dims.packedStrides, dims: dims, on: platform)
    }
    // What lies in the product's order is left where it is.
    func isInOrder(_ order: [Int], _ steps: [Int]) -> Bool {
      let packed = order.map { sizes[$0] }.packedStrides
      return order.indices.allSatisfy { sizes[order[$0]] == 1 || steps[order[$0]] == packed[$0] }
    }
    let (left, right) = (labels.batch + labels.rows + labels.inner, labels.batch + labels.inner + labels.columns)
    if isInOrder(left, steps[0]) {
      a = operands[0].bytes.assumingMemoryBound(to: Float.self)
    } else {
      gather(0, left, to: view(a, batch * m * k))
    }
    if isInOrder(right, steps[1]) {
      b = operands[1].bytes.assumingMemoryBound(to: Float.self)
    } else {
      gather(1, right, to: view(b, batch * k * n))
    }
    let order = labels.batch + labels.rows + labels.columns
    let outSteps = sizes[..<outputRank].map { $0 }.packedStrides
    let isDirect = isInOrder(order, outSteps)
    if isDirect { c = out.bytes.assumingMemoryBound(to: Float.self) }
    for i in 0..<batch {
      gemm(
        platform, m: m, n: n, k: k, .rows(a + i * m * k, stride: k), .rows(b + i * k * n, stride: n),
        into: c + i * m * n, ldc: n, scratch: spare)
    }
    if isDirect { return }
    // What is in the product's order goes to the output's.
    let dims = order.map { sizes[$0] }
    copyStrided(
      view(c, batch * m * n), 0, dims.packedStrides, to: out, 0, order.map { outSteps[$0] }, dims: dims, on: platform)
  }
}

extension Int {
  fileprivate func addingSaturating(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  fileprivate func multipliedSaturating(by other: Int) -> Int { [self, other].productSaturating }
}
