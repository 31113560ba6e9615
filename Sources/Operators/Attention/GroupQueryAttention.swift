import GraphIR
import Kernels
import Tensors

/// com.microsoft's attention of language models: heads of queries share keys, and a cache grows by what is new.
///
/// Inputs are the query [batch, new, heads · size] with key and value [batch, new, kvHeads · size], or all three side by
/// side as the query; past key and value [batch, kvHeads, past, size]; for each item the number of its keys less one;
/// the largest number of keys; cosines and sines [positions, half]; positions [batch, new]; what is added to scores;
/// a sink for each head; and weights of a normalization of queries and keys before they are turned.
///
/// Where the largest number of keys is that of the new ones, this is a first prompt: the past does not count, and
/// positions go up from the first one given, or from 0. Otherwise the new keys are the last of each item. Rows of an
/// item beyond its keys answer what is not defined, and rows of the cache that nothing was written to are 0.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GroupQueryAttention>
struct GroupQueryAttention: OperatorKernel {
  private let heads: Int
  private let keyHeads: Int
  private let scale: Float
  private let cap: Float
  private let isCausal: Bool
  private let window: Int?
  private let rotates: Bool
  private let isInterleaved: Bool
  private let isSmooth: Bool
  private let normEpsilon: Float
  private let stage: Kernels.Attention.ScoreStage?
  private let wantsCache: Bool

  init(_ site: Site) throws(RuntimeError) {
    heads = try site.required("num_heads", try site.node.attributes.int("num_heads"))
    keyHeads = try site.required("kv_num_heads", try site.node.attributes.int("kv_num_heads"))
    guard keyHeads > 0, heads > 0, heads % keyHeads == 0 else {
      throw RuntimeError(.invalidGraph, "%d query heads cannot share %d key heads", heads, keyHeads)
    }
    scale = try site.float("scale", default: 0)
    cap = try site.float("softcap", default: 0)
    isCausal = try site.flag("causal", default: true)
    let window = try site.int("local_window_size", default: -1)
    guard window == -1 || window > 0 && isCausal else {
      throw RuntimeError(.invalidGraph, "local_window_size must be -1, or above 0 and causal, got %d", window)
    }
    // A query sees itself and what is before it.
    self.window = window == -1 ? nil : window - 1
    rotates = try site.flag("do_rotary")
    isInterleaved = try site.flag("rotary_interleaved")
    isSmooth = try site.flag("smooth_softmax")
    normEpsilon = try site.float("qk_norm_epsilon", default: 1e-6)
    switch try site.int("qk_output", default: 0) {
    case 0: stage = nil
    case 1: stage = .masked
    case 2: stage = .softmax
    case let mode: throw RuntimeError(.invalidGraph, "qk_output must be 0 to 2, got %d", mode)
    }
    wantsCache = site.wants(output: 1) || site.wants(output: 2)
    guard site.has(input: 5), site.has(input: 6), !rotates || site.has(input: 7) && site.has(input: 8),
      site.has(input: 3) == site.has(input: 4), site.has(input: 1) == site.has(input: 2),
      site.has(input: 14) == site.has(input: 15), stage != nil || !site.wants(output: 3)
    else {
      throw RuntimeError(
        .invalidGraph, "lengths, and both of keys and values, past, cosines and norms, must be given together")
    }
    try GroupQueryAttention.refuse(site)
  }

  /// Throws where the cache is of another form than floats that grow.
  private static func refuse(_ site: Site) throws(RuntimeError) {
    if try site.flag("sliding_window_cache") {
      throw RuntimeError(.notImplemented, "sliding_window_cache is not implemented")
    }
    for i in 0..<2 {
      let type = try i == 0 ? site.string("k_quant_type") : site.string("v_quant_type")
      if let type, !(type == "NONE"), !type.isEmpty {
        throw RuntimeError(.notImplemented, "a cache quantised as %s is not implemented", name: type)
      }
    }
    if site.has(input: 12) || site.has(input: 13) {
      throw RuntimeError(.notImplemented, "scales of a quantised cache are not implemented")
    }
  }

