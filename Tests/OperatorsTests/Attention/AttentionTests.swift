import Tensors
import TestSupport
import Testing

@Suite struct AttentionTests {
  private let q = Tensor.float32([1, 1, 3, 2], [1, 0, 0, 1, 1, 1])
  private let v = Tensor.float32([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])
  private let mask = Tensor.bool([3, 3], [true, false, true, false, false, false, true, true, false])

  @Test func attention() {
    check([
      Case(
        "plain", "Attention", opset: 23, [q, q, v],
        gives: [.float32([1, 1, 3, 2], [3, 4, 3.4066725, 4.4066725, 3.5104694, 4.5104694])]),
      Case(
        "causal and capped", "Attention", opset: 23, [q, q, v], [("is_causal", .int(1)), ("softcap", .float(1))],
        gives: [.float32([1, 1, 3, 2], [1, 2, 2.295361, 3.295361, 3.1941326, 4.1941323])]),
      Case(
        "a row that sees nothing is 0", "Attention", opset: 23, [q, q, v, mask],
        [("scale", .float(1)), ("qk_matmul_output_mode", .int(3))],
        gives: [
          .float32([1, 1, 3, 2], [3, 4, 0, 0, 2, 3]), nil, nil,
          .float32([1, 1, 3, 3], [0.5, 0, 0.5, 0, 0, 0, 0.5, 0.5, 0]),
        ]),
      Case(
        "the past comes first", "Attention", opset: 23,
        [
          .ramp([1, 1, 2]), .ramp([1, 1, 2]), .ramp([1, 1, 2]), nil, .float32([1, 1, 1, 2], [5, 6]),
          .float32([1, 1, 1, 2], [7, 8]),
        ],
        [("q_num_heads", .int(1)), ("kv_num_heads", .int(1)), ("scale", .float(0))],
        gives: [
          .float32([1, 1, 2], [3.5, 4.5]), .float32([1, 1, 2, 2], [5, 6, 0, 1]), .float32([1, 1, 2, 2], [7, 8, 0, 1]),
        ]),
    ])
    checkError(
      Case(
        "heads", "Attention", opset: 23, [.ramp([1, 2, 4]), .ramp([1, 2, 4]), .ramp([1, 2, 4])], gives: [.ramp([1])]),
      contains: "q_num_heads")
  }

  /// Grouped heads and more rows than are worked on at once, against sums in double precision.
  @Test func large() {
    let (heads, shared, rows, size) = (4, 2, 70, 5)
    let wave = { (count: Int, step: Int) -> [Float] in (0..<count).map { Float(($0 * step) % 31) / 15 - 1 } }
    let q = Tensor.float32([1, heads, rows, size], wave(heads * rows * size, 7))
    let k = Tensor.float32([1, shared, rows, size], wave(shared * rows * size, 11))
    let v = Tensor.float32([1, shared, rows, size], wave(shared * rows * size, 5))
    var expected: [Float] = []
    for head in 0..<heads {
      for row in 0..<rows {
        let other = head / (heads / shared) * rows
        let weights = (0...row).map { key in
          (0..<size).reduce(0.0) {
            $0 + q.doubles[(head * rows + row) * size + $1] * k.doubles[(other + key) * size + $1]
          } / Double(size).squareRoot()
        }.map { pow2($0) }
        let total = weights.reduce(0, +)
        for j in 0..<size {
          expected.append(
            Float((0...row).reduce(0.0) { $0 + weights[$1] * v.doubles[(other + $1) * size + j] } / total))
        }
      }
    }
    check([
      Case(
        "grouped", "Attention", opset: 23, [q, k, v], [("is_causal", .int(1))],
        gives: [.float32([1, heads, rows, size], expected)], relative: 1e-4, absolute: 1e-5)
    ])
  }

  /// e^x by its series, so that the test needs no libm.
  private func pow2(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for i in 1..<40 {
      term *= x / Double(i)
      sum += term
    }
    return sum
  }

  @Test func rotary() {
    check([
      Case(
        "by position", "RotaryEmbedding", opset: 23,
        [
          .float32([1, 1, 1, 4], [1, 2, 3, 4]), .float32([2, 2], [0.5, 0.25, 1, 0]),
          .float32([2, 2], [0.1, 0.2, 0.6, 0.8]), .int64([1, 1], [1]),
        ],
        gives: [.float32([1, 1, 1, 4], [-0.8, -3.2, 3.6, 1.6])]),
      Case(
        "interleaved, part of a head", "RotaryEmbedding", opset: 23,
        [.float32([1, 1, 1, 4], [1, 2, 3, 4]), .float32([1, 1, 1], [0]), .float32([1, 1, 1], [1])],
        [("interleaved", .int(1)), ("rotary_embedding_dim", .int(2))], gives: [.float32([1, 1, 1, 4], [-2, 1, 3, 4])]),
      Case(
        "com.microsoft counts on from one position", "RotaryEmbedding", domain: "com.microsoft", opset: 1,
        [
          .float32([1, 2, 2], [1, 2, 3, 4]), .int64([1], [1]), .float32([3, 1], [9, 1, 0]),
          .float32([3, 1], [9, 0, 1]),
        ],
        gives: [.float32([1, 2, 2], [1, 2, -4, 3])]),
    ])
  }

  @Test func linear() {
    check([
      Case(
        "gated delta", "LinearAttention", opset: 27,
        [
          .float32([1, 2, 2], [1, 2, 3, 4]), .float32([1, 2, 2], [1, 0, 0, 1]), .float32([1, 2, 2], [2, 1, 1, 3]), nil,
          .float32([1, 2, 1], [-0.5, -0.25]), .float32([1, 2, 1], [0.5, 1]),
        ], [("q_num_heads", .int(1)), ("kv_num_heads", .int(1))],
        gives: [
          .float32([1, 2, 2], [0.70710677, 0.35355338, 4.4805126, 9.311324]),
          .float32([1, 1, 2, 2], [0.7788007, 0.38940036, 1, 3]),
        ]),
      Case(
        "causal convolution", "CausalConvWithState", opset: 27,
        [
          .float32([1, 1, 3], [1, 2, 3]), .float32([1, 1, 3], [1, 10, 100]), .float32([1], [0.5]),
          .float32([1, 1, 2], [4, 5]),
        ],
        gives: [.float32([1, 1, 3], [154.5, 215.5, 321.5]), .float32([1, 1, 2], [2, 3])]),
    ])
  }
}
