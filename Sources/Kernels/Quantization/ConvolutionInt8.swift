/// A convolution of bytes in int32: [batch, groups · channels, spatial] with [groups · filters, channels, kernel].
///
/// Positions are taken a chunk at a time: their windows become a matrix [channels · kernel, chunk], which is the right
/// factor of a product with the weights. Padding is the input's zero point.
public struct ConvolutionInt8 {
  /// A matrix of bytes and its zero points: nil is 0.
  public struct Operand {
    public var bytes: UnsafePointer<UInt8>
    public var isSigned: Bool
    public var zeros: UnsafePointer<UInt8>?
    /// Weights only: a zero point for each filter.
    public var zeroPerFilter: Bool

    public init(
      _ bytes: UnsafeRawPointer, isSigned: Bool, zeros: UnsafeRawPointer?, zeroPerFilter: Bool = false
    ) {
      self.bytes = bytes.assumingMemoryBound(to: UInt8.self)
      self.isSigned = isSigned
      self.zeros = zeros?.assumingMemoryBound(to: UInt8.self)
      self.zeroPerFilter = zeroPerFilter
    }
  }

  /// Bytes of a chunk's matrix that stay in a second-level cache.
  private static let chunkByteCount = 1 << 17

  private let batch: Int
  private let groups: Int
  private let channels: Int
  private let filters: Int
  private let window: Window
  private let depth: Int
  private let chunk: Int

  /// `channels` and `filters` are those of one group.
  public init(batch: Int, groups: Int, channels: Int, filters: Int, window: Window) {
    self.batch = batch
    self.groups = groups
    self.channels = channels
    self.filters = filters
    self.window = window
    depth = channels * window.kernel.count
    let positions = window.output.count
    chunk = min((positions + 7) / 8 * 8, max(64, ConvolutionInt8.chunkByteCount / max(depth, 1) / 8 * 8))
  }

  private var columnsByteCount: Int { (depth * chunk + 15) / 16 * 16 }
  private var packedByteCount: Int { (Int8Pack.rightCount(k: depth, n: chunk, group: 4) + 15) / 16 * 16 }
  private var slotByteCount: Int {
    columnsByteCount + packedByteCount + (Int8Pack.scratchByteCount(m: filters, k: depth) + 15) / 16 * 16
  }

  public func scratchByteCount(threadCount: Int) -> Int { slotByteCount * threadCount }

  /// Writes sums, [batch, groups · filters, positions].
  public func run(
    _ platform: Platform, _ input: Operand, weights: Operand, into sums: UnsafeMutablePointer<Int32>,
    scratch: UnsafeMutableRawPointer
  ) {
    let positions = window.output.count
    guard batch * groups * filters > 0, positions > 0 else { return }
    let chunks = (positions + chunk - 1) / chunk
    platform.parallelFor(batch * groups * chunks) { index, slot in
      let (image, part) = index.quotientAndRemainder(dividingBy: chunks)
      let group = image % groups
      let range = part * chunk..<min(positions, (part + 1) * chunk)
      let columns = (scratch + slot * slotByteCount).assumingMemoryBound(to: UInt8.self)
      let packed = UnsafeMutableRawPointer(columns + columnsByteCount).assumingMemoryBound(to: Int8.self)
      fill(columns, range, input.bytes + image * channels * window.input.count, padding: input.zeros?[0] ?? 0)
      packRightInt8(
        columns, rows: 0..<depth, k: depth, n: range.count, signed: input.isSigned,
        group: Int8Pack.group(platform), into: packed)
      gemmInt8(
        platform.alone, m: filters, n: range.count, k: depth, weights.bytes + group * filters * depth, stride: depth,
        aSigned: weights.isSigned, aZeros: weights.zeros.map { weights.zeroPerFilter ? $0 + group * filters : $0 },
        aZeroPerRow: weights.zeroPerFilter, packed: packed, bSigned: input.isSigned, bZeros: input.zeros,
        into: sums + image * filters * positions + range.lowerBound, ldc: positions,
        scratch: UnsafeMutableRawPointer(packed) + packedByteCount)
    }
  }

  /// The windows of output positions `range` as columns.
  private func fill(
    _ columns: UnsafeMutablePointer<UInt8>, _ range: Range<Int>, _ image: UnsafePointer<UInt8>, padding: UInt8
  ) {
    let (kernel, size) = (window.kernel, window.input)
    var to = columns
    for channel in 0..<channels {
      let plane = image + channel &* size.count
      for z in 0..<kernel.d {
        for y in 0..<kernel.h {
          for x in 0..<kernel.w {
            fillTap(to, range, plane, Extent(z, y, x), padding)
            to += range.count
          }
        }
      }
    }
  }

  /// What one tap of the kernel sees at each position.
  private func fillTap(
    _ target: UnsafeMutablePointer<UInt8>, _ range: Range<Int>, _ plane: UnsafePointer<UInt8>, _ tap: Extent,
    _ padding: UInt8
  ) {
    let (size, output) = (window.input, window.output)
    let left = tap.w &* window.dilation.w &- window.before.w
    var position = range.lowerBound
    while position < range.upperBound {
      let (row, first) = position.quotientAndRemainder(dividingBy: output.w)
      let (z, y) = row.quotientAndRemainder(dividingBy: output.h)
      let count = min(output.w &- first, range.upperBound &- position)
      let to = target + (position &- range.lowerBound)
      let fromZ = z &* window.stride.d &- window.before.d &+ tap.d &* window.dilation.d
      let fromY = y &* window.stride.h &- window.before.h &+ tap.h &* window.dilation.h
      if fromZ < 0 || fromZ >= size.d || fromY < 0 || fromY >= size.h {
        for i in 0..<count { to[i] = padding }
      } else {
        let from = plane + (fromZ &* size.h &+ fromY) &* size.w
        var fromX = first &* window.stride.w &+ left
        for i in 0..<count {
          to[i] = fromX >= 0 && fromX < size.w ? from[fromX] : padding
          fromX &+= window.stride.w
        }
      }
      position &+= count
    }
  }
}
