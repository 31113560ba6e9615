import GraphIR
import Kernels
import Tensors

/// Turns pairs of values of each head by angles that depend on the position.
///
/// X is [batch, heads, sequence, size] or [batch, sequence, heads · size]. Cosines and sines are [positions, size / 2],
/// looked up by position ids, or [batch, sequence, size / 2] without them. com.microsoft's form has the ids before the
/// tables, and takes one number as the first position of all sequences. Its MRotaryEmbedding has three lists of ids,
/// [3, batch, sequence], and `mrope_section` says how many of the pairs go by each: one stretch after the other, or in
/// turns as long as the second and third last (`mrope_layout` 1).
///
/// <https://onnx.ai/onnx/operators/onnx__RotaryEmbedding.html>
struct RotaryEmbedding: FamilyKernel {
  private let heads: Int
  private let rotaryDim: Int
  private let isInterleaved: Bool
  private let idsInput: Int
  private let cosInput: Int
  /// Which of three lists of ids each pair goes by; empty where there is one.
  private var streams: [Int] = []

  static func onnx(_ site: Site) throws(RuntimeError) -> RotaryEmbedding {
    try RotaryEmbedding(site, idsInput: 3, cosInput: 1)
  }

  static func microsoft(_ site: Site) throws(RuntimeError) -> RotaryEmbedding {
    let scale = try site.float("scale", default: 1)
    guard scale == 1, try !site.flag("is_packed_batching") else {
      throw RuntimeError(.notImplemented, "a scale and packed batches are not implemented")
    }
    return try RotaryEmbedding(site, idsInput: 1, cosInput: 2)
  }

