import CKernels

// Functions of four values at once. Each is a reduction of the argument, a polynomial fitted here for least largest
// error (its coefficients are in CKernels' coefficients.h), and arithmetic that no host fuses: the bits are the same
// natively and on wasm. Largest errors over every 4,099th float32 are measured in the tests.

/// The constants, to be asked for once in every function of a vector.
private typealias Constants = UnsafePointer<ck_coefficients_t>

/// A constant in every lane.
@inline(__always)
private func all(_ value: Float) -> Lanes { Lanes(repeating: value) }

/// Two terms of a polynomial. One of eight steps is added up by such pairs, since a processor would wait for the chain;
/// shorter ones are slower so (measured in V8).
@inline(__always)
private func pair(_ a: Float, _ b: Float, _ x: Lanes) -> Lanes { all(a) * x + all(b) }

extension SIMD4<Float> {
  /// e^r - 1 for |r| ≤ ln 2 / 2.
  @inline(__always)
  private static func reducedExp(_ r: Lanes, _ k: Constants) -> Lanes {
    let c = k.pointee.exp
    var p = all(c.0) * r + all(c.1)
    p = p * r + all(c.2)
    p = p * r + all(c.3)
    p = p * r + all(c.4)
    return p * (r * r) + r
  }

  /// x as n · ln 2 + r, with n also as the low bits of `shifted`.
  @inline(__always)
  private static func reduced(_ x: Lanes, _ k: Constants) -> (shifted: Lanes, r: Lanes) {
    let shifted = x * all(k.pointee.inverseLn2) + all(k.pointee.rounder)
    let n = shifted - all(k.pointee.rounder)
    return (shifted, (x - n * all(k.pointee.ln2High)) - n * all(k.pointee.ln2Low))
  }

  /// 2^n for -127 < n < 128.
  @inline(__always)
  private static func power(_ n: SIMD4<Int32>, _ k: Constants) -> Lanes {
    Lanes(bits: ck_shiftLeft23(n &+ SIMD4<Int32>(repeating: k.pointee.bias)))
  }

  @inline(__always)
  private func exponential(_ k: Constants) -> Lanes {
    let (shifted, r) = Lanes.reduced(atLeast(all(k.pointee.expLowest)).atMost(all(k.pointee.expHighest)), k)
    // 2^n in two factors, since n goes from -150 to 128.
    let n = shifted.bits &- all(k.pointee.rounder).bits
    let half = ck_shiftRight1(n)
    return (Lanes.reducedExp(r, k) + all(k.pointee.one)) * Lanes.power(half, k) * Lanes.power(n &- half, k)
  }

  /// e^x, within 1 ulp; 0 and infinity where it leaves the range, subnormal results included.
  @inline(__always) var exponential: Lanes { exponential(ck_coefficients()) }

  /// e^x for -87 ≤ x ≤ 88 only, in fewer steps.
  @inline(__always)
  private func exponentialInRange(_ k: Constants) -> Lanes {
    let (shifted, r) = Lanes.reduced(self, k)
    return (Lanes.reducedExp(r, k) + all(k.pointee.one)) * Lanes.power(shifted.bits, k)
  }

  /// e^x - 1 for x ≤ 0, within 2 ulp.
  @inline(__always) var exponentialLess1: Lanes {
    // With e^r - 1 for the reduced r, which loses nothing near zero; below -87 it is -1.
    let k: Constants = ck_coefficients()
    let (shifted, r) = Lanes.reduced(atLeast(all(k.pointee.expm1Lowest)), k)
    let scale = Lanes.power(shifted.bits, k)
    return Lanes.reducedExp(r, k) * scale + (scale - all(k.pointee.one))
  }

  /// log(1 + f) + exponent · ln 2 for √½ - 1 ≤ f ≤ √2 - 1.
  @inline(__always)
  private static func reducedLog(_ f: Lanes, _ exponent: Lanes, _ k: Constants) -> Lanes {
    let c = k.pointee.log
    var p = all(c.0) * f + all(c.1)
    p = p * f + all(c.2)
    p = p * f + all(c.3)
    p = p * f + all(c.4)
    p = p * f + all(c.5)
    p = p * f + all(c.6)
    p = p * f + all(c.7)
    let square = f * f
    let tail = (p * f) * square + exponent * all(k.pointee.ln2Low)
    return (f + (tail - square * all(k.pointee.half))) + exponent * all(k.pointee.ln2High)
  }

