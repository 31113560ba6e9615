import CKernels

/// libm in double precision. A float32 function with no polynomial of its own in Transcendental.swift is the one here
/// rounded once, so that two libraries that differ in a last bit of a double almost never show it.
public enum CMath {
  @inline(__always) public static func sin(_ x: Double) -> Double { ck_sin(x) }
  @inline(__always) public static func cos(_ x: Double) -> Double { ck_cos(x) }
  @inline(__always) public static func tan(_ x: Double) -> Double { ck_tan(x) }
  @inline(__always) public static func asin(_ x: Double) -> Double { ck_asin(x) }
  @inline(__always) public static func acos(_ x: Double) -> Double { ck_acos(x) }
  @inline(__always) public static func atan(_ x: Double) -> Double { ck_atan(x) }
  @inline(__always) public static func sinh(_ x: Double) -> Double { ck_sinh(x) }
  @inline(__always) public static func cosh(_ x: Double) -> Double { ck_cosh(x) }
  @inline(__always) public static func tanh(_ x: Double) -> Double { ck_tanh(x) }
  @inline(__always) public static func asinh(_ x: Double) -> Double { ck_asinh(x) }
  @inline(__always) public static func acosh(_ x: Double) -> Double { ck_acosh(x) }
  @inline(__always) public static func atanh(_ x: Double) -> Double { ck_atanh(x) }
  @inline(__always) public static func exp(_ x: Double) -> Double { ck_exp(x) }
  @inline(__always) public static func expm1(_ x: Double) -> Double { ck_expm1(x) }
  @inline(__always) public static func log(_ x: Double) -> Double { ck_log(x) }
  @inline(__always) public static func log1p(_ x: Double) -> Double { ck_log1p(x) }
  @inline(__always) public static func log2(_ x: Double) -> Double { ck_log2(x) }
  @inline(__always) public static func erf(_ x: Double) -> Double { ck_erf(x) }
  @inline(__always) public static func cbrt(_ x: Double) -> Double { ck_cbrt(x) }
  @inline(__always) public static func gamma(_ x: Double) -> Double { ck_tgamma(x) }
  @inline(__always) public static func pow(_ x: Double, _ y: Double) -> Double { ck_pow(x, y) }
  @inline(__always) public static func fmod(_ x: Double, _ y: Double) -> Double { ck_fmod(x, y) }
  @inline(__always) public static func atan2(_ y: Double, _ x: Double) -> Double { ck_atan2(y, x) }
}
