import Apus
import Tensors
import TestSupport
import Testing

@Suite struct DeformConvTests {
  private let x = Tensor.ramp([1, 1, 3, 3])
  private let ones = Tensor.float32([1, 1, 2, 2], [1, 1, 1, 1])

  private func offsets(_ values: [Float]) -> Tensor { .float32([1, 8, 2, 2], values.flatMap { [$0, $0, $0, $0] }) }

  @Test func taps() {
    check([
      Case(
        "not moved", "DeformConv", [x, ones, offsets([0, 0, 0, 0, 0, 0, 0, 0])],
        gives: [.float32([1, 1, 2, 2], [8, 12, 20, 24])]),
      // The first tap half a row down, the last one a column to the right, where there may be nothing.
      Case(
        "moved", "DeformConv", [x, ones, offsets([0.5, 0, 0, 0, 0, 0, 0, 1])],
        gives: [.float32([1, 1, 2, 2], [10.5, 8.5, 22.5, 17.5])]),
      Case(
        "masked, with a bias", "DeformConv",
        [
          x, ones, offsets([0, 0, 0, 0, 0, 0, 0, 0]), .float32([1], [10]),
          .float32([1, 4, 2, 2], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0.5, 0.5, 0.5, 0.5]),
        ],
        gives: [.float32([1, 1, 2, 2], [12, 13.5, 16.5, 18])]),
      Case(
        "float64, one dim", "DeformConv",
        [.float64([1, 1, 3], [1, 2, 4]), .float64([1, 1, 1], [2]), .float64([1, 1, 3], [0.25, -0.5, 0.5])],
        gives: [.float64([1, 1, 3], [2.5, 3, 4])]),
      Case(
        "two groups of offsets", "DeformConv",
        [
          .float32([1, 2, 1, 2], [1, 2, 3, 4]), .float32([1, 2, 1, 1], [1, 10]),
          .float32([1, 4, 1, 2], [0, 0, 0, 0, 0, 0, 0, -1]),
        ],
        [("offset_group", .int(2))], gives: [.float32([1, 1, 1, 2], [31, 32])]),
    ])
    checkError(
      Case("offsets", "DeformConv", [x, ones, .ramp([1, 8, 3, 2])], gives: [x]),
      contains: "offsets must have shape [1, 8, 2, 2]")
  }
}
