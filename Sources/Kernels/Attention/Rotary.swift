/// Turns `half` pairs of one head by the angles of `cosines` and `sines`; the rest is copied. A pair is two neighbours
/// if `interleaved`, else values `half` apart. In place is allowed.
public func rotate(
  _ source: UnsafePointer<Float>, into target: UnsafeMutablePointer<Float>, size: Int, half: Int,
  cosines: UnsafePointer<Float>, sines: UnsafePointer<Float>, interleaved: Bool
) {
  if interleaved {
    for i in 0..<half {
      let (x, y) = (source[2 &* i], source[2 &* i &+ 1])
      target[2 &* i] = x * cosines[i] - y * sines[i]
      target[2 &* i &+ 1] = x * sines[i] + y * cosines[i]
    }
  } else {
    for i in 0..<half {
      let (x, y) = (source[i], source[half &+ i])
      target[i] = x * cosines[i] - y * sines[i]
      target[half &+ i] = x * sines[i] + y * cosines[i]
    }
  }
  for i in (2 &* half)..<max(size, 2 &* half) { target[i] = source[i] }
}
