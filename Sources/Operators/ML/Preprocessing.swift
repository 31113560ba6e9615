import GraphIR
import Kernels
import Tensors

/// (x - offset) · scale, with one of each or one for each feature.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html>
struct Scaler: OperatorKernel {
  private let offsets: [Float]
  private let scales: [Float]

  init(_ site: Site) throws(RuntimeError) {
    offsets = try site.floats("offset") ?? [0]
    scales = try site.floats("scale") ?? [1]
    guard !offsets.isEmpty, !scales.isEmpty else {
      throw RuntimeError(.invalidGraph, "offset and scale must not be empty")
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let columns = inputs[0].shape.last ?? 1
    guard offsets.count == 1 || offsets.count == columns, scales.count == 1 || scales.count == columns else {
      throw RuntimeError(
        .invalidArgument, "%d offsets and %d scales do not fit an input of %v", shape: inputs[0].shape,
        offsets.count, scales.count)
    }
    return [Fact(.float32, inputs[0].shape)]
  }

  func run(_ call: Call) {
    let output = call.outputs[0]
    cast(call.inputs[0], into: output, on: call.platform)
    let columns = max(output.shape.dims.last ?? 1, 1)
    for i in 0..<output.count {
      let column = i % columns
      output.floats[i] =
        (output.floats[i] - offsets[offsets.count > 1 ? column : 0]) * scales[scales.count > 1 ? column : 0]
    }
  }
}

/// Divides each row by its largest value, the sum of its magnitudes, or the root of the sum of its squares.
///
/// A row that this is 0 of stays as it is.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_Normalizer.html>
struct Normalizer: OperatorKernel {
  private enum Norm { case max, l1, l2 }

  private let norm: Norm

  init(_ site: Site) throws(RuntimeError) {
    let name = try site.string("norm") ?? "MAX"
    switch name {
    case _ where name == "MAX": norm = .max
    case _ where name == "L1": norm = .l1
    case _ where name == "L2": norm = .l2
    default: throw RuntimeError(.invalidGraph, "norm %s is not known", name: name)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    _ = try Scores.rows(inputs[0])
    return [Fact(.float32, inputs[0].shape)]
  }

  func run(_ call: Call) {
    let output = call.outputs[0]
    cast(call.inputs[0], into: output, on: call.platform)
    let (rows, columns) = Scores.rows(output.shape.dims)
    for row in 0..<rows {
      let x = output.floats + row * columns
      var total: Float = norm == .max ? -.infinity : 0
      for i in 0..<columns {
        switch norm {
        case .max: total = max(total, x[i])
        case .l1: total += x[i].magnitude
        case .l2: total += x[i] * x[i]
        }
      }
      if norm == .l2 { total = total.squareRoot() }
      if total != 0 { for i in 0..<columns { x[i] /= total } }
    }
  }
}

/// 1 where an element is above the threshold, else 0.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_Binarizer.html>
struct Binarizer: OperatorKernel {
  private let threshold: Float

  init(_ site: Site) throws(RuntimeError) { threshold = try site.float("threshold", default: 0) }

  func infer(_ inputs: Facts) -> [Fact] { [inputs[0].withoutValue] }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    for i in 0..<x.count { output.floats[i] = x.floats[i] > threshold ? 1 : 0 }
  }
}

/// Puts another number in the place of one, or of NaN: one for all, or one for each feature.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_Imputer.html>
struct Imputer: OperatorKernel {
  private let floats: [Float]
  private let integers: [Int64]
  private let replacedFloat: Float
  private let replacedInteger: Int64

  init(_ site: Site) throws(RuntimeError) {
    floats = try site.floats("imputed_value_floats") ?? []
    integers = try site.int64s("imputed_value_int64s") ?? []
    replacedFloat = try site.float("replaced_value_float", default: 0)
    replacedInteger = try site.int64("replaced_value_int64", default: 0)
    guard floats.isEmpty != integers.isEmpty else {
      throw RuntimeError(.invalidGraph, "imputed values must be floats or integers, and some")
    }
    site.types.first = .init(floats.isEmpty ? .int64 : .float32)
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let count = inputs[0].type == .float32 ? floats.count : integers.count
    guard count == 1 || count > 0 && count == inputs[0].shape.last else {
      throw RuntimeError(
        .invalidArgument, "%d values do not fit an input of %v", shape: inputs[0].shape, count)
    }
    return [inputs[0].withoutValue]
  }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let columns = max(x.shape.dims.last ?? 1, 1)
    if x.type == .float32 {
      for i in 0..<x.count {
        let value = x.floats[i]
        let isMissing = value == replacedFloat || value.isNaN && replacedFloat.isNaN
        output.floats[i] = isMissing ? floats[floats.count > 1 ? i % columns : 0] : value
      }
    } else {
      let (from, to) = (x.elements(Int64.self), output.elements(Int64.self))
      for i in 0..<x.count {
        to[i] = from[i] == replacedInteger ? integers[integers.count > 1 ? i % columns : 0] : from[i]
      }
    }
  }
}

