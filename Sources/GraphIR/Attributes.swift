import Tensors

/// The value of one attribute of a node.
public enum Attribute {
  case int(Int64)
  case float(Float)
  case string(Name)
  case tensor(Constant)
  case ints([Int64])
  case floats([Float])
  case strings([Name])
  case tensors([Constant])
  /// A type, which only the operators of optional values have.
  case type(ElementType, Fact.Kind)
}

/// The attributes of a node, by name.
public struct Attributes {
  public private(set) var entries: [(name: Name, value: Attribute)] = []

  public init() {}

  public subscript(name: Name) -> Attribute? {
    get {
      for entry in entries where entry.name == name { return entry.value }
      return nil
    }
    set {
      entries.removeAll { $0.name == name }
      if let newValue { entries.append((name, newValue)) }
    }
  }

  /// A size, an axis or a choice, clamped to `Int`, which has 32 bits in wasm.
  public func int(_ name: StaticString) throws(RuntimeError) -> Int? { try int64(name).map { Int(clamping: $0) } }

  /// A number that is an element's value.
  public func int64(_ name: StaticString) throws(RuntimeError) -> Int64? {
    guard let attribute = find(name) else { return nil }
    guard case .int(let value) = attribute else { throw mismatch(name, "an int") }
    return value
  }

  public func float(_ name: StaticString) throws(RuntimeError) -> Float? {
    guard let attribute = find(name) else { return nil }
    guard case .float(let value) = attribute else { throw mismatch(name, "a float") }
    return value
  }

  public func ints(_ name: StaticString) throws(RuntimeError) -> [Int]? {
    try int64s(name).map { $0.map { Int(clamping: $0) } }
  }

  public func int64s(_ name: StaticString) throws(RuntimeError) -> [Int64]? {
    guard let attribute = find(name) else { return nil }
    guard case .ints(let values) = attribute else { throw mismatch(name, "a list of ints") }
    return values
  }

  public func floats(_ name: StaticString) throws(RuntimeError) -> [Float]? {
    guard let attribute = find(name) else { return nil }
    guard case .floats(let values) = attribute else { throw mismatch(name, "a list of floats") }
    return values
  }

  public func string(_ name: StaticString) throws(RuntimeError) -> Name? {
    guard let attribute = find(name) else { return nil }
    guard case .string(let value) = attribute else { throw mismatch(name, "a string") }
    return value
  }

  public func strings(_ name: StaticString) throws(RuntimeError) -> [Name]? {
    guard let attribute = find(name) else { return nil }
    guard case .strings(let values) = attribute else { throw mismatch(name, "a list of strings") }
    return values
  }

  public func tensor(_ name: StaticString) throws(RuntimeError) -> Constant? {
    guard let attribute = find(name) else { return nil }
    guard case .tensor(let value) = attribute else { throw mismatch(name, "a tensor") }
    return value
  }

  private func find(_ name: StaticString) -> Attribute? {
    for entry in entries where entry.name == name { return entry.value }
    return nil
  }

  private func mismatch(_ name: StaticString, _ expected: StaticString) -> RuntimeError {
    RuntimeError(.invalidGraph, "attribute %s must be %s", names: [Name(name), Name(expected)], shapes: [])
  }
}
