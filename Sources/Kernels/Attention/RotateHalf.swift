/// One row of x · cos + (-x[split...], x[..<split]) · sin; in float32 or float64, each product and sum rounded.
@inline(never)
public func rotateHalf(
  _ x: UnsafePointer<Float>, _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>, split: Int, count: Int,
  into y: UnsafeMutablePointer<Float>
) {
  rotate(x, cosines, sines, split, count, y)
}

public func rotateHalf(
  _ x: UnsafePointer<Double>, _ cosines: UnsafePointer<Double>, _ sines: UnsafePointer<Double>, split: Int, count: Int,
  into y: UnsafeMutablePointer<Double>
) {
  rotate(x, cosines, sines, split, count, y)
}

@inline(__always)
private func rotate<T: Real>(
  _ x: UnsafePointer<T>, _ cosines: UnsafePointer<T>, _ sines: UnsafePointer<T>, _ split: Int, _ count: Int,
  _ y: UnsafeMutablePointer<T>
) {
  let back = count &- split
  for i in 0..<back { y[i] = x[i] * cosines[i] + -x[split &+ i] * sines[i] }
  for i in back..<count { y[i] = x[i] * cosines[i] + x[i &- back] * sines[i] }
}
