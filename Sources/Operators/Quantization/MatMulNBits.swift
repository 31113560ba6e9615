import GraphIR
import Kernels
import Tensors

/// A [..., K] · Bᵀ, where B [N, K] is quantised to 2, 4 or 8 bits in blocks along K.
///
/// Inputs are A, the packed bits, a scale for each block, zero points (packed as the bits are, or floats), a group
/// index
/// that is not supported, and a bias. Missing zero points are half of the range.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits>
struct MatMulNBits: OperatorKernel {
  private let k: Int
  private let n: Int
  private let bits: Int
  private let block: Int
  /// Constant scales and float zero points as float32, read from here rather than widened at each run.
  private let scales: Tensor?
  private let zeroPoints: Tensor?

  init(_ site: Site) throws(RuntimeError) {
    k = try site.required("K", try site.node.attributes.int("K"))
    n = try site.required("N", try site.node.attributes.int("N"))
    bits = try site.int("bits", default: 4)
    block = try site.required("block_size", try site.node.attributes.int("block_size"))
    guard k > 0, n > 0, bits == 2 || bits == 4 || bits == 8, block >= 16, block & (block - 1) == 0, block < 1 << 30
    else {
      throw RuntimeError(
        .notImplemented, "blocks must be 2, 4 or 8 bits wide and a power of two from 16 on, got %d and %d", bits, block)
    }
    if site.has(input: 4) { throw RuntimeError(.notImplemented, "a group index is not implemented") }
    scales = try site.kept(2)
    zeroPoints = try site.kept(3)
  }

  private var blocks: Int { (k - 1) / block + 1 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b, scale) = (inputs[0], inputs[1], inputs[2])
    guard a.rank >= 1, a.shape[a.rank - 1] == k else {
      throw RuntimeError(.invalidArgument, "A must end with K = %d, got %v", shapes: [a.shape], k)
    }
    guard b.type == .uint8, b.count == [n, blocks, block * bits / 8].productSaturating,
      scale.count == [n, blocks].productSaturating
    else {
      throw RuntimeError(
        .invalidArgument, "B and its scales have shapes %v and %v, which are not %d rows of %d blocks",
        shapes: [b.shape, scale.shape], n, blocks)
    }
    if let zero = inputs[optional: 3],
      zero.count != (zero.type == .uint8 ? n * ((blocks * bits + 7) / 8) : n * blocks)
    {
      throw RuntimeError(
        .invalidArgument, "zero points have shape %v, which is not %d rows of %d blocks", shapes: [zero.shape], n,
        blocks)
    }
    if let bias = inputs[optional: 5], bias.shape != [n] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shapes: [bias.shape], n)
    }
    return [Fact(.float32, a.shape.dropLast() + [n])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let m = inputs[0].count / k
    let nothing = UnsafeMutableRawPointer(bitPattern: 64)!
    let matrix = matrix(nothing, nothing.assumingMemoryBound(to: Float.self), nil)
    var count = ScratchMemory.byteCount(blockQuantScratchCount(m: m, matrix, threadCount: threads) * 4)
    if let zero = inputs[optional: 3], zero.type != .uint8 {
      let packed = GemmPack.rightCount(k: blocks, n: n)
      count += ScratchMemory.byteCount(n * blocks * 4) + ScratchMemory.byteCount(m * blocks * 4)
      count += ScratchMemory.byteCount(m * n * 4) + ScratchMemory.byteCount(packed * 4)
    }
    return count
  }

  private func matrix(
    _ data: UnsafeMutableRawPointer, _ scales: UnsafePointer<Float>, _ zeroPoints: UnsafePointer<UInt8>?
  ) -> BlockQuantized {
    BlockQuantized(
      n: n, k: k, block: block, bits: bits, data: UnsafePointer(data.assumingMemoryBound(to: UInt8.self)),
      scales: scales, zeroPoints: zeroPoints)
  }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let (a, output) = (call.inputs[0], call.outputs[0])
    let m = a.count / k
    let scales = scales ?? call.inputs[2]
    let zero = zeroPoints ?? call.inputs[optional: 3]
    var epilogue = Epilogue(bias: call.inputs[optional: 5].map { UnsafePointer($0.floats) })
    var packedZeros: UnsafePointer<UInt8>?
    if let zero, zero.type == .uint8 {
      packedZeros = UnsafePointer(zero.bytes.assumingMemoryBound(to: UInt8.self))
    } else if let zero {
      epilogue.addend = correction(call, a.floats, m, scales.floats, zero.floats, &scratch)
    }
    gemmBlockQuantized(
      call.platform, m: m, a.floats, stride: k, matrix(call.inputs[1].bytes, scales.floats, packedZeros),
      into: output.floats, ldc: n, epilogue, scratch: scratch.take(0, of: Float.self))
  }

  /// What float zero points change against the default one: Σ over blocks of (Σ of A's block) · (default - zero) ·
  /// scale.
  private func correction(
    _ call: Call, _ a: UnsafePointer<Float>, _ m: Int, _ scales: UnsafePointer<Float>, _ zeros: UnsafePointer<Float>,
    _ scratch: inout ScratchMemory
  ) -> UnsafePointer<Float> {
    let shifts = scratch.take(n * blocks, of: Float.self)
    let middle = Float(1 << (bits - 1))
    for i in 0..<(n * blocks) { shifts[i] = (middle - zeros[i]) * scales[i] }
    let sums = scratch.take(m * blocks, of: Float.self)
    for row in 0..<m {
      for i in 0..<blocks {
        var sum: Float = 0
        for at in (row * k + i * block)..<(row * k + min((i + 1) * block, k)) { sum += a[at] }
        sums[row * blocks + i] = sum
      }
    }
    let result = scratch.take(m * n, of: Float.self)
    gemm(
      call.platform, m: m, n: n, k: blocks, .rows(UnsafePointer(sums), stride: blocks),
      .columns(UnsafePointer(shifts), stride: blocks), into: result, ldc: n,
      scratch: scratch.take(GemmPack.rightCount(k: blocks, n: n), of: Float.self))
    return UnsafePointer(result)
  }
}
