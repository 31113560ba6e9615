import GraphIR
import Kernels
import Tensors

/// The operators on any number of tensors that broadcast to one shape: Sum, Mean, Max, Min.
struct VariadicElementwise: FamilyKernel {
  static let isElementwise = true

  let rows: BinaryRows
  var isMean = false

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    var dims = inputs[0].shape
    for i in 1..<inputs.count { dims = try ShapeRules.broadcast(dims, inputs[i].shape) }
    return [inputs[0].with(dims: dims)]
  }

  func run(_ call: Call) {
    let out = call.outputs[0]
    let row = out.type.rowType!
    if call.inputs.count == 1 { copyAll(call.inputs[0], to: out) }
    for i in 1..<max(call.inputs.count, 1) {
      broadcast(rows, i == 1 ? call.inputs[0] : out, call.inputs[i], into: out, as: row, on: call.platform)
    }
    if isMean { map(.divided(by: Float(call.inputs.count)), out, into: out, as: row, on: call.platform) }
  }
}

extension Operator {
  /// A row of an operator on any number of tensors that broadcast.
  init(
    _ name: StaticString, since: Int, types: TypeSet, variadic rows: @autoclosure @escaping () -> BinaryRows,
    isMean: Bool = false
  ) {
    self.init(name, since: since, 1...Int.max, types: types, memory: .inPlace) { _ in
      VariadicElementwise(rows: rows(), isMean: isMean)
    }
  }
}
