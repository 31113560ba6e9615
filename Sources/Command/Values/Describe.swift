import GraphIR
import Tensors

extension Text {
  /// `float32 [2, 3]`, and the first elements; numbers also with their least, mean and greatest.
  mutating func append(summary tensor: Tensor, elements: Int) {
    append(text: tensor.type.name)
    append(UInt8(ascii: " "))
    append(shape: tensor.shape.dims)
    if tensor.count > elements, let range = Range(tensor) {
      append(text: "  min ")
      append(number: range.least)
      append(text: " mean ")
      append(number: range.mean)
      append(text: " max ")
      append(number: range.greatest)
    }
    append(text: "  ")
    let shown = Swift.min(tensor.count, elements)
    for i in 0..<shown {
      if i > 0 { append(text: ", ") }
      append(element: i, of: tensor)
    }
    if shown < tensor.count { append(text: ", …") }
  }

  /// A value of any kind; the parts of a sequence or map on lines of their own.
  mutating func append(summary value: Value, elements: Int, indent: Int = 0) {
    switch value {
    case .none: append(text: "none")
    case .tensor(let tensor): append(summary: tensor, elements: elements)
    case .sequence(let sequence):
      append(text: "sequence of ")
      append(decimal: sequence.elements.count)
      for element in sequence.elements {
        append(UInt8(ascii: "\n"))
        self += Text(repeating: 32, count: indent + 2)
        append(summary: element, elements: elements, indent: indent + 2)
      }
    case .map(let map):
      append(text: "map of ")
      append(decimal: map.keys.count)
      for part in [map.keys, map.values] {
        append(UInt8(ascii: "\n"))
        self += Text(repeating: 32, count: indent + 2)
        append(summary: part, elements: elements)
      }
    }
  }

  /// `float32 [batch, 3, ?]` as a model declares it.
  mutating func append(declared value: DeclaredValue) {
    switch value.kind {
    case .tensor: break
    case .sequence: append(text: "sequence of ")
    case .optional: append(text: "optional ")
    case .map: append(text: "map to ")
    }
    append(text: value.type?.name ?? "?")
    guard let dims = value.dims else { return }
    append(text: " [")
    for (i, dim) in dims.enumerated() {
      if i > 0 { append(text: ", ") }
      switch dim {
      case .known(let size): append(decimal: size)
      case .named(let name): append(name: name)
      case .unknown: append(UInt8(ascii: "?"))
      }
    }
    append(UInt8(ascii: "]"))
  }
}

/// The least, mean and greatest of a tensor's numbers, NaN left out.
struct Range {
  private(set) var least = Double.infinity
  private(set) var greatest = -Double.infinity
  private(set) var mean = 0.0

  init?(_ tensor: Tensor) {
    switch tensor.type {
    case .string, .bool, .complex64, .complex128: return nil
    default: break
    }
    var sum = 0.0
    var count = 0.0
    for i in 0..<tensor.count {
      let value = tensor.number(i)
      if value.isNaN { continue }
      least = Swift.min(least, value)
      greatest = Swift.max(greatest, value)
      sum += value
      count += 1
    }
    if count == 0 { return nil }
    mean = sum / count
  }
}

extension JSON {
  /// `{"type", "dims", "data"}`; of a long tensor only the first elements, unless all are asked for.
  mutating func tensor(_ tensor: Tensor, elements: Int) throws(RuntimeError) {
    try object { (json) throws(RuntimeError) in try json.fields(of: tensor, elements: elements) }
  }

  private mutating func fields(of tensor: Tensor, elements: Int) throws(RuntimeError) {
    key("type")
    string(Name(tensor.type.name))
    key("dims")
    try array { (json) throws(RuntimeError) in for dim in tensor.shape.dims { json.integer(dim) } }
    if let range = Range(tensor) {
      key("min")
      number(range.least)
      key("mean")
      number(range.mean)
      key("max")
      number(range.greatest)
    }
    key("data")
    try array { (json) throws(RuntimeError) in
      for i in 0..<min(tensor.count, elements) { json.element(i, of: tensor) }
    }
  }

  mutating func value(_ value: Value, elements: Int) throws(RuntimeError) {
    switch value {
    case .none: null()
    case .tensor(let tensor): try self.tensor(tensor, elements: elements)
    case .sequence(let sequence):
      try array { (json) throws(RuntimeError) in
        for element in sequence.elements { try json.value(element, elements: elements) }
      }
    case .map(let map):
      try object { (json) throws(RuntimeError) in
        json.key("keys")
        try json.tensor(map.keys, elements: elements)
        json.key("values")
        try json.tensor(map.values, elements: elements)
      }
    }
  }

  /// An input or output as a model declares it; a dim is a number, a name, or null.
  mutating func declared(_ value: DeclaredValue) throws(RuntimeError) {
    try object { (json) throws(RuntimeError) in
      json.key("name")
      json.string(value.name)
      json.key("kind")
      switch value.kind {
      case .tensor: json.string("tensor")
      case .sequence: json.string("sequence")
      case .optional: json.string("optional")
      case .map: json.string("map")
      }
      json.key("type")
      if let type = value.type { json.string(Name(type.name)) } else { json.null() }
      json.key("dims")
      guard let dims = value.dims else { return json.null() }
      try json.array { (json) throws(RuntimeError) in
        for dim in dims {
          switch dim {
          case .known(let size): json.integer(size)
          case .named(let name): json.string(name)
          case .unknown: json.null()
          }
        }
      }
    }
  }
}
