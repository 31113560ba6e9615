import GraphIR
import Kernels
import Tensors

/// The operators on two tensors that broadcast to one shape, element by element: arithmetic, comparisons, logic.
///
/// Before opset 7 broadcasting was asked for by an attribute, and `axis` said where the second shape begins.
struct BinaryElementwise: FamilyKernel {
  static let isElementwise = true

  private let rows: BinaryRows
  /// Whether the operands change places: `a > b` is `b < a`.
  private let isSwapped: Bool
  /// Whether the operands may differ in type; the output has the first one's.
  private let mixesTypes: Bool
  /// The axis that the second shape begins at, where the model is old and says so.
  private let axis: Int?

  init(_ site: Site, _ rows: BinaryRows, swapped: Bool = false, mixed: Bool = false) throws(RuntimeError) {
    self.rows = rows
    isSwapped = swapped
    mixesTypes = mixed
    axis = site.opset < 7 ? try site.node.attributes.int("axis") : nil
  }

  /// PRelu. Before opset 7 a slope of rank 1 belonged to the channels.
  static func prelu(_ site: Site) throws(RuntimeError) -> BinaryElementwise {
    BinaryElementwise(rows: .prelu, axis: site.opset < 7 ? 1 : nil)
  }

  private init(rows: BinaryRows, axis: Int?) {
    self.rows = rows
    isSwapped = false
    mixesTypes = false
    self.axis = axis
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (a, b) = (inputs[0], inputs[1])
    let dims = try ShapeRules.broadcast(a.shape, aligned(b.shape, to: a.rank))
    return [Fact(rows.givesBools ? .bool : a.type, dims)]
  }

  /// The second shape with ones behind it, so that it begins at `axis`.
  private func aligned(_ dims: [Int], to rank: Int) -> [Int] {
    guard let axis, dims.count < rank else { return dims }
    let behind = rank - dims.count - (axis < 0 ? axis + rank : axis)
    return dims + [Int](repeating: 1, count: min(max(behind, 0), rank))
  }

  func run(_ call: Call) {
    let a = call.inputs[0]
    var b = call.inputs[1]
    if axis != nil { b = b.reshaped(Shape(aligned(b.shape.dims, to: a.shape.rank))) }
    if a.type == .string { return equalStrings(a, b, into: call.outputs[0]) }
    var row = a.type.rowType!
    // An integer to a fractional power is computed in floats.
    if mixesTypes, !a.type.isFloat, b.type.isFloat { row = .f64 }
    broadcast(rows, isSwapped ? b : a, isSwapped ? a : b, into: call.outputs[0], as: row, on: call.platform)
  }
}

extension BinaryElementwise {
  /// The remainder: with the divisor's sign, or with the dividend's where `fmod` is 1.
  static func mod(_ site: Site) throws(RuntimeError) -> BinaryElementwise {
    try BinaryElementwise(site, try site.flag("fmod") ? .truncatingModulo : .floorModulo)
  }

  static func bitShift(_ site: Site) throws(RuntimeError) -> BinaryElementwise {
    let direction = try site.required("direction", try site.string("direction"))
    guard direction == "LEFT" || direction == "RIGHT" else {
      throw RuntimeError(.invalidGraph, "direction must be LEFT or RIGHT, got %s", name: direction)
    }
    return try BinaryElementwise(site, direction == "LEFT" ? .shiftLeft : .shiftRight)
  }
}

extension Operator {
  /// A row of an operator on two tensors that broadcast.
  init(
    _ name: StaticString, since: Int, types: TypeSet, signature: StaticString = "T>T",
    binary rows: @autoclosure @escaping () -> BinaryRows, swapped: Bool = false, mixed: Bool = false
  ) {
    self.init(name, since: since, 2...2, types: types, signature: signature, memory: .inPlace) {
      site throws(RuntimeError) in
      try BinaryElementwise(site, rows(), swapped: swapped, mixed: mixed)
    }
  }
}
