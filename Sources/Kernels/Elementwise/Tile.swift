import CKernels
import Tensors

/// The four types that elementwise arithmetic is written for.
///
/// A row function works on one of these; the other element types are widened into a tile on the stack, computed there
/// and narrowed back. Twelve element types then cost four loops an operator instead of twelve. Integers wrap around in
/// their own width all the same, since narrowing keeps the low bits.
public enum RowType: UInt8, Sendable {
  case f32, f64, i64, u64

  var byteWidth: Int { self == .f32 ? 4 : 8 }
  /// The elements that fit a tile.
  var tileCount: Int { Tile.byteCount / byteWidth }
}

extension ElementType {
  /// The type that arithmetic on this one is done in; `nil` for strings and complex numbers.
  public var rowType: RowType? {
    switch self {
    case .float32, .float16, .bfloat16, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0,
      .float4e2m1, .float6e2m3, .float6e3m2:
      .f32
    case .float64: .f64
    case .uint64: .u64
    case .string, .complex64, .complex128: nil
    default: .i64
    }
  }

  /// Whether a row function can read and write elements of this type where they lie.
  var isRowType: Bool { self == .float32 || self == .float64 || self == .int64 || self == .uint64 }
}

/// A few elements on the stack, as a row type: 256 of f32 or 128 of the wider ones.
enum Tile {
  /// Not more: larger temporary allocations may come from the heap, and threads must not allocate.
  static let byteCount = 1024

  @inline(__always)
  static func with<R>(_ body: (UnsafeMutableRawPointer) -> R) -> R {
    withUnsafeTemporaryAllocation(byteCount: byteCount, alignment: 16) { body($0.baseAddress!) }
  }

  /// Reads `count` elements of `source` from element `first` on as `row`.
  @inline(never)
  static func load(
    _ type: ElementType, _ source: UnsafeRawPointer, first: Int, count: Int, as row: RowType,
    into tile: UnsafeMutableRawPointer
  ) {
    assert(type.rowType != nil && count <= row.tileCount)
    let bytes = source + first * type.byteWidth
    switch type {
    case .float32, .float64, .int64, .uint64: tile.copyMemory(from: bytes, byteCount: count * type.byteWidth)
    case .uint8 where row == .f32, .bool where row == .f32:
      widen(bytes, tile, count) { (x: UInt8) in Float(x) }
      return
    case .int8: widen(bytes, tile, count) { (x: Int8) in Int64(x) }
    case .uint8, .bool: widen(bytes, tile, count) { (x: UInt8) in Int64(x) }
    case .int16: widen(bytes, tile, count) { (x: Int16) in Int64(x) }
    case .uint16: widen(bytes, tile, count) { (x: UInt16) in Int64(x) }
    case .int32 where row == .f32:
      widen(bytes, tile, count) { (x: Int32) in Float(x) }
      return
    case .int32: widen(bytes, tile, count) { (x: Int32) in Int64(x) }
    case .uint32: widen(bytes, tile, count) { (x: UInt32) in Int64(x) }
    case .float16: widen(bytes, tile, count) { (x: UInt16) in Half.widen(x) }
    case .bfloat16: widen(bytes, tile, count) { (x: UInt16) in BFloat16.widen(x) }
    case .int4, .uint4, .int2, .uint2:
      let target = tile.assumingMemoryBound(to: Int64.self)
      for i in 0..<count { target[i] = subByte(type, source, first + i) }
    default:
      let target = tile.assumingMemoryBound(to: Float.self)
      for i in 0..<count { target[i] = MiniFloat(type).widen(bits(type, source, first + i)) }
    }
    convert(tile, count, from: type.rowType!, to: row)
  }

  /// Writes `count` elements of the tile to `target` from element `first` on, wrapped or rounded to `type`.
  @inline(never)
  static func store(
    _ tile: UnsafeRawPointer, as type: ElementType, to target: UnsafeMutableRawPointer, first: Int, count: Int,
    rounding: MiniFloat.Rounding = .nearestSaturating
  ) {
    let bytes = target + first * type.byteWidth
    switch type {
    case .float32, .float64, .int64, .uint64: bytes.copyMemory(from: tile, byteCount: count * type.byteWidth)
    case .bool: widen(tile, bytes, count) { (x: Int64) in x == 0 ? 0 as UInt8 : 1 }
    case .int8, .uint8: widen(tile, bytes, count) { (x: Int64) in UInt8(truncatingIfNeeded: x) }
    case .int16, .uint16: widen(tile, bytes, count) { (x: Int64) in UInt16(truncatingIfNeeded: x) }
    case .int32, .uint32: widen(tile, bytes, count) { (x: Int64) in UInt32(truncatingIfNeeded: x) }
    case .float16: widen(tile, bytes, count) { (x: Float) in Half.narrow(x) }
    case .bfloat16: widen(tile, bytes, count) { (x: Float) in BFloat16.narrow(x) }
    case .int4, .uint4, .int2, .uint2:
      let source = tile.assumingMemoryBound(to: Int64.self)
      for i in 0..<count { setBits(type, target, first + i, UInt8(truncatingIfNeeded: source[i])) }
    default:
      let source = tile.assumingMemoryBound(to: Float.self)
      for i in 0..<count {
        setBits(type, target, first + i, MiniFloat(type).narrow(source[i], rounding))
      }
    }
  }

