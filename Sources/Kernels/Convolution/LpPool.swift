/// (Σ |x|^p)^(1/p) over each window of `planes` planes; padding counts as 0.
public func lpPool(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, planes: Int,
  _ window: Window, p: Int
) { pool(platform, source, into: target, planes: planes, window, p: p) }

/// The same in float64.
public func lpPool(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, planes: Int,
  _ window: Window, p: Int
) { pool(platform, source, into: target, planes: planes, window, p: p) }

private func pool<T: Real>(
  _ platform: Platform, _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, planes: Int,
  _ window: Window, p: Int
) {
  let (input, output, kernel) = (window.input, window.output, window.kernel)
  platform.parallelRanges(planes &* output.count, grain: max(1, 8192 / kernel.count)) { range in
    for i in range {
      let (plane, position) = i.quotientAndRemainder(dividingBy: output.count)
      let (row, x) = position.quotientAndRemainder(dividingBy: output.w)
      let (z, y) = row.quotientAndRemainder(dividingBy: output.h)
      let from = source + plane &* input.count
      var norm = LpNorm(p)
      for kz in 0..<kernel.d {
        let atZ = z &* window.stride.d &- window.before.d &+ kz &* window.dilation.d
        if atZ < 0 || atZ >= input.d { continue }
        for ky in 0..<kernel.h {
          let atY = y &* window.stride.h &- window.before.h &+ ky &* window.dilation.h
          if atY < 0 || atY >= input.h { continue }
          for kx in 0..<kernel.w {
            let atX = x &* window.stride.w &- window.before.w &+ kx &* window.dilation.w
            if atX >= 0 && atX < input.w { norm.add(from[(atZ &* input.h &+ atY) &* input.w &+ atX].double) }
          }
        }
      }
      target[i] = T(norm.value)
    }
  }
}

/// The p-norm of the middle of [outer, count, inner], into [outer, inner].
public func lpNorm(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, outer: Int,
  count: Int, inner: Int, p: Int
) { norm(platform, source, into: target, outer: outer, count: count, inner: inner, p: p) }

/// The same in float64.
public func lpNorm(
  _ platform: Platform, _ source: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>, outer: Int,
  count: Int, inner: Int, p: Int
) { norm(platform, source, into: target, outer: outer, count: count, inner: inner, p: p) }

private func norm<T: Real>(
  _ platform: Platform, _ source: UnsafePointer<T>, into target: UnsafeMutablePointer<T>, outer: Int,
  count: Int, inner: Int, p: Int
) {
  if inner > 1, p == 1 || p == 2 {
    // Rows upon rows, as many columns at a time as have room.
    let width = RowType.f64.tileCount
    let chunks = (inner &+ width &- 1) / width
    platform.parallelRanges(outer &* chunks, grain: max(1, 128 / max(count, 1))) { range in
      Tile.with { tile in
        let sums = tile.assumingMemoryBound(to: Double.self)
        for piece in range {
          let (o, chunk) = piece.quotientAndRemainder(dividingBy: chunks)
          let first = chunk &* width
          let n = min(width, inner &- first)
          for i in 0..<n { sums[i] = 0 }
          for k in 0..<count {
            addTerms(source + ((o &* count &+ k) &* inner &+ first), squared: p == 2, to: sums, count: n)
          }
          let to = target + (o &* inner &+ first)
          for i in 0..<n { to[i] = T(p == 1 ? sums[i] : sums[i].squareRoot()) }
        }
      }
    }
    return
  }
  platform.parallelRanges(outer &* inner, grain: max(1, 16384 / max(count, 1))) { range in
    for i in range {
      let (o, j) = i.quotientAndRemainder(dividingBy: inner)
      var norm = LpNorm(p)
      if inner == 1, p == 1 || p == 2 {
        let from = source + o &* count
        let sum = sumOfTerms(count) { p == 1 ? from[$0].double.magnitude : from[$0].double * from[$0].double }
        target[i] = T(p == 1 ? sum : sum.squareRoot())
        continue
      }
      for k in 0..<count { norm.add(source[(o &* count &+ k) &* inner &+ j].double) }
      target[i] = T(norm.value)
    }
  }
}

/// A norm in the making.
private struct LpNorm {
  private let p: Int
  private var sum = 0.0

  init(_ p: Int) { self.p = p }

  @inline(__always)
  mutating func add(_ x: Double) {
    let magnitude = x.magnitude
    switch p {
    case 1: sum += magnitude
    case 2: sum += magnitude * magnitude
    default: sum += CMath.pow(magnitude, Double(p))
    }
  }

  var value: Double {
    switch p {
    case 1: sum
    case 2: sum.squareRoot()
    default: CMath.pow(sum, 1 / Double(p))
    }
  }
}
