import GraphIR
import Kernels
import Tensors

/// A [..., K] · Bᵀ, where B [N, K] is four bits a value, the numbers of a table times the largest of a block.
///
/// Inputs are A, the packed bits of B's rows one behind the other, the first value in the high half of a byte, and the
/// largest magnitude of each block of that run.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulBnb4>
struct MatMulBnb4: OperatorKernel {
  /// Columns of the output that are computed at once.
  private static let strip = 64
  /// The formats of bitsandbytes: four-bit floats of three exponent bits, and quantiles of a normal distribution.
  private static let fp4: [Float] = [
    0, 0.0052083333, 0.6666667, 1, 0.33333333, 0.5, 0.16666667, 0.25, 0, -0.0052083333, -0.6666667, -1, -0.33333333,
    -0.5, -0.16666667, -0.25,
  ]
  private static let nf4: [Float] = [
    -1, -0.6961928, -0.52507305, -0.3949175, -0.28444138, -0.18477343, -0.091050036, 0, 0.0795803, 0.1609302, 0.2461123,
    0.33791524, 0.44070983, 0.562617, 0.72295684, 1,
  ]

  private let k: Int
  private let n: Int
  private let block: Int
  private let table: [Float]

  init(_ site: Site) throws(RuntimeError) {
    k = try site.required("K", try site.node.attributes.int("K"))
    n = try site.required("N", try site.node.attributes.int("N"))
    block = try site.required("block_size", try site.node.attributes.int("block_size"))
    let type = try site.required("quant_type", try site.node.attributes.int("quant_type"))
    guard k > 0, n > 0, block >= 16, block < 1 << 24,
      [k, n].productSaturating < .max - block,
      block & (block - 1) == 0, type == 0 || type == 1
    else {
      throw RuntimeError(
        .notImplemented, "block_size must be a power of two from 16 on and quant_type 0 or 1, got %d and %d", block,
        type)
    }
    guard try site.flag("transB", default: true), try !site.flag("training_mode") else {
      throw RuntimeError(.notImplemented, "B must be stored transposed, and not for training")
    }
    table = type == 0 ? MatMulBnb4.fp4 : MatMulBnb4.nf4
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b, largest) = (inputs[0], inputs[1], inputs[2])
    guard a.rank >= 1, a.shape[a.rank - 1] == k else {
      throw RuntimeError(.invalidArgument, "A must end with K = %d, got %v", shape: a.shape, k)
    }
    guard b.count == (n * k + 1) / 2, largest.count == (n * k + block - 1) / block else {
      throw RuntimeError(
        .invalidArgument, "B and its scales have shapes %v and %v, which are not %d rows of %d",
        shapes: b.shape, largest.shape, n, k)
    }
    return [Fact(.float32, a.shape.dropLast() + [n])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let columns = min(n, MatMulBnb4.strip)
    return ScratchMemory.byteCount([columns, k, 4].productSaturating)
      + ScratchMemory.byteCount(GemmPack.rightCount(k: k, n: columns) * 4)
  }

  func run(_ call: Call) {
    var scratch = ScratchMemory(call)
    let (a, output) = (call.inputs[0], call.outputs[0])
    let wide = scratch.take(min(n, MatMulBnb4.strip) * k, of: Float.self)
    let packed = scratch.take(0, of: Float.self)
    let bytes = call.inputs[1].elements(UInt8.self)
    let largest = call.inputs[2].floats
    for first in stride(from: 0, to: n, by: MatMulBnb4.strip) {
      let columns = min(MatMulBnb4.strip, n - first)
      call.platform.parallelFor(columns) { (column: Int) in
        let start = (first + column) * k
        for i in start..<(start + k) {
          let nibble = i % 2 == 0 ? bytes[i / 2] >> 4 : bytes[i / 2] & 15
          wide[column * k + i - start] = table[Int(nibble)] * largest[i / block]
        }
      }
      gemm(
        call.platform, m: a.count / k, n: columns, k: k, .rows(UnsafePointer(a.floats), stride: k),
        .columns(UnsafePointer(wide), stride: k), into: output.floats + first, ldc: n, scratch: packed)
    }
  }
}
