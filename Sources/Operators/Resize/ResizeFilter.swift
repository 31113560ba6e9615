import Kernels
import Tensors

/// The weights of linear and cubic interpolation.
struct ResizeFilter {
  let isCubic: Bool
  /// The `a` of the cubic.
  let a: Double
  /// Whether the filter is stretched where an axis shrinks, so that every input counts.
  let isAntialiased: Bool
  /// Whether what lies outside the input has no weight, instead of that of the edge.
  let excludesOutside: Bool

  /// Input positions to the left of the coordinate that may have weight, its own among them, less one.
  private func reach(_ axis: ResizeAxis) -> Int {
    let stretch = isAntialiased ? max(1, 1 / Double(axis.scale)) : 1
    return Int((Double(isCubic ? 2 : 1) * stretch).rounded(.up))
  }

  func taps(_ axis: ResizeAxis) -> Int { 2 * reach(axis) }

  /// Fills the tables of one axis: [newLength, taps].
  func fill(
    _ axis: ResizeAxis, _ mode: CoordinateMode, indices: UnsafeMutablePointer<Int32>,
    weights: UnsafeMutablePointer<Double>
  ) {
    let (reach, taps) = (reach(axis), taps(axis))
    let stretch = isAntialiased ? min(1, Double(axis.scale)) : 1
    for i in 0..<axis.newLength {
      let x = axis.coordinate(i, mode, as: Double.self)
      let (to, at) = (weights + i * taps, indices + i * taps)
      if mode == .cropAndResize, x < 0 || x > Double(axis.length - 1) {
        for tap in 0..<taps { at[tap] = -1 }
        continue
      }
      let floor = max(-1e9, min(x.rounded(.down), 1e9))
      let first = Int(floor) - reach + 1
      var sum = 0.0
      for tap in 0..<taps {
        let index = first + tap
        var weight = weight((Double(index) - x) * stretch)
        if excludesOutside, index < 0 || index >= axis.length { weight = 0 }
        sum += weight
        to[tap] = weight
        at[tap] = Int32(max(0, min(index, axis.length - 1)))
      }
      if isAntialiased || excludesOutside, sum != 0 {
        for tap in 0..<taps { to[tap] /= sum }
      }
    }
  }

  private func weight(_ distance: Double) -> Double {
    let x = distance.magnitude
    if !isCubic { return max(0, 1 - x) }
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
