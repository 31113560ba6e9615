/// A product of one row: y [N] ← epilogue(x [K] · B [K, N]). It runs at the speed of memory, since B is used once.
///
/// With B packed, the sums are those of `gemm` with more rows, bit for bit.
func gemvRow(
  _ platform: Platform, n: Int, k: Int, _ x: UnsafePointer<Float>, _ b: GemmRight, into y: UnsafeMutablePointer<Float>,
  _ epilogue: Epilogue
) {
  platform.parallelRanges(n, grain: 64, if: k > 0 && n >= GemmBlock.splitWork / 4 / k) { columns in
    let first = columns.lowerBound
    switch b.form {
    case .packed: gemvPanels(columns.count, k, x, b.pointer + first * k, y + first)
    case .rows: gemvRows(columns.count, k, x, b.pointer + first, b.stride, y + first)
    case .columns: matrixVector(columns.count, k, b.pointer + first * b.stride, b.stride, x, y + first, 1)
    }
    finish(
      y + first, ldc: n, rows: 1, columns: columns.count, epilogue.advanced(row: 0, column: first, offset: first))
  }
}

/// y [M] ← epilogue(A [M, K] · x [K]), each a sum over sixteen partial sums.
public func gemvColumn(
  _ platform: Platform, m: Int, k: Int, _ a: UnsafePointer<Float>, stride: Int, _ x: UnsafePointer<Float>,
  into y: UnsafeMutablePointer<Float>, _ epilogue: Epilogue = Epilogue()
) {
  platform.parallelRanges(m, grain: 16, if: k > 0 && m >= GemmBlock.splitWork / 4 / k) { rows in
    let first = rows.lowerBound
    matrixVector(rows.count, k, a + first * stride, stride, x, y + first, 1)
    finish(y + first, ldc: 1, rows: rows.count, columns: 1, epilogue.advanced(row: first, column: 0, offset: first))
  }
}

/// y [n] ← x · packed B, by two panels at a time. The two are far apart, so that each half of B is one long stream: four
/// streams come at four fifths of the speed of two, and so does one (measured).
private func gemvPanels(
  _ n: Int, _ k: Int, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>
) {
  let block = GemmBlock.depth(of: k)
  let half = n / 16 &* 8
  var column = 0
  while column < half {
    var k0 = 0
    while k0 < k {
      let depth = min(block, k &- k0)
      gemvTile_f32_2x8(depth, x + k0, b + (column &* k &+ 8 &* k0), half &* k, y + column, half, accumulate: k0 > 0)
      k0 &+= depth
    }
    column &+= 8
  }
  column = 2 &* half
  while column < n {
    let width = min(8, n &- column)
    var k0 = 0
    while k0 < k {
      let depth = min(block, k &- k0)
      var b = b + (column &* k &+ 8 &* k0)
      var s0 = Lanes(repeating: 0)
      var s1 = Lanes(repeating: 0)
      for i in k0..<(k0 &+ depth) {
        let splat = Lanes(repeating: x[i])
        s0.add(splat, times: load(b))
        s1.add(splat, times: load(b + 4))
        b += 8
      }
      for i in 0..<width {
        let sum = i < 4 ? s0[i] : s1[i &- 4]
        y[column &+ i] = k0 > 0 ? sum + y[column &+ i] : sum
      }
      k0 &+= depth
    }
    column &+= 8
  }
}

/// Two panels `panelStride` elements apart; their sums go to two places in y that are `step` elements apart.
@inline(never)
private func gemvTile_f32_2x8(
  _ depth: Int, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ panelStride: Int,
  _ y: UnsafeMutablePointer<Float>, _ step: Int, accumulate: Bool
) {
  var a0 = Lanes(repeating: 0)
  var a1 = Lanes(repeating: 0)
  var b0 = Lanes(repeating: 0)
  var b1 = Lanes(repeating: 0)
  var p0 = b
  var p1 = b + panelStride
  var k = 0
  // A whole line of the cache of each panel.
  while k &+ 2 <= depth {
    let splat = Lanes(repeating: x[k])
    a0.add(splat, times: load(p0))
    a1.add(splat, times: load(p0 + 4))
    b0.add(splat, times: load(p1))
    b1.add(splat, times: load(p1 + 4))
    let next = Lanes(repeating: x[k &+ 1])
    a0.add(next, times: load(p0 + 8))
    a1.add(next, times: load(p0 + 12))
    b0.add(next, times: load(p1 + 8))
    b1.add(next, times: load(p1 + 12))
    p0 += 16
    p1 += 16
    k &+= 2
  }
  if k < depth {
    let splat = Lanes(repeating: x[k])
    a0.add(splat, times: load(p0))
    a1.add(splat, times: load(p0 + 4))
    b0.add(splat, times: load(p1))
    b1.add(splat, times: load(p1 + 4))
  }
  if accumulate {
    a0 += load(y)
    a1 += load(y + 4)
    b0 += load(y + step)
    b1 += load(y + (step &+ 4))
  }
  store(a0, y)
  store(a1, y + 4)
  store(b0, y + step)
  store(b1, y + (step &+ 4))
}

