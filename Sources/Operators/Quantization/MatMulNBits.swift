import GraphIR
import Kernels
import Tensors

/// A [..., K] · Bᵀ, where B [N, K] is quantised to 2, 4 or 8 bits in blocks along K.
///
/// Inputs are A, the packed bits, a scale for each block, zero points (packed as the bits are, or floats), the block
/// that each position of K takes its scale from, and a bias. Missing zero points are half of the range. `accuracy_level`
/// only says what may be lost, and nothing is. (With a group index the reference runtime misreads packed zero points of
/// an odd number of blocks, and 2 bits.)
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
  private let hasGroups: Bool

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
    if try site.int("weight_prepacked", default: 0) != 0 {
      throw RuntimeError(.notImplemented, "weights that are packed for a device are not implemented")
    }
    hasGroups = site.has(input: 4)
    scales = try site.kept(2)
    zeroPoints = try site.kept(3)
  }

  private var blocks: Int { (k - 1) / block + 1 }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b, scale) = (inputs[0], inputs[1], inputs[2])
    guard a.rank >= 1, a.shape[a.rank - 1] == k else {
      throw RuntimeError(.invalidArgument, "A must end with K = %d, got %v", shape: a.shape, k)
    }
    guard b.count == [n, blocks, block * bits / 8].productSaturating,
      scale.count == [n, blocks].productSaturating
    else {
      throw RuntimeError(
        .invalidArgument, "B and its scales have shapes %v and %v, which are not %d rows of %d blocks",
        shapes: b.shape, scale.shape, n, blocks)
    }
    if let zero = inputs[optional: 3],
      zero.count != (zero.type == .uint8 ? n * ((blocks * bits + 7) / 8) : n * blocks)
    {
      throw RuntimeError(
        .invalidArgument, "zero points have shape %v, which is not %d rows of %d blocks", shape: zero.shape, n,
        blocks)
    }
    if let groups = inputs[optional: 4], groups.count < k {
      throw RuntimeError(
        .invalidArgument, "there must be a group for each of %d, got shape %v", shape: groups.shape, k)
    }
    if let bias = inputs[optional: 5], bias.shape != [n] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, n)
    }
    return [Fact(.float32, a.shape.dropLast() + [n])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let m = inputs[0].count / k
    if hasGroups {
      return ScratchMemory.byteCount([n, k, 4].productSaturating)
        + ScratchMemory.byteCount(GemmPack.rightCount(k: k, n: n) * 4)
    }
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

  func run(_ call: Call) throws(RuntimeError) {
    if let groups = call.inputs[optional: 4] { return try runGrouped(call, groups.elements(Int32.self)) }
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

  /// The product with B in floats, each value with the scale of the block that its position is assigned to.
  private func runGrouped(_ call: Call, _ groups: UnsafeMutableBufferPointer<Int32>) throws(RuntimeError) {
    for i in 0..<k where groups[i] < 0 || Int(groups[i]) >= blocks {
      throw RuntimeError(.invalidArgument, "a group index must be below %d, got %d", blocks, Int(groups[i]))
    }
    var scratch = ScratchMemory(call)
    let (a, output) = (call.inputs[0], call.outputs[0])
    let (scales, zero) = (scales ?? call.inputs[2], zeroPoints ?? call.inputs[optional: 3])
    let packed = matrix(
      call.inputs[1].bytes, scales.floats,
      zero.flatMap { $0.type == .uint8 ? UnsafePointer($0.bytes.assumingMemoryBound(to: UInt8.self)) : nil })
    let floatZeros = zero.flatMap { $0.type == .uint8 ? nil : UnsafePointer($0.floats) }
    let wide = scratch.take(n * k, of: Float.self)
    packed.widen(groups: UnsafePointer(groups.baseAddress!), floatZeros: floatZeros, into: wide)
    gemm(
      call.platform, m: a.count / k, n: n, k: k, .rows(UnsafePointer(a.floats), stride: k),
      .columns(UnsafePointer(wide), stride: k), into: output.floats, ldc: n,
      Epilogue(bias: call.inputs[optional: 5].map { UnsafePointer($0.floats) }),
      scratch: scratch.take(0, of: Float.self))
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
