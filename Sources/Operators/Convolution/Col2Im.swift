import GraphIR
import Kernels
import Tensors

/// Adds up the columns of blocks, [batch, channels · block, blocks], to the image that they lie in,
/// [batch, channels, image].
///
/// <https://onnx.ai/onnx/operators/onnx__Col2Im.html>
struct Col2Im: OperatorKernel {
  private let dilations: [Int]?
  private let pads: [Int]?
  private let strides: [Int]?

  init(_ site: Site) throws(RuntimeError) {
    dilations = try site.ints("dilations")
    pads = try site.ints("pads")
    strides = try site.ints("strides")
  }

  /// How blocks lie in the image, for each axis of it.
  private struct Grid {
    let image: [Int]
    let block: [Int]
    let strides: [Int]
    let dilations: [Int]
    let pads: [Int]
    /// How many blocks lie along each axis.
    var counts: [Int] = []
  }

  private func grid(_ image: [Int], _ block: [Int]) throws(RuntimeError) -> Grid {
    let rank = image.count
    var grid = Grid(
      image: image, block: block, strides: strides ?? [Int](repeating: 1, count: rank),
      dilations: dilations ?? [Int](repeating: 1, count: rank), pads: pads ?? [Int](repeating: 0, count: 2 * rank))
    guard rank > 0, block.count == rank, grid.strides.count == rank, grid.dilations.count == rank,
      grid.pads.count == 2 * rank
    else {
      throw RuntimeError(
        .invalidArgument, "an image of rank %d needs as many dims of block, strides and dilations, got %v",
        shape: block, rank)
    }
    for axis in 0..<rank {
      let limit = 1 << 40
      let sizes = [image[axis], block[axis], grid.dilations[axis], grid.strides[axis]]
      guard grid.pads[axis] >= 0, grid.pads[axis + rank] >= 0, image[axis] >= 0, sizes[1...].allSatisfy({ $0 > 0 }),
        (sizes + grid.pads).allSatisfy({ $0 < limit }), block[axis] < 1 << 20, grid.dilations[axis] < 1 << 40
      else {
        throw RuntimeError(
          .invalidArgument, "image, block, dilation and stride must be above 0, got %v", shape: sizes)
      }
      let room =
        image[axis] + grid.pads[axis] + grid.pads[axis + rank] - grid.dilations[axis] * (block[axis] - 1) - 1
      grid.counts.append(room < 0 ? 0 : room / grid.strides[axis] + 1)
    }
    return grid
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, 3, input: 0)
    for i in 1...2 { try ShapeRules.rank(inputs[i], 1, input: i) }
    guard let image = inputs[1].integers, let block = inputs[2].integers else {
      return [x.with(dims: [Int](repeating: -1, count: 2 + inputs[1].count))]
    }
    let grid = try grid(image, block)
    let (inside, blocks) = (block.productSaturating, grid.counts.productSaturating)
    guard x.shape[1] % inside == 0, x.shape[2] == blocks else {
      throw RuntimeError(
        .invalidArgument, "an input of shape %v does not fit %d blocks of %v", shapes: x.shape, block, blocks)
    }
    return [x.with(dims: [x.shape[0], x.shape[1] / inside] + image)]
  }

  /// Input and output as the type that sums are made in.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard !inputs[0].type.sumsInPlace else { return 0 }
    let count = (try? infer(inputs)[0].count) ?? 0
    return ScratchMemory.byteCount(inputs[0].count * 8) + ScratchMemory.byteCount(max(count, 0) * 8)
  }

  func run(_ call: Call) throws(RuntimeError) {
    let output = call.outputs[0]
    let grid = try grid(call.inputs[1].integers, call.inputs[2].integers)
    let type = output.type.sumType
    var scratch = ScratchMemory(call)
    let x = scratch.converted(call.inputs[0], to: type, on: call.platform)
    let sums = output.type == type ? output : scratch.tensor(type, output.shape)
    switch type {
    case .float32: add(x.elements(Float.self), into: sums.elements(Float.self), 0, x.shape[0], grid) { $0 + $1 }
    case .float64: add(x.elements(Double.self), into: sums.elements(Double.self), 0, x.shape[0], grid) { $0 + $1 }
    default: add(x.elements(Int64.self), into: sums.elements(Int64.self), 0, x.shape[0], grid) { $0 &+ $1 }
    }
    if output.type != type { cast(sums, into: output, on: call.platform) }
  }

  private func add<T: BitwiseCopyable>(
    _ columns: UnsafeMutableBufferPointer<T>, into output: UnsafeMutableBufferPointer<T>, _ zero: T, _ batch: Int,
    _ grid: Grid, _ plus: (T, T) -> T
  ) {
    output.update(repeating: zero)
    let (inside, blocks) = (grid.block.productSaturating, grid.counts.productSaturating)
    let plane = grid.image.productSaturating
    guard inside > 0, blocks > 0, plane > 0 else { return }
    let steps = grid.image.packedStrides
    for i in columns.indices {
      let (row, block) = i.quotientAndRemainder(dividingBy: blocks)
      let (channel, tap) = row.quotientAndRemainder(dividingBy: inside)
      var (restOfBlock, restOfTap, place, isInside) = (block, tap, channel * plane, true)
      for axis in grid.image.indices.reversed() {
        let (nextBlock, b) = restOfBlock.quotientAndRemainder(dividingBy: grid.counts[axis])
        let (nextTap, t) = restOfTap.quotientAndRemainder(dividingBy: grid.block[axis])
        let at = b * grid.strides[axis] - grid.pads[axis] + t * grid.dilations[axis]
        isInside = isInside && at >= 0 && at < grid.image[axis]
        place += at * steps[axis]
        (restOfBlock, restOfTap) = (nextBlock, nextTap)
      }
      if isInside { output[place] = plus(output[place], columns[i]) }
    }
  }
}

extension ElementType {
  /// The type that sums of this one are made in.
  fileprivate var sumType: ElementType {
    switch rowType {
    case .f32: .float32
    case .f64: .float64
    default: .int64
    }
  }

  fileprivate var sumsInPlace: Bool { self == sumType }
}