/// y [n] ← x · B with the rows of B `stride` apart: the sums of `gemvPanels`, from a B that is not packed.
private func gemvRows(
  _ n: Int, _ k: Int, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ stride: Int,
  _ y: UnsafeMutablePointer<Float>
) {
  let block = GemmBlock.depth(of: k)
  var k0 = 0
  while k0 < k {
    let depth = min(block, k &- k0)
    var column = 0
    while column &+ 32 <= n {
      gemvTile_f32_1x32_rows(depth, x + k0, b + (k0 &* stride &+ column), stride, y + column, accumulate: k0 > 0)
      column &+= 32
    }
    while column < n {
      let count = min(4, n &- column)
      var sum = Lanes(repeating: 0)
      var p = b + (k0 &* stride &+ column)
      for i in k0..<(k0 &+ depth) {
        sum.add(Lanes(repeating: x[i]), times: (count == 4 ? load(p) : load(p, count: count)))
        p += stride
      }
      for i in 0..<count { y[column &+ i] = k0 > 0 ? sum[i] + y[column &+ i] : sum[i] }
      column &+= 4
    }
    k0 &+= depth
  }
}

@inline(never)
private func gemvTile_f32_1x32_rows(
  _ depth: Int, _ x: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ stride: Int, _ y: UnsafeMutablePointer<Float>,
  accumulate: Bool
) {
  var a0 = Lanes(repeating: 0)
  var a1 = Lanes(repeating: 0)
  var b0 = Lanes(repeating: 0)
  var b1 = Lanes(repeating: 0)
  var c0 = Lanes(repeating: 0)
  var c1 = Lanes(repeating: 0)
  var d0 = Lanes(repeating: 0)
  var d1 = Lanes(repeating: 0)
  var p = b
  for k in 0..<depth {
    let splat = Lanes(repeating: x[k])
    a0.add(splat, times: load(p))
    a1.add(splat, times: load(p + 4))
    b0.add(splat, times: load(p + 8))
    b1.add(splat, times: load(p + 12))
    c0.add(splat, times: load(p + 16))
    c1.add(splat, times: load(p + 20))
    d0.add(splat, times: load(p + 24))
    d1.add(splat, times: load(p + 28))
    p += stride
  }
  if accumulate {
    a0 += load(y)
    a1 += load(y + 4)
    b0 += load(y + 8)
    b1 += load(y + 12)
    c0 += load(y + 16)
    c1 += load(y + 20)
    d0 += load(y + 24)
    d1 += load(y + 28)
  }
  store(a0, y)
  store(a1, y + 4)
  store(b0, y + 8)
  store(b1, y + 12)
  store(c0, y + 16)
  store(c1, y + 20)
  store(d0, y + 24)
  store(d1, y + 28)
}

/// y [n] ← A [n, k] · x: four vectors of partial sums, added in a fixed order.
private func matrixVector(
  _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ stride: Int, _ x: UnsafePointer<Float>,
  _ y: UnsafeMutablePointer<Float>, _ step: Int
) {
  for row in 0..<n { y[row &* step] = dot(a + row &* stride, x, k) }
}

/// The sum of products of two runs of `count` values: sixteen partial sums, then the rest one by one.
@inline(__always)
func dot(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ count: Int) -> Float {
  var s0 = Lanes(repeating: 0)
  var s1 = Lanes(repeating: 0)
  var s2 = Lanes(repeating: 0)
  var s3 = Lanes(repeating: 0)
  var i = 0
  while i &+ 16 <= count {
    s0.add(load(a + i), times: load(b + i))
    s1.add(load(a + (i &+ 4)), times: load(b + (i &+ 4)))
    s2.add(load(a + (i &+ 8)), times: load(b + (i &+ 8)))
    s3.add(load(a + (i &+ 12)), times: load(b + (i &+ 12)))
    i &+= 16
  }
  while i &+ 4 <= count {
    s0.add(load(a + i), times: load(b + i))
    i &+= 4
  }
  var sum = ((s0 + s1) + (s2 + s3)).total
  while i < count {
    sum += a[i] * b[i]
    i &+= 1
  }
  return sum
}
