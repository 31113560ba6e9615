import GraphIR
import Kernels
import Tensors

/// The part that all products of byte matrices share: (A - a0) · (B - b0) in int32, B packed at bind where it is
/// constant.
struct IntegerProduct {
  private let packed: PackedBytes?

  /// B is input `right`, stored [N, K] if `isTransposed`.
  init(_ site: Site, right: Int, isTransposed: Bool = false) throws(RuntimeError) {
    packed = try PackedBytes(site, right, isTransposed: isTransposed)
  }

  /// The shape [K, N] of B where it was packed.
  var packedDims: [Int]? { packed?.dims }

  /// The shape of the product, where factors and zero points fit.
  func dims(_ a: Fact, _ b: Fact, aZero: Fact?, bZero: Fact?) throws(RuntimeError) -> [Int] {
    let product = try Product(a.shape, b.shape, false, false)
    try check(aZero, of: a, perLine: product.m, outer: a.shape.dropLast(2).productSaturating)
    try check(bZero, of: b, perLine: product.n, outer: b.shape.dropLast(2).productSaturating)
    return product.dims
  }

  private func check(_ zero: Fact?, of matrix: Fact, perLine: Int, outer: Int) throws(RuntimeError) {
    guard let zero else { return }
    guard
      zero.count == 1 || zero.count == perLine
        || zero.count == outer.multipliedReportingOverflow(by: perLine).partialValue
    else {
      throw RuntimeError(
        .invalidArgument, "a matrix of shape %v has 1 zero point or %d, got %v", shapes: matrix.shape, zero.shape,
        perLine)
    }
  }

  func scratchByteCount(_ a: Fact, _ b: Fact) -> Int {
    guard let product = try? Product(a.shape, b.shape, false, false) else { return 0 }
    let m = product.m.multipliedReportingOverflow(by: packed == nil ? 1 : max(product.count, 1)).partialValue
    let right = packed == nil ? ScratchMemory.byteCount(Int8Pack.rightCount(k: product.k, n: product.n, group: 4)) : 0
    return ScratchMemory.byteCount(Int8Pack.scratchByteCount(m: m, k: product.k)) + right
  }

  /// Writes the product's int32 sums, or float32 if there is a `scale`. `b` may be nil where it was packed.
  func run(
    _ call: Call, _ a: Tensor, _ b: Tensor?, aZero: Tensor?, bZero: Tensor?, into sums: UnsafeMutablePointer<Int32>,
    scale: SumScale? = nil, scratch: ScratchMemory
  ) throws(RuntimeError) {
    var scratch = scratch
    var product = try Product(a.shape.dims, packed?.dims ?? b!.shape.dims, false, false)
    let (aZeros, bZeros) = (bytes(aZero), bytes(bZero))
    let (aCount, bCount) = (aZero?.count ?? 0, bZero?.count ?? 0)
    let (oneLeft, k, n) = (product.m, product.k, product.n)
    if packed != nil, aCount <= 1 || aCount == oneLeft * product.count { product.foldBatches() }
    let m = product.m
    let group = Int8Pack.group(call.platform)
    let right =
      packed == nil ? scratch.take(Int8Pack.rightCount(k: k, n: n, group: 4), of: Int8.self) : nil
    let left = a.bytes.assumingMemoryBound(to: UInt8.self)
    for (i, batch) in product.batches.enumerated() {
      let matrix: UnsafePointer<Int8>
      if let packed {
        matrix = packed.pointer
      } else {
        packRightInt8(
          b!.bytes.assumingMemoryBound(to: UInt8.self) + batch.b, rows: 0..<k, k: k, n: n, signed: b!.type == .int8,
          group: group, into: right!)
        matrix = UnsafePointer(right!)
      }
      // Zero points of every matrix, or the same for all of them.
      let aOffset = aCount > m && k > 0 ? batch.a / k : 0
      let bOffset = bCount > n && k > 0 ? batch.b / k : 0
      gemmInt8(
        call.platform, m: m, n: n, k: k, UnsafePointer(left + batch.a), stride: k, aSigned: a.type == .int8,
        aZeros: aZeros.map { $0 + aOffset }, aZeroPerRow: aCount > 1, packed: matrix,
        bSigned: packed?.isSigned ?? (b!.type == .int8), bZeros: bZeros.map { $0 + bOffset },
        bZeroPerColumn: bCount > 1, into: sums + i * m * n, ldc: n, scale: scale,
        scratch: scratch.take(byteCount: 0))
    }
  }

  private func bytes(_ zero: Tensor?) -> UnsafePointer<UInt8>? {
    zero.map { UnsafePointer($0.bytes.assumingMemoryBound(to: UInt8.self)) }
  }
}
