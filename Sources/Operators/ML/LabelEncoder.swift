import GraphIR
import Kernels
import Tensors

/// Where an element is in a list of keys; of equal keys the first one counts, and NaN equals NaN if it is asked for.
struct LookupTable {
  let count: Int
  let areStrings: Bool
  private let names: NameTable
  /// The keys as integers that are in the keys' order, and where each came from, by size.
  private let keys: [(key: Int64, place: Int)]
  private var matchesNaN = true

  init(strings: [Name]) {
    var names: NameTable = [:]
    for (i, string) in strings.enumerated() where names[string] == nil { names[string] = i }
    (self.names, keys, count, areStrings) = (names, [], strings.count, true)
  }

  init(integers: [Int64]) {
    var order = Array(integers.indices)
    sortPlaces(&order) { integers[$0] < integers[$1] }
    keys = order.map { (key: integers[$0], place: $0) }
    (names, count, areStrings) = ([:], integers.count, false)
  }

  init(_ tensor: Tensor, matchesNaN: Bool = true) {
    defer { self.matchesNaN = matchesNaN }
    if tensor.type == .string {
      self.init(strings: tensor.storage.strings)
    } else {
      self.init(integers: (0..<tensor.count).map { LookupTable.integer(tensor, $0) })
    }
  }

  func position(of tensor: Tensor, _ i: Int) -> Int? {
    if areStrings { return names[tensor.storage.strings[i]] }
    if !matchesNaN, tensor.type == .float32, tensor.floats[i].isNaN { return nil }
    let wanted = LookupTable.integer(tensor, i)
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = (low + high) / 2
      if keys[middle].key < wanted { low = middle + 1 } else { high = middle }
    }
    return low < keys.count && keys[low].key == wanted ? keys[low].place : nil
  }

  /// An integer that only equal elements share.
  private static func integer(_ tensor: Tensor, _ i: Int) -> Int64 {
    func bits(_ x: Double) -> Int64 { Int64(bitPattern: x.isNaN ? Double.nan.bitPattern : (x + 0).bitPattern) }
    switch tensor.type {
    case .float32: return bits(Double(tensor.floats[i]))
    case .float64: return bits(tensor.elements(Double.self)[i])
    case .int16: return Int64(tensor.elements(Int16.self)[i])
    default: return tensor.int64(i)
    }
  }
}

/// LabelEncoder and CategoryMapper: for each element the value that belongs to it, or a default.
///
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_LabelEncoder.html>: version 1 has a list of strings, whose keys or
/// values are their positions; version 2 lists of each type, version 4 tensors as well, and NaN as a key.
/// <https://onnx.ai/onnx/operators/onnx_aionnxml_CategoryMapper.html> maps either way.
struct LabelEncoder: FamilyKernel {
  private struct Mapping {
    let keys: LookupTable
    let keyType: ElementType
    let values: Tensor
    /// One element of the values' type.
    let fallback: Tensor
  }

  private let mappings: [Mapping]

  private init(_ site: Site, _ mappings: [Mapping]) {
    self.mappings = mappings
    site.types.first = []
    for mapping in mappings { site.types.first.formUnion(.init(mapping.keyType)) }
    if mappings.count == 1 { site.types.answer = mappings[0].values.type }
  }

  static func latest(_ site: Site) throws(RuntimeError) -> LabelEncoder {
    if site.opset < 2 { return try paired(site, strings: try site.strings("classes_strings") ?? [], integers: nil) }
    let keys = try list(
      site, strings: "keys_strings", ints: "keys_int64s", floats: "keys_floats", tensor: "keys_tensor")
    let values = try list(
      site, strings: "values_strings", ints: "values_int64s", floats: "values_floats", tensor: "values_tensor")
    guard keys.count == values.count, [.string, .int64, .int16, .float32, .float64, .int32].contains(keys.type) else {
      throw RuntimeError(
        .invalidGraph, "%d keys must have as many values, got %d", keys.count, values.count)
    }
    return LabelEncoder(
      site,
      [
        Mapping(
          keys: LookupTable(keys, matchesNaN: site.opset >= 4), keyType: keys.type, values: values,
          fallback: try fallback(site, values.type))
      ])
  }

