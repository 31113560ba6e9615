/// x · sigmoid(alpha · x). In place is allowed.
public func quickGelu(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, count: Int, alpha: Float
) {
  let (factor, one) = (Lanes(repeating: alpha), Lanes(repeating: 1))
  mapLanes(source, into: target, count: count) { x in x / (one + (-(x * factor)).exponential) }
}
