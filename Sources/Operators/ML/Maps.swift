import GraphIR
import Kernels
import Tensors

/// A sequence with a map for each row, from labels to what the row has for them.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_ZipMap.html>
struct ZipMap: OperatorKernel {
  private let labels: Tensor

  init(_ site: Site) throws(RuntimeError) {
    let (strings, integers) = (try site.strings("classlabels_strings"), try site.int64s("classlabels_int64s"))
    guard (strings == nil) != (integers == nil) else {
      throw RuntimeError(.invalidGraph, "labels must be strings or integers")
    }
    if let strings {
      labels = Tensor(shape: [strings.count], strings: strings)
    } else {
      labels = try site.allocator.tensor(.int64, [integers!.count])
      for (i, integer) in integers!.enumerated() { labels.elements(Int64.self)[i] = integer }
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let columns = try Scores.rows(inputs[0]).columns
    guard columns == labels.count else {
      throw RuntimeError(
        .invalidArgument, "%d labels do not fit an input of %v", shape: inputs[0].shape, labels.count)
    }
    return [.sequence]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let (rows, columns) = Scores.rows(x.shape.dims)
    var maps: [Value] = []
    for row in 0..<rows {
      let values = try call.allocator.tensor(.float32, [columns])
      copyElements(x, row * columns, to: values, 0, count: columns)
      maps.append(.map(Value.Map(keys: labels, values: values)))
    }
    call.outputs[value: 0] = .sequence(Value.Sequence(maps))
  }
}

extension Call {
  /// Input `i`, which must be a map.
  fileprivate func map(_ i: Int) throws(RuntimeError) -> Value.Map {
    guard case .map(let map) = inputs[value: i] else {
      throw RuntimeError(.invalidArgument, "input %d must be a map", i)
    }
    return map
  }
}

/// The values of a map at the places of their keys in a vocabulary, [1, vocabulary]; what is missing is 0 or empty.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_DictVectorizer.html>
struct DictVectorizer: OperatorKernel {
  private let vocabulary: LookupTable

  init(_ site: Site) throws(RuntimeError) {
    let (strings, integers) = (try site.strings("string_vocabulary"), try site.int64s("int64_vocabulary"))
    guard (strings == nil) != (integers == nil) else {
      throw RuntimeError(.invalidGraph, "the vocabulary must be strings or integers")
    }
    vocabulary = strings.map { LookupTable(strings: $0) } ?? LookupTable(integers: integers!)
  }

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) {
    let map = try call.map(0)
    guard (map.keys.type == .string) == vocabulary.areStrings else {
      throw RuntimeError(.invalidArgument, "keys of %t are not in the vocabulary", Int(map.keys.type.rawValue))
    }
    let output = try call.allocator.tensor(map.values.type, [1, vocabulary.count])
    if output.type != .string {
      output.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: output.byteCount)
    }
    for i in 0..<map.keys.count {
      if let place = vocabulary.position(of: map.keys, i) { copyElements(map.values, i, to: output, place, count: 1) }
    }
    call.outputs[value: 0] = .tensor(output)
  }
}

/// The values of a map with integer keys as a row, cast: in the order of the keys, or each at its key.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_CastMap.html>
struct CastMap: OperatorKernel {
  private let type: ElementType
  /// The length of a sparse row; nil is a dense one.
  private let length: Int?

  init(_ site: Site) throws(RuntimeError) {
    let target = try site.string("cast_to") ?? "TO_FLOAT"
    switch target {
    case _ where target == "TO_FLOAT": type = .float32
    case _ where target == "TO_STRING": type = .string
    case _ where target == "TO_INT64": type = .int64
    default: throw RuntimeError(.invalidGraph, "cast_to %s is not known", name: target)
    }
    site.types.answer = type
    let form = try site.string("map_form") ?? "DENSE"
    guard form == "DENSE" || form == "SPARSE" else {
      throw RuntimeError(.invalidGraph, "map_form must be DENSE or SPARSE, got %s", name: form)
    }
    let length = try site.int("max_map", default: 1)
    self.length = form == "SPARSE" ? length : nil
    guard form == "DENSE" || length > 0 else {
      throw RuntimeError(.invalidGraph, "max_map must be above 0, got %d", length)
    }
  }

  func infer(_ inputs: Facts) -> [Fact] { [.anything] }

  func run(_ call: Call) throws(RuntimeError) {
    let map = try call.map(0)
    guard map.keys.type == .int64 else {
      throw RuntimeError(.invalidArgument, "the keys must be int64, got %t", Int(map.keys.type.rawValue))
    }
    let keys = map.keys.elements(Int64.self)
    let values = try converted(map.values, call)
    let output = try call.allocator.tensor(type, [1, length ?? keys.count])
    if type != .string { output.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: output.byteCount) }
    var order = Array(keys.indices)
    sortPlaces(&order) { keys[$0] < keys[$1] }
    for (rank, i) in order.enumerated() {
      guard length == nil || keys[i] >= 0 else {
        throw RuntimeError(.invalidArgument, "keys of a sparse row must not be negative, got %d", Int(keys[i]))
      }
      let place = length == nil ? rank : Int(clamping: keys[i])
      if place < output.count { copyElements(values, i, to: output, place, count: 1) }
    }
    call.outputs[value: 0] = .tensor(output)
  }

  private func converted(_ values: Tensor, _ call: Call) throws(RuntimeError) -> Tensor {
    if values.type == type { return values }
    let result = try call.allocator.tensor(type, values.shape)
    try Cast.convert(values, into: result, on: call.platform)
    return result
  }
}
