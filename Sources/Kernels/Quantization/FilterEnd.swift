import CKernels

/// What becomes of the sums of a convolution of bytes: int32 as they are, or, where there are scales, bytes of
/// round((sum + bias) · scale + offset) + zero point.
public struct FilterEnd {
  /// Int32, or bytes: [batch, filters, positions].
  public var target: UnsafeMutableRawPointer
  /// For each filter, and so are the others.
  public var scales: UnsafePointer<Float>?
  public var offsets: UnsafePointer<Float>?
  public var biases: UnsafePointer<Int32>?
  public var requantizer = Requantizer(zeroPoint: 0, isSigned: true)

  public init(_ target: UnsafeMutableRawPointer) { self.target = target }

  /// Stores `count` sums of a filter from element `place` on: sums less `terms` plus `addend`. Both may be read up to
  /// the next multiple of 16.
  func store(
    _ sums: UnsafePointer<Int32>, less terms: UnsafePointer<Int32>, plus addend: Int32, count: Int, filter: Int,
    at place: Int
  ) {
    let addends = SIMD4(repeating: addend &+ (biases?[filter] ?? 0))
    let (sums, terms) = (UnsafeRawPointer(sums), UnsafeRawPointer(terms))
    let four = { (i: Int) -> SIMD4<Int32> in
      (sums + 4 &* i).loadUnaligned(as: SIMD4<Int32>.self) &- (terms + 4 &* i).loadUnaligned(as: SIMD4<Int32>.self)
        &+ addends
    }
    var i = 0
    guard let scales else {
      let to = target + 4 &* place
      while i &+ 4 <= count {
        (to + 4 &* i).storeBytes(of: four(i), as: SIMD4<Int32>.self)
        i &+= 4
      }
      let rest = four(i)
      for j in 0..<(count &- i) { (to + 4 &* (i &+ j)).storeBytes(of: rest[j], as: Int32.self) }
      return
    }
    let (scale, offset) = (Lanes(repeating: scales[filter]), Lanes(repeating: offsets?[filter] ?? 0))
    let end = requantizer
    while i < count {
      end.store(
        end.signed(Lanes(converting: four(i)) * scale + offset),
        end.signed(Lanes(converting: four(i &+ 4)) * scale + offset),
        end.signed(Lanes(converting: four(i &+ 8)) * scale + offset),
        end.signed(Lanes(converting: four(i &+ 12)) * scale + offset), target + (place &+ i), count: count &- i)
      i &+= 16
    }
  }

  /// Stores the first `count` of eight sums, biases among them, from element `place` on.
  @inline(__always)
  func store(
    _ low: SIMD4<Int32>, _ high: SIMD4<Int32>, _ scale: Lanes, _ offset: Lanes, at place: Int, count: Int
  ) {
    guard scales != nil else {
      let to = (target + 4 &* place).assumingMemoryBound(to: Int32.self)
      for i in 0..<count { to[i] = i < 4 ? low[i] : high[i &- 4] }
      return
    }
    requantizer.store(
      requantizer.signed(Lanes(converting: low) * scale + offset),
      requantizer.signed(Lanes(converting: high) * scale + offset), target + place, count: count)
  }
}
