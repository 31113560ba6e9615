import Tensors

extension Tensor {
  /// Element `i` of a float32 or float64 tensor.
  func real(_ i: Int) -> Double {
    type == .float64
      ? bytes.load(fromByteOffset: i * 8, as: Double.self) : Double(bytes.load(fromByteOffset: i * 4, as: Float.self))
  }

  /// Sets element `i` of a float32 or float64 tensor.
  func setReal(_ i: Int, _ value: Double) {
    if type == .float64 {
      bytes.storeBytes(of: value, toByteOffset: i * 8, as: Double.self)
    } else {
      bytes.storeBytes(of: Float(value), toByteOffset: i * 4, as: Float.self)
    }
  }
}

extension TypeSet {
  /// What signals are made of.
  static let reals: TypeSet = [.init(.float32), .init(.float64)]
}
