import CKernels

// Functions of four values at once. Each is a reduction of the argument, a polynomial fitted here for least largest
// error (written as the shortest decimals of its float32 coefficients), and arithmetic that no host fuses: the bits
// are the same natively and on wasm. Largest errors over all or many float32 are measured in the tests.

extension SIMD4<Float> {
  /// A value whose float32 neighbours are 1 apart: adding it rounds to the nearest integer, ties to even.
  @inline(__always) private static var rounder: Lanes { Lanes(repeating: 0x1.8p23) }

  /// e^r - 1 for |r| ≤ ln 2 / 2.
  @inline(__always)
  private static func reducedExp(_ r: Lanes) -> Lanes {
    var p = Lanes(repeating: 0.0013814174)
    p = p * r + Lanes(repeating: 0.008368921)
    p = p * r + Lanes(repeating: 0.041668408)
    p = p * r + Lanes(repeating: 0.1666652)
    p = p * r + Lanes(repeating: 0.49999994)
    return p * (r * r) + r
  }

  /// x as n · ln 2 + r, with n also as the low bits of `shifted`.
  @inline(__always)
  private static func reduced(_ x: Lanes) -> (shifted: Lanes, r: Lanes) {
    let shifted = x * Lanes(repeating: 1.442695) + rounder
    let n = shifted - rounder
    return (shifted, (x - n * Lanes(repeating: 0.693359375)) - n * Lanes(repeating: -2.1219444e-4))
  }

  /// e^x, within 1 ulp; 0 and infinity where it leaves the range, subnormal results included.
  @inline(__always) var exponential: Lanes {
    let (shifted, r) = Lanes.reduced(atLeast(Lanes(repeating: -104)).atMost(Lanes(repeating: 89)))
    // 2^n in two factors, since n goes from -150 to 128.
    let n = shifted.bits &- Lanes.rounder.bits
    let half = ck_shiftRight1(n)
    let bias = SIMD4<Int32>(repeating: 127)
    let first = Lanes(bits: ck_shiftLeft23(half &+ bias))
    let second = Lanes(bits: ck_shiftLeft23((n &- half) &+ bias))
    return (Lanes.reducedExp(r) + Lanes(repeating: 1)) * first * second
  }

  /// e^x for -87 ≤ x ≤ 88 only, in fewer steps.
  @inline(__always) private var exponentialInRange: Lanes {
    let (shifted, r) = Lanes.reduced(self)
    let scale = Lanes(bits: ck_shiftLeft23(shifted.bits &+ SIMD4<Int32>(repeating: 127)))
    return (Lanes.reducedExp(r) + Lanes(repeating: 1)) * scale
  }

  /// log(1 + f) + exponent · ln 2 for √½ - 1 ≤ f ≤ √2 - 1.
  @inline(__always)
  private static func reducedLog(_ f: Lanes, _ exponent: Lanes) -> Lanes {
    var p = Lanes(repeating: -0.076344974)
    p = p * f + Lanes(repeating: 0.12761578)
    p = p * f + Lanes(repeating: -0.13160183)
    p = p * f + Lanes(repeating: 0.14201757)
    p = p * f + Lanes(repeating: -0.16623357)
    p = p * f + Lanes(repeating: 0.20001227)
    p = p * f + Lanes(repeating: -0.2500082)
    p = p * f + Lanes(repeating: 0.3333333)
    let square = f * f
    let tail = (p * f) * square + exponent * Lanes(repeating: -2.1219444e-4)
    return (f + (tail - square * Lanes(repeating: 0.5))) + exponent * Lanes(repeating: 0.693359375)
  }

  /// The natural logarithm, within 2 ulp; -infinity of zeros, NaN below.
  @inline(__always) var logarithm: Lanes {
    let tiny = isLess(Lanes(repeating: 0x1p-126))
    let x = Lanes.select(tiny, self * Lanes(repeating: 0x1p23), self)
    let origin = SIMD4<Int32>(repeating: 0x3f35_04f3)
    let exponent = ck_shiftRight23(x.bits &- origin)
    let f = Lanes(bits: x.bits &- ck_shiftLeft23(exponent)) - Lanes(repeating: 1)
    let scale = Lanes(converting: exponent) - Lanes.select(tiny, Lanes(repeating: 23), Lanes(repeating: 0))
    var result = Lanes.reducedLog(f, scale)
    let infinity = Lanes(repeating: .infinity)
    result = Lanes.select(isEqual(infinity), infinity, result)
    result = Lanes.select(isEqual(Lanes(repeating: 0)), -infinity, result)
    // Neither at least zero: negative or NaN.
    return Lanes.select(Lanes(repeating: 0).isAtMost(self), result, Lanes(repeating: .nan))
  }

  /// The hyperbolic tangent, within 3 ulp.
  @inline(__always) var hyperbolicTangent: Lanes {
    // (e^2x - 1) / (e^2x + 1), with e^2x - 1 = 2^n (e^r - 1) + (2^n - 1), which loses nothing near zero.
    let x = magnitudes.atMost(Lanes(repeating: 9.5))
    let (shifted, r) = Lanes.reduced(x + x)
    let scale = Lanes(bits: ck_shiftLeft23(shifted.bits &+ SIMD4<Int32>(repeating: 127)))
    let less = Lanes.reducedExp(r) * scale + (scale - Lanes(repeating: 1))
    return (less / (less + Lanes(repeating: 2))).withSigns(of: self)
  }

