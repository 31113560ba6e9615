import GraphIR
import Kernels
import Tensors

/// The product of matrices in the last two dims, broadcast over the others; a vector is a row on the left and a column
/// on the right.
///
/// Our own fused form adds inputs 2, a bias per column, and 3, an addend of the output's shape, and ends with an
/// activation; com.microsoft's FusedMatMul transposes and scales, and takes factors whose rows stand before the batch.
///
/// <https://onnx.ai/onnx/operators/onnx__MatMul.html>
struct MatMul: OperatorKernel {
  private let transposesA: Bool
  private let transposesB: Bool
  /// Whether factors are [rows, batch..., columns].
  private let turnsA: Bool
  private let turnsB: Bool
  private let epilogue: Epilogue
  private let packed: PackedRight?

  init(_ site: Site) throws(RuntimeError) {
    transposesA = try site.flag("transA")
    transposesB = try site.flag("transB")
    turnsA = try site.flag("transBatchA")
    turnsB = try site.flag("transBatchB")
    var epilogue = try FusedActivation.epilogue(site)
    epilogue.alpha = try site.float("alpha", default: 1)
    self.epilogue = epilogue
    packed = try PackedRight(site, 1, isTransposed: transposesB)
  }

  private func product(_ a: [Int], _ b: [Int]) throws(RuntimeError) -> Product {
    try Product(turnsA ? MatMul.turned(a) : a, turnsB ? MatMul.turned(b) : b, transposesA, transposesB)
  }

  /// With the batch in front.
  private static func turned(_ dims: [Int]) -> [Int] {
    dims.count < 3 ? dims : dims[1..<(dims.count - 1)] + [dims[0], dims[dims.count - 1]]
  }

  private static func turned(_ x: Tensor, _ scratch: inout ScratchMemory, _ platform: Platform) -> Tensor {
    let target = scratch.tensor(x.type, Shape(turned(x.shape.dims)))
    transpose(x, into: target, permutation: turned(Array(0..<x.shape.rank)), on: platform)
    return target
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let product = try product(inputs[0].shape, inputs[1].shape)
    if let bias = inputs[optional: 2], bias.shape != [product.n] {
      throw RuntimeError(.invalidArgument, "the bias must have shape [%d], got %v", shape: bias.shape, product.n)
    }
    if let addend = inputs[optional: 3], addend.shape != product.dims {
      throw RuntimeError(
        .invalidArgument, "the addend must have shape %v, got %v", shapes: product.dims, addend.shape)
    }
    return [Fact(inputs[0].type, product.dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    var turned = 0
    if turnsA { turned += ScratchMemory.byteCount(inputs[0].type.byteCount(inputs[0].count)) }
    if turnsB { turned += ScratchMemory.byteCount(inputs[1].type.byteCount(inputs[1].count)) }
    guard inputs[0].type == .float32, let product = try? product(inputs[0].shape, inputs[1].shape) else {
      return turned
    }
    let left = transposesA ? product.m * product.k : 0
    return turned + (left + (packed == nil ? GemmPack.rightCount(k: product.k, n: product.n) : 0)) * 4
  }

  func run(_ call: Call) throws(RuntimeError) {
    var (a, b, c) = (call.inputs[0], call.inputs[optional: 1], call.outputs[0])
    var scratch = ScratchMemory(call)
    if turnsA { a = MatMul.turned(a, &scratch, call.platform) }
    if turnsB, let right = b { b = MatMul.turned(right, &scratch, call.platform) }
    guard a.type == .float32 else {
      let product = try Product(a.shape.dims, b!.shape.dims, transposesA, transposesB)
      plainMatMul(
        a, b!, into: c, product.batches, m: product.m, n: product.n, k: product.k, transposesA: transposesA,
        transposesB: transposesB, alpha: epilogue.alpha)
      return
    }
    try runFloat32(call, a, b, c, scratch.take(0, of: Float.self))
  }

  private func runFloat32(
    _ call: Call, _ a: Tensor, _ b: Tensor?, _ c: Tensor, _ scratch: UnsafeMutablePointer<Float>
  ) throws(RuntimeError) {
    var epilogue = epilogue
    epilogue.bias = call.inputs[optional: 2].map { UnsafePointer($0.elements().baseAddress!) }
    let addend = call.inputs[optional: 3].map { UnsafePointer<Float>($0.elements().baseAddress!) }
    let left = a.bytes.assumingMemoryBound(to: Float.self)
    let output = c.bytes.assumingMemoryBound(to: Float.self)
    if let packed, !transposesA {
      // All rows there are, in one product: what a decoder does most often looks for no memory.
      let (k, n) = transposesB ? (packed.dims[1], packed.dims[0]) : (packed.dims[0], packed.dims[1])
      epilogue.addend = addend
      gemm(
        call.platform, m: a.count / k, n: n, k: k, .rows(left, stride: k), packed.matrix, into: output, ldc: n,
        epilogue, scratch: scratch)
      return
    }
    var product = try Product(a.shape.dims, packed?.dims ?? b!.shape.dims, transposesA, transposesB)
    if !transposesA { product.foldBatches() }
    let right = packed == nil ? b!.bytes.assumingMemoryBound(to: Float.self) : nil
    let (m, n, k) = (product.m, product.n, product.k)
    for (i, batch) in product.batches.enumerated() {
      epilogue.addend = addend.map { $0 + i * m * n }
      var source = UnsafePointer(left + batch.a)
      var packScratch = scratch
      if transposesA {
        transposeMatrix(source, rows: k, columns: m, into: scratch)
        source = UnsafePointer(scratch)
        packScratch += m * k
      }
      let matrix =
        packed?.matrix
        ?? (transposesB
          ? .columns(UnsafePointer(right! + batch.b), stride: k) : .rows(UnsafePointer(right! + batch.b), stride: n))
      gemm(
        call.platform, m: m, n: n, k: k, .rows(source, stride: k), matrix, into: output + i * m * n, ldc: n, epilogue,
        scratch: packScratch)
    }
  }
}
