import GraphIR
import Kernels
import Tensors

/// activation(alpha · A' · B' + beta · C), where A' and B' may be transposed and C broadcasts to [M, N].
///
/// <https://onnx.ai/onnx/operators/onnx__Gemm.html>
struct Gemm: OperatorKernel {
  private let transposesA: Bool
  private let transposesB: Bool
  private let beta: Float
  private let epilogue: Epilogue
  private let packed: PackedRight?

  init(_ site: Site) throws(RuntimeError) {
    transposesA = try site.flag("transA")
    transposesB = try site.flag("transB")
    beta = try site.float("beta", default: 1)
    var epilogue = try FusedActivation.epilogue(site)
    epilogue.alpha = try site.float("alpha", default: 1)
    self.epilogue = epilogue
    packed = try PackedRight(site, 1, isTransposed: transposesB)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 2, input: 0)
    try ShapeRules.rank(inputs[1], 2, input: 1)
    let product = try Product(inputs[0].shape, inputs[1].shape, transposesA, transposesB)
    if let c = inputs[optional: 2] {
      guard c.rank <= 2, try ShapeRules.broadcast(c.shape, product.dims) == product.dims else {
        throw RuntimeError(.invalidArgument, "C of shape %v does not broadcast to %v", shapes: c.shape, product.dims)
      }
    }
    return [Fact(inputs[0].type, product.dims)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard inputs[0].type == .float32,
      let product = try? Product(inputs[0].shape, inputs[1].shape, transposesA, transposesB)
    else { return 0 }
    let left = transposesA ? product.m * product.k : 0
    let right = packed == nil ? GemmPack.rightCount(k: product.k, n: product.n) : 0
    return (left + right + product.m * product.n) * 4
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (a, output, addend) = (call.inputs[0], call.outputs[0], call.inputs[optional: 2])
    let product = try Product(a.shape.dims, packed?.dims ?? call.inputs[1].shape.dims, transposesA, transposesB)
    let (m, n, k) = (product.m, product.n, product.k)
    guard a.type == .float32 else {
      plainMatMul(
        a, call.inputs[1], into: output, product.batches, m: m, n: n, k: k, transposesA: transposesA,
        transposesB: transposesB)
      plainGemmEpilogue(output, m: m, n: n, alpha: epilogue.alpha, beta: beta, addend)
      return
    }
    var scratch = call.scratch.assumingMemoryBound(to: Float.self)
    var source = UnsafePointer(a.bytes.assumingMemoryBound(to: Float.self))
    if transposesA {
      transposeMatrix(source, rows: k, columns: m, into: scratch)
      source = UnsafePointer(scratch)
      scratch += m * k
    }
    var epilogue = epilogue
    if let addend, beta != 0 {
      let values = UnsafePointer(addend.bytes.assumingMemoryBound(to: Float.self))
      let isRow = addend.count == n && addend.shape.dims.last == n
      if isRow, beta == 1 {
        epilogue.bias = values
      } else if addend.count == m * n, beta == 1 {
        epilogue.addend = values
      } else {
        broadcastScaled(values, addend.shape.dims, m: m, n: n, by: beta, into: scratch)
        epilogue.addend = UnsafePointer(scratch)
        scratch += m * n
      }
    }
    let right: GemmRight
    if let packed {
      right = packed.matrix
    } else {
      let b = UnsafePointer(call.inputs[1].bytes.assumingMemoryBound(to: Float.self))
      right = transposesB ? .columns(b, stride: k) : .rows(b, stride: n)
    }
    gemm(
      call.platform, m: m, n: n, k: k, .rows(source, stride: k), right,
      into: output.bytes.assumingMemoryBound(to: Float.self), ldc: n, epilogue, scratch: scratch)
  }

  /// beta · C, written out to [M, N].
  private func broadcastScaled(
    _ c: UnsafePointer<Float>, _ dims: [Int], m: Int, n: Int, by beta: Float, into target: UnsafeMutablePointer<Float>
  ) {
    let columns = dims.last ?? 1
    let rows = dims.count == 2 ? dims[0] : 1
    for i in 0..<m {
      for j in 0..<n {
        target[i * n + j] = beta * c[(rows == 1 ? 0 : i * columns) + (columns == 1 ? 0 : j)]
      }
    }
  }
}
