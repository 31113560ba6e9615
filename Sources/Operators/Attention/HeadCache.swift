import GraphIR
import Kernels
import Tensors

extension Call {
  /// Keys or values of the past, [batch, heads, pastRows, size], and behind them the new ones: joined in `output`, in
  /// scratch where there is a past and nobody asks for the whole, or as they are where there is neither.
  func joined(
    _ new: HeadMatrices, newRows: Int, past: UnsafeMutablePointer<Float>?, pastRows: Int,
    into output: UnsafeMutablePointer<Float>?, batch: Int, heads: Int, size: Int, _ scratch: inout ScratchMemory
  ) -> HeadMatrices {
    if output == nil, pastRows == 0 { return new }
    let rows = pastRows + newRows
    let target = output ?? scratch.take(batch * heads * rows * size, of: Float.self)
    joinHeads(
      platform, batch: batch, heads: heads, size: size,
      past: past.map { HeadMatrices($0, heads: heads, rows: pastRows, columns: size) }, pastRows: { _ in pastRows },
      new: new, newRows: newRows, into: target, capacity: rows)
    return HeadMatrices(target, heads: heads, rows: rows, columns: size)
  }
}

/// What is added to the scores of attention, [batch or 1, heads or 1, queries, keys].
enum AttentionBias {
  static func check(_ bias: Fact?, batch: Int, heads: Int, queries: Int, keys: Int) throws(RuntimeError) {
    guard let bias else { return }
    let full = [batch, heads, queries, keys]
    guard bias.rank == 4, zip(bias.shape, full).prefix(2).allSatisfy({ $0 == 1 || $0 == $1 }),
      Array(bias.shape[2...]) == Array(full[2...])
    else {
      throw RuntimeError(
        .invalidArgument, "attention_bias must have shape %v, or 1 for its first dims, got %v",
        shapes: full, bias.shape)
    }
  }

  static func mask(_ bias: Tensor?) -> Kernels.Attention.Mask? {
    guard let bias else { return nil }
    let (dims, steps) = (bias.shape.dims, bias.shape.strides)
    return Kernels.Attention.Mask(
      bias.floats, batchStride: dims[0] == 1 ? 0 : steps[0], headStride: dims[1] == 1 ? 0 : steps[1],
      rowStride: steps[2], keyStride: 1, keys: dims[3])
  }
}
