import GraphIR
import Kernels
import Tensors

/// A constant right matrix, packed once for the f32 tiles.
struct PackedRight {
  /// The most columns that are packed at a time: each row of a wider matrix would write to as many pages as there are
  /// panels.
  private static let stripWidth = 4096

  private let storage: Storage
  /// The shape as the model has it.
  let dims: [Int]
  /// Columns of a panel: those that suit the platform.
  private let panel: Int

  var matrix: GemmRight {
    .packed(UnsafePointer(storage.base.assumingMemoryBound(to: Float.self)), panel: panel)
  }

  /// Packs input `i` of the site where it is a constant f32 matrix [K, N], or [N, K] if `isTransposed`.
  ///
  /// Nil where it is no such constant, or where the platform multiplies and wants it as it is.
  init?(_ site: Site, _ i: Int, isTransposed: Bool) throws(RuntimeError) {
    guard !site.platform.hasSgemm, let constant = site.weight(i), constant.type == .float32, constant.shape.rank == 2,
      !constant.shape.isEmpty
    else { return nil }
    dims = constant.shape.dims
    panel = site.platform.panelColumns
    let (rows, columns) = (constant.shape[0], constant.shape[1])
    let (k, n) = isTransposed ? (columns, rows) : (rows, columns)
    storage = try site.allocator.allocate(byteCount: GemmPack.rightCount(k: k, n: n) * 4)
    if isTransposed {
      // Stored rows that are columns come in as many as a panel has.
      site.pack(i, constant, rows: rows, unit: panel) { [storage, panel] range, staging in
        packRightTransposed(
          staging.assumingMemoryBound(to: Float.self), stride: columns, columns: range, k: k, n: n, panel: panel,
          into: storage.base.assumingMemoryBound(to: Float.self))
      }
      return
    }
    for first in stride(from: 0, to: columns, by: PackedRight.stripWidth) {
      let strip = first..<min(first + PackedRight.stripWidth, columns)
      site.pack(i, constant, rows: rows, strip: strip.lowerBound * 4..<strip.upperBound * 4) {
        [storage, panel] range, staging in
        packRight(
          staging.assumingMemoryBound(to: Float.self), stride: strip.count, rows: range, columns: strip, k: k, n: n,
          panel: panel, into: storage.base.assumingMemoryBound(to: Float.self))
      }
    }
  }
}