  static func categories(_ site: Site) throws(RuntimeError) -> LabelEncoder {
    try paired(site, strings: try site.strings("cats_strings") ?? [], integers: try site.int64s("cats_int64s") ?? [])
  }

  /// Strings to integers and integers to strings; without a list of integers they are positions.
  private static func paired(_ site: Site, strings: [Name], integers: [Int64]?) throws(RuntimeError) -> LabelEncoder {
    let integers = integers ?? strings.indices.map { Int64($0) }
    guard strings.count == integers.count, !strings.isEmpty else {
      throw RuntimeError(
        .invalidGraph, "%d strings must have as many integers, got %d", strings.count, integers.count)
    }
    let names = Tensor(shape: [strings.count], strings: strings)
    let numbers = try tensor(site, integers)
    return LabelEncoder(
      site,
      [
        Mapping(
          keys: LookupTable(names), keyType: .string, values: numbers, fallback: try fallback(site, .int64)),
        Mapping(
          keys: LookupTable(numbers), keyType: .int64, values: names, fallback: try fallback(site, .string)),
      ])
  }

  private static func tensor(_ site: Site, _ integers: [Int64]) throws(RuntimeError) -> Tensor {
    let tensor = try site.allocator.tensor(.int64, [integers.count])
    for (i, integer) in integers.enumerated() { tensor.elements(Int64.self)[i] = integer }
    return tensor
  }

  private static func list(
    _ site: Site, strings: StaticString, ints: StaticString, floats: StaticString, tensor: StaticString
  ) throws(RuntimeError) -> Tensor {
    var found: [Tensor] = []
    if let list = try site.strings(strings) { found.append(Tensor(shape: [list.count], strings: list)) }
    if let list = try site.int64s(ints) { found.append(try LabelEncoder.tensor(site, list)) }
    if let list = try site.floats(floats) {
      let numbers = try site.allocator.tensor(.float32, [list.count])
      for (i, number) in list.enumerated() { numbers.floats[i] = number }
      found.append(numbers)
    }
    if let given = try site.tensor(tensor) { found.append(given) }
    guard found.count == 1 else {
      throw RuntimeError(
        .invalidGraph, "one list must be given for %s and its siblings, got %d", name: Name(strings), found.count)
    }
    return found[0]
  }

  private static func fallback(_ site: Site, _ type: ElementType) throws(RuntimeError) -> Tensor {
    if let given = try site.tensor("default_tensor") {
      guard given.type == type, given.count == 1 else {
        throw RuntimeError(
          .invalidGraph, "default_tensor must be one %t, got %t %v", shape: given.shape.dims, Int(type.rawValue),
          Int(given.type.rawValue))
      }
      return given.reshaped([])
    }
    if type == .string { return Tensor(shape: [], strings: [try site.string("default_string") ?? "_Unused"]) }
    let tensor = try site.allocator.tensor(type, [])
    let integer = try site.int64("default_int64", default: -1)
    switch type {
    case .float32: tensor.floats[0] = try site.float("default_float", default: -0.0)
    case .float64: tensor.elements(Double.self)[0] = Double(try site.float("default_float", default: -0.0))
    case .int64: tensor.elements(Int64.self)[0] = integer
    case .int32: tensor.elements(Int32.self)[0] = Int32(truncatingIfNeeded: integer)
    case .int16: tensor.elements(Int16.self)[0] = Int16(truncatingIfNeeded: integer)
    default: throw RuntimeError(.notImplemented, "values of %t are not implemented", Int(type.rawValue))
    }
    return tensor
  }

  func infer(_ inputs: Facts) -> [Fact] {
    for mapping in mappings where mapping.keyType == inputs[0].type {
      return [Fact(mapping.values.type, inputs[0].shape)]
    }
    return []
  }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    guard let mapping = mappings.first(where: { $0.keyType == x.type }) else { return }
    for i in 0..<x.count {
      if let place = mapping.keys.position(of: x, i) {
        copyElements(mapping.values, place, to: output, i, count: 1)
      } else {
        copyElements(mapping.fallback, 0, to: output, i, count: 1)
      }
    }
  }
}
