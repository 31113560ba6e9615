import Tensors
import TestSupport
import Testing

@Suite struct AffineGridTests {
  @Test func grids() {
    let turned = Tensor.float32([1, 2, 3], [0, -1, 0.5, 1, 0, 0])
    let size = Tensor.int64([4], [1, 1, 2, 2])
    check([
      Case(
        "corners", "AffineGrid", [turned, size], [("align_corners", .int(1))],
        gives: [.float32([1, 2, 2, 2], [1.5, -1, 1.5, 1, -0.5, -1, -0.5, 1])]),
      Case(
        "edges, float64", "AffineGrid", [.float64([1, 2, 3], [1, 0, 0, 0, 1, 0]), size],
        gives: [.float64([1, 2, 2, 2], [-0.5, -0.5, 0.5, -0.5, -0.5, 0.5, 0.5, 0.5])]),
      Case(
        "a volume", "AffineGrid",
        [.float32([1, 3, 4], [0, 0, 2, 0, 0, 1, 0, 0, 1, 0, 0, 3]), .int64([5], [1, 1, 2, 1, 1])],
        [("align_corners", .int(1))], gives: [.float32([1, 2, 1, 1, 3], [-2, 0, 3, 2, 0, 3])]),
    ])
    checkError(
      Case("theta", "AffineGrid", [turned, .int64([5], [1, 1, 1, 1, 1])], gives: [size]),
      contains: "theta must have shape [batch, 3, 4]")
  }
}
