/// Multiplies every value by its scale, or divides it. In place is allowed.
public func rescale(
  _ platform: Platform, _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>,
  _ layout: QuantizedLayout, by scales: UnsafePointer<Float>, divides: Bool
) {
  layout.forEachRun(platform) { start, count, first, each in
    for i in start..<(start &+ count) {
      let scale = scales[each ? first &+ i &- start : first]
      target[i] = divides ? source[i] / scale : source[i] * scale
    }
  }
}

/// Brings bytes between the bounds of integers of `bits` bits.
public func saturateBytes(_ bytes: UnsafeMutableRawPointer, count: Int, bits: Int, signed: Bool) {
  if signed {
    let (p, half) = (bytes.assumingMemoryBound(to: Int8.self), Int8(1) << Int8(bits - 1))
    for i in 0..<count { p[i] = min(max(p[i], -half), half - 1) }
  } else {
    let (p, high) = (bytes.assumingMemoryBound(to: UInt8.self), UInt8(1) << UInt8(bits) - 1)
    for i in 0..<count { p[i] = min(p[i], high) }
  }
}
