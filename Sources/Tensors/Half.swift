/// The 16-bit float formats as bit patterns. Arithmetic is done in float32 and rounded once.
public enum Half {
  /// IEEE binary16 to float32, exact.
  @inline(__always)
  public static func widen(_ bits: UInt16) -> Float {
    let sign = UInt32(bits & 0x8000) << 16
    let magnitude = UInt32(bits & 0x7fff)
    if magnitude >= 0x7c00 { return Float(bitPattern: sign | 0x7f80_0000 | (magnitude & 0x3ff) << 13) }
    if magnitude >= 0x0400 { return Float(bitPattern: sign | (magnitude << 13) &+ 0x3800_0000) }
    // Subnormal: the magnitude counts units of 2^-24.
    let value = Float(magnitude) * 0x1p-24
    return Float(bitPattern: sign | value.bitPattern)
  }

  /// float32 to IEEE binary16, ties to even, overflow to infinity; NaN is one bit pattern.
  @inline(__always)
  public static func narrow(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    let sign = UInt16(truncatingIfNeeded: (bits >> 16) & 0x8000)
    let magnitude = bits & 0x7fff_ffff
    if magnitude > 0x7f80_0000 { return 0x7e00 }
    if magnitude >= 0x477f_f000 { return sign | 0x7c00 }
    if magnitude < 0x3880_0000 {
      // Adding 0.5 aligns the result's last bit with the float's: the hardware rounds to even.
      let aligned = Float(bitPattern: magnitude) + 0.5
      return sign | UInt16(truncatingIfNeeded: aligned.bitPattern &- 0x3f00_0000)
    }
    let odd = (magnitude >> 13) & 1
    return sign | UInt16(truncatingIfNeeded: (magnitude &- 0x3800_0000 &+ 0xfff &+ odd) >> 13)
  }
}

/// bfloat16: the upper half of a float32.
public enum BFloat16 {
  @inline(__always)
  public static func widen(_ bits: UInt16) -> Float { Float(bitPattern: UInt32(bits) << 16) }

  /// float32 to bfloat16, ties to even; NaN is one bit pattern.
  @inline(__always)
  public static func narrow(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if bits & 0x7fff_ffff > 0x7f80_0000 { return 0x7fc0 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7fff &+ ((bits >> 16) & 1)) >> 16)
  }
}
