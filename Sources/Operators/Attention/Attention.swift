import GraphIR
import Kernels
import Tensors

/// Scaled dot product attention over heads, with masks, windows and a cache of keys and values.
///
/// Inputs are Q, K, V, mask, past key, past value and the number of valid keys of each item; Q, K and V are [batch,
/// heads,
/// sequence, size], or [batch, sequence, heads · size].
///
/// <https://onnx.ai/onnx/operators/onnx__Attention.html>
struct Attention: OperatorKernel {
  private let queryHeads: Int?
  private let keyHeads: Int?
  private let scale: Float?
  private let cap: Float
  private let isCausal: Bool
  private let leftWindow: Int?
  private let rightWindow: Int?
  private let stage: Kernels.Attention.ScoreStage

  init(_ site: Site) throws(RuntimeError) {
    queryHeads = try site.node.attributes.int("q_num_heads")
    keyHeads = try site.node.attributes.int("kv_num_heads")
    scale = try site.node.attributes.float("scale")
    cap = try site.float("softcap", default: 0)
    isCausal = try site.flag("is_causal")
    let (left, right) = (try site.int("left_window_size", default: -1), try site.int("right_window_size", default: -1))
    guard left >= -1, right >= -1 else {
      throw RuntimeError(.invalidGraph, "window sizes must be -1 or more, got %d and %d", left, right)
    }
    leftWindow = left < 0 ? nil : left
    rightWindow = right < 0 ? nil : right
    let mode = try site.int("qk_matmul_output_mode", default: 0)
    switch mode {
    case 0: stage = .scaled
    case 1: stage = .capped
    case 2: stage = .masked
    case 3: stage = .softmax
    default: throw RuntimeError(.invalidGraph, "qk_matmul_output_mode must be 0 to 3, got %d", mode)
    }
  }

  /// The sizes of Q, K and V, whichever rank they have.
  private struct Sizes {
    let batch: Int
    let queryHeads: Int
    let keyHeads: Int
    let queries: Int
    let newKeys: Int
    let pastKeys: Int
    let headSize: Int
    let valueSize: Int
    let isFlat: Bool
    var keys: Int { pastKeys + newKeys }
  }

  private func sizes(_ q: [Int], _ k: [Int], _ v: [Int], past: [Int]?, pastValue: [Int]?) throws(RuntimeError) -> Sizes
  {
    guard q.count == k.count, q.count == v.count, q.count == 3 || q.count == 4 else {
      throw RuntimeError(.invalidArgument, "Q, K and V must have rank 3 or 4, got %v, %v and %v", shapes: [q, k, v])
    }
    let isFlat = q.count == 3
    let heads: (q: Int, k: Int)
    if isFlat {
      guard let queryHeads, let keyHeads, queryHeads > 0, keyHeads > 0 else {
        throw RuntimeError(.invalidGraph, "q_num_heads and kv_num_heads must be given and above 0")
      }
      heads = (queryHeads, keyHeads)
    } else {
      heads = (q[1], k[1])
    }
    let (headSize, valueSize) = isFlat ? (q[2] / heads.q, v[2] / heads.k) : (q[3], v[3])
    let pastKeys = past?.count == 4 ? past![2] : 0
    let sizes = Sizes(
      batch: q[0], queryHeads: heads.q, keyHeads: heads.k, queries: isFlat ? q[1] : q[2], newKeys: isFlat ? k[1] : k[2],
      pastKeys: pastKeys, headSize: headSize, valueSize: valueSize, isFlat: isFlat)
    let expected =
      isFlat
      ? [[q[0], q[1], heads.q * headSize], [q[0], k[1], heads.k * headSize], [q[0], k[1], heads.k * valueSize]]
      : [q, [q[0], heads.k, k[2], headSize], [q[0], heads.k, k[2], valueSize]]
    guard expected == [q, k, v], heads.k > 0, heads.q % heads.k == 0 else {
      throw RuntimeError(
        .invalidArgument, "Q, K and V of shapes %v, %v and %v do not fit %d and %d heads", shapes: [q, k, v], heads.q,
        heads.k)
    }
    guard past.map({ $0 == [q[0], heads.k, pastKeys, headSize] }) ?? true,
      pastValue.map({ $0 == [q[0], heads.k, pastKeys, valueSize] }) ?? true, (past == nil) == (pastValue == nil)
    else {
      throw RuntimeError(
        .invalidArgument, "past key and value do not fit K and V, got %v and %v", shapes: past ?? [], pastValue ?? [])
    }
    return sizes
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> Sizes {
    try sizes(
      inputs[0].shape, inputs[1].shape, inputs[2].shape, past: inputs[optional: 4]?.shape,
      pastValue: inputs[optional: 5]?.shape)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs)
    let (q, v) = (inputs[0], inputs[2])
    if let mask = inputs[optional: 3] { _ = try steps(mask.shape, s) }
    if let valid = inputs[optional: 6], valid.count != s.batch {
      throw RuntimeError(
        .invalidArgument, "nonpad_kv_seqlen must have shape [%d], got %v", shape: valid.shape, s.batch)
    }
    return [
      q.with(
        dims: s.isFlat
          ? [s.batch, s.queries, s.queryHeads * s.valueSize] : [s.batch, s.queryHeads, s.queries, s.valueSize]),
      q.with(dims: [s.batch, s.keyHeads, s.keys, s.headSize]),
      v.with(dims: [s.batch, s.keyHeads, s.keys, s.valueSize]),
      q.with(dims: [s.batch, s.queryHeads, s.queries, s.keys]),
    ]
  }

