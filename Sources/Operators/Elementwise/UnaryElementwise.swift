import GraphIR
import Kernels
import Tensors

/// The operators that compute each element of the output from one element of the input.
struct UnaryElementwise: FamilyKernel {
  static let isElementwise = true

  private let rows: UnaryRows

  init(_ rows: UnaryRows) { self.rows = rows }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    [inputs[0].with(type: rows.givesBools ? .bool : inputs[0].type)]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    map(rows, x, into: call.outputs[0], as: x.type.rowType!, on: call.platform)
  }
}

extension UnaryElementwise {
  static func isInf(_ site: Site) throws(RuntimeError) -> UnaryElementwise {
    UnaryElementwise(
      .isInfinite(
        positive: try site.flag("detect_positive", default: true),
        negative: try site.flag("detect_negative", default: true)))
  }
}

extension Operator {
  /// A row of an operator on one tensor that has no attributes.
  init(
    _ name: StaticString, since: Int, types: TypeSet, signature: StaticString = "T>T",
    unary rows: @autoclosure @escaping () -> UnaryRows
  ) {
    self.init(name, since: since, 1...1, types: types, signature: signature, memory: .inPlace) { _ in
      UnaryElementwise(rows())
    }
  }
}