  /// The natural logarithm, within 1 ulp; -infinity of zeros, NaN below.
  @inline(__always) var logarithm: Lanes {
    let k: Constants = ck_coefficients()
    let tiny = isLess(all(k.pointee.smallestNormal))
    let x = Lanes.select(tiny, self * all(k.pointee.twoTo23), self)
    let exponent = ck_shiftRight23(x.bits &- SIMD4<Int32>(repeating: k.pointee.sqrtHalf))
    let f = Lanes(bits: x.bits &- ck_shiftLeft23(exponent)) - all(k.pointee.one)
    let scale = Lanes(converting: exponent) - Lanes(bits: tiny & all(k.pointee.twentyThree).bits)
    var result = Lanes.reducedLog(f, scale, k)
    let infinity = all(k.pointee.infinity)
    let zero = all(k.pointee.zero)
    result = Lanes.select(isEqual(infinity), infinity, result)
    result = Lanes.select(isEqual(zero), -infinity, result)
    // Not at least zero: negative or NaN.
    return Lanes.select(zero.isAtMost(self), result, all(k.pointee.nan))
  }

  /// The hyperbolic tangent, within 3 ulp.
  @inline(__always) var hyperbolicTangent: Lanes {
    // (e^2x - 1) / (e^2x + 1), with e^2x - 1 = 2^n (e^r - 1) + (2^n - 1), which loses nothing near zero.
    let k: Constants = ck_coefficients()
    let x = magnitudes.atMost(all(k.pointee.tanhHighest))
    let (shifted, r) = Lanes.reduced(x + x, k)
    let scale = Lanes.power(shifted.bits, k)
    let less = Lanes.reducedExp(r, k) * scale + (scale - all(k.pointee.one))
    return (less / (less + all(k.pointee.two))).withSigns(of: self)
  }

  /// 1 / (1 + e^-x), within 2 ulp where the result is a normal number.
  @inline(__always) var sigmoid: Lanes {
    let k: Constants = ck_coefficients()
    let one = all(k.pointee.one)
    return one / (one + (-self).exponential(k))
  }

  /// x / (1 + e^-x)
  @inline(__always) var silu: Lanes { self * sigmoid }

  /// The error function, within 2 ulp.
  @inline(__always) var errorFunction: Lanes { errorFunction(ck_coefficients()) }

  @inline(__always)
  private func errorFunction(_ k: Constants) -> Lanes {
    let x = magnitudes
    // Near zero x · P(x²), farther out 1 - e^-Q(x).
    let square = x * x
    let c = k.pointee.erf
    var p = all(c.0) * square + all(c.1)
    p = p * square + all(c.2)
    p = p * square + all(c.3)
    p = p * square + all(c.4)
    p = p * square + all(c.5)
    let near = p * x + x
    let y = x.atMost(all(k.pointee.erfHighest))
    let d = k.pointee.erfc
    var q = all(d.0) * y + all(d.1)
    q = q * y + all(d.2)
    q = q * y + all(d.3)
    q = q * y + all(d.4)
    q = q * y + all(d.5)
    q = q * y + all(d.6)
    let far = all(k.pointee.one) - (-q).exponentialInRange(k)
    return Lanes.select(x.isLess(all(k.pointee.erfBorder)), near, far).withSigns(of: self)
  }

  /// x · (1 + erf(x / √2)) / 2, within 4 ulp or 1e-7; near zero at -infinity, as its limit is.
  @inline(__always) var gelu: Lanes {
    // max(x, 0) - |x| · 2^P(|x|), where 2^P is the share of a normal distribution that lies beyond.
    let k: Constants = ck_coefficients()
    let x = magnitudes.atMost(all(k.pointee.geluHighest))
    let c = k.pointee.tail
    let square = x * x
    let fourth = square * square
    let high = pair(c.1, c.2, x) * square + pair(c.3, c.4, x)
    let low = pair(c.5, c.6, x) * square + pair(c.7, c.8, x)
    let p = (all(c.0) * fourth + high) * fourth + low
    let shifted = p + all(k.pointee.rounder)
    let r = p - (shifted - all(k.pointee.rounder))
    let d = k.pointee.exp2
    var q = all(d.0) * r + all(d.1)
    q = q * r + all(d.2)
    q = q * r + all(d.3)
    q = q * r + all(d.4)
    let tail = (q * r + all(k.pointee.one)) * Lanes.power(shifted.bits, k)
    return atLeast(all(k.pointee.zero)) - x * tail
  }

