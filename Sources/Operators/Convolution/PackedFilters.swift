import GraphIR
import Kernels
import Tensors

/// The constant weights of a convolution, [groups · filters, channels, kernel], as its kernel reads them.
struct PackedFilters {
  /// Which kernel they are for.
  enum Form { case depthwise, winograd, matrix }

  private let storage: Storage
  let dims: [Int]
  let form: Form

  var floats: UnsafePointer<Float> { UnsafePointer(storage.base.assumingMemoryBound(to: Float.self)) }

  /// Packs input 1 of the site where it is constant; each filter is multiplied by its element of the constant input
  /// `scale`, where there is one. Depthwise weights are only scaled.
  /// A window that slides without strides or dilation may have another kernel than others.
  init?(_ site: Site, groups: Int, scale: Int, isDense: Bool) throws(RuntimeError) {
    guard let constant = site.weight(1), constant.type == .float32, constant.shape.rank >= 3, !constant.shape.isEmpty
    else { return nil }
    dims = constant.shape.dims
    let (count, depth) = (dims[0], dims[1...].productSaturating)
    guard groups > 0, count % groups == 0 else { return nil }
    let scales = try site.constant(scale)
    if let scales, scales.type != .float32 || scales.count != count { return nil }
    let isSquare = isDense && groups == 1 && dims.count == 4 && dims[2] == 3 && dims[3] == 3
    let packedCount: Int
    if PackedFilters.isDepthwise(dims, groups: groups) {
      form = .depthwise
      packedCount = count * depth
    } else if isSquare, Winograd.suits(filters: count, channels: dims[1]) {
      form = .winograd
      packedCount = Winograd.packedCount(filters: count, channels: dims[1])
    } else {
      form = .matrix
      packedCount = Convolution.packedCount(groups: groups, filters: count / groups, depth: depth)
    }
    storage = try site.allocator.allocate(byteCount: packedCount * 4)
    // A packed panel holds four filters: they come in fours.
    site.pack(1, constant, rows: count, unit: 4) { [storage, form, dims] range, staging in
      let source = UnsafePointer(staging.assumingMemoryBound(to: Float.self))
      let target = storage.base.assumingMemoryBound(to: Float.self)
      let factors = scales.map { UnsafePointer($0.floats) }
      switch form {
      case .depthwise:
        for filter in range {
          let factor = factors?[filter] ?? 1
          let from = (filter - range.lowerBound) * depth
          for i in 0..<depth { target[filter * depth + i] = source[from + i] * factor }
        }
      case .winograd:
        Winograd.packWeights(
          source, filters: range, filters: count, channels: dims[1], scales: factors, into: target)
      case .matrix:
        Convolution.packWeights(
          source, filters: range, groups: groups, filters: count / groups, depth: depth, scales: factors, into: target)
      }
    }
    if scales != nil { site.consume(scale) }
  }

  /// Whether every filter sees one channel of a plane, for which there is a kernel of its own.
  static func isDepthwise(_ dims: [Int], groups: Int) -> Bool { groups > 1 && dims[1] == 1 && dims.count < 5 }
}
