import Tensors
import TestSupport
import Testing

@Suite struct SignalTests {
  @Test func transforms() {
    let signal = Tensor.float32([1, 6, 1], [1, 2, 3, 4, 5, 6])
    let half = Tensor.float32([1, 4, 2], [21, 0, -3, 5.1961524, -3, 1.7320508, -3, 0])
    check([
      Case("one side", "DFT", opset: 17, [signal], [("onesided", .int(1))], gives: [half], absolute: 1e-5),
      Case(
        "and back", "DFT", opset: 20, [half, .int64([], [6])], [("onesided", .int(1)), ("inverse", .int(1))],
        gives: [signal], absolute: 1e-5),
      Case(
        "filled up, along an input's axis", "DFT", opset: 20,
        [.float64([2, 1, 1], [1, 2]), .int64([], [4]), .int64([], [0])],
        gives: [.float64([4, 1, 2], [3, 0, 1, -2, -1, 0, 1, 2])]),
      Case(
        "frames", "STFT", opset: 17, [signal, .int64([], [2]), .float32([4], [1, 0.5, 0.5, 1])],
        gives: [.float32([1, 2, 3, 2], [7.5, 0, -0.5, 3, -2.5, 0, 13.5, 0, 0.5, 4, -2.5, 0])]),
    ])
  }

  /// Lengths of many factors, of one, and of none against the definition.
  @Test(arguments: [1, 2, 12, 35, 64, 67, 134, 143]) func lengths(n: Int) {
    let values = (0..<n).map { Double(($0 * 7) % 11) - 5 }
    check([
      Case(
        "\(n)", "DFT", opset: 20, [.float64([n, 1], values), nil, .int64([], [0])], gives: [transform(values)],
        relative: 1e-9, absolute: 1e-8)
    ])
  }

  private func transform(_ values: [Double]) -> Tensor {
    let n = values.count
    var result: [Double] = []
    for k in 0..<n {
      var (re, im) = (0.0, 0.0)
      for (i, value) in values.enumerated() {
        let (c, s) = turn((i * k) % n, n)
        re += value * c
        im -= value * s
      }
      result += [re, im]
    }
    return .float64([n, 2], result)
  }

  /// Cosine and sine of k / n of a turn, by their series.
  private func turn(_ k: Int, _ n: Int) -> (Double, Double) {
    var x = 2 * Double.pi * Double(k) / Double(n)
    if x > Double.pi { x -= 2 * Double.pi }
    var (cosine, sine, term) = (0.0, 0.0, 1.0)
    for i in 0..<60 {
      switch i % 4 {
      case 0: cosine += term
      case 1: sine += term
      case 2: cosine -= term
      default: sine -= term
      }
      term *= x / Double(i + 1)
    }
    return (cosine, sine)
  }

  @Test func windows() {
    check([
      Case("Hann", "HannWindow", [.int64([], [4])], gives: [.float32([4], [0, 0.5, 1, 0.5])]),
      Case(
        "Blackman, symmetric, float64", "BlackmanWindow", [.int32([], [4])],
        [("periodic", .int(0)), ("output_datatype", .int(11))],
        gives: [.float64([4], [0, 0.63, 0.63, 0])]),
      Case(
        "Hamming", "HammingWindow", [.int64([], [4])], gives: [.float32([4], [2.0 / 23, 0.54347825, 1, 0.54347825])]),
      Case(
        "mel", "MelWeightMatrix",
        [.int64([], [2]), .int64([], [8]), .int64([], [8000]), .float32([], [0]), .float32([], [4000])],
        gives: [.float32([5, 2], [1, 0, 0, 1, 0, 0, 0, 0, 0, 0])]),
    ])
  }
}