  /// x · (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
  @inline(__always) var geluTanh: Lanes {
    let k: Constants = ck_coefficients()
    let cube = self * self * self
    let inner = (self + cube * all(k.pointee.geluCube)) * all(k.pointee.geluScale)
    return self * all(k.pointee.half) * (all(k.pointee.one) + inner.hyperbolicTangent)
  }

  /// log(1 + e^x), within 2 ulp.
  @inline(__always) var softplus: Lanes {
    // max(x, 0) + log(1 + y) with y = e^-|x| in 0...1; from y = √2 - 1 on, half of 1 + y, which is exact too.
    let k: Constants = ck_coefficients()
    let one = all(k.pointee.one)
    let y = (-magnitudes).exponential(k)
    let small = y.isLess(all(k.pointee.sqrt2Less1))
    let f = Lanes.select(small, y, (y - one) * all(k.pointee.half))
    let exponent = Lanes.select(small, all(k.pointee.zero), one)
    return atLeast(all(k.pointee.zero)) + Lanes.reducedLog(f, exponent, k)
  }

  /// Sine (quadrant 0) or cosine (quadrant 1) within 2.5 ulp; beyond ±100,000 lane by lane in double precision.
  @inline(__always)
  private func circular(_ quadrant: Int32) -> Lanes {
    let k: Constants = ck_coefficients()
    let inRange = magnitudes.isAtMost(all(k.pointee.circularHighest))
    if inRange[0] & inRange[1] & inRange[2] & inRange[3] == 0 { return circularByLane(quadrant) }
    let shifted = self * all(k.pointee.twoOverPi) + all(k.pointee.rounder)
    let n = shifted - all(k.pointee.rounder)
    // π/2 in parts of eight bits, so that n times a part is exact, and what is left of it.
    let parts = k.pointee.halfPi
    var r = self - n * all(parts.0)
    r -= n * all(parts.1)
    r -= n * all(parts.2)
    r -= n * all(parts.3)
    let square = r * r
    let s = k.pointee.sin
    let sine = ((all(s.0) * square + all(s.1)) * square + all(s.2)) * square * r + r
    let c = k.pointee.cos
    let even = ((all(c.0) * square + all(c.1)) * square + all(c.2)) * square * square
    let cosine = (even - square * all(k.pointee.half)) + all(k.pointee.one)
    let turn = shifted.bits &+ SIMD4<Int32>(repeating: quadrant)
    let odd = SIMD4<Int32>(repeating: 0) &- (turn & SIMD4<Int32>(repeating: 1))
    let sign = (turn & SIMD4<Int32>(repeating: 2)) &<< SIMD4<Int32>(repeating: 30)
    return Lanes(bits: Lanes.select(odd, cosine, sine).bits ^ sign)
  }

  @inline(never)
  private func circularByLane(_ quadrant: Int32) -> Lanes {
    var result = self
    for i in 0..<4 { result[i] = Float(quadrant == 0 ? CMath.sin(Double(self[i])) : CMath.cos(Double(self[i]))) }
    return result
  }

  @inline(__always) var sine: Lanes { circular(0) }
  @inline(__always) var cosine: Lanes { circular(1) }
}

// The same over arrays. `target` may be `source`.

public func exp(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_EXP, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.exponential }
}

public func log(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.logarithm }
}

public func tanh(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_TANH, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.hyperbolicTangent }
}

public func sigmoid(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_SIGMOID, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.sigmoid }
}

public func silu(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_SILU, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.silu }
}

public func erf(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_ERF, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.errorFunction }
}

public func gelu(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_GELU, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.gelu }
}

public func geluTanh(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  if mapWide(CK_GELU_TANH, source, target, count) { return }
  mapLanes(source, into: target, count: count) { $0.geluTanh }
}

public func softplus(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.softplus }
}

public func sin(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.sine }
}

public func cos(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.cosine }
}
