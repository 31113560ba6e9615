/// One channel of a convolution that looks back only: y[i] = bias + Σ w[k] · x[i + k - kernel + 1], where positions
/// before
/// the first are those of `past` [kernel - 1], or zeros. `present` gets the last kernel - 1 positions.
public func causalConvolution(
  _ source: UnsafePointer<Float>, past: UnsafePointer<Float>?, length: Int, weights: UnsafePointer<Float>, kernel: Int,
  bias: Float, into target: UnsafeMutablePointer<Float>, present: UnsafeMutablePointer<Float>?
) {
  let state = kernel - 1
  let value = { (i: Int) -> Float in i >= state ? source[i &- state] : past?[i] ?? 0 }
  for i in 0..<length {
    var sum: Float = 0
    for k in 0..<kernel { sum += weights[k] * value(i &+ k) }
    target[i] = sum + bias
  }
  if let present { for i in 0..<state { present[i] = value(length &+ i) } }
}