  /// How a mask is stepped over for [batch, heads, queries]; it broadcasts, and its keys may be fewer.
  private func steps(_ mask: [Int], _ s: Sizes) throws(RuntimeError) -> [Int] {
    let dims = [Int](repeating: 1, count: max(0, 4 - mask.count)) + mask
    let full = [s.batch, s.queryHeads, s.queries]
    guard dims.count == 4, zip(dims, full).allSatisfy({ $0 == 1 || $0 == $1 }), dims[3] <= s.keys else {
      throw RuntimeError(
        .invalidArgument, "a mask of shape %v does not broadcast to %v", shapes: mask, full + [s.keys])
    }
    let strides = dims.packedStrides
    return (0..<4).map { dims[$0] == 1 ? 0 : strides[$0] }
  }

  private func kernel(_ s: Sizes) -> Kernels.Attention {
    var kernel = Kernels.Attention(
      batch: s.batch, queryHeads: s.queryHeads, keyHeads: s.keyHeads, queries: s.queries, keys: s.keys,
      headSize: s.headSize, valueSize: s.valueSize, scale: scale ?? 1 / Float(max(s.headSize, 1)).squareRoot())
    kernel.cap = cap
    kernel.isCausal = isCausal
    kernel.leftWindow = leftWindow
    kernel.rightWindow = rightWindow
    kernel.firstPosition = s.pastKeys
    kernel.scoreStage = stage
    return kernel
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs) else { return 0 }
    let width = inputs[0].type.byteWidth
    let own = width == 8 ? s.keys * threads : kernel(s).scratchCount(threadCount: threads)
    var count = ScratchMemory.byteCount(own * width)
    if let mask = inputs[optional: 3] { count += ScratchMemory.byteCount(mask.count * width) }
    if s.pastKeys > 0 {
      let rows = s.batch * s.keyHeads * s.keys
      count += ScratchMemory.byteCount(rows * s.headSize * width) + ScratchMemory.byteCount(rows * s.valueSize * width)
    }
    return count
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (q, k, v) = (call.inputs[0], call.inputs[1], call.inputs[2])
    let s = try sizes(
      q.shape.dims, k.shape.dims, v.shape.dims, past: call.inputs[optional: 4]?.shape.dims,
      pastValue: call.inputs[optional: 5]?.shape.dims)
    var kernel = kernel(s)
    kernel.validKeys = call.inputs[optional: 6].map { UnsafePointer($0.elements(Int64.self).baseAddress!) }
    let mask = call.inputs[optional: 3]
    let maskSteps = try mask.map { mask throws(RuntimeError) in try steps(mask.shape.dims, s) }
    let added = mask.map { scratch.tensor(q.type, $0.shape) }
    if let mask, let added { maskValues(mask, into: added, call.platform) }
    let keys = cache(call, k, past: call.inputs[optional: 4], present: 1, s, size: s.headSize, &scratch)
    let values = cache(call, v, past: call.inputs[optional: 5], present: 2, s, size: s.valueSize, &scratch)
    if q.type == .float64 {
      return runDoubles(call, kernel, s, keys, values, added, maskSteps ?? [0, 0, 0, 0], &scratch)
    }
    if let mask, let values = added, let steps = maskSteps {
      let count = mask.shape.dims.last ?? 1
      kernel.mask = Kernels.Attention.Mask(
        values.floats, batchStride: steps[0], headStride: steps[1], rowStride: steps[2], keyStride: steps[3],
        keys: count)
    }
    kernel.scores = call.outputs[optional: 3]?.floats
    kernel.run(
      call.platform, matrices(q, s.isFlat, heads: s.queryHeads, rows: s.queries, columns: s.headSize),
      matrices(keys.tensor, keys.isFlat, heads: s.keyHeads, rows: s.keys, columns: s.headSize),
      matrices(values.tensor, values.isFlat, heads: s.keyHeads, rows: s.keys, columns: s.valueSize),
      into: matrices(call.outputs[0], s.isFlat, heads: s.queryHeads, rows: s.queries, columns: s.valueSize),
      scratch: scratch.take(0, of: Float.self))
  }

  /// Keys or values of the past and now, joined where that is needed or asked for.
  private func cache(
    _ call: Call, _ new: Tensor, past: Tensor?, present: Int, _ s: Sizes, size: Int, _ scratch: inout ScratchMemory
  ) -> (tensor: Tensor, isFlat: Bool) {
    let output = call.outputs[optional: present]
    if output == nil, s.pastKeys == 0 {
      return (new, s.isFlat)
    }
    let joined = output ?? scratch.tensor(new.type, Shape([s.batch, s.keyHeads, s.keys, size]))
    let steps = joined.shape.strides
    if let past, s.pastKeys > 0 {
      copyStrided(
        past, 0, past.shape.strides, to: joined, 0, steps, dims: past.shape.dims, on: call.platform)
    }
    let newSteps =
      s.isFlat
      ? [s.newKeys * s.keyHeads * size, size, s.keyHeads * size, 1]
      : [s.keyHeads * s.newKeys * size, s.newKeys * size, size, 1]
    copyStrided(
      new, 0, newSteps, to: joined, s.pastKeys * size, steps, dims: [s.batch, s.keyHeads, s.newKeys, size],
      on: call.platform)
    return (joined, false)
  }

  private func runDoubles(
    _ call: Call, _ rules: Kernels.Attention, _ s: Sizes, _ k: (tensor: Tensor, isFlat: Bool),
    _ v: (tensor: Tensor, isFlat: Bool), _ mask: Tensor?, _ steps: [Int], _ scratch: inout ScratchMemory
  ) {
    let (q, output, scores) = (call.inputs[0], call.outputs[0], call.outputs[optional: 3])
    let kernel = DoubleAttention(
      keys: s.keys, headSize: s.headSize, valueSize: s.valueSize,
      scale: scale.map { Double($0) } ?? 1 / Double(max(s.headSize, 1)).squareRoot(), cap: Double(cap))
    let weights = scratch.take(s.keys * call.platform.threadCount, of: Double.self)
    let maskedKeys = mask?.shape.dims.last ?? 1
    /// Where row `row` of a head begins.
    func start(_ isFlat: Bool, _ item: Int, _ head: Int, _ row: Int, heads: Int, rows: Int, size: Int) -> Int {
      isFlat ? ((item * rows + row) * heads + head) * size : ((item * heads + head) * rows + row) * size
    }
    call.platform.parallelFor(s.batch * s.queryHeads * s.queries) { i, slot in
      let (matrix, row) = i.quotientAndRemainder(dividingBy: s.queries)
      let (item, head) = matrix.quotientAndRemainder(dividingBy: s.queryHeads)
      let keyHead = head / (s.queryHeads / s.keyHeads)
      let seen = rules.visible(item, row)
      let from = item * steps[0] + head * steps[1] + row * steps[2]
      kernel.run(
        q.reals + start(s.isFlat, item, head, row, heads: s.queryHeads, rows: s.queries, size: s.headSize),
        k.tensor.reals + start(k.isFlat, item, keyHead, 0, heads: s.keyHeads, rows: s.keys, size: s.headSize),
        keyStride: (k.isFlat ? s.keyHeads : 1) * s.headSize,
        v.tensor.reals + start(v.isFlat, item, keyHead, 0, heads: s.keyHeads, rows: s.keys, size: s.valueSize),
        valueStride: (v.isFlat ? s.keyHeads : 1) * s.valueSize,
        into: output.reals + start(s.isFlat, item, head, row, heads: s.queryHeads, rows: s.queries, size: s.valueSize),
        weights: weights + slot * s.keys, scores: scores.map { $0.reals + i * s.keys }, stage: stage
      ) { key in
        guard seen.contains(key) else { return -.infinity }
        guard let mask else { return 0 }
        return key < maskedKeys || steps[3] == 0 ? mask.reals[from + key * steps[3]] : -.infinity
      }
    }
  }

  private func matrices(_ tensor: Tensor, _ isFlat: Bool, heads: Int, rows: Int, columns: Int) -> HeadMatrices {
    isFlat
      ? HeadMatrices(interleaved: tensor.floats, heads: heads, rows: rows, columns: columns)
      : HeadMatrices(tensor.floats, heads: heads, rows: rows, columns: columns)
  }

  /// What a mask adds: of a bool one 0 where it is true, else -inf.
  private func maskValues(_ mask: Tensor, into values: Tensor, _ platform: Platform) {
    guard mask.type == .bool else {
      cast(mask, into: values, on: platform)
      return
    }
    let flags = mask.elements(UInt8.self)
    for i in 0..<mask.count { values.setReal(i, flags[i] != 0 ? 0 : -.infinity) }
  }
}
