import CKernels
import Tensors

/// How a cast to one of the small float formats rounds.
public enum SmallFloatRounding: Sendable {
  /// To the nearest, ties to even; what is too large becomes the largest finite number.
  case saturating
  /// To the nearest, ties to even; what is too large becomes infinity, or NaN where the format has no infinity.
  case overflowing
  /// float8e8m0 only: to the next larger or smaller power of two.
  case up, down
}

/// Converts every element to the type of `out`; neither type is string or complex.
///
/// Integers wrap around. Floats are cut towards 0 for integers; beyond the range of int64 they become its ends, and NaN
/// becomes 0. Anything but 0 is true. Floats are rounded once, ties to even.
public func cast(_ x: Tensor, into out: Tensor, rounding: SmallFloatRounding = .saturating, on platform: Platform) {
  assert(x.count == out.count)
  if x.type == out.type {
    out.bytes.copyMemory(from: x.bytes, byteCount: x.byteCount)
    return
  }
  // The unused bits of a last byte that elements share are 0.
  if out.type.bitWidth < 8, out.byteCount > 0 {
    out.bytes.storeBytes(of: 0, toByteOffset: out.byteCount - 1, as: UInt8.self)
  }
  let smallRounding: MiniFloat.Rounding =
    switch rounding {
    case .saturating: .nearestSaturating
    case .overflowing: .nearest
    case .up: .up
    case .down: .down
    }
  if x.type == .float32, out.type == .int32 {
    return platform.parallelRanges(out.count, grain: 65_536) { range in
      truncate(
        x.bytes.assumingMemoryBound(to: Float.self) + range.lowerBound,
        out.bytes.assumingMemoryBound(to: Int32.self) + range.lowerBound, range.count)
    }
  }
  if let direct = directCast(x.type, out.type) {
    let (width, outWidth) = (x.type.byteWidth, out.type.byteWidth)
    return platform.parallelRanges(out.count, grain: 65_536) { range in
      direct(x.bytes + range.lowerBound * width, out.bytes + range.lowerBound * outWidth, range.count)
    }
  }
  let row = rowType(from: x.type, to: out.type)
  let count = min(row.tileCount, x.type.rowType!.tileCount, out.type.rowType!.tileCount)
  platform.parallelRanges(out.count, grain: 16_384) { range in
    Tile.with { tile in
      var first = range.lowerBound
      while first < range.upperBound {
        let n = min(count, range.upperBound - first)
        Tile.load(x.type, x.bytes, first: first, count: n, as: row, into: tile)
        if out.type == .bool {
          testForZero(tile, n, row)
        } else if row == .f64, out.type.rowType == .f32, out.type != .float32 {
          roundToOdd(tile, n)
        } else {
          Tile.convert(tile, n, from: row, to: out.type.rowType!)
        }
        Tile.store(tile, as: out.type, to: out.bytes, first: first, count: n, rounding: smallRounding)
        first += n
      }
    }
  }
}

/// The casts that models are full of (of pixels, masks, indices), in one loop without a tile.
private func directCast(_ from: ElementType, _ to: ElementType) -> UnaryRow? {
  switch (from, to) {
  case (.int32, .float32): { eachLanes($0, $1, $2) { Lanes(converting: $0.bits) } }
  case (.uint8, .float32), (.bool, .float32): { each($0, $1, $2) { (x: UInt8) in Float(x) } }
  case (.int64, .float32): { each($0, $1, $2) { (x: Int64) in Float(x) } }
  case (.float64, .float32): { each($0, $1, $2) { (x: Double) in Float(x) } }
  case (.float32, .float64): { each($0, $1, $2) { (x: Float) in Double(x) } }
  case (.int64, .int32): { each($0, $1, $2) { (x: Int64) in Int32(truncatingIfNeeded: x) } }
  case (.int32, .int64): { each($0, $1, $2) { (x: Int32) in Int64(x) } }
  case (.float32, .bool): { each($0, $1, $2) { (x: Float) in x == 0 ? 0 as UInt8 : 1 } }
  case (.int64, .bool): { each($0, $1, $2) { (x: Int64) in x == 0 ? 0 as UInt8 : 1 } }
  default: nil
  }
}

/// Cuts floats towards 0, a vector at a time where they lie in the range of int32.
private func truncate(_ x: UnsafePointer<Float>, _ out: UnsafeMutablePointer<Int32>, _ count: Int) {
  let limit = Lanes(repeating: 0x1p31)
  var i = 0
  while i < count {
    if i &+ 4 <= count {
      let lanes = load(x + i)
      let isInside = lanes.magnitudes.isLess(limit)
      if (isInside[0] & isInside[1]) & (isInside[2] & isInside[3]) != 0 {
        UnsafeMutableRawPointer(out + i).storeBytes(of: ck_truncate(lanes), as: SIMD4<Int32>.self)
        i &+= 4
        continue
      }
    }
    out[i] = Int32(truncatingIfNeeded: Tile.integer(Double(x[i])))
    i &+= 1
  }
}

/// The row type that the elements are loaded as: their own, but for the integers that go to f32 at one stroke.
private func rowType(from: ElementType, to: ElementType) -> RowType {
  switch from {
  case .int32, .uint8, .bool: to.rowType == .f32 ? .f32 : .i64
  default: from.rowType!
  }
}

/// Elements of any type as int64 of 0 or 1.
func loadTruth(_ x: Tensor, _ first: Int, _ count: Int, into tile: UnsafeMutableRawPointer) {
  let row = x.type.rowType!
  Tile.load(x.type, x.bytes, first: first, count: count, as: row, into: tile)
  testForZero(tile, count, row)
}

/// Whether every element, of a type that is neither string nor complex, is 0 or -0.
public func isZero(_ x: Tensor) -> Bool {
  Tile.with { tile in
    let truths = tile.assumingMemoryBound(to: Int64.self)
    for i in 0..<x.count {
      loadTruth(x, i, 1, into: tile)
      if truths[0] != 0 { return false }
    }
    return true
  }
}

/// Leaves 0 or 1 as int64, from elements of any row type. NaN is not 0.
private func testForZero(_ tile: UnsafeMutableRawPointer, _ count: Int, _ row: RowType) {
  if row == .f32 { Tile.convert(tile, count, from: .f32, to: .f64) }
  let target = tile.assumingMemoryBound(to: Int64.self)
  // All bits but the sign of a float's zero.
  let mask: Int64 = row == .f32 || row == .f64 ? .max : -1
  for i in 0..<count { target[i] = target[i] & mask == 0 ? 0 : 1 }
}

/// f64 to f32 so that rounding once more to half precision gives what rounding once would have: an inexact result gets
/// an odd last bit, which no tie has.
private func roundToOdd(_ tile: UnsafeMutableRawPointer, _ count: Int) {
  for i in 0..<count {
    let exact = tile.load(fromByteOffset: i * 8, as: Double.self)
    var rounded = Float(exact)
    if rounded.isFinite, Double(rounded) != exact {
      var bits = rounded.bitPattern
      if Double(rounded).magnitude > exact.magnitude { bits -= 1 }
      rounded = Float(bitPattern: bits | 1)
    }
    tile.storeBytes(of: rounded, toByteOffset: i * 4, as: Float.self)
  }
}
