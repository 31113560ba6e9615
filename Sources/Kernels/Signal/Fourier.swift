/// A discrete Fourier transform in double precision, of any length: split by prime factors, each by its definition.
public struct FourierTransform {
  private let length: Int
  private let sign: Double

  /// The inverse is not divided by the length.
  public init(length: Int, isInverse: Bool) {
    self.length = length
    sign = isInverse ? 1 : -1
  }

  /// Doubles of scratch that `run` needs.
  public var scratchCount: Int { 4 * length }

  /// Transforms `length` complex numbers, [length, 2], in place.
  public func run(_ data: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>) {
    guard length > 1 else { return }
    // e^(sign · 2πi · k / length) for all k, exact to a last bit.
    let roots = scratch
    for k in 0..<length {
      let angle = 2 * Double.pi * Double(k) / Double(length)
      roots[2 * k] = CMath.cos(angle)
      roots[2 * k + 1] = sign * CMath.sin(angle)
    }
    let copy = scratch + 2 * length
    for i in 0..<(2 * length) { copy[i] = data[i] }
    transform(copy, step: 1, count: length, into: data, roots)
  }

  /// Writes the transform of `count` numbers that are `step` apart.
  private func transform(
    _ source: UnsafePointer<Double>, step: Int, count: Int, into target: UnsafeMutablePointer<Double>,
    _ roots: UnsafePointer<Double>
  ) {
    guard count > 1 else {
      (target[0], target[1]) = (source[0], source[1])
      return
    }
    let factor = smallestFactor(count)
    let part = count / factor
    if part == 1 {
      direct(source, step, count, target, roots)
      return
    }
    for i in 0..<factor {
      transform(source + 2 * i * step, step: step * factor, count: part, into: target + 2 * i * part, roots)
    }
    // Joins position k of every part; `factor` is small, and its numbers fit the stack.
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * min(factor, 64)) { joined in
      for k in 0..<part { join(target, k, factor, part, step, roots, joined.baseAddress!) }
    }
  }

  private func join(
    _ target: UnsafeMutablePointer<Double>, _ k: Int, _ factor: Int, _ part: Int, _ step: Int,
    _ roots: UnsafePointer<Double>, _ joined: UnsafeMutablePointer<Double>
  ) {
    for q in 0..<factor {
      var (re, im) = (0.0, 0.0)
      for i in 0..<factor {
        let root = (i * (k + q * part) * step) % length
        let (c, s) = (roots[2 * root], roots[2 * root + 1])
        let (x, y) = (target[2 * (i * part + k)], target[2 * (i * part + k) + 1])
        re += x * c - y * s
        im += x * s + y * c
      }
      joined[2 * q] = re
      joined[2 * q + 1] = im
    }
    for q in 0..<factor {
      target[2 * (q * part + k)] = joined[2 * q]
      target[2 * (q * part + k) + 1] = joined[2 * q + 1]
    }
  }

  private func direct(
    _ source: UnsafePointer<Double>, _ step: Int, _ count: Int, _ target: UnsafeMutablePointer<Double>,
    _ roots: UnsafePointer<Double>
  ) {
    for k in 0..<count {
      var (re, im) = (0.0, 0.0)
      for i in 0..<count {
        let root = (i * k % count) * step
        let (c, s) = (roots[2 * root], roots[2 * root + 1])
        let (x, y) = (source[2 * i * step], source[2 * i * step + 1])
        re += x * c - y * s
        im += x * s + y * c
      }
      target[2 * k] = re
      target[2 * k + 1] = im
    }
  }

  /// A factor that `join` can work with, or `count` itself.
  private func smallestFactor(_ count: Int) -> Int {
    var factor = 2
    while factor * factor <= count, factor <= 64 {
      if count % factor == 0 { return factor }
      factor += 1
    }
    return count
  }
}
