import GraphIR
import Kernels
import Tensors

/// Scores [batch, vocabulary] in which tokens are impossible that would repeat a run of `ngram_size` tokens.
///
/// <https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.NGramRepeatBlock>
struct NGramRepeatBlock: OperatorKernel {
  private let size: Int

  init(_ site: Site) throws(RuntimeError) {
    size = try site.required("ngram_size", try site.node.attributes.int("ngram_size"))
    guard size > 0 else { throw RuntimeError(.invalidGraph, "ngram_size must be above 0, got %d", size) }
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    let (ids, scores) = (inputs[0], inputs[1])
    guard ids.rank == 2, scores.rank == 2, scores.shape[0] == ids.shape[0] else {
      throw RuntimeError(
        .invalidArgument, "tokens of shape %v do not fit scores of %v", shapes: ids.shape, scores.shape)
    }
    return [scores.withoutValue]
  }

  func run(_ call: Call) throws(RuntimeError) {
    let (ids, scores, output) = (call.inputs[0], call.inputs[1], call.outputs[0])
    let (length, vocabulary) = (ids.shape[1], scores.shape[1])
    output.bytes.copyMemory(from: scores.bytes, byteCount: scores.byteCount)
    guard length >= size else { return }
    for item in 0..<ids.shape[0] {
      let tokens = ids.elements(Int64.self)[(item * length)..<((item + 1) * length)]
      let begin = tokens.startIndex
      // What the next run would begin with, and where it has been before.
      let last = tokens[(begin + length - size + 1)...]
      for start in begin...(begin + length - size) where tokens[start..<(start + size - 1)].elementsEqual(last) {
        let token = tokens[start + size - 1]
        guard token >= 0, token < vocabulary else {
          throw RuntimeError(.invalidArgument, "a token must be below %d, got %d", vocabulary, Int(clamping: token))
        }
        output.floats[item * vocabulary + Int(token)] = -.infinity
      }
    }
  }
}
