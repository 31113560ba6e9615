import GraphIR
import Kernels
import Tensors

/// com.microsoft's QLinear operators: an operator on float32 whose operands and output are bytes with a scale and a zero
/// point.
///
/// Operands are dequantised, the float32 kernel runs, and its result is quantised. A function of one element is
/// computed once for each of the 256 bytes instead, and a sum of equal shapes in one loop.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.QLinearAdd>
struct QuantizedOperator: FamilyKernel {
  private let kernel: BoundKernel
  /// Where an operand is that stays as it is, or -1.
  private let plain: Int
  /// Where quantised operands are; each is followed by its scale and its zero point.
  private let operands: [Int]
  /// Where the scale of the output is, and behind it its zero point.
  private let output: Int
  private let isElementwise: Bool
  private let isSum: Bool
  private let rounding: Rounding

  /// The order in which a result is scaled and rounded, which decides what comes out where it is half way between two.
  enum Rounding {
    /// round(y / scale) + zero point
    case beforeZeroPoint
    /// round(y / scale + zero point)
    case withZeroPoint
    /// round(sum · (input's scale / (scale · count))) + zero point, where y is the mean and sums are integers.
    case ofSums
  }

  init<K: FamilyKernel>(
    _ site: Site, _ kernel: K, plain: Int = -1, operands: [Int], output: Int, isElementwise: Bool = false,
    isSum: Bool = false, rounding: Rounding = .beforeZeroPoint
  ) throws(RuntimeError) {
    for operand in operands { try site.require(operand, operand + 1) }
    try site.require(output)
    self.kernel = ErasedKernel(kernel)
    self.plain = plain
    self.operands = operands
    self.output = output
    self.isElementwise = isElementwise
    self.isSum = isSum
    self.rounding = rounding
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let type = inputs[operands[0]].type
    for scale in operands.map({ $0 + 1 }) + [output] {
      guard inputs[scale].count == 1, inputs[optional: scale + 1].map({ $0.count == 1 }) ?? true else {
        throw RuntimeError(.notImplemented, "inputs %d and %d must be one number each", scale, scale + 1)
      }
    }
    return try kernel.infer(wide(inputs)).prefix(1).map { $0.with(type: type) }
  }

  /// The inputs of the float32 kernel.
  private func wide(_ inputs: Facts) -> Facts {
    Facts((plain < 0 ? [] : [inputs[plain]]) + operands.map { inputs[$0].with(type: .float32) })
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let facts = isElementwise ? Facts([Fact(.float32, [256])]) : wide(inputs)
    guard let result = try? kernel.infer(facts) else { return 0 }
    let floats = facts.present.filter { $0.type == .float32 } + result.prefix(1)
    let (count, overflow) = ScratchMemory.floatBytes([64, 1] + floats.map { $0.count }).addingReportingOverflow(
      kernel.scratchByteCount(facts, threads))
    return overflow ? .max : count
  }

  func run(_ call: Call) throws(RuntimeError) {
    var scratch = ScratchMemory(call)
    let target = call.outputs[0]
    if isSum, call.inputs[0].shape == call.inputs[3].shape { return add(call, into: target) }
    guard isElementwise else {
      try compute(call, operands.map { call.inputs[$0] }, into: target, &scratch)
      return
    }
    let x = call.inputs[operands[0]]
    let table = scratch.tensor(target.type, [256])
    let bytes = table.elements(UInt8.self)
    for i in 0..<256 { bytes[i] = UInt8(i) }
    try compute(call, [table], into: table, &scratch)
    let (source, results) = (x.elements(UInt8.self), target.elements(UInt8.self))
    call.platform.parallelRanges(x.count, grain: 32768) { range in
      for i in range { results[i] = bytes[Int(source[i])] }
    }
  }

  private func add(_ call: Call, into target: Tensor) {
    let isSigned = target.type == .int8
    let zero = { (i: Int) in call.inputs[optional: i]?.byte(0) ?? 0 }
    let operand = { (i: Int) in
      QuantizedBytes(
        call.inputs[i].bytes, isSigned: isSigned, scale: call.inputs[i + 1].floats[0], zeroPoint: zero(i + 2))
    }
    addBytes(
      call.platform, operand(0), operand(3), count: target.count, into: target.bytes, scale: call.inputs[6].floats[0],
      Requantizer(zeroPoint: zero(7), isSigned: isSigned))
  }

