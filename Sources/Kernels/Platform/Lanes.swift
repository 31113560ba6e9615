import CKernels

/// Four f32 values that are worked on at once. This file and the tiles are all that knows a vector's width.
///
/// `+ - * /` are Swift's own. The rest goes through CKernels, because `pointwiseMin`, `addingProduct`, conversions and
/// `sum` of `SIMD4` compile to scalar code or calls on wasm. Nothing here is fused or reordered, so every host gives
/// the same bits.
typealias Lanes = SIMD4<Float>
/// One lane of all ones or all zeros for each lane of a comparison.
typealias LaneMask = SIMD4<Int32>

/// Four values at `pointer`, which needs no alignment beyond an element's.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func load(_ pointer: UnsafeMutablePointer<Float>) -> Lanes {
  UnsafeRawPointer(pointer).loadUnaligned(as: Lanes.self)
}

@inline(__always)
func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: lanes, as: Lanes.self)
}

/// The first `count` values (0...4), and `fill` for the others.
@inline(__always)
func load(_ pointer: UnsafePointer<Float>, count: Int, fill: Float = 0) -> Lanes {
  var lanes = Lanes(repeating: fill)
  for i in 0..<count { lanes[i] = pointer[i] }
  return lanes
}

@inline(__always)
func store(_ lanes: Lanes, _ pointer: UnsafeMutablePointer<Float>, count: Int) {
  for i in 0..<count { pointer[i] = lanes[i] }
}

/// Replaces every value by `body` of it, a vector at a time. In place is allowed. What is left of a vector takes a
/// second round over a buffer, so that a long body is compiled once and its loop stays plain.
@inline(__always)
func mapLanes(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int, _ body: (Lanes) -> Lanes
) {
  let whole = count & ~3
  let rest = count & 3
  var buffer = Lanes(repeating: 0)
  withUnsafeMutablePointer(to: &buffer) { buffer in
    let buffer = UnsafeMutableRawPointer(buffer).assumingMemoryBound(to: Float.self)
    for i in 0..<rest { buffer[i] = source[whole &+ i] }
    var (from, to, left) = (source, target, whole)
    for _ in 0..<2 {
      while left > 0 {
        store(body(load(from)), to)
        from += 4
        to += 4
        left &-= 4
      }
      if rest == 0 { return }
      (from, to, left) = (UnsafePointer(buffer), buffer, 4)
    }
    for i in 0..<rest { target[whole &+ i] = buffer[i] }
  }
}

/// Copies values that do not overlap. Runs are often too short for a call of memmove to be worth it.
@inline(__always)
func copyLanes(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  var i = 0
  while i &+ 4 <= count {
    store(load(source + i), target + i)
    i &+= 4
    // The last vector may repeat some of the values before.
    if i < count, i &+ 4 > count { i = count &- 4 }
  }
  while i < count {
    target[i] = source[i]
    i &+= 1
  }
}

@inline(__always)
func fillLanes(_ target: UnsafeMutablePointer<Float>, with value: Float, count: Int) {
  let lanes = Lanes(repeating: value)
  var i = 0
  while i &+ 4 <= count {
    store(lanes, target + i)
    i &+= 4
  }
  while i < count {
    target[i] = value
    i &+= 1
  }
}

extension SIMD4<Float> {
  /// Where the mask's lane is set, `yes`, else `no`.
  @inline(__always) static func select(_ mask: LaneMask, _ yes: Lanes, _ no: Lanes) -> Lanes {
    ck_select(mask, yes, no)
  }

  /// The smaller of each lane; a NaN of `self` stays, a NaN of `bound` counts as no bound.
  @inline(__always) func atMost(_ bound: Lanes) -> Lanes { ck_pmin(self, bound) }
  /// The larger of each lane; a NaN of `self` stays, a NaN of `bound` counts as no bound.
  @inline(__always) func atLeast(_ bound: Lanes) -> Lanes { ck_pmax(self, bound) }

