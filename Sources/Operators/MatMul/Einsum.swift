import GraphIR
import Kernels
import Tensors

/// Sums of products that an equation like `bij,bjk->bik` describes.
///
/// <https://onnx.ai/onnx/operators/onnx__Einsum.html>
struct Einsum: OperatorKernel {
  /// What stands for the dims of an ellipsis; label `ellipsis + i` is the one `i` places before the last of them.
  private static let ellipsis = 1 << 10

  /// The labels of each operand.
  private let terms: [[Int]]
  /// The labels of the output; `nil` where the equation does not say.
  private let result: [Int]?

  init(_ site: Site) throws(RuntimeError) {
    let equation = try site.required("equation", try site.string("equation"))
    var lists: [[Int]] = [[]]
    var hasArrow = false
    var rest = equation.bytes.filter { $0 != UInt8(ascii: " ") }[...]
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: ","): lists.append([])
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"):
        lists[lists.count - 1].append(Int(byte))
      case UInt8(ascii: ".") where rest.starts(with: [UInt8(ascii: "."), UInt8(ascii: ".")]):
        rest.removeFirst(2)
        lists[lists.count - 1].append(Einsum.ellipsis)
      case UInt8(ascii: "-") where rest.first == UInt8(ascii: ">") && !hasArrow:
        rest.removeFirst()
        hasArrow = true
        lists.append([])
      default:
        throw RuntimeError(.invalidGraph, "the equation %s is not understood", name: equation)
      }
    }
    result = hasArrow ? lists.popLast() : nil
    terms = lists
    guard terms.count == site.inputCount else {
      throw RuntimeError(
        .invalidGraph, "the equation %s must have a term for each of %d inputs", name: equation, site.inputCount)
    }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let plan = try plan(inputs.present.map { $0.shape })
    return [inputs[0].with(dims: Array(plan.sizes[..<plan.outputRank]))]
  }

  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int {
    let shapes = inputs.present.map { $0.shape }
    guard let plan = try? plan(shapes) else { return 0 }
    return plan.scratchByteCount(shapes.map { Shape($0) }, inputs[0].type)
  }

  func run(_ call: Call) throws(RuntimeError) {
    let operands = (0..<call.inputs.count).map { call.inputs[$0] }
    try plan(operands.map { $0.shape.dims }).run(
      operands, into: call.outputs[0], scratch: call.scratch, on: call.platform)
  }

  private func plan(_ shapes: [[Int]]) throws(RuntimeError) -> Contraction {
    var operands: [[Int]] = []
    var ellipsisRank = 0
    for (term, shape) in zip(terms, shapes) {
      let hidden = term.contains(Einsum.ellipsis) ? shape.count - (term.count - 1) : 0
      guard hidden >= 0, term.contains(Einsum.ellipsis) || term.count == shape.count else {
        throw RuntimeError(.invalidArgument, "a term of %d labels does not fit shape %v", shape: shape, term.count)
      }
      ellipsisRank = max(ellipsisRank, hidden)
      operands.append(spelledOut(term, hidden))
    }
    let output = spelledOut(result ?? implied, ellipsisRank)
    var labels = output
    for operand in operands { for label in operand where !labels.contains(label) { labels.append(label) } }
    var sizes = [Int](repeating: 1, count: labels.count)
    var steps: [[Int]] = []
    for (operand, shape) in zip(operands, shapes) {
      let own = shape.packedStrides
      var row = [Int](repeating: 0, count: labels.count)
      for (axis, label) in operand.enumerated() {
        let i = labels.firstIndex(of: label)!
        guard shape[axis] == sizes[i] || sizes[i] == 1 || shape[axis] == 1 else {
          throw RuntimeError(
            .invalidArgument, "dims %d and %d of one label must agree", sizes[i], shape[axis])
        }
        if shape[axis] != 1 {
          sizes[i] = shape[axis]
          // A label that comes twice in a term walks along the diagonal.
          row[i] += own[axis]
        }
      }
      steps.append(row)
    }
    for label in output where !operands.contains(where: { $0.contains(label) }) {
      throw RuntimeError(.invalidGraph, "label %d of the output is in no term", label)
    }
    return Contraction(sizes: sizes, outputRank: output.count, steps: steps)
  }

  /// The term with a label for each dim of the ellipsis.
  private func spelledOut(_ term: [Int], _ hidden: Int) -> [Int] {
    term.flatMap { $0 == Einsum.ellipsis ? (0..<hidden).map { Einsum.ellipsis + hidden - 1 - $0 } : [$0] }
  }

  /// Without an arrow: the dims of the ellipsis, then the labels that come once, in the alphabet's order.
  private var implied: [Int] {
    let all = terms.flatMap { $0 }.filter { $0 != Einsum.ellipsis }
    return [Einsum.ellipsis] + ascending(all.filter { label in all.filter { $0 == label }.count == 1 })
  }
}
