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
