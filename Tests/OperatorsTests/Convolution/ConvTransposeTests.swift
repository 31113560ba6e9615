import Tensors
import TestSupport
import Testing

@Suite struct ConvTransposeTests {
  @Test func shapes() {
    let (x, w) = (Tensor.ramp([1, 1, 2, 2]), Tensor.ramp([1, 1, 3, 3], from: 1))
    let expected: [Float] = [1, 5, 6, 7, 5, 17, 15, 19, 11, 25, 16, 19, 17, 40, 25, 28]
    check([
      Case(
        "pads and output_padding", "ConvTranspose", [x, w, .float32([1], [1])],
        [("strides", .ints([2, 2])), ("pads", .ints([1, 1, 1, 1])), ("output_padding", .ints([1, 1]))],
        gives: [.float32([1, 1, 4, 4], expected)]),
      Case(
        "output_shape says the pads", "ConvTranspose", [.ramp([1, 1, 2], from: 1), .float32([1, 1, 2], [1, 10])],
        [("output_shape", .ints([2]))], gives: [.float32([1, 1, 2], [1, 12])]),
      Case(
        "groups", "ConvTranspose", [.float32([1, 2, 1], [2, 3]), .float32([2, 1, 2], [1, 2, 3, 4])],
        [("group", .int(2))],
        gives: [.float32([1, 2, 2], [2, 4, 9, 12])]),
    ])
  }

  /// Every input adds its weights at its place.
  @Test func rows() {
    for (stride, before) in [(1, 0), (1, 2), (2, 0), (2, 1), (2, 3), (3, 1)] {
      for width in [1, 4, 5, 9, 14] {
        let (x, w) = (Tensor.mixed([1, 3, 2, width]), Tensor.mixed([3, 2, 3, 4], seed: 2))
        let out = [1, 3 + stride, (width - 1) * stride + 4 - 2 * before]
        if out[2] <= 0 { continue }
        var y = [Double](repeating: 0, count: 3 * out[1] * out[2])
        for (i, value) in x.doubles.enumerated() {
          let (c, row, column) = (i / width / 2, i / width % 2, i % width)
          for k in 0..<24 {
            let (f, ky, kx) = (k / 12, k / 4 % 3, k % 4)
            let at = column * stride + kx - before
            if f == 0, at >= 0, at < out[2] {
              y[(c * out[1] + row * stride + ky) * out[2] + at] += value * w.doubles[c * 24 + k]
            }
          }
        }
        // Depthwise, of the first of two filters.
        let first = Tensor.float32([3, 1, 3, 4], (0..<36).map { Float(w.doubles[$0 / 12 * 24 + $0 % 12]) })
        check([
          Case(
            "stride \(stride), \(before) before, \(width) wide", "ConvTranspose", [x, first],
            [
              ("strides", .ints([Int64(stride), Int64(stride)])), ("group", .int(3)),
              ("pads", .ints([0, Int64(before), 0, Int64(before)])),
            ], gives: [.float32([1, 3, out[1], out[2]], y.map { Float($0) })], relative: 1e-5, absolute: 1e-6)
        ])
      }
    }
  }

  @Test func lpPool() {
    check([
      Case(
        "2-norm, padded", "LpPool", [.float32([1, 1, 3], [3, -4, 5])],
        [("kernel_shape", .ints([2])), ("pads", .ints([1, 0]))],
        gives: [.float32([1, 1, 3], [3, 5, 6.403124])]),
      Case(
        "global 1-norm", "GlobalLpPool", [.float32([1, 2, 2], [1, -2, 3, 4])], [("p", .int(1))],
        gives: [.float32([1, 2, 1], [3, 7])]),
    ])
  }
}
