import Tensors
import TestSupport
import Testing

@Suite struct MaxRoiPoolTests {
  @Test func cells() {
    let image = Tensor.ramp([1, 1, 4, 4])
    check([
      Case(
        "quarters", "MaxRoiPool", [image, .float32([1, 5], [0, 0, 0, 3, 3])], [("pooled_shape", .ints([2, 2]))],
        gives: [.float32([1, 1, 2, 2], [5, 7, 13, 15])]),
      Case(
        "scaled, partly outside", "MaxRoiPool", [image, .float32([1, 5], [0, 4, 4, 14, 14])],
        [("pooled_shape", .ints([1, 2])), ("spatial_scale", .float(0.5))], gives: [.float32([1, 1, 1, 2], [15, 0])]),
      Case(
        "float64", "MaxRoiPool", [.float64([1, 1, 1, 2], [1, 2]), .float64([1, 5], [0, 0, 0, 0, 0])],
        [("pooled_shape", .ints([1, 1]))], gives: [.float64([1, 1, 1, 1], [1])]),
    ])
    checkError(
      Case(
        "item", "MaxRoiPool", [image, .float32([1, 5], [1, 0, 0, 3, 3])], [("pooled_shape", .ints([2, 2]))],
        gives: [image]), contains: "batch item must be below 1, got 1")
  }
}
