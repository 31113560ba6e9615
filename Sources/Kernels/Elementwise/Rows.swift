import CKernels
import Tensors

/// Computes `count` results from as many pairs of neighbours; `out` may be either operand.
public typealias BinaryRow =
  @Sendable (_ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) -> Void

/// The same of f32, four at a time, with operands that go on by so many bytes: 16, or 0 where the four are read again and
/// again.
typealias LaneRow =
  @Sendable (
    _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ out: UnsafeMutableRawPointer,
    _ count: Int
  ) -> Void

/// Computes `count` results from as many neighbours; `out` may be `x`.
public typealias UnaryRow =
  @Sendable (_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int) -> Void

/// The row functions of one operator on two operands, one for each type it computes in.
public struct BinaryRows: Sendable {
  let f32, f64, i64, u64: BinaryRow?
  /// In the place of `f32`.
  let lanes: LaneRow?
  /// The same on int32 where they lie.
  let i32: BinaryRow?
  /// The same on bools where they lie.
  let truths: BinaryRow?
  /// Whether results are bools, one byte each, and not of the operands' type.
  public let givesBools: Bool

  init(
    lanes: LaneRow? = nil, f32: BinaryRow? = nil, f64: BinaryRow? = nil, i64: BinaryRow? = nil, u64: BinaryRow? = nil,
    i32: BinaryRow? = nil, truths: BinaryRow? = nil, bools: Bool = false
  ) {
    (self.lanes, self.f32, self.f64, self.i64, self.u64) = (lanes, f32, f64, i64, u64)
    (self.i32, self.truths) = (i32, truths)
    givesBools = bools
  }

  public subscript(row: RowType) -> BinaryRow? {
    switch row {
    case .f32:
      if let lanes {
        return { lanes($0, 16, $1, 16, $2, $3) }
      }
      return f32
    case .f64: return f64
    case .i64: return i64
    case .u64: return u64
    }
  }
}

/// The row functions of one operator on one operand.
public struct UnaryRows: Sendable {
  let f32, f64, i64, u64: UnaryRow?
  /// The same on bools where they lie.
  let truths: UnaryRow?
  public let givesBools: Bool

  init(
    f32: UnaryRow? = nil, f64: UnaryRow? = nil, i64: UnaryRow? = nil, u64: UnaryRow? = nil, truths: UnaryRow? = nil,
    bools: Bool = false
  ) {
    (self.f32, self.f64, self.i64, self.u64, self.truths) = (f32, f64, i64, u64, truths)
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
  _ a: UnsafeRawPointer, _ aStep: Int, _ b: UnsafeRawPointer, _ bStep: Int, _ out: UnsafeMutableRawPointer,
  _ count: Int, _ f: (Lanes, Lanes) -> Lanes
) {
  var (a, b) = (a, b)
  let out = out.assumingMemoryBound(to: Float.self)
  var i = 0
  while i &+ 4 <= count {
    store(f(a.loadUnaligned(as: Lanes.self), b.loadUnaligned(as: Lanes.self)), out + i)
    a += aStep
    b += bStep
    i &+= 4
  }
  if i < count {
    let rest = count &- i
    let (x, y) = (a.assumingMemoryBound(to: Float.self), b.assumingMemoryBound(to: Float.self))
    store(f(load(x, count: rest, fill: 1), load(y, count: rest, fill: 1)), out + i, count: rest)
  }
}

/// Four f32 results at a time.
@inline(__always)
func eachLanes(_ x: UnsafeRawPointer, _ out: UnsafeMutableRawPointer, _ count: Int, _ f: (Lanes) -> Lanes) {
  mapLanes(x.assumingMemoryBound(to: Float.self), into: out.assumingMemoryBound(to: Float.self), count: count, f)
}

/// What two bools, or one, are asked.
enum TruthFunction { case and, or, exclusiveOr, not }

/// Sixteen bools at a time, each 0 or 1. One loop for all functions: as a closure each were a call for every vector.
func eachTruth(
  _ function: TruthFunction, _ a: UnsafeRawPointer, _ b: UnsafeRawPointer, _ out: UnsafeMutableRawPointer,
  _ count: Int
) {
  typealias Bytes = SIMD16<UInt8>
  let both: UInt8 = function == .and || function == .or ? 1 : 0
  let either: UInt8 = function == .or || function == .exclusiveOr ? 1 : 0
  let flip: UInt8 = function == .not ? 1 : 0
  var i = 0
  while i &+ 16 <= count {
    let (x, y) = ((a + i).loadUnaligned(as: Bytes.self), (b + i).loadUnaligned(as: Bytes.self))
    (out + i).storeBytes(of: ck_combineTruths(x, y, both, either, flip), as: Bytes.self)
    i &+= 16
  }
  guard i < count else { return }
  var (x, y) = (Bytes(repeating: 0), Bytes(repeating: 0))
  for k in i..<count {
    x[k &- i] = a.load(fromByteOffset: k, as: UInt8.self)
    y[k &- i] = b.load(fromByteOffset: k, as: UInt8.self)
  }
  let result = ck_combineTruths(x, y, both, either, flip)
  for k in i..<count { out.storeBytes(of: result[k &- i], toByteOffset: k, as: UInt8.self) }
}
