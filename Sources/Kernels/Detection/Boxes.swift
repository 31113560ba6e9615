/// A rectangle, from its least to its greatest coordinates.
public struct Box: Sendable {
  public let x0: Float
  public let y0: Float
  public let x1: Float
  public let y1: Float

  /// From [y1, x1, y2, x2] of two opposite corners, or from [x centre, y centre, width, height].
  public init(_ p: UnsafePointer<Float>, isCentered: Bool) {
    if isCentered {
      (x0, x1) = (p[0] - p[2] / 2, p[0] + p[2] / 2)
      (y0, y1) = (p[1] - p[3] / 2, p[1] + p[3] / 2)
    } else {
      (x0, x1) = (min(p[1], p[3]), max(p[1], p[3]))
      (y0, y1) = (min(p[0], p[2]), max(p[0], p[2]))
    }
  }

  private var area: Float { (x1 - x0) * (y1 - y0) }

  /// Whether the shared part of two boxes is more than `threshold` of what they cover together.
  public func overlaps(_ other: Box, beyond threshold: Float) -> Bool {
    let width = min(x1, other.x1) - max(x0, other.x0)
    let height = min(y1, other.y1) - max(y0, other.y0)
    guard width > 0, height > 0, area > 0, other.area > 0 else { return false }
    let shared = width * height
    let covered = area + other.area - shared
    return covered > 0 && shared / covered > threshold
  }
}

/// Averages (or takes the largest) of points sampled inside each cell of a region: [channels, height, width] to
/// [channels, cells, cells].
public struct RoiAlign: Sendable {
  public var height: Int
  public var width: Int
  public var outputHeight: Int
  public var outputWidth: Int
  /// Samples along a cell's side; 0 is as many as elements fit.
  public var samplingRatio: Int
  public var isMax: Bool
  /// Whether a region may be thinner than one element.
  public var allowsThin: Bool

  public init(
    height: Int, width: Int, outputHeight: Int, outputWidth: Int, samplingRatio: Int, isMax: Bool, allowsThin: Bool
  ) {
    self.height = height
    self.width = width
    self.outputHeight = outputHeight
    self.outputWidth = outputWidth
    self.samplingRatio = samplingRatio
    self.isMax = isMax
    self.allowsThin = allowsThin
  }

  /// The region is [x1, y1, x2, y2] in elements.
  public func run(
    _ source: UnsafePointer<Float>, channels: Int, region: SIMD4<Float>, into target: UnsafeMutablePointer<Float>
  ) { align(source, channels: channels, region: region, into: target) }

  /// The same in float64.
  public func run(
    _ source: UnsafePointer<Double>, channels: Int, region: SIMD4<Double>, into target: UnsafeMutablePointer<Double>
  ) { align(source, channels: channels, region: region, into: target) }

  private func align<T: Real & SIMDScalar>(
    _ source: UnsafePointer<T>, channels: Int, region: SIMD4<T>, into target: UnsafeMutablePointer<T>
  ) {
    var (roiWidth, roiHeight) = (region[2] - region[0], region[3] - region[1])
    if !allowsThin { (roiWidth, roiHeight) = (max(roiWidth, 1), max(roiHeight, 1)) }
    let (cellWidth, cellHeight) = (roiWidth / T(outputWidth), roiHeight / T(outputHeight))
    let across = samplingRatio > 0 ? samplingRatio : count(cellWidth)
    let down = samplingRatio > 0 ? samplingRatio : count(cellHeight)
    let total = T(max(across &* down, 1))
    for channel in 0..<channels {
      let plane = source + channel &* height &* width
      for row in 0..<outputHeight {
        for column in 0..<outputWidth {
          var result: T = 0
          for i in 0..<down {
            let y = region[1] + T(row) * cellHeight + (T(i) + 0.5) * cellHeight / T(down)
            for j in 0..<across {
              let x = region[0] + T(column) * cellWidth + (T(j) + 0.5) * cellWidth / T(across)
              let parts = sample(plane, y, x)
              if isMax {
                let largest = max(max(parts[0], parts[1]), max(parts[2], parts[3]))
                result = i == 0 && j == 0 ? largest : max(result, largest)
              } else {
                result += (parts[0] + parts[1]) + (parts[2] + parts[3])
              }
            }
          }
          target[(channel &* outputHeight &+ row) &* outputWidth &+ column] = isMax ? result : result / total
        }
      }
    }
  }

  private func count<T: Real>(_ cell: T) -> Int { cell > 0 && cell < 1e6 ? Int(cell.rounded(.up)) : 0 }

  /// The four neighbours of a point, weighted; zeros far outside.
  private func sample<T: Real & SIMDScalar>(_ plane: UnsafePointer<T>, _ y: T, _ x: T) -> SIMD4<T> {
    guard y >= -1, y <= T(height), x >= -1, x <= T(width) else { return .zero }
    var (y, x) = (max(y, 0), max(x, 0))
    var (top, left) = (Int(y), Int(x))
    var (bottom, right) = (top + 1, left + 1)
    if top >= height - 1 { (top, bottom, y) = (height - 1, height - 1, T(height - 1)) }
    if left >= width - 1 { (left, right, x) = (width - 1, width - 1, T(width - 1)) }
    let (dy, dx) = (y - T(top), x - T(left))
    return SIMD4(
      (1 - dy) * (1 - dx) * plane[top &* width &+ left], (1 - dy) * dx * plane[top &* width &+ right],
      dy * (1 - dx) * plane[bottom &* width &+ left], dy * dx * plane[bottom &* width &+ right])
  }
}