  static func sections(_ site: Site) throws(RuntimeError) -> RotaryEmbedding {
    var operation = try microsoft(site)
    let sizes = try site.required("mrope_section", try site.ints("mrope_section"))
    let layout = try site.int("mrope_layout", default: 0)
    guard sizes.count == 3, sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 20 }), layout == 0 || layout == 1 else {
      throw RuntimeError(
        .invalidGraph, "mrope_section must be three sizes and mrope_layout 0 or 1, got %v and %d", shape: sizes,
        layout)
    }
    let half = sizes.reduce(0, +)
    for pair in 0..<half {
      if layout == 0 {
        operation.streams.append(pair < sizes[0] ? 0 : pair < sizes[0] + sizes[1] ? 1 : 2)
      } else {
        let stream = pair % 3
        operation.streams.append(stream > 0 && pair < 3 * sizes[stream] ? stream : 0)
      }
    }
    return operation
  }

  private init(_ site: Site, idsInput: Int, cosInput: Int) throws(RuntimeError) {
    heads = try site.int("num_heads", default: 0)
    rotaryDim = try site.int("rotary_embedding_dim", default: 0)
    isInterleaved = try site.flag("interleaved")
    self.idsInput = idsInput
    self.cosInput = cosInput
  }

  private struct Sizes {
    let batch: Int
    let heads: Int
    let rows: Int
    let size: Int
    let turned: Int
  }

  private func sizes(_ x: [Int], _ cosines: [Int]) throws(RuntimeError) -> Sizes {
    guard x.count == 3 || x.count == 4, let half = cosines.last else {
      throw RuntimeError(.invalidArgument, "the input must have rank 3 or 4, got %v", shape: x)
    }
    var heads = x.count == 4 ? x[1] : heads
    if heads == 0 {
      // Without a number of heads, a table for whole heads says how large they are.
      guard rotaryDim == 0, half > 0 else {
        throw RuntimeError(.invalidGraph, "num_heads must be given for an input of shape %v", shape: x)
      }
      heads = x[2] / (2 * half)
    }
    let size = x.count == 4 ? x[3] : x[2] / max(heads, 1)
    let turned = rotaryDim == 0 ? size : rotaryDim
    guard turned == 2 * half, turned <= size, x.count == 4 || x[2] == heads * size else {
      throw RuntimeError(
        .invalidArgument, "tables of shape %v do not fit %d values of heads of %d", shape: cosines, turned, size)
    }
    return Sizes(batch: x[0], heads: heads, rows: x.count == 4 ? x[2] : x[1], size: size, turned: turned)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, cosines, sines) = (inputs[0], inputs[cosInput], inputs[cosInput + 1])
    let s = try sizes(x.shape, cosines.shape)
    guard cosines.shape == sines.shape else {
      throw RuntimeError(
        .invalidArgument, "cosines and sines must have one shape, got %v and %v", shapes: cosines.shape, sines.shape)
    }
    if !streams.isEmpty {
      guard cosines.rank == 2, let ids = inputs[optional: idsInput],
        ids.shape == [3, s.batch, s.rows], cosines.shape[1] == streams.count
      else {
        throw RuntimeError(
          .invalidArgument, "tables of shape %v and ids [3, %d, %d] must fit mrope_section", shape: cosines.shape,
          s.batch, s.rows)
      }
    } else if let ids = inputs[optional: idsInput] {
      guard cosines.rank == 2, ids.count == s.batch * s.rows || ids.count == 1 else {
        throw RuntimeError(
          .invalidArgument, "position ids of shape %v do not fit %v", shapes: ids.shape, [s.batch, s.rows])
      }
    } else if cosines.shape != [s.batch, s.rows, s.turned / 2] {
      throw RuntimeError(
        .invalidArgument, "without position ids tables must have shape %v, got %v",
        shapes: [s.batch, s.rows, s.turned / 2], cosines.shape)
    }
    return [x.withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, cosines, sines) = (call.inputs[0], call.inputs[cosInput], call.inputs[cosInput + 1])
    let s = try sizes(x.shape.dims, cosines.shape.dims)
    let ids = call.inputs[optional: idsInput]
    if let ids {
      let last = streams.isEmpty && ids.count == 1 && s.batch * s.rows != 1 ? s.rows - 1 : 0
      for i in 0..<ids.count {
        let id = ids.integer(i)
        guard id >= 0, id + last < cosines.shape[0] else {
          throw RuntimeError(.invalidArgument, "positions must be below %d, got %d", cosines.shape[0], id + last)
        }
      }
    }
    let isFlat = x.shape.rank == 3
    let position = { (batch: Int, row: Int) -> Int in
      guard let ids else { return batch * s.rows + row }
      return ids.count == 1 ? ids.integer(0) + row : ids.integer(batch * s.rows + row)
    }
    let half = s.turned / 2
    let count = s.batch * s.rows
    call.platform.parallelRanges(s.batch * s.rows, grain: max(1, 8192 / max(s.heads * s.size, 1))) { range in
      for place in range {
        let (batch, row) = place.quotientAndRemainder(dividingBy: s.rows)
        if !streams.isEmpty {
          turnByStreams(call, s, place, ids: { ids!.integer($0 * count + place) })
          continue
        }
        let at = position(batch, row) * half
        for head in 0..<s.heads {
          let offset =
            isFlat ? (place * s.heads + head) * s.size : ((batch * s.heads + head) * s.rows + row) * s.size
          rotate(
            x.floats + offset, into: call.outputs[0].floats + offset, size: s.size, half: half,
            cosines: cosines.floats + at, sines: sines.floats + at, interleaved: isInterleaved)
        }
      }
    }
  }

  /// One row of all heads, each pair by the ids of its stream.
  private func turnByStreams(_ call: Call, _ s: Sizes, _ place: Int, ids: (Int) -> Int) {
    let (x, cosines, sines) = (call.inputs[0], call.inputs[cosInput], call.inputs[cosInput + 1])
    let (batch, row) = place.quotientAndRemainder(dividingBy: s.rows)
    let half = s.turned / 2
    let rows = (ids(0) * half, ids(1) * half, ids(2) * half)
    for head in 0..<s.heads {
      let offset =
        x.shape.rank == 3 ? (place * s.heads + head) * s.size : ((batch * s.heads + head) * s.rows + row) * s.size
      let (from, to) = (x.floats + offset, call.outputs[0].floats + offset)
      for i in 0..<half {
        let at = (streams[i] == 0 ? rows.0 : streams[i] == 1 ? rows.1 : rows.2) + i
        let (first, second) = isInterleaved ? (2 * i, 2 * i + 1) : (i, half + i)
        let (a, b) = (from[first], from[second])
        to[first] = a * cosines.floats[at] - b * sines.floats[at]
        to[second] = a * sines.floats[at] + b * cosines.floats[at]
      }
      for i in (2 * half)..<max(s.size, 2 * half) { to[i] = from[i] }
    }
  }
}
