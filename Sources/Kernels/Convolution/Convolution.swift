/// A convolution of [batch, groups · channels, spatial] with [groups · filters, channels, kernel] to
/// [batch, groups · filters, spatial], as a product of packed weights with columns of the input.
public struct Convolution {
  public var batch: Int
  public var groups: Int
  /// Input channels of a group.
  public var channels: Int
  /// Output channels of a group.
  public var filters: Int
  public var window: Window

  public init(batch: Int, groups: Int, channels: Int, filters: Int, window: Window) {
    self.batch = batch
    self.groups = groups
    self.channels = channels
    self.filters = filters
    self.window = window
  }

  /// Products summed for one output.
  var depth: Int { channels * window.kernel.count }

  /// f32 elements of the packed weights: for each group a packed [filters, channels · kernel].
  public static func packedCount(groups: Int, filters: Int, depth: Int) -> Int {
    groups * GemmPack.leftCount(m: filters, k: depth)
  }

  /// Packs the weights of `filters` (counted over all groups), given from the first of them on, each `depth` =
  /// channels · kernel elements; a filter's weights are multiplied by its element of `scales`, where there are any.
  public static func packWeights(
    _ source: UnsafePointer<Float>, filters range: Range<Int>, groups: Int, filters: Int, depth: Int,
    scales: UnsafePointer<Float>? = nil, into packed: UnsafeMutablePointer<Float>
  ) {
    var filter = range.lowerBound
    while filter < range.upperBound {
      let group = filter / filters
      let end = min(range.upperBound, (group + 1) * filters)
      packLeft(
        source + (filter - range.lowerBound) * depth, stride: depth,
        rows: filter - group * filters..<end - group * filters, m: filters, k: depth,
        scales: scales.map { $0 + group * filters },
        into: packed + group * GemmPack.leftCount(m: filters, k: depth))
      filter = end
    }
  }

  /// The most output positions whose columns are packed at a time.
  private static let columns = 256

  /// Output positions in a block: equal blocks in multiples of 8.
  var block: Int {
    let positions = window.output.count
    let blocks = max(1, (positions + Convolution.columns - 1) / Convolution.columns)
    return ((positions + blocks - 1) / blocks + 7) / 8 * 8
  }
  private var paddedCount: Int {
    window.isInside ? 0 : (groups * channels * window.reach.count + 15) / 16 * 16
  }
  private var tapCount: Int { (depth + 15) / 16 * 16 }
  var panelCount: Int { block * GemmBlock.depth(of: depth) }

  /// f32 elements of scratch that `run` needs on `threadCount` threads.
  public func scratchCount(threadCount: Int) -> Int { paddedCount + tapCount + panelCount * threadCount }

  /// Bias, where there is one, is [groups · filters]; an addend has the output's shape.
  public func run(
    _ platform: Platform, _ input: UnsafePointer<Float>, packedWeights: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    let positions = window.output.count
    guard batch > 0, groups > 0, filters > 0, positions > 0 else { return }
    let channelCount = groups * channels
    // The window over a kernel of one without stride or padding is the plane itself, as one long line.
    var window = window
    if window.isInside && window.kernel == .one && window.stride == .one {
      window = Window(input: Extent(window.input.count), output: Extent(positions), kernel: .one)
    }
    let extent = window.isInside ? window.input : window.reach
    let taps = UnsafeMutableRawPointer(scratch + paddedCount).assumingMemoryBound(to: Int32.self)
    let lastTap = Im2Col.fillTaps(
      taps, channels: channels, channelStride: extent.count, planeStride: extent.h * extent.w, rowStride: extent.w,
      window: window)
    for item in 0..<batch {
      var source = input + item * channelCount * window.input.count
      if !window.isInside {
        let plane = source
        let count = extent.count
        let inputCount = window.input.count
        // Few planes are not worth a region of threads.
        platform.parallelRanges(channelCount, grain: 16, if: channelCount * count >= 65536) { range in
          for channel in range { padPlane(plane + channel * inputCount, into: scratch + channel * count, window) }
        }
        source = UnsafePointer(scratch)
      }
      let offset = item * groups * filters * positions
      var end = epilogue.advanced(row: 0, column: 0, offset: offset)
      end.biasPerRow = true
      let image = Image(
        im2Col: Im2Col(
          source: source, sourceCount: channelCount * extent.count, taps: UnsafePointer(taps), lastTap: lastTap,
          rowStride: extent.w, planeStride: extent.h * extent.w, window: window),
        groupStride: channels * extent.count, weights: packedWeights, output: output + offset, epilogue: end)
      run(platform, image, panels: scratch + (paddedCount + tapCount))
    }
  }

