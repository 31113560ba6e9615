import GraphIR
import Kernels
import Tensors

/// com.microsoft's Attention and QAttention: the input is projected to queries, keys and values here, by floats or by
/// bytes, and then attends to itself.
///
/// Inputs are x [batch, rows, width], the weights [width, query + key + value] and their bias, a mask of keys, the past
/// [2, batch, heads, past, size], and what is added to scores. Output 1 is the past with what is new.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.Attention>,
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.QAttention>
struct ProjectedAttention: FamilyKernel {
  private enum Projection {
    case floats(PackedRight?)
    case bytes(IntegerProduct)
  }

  private let projection: Projection
  private let heads: Int
  private let hiddenSizes: [Int]?
  private let scale: Float
  private let isCausal: Bool
  private let padding: KeyPaddingMask
  private let maskInput: Int
  private let pastInput: Int
  private let biasInput: Int
  private let wantsPresent: Bool

  static func floats(_ site: Site) throws(RuntimeError) -> ProjectedAttention {
    let packed = try PackedRight(site, 1, isTransposed: false)
    return try ProjectedAttention(site, .floats(packed), mask: 3, past: 4, bias: 5)
  }

  static func bytes(_ site: Site) throws(RuntimeError) -> ProjectedAttention {
    try ProjectedAttention(site, .bytes(try IntegerProduct(site, right: 1)), mask: 5, past: 8, bias: -1)
  }

  private init(_ site: Site, _ projection: Projection, mask: Int, past: Int, bias: Int) throws(RuntimeError) {
    self.projection = projection
    (maskInput, pastInput, biasInput) = (mask, past, bias)
    heads = try site.required("num_heads", try site.node.attributes.int("num_heads"))
    scale = try site.float("scale", default: 0)
    isCausal = try site.flag("unidirectional")
    padding = try KeyPaddingMask(site)
    wantsPresent = site.wants(output: 1)
    hiddenSizes = try site.ints("qkv_hidden_sizes")
    guard heads > 0,
      hiddenSizes.map({
        $0.count == 3 && $0[0] == $0[1] && $0.allSatisfy { $0 >= 0 && $0 < Int.max / 4 && $0 % heads == 0 }
      }) ?? true
    else {
      throw RuntimeError(
        .invalidGraph, "qkv_hidden_sizes must be three multiples of %d heads, the first two equal, got %v",
        shape: hiddenSizes ?? [], heads)
    }
    guard try !site.flag("do_rotary"), try !site.flag("past_present_share_buffer"), bias < 0 || !site.has(input: 6)
    else {
      throw RuntimeError(.notImplemented, "do_rotary and past_present_share_buffer are not implemented")
    }
  }

  private struct Sizes {
    let batch: Int
    let rows: Int
    let past: Int
    /// Of the projection.
    let width: Int
    let size: Int
    let valueSize: Int
    var keys: Int { past + rows }
  }

  private func sizes(_ x: [Int], _ weights: [Int], past: [Int]?) throws(RuntimeError) -> Sizes {
    guard x.count == 3, weights.count == 2, weights[0] == x[2],
      hiddenSizes.map({ $0[0] + $0[1] + $0[2] == weights[1] }) ?? (weights[1] % (3 * heads) == 0)
    else {
      throw RuntimeError(
        .invalidArgument, "weights of shape %v do not project an input of %v to %d heads", shapes: weights, x, heads)
    }
    let hidden = hiddenSizes ?? [Int](repeating: weights[1] / 3, count: 3)
    let (size, valueSize) = (hidden[0] / heads, hidden[2] / heads)
    let rows = past.flatMap { $0.count == 5 ? $0[3] : nil } ?? 0
    guard past.map({ $0 == [2, x[0], heads, rows, size] && size == valueSize }) ?? true else {
      throw RuntimeError(
        .invalidArgument, "the past must have shape [2, batch, heads, past, %d], got %v", shape: past ?? [], size)
    }
    return Sizes(batch: x[0], rows: x[1], past: rows, width: weights[1], size: size, valueSize: valueSize)
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> Sizes {
    try sizes(inputs[0].shape, inputs[1].shape, past: inputs[optional: pastInput]?.shape)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs)
    if case .bytes(let product) = projection {
      _ = try product.dims(inputs[0], inputs[1], aZero: inputs[optional: 6], bZero: inputs[optional: 7])
      guard inputs[3].count == 1, inputs[4].count == 1 || inputs[4].count == s.width,
        inputs[optional: 6].map({ $0.count == 1 }) ?? true
      else {
        throw RuntimeError(
          .notImplemented, "scales of input and weights may not have shapes %v and %v",
          shapes: inputs[3].shape, inputs[4].shape)
      }
    }
    if let bias = inputs[optional: 2], bias.shape != [s.width] {
      throw RuntimeError(
        .invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, s.width)
    }
    try padding.check(inputs[optional: maskInput], batch: s.batch, queries: s.rows, keys: s.keys)
    if biasInput >= 0 {
      try AttentionBias.check(
        inputs[optional: biasInput], batch: s.batch, heads: heads, queries: s.rows, keys: s.keys)
    }
    guard s.size == s.valueSize || !wantsPresent else {
      throw RuntimeError(
        .invalidGraph, "keys and values of one cache must be of one size, got %d and %d", s.size, s.valueSize)
    }
    return [
      Fact(.float32, [s.batch, s.rows, heads * s.valueSize]), Fact(.float32, [2, s.batch, heads, s.keys, s.size]),
    ]
  }

