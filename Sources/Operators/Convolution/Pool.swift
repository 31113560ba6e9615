import GraphIR
import Kernels
import Tensors

/// The largest value of each window, and where it was.
///
/// <https://onnx.ai/onnx/operators/onnx__MaxPool.html>
struct MaxPool: OperatorKernel {
  private let attributes: WindowAttributes
  private let kernel: [Int]
  private let isColumnMajor: Bool
  private let wantsIndices: Bool

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    kernel = try site.required("kernel_shape", attributes.kernelShape)
    isColumnMajor = try site.flag("storage_order")
    wantsIndices = site.wants(output: 1)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 3)
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: kernel)
    let output = x.with(dims: Array(x.shape[..<2]) + window.output.dims(x.rank - 2))
    return [output, output.with(type: .int64)]
  }

  /// Bytes are pooled as float32, which holds them exactly, where it is asked for where they were.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let x = inputs[0]
    guard !TypeSet.reals.contains(x.type), let output = try? infer(inputs)[0] else { return 0 }
    if !wantsIndices, let window = try? attributes.window(input: Array(x.shape[2...]), kernel: kernel) {
      return bytes(x.shape, window, x.type).scratchByteCount(threadCount: threads)
    }
    return (x.count + output.count) * 4
  }

  private func bytes(_ x: [Int], _ window: Window, _ type: ElementType) -> MaxPoolInt8 {
    MaxPoolInt8(planes: x[0] * x[1], window: window, isSigned: type == .int8)
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let window = try attributes.window(input: Array(x.shape.dims[2...]), kernel: kernel)
    if !wantsIndices, x.type == .int8 || x.type == .uint8 {
      return bytes(x.shape.dims, window, x.type).run(
        call.platform, x.bytes, into: output.bytes, scratch: call.scratch)
    }
    let planes = x.shape[0] * x.shape[1]
    let indices = call.outputs[optional: 1]?.elements(Int64.self).baseAddress
    if x.type == .float64 {
      return maxPool(
        call.platform, x.reals, into: output.reals, planes: planes, window, indices: indices,
        columnMajor: isColumnMajor)
    }
    guard x.type != .float32 else {
      maxPool(
        call.platform, x.floats, into: output.floats, planes: planes, window, indices: indices,
        columnMajor: isColumnMajor)
      return
    }
    let wide = Tensor(.float32, x.shape, Storage(borrowed: call.scratch, byteCount: x.count * 4))
    let result = Tensor(
      .float32, output.shape, Storage(borrowed: call.scratch + x.count * 4, byteCount: output.count * 4))
    cast(x, into: wide, on: call.platform)
    maxPool(
      call.platform, wide.floats, into: result.floats, planes: planes, window, indices: indices,
      columnMajor: isColumnMajor)
    cast(result, into: output, on: call.platform)
  }
}

/// The mean of each window.
///
/// <https://onnx.ai/onnx/operators/onnx__AveragePool.html>
struct AveragePool: OperatorKernel {
  private let attributes: WindowAttributes
  private let kernel: [Int]
  private let includesPadding: Bool

  init(_ site: Site) throws(RuntimeError) {
    attributes = try WindowAttributes(site)
    kernel = try site.required("kernel_shape", attributes.kernelShape)
    includesPadding = try site.flag("count_include_pad")
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 3)
    let window = try attributes.window(input: Array(x.shape[2...]), kernel: kernel)
    return [x.with(dims: Array(x.shape[..<2]) + window.output.dims(x.rank - 2))]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let window = try attributes.window(input: Array(x.shape.dims[2...]), kernel: kernel)
    if x.type == .float64 {
      return averagePool(
        call.platform, x.reals, into: call.outputs[0].reals, planes: x.shape[0] * x.shape[1], window,
        includePadding: includesPadding)
    }
    averagePool(
      call.platform, x.floats, into: call.outputs[0].floats, planes: x.shape[0] * x.shape[1], window,
      includePadding: includesPadding)
  }
}

/// The mean or the largest value of each channel.
///
/// <https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html>,
/// <https://onnx.ai/onnx/operators/onnx__GlobalMaxPool.html>
struct GlobalPool: FamilyKernel {
  private let isMean: Bool

  static func average(_ site: Site) -> GlobalPool { GlobalPool(isMean: true) }
  static func max(_ site: Site) -> GlobalPool { GlobalPool(isMean: false) }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    try ShapeRules.rank(x, atLeast: 2)
    return [x.with(dims: Array(x.shape[..<2]) + [Int](repeating: 1, count: x.rank - 2))]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    let (planes, count) = (x.shape[0] * x.shape[1], x.shape.dims[2...].productSaturating)
    if x.type == .float64 {
      return globalPool(
        call.platform, x.reals, into: call.outputs[0].reals, planes: planes, count: count, isMean: isMean)
    }
    if isMean {
      globalAveragePool(call.platform, x.floats, into: call.outputs[0].floats, planes: planes, count: count)
    } else {
      globalMaxPool(call.platform, x.floats, into: call.outputs[0].floats, planes: planes, count: count)
    }
  }
}
