/// The innermost loops: four rows by eight columns of C, in eight named vectors.
///
/// Measured in V8: with its fifteen usable vector registers a tile of more than twelve live vectors spills and takes
/// twice the time. Sums run over k in order, so neither the block nor the thread shows in the result.
struct Tile4x8 {
  var a0 = Lanes(repeating: 0)
  var a1 = Lanes(repeating: 0)
  var b0 = Lanes(repeating: 0)
  var b1 = Lanes(repeating: 0)
  var c0 = Lanes(repeating: 0)
  var c1 = Lanes(repeating: 0)
  var d0 = Lanes(repeating: 0)
  var d1 = Lanes(repeating: 0)

  @inline(__always) init() {}

  @inline(__always)
  mutating func step(_ x0: Float, _ x1: Float, _ x2: Float, _ x3: Float, _ y0: Lanes, _ y1: Lanes) {
    let s0 = Lanes(repeating: x0)
    a0.add(s0, times: y0)
    a1.add(s0, times: y1)
    let s1 = Lanes(repeating: x1)
    b0.add(s1, times: y0)
    b1.add(s1, times: y1)
    let s2 = Lanes(repeating: x2)
    c0.add(s2, times: y0)
    c1.add(s2, times: y1)
    let s3 = Lanes(repeating: x3)
    d0.add(s3, times: y0)
    d1.add(s3, times: y1)
    pinSums()
  }

  /// Ends a step: without it the wasm back end mixes steps, and spills.
  @inline(__always)
  private mutating func pinSums() {
    a0 = pin(a0)
    a1 = pin(a1)
    b0 = pin(b0)
    b1 = pin(b1)
    c0 = pin(c0)
    c1 = pin(c1)
    d0 = pin(d0)
    d1 = pin(d1)
  }
}

/// What a tile does with its sums.
struct TileEnd {
  /// Earlier blocks of K are in C and are added.
  var accumulate: Bool
  /// These are the last of K: scale, bias, addend and bounds follow.
  var finish: Bool
  var epilogue: Epilogue
}

extension Tile4x8 {
  /// Adds what is in C, applies the end and stores all eight vectors.
  @inline(__always)
  mutating func put(_ c: UnsafeMutablePointer<Float>, _ ldc: Int, _ end: borrowing TileEnd) {
    if end.accumulate { add(UnsafePointer(c), ldc) }
    if end.finish {
      if end.epilogue.alpha != 1 { scale(Lanes(repeating: end.epilogue.alpha)) }
      if let bias = end.epilogue.bias {
        if end.epilogue.biasPerRow {
          addRows(load(bias))
        } else {
          addColumns(load(bias), load(bias + 4))
        }
      }
      if let addend = end.epilogue.addend { add(addend, ldc) }
      if end.epilogue.activation == .clamp {
        clamp(Lanes(repeating: end.epilogue.low), Lanes(repeating: end.epilogue.high))
      }
    }
    store(a0, c)
    store(a1, c + 4)
    store(b0, c + ldc)
    store(b1, c + (ldc &+ 4))
    store(c0, c + 2 &* ldc)
    store(c1, c + (2 &* ldc &+ 4))
    store(d0, c + 3 &* ldc)
    store(d1, c + (3 &* ldc &+ 4))
  }

  @inline(__always)
  private mutating func add(_ p: UnsafePointer<Float>, _ ld: Int) {
    a0 += load(p)
    a1 += load(p + 4)
    b0 += load(p + ld)
    b1 += load(p + (ld &+ 4))
    c0 += load(p + 2 &* ld)
    c1 += load(p + (2 &* ld &+ 4))
    d0 += load(p + 3 &* ld)
    d1 += load(p + (3 &* ld &+ 4))
  }

  @inline(__always)
  private mutating func scale(_ alpha: Lanes) {
    a0 *= alpha
    a1 *= alpha
    b0 *= alpha
    b1 *= alpha
    c0 *= alpha
    c1 *= alpha
    d0 *= alpha
    d1 *= alpha
  }

  @inline(__always)
  private mutating func addColumns(_ y0: Lanes, _ y1: Lanes) {
    a0 += y0
    a1 += y1
    b0 += y0
    b1 += y1
    c0 += y0
    c1 += y1
    d0 += y0
    d1 += y1
  }

