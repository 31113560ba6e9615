import Apus
import TestSupport
import Testing

/// Operators that have kernels of their own for float64: they answer what float32 answers, and more exactly.
@Suite struct DoubleTests {
  /// Numbers that float32 does not hold, about -1 to 1.
  private func numbers(_ dims: [Int], seed: Int = 1) -> Tensor {
    var values: [Double] = []
    for i in 0..<dims.productSaturating {
      let step = (i * 37 + seed * 11) % 41
      values.append(Double(step) / 20.5 - 1 + Double(i) * 1e-12)
    }
    return .float64(dims, values)
  }

  private func narrowed(_ tensor: Tensor?) -> Tensor? {
    guard let tensor, tensor.type == .float64 else { return tensor }
    let values: [Float] = tensor.doubles.map { Float($0) }
    return .float32(tensor.shape.dims, values)
  }

  private func run(
    _ op: String, _ inputs: [Tensor?], _ attributes: KeyValuePairs<String, AttributeProto.Value>, _ opset: Int,
    _ outputs: Int
  ) throws -> [Tensor] {
    var node = NodeProto()
    node.opType = Name(text: op)
    node.attributes = attributes.map { AttributeProto(Name(text: $0.key), $0.value) }
    var proto = GraphProto()
    var feeds: [(Name, Value)] = []
    for (i, input) in inputs.enumerated() {
      node.inputs.append(input == nil ? Name() : Name(text: "x\(i)"))
      guard let input else { continue }
      proto.inputs.append(
        ValueInfoProto(name: node.inputs[i], type: .tensor(elementType: Int32(input.type.rawValue), shape: nil)))
      feeds.append((node.inputs[i], .tensor(input)))
    }
    for i in 0..<outputs {
      node.outputs.append(Name(text: "y\(i)"))
      proto.outputs.append(ValueInfoProto(name: node.outputs[i], type: .none))
    }
    proto.nodes = [node]
    return try Session(model: model(proto, opset: opset)).run(feeds).map { $0.1.tensor! }
  }

