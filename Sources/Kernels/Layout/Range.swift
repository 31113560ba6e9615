import Tensors

/// How many numbers there are from `start` to before `limit` by `delta`, tensors of one element of one number type;
/// `nil` where `delta` is 0.
public func rangeCount(_ start: Tensor, _ limit: Tensor, _ delta: Tensor) -> Int? {
  if start.type.isFloat {
    guard let start = start.number, let limit = limit.number, let delta = delta.number, delta != 0 else { return nil }
    return Int(clamping: max(Tile.integer(((limit - start) / delta).rounded(.up)), 0))
  }
  let (first, last, step) = (start.wideInteger, limit.wideInteger, delta.wideInteger)
  guard step != 0 else { return nil }
  if step > 0 ? last <= first : last >= first { return 0 }
  let distance = step > 0 ? UInt64(bitPattern: last &- first) : UInt64(bitPattern: first &- last)
  return Int(clamping: (distance - 1) / step.magnitude + 1)
}

/// `out[i] = start + i * delta`, computed in double precision or 64 bits.
public func range(from start: Tensor, by delta: Tensor, into out: Tensor) {
  let isFloat = out.type.isFloat
  let row = out.type.rowType!
  Tile.with { tile in
    var first = 0
    while first < out.count {
      let n = min(RowType.i64.tileCount, out.count - first)
      if isFloat {
        let (start, delta) = (start.number!, delta.number!)
        for i in 0..<n {
          tile.storeBytes(of: start + Double(first + i) * delta, toByteOffset: i * 8, as: Double.self)
        }
        Tile.convert(tile, n, from: .f64, to: row)
      } else {
        let (start, delta) = (start.wideInteger, delta.wideInteger)
        for i in 0..<n {
          tile.storeBytes(of: start &+ Int64(first + i) &* delta, toByteOffset: i * 8, as: Int64.self)
        }
      }
      Tile.store(tile, as: out.type, to: out.bytes, first: first, count: n)
      first += n
    }
  }
}

extension Tensor {
  /// The one element of a number tensor; `nil` where there is not exactly one.
  public var number: Double? {
    guard count == 1, type.rowType != nil else { return nil }
    return Tile.with { tile in
      Tile.load(type, bytes, first: 0, count: 1, as: .f64, into: tile)
      return tile.load(as: Double.self)
    }
  }

  /// The first element of an integer tensor.
  fileprivate var wideInteger: Int64 {
    Tile.with { tile in
      Tile.load(type, bytes, first: 0, count: 1, as: .i64, into: tile)
      return tile.load(as: Int64.self)
    }
  }
}