  /// 1 / (1 + e^-x), within 3 ulp where the result is a normal number.
  @inline(__always) var sigmoid: Lanes {
    Lanes(repeating: 1) / (Lanes(repeating: 1) + (-self).exponential)
  }

  /// x / (1 + e^-x)
  @inline(__always) var silu: Lanes { self * sigmoid }

  /// The error function, within 2 ulp.
  @inline(__always) var errorFunction: Lanes {
    let x = magnitudes
    // Near zero x · P(x²), farther out 1 - e^-Q(x).
    let square = x * x
    var p = Lanes(repeating: -0.00062032545)
    p = p * square + Lanes(repeating: 0.0050321813)
    p = p * square + Lanes(repeating: -0.026791463)
    p = p * square + Lanes(repeating: 0.11282455)
    p = p * square + Lanes(repeating: -0.3761255)
    p = p * square + Lanes(repeating: 0.12837911)
    let near = p * x + x
    let y = x.atMost(Lanes(repeating: 3.95))
    var q = Lanes(repeating: -0.00019990123)
    q = q * y + Lanes(repeating: 0.0030819946)
    q = q * y + Lanes(repeating: -0.022381024)
    q = q * y + Lanes(repeating: 0.10425019)
    q = q * y + Lanes(repeating: 0.6368207)
    q = q * y + Lanes(repeating: 1.1278894)
    q = q * y + Lanes(repeating: 0.0001442124)
    let far = Lanes(repeating: 1) - (-q).exponentialInRange
    return Lanes.select(x.isLess(Lanes(repeating: 0.875)), near, far).withSigns(of: self)
  }

  /// x · (1 + erf(x / √2)) / 2
  @inline(__always) var gelu: Lanes {
    self * Lanes(repeating: 0.5) * (Lanes(repeating: 1) + (self * Lanes(repeating: 0.70710678)).errorFunction)
  }

  /// x · (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
  @inline(__always) var geluTanh: Lanes {
    let cube = self * self * self
    let inner = (self + cube * Lanes(repeating: 0.044715)) * Lanes(repeating: 0.7978845608)
    return self * Lanes(repeating: 0.5) * (Lanes(repeating: 1) + inner.hyperbolicTangent)
  }

  /// log(1 + e^x), within 2 ulp.
  @inline(__always) var softplus: Lanes {
    // max(x, 0) + log(1 + y) with y = e^-|x| in 0...1; from y = √2 - 1 on, half of 1 + y, which is exact too.
    let y = (-magnitudes).exponential
    let small = y.isLess(Lanes(repeating: 0.41421356))
    let f = Lanes.select(small, y, (y - Lanes(repeating: 1)) * Lanes(repeating: 0.5))
    let exponent = Lanes.select(small, Lanes(repeating: 0), Lanes(repeating: 1))
    return atLeast(Lanes(repeating: 0)) + Lanes.reducedLog(f, exponent)
  }

  /// Sine (quadrant 0) or cosine (quadrant 1) within 2.5 ulp; beyond ±100,000 lane by lane in double precision.
  @inline(__always)
  private func circular(_ quadrant: Int32) -> Lanes {
    let inRange = magnitudes.isAtMost(Lanes(repeating: 100_000))
    if inRange[0] & inRange[1] & inRange[2] & inRange[3] == 0 { return circularByLane(quadrant) }
    let shifted = self * Lanes(repeating: 0.63661975) + Lanes.rounder
    let n = shifted - Lanes.rounder
    // π/2 in parts of eight bits, so that n times a part is exact, and what is left of it.
    var r = self - n * Lanes(repeating: 1.5703125)
    r -= n * Lanes(repeating: 0.0004825592)
    r -= n * Lanes(repeating: 1.2665987e-06)
    r -= n * Lanes(repeating: 9.920936e-10)
    let square = r * r
    var s = Lanes(repeating: -0.00019516656)
    s = s * square + Lanes(repeating: 0.008332173)
    s = s * square + Lanes(repeating: -0.16666655)
    let sine = s * square * r + r
    var c = Lanes(repeating: 2.443773e-05)
    c = c * square + Lanes(repeating: -0.0013887362)
    c = c * square + Lanes(repeating: 0.041666646)
    let cosine = (c * square * square - square * Lanes(repeating: 0.5)) + Lanes(repeating: 1)
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
  mapLanes(source, into: target, count: count) { $0.exponential }
}

public func log(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.logarithm }
}

public func tanh(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.hyperbolicTangent }
}

public func sigmoid(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.sigmoid }
}

public func silu(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.silu }
}

public func erf(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.errorFunction }
}

public func gelu(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
  mapLanes(source, into: target, count: count) { $0.gelu }
}

public func geluTanh(_ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int) {
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
