import GraphIR
import Kernels
import Tensors

/// Moves blocks of channels into height and width: [n, c·b·b, h, w] to [n, c, h·b, w·b].
///
/// <https://onnx.ai/onnx/operators/onnx__DepthToSpace.html>
struct DepthToSpace: OperatorKernel {
  private let block: Int
  /// Whether the block's position comes before the channel (DCR), or behind it (CRD).
  private let isDepthFirst: Bool

  init(_ site: Site) throws(RuntimeError) {
    block = try SpaceToDepth.block(site)
    isDepthFirst = try SpaceToDepth.isDepthFirst(site)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 4, input: 0)
    let dims = inputs[0].shape
    guard dims[1] % (block * block) == 0 else {
      throw RuntimeError(.invalidArgument, "%d channels must be a multiple of %d", dims[1], block * block)
    }
    return [inputs[0].with(dims: [dims[0], dims[1] / (block * block), dims[2] * block, dims[3] * block])]
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let (n, c, h, w) = (x.shape[0], out.shape[1], x.shape[2], x.shape[3])
    let steps = x.shape.strides
    // The channel's and the block's steps in the input; the output is [n, c, h, block, w, block].
    let channel = isDepthFirst ? steps[1] : block * block * steps[1]
    let inBlock = isDepthFirst ? c * steps[1] : steps[1]
    let dims = [n, c, h, block, w, block]
    copyStrided(
      x, 0, [steps[0], channel, steps[2], block * inBlock, 1, inBlock], to: out, 0, dims.packedStrides, dims: dims,
      on: call.platform)
  }
}

/// Moves blocks of height and width into channels: [n, c, h·b, w·b] to [n, b·b·c, h, w].
///
/// <https://onnx.ai/onnx/operators/onnx__SpaceToDepth.html>
struct SpaceToDepth: OperatorKernel {
  private let block: Int
  private let isDepthFirst: Bool

  init(_ site: Site) throws(RuntimeError) {
    block = try SpaceToDepth.block(site)
    isDepthFirst = try SpaceToDepth.isDepthFirst(site)
  }

  /// Whether the mode is DCR, rather than CRD.
  static func isDepthFirst(_ site: Site) throws(RuntimeError) -> Bool {
    let mode = try site.string("mode") ?? "DCR"
    guard mode == "DCR" || mode == "CRD" else {
      throw RuntimeError(.invalidGraph, "mode must be DCR or CRD, got %s", name: mode)
    }
    return mode == "DCR"
  }

  static func block(_ site: Site) throws(RuntimeError) -> Int {
    let block = try site.required("blocksize", try site.node.attributes.int("blocksize"))
    guard block > 0, block < 1 << 15 else {
      throw RuntimeError(.invalidGraph, "blocksize must be positive, got %d", block)
    }
    return block
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 4, input: 0)
    let dims = inputs[0].shape
    guard dims[2] % block == 0, dims[3] % block == 0 else {
      throw RuntimeError(.invalidArgument, "height and width of %v must be multiples of %d", shape: dims, block)
    }
    return [inputs[0].with(dims: [dims[0], dims[1] * block * block, dims[2] / block, dims[3] / block])]
  }

  func run(_ call: Call) {
    let (x, out) = (call.inputs[0], call.outputs[0])
    let (n, c, h, w) = (x.shape[0], x.shape[1], out.shape[2], out.shape[3])
    let steps = x.shape.strides
    // The output is [n, block, block, c, h, w], or [n, c, block, block, h, w].
    let dims = isDepthFirst ? [n, block, block, c, h, w] : [n, c, block, block, h, w]
    let front = isDepthFirst ? [steps[2], 1, steps[1]] : [steps[1], steps[2], 1]
    copyStrided(
      x, 0, [steps[0]] + front + [block * steps[2], block], to: out, 0, dims.packedStrides, dims: dims,
      on: call.platform)
  }
}
