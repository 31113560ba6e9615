import GraphIR
import Kernels
import Tensors

/// The discrete Fourier transform along an axis of [..., 1] real or [..., 2] complex numbers.
///
/// Computed in double precision. Until opset 19 the axis was an attribute.
///
/// <https://onnx.ai/onnx/operators/onnx__DFT.html>
struct DFT: OperatorKernel {
  private let isInverse: Bool
  private let isOneSided: Bool
  private let givenAxis: Int?

  init(_ site: Site) throws(RuntimeError) {
    isInverse = try site.flag("inverse")
    isOneSided = try site.flag("onesided")
    givenAxis = site.opset < 20 ? try site.int("axis", default: 1) : nil
  }

  private struct Sizes {
    let axis: Int
    /// Numbers that are transformed, after cutting or filling up.
    let length: Int
    let isComplex: Bool
    let output: [Int]
  }

  private func sizes(_ x: [Int], length: Int?, axis: Int) throws(RuntimeError) -> Sizes {
    guard x.count >= 2, let parts = x.last, parts == 1 || parts == 2 else {
      throw RuntimeError(.invalidArgument, "the input must end with 1 or 2 parts of a number, got %v", shape: x)
    }
    let axis = try ShapeRules.axis(axis, rank: x.count)
    guard axis < x.count - 1 else {
      throw RuntimeError(.invalidArgument, "the axis must not be the last, got %d", axis)
    }
    let isRealResult = isInverse && isOneSided
    let count = length ?? (isRealResult ? 2 * (x[axis] - 1) : x[axis])
    guard count > 0, count < 1 << 28 else {
      throw RuntimeError(.invalidArgument, "the length must be above 0, got %d", count)
    }
    var output = x
    output[axis] = isOneSided && !isInverse ? count / 2 + 1 : count
    output[x.count - 1] = isRealResult ? 1 : 2
    return Sizes(axis: axis, length: count, isComplex: parts == 2, output: output)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    let open = [x.with(dims: [Int](repeating: -1, count: x.rank))]
    if let length = inputs[optional: 1], length.integers == nil { return open }
    if let axis = inputs[optional: 2], axis.integers == nil { return open }
    let axis = givenAxis ?? inputs[optional: 2]?.integers?.first ?? -2
    return [x.with(dims: try sizes(x.shape, length: inputs[optional: 1]?.integers?.first, axis: axis).output)]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let axis = givenAxis ?? inputs[optional: 2]?.integers?.first ?? -2
    guard let sizes = try? sizes(inputs[0].shape, length: inputs[optional: 1]?.integers?.first, axis: axis) else {
      return 0
    }
    return sizes.length * 6 * 8
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let length = call.inputs[optional: 1] == nil ? nil : try call.scalar(1, default: 0)
    let axisInput = try call.scalar(2, default: -2)
    let sizes = try sizes(x.shape.dims, length: length, axis: givenAxis ?? axisInput)
    let (axis, n) = (sizes.axis, sizes.length)
    let dims = x.shape.dims
    let (outer, inner) = (dims[..<axis].productSaturating, dims[(axis + 1)..<(dims.count - 1)].productSaturating)
    let data = call.scratch.assumingMemoryBound(to: Double.self)
    let transform = FourierTransform(length: n, isInverse: isInverse)
    let parts = sizes.isComplex ? 2 : 1
    let scale = isInverse ? 1 / Double(n) : 1
    let outputParts = output.shape.dims.last!
    let outputLength = output.shape[axis]
    for i in 0..<outer {
      for j in 0..<inner {
        for k in 0..<n {
          let isInside = k < dims[axis]
          let at = ((i * dims[axis] + k) * inner + j) * parts
          data[2 * k] = isInside ? x.real(at) : 0
          data[2 * k + 1] = isInside && sizes.isComplex ? x.real(at + 1) : 0
        }
        if isInverse && isOneSided { mirror(data, n, given: dims[axis]) }
        transform.run(data, scratch: data + 2 * n)
        for k in 0..<outputLength {
          let at = ((i * outputLength + k) * inner + j) * outputParts
          for part in 0..<outputParts { output.setReal(at + part, data[2 * k + part] * scale) }
        }
      }
    }
  }

  /// Fills in the second half of a spectrum of a real signal.
  private func mirror(_ data: UnsafeMutablePointer<Double>, _ n: Int, given: Int) {
    data[1] = 0
    if n % 2 == 0 { data[n + 1] = 0 }
    for k in (n / 2 + 1)..<max(n, n / 2 + 1) {
      data[2 * k] = data[2 * (n - k)]
      data[2 * k + 1] = -data[2 * (n - k) + 1]
    }
  }
}