  private func kernel(_ s: Sizes) -> Kernels.Attention {
    var kernel = Kernels.Attention(
      batch: s.batch, queryHeads: heads, keyHeads: heads, queries: s.rows, keys: s.keys, headSize: s.size,
      valueSize: s.valueSize, scale: scale == 0 ? 1 / Float(max(s.size, 1)).squareRoot() : scale)
    kernel.isCausal = isCausal
    kernel.firstPosition = s.past
    return kernel
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs) else { return 0 }
    let cache = s.past > 0 ? [s.batch, heads, s.keys, s.size].productSaturating : 0
    let count = ScratchMemory.floatBytes([
      [s.batch, s.rows, s.width].productSaturating, kernel(s).scratchCount(threadCount: threads), cache, cache,
      KeyPaddingMask.count(inputs[optional: maskInput], batch: s.batch, queries: s.rows, keys: s.keys),
    ])
    switch projection {
    case .floats(let packed):
      return count
        + (packed == nil ? ScratchMemory.byteCount(GemmPack.rightCount(k: inputs[0].shape[2], n: s.width) * 4) : 0)
    case .bytes(let product): return count + product.scratchByteCount(inputs[0], inputs[1])
    }
  }

  func run(_ call: Call) throws(RuntimeError) {
    let past = call.inputs[optional: pastInput]
    let s: Sizes
    switch projection {
    case .floats(let packed):
      s = try sizes(call.inputs[0].shape.dims, packed?.dims ?? call.inputs[1].shape.dims, past: past?.shape.dims)
    case .bytes(let product):
      s = try sizes(
        call.inputs[0].shape.dims, product.packedDims ?? call.inputs[1].shape.dims, past: past?.shape.dims)
    }
    var scratch = ScratchMemory(call)
    let projected = scratch.take(s.batch * s.rows * s.width, of: Float.self)
    try project(call, s, into: projected, scratch)
    var kernel = kernel(s)
    kernel.mask = padding.mask(
      call.inputs[optional: maskInput], batch: s.batch, queries: s.rows, keys: s.keys, &scratch)
    if biasInput >= 0 { kernel.bias = AttentionBias.mask(call.inputs[optional: biasInput]) }
    func part(_ column: Int, _ size: Int) -> HeadMatrices {
      HeadMatrices(
        projected + column, batchStride: s.rows * s.width, headStride: size, rowStride: s.width)
    }
    let present = call.outputs[optional: 1]?.floats
    let width = heads * s.size
    let half = s.batch * heads * s.past * s.size
    let keys = call.joined(
      part(width, s.size), newRows: s.rows, past: past?.floats, pastRows: s.past, into: present, batch: s.batch,
      heads: heads, size: s.size, &scratch)
    let values = call.joined(
      part(2 * width, s.valueSize), newRows: s.rows, past: past.map { $0.floats + half }, pastRows: s.past,
      into: present.map { $0 + s.batch * heads * s.keys * s.size }, batch: s.batch, heads: heads, size: s.valueSize,
      &scratch)
    kernel.run(
      call.platform, part(0, s.size), keys, values,
      into: HeadMatrices(interleaved: call.outputs[0].floats, heads: heads, rows: s.rows, columns: s.valueSize),
      scratch: scratch.take(0, of: Float.self))
  }

  /// Writes x · weights + bias, [batch · rows, width].
  private func project(
    _ call: Call, _ s: Sizes, into target: UnsafeMutablePointer<Float>, _ scratch: ScratchMemory
  ) throws(RuntimeError) {
    var scratch = scratch
    let x = call.inputs[0]
    let (rows, depth) = (s.batch * s.rows, x.shape[2])
    let epilogue = Epilogue(bias: call.inputs[optional: 2].map { UnsafePointer($0.floats) })
    switch projection {
    case .floats(let packed):
      let right = packed?.matrix ?? .rows(UnsafePointer(call.inputs[1].floats), stride: s.width)
      gemm(
        call.platform, m: rows, n: s.width, k: depth, .rows(UnsafePointer(x.floats), stride: depth), right,
        into: target, ldc: s.width, epilogue, scratch: scratch.take(0, of: Float.self))
    case .bytes(let product):
      let scales = call.inputs[4]
      let scale = SumScale(
        rowScale: call.inputs[3].floats[0], columnScales: scales.floats, perColumn: scales.count > 1, epilogue)
      try product.run(
        call, x, call.inputs[optional: 1], aZero: call.inputs[optional: 6], bZero: call.inputs[optional: 7],
        into: UnsafeMutableRawPointer(target).assumingMemoryBound(to: Int32.self), scale: scale, scratch: scratch)
    }
  }
}
