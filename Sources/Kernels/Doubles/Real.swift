/// The two types that kernels which need not be fast are written for once: float32 and float64.
///
/// Generic code stays in this module; what is public has a function for each of the two.
protocol Real: BinaryFloatingPoint {
  init(_ x: Double)
  var double: Double { get }
}

extension Float: Real {
  var double: Double { Double(self) }
}

extension Double: Real {
  var double: Double { self }
}
