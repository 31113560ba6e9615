/// Samples [batch, channels, spatial] at the points of a grid [batch, points, rank], whose coordinates run from -1 to 1
/// and come innermost axis first.
public struct GridSample: Sendable {
  public enum Mode: Sendable { case nearest, linear, cubic }
  public enum Padding: Sendable { case zeros, border, reflection }

  public var mode: Mode
  public var padding: Padding
  /// Whether -1 and 1 are the centres of the outermost elements rather than their outer edges.
  public var alignsCorners: Bool

  public init(mode: Mode, padding: Padding, alignsCorners: Bool) {
    self.mode = mode
    self.padding = padding
    self.alignsCorners = alignsCorners
  }

  private var taps: Int { mode == .nearest ? 1 : mode == .linear ? 2 : 4 }

  /// `dims` are the spatial ones, at most three of them.
  public func run(
    _ platform: Platform, _ source: UnsafePointer<Float>, batch: Int, channels: Int, dims: [Int],
    grid: UnsafePointer<Float>, points: Int, into target: UnsafeMutablePointer<Float>
  ) {
    sampleAll(
      platform, source, batch: batch, channels: channels, dims: dims, grid: grid, points: points, into: target)
  }

  /// The same in float64.
  public func run(
    _ platform: Platform, _ source: UnsafePointer<Double>, batch: Int, channels: Int, dims: [Int],
    grid: UnsafePointer<Double>, points: Int, into target: UnsafeMutablePointer<Double>
  ) {
    sampleAll(
      platform, source, batch: batch, channels: channels, dims: dims, grid: grid, points: points, into: target)
  }

  private func sampleAll<T: Real>(
    _ platform: Platform, _ source: UnsafePointer<T>, batch: Int, channels: Int, dims: [Int],
    grid: UnsafePointer<T>, points: Int, into target: UnsafeMutablePointer<T>
  ) {
    let rank = dims.count
    // [depth, height, width], where what a lower rank lacks has one element.
    let size = SIMD4<Int>(rank > 2 ? dims[rank - 3] : 1, rank > 1 ? dims[rank - 2] : 1, dims[rank - 1], 0)
    let plane = size[0] * size[1] * size[2]
    platform.parallelRanges(batch * points, grain: max(1, 2048 / (channels + 1))) { range in
      // For each axis up to four indices and weights.
      withUnsafeTemporaryAllocation(of: Int.self, capacity: 12) { indices in
        withUnsafeTemporaryAllocation(of: T.self, capacity: 12) { weights in
          for i in range {
            let (item, point) = i.quotientAndRemainder(dividingBy: points)
            for axis in 0..<3 {
              if axis < 3 - rank {
                indices[4 * axis] = 0
                weights[4 * axis] = 1
              } else {
                place(
                  grid[i &* rank &+ (2 - axis)], size[axis], indices.baseAddress! + 4 * axis,
                  weights.baseAddress! + 4 * axis)
              }
            }
            for channel in 0..<channels {
              let image = item &* channels &+ channel
              target[image &* points &+ point] = sum(
                source + image &* plane, size, 3 - rank, indices.baseAddress!, weights.baseAddress!)
            }
          }
        }
      }
    }
  }

  /// The weighted elements of one channel around a point.
  private func sum<T: Real>(
    _ source: UnsafePointer<T>, _ size: SIMD4<Int>, _ missing: Int, _ indices: UnsafePointer<Int>,
    _ weights: UnsafePointer<T>
  ) -> T {
    var total: T = 0
    for z in 0..<(missing > 0 ? 1 : taps) {
      var plane: T = 0
      for y in 0..<(missing > 1 ? 1 : taps) {
        var row: T = 0
        for x in 0..<taps {
          let (iz, iy, ix) = (indices[z], indices[4 &+ y], indices[8 &+ x])
          if iz < 0 || iy < 0 || ix < 0 { continue }
          row += weights[8 &+ x] * source[(iz &* size[1] &+ iy) &* size[2] &+ ix]
        }
        plane += weights[4 &+ y] * row
      }
      total += weights[z] * plane
    }
    return total
  }

  /// The elements of one axis that a coordinate is made of; -1 is a zero beyond the edge.
  private func place<T: Real>(
    _ coordinate: T, _ size: Int, _ indices: UnsafeMutablePointer<Int>, _ weights: UnsafeMutablePointer<T>
  ) {
    let length = T(size)
    var x = alignsCorners ? (coordinate + 1) / 2 * (length - 1) : ((coordinate + 1) * length - 1) / 2
    // What is no number lies far outside.
    if !(x.magnitude < 1e9) { x = x > 0 ? 1e9 : -1e9 }
    if mode == .nearest { x = x.rounded(.toNearestOrEven) }
    let (low, high): (T, T) = alignsCorners ? (0, length - 1) : (-0.5, length - 0.5)
    if x < low || x > high {
      switch padding {
      case .zeros: break
      case .border: x = min(max(x, 0), length - 1)
      case .reflection: x = reflected(x, low, high)
      }
    }
    let floor = x.rounded(.down)
    let t = x - floor
    switch mode {
    case .nearest:
      indices[0] = index(Int(x), size, low, high)
      weights[0] = 1
    case .linear:
      for i in 0..<2 { indices[i] = index(Int(floor) + i, size, low, high) }
      (weights[0], weights[1]) = (1 - t, t)
    case .cubic:
      for i in 0..<4 { indices[i] = index(Int(floor) + i - 1, size, low, high) }
      weights[0] = GridSample.cubicWeight(t + 1)
      weights[1] = GridSample.cubicWeight(t)
      weights[2] = GridSample.cubicWeight(1 - t)
      weights[3] = GridSample.cubicWeight(2 - t)
    }
  }

  /// What an element weighs that is 0 to 2 away.
  private static func cubicWeight<T: Real>(_ d: T) -> T {
    let a: T = -0.75
    if d > 1 { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a }
    return ((a + 2) * d - (a + 3)) * d * d + 1
  }

  private func index<T: Real>(_ i: Int, _ size: Int, _ low: T, _ high: T) -> Int {
    if i >= 0 && i < size { return i }
    switch padding {
    case .zeros: return -1
    case .border: return min(max(i, 0), size - 1)
    case .reflection: return min(max(Int(reflected(T(i), low, high)), 0), size - 1)
    }
  }

  /// Thrown back at the edges until it lies between them.
  private func reflected<T: Real>(_ x: T, _ low: T, _ high: T) -> T {
    let range = high - low
    guard range > 0, x < low || x > high else { return range > 0 ? x : low }
    let distance = x < low ? low - x : x - high
    let count = (distance / range).rounded(.towardZero)
    let rest = distance - count * range
    let isEven = count.truncatingRemainder(dividingBy: 2) == 0
    return (x < low) == isEven ? low + rest : high - rest
  }
}