  @inline(__always) var magnitudes: Lanes { ck_abs(self) }
  @inline(__always) var floors: Lanes { ck_floor(self) }
  @inline(__always) var ceilings: Lanes { ck_ceil(self) }
  /// The nearest integers, ties to even.
  @inline(__always) var nearest: Lanes { ck_nearest(self) }
  @inline(__always) var squareRoots: Lanes { ck_squareRoot(self) }
  /// This plus a · b; see `ck_multiplyAdd` for how it rounds.
  @inline(__always) mutating func add(_ a: Lanes, times b: Lanes) { self = ck_multiplyAdd(a, b, self) }
  @inline(__always) func withSigns(of other: Lanes) -> Lanes { ck_copySign(self, other) }
  @inline(__always) func isLess(_ other: Lanes) -> LaneMask { ck_less(self, other) }
  @inline(__always) func isAtMost(_ other: Lanes) -> LaneMask { ck_lessEqual(self, other) }
  @inline(__always) func isEqual(_ other: Lanes) -> LaneMask { ck_equal(self, other) }
  @inline(__always) var bits: SIMD4<Int32> { ck_bits(self) }
  @inline(__always) init(bits: SIMD4<Int32>) { self = ck_float(bits) }
  @inline(__always) init(converting integers: SIMD4<Int32>) { self = ck_convert(integers) }

  /// Whether the lanes of a comparison are all set.
  @inline(__always) static func isEvery(_ mask: LaneMask) -> Bool { (mask[0] & mask[1]) & (mask[2] & mask[3]) != 0 }

  /// The sum of the lanes, always added as (0 + 2) + (1 + 3).
  @inline(__always) var total: Float { (self[0] + self[2]) + (self[1] + self[3]) }
  /// The largest lane; lanes that are NaN are passed over, unless it is lane 0.
  @inline(__always) var largest: Float {
    let a = self[0] < self[2] ? self[2] : self[0]
    let b = self[1] < self[3] ? self[3] : self[1]
    return a < b ? b : a
  }
  @inline(__always) var smallest: Float {
    let a = self[2] < self[0] ? self[2] : self[0]
    let b = self[3] < self[1] ? self[3] : self[1]
    return b < a ? b : a
  }
}

/// The same pointer, of which the compiler knows nothing more: what is read at small offsets from it becomes an
/// instruction's own offset, and loads stay where they are written.
@inline(__always)
func pin(_ pointer: UnsafePointer<Float>) -> UnsafePointer<Float> {
  ck_pinPointer(pointer).assumingMemoryBound(to: Float.self)
}

/// The same value, computed here and not later.
@inline(__always)
func pin(_ lanes: Lanes) -> Lanes { ck_pin(lanes) }

/// Whether any lane of a mask is set.
@inline(__always)
func any(_ mask: LaneMask) -> Bool { ck_any(mask) != 0 }

/// Lanes 0, 2, 4, 6 of two vectors in a row.
@inline(__always)
func evenLanes(_ a: Lanes, _ b: Lanes) -> Lanes { ck_even(a, b) }
/// Lanes 1, 3, 5, 7 of two vectors in a row.
@inline(__always)
func oddLanes(_ a: Lanes, _ b: Lanes) -> Lanes { ck_odd(a, b) }

/// Lanes of two vectors in turn, beginning with the first of both, or with the third.
@inline(__always)
func interleaveLow(_ a: Lanes, _ b: Lanes) -> Lanes { ck_interleaveLow(a, b) }
@inline(__always)
func interleaveHigh(_ a: Lanes, _ b: Lanes) -> Lanes { ck_interleaveHigh(a, b) }

/// Turns four rows of four into four columns.
@inline(__always)
func transpose4(_ a: Lanes, _ b: Lanes, _ c: Lanes, _ d: Lanes) -> (Lanes, Lanes, Lanes, Lanes) {
  let ab = ck_interleaveLow(a, b)
  let cd = ck_interleaveLow(c, d)
  let ab2 = ck_interleaveHigh(a, b)
  let cd2 = ck_interleaveHigh(c, d)
  return (ck_lowHalves(ab, cd), ck_highHalves(ab, cd), ck_lowHalves(ab2, cd2), ck_highHalves(ab2, cd2))
}
