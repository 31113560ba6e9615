import GraphIR
import Kernels
import Tensors

/// com.microsoft's EmbedLayerNormalization and its quantised form: the sum of the embeddings of words, positions and
/// segments, normalised.
///
/// Inputs are the ids of words and segments [batch, rows], the tables [ids, size], scale and shift, a mask, and the ids
/// of positions, which else go up from 0. Of the quantised form tables, scale and shift are bytes; a scale of each is
/// behind the mask, then a zero point of each. Output 1 counts what each item's mask holds (0 without one), output 2 is
/// the sum itself.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.EmbedLayerNormalization>
struct EmbedLayerNormalization: FamilyKernel {
  private let epsilon: Float
  private let isQuantized: Bool

  static func floats(_ site: Site) throws(RuntimeError) -> EmbedLayerNormalization {
    try EmbedLayerNormalization(site, isQuantized: false)
  }

  static func bytes(_ site: Site) throws(RuntimeError) -> EmbedLayerNormalization {
    try EmbedLayerNormalization(site, isQuantized: true)
  }

  private init(_ site: Site, isQuantized: Bool) throws(RuntimeError) {
    epsilon = try site.float("epsilon", default: 1e-12)
    self.isQuantized = isQuantized
    try site.require(2, 3, 5, 6)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let ids = inputs[0]
    try ShapeRules.rank(ids, 2, input: 0)
    guard let size = inputs[2].shape.last, (inputs[optional: 1] == nil) == (inputs[optional: 4] == nil) else {
      throw RuntimeError(.invalidArgument, "segments need both ids and a table")
    }
    for i in 2...6 {
      guard let table = inputs[optional: i] else { continue }
      let isFit = i < 5 ? table.rank == 2 && table.shape[1] == size : table.shape == [size]
      guard isFit else {
        throw RuntimeError(
          .invalidArgument, "input %d of shape %v does not fit embeddings of %d", shape: table.shape, i, size)
      }
      if isQuantized {
        guard let scale = inputs[optional: i + 6], scale.count == 1,
          let zero = inputs[optional: i + 11], zero.count == 1
        else { throw RuntimeError(.invalidArgument, "input %d must have one scale and one zero point", i) }
      }
    }
    for i in [0, 1, 7, 8] {
      if i == 8 && isQuantized { continue }
      guard let list = inputs[optional: i] else { continue }
      guard list.shape == ids.shape || i == 8 && list.shape == [1, ids.shape[1]] else {
        throw RuntimeError(
          .invalidArgument, "input %d must have shape %v, got %v", shapes: ids.shape, list.shape, i)
      }
    }
    if !isQuantized && inputs[optional: 8] == nil || isQuantized, inputs[3].shape[0] < ids.shape[1] {
      throw RuntimeError(
        .invalidArgument, "%d positions need as many rows, got %v", shape: inputs[3].shape, ids.shape[1])
    }
    let sum = Fact(.float32, ids.shape + [size])
    return [sum, Fact(.int32, [ids.shape[0]]), sum]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let size = inputs[2].shape.last ?? 0
    return ScratchMemory.byteCount([inputs[0].count, size, 4].productSaturating) + 2
      * ScratchMemory.byteCount(size &* 4)
  }

  /// A table and how its elements become floats.
  private struct Table {
    let rows: Int
    let size: Int
    private let tensor: Tensor
    private let scale: Float
    private let zero: Int32

    init(_ call: Call, _ i: Int, isQuantized: Bool) {
      tensor = call.inputs[i]
      size = tensor.shape.dims.last!
      rows = tensor.shape.rank == 2 ? tensor.shape[0] : 1
      scale = isQuantized ? call.inputs[i + 6].floats[0] : 1
      zero = isQuantized ? call.inputs[i + 11].byte(0) : 0
    }

    func add(_ row: Int, to target: UnsafeMutablePointer<Float>) {
      let first = row * size
      if tensor.type == .float32 {
        for i in 0..<size { target[i] += tensor.floats[first + i] }
      } else {
        for i in 0..<size { target[i] += Float(tensor.byte(first + i) - zero) * scale }
      }
    }
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let (ids, output) = (call.inputs[0].elements(Int32.self), call.outputs[0])
    let (batch, rows) = (output.shape[0], output.shape[1])
    let words = Table(call, 2, isQuantized: isQuantized)
    let positions = Table(call, 3, isQuantized: isQuantized)
    let size = words.size
    let segments = call.inputs[optional: 4].map { _ in Table(call, 4, isQuantized: isQuantized) }
    let segmentIDs = call.inputs[optional: 1]?.elements(Int32.self)
    let given = isQuantized ? nil : call.inputs[optional: 8]
    let positionIDs = given?.elements(Int32.self)
    let sharesPositions = given?.shape[0] == 1
    let place = { (i: Int) in positionIDs.map { Int($0[sharesPositions ? i % rows : i]) } ?? i % rows }
    for i in 0..<(batch * rows) {
      try check(Int(ids[i]), words)
      try check(place(i), positions)
      if let segments, let segmentIDs { try check(Int(segmentIDs[i]), segments) }
    }
    let spare = scratch.take(output.count, of: Float.self)
    let sums = call.outputs[optional: 2]?.floats ?? spare
    let (gamma, beta) = (scratch.take(size, of: Float.self), scratch.take(size, of: Float.self))
    for i in 0..<size { (gamma[i], beta[i]) = (0, 0) }
    Table(call, 5, isQuantized: isQuantized).add(0, to: gamma)
    Table(call, 6, isQuantized: isQuantized).add(0, to: beta)
    call.platform.parallelRanges(batch * rows, grain: max(1, 8192 / max(size, 1))) { range in
      for i in range {
        let sum = sums + i * size
        for j in 0..<size { sum[j] = 0 }
        words.add(Int(ids[i]), to: sum)
        positions.add(place(i), to: sum)
        if let segments, let segmentIDs { segments.add(Int(segmentIDs[i]), to: sum) }
      }
    }
    layerNorm(
      call.platform, sums, into: output.floats, rows: batch * rows, count: size, scale: gamma, bias: beta,
      epsilon: epsilon)
    guard let counts = call.outputs[optional: 1]?.elements(Int32.self) else { return }
    let mask = call.inputs[optional: 7]?.elements(Int32.self)
    for item in 0..<batch {
      counts[item] = 0
      if let mask { for row in 0..<rows where mask[item * rows + row] == 1 { counts[item] += 1 } }
    }
  }

  private func check(_ id: Int, _ table: Table) throws(RuntimeError) {
    guard id >= 0, id < table.rows else {
      throw RuntimeError(.invalidArgument, "an id must be below %d, got %d", table.rows, id)
    }
  }
}