/// Joins the features of several inputs in float32, each cut or filled with zeros to the number that is given.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_FeatureVectorizer.html>
struct FeatureVectorizer: OperatorKernel {
  private let sizes: [Int]

  init(_ site: Site) throws(RuntimeError) {
    sizes = try site.ints("inputdimensions") ?? []
    guard sizes.count == site.inputCount, sizes.allSatisfy({ $0 >= 0 && $0 < 1 << 24 }),
      sizes.count < 1 << 6 || sizes.allSatisfy({ $0 < 1 << 10 }) && sizes.count < 1 << 20
    else {
      throw RuntimeError(
        .invalidGraph, "inputdimensions must be %d, none negative, got %v", shape: sizes, site.inputCount)
    }
    for i in 0..<sizes.count { try site.require(i) }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let rows = try Scores.rows(inputs[0]).rows
    for i in 0..<inputs.count {
      guard try Scores.rows(inputs[i]).rows == rows else {
        throw RuntimeError(.invalidArgument, "input %d must have %d rows, got %v", shape: inputs[i].shape, i, rows)
      }
    }
    return [Fact(.float32, [rows, sizes.reduce(0, +)])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    (0..<inputs.count).reduce(0) { max($0, ScratchMemory.converting(inputs[$1], to: .float32)) }
  }

  func run(_ call: Call) {
    let output = call.outputs[0]
    let width = output.shape[1]
    var start = 0
    for i in 0..<sizes.count {
      var scratch = ScratchMemory(call)
      let x = scratch.converted(call.inputs[i], to: .float32, on: call.platform)
      let (rows, columns) = Scores.rows(x.shape.dims)
      for row in 0..<rows {
        for j in 0..<sizes[i] {
          output.floats[row * width + start + j] = j < columns ? x.floats[row * columns + j] : 0
        }
      }
      start += sizes[i]
    }
  }
}

/// Picks features by their numbers; a vector is one row.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html>
struct ArrayFeatureExtractor: OperatorKernel {
  init(_ site: Site) {}

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (x, indices) = (inputs[0], inputs[1])
    try ShapeRules.rank(x, atLeast: 1)
    guard indices.count > 0 else {
      throw RuntimeError(.invalidArgument, "there must be indices, got shape %v", shape: indices.shape)
    }
    return [x.with(dims: (x.rank == 1 ? [1] : x.shape.dropLast()) + [indices.count])]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (x, indices) = (call.inputs[0], call.inputs[1])
    let columns = x.shape[x.shape.rank - 1]
    for i in 0..<indices.count {
      let index = indices.integer(i)
      guard index >= 0, index < columns else {
        throw RuntimeError(.invalidArgument, "an index must be below %d, got %d", columns, index)
      }
    }
    gather(x, indices.reshaped([indices.count]), axis: x.shape.rank - 1, into: call.outputs[0], on: call.platform)
  }
}

/// For each element a row with 1 at the place of its category.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_OneHotEncoder.html>
struct OneHotEncoder: OperatorKernel {
  private let categories: LookupTable
  private let allowsUnknown: Bool

  init(_ site: Site) throws(RuntimeError) {
    allowsUnknown = try site.flag("zeros", default: true)
    let (strings, integers) = (try site.strings("cats_strings") ?? [], try site.int64s("cats_int64s") ?? [])
    guard strings.isEmpty != integers.isEmpty else {
      throw RuntimeError(.invalidGraph, "categories must be strings or integers, and some")
    }
    categories =
      strings.isEmpty
      ? LookupTable(integers: integers) : LookupTable(strings: strings)
    site.types.first = categories.areStrings ? .string : .numbers
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    return [Fact(.float32, inputs[0].shape + [categories.count])]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    inputs[0].type == .string ? 0 : ScratchMemory.converting(inputs[0], to: .int64)
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    var x = call.inputs[0]
    if x.type != .string { x = scratch.converted(x, to: .int64, on: call.platform) }
    let output = call.outputs[0]
    fillBytes(output)
    for i in 0..<x.count {
      if let place = categories.position(of: x, i) {
        output.floats[i * categories.count + place] = 1
      } else if !allowsUnknown {
        throw RuntimeError(.invalidArgument, "element %d must be one of the categories", i)
      }
    }
  }

  private func fillBytes(_ tensor: Tensor) {
    tensor.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: tensor.byteCount)
  }
}