  private func compute(
    _ call: Call, _ values: [Tensor], into target: Tensor, _ scratch: inout ScratchMemory
  ) throws(RuntimeError) {
    let first = plain < 0 ? 0 : 1
    let row = Slots(count: first + values.count + 1)
    defer { withExtendedLifetime(row) {} }
    if plain >= 0 { row.values[0] = call.inputs[value: plain] }
    let one = scratch.take(1, of: Float.self)
    one.pointee = 1
    for (i, value) in values.enumerated() {
      let wide = scratch.tensor(.float32, value.shape)
      let operand = operands[i]
      dequantizeLinear(
        call.platform, value.bytes, type: value.type.quantized!, into: wide.floats, .tensor(value.count),
        scales: rounding == .ofSums ? one : call.inputs[operand + 1].floats, zeroPoints: zero(call, operand + 2))
      row.values[first + i] = .tensor(wide)
    }
    let result = scratch.tensor(.float32, target.shape)
    row.values[first + values.count] = .tensor(result)
    try kernel.run(
      Call(
        inputs: Operands(row.values, Array(0..<(first + values.count))),
        outputs: Operands(row.values, [first + values.count]), platform: call.platform,
        scratch: scratch.take(byteCount: 0), allocator: call.allocator))
    let scale = call.inputs[output].floats.pointee
    switch rounding {
    case .beforeZeroPoint: one.pointee = scale
    case .withZeroPoint:
      let zero = Float(call.inputs[optional: output + 1]?.byte(0) ?? 0)
      for i in 0..<result.count { result.floats[i] = result.floats[i] / scale + zero }
    case .ofSums:
      let count = Float(values[0].count / max(result.count, 1))
      let factor = call.inputs[operands[0] + 1].floats.pointee / (scale * count)
      for i in 0..<result.count { result.floats[i] = (result.floats[i] * count).rounded() * factor }
    }
    quantizeLinear(
      call.platform, result.floats, into: target.bytes, type: target.type.quantized!, .tensor(result.count),
      scales: one, zeroPoints: rounding == .withZeroPoint ? nil : zero(call, output + 1))
  }

  private func zero(_ call: Call, _ i: Int) -> UnsafeRawPointer? {
    call.inputs[optional: i].map { UnsafeRawPointer($0.bytes) }
  }
}

extension QuantizedOperator {
  static func add(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, BinaryElementwise(site, .add), operands: [0, 3], output: 6, isSum: true)
  }

  static func multiply(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, BinaryElementwise(site, .multiply), operands: [0, 3], output: 6)
  }

  static func leakyRelu(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, UnaryElementwise.leakyRelu(site), operands: [0], output: 3, isElementwise: true)
  }

  static func sigmoid(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, UnaryElementwise(.sigmoid), operands: [0], output: 3, isElementwise: true)
  }

  /// Its own attribute says which opset's softmax it is.
  static func softmax(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    let opset = try site.required("opset", try site.node.attributes.int("opset"))
    return try QuantizedOperator(site, Softmax(site, opset: opset), operands: [0], output: 3)
  }

  /// The output's scale comes first, then the operands.
  static func concat(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    guard site.inputCount % 3 == 2 else {
      throw RuntimeError(
        .invalidGraph, "each operand must have a scale and a zero point, got %d inputs", site.inputCount)
    }
    return try QuantizedOperator(
      site, Concat(site), operands: Array(stride(from: 2, to: site.inputCount, by: 3)), output: 0)
  }

  static func select(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, Where(site), plain: 0, operands: [1, 4], output: 7)
  }

  static func averagePool(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, AveragePool(site), operands: [0], output: 3, rounding: .withZeroPoint)
  }

  static func globalAveragePool(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, GlobalPool.average(site), operands: [0], output: 3, rounding: .ofSums)
  }

  static func mean(_ site: Site) throws(RuntimeError) -> QuantizedOperator {
    try QuantizedOperator(site, Reduce(site, .mean), operands: [0], output: 3)
  }
}

extension Operator {
  /// A row of a quantised operator; optional zero points are among its inputs.
  init<K: FamilyKernel>(
    _ name: StaticString, quantized arity: ClosedRange<Int>, signature: StaticString = "TfTfT>T",
    make: @escaping (Site) throws(RuntimeError) -> K
  ) {
    self.init(
      name, domain: "com.microsoft", since: 1, 1...arity.upperBound, types: .bytes, signature: signature, make: make)
  }
}