  private func compare(
    _ op: String, _ inputs: [Tensor?], _ attributes: KeyValuePairs<String, AttributeProto.Value> = [:],
    opset: Int = 22, outputs: Int = 1, isExact: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    do {
      let wide = try run(op, inputs, attributes, opset, outputs)
      let narrow = try run(op, inputs.map { narrowed($0) }, attributes, opset, outputs)
      for (a, b) in zip(wide, narrow) {
        #expect(a.shape == b.shape, "\(op)", sourceLocation: sourceLocation)
        for (x, y) in zip(a.doubles, b.doubles) where abs(x - y) > 1e-5 + 1e-4 * abs(y) && x != y {
          Issue.record("\(op): \(x) in float64, \(y) in float32", sourceLocation: sourceLocation)
        }
      }
      #expect(wide[0].type == .float64, "\(op)", sourceLocation: sourceLocation)
      if !isExact {
        #expect(
          wide[0].doubles.contains { Double(Float($0)) != $0 }, "\(op) is no more exact", sourceLocation: sourceLocation
        )
      }
    } catch {
      Issue.record("\(op): \(error)", sourceLocation: sourceLocation)
    }
  }

  @Test func windows() {
    let image = numbers([2, 4, 5, 6])
    compare(
      "Conv", [image, numbers([6, 2, 3, 2]), numbers([6])],
      ["group": .int(2), "pads": .ints([1, 0, 2, 1]), "strides": .ints([2, 1])])
    compare("Conv", [numbers([1, 2, 7]), numbers([3, 2, 3])], ["dilations": .ints([2])])
    compare("Conv", [numbers([1, 1, 3, 3, 3]), numbers([2, 1, 2, 2, 2])])
    compare(
      "ConvTranspose", [image, numbers([4, 3, 3, 2]), numbers([6])],
      ["group": .int(2), "pads": .ints([1, 0, 1, 1]), "strides": .ints([2, 2])])
    compare(
      "ConvTranspose", [numbers([1, 2, 4]), numbers([2, 3, 3])],
      ["dilations": .ints([2]), "output_padding": .ints([1]), "strides": .ints([2])])
    let window: KeyValuePairs<String, AttributeProto.Value> = [
      "kernel_shape": .ints([3, 2]), "pads": .ints([1, 1, 1, 0]), "strides": .ints([2, 1]), "ceil_mode": .int(1),
    ]
    compare("MaxPool", [image], window, outputs: 2)
    compare("AveragePool", [image], window)
    compare(
      "AveragePool", [image],
      ["kernel_shape": .ints([3, 2]), "pads": .ints([1, 1, 1, 0]), "count_include_pad": .int(1)])
    compare("LpPool", [image], ["kernel_shape": .ints([2, 2]), "p": .int(3)])
    for op in ["GlobalAveragePool", "GlobalMaxPool", "GlobalLpPool"] { compare(op, [image]) }
    compare("DeformConv", [numbers([1, 2, 4, 4]), numbers([2, 2, 2, 2]), numbers([1, 8, 3, 3])])
  }

  @Test func normalization() {
    let x = numbers([2, 4, 3, 2])
    for axis in [0, 1, -1] {
      compare("Softmax", [x], ["axis": .int(Int64(axis))])
      compare("LogSoftmax", [x], ["axis": .int(Int64(axis))])
      compare("Softmax", [x], ["axis": .int(Int64(max(axis, 0)))], opset: 11)
    }
    compare("LayerNormalization", [x, numbers([3, 2]), numbers([3, 2])], ["axis": .int(2)], outputs: 3)
    compare("LayerNormalization", [x, numbers([2])])
    compare("RMSNormalization", [x, numbers([2])], opset: 23)
    compare("GroupNormalization", [x, numbers([4]), numbers([4])], ["num_groups": .int(2)])
    compare("GroupNormalization", [x, numbers([2]), numbers([2])], ["num_groups": .int(2)], opset: 18)
    compare("InstanceNormalization", [x, numbers([4]), numbers([4])])
    compare("BatchNormalization", [x, numbers([4]), numbers([4]), numbers([4]), .float64([4], [1, 2, 3, 4])])
    compare("LRN", [x], ["size": .int(3)])
    compare("LpNormalization", [x], ["axis": .int(1), "p": .int(1)])
    compare("MeanVarianceNormalization", [x])
    compare("SwiGLU", [x, numbers([2, 4, 3, 2], seed: 5)], ["alpha": .float(1.5)], opset: 28)
    // What nothing is left of.
    compare("Softmax", [.float64([2], [-.infinity, 0])], isExact: true)
  }

  @Test func losses() {
    let targets = Tensor.int64([2, 3], [0, 3, 1, 2, 2, 0])
    for reduction in ["none", "sum", "mean"] {
      let attributes: KeyValuePairs<String, AttributeProto.Value> = [
        "reduction": .string(Name(text: reduction)), "ignore_index": .int(1),
      ]
      compare("NegativeLogLikelihoodLoss", [numbers([2, 4, 3]), targets, numbers([4], seed: 3)], attributes)
      compare("SoftmaxCrossEntropyLoss", [numbers([2, 4, 3]), targets, numbers([4], seed: 3)], attributes, outputs: 2)
      compare("SoftmaxCrossEntropyLoss", [numbers([2, 4, 3]), targets], attributes)
    }
  }

  @Test func recurrent() {
    let (x, h) = (numbers([3, 2, 4]), numbers([2, 2, 5], seed: 2))
    let lengths = Tensor.int32([2], [3, 1])
    func weights(_ gates: Int) -> [Tensor] {
      [numbers([2, gates * 5, 4], seed: 3), numbers([2, gates * 5, 5], seed: 4), numbers([2, gates * 10], seed: 6)]
    }
    let both: AttributeProto.Value = .string("bidirectional")
    func list(_ a: [Tensor?], _ b: [Tensor?], _ c: [Tensor?]) -> [Tensor?] { a + b + c }
    compare("RNN", list([x], weights(1), [lengths, h]), ["direction": both, "clip": .float(0.5)], outputs: 2)
    compare("GRU", list([x], weights(3), [lengths, h]), ["direction": both], outputs: 2)
    compare("GRU", list([x], weights(3), [nil, h]), ["direction": both, "linear_before_reset": .int(1)], outputs: 2)
    compare("LSTM", list([x], weights(4), [lengths, h, h, numbers([2, 15])]), ["direction": both], outputs: 3)
    compare(
      "LSTM", list([numbers([2, 3, 4])], weights(4), []),
      ["direction": both, "layout": .int(1), "input_forget": .int(1)],
      outputs: 3)
    compare(
      "RNN", list([x], weights(1), []),
      [
        "direction": both, "activations": .strings(["ScaledTanh", "Softplus"]), "activation_alpha": .floats([0.5]),
        "activation_beta": .floats([2]),
      ], outputs: 2)
  }

  @Test func attention() {
    let (q, k, v) = (numbers([2, 4, 3, 6]), numbers([2, 2, 5, 6], seed: 2), numbers([2, 2, 5, 4], seed: 3))
    compare("Attention", [q, k, v], opset: 24)
    compare("Attention", [q, k, v, numbers([3, 5])], ["softcap": .float(2), "is_causal": .int(1)], opset: 24)
    let flags: [Bool] = (0..<21).map { $0 % 3 != 0 }
    let mask = Tensor.bool([3, 7], flags)
    for mode in 0..<4 {
      compare(
        "Attention",
        [q, k, v, mask, numbers([2, 2, 2, 6]), numbers([2, 2, 2, 4])],
        ["qk_matmul_output_mode": .int(Int64(mode)), "scale": .float(0.3)], opset: 24, outputs: 4)
    }
    compare(
      "Attention", [numbers([2, 3, 8]), numbers([2, 5, 4]), numbers([2, 5, 6])],
      ["q_num_heads": .int(4), "kv_num_heads": .int(2)], opset: 24)
    compare("Attention", [q, k, v, nil, nil, nil, .int64([2], [3, 5])], opset: 24)
  }

  @Test func sampling() {
    let image = numbers([1, 2, 4, 5])
    for mode in ["linear", "cubic", "nearest"] {
      compare(
        "Resize", [image, nil, nil, .int64([4], [1, 2, 7, 3])],
        ["mode": .string(Name(text: mode)), "antialias": .int(mode == "nearest" ? 0 : 1)])
      compare(
        "GridSample", [image, numbers([1, 3, 3, 2])],
        ["mode": .string(Name(text: mode)), "padding_mode": .string("reflection")])
    }
    compare(
      "RoiAlign", [image, .float64([1, 4], [0.3, 0.2, 3.1, 2.7]), .int64([1], [0])],
      ["output_height": .int(2), "output_width": .int(2)])
    compare(
      "RoiAlign", [image, .float64([1, 4], [0.3, 0.2, 3.1, 2.7]), .int64([1], [0])],
      ["mode": .string("max"), "sampling_ratio": .int(2)])
    let far: Int64 = 1 << 40
    check([
      Case(
        "numbers beyond float32", "Resize", [.int64([1, 1, 2], [far, far + 4]), nil, nil, .int64([3], [1, 1, 4])],
        [("mode", .string("linear"))], gives: [.int64([1, 1, 4], [far, far + 1, far + 3, far + 4])])
    ])
    check([
      Case(
        "bytes in a grid", "GridSample", [.uint8([1, 1, 1, 2], [10, 20]), .float32([1, 1, 1, 2], [0, 0])],
        gives: [.uint8([1, 1, 1, 1], [15])])
    ])
  }

  /// Where one type would be read as the other.
  @Test func mixed() {
    let x = numbers([1, 2, 3])
    checkError(
      Case("scale", "LayerNormalization", [x, .ramp([3])], gives: [x]),
      contains: "input 1 may not be of type float32 beside float64")
    checkError(
      Case("weights", "Conv", [.ramp([1, 2, 3]), numbers([1, 2, 1])], gives: [x]),
      contains: "input 1 may not be of type float64 beside float32")
  }

  /// Inputs that are no floats where floats are read.
  @Test func mistyped() {
    let bytes = Tensor.uint8([1], [1])
    checkError(Case("C", "Gemm", [.ramp([1, 1]), .ramp([1, 1]), bytes], gives: [bytes]), contains: "of one type")
    checkError(
      Case("axes", "ReduceSum", [.ramp([1]), bytes], gives: [bytes]), contains: "input 1 may not be of type uint8")
    checkError(
      Case("scale", "QuantizeLinear", [.ramp([1]), bytes], gives: [bytes]), contains: "input 1 may not be of type uint8"
    )
    checkError(
      Case(
        "cosines", "RotaryEmbedding", opset: 23,
        [.ramp([1, 1, 1, 2]), .uint8([1, 1, 1], [0]), .uint8([1, 1, 1], [0])], gives: [bytes]),
      contains: "of one type, got float32 and uint8")
    checkError(
      Case("exponent", "Pow", [.ramp([1]), .strings([1], ["a"])], gives: [bytes]),
      contains: "input 1 may not be of type string")
    checkError(
      Case("scales", "Resize", [.ramp([1]), nil, .strings([1], ["a"])], gives: [bytes]),
      contains: "input 2 may not be of type string")
  }
}
