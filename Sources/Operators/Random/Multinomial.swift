import GraphIR
import Kernels
import Tensors

/// Draws classes at random, from [batch, classes] of logarithms of what each is likely, to [batch, samples].
///
/// <https://onnx.ai/onnx/operators/onnx__Multinomial.html>
struct Multinomial: OperatorKernel {
  private let source: RandomSource
  private let count: Int
  private let type: ElementType

  init(_ site: Site) throws(RuntimeError) {
    source = try RandomSource(site)
    count = try site.int("sample_size", default: 1)
    guard count >= 0 else { throw RuntimeError(.invalidGraph, "sample_size must not be negative, got %d", count) }
    let raw = try site.int("dtype", default: 6)
    guard raw == 6 || raw == 7 else { throw RuntimeError(.invalidGraph, "dtype must be 6 or 7, got %d", raw) }
    type = raw == 6 ? .int32 : .int64
    site.types.answer = type
  }

  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] {
    try ShapeRules.rank(inputs[0], 2, input: 0)
    guard inputs[0].shape[1] > 0 || inputs[0].shape[0] == 0 else {
      throw RuntimeError(.invalidArgument, "there must be a class to draw, got %v", shape: inputs[0].shape)
    }
    return [Fact(type, [inputs[0].shape[0], count])]
  }

  /// The sums of likelihoods up to each class.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { inputs[0].shape[1] * 8 }

  func run(_ call: Call) {
    let (x, output) = (call.inputs[0], call.outputs[0])
    let classes = x.shape[1]
    let sums = call.scratch.assumingMemoryBound(to: Double.self)
    for item in 0..<x.shape[0] {
      var largest = -Double.infinity
      for i in 0..<classes { largest = max(largest, x.real(item * classes + i)) }
      var sum = 0.0
      for i in 0..<classes {
        sum += CMath.exp(x.real(item * classes + i) - largest)
        sums[i] = sum
      }
      for sample in 0..<count {
        let draw = source.uniform() * sum
        let drawn = (0..<classes).first { draw < sums[$0] } ?? classes - 1
        let place = item * count + sample
        if type == .int32 {
          output.elements(Int32.self)[place] = Int32(truncatingIfNeeded: drawn)
        } else {
          output.elements(Int64.self)[place] = Int64(drawn)
        }
      }
    }
  }
}