  @inline(__always)
  private mutating func addRows(_ x: Lanes) {
    let s0 = Lanes(repeating: x[0])
    a0 += s0
    a1 += s0
    let s1 = Lanes(repeating: x[1])
    b0 += s1
    b1 += s1
    let s2 = Lanes(repeating: x[2])
    c0 += s2
    c1 += s2
    let s3 = Lanes(repeating: x[3])
    d0 += s3
    d1 += s3
  }

  @inline(__always)
  private mutating func clamp(_ low: Lanes, _ high: Lanes) {
    a0 = a0.atLeast(low).atMost(high)
    a1 = a1.atLeast(low).atMost(high)
    b0 = b0.atLeast(low).atMost(high)
    b1 = b1.atLeast(low).atMost(high)
    c0 = c0.atLeast(low).atMost(high)
    c1 = c1.atLeast(low).atMost(high)
    d0 = d0.atLeast(low).atMost(high)
    d1 = d1.atLeast(low).atMost(high)
  }
}

/// C [4, 8] ← a panel of packed A [depth, 4] times a panel of packed B [depth, 8].
@inline(never)
func gemmTile_f32_4x8(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ ldc: Int,
  _ end: borrowing TileEnd
) {
  var tile = Tile4x8()
  var a = a
  var b = b
  for _ in 0..<depth {
    a = pin(a)
    b = pin(b)
    tile.step(a[0], a[1], a[2], a[3], load(b), load(b + 4))
    a += 4
    b += 8
  }
  tile.put(c, ldc, end)
}

/// C [4, 8] ← four rows of A as they lie in memory times a panel of packed B [depth, 8].
@inline(never)
func gemmTile_f32_4x8_rows(
  _ depth: Int, _ r0: UnsafePointer<Float>, _ r1: UnsafePointer<Float>, _ r2: UnsafePointer<Float>,
  _ r3: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ ldc: Int,
  _ end: borrowing TileEnd
) {
  var tile = Tile4x8()
  var r0 = r0
  var r1 = r1
  var r2 = r2
  var r3 = r3
  var b = b
  var left = depth
  while left >= 4 {
    b = pin(b)
    (r0, r1, r2, r3) = (pin(r0), pin(r1), pin(r2), pin(r3))
    tile.step(r0[0], r1[0], r2[0], r3[0], load(b), load(b + 4))
    b = pin(b)
    (r0, r1, r2, r3) = (pin(r0), pin(r1), pin(r2), pin(r3))
    tile.step(r0[1], r1[1], r2[1], r3[1], load(b + 8), load(b + 12))
    b = pin(b)
    (r0, r1, r2, r3) = (pin(r0), pin(r1), pin(r2), pin(r3))
    tile.step(r0[2], r1[2], r2[2], r3[2], load(b + 16), load(b + 20))
    b = pin(b)
    (r0, r1, r2, r3) = (pin(r0), pin(r1), pin(r2), pin(r3))
    tile.step(r0[3], r1[3], r2[3], r3[3], load(b + 24), load(b + 28))
    r0 += 4
    r1 += 4
    r2 += 4
    r3 += 4
    b += 32
    left &-= 4
  }
  while left > 0 {
    tile.step(r0[0], r1[0], r2[0], r3[0], load(b), load(b + 4))
    r0 += 1
    r1 += 1
    r2 += 1
    r3 += 1
    b += 8
    left &-= 1
  }
  tile.put(c, ldc, end)
}

/// The left half of a tile: C [4, 4] ← a panel of packed A times the first four columns of a panel of packed B.
/// For a last panel that is at most half full.
@inline(never)
func gemmTile_f32_4x4(
  _ depth: Int, _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, _ c: UnsafeMutablePointer<Float>, _ ldc: Int
) {
  var c0 = Lanes(repeating: 0)
  var c1 = Lanes(repeating: 0)
  var c2 = Lanes(repeating: 0)
  var c3 = Lanes(repeating: 0)
  var a = a
  var b = b
  for _ in 0..<depth {
    let y = load(b)
    c0.add(Lanes(repeating: a[0]), times: y)
    c1.add(Lanes(repeating: a[1]), times: y)
    c2.add(Lanes(repeating: a[2]), times: y)
    c3.add(Lanes(repeating: a[3]), times: y)
    a += 4
    b += 8
  }
  store(c0, c)
  store(c1, c + ldc)
  store(c2, c + 2 &* ldc)
  store(c3, c + 3 &* ldc)
}
