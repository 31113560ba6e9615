import GraphIR
import Kernels
import Tensors

/// A constant right matrix of bytes, packed once for the int8 tiles.
struct PackedBytes {
  private let storage: Storage
  /// The shape as the model has it, [K, N].
  let dims: [Int]
  let isSigned: Bool

  var pointer: UnsafePointer<Int8> { UnsafePointer(storage.base.assumingMemoryBound(to: Int8.self)) }

  /// Packs input `i` of the site where it is a constant matrix of bytes.
  init?(_ site: Site, _ i: Int) throws(RuntimeError) {
    guard let constant = site.weight(i), TypeSet.bytes.contains(constant.type), constant.shape.rank == 2,
      !constant.shape.isEmpty
    else { return nil }
    dims = constant.shape.dims
    isSigned = constant.type == .int8
    let (k, n) = (dims[0], dims[1])
    let group = Int8Pack.group(site.platform)
    storage = try site.allocator.allocate(byteCount: Int8Pack.rightCount(k: k, n: n, group: group))
    site.pack(i, constant, rows: k, unit: group) { [storage, isSigned] rows, staging in
      packRightInt8(
        staging.assumingMemoryBound(to: UInt8.self), rows: rows, k: k, n: n, signed: isSigned,
        group: group, into: storage.base.assumingMemoryBound(to: Int8.self))
    }
  }
}
