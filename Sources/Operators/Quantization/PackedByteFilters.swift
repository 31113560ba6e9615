import GraphIR
import Kernels
import Tensors

/// The weights of a convolution of bytes, [groups · filters, channels, kernel], as its kernel reads them.
struct PackedByteFilters {
  private let layout: Layout
  private let storage: Storage

  var dims: [Int] { layout.dims }
  var base: UnsafeRawPointer { UnsafeRawPointer(storage.base) }

  /// Packs input `i` of the site where it is constant, and its zero points, input `zero`, are too, or left out.
  init?(_ site: Site, _ i: Int, zero: Int, groups: Int) throws(RuntimeError) {
    guard let constant = site.weight(i), TypeSet.bytes.contains(constant.type), constant.shape.rank >= 3,
      !constant.shape.isEmpty, groups > 0, constant.shape[0] % groups == 0
    else { return nil }
    let zeros = try site.constant(zero)
    if site.has(input: zero) {
      guard let zeros, zeros.type == constant.type, zeros.count == 1 || zeros.count == constant.shape[0] else {
        return nil
      }
    }
    layout = Layout(constant.shape.dims, groups: groups, isSigned: constant.type == .int8, site.platform)
    storage = try site.allocator.allocate(byteCount: layout.byteCount)
    // Groups are packed apart: a range begins with one, or with a panel of four filters of the only one.
    let unit = groups == 1 ? 4 : constant.shape[0] / groups
    site.pack(i, constant, rows: constant.shape[0], unit: unit) { [layout, storage] filters, staging in
      layout.pack(staging, filters: filters, zeros: zeros, into: storage.base)
    }
  }

  /// How weights of a shape lie.
  struct Layout {
    let dims: [Int]
    private let groups: Int
    private let isSigned: Bool
    /// Neighbours in depth that lie side by side.
    private let group: Int
    /// Whether every filter sees one channel of a plane, for which there is a kernel of its own.
    let isDepthwise: Bool

    init(_ dims: [Int], groups: Int, isSigned: Bool, _ platform: Platform) {
      self.dims = dims
      self.groups = groups
      self.isSigned = isSigned
      group = Int8Pack.group(platform)
      isDepthwise = PackedFilters.isDepthwise(dims, groups: groups)
    }

    private var depth: Int { dims[1...].productSaturating }

    var byteCount: Int {
      isDepthwise
        ? DepthwiseInt8.packedByteCount(filters: dims[0], kernelCount: depth)
        : ConvolutionInt8.packedByteCount(groups: groups, filters: dims[0] / groups, depth: depth, group: group)
    }

    /// Packs filters `range`, given from the first of them on.
    func pack(
      _ source: UnsafeRawPointer, filters range: Range<Int>, zeros: Tensor?, into packed: UnsafeMutableRawPointer
    ) {
      let source = source.assumingMemoryBound(to: UInt8.self)
      let zeroPoints = zeros.map { UnsafePointer($0.bytes.assumingMemoryBound(to: UInt8.self)) }
      let zeroPerFilter = (zeros?.count ?? 1) > 1
      if isDepthwise {
        DepthwiseInt8.packWeights(
          source, filters: range, kernelCount: depth, signed: isSigned, zeros: zeroPoints,
          zeroPerFilter: zeroPerFilter, into: packed)
      } else {
        ConvolutionInt8.packWeights(
          source, filters: range, filters: dims[0] / groups, depth: depth, signed: isSigned, zeros: zeroPoints,
          zeroPerFilter: zeroPerFilter, group: group, into: packed)
      }
    }
  }
}
