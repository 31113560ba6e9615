/// One row of x · cos + (-x[split...], x[..<split]) · sin; in float32 or float64, each product and sum rounded.
@inline(never)
public func rotateHalf(
  _ x: UnsafePointer<Float>, _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>, split: Int, count: Int,
  into y: UnsafeMutablePointer<Float>
) {
  let back = count &- split
  for i in 0..<back { y[i] = x[i] * cosines[i] + -x[split &+ i] * sines[i] }
  for i in back..<count { y[i] = x[i] * cosines[i] + x[i &- back] * sines[i] }
}

public func rotateHalf(
  _ x: UnsafePointer<Double>, _ cosines: UnsafePointer<Double>, _ sines: UnsafePointer<Double>, split: Int, count: Int,
  into y: UnsafeMutablePointer<Double>
) {
  let back = count &- split
  for i in 0..<back { y[i] = x[i] * cosines[i] + -x[split &+ i] * sines[i] }
  for i in back..<count { y[i] = x[i] * cosines[i] + x[i &- back] * sines[i] }
}
