import Tensors

/// Computes `count` results from as many pairs of neighbours; `out` may be either operand.
public typealias BinaryRow =
  @Sendable (_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) -> Void

/// Computes `count` results from as many neighbours; `out` may be `x`.
public typealias UnaryRow =
  @Sendable (_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) -> Void

/// The row functions of one operator on two operands, one for each type it computes in.
public struct BinaryRows: Sendable {
  let f32, f64, i64, u64: BinaryRow?
  /// Whether results are bools, one byte each, and not of the operands' type.
  public let givesBools: Bool

  init(f32: BinaryRow? = nil, f64: BinaryRow? = nil, i64: BinaryRow? = nil, u64: BinaryRow? = nil, bools: Bool = false)
  {
    (self.f32, self.f64, self.i64, self.u64) = (f32, f64, i64, u64)
    givesBools = bools
  }

  public subscript(row: RowType) -> BinaryRow? {
    switch row {
    case .f32: f32
    case .f64: f64
    case .i64: i64
    case .u64: u64
    }
  }
}

/// The row functions of one operator on one operand.
public struct UnaryRows: Sendable {
  let f32, f64, i64, u64: UnaryRow?
  public let givesBools: Bool

  init(f32: UnaryRow? = nil, f64: UnaryRow? = nil, i64: UnaryRow? = nil, u64: UnaryRow? = nil, bools: Bool = false) {
    (self.f32, self.f64, self.i64, self.u64) = (f32, f64, i64, u64)
    givesBools = bools
  }

  /// Rows from a function on doubles, rounded once to f32: small, and exact enough for what is called seldom.
  init(throughDouble f: @escaping @Sendable (Double) -> Double) {
    self.init(
      f32: { x, out, count in each(x, out, count) { (x: Float) in Float(f(Double(x))) } },
      f64: { x, out, count in each(x, out, count) { (x: Double) in f(x) } })
  }

  public subscript(row: RowType) -> UnaryRow? {
    switch row {
    case .f32: f32
    case .f64: f64
    case .i64: i64
    case .u64: u64
    }
  }
}

@inline(__always)
func each<T, R>(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int, _ f: (T) -> R) {
  let x = x.assumingMemoryBound(to: T.self)
  let out = out.assumingMemoryBound(to: R.self)
  for i in 0..<count { out[i] = f(x[i]) }
}

@inline(__always)
func each<T, R>(
  _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int, _ f: (T, T) -> R
) {
  let a = a.assumingMemoryBound(to: T.self)
  let b = b.assumingMemoryBound(to: T.self)
  let out = out.assumingMemoryBound(to: R.self)
  for i in 0..<count { out[i] = f(a[i], b[i]) }
}

/// Four f32 results at a time; the last vector is filled up with ones.
@inline(__always)
func eachLanes(
  _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int,
  _ f: (Lanes, Lanes) -> Lanes
) {
  let a = a.assumingMemoryBound(to: Float.self)
  let b = b.assumingMemoryBound(to: Float.self)
  let out = out.assumingMemoryBound(to: Float.self)
  var i = 0
  while i &+ 4 <= count {
    store(f(load(a + i), load(b + i)), out + i)
    i &+= 4
  }
  if i < count {
    let rest = count &- i
    store(f(load(a + i, count: rest, fill: 1), load(b + i, count: rest, fill: 1)), out + i, count: rest)
  }
}

/// Four f32 results at a time.
@inline(__always)
func eachLanes(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int, _ f: (Lanes) -> Lanes) {
  mapLanes(x.assumingMemoryBound(to: Float.self), into: out.assumingMemoryBound(to: Float.self), count: count, f)
}
