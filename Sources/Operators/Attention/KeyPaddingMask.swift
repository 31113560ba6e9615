import GraphIR
import Kernels
import Tensors

/// The int32 mask of com.microsoft's attention operators, as the numbers it adds to scores.
///
/// It is one of: lengths [batch]; ends and starts [2 · batch]; flags [batch, keys]; flags [batch, queries, keys]; flags
/// of a square [batch, 1, most, most], of which the rows of the queries and the first columns count. What is masked
/// gets `filter`, which is not infinite: a row without any key weighs all of them as if there were no mask.
/// [3 · batch + 2], the offsets of packed sequences, begins with the lengths, and no more of it matters here.
struct KeyPaddingMask {
  private let filter: Float

  init(_ site: Site) throws(RuntimeError) { filter = try site.float("mask_filter_value", default: -10000) }

  func check(_ mask: Fact?, batch: Int, queries: Int, keys: Int) throws(RuntimeError) {
    guard let mask else { return }
    let dims = mask.shape
    let isLengths = dims.count == 1 && [batch, 2 * batch, 3 * batch + 2].contains(dims[0])
    let isSquare =
      dims.count == 4 && dims[0] == batch && dims[1] == 1 && dims[2] == dims[3] && dims[3] >= keys && keys >= queries
    guard
      isLengths || isSquare || dims == [batch, keys] || dims == [batch, queries, keys]
    else {
      throw RuntimeError(
        .invalidArgument, "a mask of shape %v does not fit %v, batch, queries and keys",
        shapes: dims, [batch, queries, keys])
    }
  }

  /// The f32 elements that `mask` takes.
  static func count(_ mask: Fact?, batch: Int, queries: Int, keys: Int) -> Int {
    guard let mask else { return 0 }
    return [batch, mask.rank > 2 ? queries : 1, keys].productSaturating
  }

  func mask(
    _ mask: Tensor?, batch: Int, queries: Int, keys: Int, _ scratch: inout ScratchMemory
  ) -> Kernels.Attention.Mask? {
    guard let mask else { return nil }
    let rank = mask.shape.rank
    let rows = rank > 2 ? queries : 1
    let values = scratch.take(batch * rows * keys, of: Float.self)
    let flags = mask.elements(Int32.self)
    for item in 0..<batch {
      for row in 0..<rows {
        let to = values + (item * rows + row) * keys
        if rank == 1 {
          let end = Int(flags[item])
          let start = flags.count == 2 * batch ? Int(flags[batch + item]) : 0
          for key in 0..<keys { to[key] = key < start || key >= end ? filter : 0 }
        } else {
          let from =
            rank == 4
            ? (item * mask.shape[2] + keys - queries + row) * mask.shape[3] : (item * rows + row) * keys
          for key in 0..<keys { to[key] = flags[from + key] > 0 ? 0 : filter }
        }
      }
    }
    return Kernels.Attention.Mask(
      values, batchStride: rows * keys, headStride: 0, rowStride: rows > 1 ? keys : 0, keyStride: 1, keys: keys)
  }
}
