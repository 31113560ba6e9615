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
    // Where samples lie is asked once for all channels: those of a few cells of a row at a time, or some of one cell.
    let room = Tile.byteCount / max(MemoryLayout<SIMD4<T>>.stride, MemoryLayout<SIMD4<Int>>.stride)
    let samples = across.multipliedReportingOverflow(by: down)
    let perCell = samples.overflow ? Int.max : samples.partialValue
    let cells = perCell > 0 && perCell <= room ? room / perCell : 1
    Tile.with { tile in
      Tile.with { otherTile in
        let weights = tile.assumingMemoryBound(to: SIMD4<T>.self)
        let corners = otherTile.assumingMemoryBound(to: SIMD4<Int>.self)
        for row in 0..<outputHeight {
          for first in stride(from: 0, to: outputWidth, by: cells) {
            let here = min(cells, outputWidth &- first)
            let all = perCell &* here
            var done = 0
            repeat {
              let count = min(room, all &- done)
              for k in 0..<count {
                let (cell, sample) = (done &+ k).quotientAndRemainder(dividingBy: perCell)
                let (i, j) = sample.quotientAndRemainder(dividingBy: across)
                let y = region[1] + T(row) * cellHeight + (T(i) + 0.5) * cellHeight / T(down)
                let x = region[0] + T(first &+ cell) * cellWidth + (T(j) + 0.5) * cellWidth / T(across)
                (corners[k], weights[k]) = place(y, x)
              }
              for channel in 0..<channels {
                let plane = source + channel &* height &* width
                let to = target + ((channel &* outputHeight &+ row) &* outputWidth &+ first)
                for cell in 0..<here {
                  var result: T = done == 0 ? 0 : to[cell]
                  let from = cell &* min(perCell, room)
                  for k in from..<from &+ min(perCell, count) {
                    let parts = sample(plane, corners[k], weights[k])
                    if isMax {
                      let largest = max(max(parts[0], parts[1]), max(parts[2], parts[3]))
                      result = done &+ k == from ? largest : max(result, largest)
                    } else {
                      result += (parts[0] + parts[1]) + (parts[2] + parts[3])
                    }
                  }
                  to[cell] = isMax || done &+ count < all ? result : result / total
                }
              }
              done &+= count
            } while done < all
          }
        }
      }
    }
  }

  private func count<T: Real>(_ cell: T) -> Int { cell > 0 && cell < 1e6 ? Int(cell.rounded(.up)) : 0 }

  /// The four neighbours of a point, weighted; zeros far outside.
  @inline(__always)
  private func sample<T: Real & SIMDScalar>(
    _ plane: UnsafePointer<T>, _ corners: SIMD4<Int>, _ weights: SIMD4<T>
  ) -> SIMD4<T> {
    if corners[0] < 0 { return .zero }
    return SIMD4(
      weights[0] * plane[corners[0]], weights[1] * plane[corners[1]], weights[2] * plane[corners[2]],
      weights[3] * plane[corners[3]])
  }

  /// The places of a point's four neighbours, -1 far outside, and their weights.
  private func place<T: Real & SIMDScalar>(_ y: T, _ x: T) -> (SIMD4<Int>, SIMD4<T>) {
    guard y >= -1, y <= T(height), x >= -1, x <= T(width) else { return (SIMD4(repeating: -1), .zero) }
    var (y, x) = (max(y, 0), max(x, 0))
    var (top, left) = (Int(y), Int(x))
    var (bottom, right) = (top + 1, left + 1)
    if top >= height - 1 { (top, bottom, y) = (height - 1, height - 1, T(height - 1)) }
    if left >= width - 1 { (left, right, x) = (width - 1, width - 1, T(width - 1)) }
    let (dy, dx) = (y - T(top), x - T(left))
    return (
      SIMD4(top &* width &+ left, top &* width &+ right, bottom &* width &+ left, bottom &* width &+ right),
      SIMD4((1 - dy) * (1 - dx), (1 - dy) * dx, dy * (1 - dx), dy * dx)
    )
  }
}
