/// Linear attention of one head: a state [keySize, valueSize] is decayed and written to at each step, and read by every
/// query head that shares it.
public struct LinearAttention: Sendable {
  public var keySize: Int
  public var valueSize: Int
  /// Whether what the state already knows of a key is taken from the value.
  public var isDelta: Bool
  public var scale: Float

  public init(keySize: Int, valueSize: Int, isDelta: Bool, scale: Float) {
    self.keySize = keySize
    self.valueSize = valueSize
    self.isDelta = isDelta
    self.scale = scale
  }

  /// Updates the state by one key and value. `decay` is e^ of what is given, [keySize], or one for all if
  /// `decayIsScalar`; nil is no decay. `known` is scratch of [valueSize].
  public func write(
    _ key: UnsafePointer<Float>, _ value: UnsafePointer<Float>, decay: UnsafePointer<Float>?, decayIsScalar: Bool,
    beta: Float, state: UnsafeMutablePointer<Float>, known: UnsafeMutablePointer<Float>
  ) {
    if let decay {
      for i in 0..<keySize {
        let factor = Float(CMath.exp(Double(decay[decayIsScalar ? 0 : i])))
        for j in 0..<valueSize { state[i &* valueSize &+ j] *= factor }
      }
    }
    for j in 0..<valueSize { known[j] = 0 }
    if isDelta {
      for i in 0..<keySize { for j in 0..<valueSize { known[j] += state[i &* valueSize &+ j] * key[i] } }
    }
    for j in 0..<valueSize { known[j] = beta * (value[j] - known[j]) }
    for i in 0..<keySize { for j in 0..<valueSize { state[i &* valueSize &+ j] += key[i] * known[j] } }
  }

  /// scale · query · state
  public func read(
    _ query: UnsafePointer<Float>, state: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>
  ) {
    for j in 0..<valueSize { target[j] = 0 }
    for i in 0..<keySize { for j in 0..<valueSize { target[j] += query[i] * state[i &* valueSize &+ j] } }
    for j in 0..<valueSize { target[j] *= scale }
  }
}
