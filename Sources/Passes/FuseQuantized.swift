import GraphIR
import Tensors

/// An operator between DequantizeLinear and QuantizeLinear, as static quantization writes it, becomes one on bytes: a
/// convolution, one of the operators of com.microsoft that compute on bytes, or one that only moves elements.
///
/// It is fused where each operand and the output has one constant scale and zero point, which tells that these are bytes,
/// and nothing else reads what lies between. A convolution may have a scale and zero point for each of its constant
/// filters, and a Relu or Clip behind it. One whose output stays float32 stays in float32 itself.
enum FuseQuantized {
  /// Operators of one operand and of two that com.microsoft has under the same name with `QLinear` before it: each
  /// operand with scale and zero point, then those of the output.
  private static let ofOne: [StaticString] = ["GlobalAveragePool", "AveragePool", "Sigmoid", "LeakyRelu"]
  private static let ofTwo: [StaticString] = ["Add", "Mul"]
  /// Those that are themselves on bytes, where scale and zero point stay the same.
  private static let moving: [StaticString] = ["MaxPool", "Flatten", "Reshape", "Transpose", "Squeeze", "Unsqueeze"]

  @inline(never)
  private static func isListed(_ op: Name, _ list: [StaticString]) -> Bool {
    for name in list where op == name { return true }
    return false
  }

  static let pass = Pass("fuse quantized") { graph, context throws(RuntimeError) in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated() where node.opType == "QuantizeLinear" && node.domain.isEmpty {
      guard let y = Bytes(node, matcher), let scale = matcher.scalar(y.scale), scale > 0,
        var fused = try fused(y, matcher)
      else { continue }
      fused.outputs = node.outputs
      patch.replace(index, by: fused)
    }
    return patch
  }

  /// A node of QuantizeLinear or DequantizeLinear, from or to float32, with a constant scale and zero point of bytes.
  private struct Bytes {
    let value: ValueID
    let scale: ValueID
    let zero: ValueID
    let type: ElementType

    /// With one scale and zero point, or one for each of `filters` along the first axis.
    init?(_ node: Node, filters: Int = 1, _ matcher: Matcher) {
      guard node.inputs.count == 3, let scale = matcher.constant(node.inputs[1]), scale.type == .float32,
        let zero = matcher.constant(node.inputs[2]), zero.type == .uint8 || zero.type == .int8,
        scale.shape.rank <= 1, scale.shape.count == zero.shape.count, node.attributes["output_dtype"] == nil,
        ((try? node.attributes.int("block_size")) ?? 0) == 0
      else { return nil }
      if scale.shape.count != 1 {
        guard scale.shape.count == filters, filters > 1, (try? node.attributes.int("axis")) == 0 else { return nil }
      }
      (value, self.scale, self.zero, type) = (node.inputs[0], node.inputs[1], node.inputs[2], zero.type)
    }

    /// The bytes that a value was dequantised from.
    init?(_ id: ValueID, filters: Int = 1, _ matcher: Matcher) {
      guard let node = matcher.producer(id, "DequantizeLinear") else { return nil }
      self.init(node, filters: filters, matcher)
    }

    var inputs: [ValueID] { [value, scale, zero] }
  }

  /// The node, but for its outputs, that answers the bytes `y` from bytes.
  @inline(never)
  private static func fused(_ y: Bytes, _ matcher: Matcher) throws(RuntimeError) -> Node? {
    guard var node = alone(y.value, matcher), !node.inputs.isEmpty else { return nil }
    var activation: (name: Name, numbers: [Float])?
    if node.opType == "Relu" || node.opType == "Clip" {
      guard let numbers = try FuseActivation.parameters(of: node, matcher), numbers.allSatisfy({ !$0.isNaN }),
        let behind = alone(node.inputs[0], matcher), !behind.inputs.isEmpty
      else { return nil }
      // Bytes whose lowest stands for 0 are never below it.
      if behind.opType != "Conv" {
        guard node.opType == "Relu", try zeroPoint(y.zero, matcher) == (y.type == .int8 ? 128 : 0) else { return nil }
      }
      activation = (node.opType, numbers)
      node = behind
    }
    if node.opType == "Conv" {
      guard let x = Bytes(node.inputs[0], matcher), let weights = matcher.producer(node.inputs[1], "DequantizeLinear"),
        let constant = matcher.constant(weights.inputs[0]), constant.shape.rank >= 3,
        let w = Bytes(weights, filters: constant.shape[0], matcher), w.type == constant.type
      else { return nil }
      (node.opType, node.domain, node.opset) = ("QLinearConv", FusedOperators.domain, 1)
      node.inputs = x.inputs + w.inputs + [y.scale, y.zero] + node.inputs.dropFirst(2)
      if let activation {
        node.attributes[Name("activation")] = .string(activation.name)
        node.attributes[Name("activation_params")] = .floats(activation.numbers)
      }
      return node
    }
    guard let x = Bytes(node.inputs[0], matcher), x.type == y.type else { return nil }
    if isListed(node.opType, moving) {
      guard matcher.scalar(x.scale) == matcher.scalar(y.scale),
        try zeroPoint(x.zero, matcher) == zeroPoint(y.zero, matcher)
      else { return nil }
      node.inputs[0] = x.value
      return node
    }
    node.inputs.removeFirst()
    if isListed(node.opType, ofTwo), node.inputs.count == 1, node.broadcastsFromTheRight {
      guard let second = Bytes(node.inputs[0], matcher), second.type == y.type else { return nil }
      node.inputs = second.inputs
    } else if !isListed(node.opType, ofOne) || !node.inputs.isEmpty {
      return nil
    }
    node.inputs = x.inputs + node.inputs + [y.scale, y.zero]
    (node.opType, node.domain, node.opset) = ("QLinear" + node.opType, "com.microsoft", 1)
    return node
  }

  @inline(never)
  private static func zeroPoint(_ id: ValueID, _ matcher: Matcher) throws(RuntimeError) -> UInt8? {
    try matcher.constant(id)?.tensor(matcher.allocator).bytes.load(as: UInt8.self)
  }

  /// The node of ai.onnx that makes a value which nothing else reads, and nothing else.
  private static func alone(_ id: ValueID, _ matcher: Matcher) -> Node? {
    guard id >= 0, matcher.useCounts[id] == 1, let index = matcher.producers[id] else { return nil }
    let node = matcher.graph.nodes[index]
    return node.domain.isEmpty && node.outputs[0] == id && node.outputs.dropFirst().allSatisfy { $0 < 0 } ? node : nil
  }
}