  private struct Sizes {
    let batch: Int
    let new: Int
    let past: Int
    let size: Int
    let isPacked: Bool
  }

  private func sizes(_ q: [Int], _ k: [Int]?, past: [Int]?) throws(RuntimeError) -> Sizes {
    let parts = heads + (k == nil ? 2 * keyHeads : 0)
    guard q.count == 3, q[2] % parts == 0 else {
      throw RuntimeError(
        .invalidArgument, "a query of shape %v does not fit %d and %d heads", shape: q, heads, keyHeads)
    }
    return Sizes(
      batch: q[0], new: q[1], past: past.flatMap { $0.count == 4 ? $0[2] : nil } ?? 0, size: q[2] / parts,
      isPacked: k == nil)
  }

  private func sizes(_ inputs: Facts) throws(RuntimeError) -> Sizes {
    try sizes(inputs[0].shape, inputs[optional: 1]?.shape, past: inputs[optional: 3]?.shape)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let s = try sizes(inputs)
    let cache = [s.batch, keyHeads, s.past, s.size]
    let expected: [(Int, [Int])] = [
      (1, [s.batch, s.new, keyHeads * s.size]), (2, [s.batch, s.new, keyHeads * s.size]), (3, cache), (4, cache),
      (9, [s.batch, s.new]), (11, [heads]), (14, [s.size]), (15, [s.size]),
    ]
    for (i, dims) in expected {
      guard let input = inputs[optional: i] else { continue }
      guard input.shape == dims else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: dims, input.shape, i)
      }
    }
    let (lengths, total) = (inputs[5], inputs[6])
    guard lengths.count == s.batch, total.count == 1 else {
      throw RuntimeError(
        .invalidArgument, "seqlens_k must be %d numbers and total_sequence_length one, got shapes %v and %v",
        shapes: lengths.shape, total.shape, s.batch)
    }
    if rotates {
      let (cosines, sines) = (inputs[7].shape, inputs[8].shape)
      guard cosines.count == 2, cosines == sines, 2 * cosines[1] <= s.size else {
        throw RuntimeError(
          .invalidArgument, "cosines and sines of shapes %v and %v do not fit heads of %d", shapes: cosines, sines,
          s.size)
      }
    }
    let keys = total.integers?.first
    if let keys, let bias = inputs[optional: 10] {
      try AttentionBias.check(bias, batch: s.batch, heads: heads, queries: s.new, keys: keys)
    }
    let rows = wantsCache || stage != nil ? keys.map { max($0, s.past) } ?? -1 : s.past + s.new
    let present = Fact(.float32, [s.batch, keyHeads, rows, s.size])
    return [
      Fact(.float32, [s.batch, s.new, heads * s.size]), present, present,
      Fact(.float32, [s.batch, heads, s.new, stage == nil ? s.past + s.new : keys ?? -1]),
    ]
  }

  private func kernel(_ s: Sizes, keys: Int) -> Kernels.Attention {
    var kernel = Kernels.Attention(
      batch: s.batch, queryHeads: heads, keyHeads: keyHeads, queries: s.new, keys: keys, headSize: s.size,
      valueSize: s.size, scale: scale == 0 ? 1 / Float(max(s.size, 1)).squareRoot() : scale)
    kernel.cap = cap
    kernel.isCausal = isCausal
    kernel.leftWindow = window
    if let stage { kernel.scoreStage = stage }
    return kernel
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard let s = try? sizes(inputs) else { return 0 }
    let rows = [s.batch, s.new, s.size, keyHeads].productSaturating
    let cache = [s.batch, keyHeads, s.past + s.new, s.size].productSaturating
    return ScratchMemory.floatBytes([
      4 * s.batch, heads, [s.batch, s.new, s.size, heads].productSaturating, rows, cache, cache,
      kernel(s, keys: s.past + s.new).scratchCount(threadCount: threads),
    ])
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (q, k, past) = (call.inputs[0], call.inputs[optional: 1], call.inputs[optional: 3])
    let s = try sizes(q.shape.dims, k?.shape.dims, past: past?.shape.dims)
    let keys = call.inputs[6].integer(0)
    guard keys > 0, keys <= s.past + s.new, s.batch > 0, s.new > 0 else {
      if s.batch == 0 || s.new == 0 { return }
      throw RuntimeError(
        .invalidArgument, "total_sequence_length must be in 1...%d, got %d", s.past + s.new, keys)
    }
    if let bias = call.inputs[optional: 10] {
      try AttentionBias.check(
        Fact(bias.type, bias.shape.dims), batch: s.batch, heads: heads, queries: s.new, keys: keys)
    }
    var scratch = ScratchMemory(call)
    let valid = scratch.take(s.batch, of: Int64.self)
    let first = scratch.take(s.batch, of: Int64.self)
    let isFirstPrompt = keys == s.new
    let capacity = max(keys, s.past)
    for item in 0..<s.batch {
      let length = Int(call.inputs[5].elements(Int32.self)[item]) + 1
      let before = isFirstPrompt ? 0 : length - s.new
      guard length > 0, length <= keys, before >= 0, before <= s.past, before + s.new <= capacity else {
        throw RuntimeError(
          .invalidArgument, "seqlens_k must leave room for %d new keys in %d, got %d", s.new, keys, length - 1)
      }
      valid[item] = Int64(length)
      first[item] = Int64(before)
    }

    var kernel = kernel(s, keys: keys)
    kernel.validKeys = UnsafePointer(valid)
    kernel.itemPositions = UnsafePointer(first)
    kernel.bias = AttentionBias.mask(call.inputs[optional: 10])
    kernel.scores = stage == nil ? nil : call.outputs[optional: 3]?.floats
    let zeros = scratch.take(heads, of: Float.self)
    for head in 0..<heads { zeros[head] = 0 }
    if let sinks = call.inputs[optional: 11] {
      kernel.sinks = UnsafePointer(sinks.floats)
    } else if isSmooth {
      kernel.sinks = UnsafePointer(zeros)
    }

    var (queries, newKeys, newValues) = parts(call, s)
    let places = try Places(call, s.new, first: first, isFirstPrompt: isFirstPrompt, rotates: rotates)
    queries = prepared(call, s, queries, heads, norm: 14, places, &scratch)
    newKeys = prepared(call, s, newKeys, keyHeads, norm: 15, places, &scratch)
    let joinedKeys = join(call, s, newKeys, input: 3, output: 1, capacity, first, &scratch)
    let joinedValues = join(call, s, newValues, input: 4, output: 2, capacity, first, &scratch)
    kernel.run(
      call.platform, queries, joinedKeys, joinedValues,
      into: HeadMatrices(interleaved: call.outputs[0].floats, heads: heads, rows: s.new, columns: s.size),
      scratch: scratch.take(0, of: Float.self))
    // Scores of keys that a query does not see are given as 0.
    if let scores = call.outputs[optional: 3], stage == .masked {
      for i in 0..<scores.count where scores.floats[i] == -.infinity { scores.floats[i] = 0 }
    }
  }

  /// Queries, keys and values as they were given.
  private func parts(_ call: Call, _ s: Sizes) -> (HeadMatrices, HeadMatrices, HeadMatrices) {
    let q = call.inputs[0].floats
    guard s.isPacked else {
      return (
        HeadMatrices(interleaved: q, heads: heads, rows: s.new, columns: s.size),
        HeadMatrices(interleaved: call.inputs[1].floats, heads: keyHeads, rows: s.new, columns: s.size),
        HeadMatrices(interleaved: call.inputs[2].floats, heads: keyHeads, rows: s.new, columns: s.size)
      )
    }
    let row = (heads + 2 * keyHeads) * s.size
    func part(_ head: Int) -> HeadMatrices {
      HeadMatrices(q + head * s.size, batchStride: s.new * row, headStride: s.size, rowStride: row)
    }
    return (part(0), part(heads), part(heads + keyHeads))
  }

  /// The positions of new rows, all of them within the tables.
  private struct Places {
    private let ids: UnsafeMutableBufferPointer<Int64>?
    private let first: UnsafePointer<Int64>
    private let isFirstPrompt: Bool
    private let new: Int

    init(
      _ call: Call, _ new: Int, first: UnsafePointer<Int64>, isFirstPrompt: Bool, rotates: Bool
    ) throws(RuntimeError) {
      ids = call.inputs[optional: 9]?.elements(Int64.self)
      self.first = first
      self.isFirstPrompt = isFirstPrompt
      self.new = new
      guard rotates else { return }
      let limit = call.inputs[7].shape[0]
      for item in 0..<call.inputs[0].shape[0] {
        for row in 0..<new {
          let place = self[item, row]
          guard place >= 0, place < limit else {
            throw RuntimeError(.invalidArgument, "positions must be below %d, got %d", limit, place)
          }
        }
      }
    }

    subscript(_ item: Int, _ row: Int) -> Int {
      if isFirstPrompt { return (Int(clamping: ids?[0] ?? 0)).addingReportingOverflow(row).partialValue }
      return Int(clamping: ids?[item * new + row] ?? (first[item] + Int64(row)))
    }
  }

  /// Heads that were normalised and turned, [batch, new, heads, size]; the same ones where there is nothing to do.
  private func prepared(
    _ call: Call, _ s: Sizes, _ source: HeadMatrices, _ heads: Int, norm: Int, _ places: Places,
    _ scratch: inout ScratchMemory
  ) -> HeadMatrices {
    let weight = call.inputs[optional: norm]
    guard rotates || weight != nil else { return source }
    let base = scratch.take(s.batch * s.new * heads * s.size, of: Float.self)
    let target = HeadMatrices(interleaved: base, heads: heads, rows: s.new, columns: s.size)
    let tables = rotates ? (cos: call.inputs[7], sin: call.inputs[8]) : nil
    call.platform.parallelRanges(s.batch * s.new, grain: max(1, 8192 / max(heads * s.size, 1))) { range in
      for place in range {
        let (item, row) = place.quotientAndRemainder(dividingBy: s.new)
        for head in 0..<heads {
          var from = UnsafePointer(source.row(item, head, row))
          let to = target.row(item, head, row)
          if let weight {
            rmsNorm(.serial, from, into: to, rows: 1, count: s.size, scale: weight.floats, epsilon: normEpsilon)
            from = UnsafePointer(to)
          }
          if let tables {
            let half = tables.cos.shape[1]
            let at = places[item, row] * half
            rotate(
              from, into: to, size: s.size, half: half, cosines: tables.cos.floats + at,
              sines: tables.sin.floats + at, interleaved: isInterleaved)
          }
        }
      }
    }
    return target
  }

  private func join(
    _ call: Call, _ s: Sizes, _ new: HeadMatrices, input: Int, output: Int, _ capacity: Int,
    _ first: UnsafePointer<Int64>, _ scratch: inout ScratchMemory
  ) -> HeadMatrices {
    let target =
      call.outputs[optional: output]?.floats
      ?? scratch.take(s.batch * keyHeads * capacity * s.size, of: Float.self)
    joinHeads(
      call.platform, batch: s.batch, heads: keyHeads, size: s.size,
      past: call.inputs[optional: input].map {
        HeadMatrices($0.floats, heads: keyHeads, rows: s.past, columns: s.size)
      }, pastRows: { Int(first[$0]) }, new: new, newRows: s.new, into: target, capacity: capacity)
    return HeadMatrices(target, heads: keyHeads, rows: capacity, columns: s.size)
  }
}
