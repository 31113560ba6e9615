import GraphIR
import Kernels
import Tensors

/// The constant weights of a convolution, [groups · filters, channels, kernel], as its kernel reads them.
struct PackedFilters {
  /// The most bytes of the model that are unpacked in memory at a time.
  private static let stagingByteCount = 1 << 18

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
    let target = storage.base.assumingMemoryBound(to: Float.self)
    // A packed panel holds four filters: they come in fours.
    let step = max(4, PackedFilters.stagingByteCount / (depth * 4) / 4 * 4)
    let staging = try site.allocator.allocate(byteCount: min(step, count) * depth * 4)
    let source = staging.base.assumingMemoryBound(to: Float.self)
    let perGroup = count / groups
    var first = 0
    while first < count {
      // A run ends with its group, so that the next one starts at a panel.
      let end = isDepthwise ? count : (first / perGroup + 1) * perGroup
      let range = first..<min(first + step, end)
      try constant.read(at: first * depth * 4, count: range.count * depth * 4, into: staging.base)
      if isDepthwise {
        for filter in range {
          let factor = scales?.floats[filter] ?? 1
          for i in 0..<depth { target[filter * depth + i] = source[(filter - first) * depth + i] * factor }
        }
      } else {
        Convolution.packWeights(
          source, filters: range, groups: groups, filters: perGroup, depth: depth,
          scales: scales.map { UnsafePointer($0.floats) }, into: target)
      }
      first = range.upperBound
    }
    site.consume(1)
    if scales != nil { site.consume(scale) }
  }

  /// Whether every filter sees one channel of a plane, for which there is a kernel of its own.
  static func isDepthwise(_ dims: [Int], groups: Int) -> Bool { groups > 1 && dims[1] == 1 && dims.count < 5 }
}
