import Tensors

/// Elements of any number type as integers of the same order, so that sorting and searching are written once.
///
/// NaN is greater than everything, as in NumPy; -0 and 0 are the same.
enum OrderedKey {
  static let tileCount = RowType.i64.tileCount

  /// The keys of `count` elements from `first` on, that lie next to each other.
  static func load(_ x: Tensor, first: Int, count: Int, into tile: UnsafeMutableRawPointer) {
    let row: RowType = x.type.rowType! == .f32 ? .f64 : x.type.rowType!
    Tile.load(x.type, x.bytes, first: first, count: count, as: row, into: tile)
    let keys = tile.assumingMemoryBound(to: Int64.self)
    switch row {
    case .u64: for i in 0..<count { keys[i] ^= .min }
    case .i64: break
    default: for i in 0..<count { keys[i] = key(Double(bitPattern: UInt64(bitPattern: keys[i]))) }
    }
  }

  /// The key of one element.
  static func of(_ x: Tensor, _ i: Int) -> Int64 {
    switch x.type {
    case .float32: return key(Double(x.bytes.load(fromByteOffset: i * 4, as: Float.self)))
    case .int64: return x.bytes.load(fromByteOffset: i * 8, as: Int64.self)
    default:
      return withUnsafeTemporaryAllocation(byteCount: 16, alignment: 16) { one in
        load(x, first: i, count: 1, into: one.baseAddress!)
        return one.load(as: Int64.self)
      }
    }
  }

  @inline(__always)
  static func key(_ value: Double) -> Int64 {
    if value != value { return .max }
    // Negative numbers are ordered the other way round by their bits. Adding 0 turns -0 into 0.
    let bits = Int64(bitPattern: (value + 0).bitPattern)
    return bits ^ (bits >> 63 & .max)
  }
}