  /// One item of the batch.
  struct Image {
    let im2Col: Im2Col
    let groupStride: Int
    let weights: UnsafePointer<Float>
    let output: UnsafeMutablePointer<Float>
    let epilogue: Epilogue
  }

  private func run(_ platform: Platform, _ image: Image, panels: UnsafeMutablePointer<Float>) {
    if platform.fuses, platform.vectors > .baseline {
      runWide(platform, image, panels: panels)
      return
    }
    if hasFewFilters {
      runFew(platform, image)
      return
    }
    let positions = window.output.count
    let block = block
    let blocks = (positions + block - 1) / block
    // Where positions and groups do not give every thread enough, filters are split too.
    var pieces = 1
    if platform.threadCount > 1, groups * filters * positions >= GemmBlock.splitWork / max(depth, 1) {
      let wanted = platform.threadCount * 4
      pieces = min((wanted + blocks * groups - 1) / (blocks * groups), max(1, filters / 16))
    } else {
      for group in 0..<groups {
        for i in 0..<blocks {
          runBlock(image, group, i * block..<min(positions, i * block + block), 0..<filters, panels)
        }
      }
      return
    }
    let size = ((filters + pieces - 1) / pieces + 3) / 4 * 4
    pieces = (filters + size - 1) / size
    let panelCount = panelCount
    platform.parallelFor(groups * blocks * pieces) { task, slot in
      let (rest, piece) = task.quotientAndRemainder(dividingBy: pieces)
      let (group, i) = rest.quotientAndRemainder(dividingBy: blocks)
      runBlock(
        image, group, i * block..<min(positions, i * block + block), piece * size..<min(filters, (piece + 1) * size),
        panels + slot * panelCount)
    }
  }

  /// Some filters of one group at some positions.
  private func runBlock(
    _ image: Image, _ group: Int, _ columns: Range<Int>, _ rows: Range<Int>, _ panels: UnsafeMutablePointer<Float>
  ) {
    let positions = window.output.count
    let k = depth
    let columnsOfGroup = image.im2Col.group(group, stride: image.groupStride)
    let weights = image.weights + group * GemmPack.leftCount(m: filters, k: k)
    let first = group * filters
    if k == 0 {
      for row in rows {
        let offset = (first + row) * positions + columns.lowerBound
        fillLanes(image.output + offset, with: 0, count: columns.count)
        finish(
          image.output + offset, ldc: positions, rows: 1, columns: columns.count,
          image.epilogue.advanced(row: first + row, column: 0, offset: offset))
      }
      return
    }
    let deep = GemmBlock.depth(of: k)
    var k0 = 0
    while k0 < k {
      let depth = min(deep, k - k0)
      columnsOfGroup.pack(rows: k0..<k0 + depth, columns: columns, into: panels)
      let part = GemmDepth(
        depth: depth, accumulate: k0 > 0, finish: k0 + depth == k, panelStride: 8 * depth, leftStride: 4 * k)
      var row = rows.lowerBound
      while row < rows.upperBound {
        let count = min(GemmBlock.rows, rows.upperBound - row)
        let offset = (first + row) * positions + columns.lowerBound
        part.run(
          rows: count, columns: columns.count, weights + (row * k + 4 * k0), 0, UnsafePointer(panels),
          image.output + offset, positions,
          image.epilogue.advanced(row: first + row, column: 0, offset: offset))
        row += count
      }
      k0 += depth
    }
  }
}

extension Im2Col {
  func group(_ group: Int, stride: Int) -> Im2Col {
    Im2Col(
      source: source + group * stride, sourceCount: sourceCount - group * stride, taps: taps, lastTap: lastTap,
      rowStride: rowStride, planeStride: planeStride, window: window)
  }
}