  /// Fills the tile's first `count` elements with the first one.
  static func spread(_ tile: UnsafeMutableRawPointer, _ count: Int, _ row: RowType) {
    if row == .f32 {
      tile.assumingMemoryBound(to: UInt32.self).update(repeating: tile.load(as: UInt32.self), count: count)
    } else {
      tile.assumingMemoryBound(to: UInt64.self).update(repeating: tile.load(as: UInt64.self), count: count)
    }
  }

  /// Turns elements of one row type into another, in place. Floats beyond an integer's range become its nearest end and
  /// NaN becomes 0.
  static func convert(_ tile: UnsafeMutableRawPointer, _ count: Int, from: RowType, to: RowType) {
    switch (from, to) {
    case (.f32, .f32), (.f64, .f64), (.i64, .i64), (.i64, .u64), (.u64, .i64), (.u64, .u64): break
    case (.f32, .f64): lengthen(tile, count) { Double($0) }
    case (.f32, .i64): lengthen(tile, count) { integer(Double($0)) }
    case (.f32, .u64): lengthen(tile, count) { unsigned(Double($0)) }
    case (.f64, .f32): widen(tile, tile, count) { (x: Double) in Float(x) }
    case (.f64, .i64): widen(tile, tile, count) { (x: Double) in integer(x) }
    case (.f64, .u64): widen(tile, tile, count) { (x: Double) in unsigned(x) }
    case (.i64, .f32): widen(tile, tile, count) { (x: Int64) in Float(x) }
    case (.i64, .f64): widen(tile, tile, count) { (x: Int64) in Double(x) }
    case (.u64, .f32): widen(tile, tile, count) { (x: UInt64) in Float(x) }
    case (.u64, .f64): widen(tile, tile, count) { (x: UInt64) in Double(x) }
    }
  }

  @inline(__always)
  static func integer(_ x: Double) -> Int64 { ck_integer(x) }

  /// Negative numbers keep the low bits, as they do in the narrower unsigned types.
  static func unsigned(_ x: Double) -> UInt64 {
    if x >= 0x1p64 { return .max }
    return x >= 0x1p63 ? UInt64(x) : UInt64(bitPattern: integer(x))
  }

  @inline(__always)
  private static func widen<T, U>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ count: Int, _ f: (T) -> U
  ) {
    let source = source.assumingMemoryBound(to: T.self)
    let target = target.assumingMemoryBound(to: U.self)
    for i in 0..<count { target[i] = f(source[i]) }
  }

  /// In place into wider elements, the last one first.
  @inline(__always)
  private static func lengthen<U>(_ tile: UnsafeMutableRawPointer, _ count: Int, _ f: (Float) -> U) {
    let source = tile.assumingMemoryBound(to: Float.self)
    let target = tile.assumingMemoryBound(to: U.self)
    var i = count - 1
    while i >= 0 {
      target[i] = f(source[i])
      i -= 1
    }
  }

  /// The bits of element `i` of a type of at most a byte.
  static func bits(_ type: ElementType, _ source: UnsafeRawPointer, _ i: Int) -> UInt8 {
    let (at, shift, mask) = place(type, i)
    var bits = source.load(fromByteOffset: at, as: UInt8.self) >> shift
    if mask >> (8 - shift) != 0 { bits |= source.load(fromByteOffset: at + 1, as: UInt8.self) << (8 - shift) }
    return bits & mask
  }

  /// The byte that an element of at most a byte begins in, at which of its bits, and a mask of the element's bits. One of
  /// six bits may end in the byte behind it.
  @inline(__always)
  private static func place(_ type: ElementType, _ i: Int) -> (at: Int, shift: UInt8, mask: UInt8) {
    let bit = i % 8 * type.bitWidth
    return (
      i / 8 * type.bitWidth + bit / 8, UInt8(truncatingIfNeeded: bit % 8),
      UInt8(truncatingIfNeeded: (1 << type.bitWidth) - 1)
    )
  }

  static func setBits(_ type: ElementType, _ target: UnsafeMutableRawPointer, _ i: Int, _ bits: UInt8) {
    let (at, shift, mask) = place(type, i)
    let (bits, old) = (bits & mask, target.load(fromByteOffset: at, as: UInt8.self))
    target.storeBytes(of: old & ~(mask << shift) | bits << shift, toByteOffset: at, as: UInt8.self)
    if mask >> (8 - shift) != 0 {
      let old = target.load(fromByteOffset: at + 1, as: UInt8.self)
      target.storeBytes(
        of: old & ~(mask >> (8 - shift)) | bits >> (8 - shift), toByteOffset: at + 1, as: UInt8.self)
    }
  }

  private static func subByte(_ type: ElementType, _ source: UnsafeRawPointer, _ i: Int) -> Int64 {
    let bits = Int64(bits(type, source, i))
    guard type == .int4 || type == .int2 else { return bits }
    let half: Int64 = 1 << Int64(type.bitWidth - 1)
    return (bits ^ half) - half
  }
}
