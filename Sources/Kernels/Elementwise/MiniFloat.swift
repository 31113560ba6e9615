import Tensors

/// A float format of at most eight bits: what it is made of, and the way to and from float32.
///
/// Formats: <https://onnx.ai/onnx/technical/float8.html>, <https://onnx.ai/onnx/technical/float4.html>; those of float6 are
/// in the OCP's MX specification, 5.3.2.
struct MiniFloat {
  enum Rounding {
    /// Ties to even; what lies beyond the largest finite number becomes that number.
    case nearestSaturating
    /// Ties to even; what lies beyond becomes infinity, or NaN where there is none.
    case nearest
    /// To the next power of two away from or towards 0, or the nearer one; e8m0 only.
    case up, down
  }

  private let mantissaBits: Int32
  private let bias: Int32
  /// The bits of the largest finite number.
  private let largest: UInt8
  private let infinity: UInt8?
  private let nan: UInt8?
  private let signBit: UInt8
  /// Whether the bits of -0 mean NaN, and there is no -0.
  private let isUnsignedZero: Bool

  init(_ type: ElementType) {
    switch type {
    case .float8e4m3fn:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (3, 7, 0x7e, nil, 0x7f, 0x80, false)
    case .float8e4m3fnuz:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (3, 8, 0x7f, nil, 0x80, 0x80, true)
    case .float8e5m2:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (2, 15, 0x7b, 0x7c, 0x7f, 0x80, false)
    case .float8e5m2fnuz:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (2, 16, 0x7f, nil, 0x80, 0x80, true)
    case .float4e2m1:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (1, 1, 0x7, nil, nil, 0x8, false)
    case .float6e2m3:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (3, 1, 0x1f, nil, nil, 0x20, false)
    case .float6e3m2:
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (2, 3, 0x1f, nil, nil, 0x20, false)
    default:
      assert(type == .float8e8m0)
      (mantissaBits, bias, largest, infinity, nan, signBit, isUnsignedZero) = (0, 127, 0xfe, nil, 0xff, 0, false)
    }
  }

  func widen(_ bits: UInt8) -> Float {
    if bits == nan { return .nan }
    let sign: Float = bits & signBit != 0 ? -1 : 1
    let magnitude = signBit == 0 ? bits : bits & (signBit - 1)
    if magnitude == infinity { return sign * .infinity }
    if magnitude > largest { return .nan }
    if signBit == 0 { return power(Int32(bits) - 127) }
    let exponent = Int32(magnitude >> UInt8(mantissaBits))
    let fraction = Int32(magnitude) & (1 << mantissaBits - 1)
    let significand = exponent == 0 ? fraction : fraction | 1 << mantissaBits
    return sign * Float(significand) * power(max(exponent, 1) - bias - mantissaBits)
  }

  func narrow(_ value: Float, _ rounding: Rounding) -> UInt8 {
    if value.isNaN { return nan ?? signBit }
    if signBit == 0 { return powerOfTwo(value, rounding) }
    let sign = value.sign == .minus ? signBit : 0
    let magnitude = value.magnitude
    guard magnitude.isFinite else {
      // float4 and float6 have nothing beyond their largest number, whatever is asked for.
      return rounding == .nearest && nan != nil ? beyond(sign) : sign | largest
    }
    // The unit of the last place here; below the smallest normal number it stays the same.
    let exponent = max(magnitude == 0 ? 1 - bias : Int32(magnitude.exponent), 1 - bias)
    let units = (magnitude * power(mantissaBits - exponent)).rounded(.toNearestOrEven)
    // Carries of the significand run into the exponent by themselves.
    let bits = units + Float(exponent - 1 + bias) * power(mantissaBits)
    if bits > Float(largest) { return rounding == .nearest && nan != nil ? beyond(sign) : sign | largest }
    let result = UInt8(bits)
    return isUnsignedZero && result == 0 ? 0 : sign | result
  }

  private func beyond(_ sign: UInt8) -> UInt8 {
    if let infinity { return sign | infinity }
    return isUnsignedZero ? 0x80 : sign | (nan ?? largest)
  }

  /// e8m0: the sign is dropped, and 0 becomes the smallest power.
  private func powerOfTwo(_ value: Float, _ rounding: Rounding) -> UInt8 {
    let bits = value.bitPattern & 0x7fff_ffff
    if bits == 0x7f80_0000 { return rounding == .nearest ? 0xff : largest }
    var exponent = UInt8(bits >> 23)
    let fraction = bits & 0x7f_ffff
    let goesUp =
      switch rounding {
      case .up: fraction != 0
      case .down: false
      // A subnormal number lies above 2^-127 from 0x40_0001 on.
      default: exponent == 0 ? fraction > 0x40_0000 : fraction >= 0x40_0000
      }
    if goesUp, exponent < 0xfe { exponent += 1 } else if goesUp, rounding == .nearest { exponent = 0xff }
    return exponent
  }

  private func power(_ exponent: Int32) -> Float {
    exponent < -126
      ? 0x1p-126 * Float(bitPattern: UInt32(exponent + 253) << 23) : Float(bitPattern: UInt32(exponent + 127) << 23)
  }
}
