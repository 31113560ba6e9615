/// A transposed convolution of [batch, groups · channels, spatial] with [groups · channels, filters, kernel] to
/// [batch, groups · filters, spatial]: each input value adds its weights to a window of the output.
///
/// `window` is that of the convolution it is the transpose of: its `output` is this one's input, its `input` this
/// one's output.
public struct ConvTranspose {
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

  /// f32 elements of the packed weights: for each group a packed A [filters · kernel, channels].
  public static func packedCount(groups: Int, channels: Int, filters: Int, kernelCount: Int) -> Int {
    groups * GemmPack.leftCount(m: filters * kernelCount, k: channels)
  }

  /// Packs the weights of input channels `range` out of those of all groups, given from the first of them on:
  /// [groups · channels, filters, kernel].
  public static func packWeights(
    _ source: UnsafePointer<Float>, channels range: Range<Int>, channels: Int, filters: Int, kernelCount: Int,
    into packed: UnsafeMutablePointer<Float>
  ) {
    let rows = filters * kernelCount
    var channel = range.lowerBound
    while channel < range.upperBound {
      let group = channel / channels
      let end = min(range.upperBound, (group + 1) * channels)
      packLeftTransposed(
        source + (channel - range.lowerBound) * rows, stride: rows, rows: rows, depth: end - channel,
        into: packed + group * GemmPack.leftCount(m: rows, k: channels) + (channel - group * channels) * 4,
        panelStride: 4 * channels)
      channel = end
    }
  }

  private var positions: Int { window.output.count }
  private var imageCount: Int { GemmPack.rightCount(k: channels, n: positions) }
  /// Products of four filters with all input positions.
  private var columnCount: Int { (4 * window.kernel.count * positions + 15) / 16 * 16 }

  /// f32 elements of scratch that `run` needs on `threadCount` threads.
  public func scratchCount(threadCount: Int) -> Int { imageCount + columnCount * threadCount }

  /// Bias, where there is one, is [groups · filters]; an addend has the output's shape.
  public func run(
    _ platform: Platform, _ input: UnsafePointer<Float>, packedWeights: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    let rows = filters * window.kernel.count
    let outputs = window.input.count
    guard batch * groups * filters > 0, outputs > 0 else { return }
    for item in 0..<batch {
      for group in 0..<groups {
        let image = item * groups + group
        if positions > 0, channels > 1 {
          packPanels(
            input + image * channels * positions, stride: positions, rows: channels, columns: positions, into: scratch,
            panelStride: 8 * channels)
        }
        let weights = packedWeights + group * GemmPack.leftCount(m: rows, k: channels)
        let quads = (filters + 3) / 4
        platform.parallelFor(quads) { quad, slot in
          let range = quad * 4..<min(filters, quad * 4 + 4)
          let columns = scratch + (imageCount + slot * columnCount)
          let first = (image * filters + range.lowerBound) * outputs
          fillLanes(output + first, with: 0, count: range.count * outputs)
          if positions > 0, channels == 1 {
            // The products of one channel are made where they are added.
            for i in 0..<range.count {
              scatter(
                input + image * positions, positions: 0,
                weights: weights + (range.lowerBound + i) * window.kernel.count,
                output + (first + i * outputs))
            }
          } else if positions > 0, channels > 0 {
            gemm(
              .serial, m: range.count * window.kernel.count, n: positions, k: channels,
              .packed(weights + range.lowerBound * window.kernel.count * channels), .packed(scratch), into: columns,
              ldc: positions)
            for i in 0..<range.count {
              scatter(
                columns + i * window.kernel.count * positions, positions: positions, weights: nil,
                output + (first + i * outputs))
            }
          }
          var end = epilogue.advanced(row: 0, column: 0, offset: first)
          end.biasPerRow = true
          if let bias = end.bias { end.bias = bias + (group * filters + range.lowerBound) }
          finish(output + first, ldc: outputs, rows: range.count, columns: outputs, end)
        }
      }
    }
  }

  /// Adds values, times a weight, to every `step`-th of others.
  private func addSpread(
    _ source: UnsafePointer<Float>, _ count: Int, times weight: Float, into target: UnsafeMutablePointer<Float>,
    step: Int
  ) {
    let weights = Lanes(repeating: weight)
    var i = 0
    if step == 1 {
      while i &+ 4 <= count {
        store(load(target + i) + load(source + i) * weights, target + i)
        i &+= 4
      }
    } else if step == 2 {
      // Sums that begin with 0 are never -0, so that those between keep their bits. The last of eight is there as long
      // as another value follows.
      let zero = Lanes(repeating: 0)
      while i &+ 4 < count {
        let (x, to) = (load(source + i) * weights, target + 2 &* i)
        store(load(to) + interleaveLow(x, zero), to)
        store(load(to + 4) + interleaveHigh(x, zero), to + 4)
        i &+= 4
      }
    }
    while i < count {
      target[i &* step] += source[i] * weight
      i &+= 1
    }
  }

  /// Adds the products of one filter, [kernel, positions], to its output: those in `columns`, `positions` from one tap
  /// to the next, times the tap's weight, where there are any.
  private func scatter(
    _ columns: UnsafePointer<Float>, positions: Int, weights: UnsafePointer<Float>?,
    _ output: UnsafeMutablePointer<Float>
  ) {
    let (kernel, small, large) = (window.kernel, window.output, window.input)
    var tap = 0
    for kz in 0..<kernel.d {
      for ky in 0..<kernel.h {
        for kx in 0..<kernel.w {
          let weight = weights?[tap] ?? 1
          var from = columns + tap &* positions
          tap &+= 1
          for z in 0..<small.d {
            let toZ = z &* window.stride.d &- window.before.d &+ kz &* window.dilation.d
            for y in 0..<small.h {
              let toY = y &* window.stride.h &- window.before.h &+ ky &* window.dilation.h
              if toZ >= 0 && toZ < large.d && toY >= 0 && toY < large.h {
                let row = output + (toZ &* large.h &+ toY) &* large.w
                let shift = kx &* window.dilation.w &- window.before.w
                // The inputs whose outputs lie in the row.
                let (first, end) = window.inputs(shift, small.w, large.w)
                if first < end {
                  addSpread(
                    from + first, end &- first, times: weight, into: row + (first &* window.stride.w &+ shift),
                    step: window.stride.w)
                }
              }
              from += small.w
            }
          }
        }
      }
    }
  }
}
