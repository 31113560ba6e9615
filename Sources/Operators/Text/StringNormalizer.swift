import GraphIR
import Kernels
import Tensors

/// Drops stop words and changes the case of the others; what is left of nothing is one empty string.
///
/// <https://onnx.ai/onnx/operators/onnx__StringNormalizer.html>
struct StringNormalizer: OperatorKernel {
  private let letterCase: LetterCase?
  private let isCaseSensitive: Bool
  private let stopwords: Set<Name>

  init(_ site: Site) throws(RuntimeError) {
    let action = try site.string("case_change_action") ?? "NONE"
    switch action {
    case _ where action == "NONE": letterCase = nil
    case _ where action == "LOWER": letterCase = .lower
    case _ where action == "UPPER": letterCase = .upper
    default: throw RuntimeError(.invalidGraph, "case_change_action %s is not known", name: action)
    }
    isCaseSensitive = try site.flag("is_case_sensitive")
    let words = try site.strings("stopwords") ?? []
    stopwords = Set(isCaseSensitive ? words : words.map { LetterCase.lower.converted($0) })
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let x = inputs[0]
    guard x.rank == 1 || x.rank == 2 && x.shape[0] == 1 else {
      throw RuntimeError(.invalidArgument, "the input must have shape [C] or [1, C], got %v", shape: x.shape)
    }
    return [.anything]
  }

  func run(_ call: Call) {
    let x = call.inputs[0]
    var words: [Name] = []
    for word in x.storage.strings {
      if stopwords.contains(isCaseSensitive ? word : LetterCase.lower.converted(word)) { continue }
      words.append(letterCase?.converted(word) ?? word)
    }
    if words.isEmpty { words = [Name()] }
    let dims = x.shape.rank == 1 ? [words.count] : [1, words.count]
    call.outputs[value: 0] = .tensor(Tensor(shape: Shape(dims), strings: words))
  }
}
