import GraphIR
import Kernels
import Tensors

/// com.microsoft's quantised Gemm: alpha · A · B + C, in float32 or, where the output has a scale, in bytes.
///
/// Inputs are A [M, K] with its scale and zero point, B [K, N] with one or N of them, C in int32, which broadcasts to
/// [M, N] and is in units of alpha · A's scale · B's scale, and the scale and zero point of the output.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.QGemm>
struct QGemm: OperatorKernel {
  private let alpha: Float
  private let transposesA: Bool
  private let transposesB: Bool
  private let product: IntegerProduct

  init(_ site: Site) throws(RuntimeError) {
    alpha = try site.float("alpha", default: 1)
    transposesA = try site.flag("transA")
    transposesB = try site.flag("transB")
    product = try IntegerProduct(site, right: 3, isTransposed: transposesB)
    // Without a scale of its own the output is float32.
    if site.has(input: 7) { site.types.letters = "TfTyf3nfy>T" }
    if site.has(input: 7), site.has(input: 8) { site.types.letters = "TfTyf3nfy>8" }
  }

  private func turned(_ fact: Fact, _ transposes: Bool) -> Fact {
    transposes && fact.rank == 2 ? fact.with(dims: fact.shape.reversed()) : fact
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 2, input: 0)
    try ShapeRules.rank(inputs[3], 2, input: 3)
    let (a, b) = (turned(inputs[0], transposesA), turned(inputs[3], transposesB))
    let dims = try product.dims(a, b, aZero: inputs[2], bZero: inputs[optional: 5])
    guard inputs[2].count == 1, inputs[1].count == 1, inputs[4].count == 1 || inputs[4].count == dims[1],
      inputs[optional: 5].map({ $0.count == 1 || $0.count == dims[1] }) ?? true
    else {
      throw RuntimeError(
        .notImplemented, "scales of A and B may not have shapes %v and %v",
        shapes: inputs[1].shape, inputs[4].shape)
    }
    if let c = inputs[optional: 6], c.rank > 2 || (try? ShapeRules.broadcast(c.shape, dims)) != dims {
      throw RuntimeError(.invalidArgument, "C must broadcast to %v, got %v", shapes: dims, c.shape)
    }
    guard let scale = inputs[optional: 7] else { return [Fact(.float32, dims)] }
    let type = inputs[optional: 8]?.type ?? inputs[0].type
    guard scale.count == 1, inputs[optional: 8].map({ $0.count == 1 }) ?? true else {
      throw RuntimeError(.notImplemented, "the output has one scale, got shape %v", shape: scale.shape)
    }
    return [Fact(type, dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let (a, b) = (turned(inputs[0], transposesA), turned(inputs[3], transposesB))
    guard let dims = try? infer(inputs).first?.shape else { return 0 }
    return ScratchMemory.byteCount(a.count) + ScratchMemory.byteCount(b.count)
      + ScratchMemory.byteCount(dims.productSaturating &* 4) + ScratchMemory.byteCount(dims[1] &* 4)
      + product.scratchByteCount(a, b)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    func turned(_ tensor: Tensor, _ transposes: Bool) -> Tensor {
      guard transposes else { return tensor }
      let turned = scratch.tensor(tensor.type, Shape(tensor.shape.dims.reversed()))
      transpose(tensor, into: turned, permutation: [1, 0], on: call.platform)
      return turned
    }
    let output = call.outputs[0]
    let (m, n) = (output.shape[0], output.shape[1])
    let a = turned(call.inputs[0], transposesA)
    let b = product.packedDims == nil ? turned(call.inputs[3], transposesB) : nil
    let isFloat = output.type == .float32
    let sums =
      isFloat ? output.bytes.assumingMemoryBound(to: Int32.self) : scratch.take(output.count, of: Int32.self)
    let scales = scratch.take(n, of: Float.self)
    let (bScales, factor) = (call.inputs[4], alpha * call.inputs[1].floats[0])
    for i in 0..<n { scales[i] = factor * bScales.floats[bScales.count > 1 ? i : 0] }
    try product.run(
      call, a, b, aZero: call.inputs[2], bZero: call.inputs[optional: 5], into: sums, scratch: scratch)
    if let c = call.inputs[optional: 6] { add(c, to: sums, m, n) }
    if isFloat {
      SumScale(rowScale: 1, columnScales: scales, perColumn: true, Epilogue())
        .apply(call.platform, sums, ldc: n, rows: m, columns: n)
    } else {
      let outputScale = call.inputs[7].floats[0]
      for i in 0..<n { scales[i] /= outputScale }
      requantize(
        call.platform, sums, rows: m, columns: n, scales: scales, zeroPoint: call.inputs[optional: 8]?.byte(0) ?? 0,
        into: output.bytes, signed: output.type == .int8)
    }
  }

  private func add(_ c: Tensor, to sums: UnsafeMutablePointer<Int32>, _ m: Int, _ n: Int) {
    let values = c.elements(Int32.self)
    let columns = c.shape.dims.last ?? 1
    let rows = c.shape.rank == 2 ? c.shape[0] : 1
    for i in 0..<m {
      let from = rows == 1 ? 0 : i * columns
      for j in 0..<n { sums[i * n + j] &+= values[from + (columns == 1 ? 0 : j)] }
    }
  }
}
