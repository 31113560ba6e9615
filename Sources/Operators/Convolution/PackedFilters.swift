import GraphIR
import Kernels
import Tensors

/// The constant weights of a convolution, [groups · filters, channels, kernel], as its kernel reads them.
struct PackedFilters {
  private let storage: Storage
  let dims: [Int]

  var floats: UnsafePointer<Float> { UnsafePointer(storage.base.assumingMemoryBound(to: Float.self)) }

  /// Packs input 1 of the site where it is constant; each filter is multiplied by its element of the constant input
  /// `scale`, where there is one. Depthwise weights are only scaled.
  init?(_ site: Site, groups: Int, scale: Int) throws(RuntimeError) {
    guard let constant = site.weight(1), constant.type == .float32, constant.shape.rank >= 3, !constant.shape.isEmpty
    else { return nil }
    dims = constant.shape.dims
    let (count, depth) = (dims[0], dims[1...].productSaturating)
    guard groups > 0, count % groups == 0 else { return nil }
    let scales = try site.constant(scale)
    if let scales, scales.type != .float32 || scales.count != count { return nil }
    let isDepthwise = PackedFilters.isDepthwise(dims, groups: groups)
    let packedCount =
      isDepthwise ? count * depth : Convolution.packedCount(groups: groups, filters: count / groups, depth: depth)
    storage = try site.allocator.allocate(byteCount: packedCount * 4)
    // A packed panel holds four filters: they come in fours.
    site.pack(1, constant, rows: count, unit: 4) { [storage] range, staging in
      let source = UnsafePointer(staging.assumingMemoryBound(to: Float.self))
      let target = storage.base.assumingMemoryBound(to: Float.self)
      if isDepthwise {
        for filter in range {
          let factor = scales?.floats[filter] ?? 1
          let from = (filter - range.lowerBound) * depth
          for i in 0..<depth { target[filter * depth + i] = source[from + i] * factor }
        }
      } else {
        Convolution.packWeights(
          source, filters: range, groups: groups, filters: count / groups, depth: depth,
          scales: scales.map { UnsafePointer($0.floats) }, into: target)
      }
    }
    if scales != nil { site.consume(scale) }
  }

  /// Whether every filter sees one channel of a plane, for which there is a kernel of its own.
  static func isDepthwise(_ dims: [Int], groups: Int) -> Bool { groups > 1 && dims[1] == 1 && dims.count < 5 }
}
