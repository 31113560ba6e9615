import GraphIR
import Kernels
import Tensors

/// The node that an operator is bound to: attributes, constants, and what the session offers.
public final class Site {
  public let node: Node
  public let platform: Platform
  public let allocator: Allocator
  private let constants: [Constant?]
  /// False while passes only ask what a node would answer: weights are then withheld, so that nothing is packed.
  private let offersWeights: Bool
  /// The inputs that the kernel packed: their unpacked bytes need not be kept for it.
  public private(set) var consumed: [Int] = []
  /// What must be filled before the kernel runs.
  public private(set) var fillings: [Filling] = []

  /// The element types of inputs and outputs, as the row has them; an operator changes here what attributes decide.
  public internal(set) var types = TypeRule()

  /// Set where the operator knows float32 alone: constants of half types are offered widened.
  var widensHalves = false

  public init(
    _ node: Node, constants: [Constant?], platform: Platform, allocator: Allocator, offersWeights: Bool = true
  ) {
    self.node = node
    self.constants = constants
    self.platform = platform
    self.allocator = allocator
    self.offersWeights = offersWeights
  }

  /// The opset version of the node's domain that the model asks for.
  public var opset: Int { node.opset }

  public var inputCount: Int { node.inputs.count }
  public func has(input i: Int) -> Bool { i < node.inputs.count && node.inputs[i] >= 0 }

  /// Throws where one of these inputs was left out: for operators whose optional inputs come before required ones.
  func require(_ inputs: Int...) throws(RuntimeError) {
    for i in inputs where !has(input: i) { throw RuntimeError(.invalidGraph, "input %d is required", i) }
  }

  public var outputCount: Int { node.outputs.count }
  public func wants(output i: Int) -> Bool { i < node.outputs.count && node.outputs[i] >= 0 }

  // MARK: Attributes

  public func has(_ name: StaticString) -> Bool { node.attributes[Name(name)] != nil }

  public func int(_ name: StaticString, default value: Int) throws(RuntimeError) -> Int {
    try node.attributes.int(name) ?? value
  }

  public func float(_ name: StaticString, default value: Float) throws(RuntimeError) -> Float {
    try node.attributes.float(name) ?? value
  }

  public func flag(_ name: StaticString, default value: Bool = false) throws(RuntimeError) -> Bool {
    try int(name, default: value ? 1 : 0) != 0
  }

  public func int64(_ name: StaticString, default value: Int64) throws(RuntimeError) -> Int64 {
    try node.attributes.int64(name) ?? value
  }

  public func int64s(_ name: StaticString) throws(RuntimeError) -> [Int64]? { try node.attributes.int64s(name) }
  public func ints(_ name: StaticString) throws(RuntimeError) -> [Int]? { try node.attributes.ints(name) }
  public func floats(_ name: StaticString) throws(RuntimeError) -> [Float]? { try node.attributes.floats(name) }
  public func string(_ name: StaticString) throws(RuntimeError) -> Name? { try node.attributes.string(name) }
  public func strings(_ name: StaticString) throws(RuntimeError) -> [Name]? { try node.attributes.strings(name) }

  /// An attribute that has no default.
  public func required<T>(_ name: StaticString, _ value: T?) throws(RuntimeError) -> T {
    guard let value else { throw RuntimeError(.invalidGraph, "attribute %s is missing", name: Name(name)) }
    return value
  }

  /// A tensor attribute, loaded.
  public func tensor(_ name: StaticString) throws(RuntimeError) -> Tensor? {
    try node.attributes.tensor(name)?.tensor(allocator)
  }

  // MARK: Constant inputs

  /// Input `i` where it is constant and offered: to be looked at, and perhaps packed.
  public func weight(_ i: Int) -> Constant? {
    guard offersWeights, i < constants.count, let constant = constants[i] else { return nil }
    return widensHalves && constant.type.widensToFloat32 && constant.type.byteWidth > 0
      ? WidenedConstant(constant, allocator: allocator) : constant
  }

  /// Input `i`, loaded, where it is constant.
  public func constant(_ i: Int) throws(RuntimeError) -> Tensor? { try weight(i)?.tensor(allocator) }

  /// Has input `i`, whose constant is `constant`, packed before the kernel runs, a range of its `rows` after the other;
  /// see `Filling`. Where it is packed to must be allocated already.
  func pack(
    _ i: Int, _ constant: Constant, rows: Int, strip: Range<Int>? = nil, unit: Int = 1,
    _ pack: @escaping (Range<Int>, UnsafeMutableRawPointer) -> Void
  ) {
    fillings.append(Filling(constant, rows: rows, strip: strip, unit: unit, pack: pack))
    consume(i)
  }

  /// Input `i` where it is constant, for the kernel to keep: its elements are there when the kernel runs, not before.
  func kept(_ i: Int) throws(RuntimeError) -> Tensor? {
    guard let placed = try weight(i)?.placed(allocator) else { return nil }
    if let filling = placed.filling { fillings.append(filling) }
    consume(i)
    return placed.tensor
  }

  /// Says that `run` will not read `call.inputs[i]`, nor `infer` its elements.
  func consume(_ i: Int) { consumed.append(i) }
}

// MARK: Control flow

extension Site {
  /// The index of the body that is attribute `name`.
  func body(_ name: StaticString) throws(RuntimeError) -> Int {
    guard let index = node.bodies.firstIndex(where: { $0.attribute == name }) else {
      throw RuntimeError(.invalidGraph, "attribute %s is missing", name: Name(name))
    }
    return index
  }
}

extension Call {
  /// The one bool that is input `i`, or `value` where it was left out.
  func condition(_ i: Int, default value: Bool) throws(RuntimeError) -> Bool {
    guard let tensor = inputs[optional: i] else { return value }
    guard tensor.type == .bool, tensor.count == 1 else {
      throw RuntimeError(
        .invalidArgument, "input %d must be one bool, got %t %v", shape: tensor.shape.dims, i,
        Int(tensor.type.rawValue))
    }
    return tensor.bytes.load(as: UInt8.self) != 0
  }

  /// Input `i`, which must be there and a tensor.
  func tensor(_ i: Int) throws(RuntimeError) -> Tensor {
    guard let tensor = inputs[optional: i] else {
      throw RuntimeError(.invalidArgument, "input %d must be a tensor", i)
    }
    return tensor
  }
}
