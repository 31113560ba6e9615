import GraphIR
import Kernels
import Tensors

/// The dims of a tensor from `start` to before `end`, as int64.
///
/// <https://onnx.ai/onnx/operators/onnx__Shape.html>. `infer` knows the answer, so that arithmetic on shapes folds.
struct ShapeOperator: OperatorKernel {
  private let start: Int
  private let end: Int
  private let allocator: Allocator

  init(_ site: Site) throws(RuntimeError) {
    start = try site.int("start", default: 0)
    end = try site.int("end", default: .max)
    allocator = site.allocator
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [Fact(try allocator.integers(part(of: inputs[0].shape)))]
  }

  private func part(of dims: [Int]) -> [Int] {
    func clamped(_ axis: Int) -> Int { min(max(axis < 0 ? axis + dims.count : axis, 0), dims.count) }
    let first = clamped(start)
    return Array(dims[first..<max(first, clamped(end))])
  }

  func run(_ call: Call) {
    for (i, dim) in part(of: call.inputs[0].shape.dims).enumerated() {
      call.outputs[0].elements(Int64.self)[i] = Int64(dim)
    }
  }
}

/// The number of elements of a tensor.
///
/// <https://onnx.ai/onnx/operators/onnx__Size.html>
struct Size: OperatorKernel {
  private let allocator: Allocator

  init(_ site: Site) { allocator = site.allocator }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [Fact(try allocator.integers([inputs[0].count]).reshaped(.scalar))]
  }

  func run(_ call: Call) { call.outputs[0].elements(Int64.self)[0] = Int64(call.inputs[0].count) }
}

extension Allocator {
  /// An int64 vector.
  func integers(_ values: [Int]) throws(RuntimeError) -> Tensor {
    let tensor = try tensor(.int64, Shape([values.count]))
    for (i, value) in values.enumerated() { tensor.elements(Int64.self)[i] = Int64(value) }
    return tensor
  }
}
