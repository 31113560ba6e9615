import GraphIR
import Kernels
import Tensors

/// An operator on [batch, channels, spatial...] for an input and an output of [batch, spatial..., channels]: both are
/// turned around it. Other inputs stay as they are.
struct ChannelsLast: FamilyKernel {
  private let kernel: BoundKernel
  /// False leaves everything as it is.
  private let turns: Bool

  init<K: FamilyKernel>(_ kernel: K, turns: Bool) {
    self.kernel = ErasedKernel(kernel)
    self.turns = turns
  }

  /// Where the channels go in front, or behind.
  private func turned(_ dims: [Int], toFront: Bool) -> [Int] {
    guard dims.count > 2 else { return dims }
    return toFront
      ? [dims[0], dims[dims.count - 1]] + dims[1..<(dims.count - 1)] : [dims[0]] + dims[2...] + [dims[1]]
  }

  private func inner(_ inputs: Facts) -> Facts {
    Facts(
      (0..<inputs.count).map { i in
        i == 0 ? inputs[0].with(dims: turned(inputs[0].shape, toFront: true)) : inputs[optional: i]
      })
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    guard turns else { return try kernel.infer(inputs) }
    return try kernel.infer(inner(inputs)).prefix(1).map { $0.with(dims: turned($0.shape, toFront: false)) }
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    guard turns else { return kernel.scratchByteCount(inputs, threads) }
    let facts = inner(inputs)
    guard let output = try? kernel.infer(facts).first else { return 0 }
    return ScratchMemory.byteCount(inputs[0].type.byteCount(inputs[0].count))
      + ScratchMemory.byteCount(output.type.byteCount(output.count)) + kernel.scratchByteCount(facts, threads)
  }

  func run(_ call: Call) throws(RuntimeError) {
    guard turns else { return try kernel.run(call) }
    var scratch = ScratchMemory(call)
    let (x, output) = (call.inputs[0], call.outputs[0])
    let source = scratch.tensor(x.type, Shape(turned(x.shape.dims, toFront: true)))
    let target = scratch.tensor(output.type, Shape(turned(output.shape.dims, toFront: true)))
    let axes = Array(0..<x.shape.rank)
    transpose(x, into: source, permutation: turned(axes, toFront: true), on: call.platform)
    let count = call.inputs.count
    let row = Slots(count: count + 1)
    defer { withExtendedLifetime(row) {} }
    row.values[0] = .tensor(source)
    for i in 1..<max(count, 1) { row.values[i] = call.inputs[value: i] }
    row.values[count] = .tensor(target)
    try kernel.run(
      Call(
        inputs: Operands(row.values, (0..<count).map { i in i == 0 || call.inputs[optional: i] != nil ? i : -1 }),
        outputs: Operands(row.values, [count]), platform: call.platform, scratch: scratch.take(byteCount: 0),
        allocator: call.allocator))
    transpose(target, into: output, permutation: turned(axes, toFront: false), on: call.platform)
  }

  static func qLinearAveragePool(_ site: Site) throws(RuntimeError) -> ChannelsLast {
    ChannelsLast(try QuantizedOperator.averagePool(site), turns: try site.flag("channels_last"))
  }

  static func qLinearGlobalAveragePool(_ site: Site) throws(RuntimeError) -> ChannelsLast {
    ChannelsLast(try QuantizedOperator.globalAveragePool(site), turns: try site.flag("channels_last"))
  }

  static func qLinearConv(_ site: Site) throws(RuntimeError) -> ChannelsLast {
    ChannelsLast(try QLinearConv(site), turns: try site.flag("channels_last"))
  }

  static func maxPool(_ site: Site) throws(RuntimeError) -> ChannelsLast {
    ChannelsLast(try MaxPool(site), turns: true)
  }
}
