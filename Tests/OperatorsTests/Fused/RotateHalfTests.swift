import Apus
import TestSupport
import Testing

/// x · cos + (-x[split...], x[..<split]) · sin.
@Suite struct RotateHalfTests {
  private let cosines = Tensor.float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8])
  private let sines = Tensor.float32([2, 4], [10, 20, 30, 40, 50, 60, 70, 80])

  private func rotate(
    _ name: String, _ inputs: [Tensor], _ attributes: [(String, AttributeProto.Value)] = [], gives: Tensor
  ) -> Case {
    Case(name, "RotateHalf", domain: "apus", opset: 1, inputs, attributes, gives: [gives])
  }

  @Test func rotations() {
    let x = Tensor.float32([2, 4], [1, 2, 3, 4, 5, 6, 7, 8])
    check([
      rotate(
        "by the middle", [x, cosines, sines],
        gives: .float32([2, 4], [-29, -76, 39, 96, -325, -444, 399, 544])),
      rotate(
        "elsewhere", [x, cosines, sines], [("split", .int(1)), ("axis", .int(1))],
        gives: .float32([2, 4], [-19, -56, -111, 56, -275, -384, -511, 464])),
      rotate(
        "one row of angles for all", [x, .float32([1, 4], [1, 1, 2, 2]), .float32([4], [1, 2, 3, 4])],
        gives: .float32([2, 4], [-2, -6, 9, 16, -2, -10, 29, 40])),
      rotate(
        "one row for all angles", [.float32([4], [1, 2, 3, 4]), cosines, sines],
        gives: .float32([2, 4], [-29, -76, 39, 96, -145, -228, 91, 192])),
      rotate(
        "float64",
        [.float64([2], [1, 2]), .float64([2], [3, 4]), .float64([2], [5, 6])], gives: .float64([2], [-7, 14])),
      rotate(
        "nothing", [.float32([0, 4], []), .float32([4], [1, 2, 3, 4]), .float32([4], [1, 2, 3, 4])],
        gives: .float32([0, 4], [])),
    ])
  }

  @Test func errors() {
    let row = Tensor.float32([4], [1, 2, 3, 4])
    checkError(
      rotate("another size", [row, .float32([2], [1, 2]), row], gives: row), contains: "must have one size", "[2]")
    checkError(
      rotate("a split beyond", [row, row, row], [("split", .int(5))], gives: row), contains: "a split of 5")
    checkError(
      rotate("an axis that is not the last", [.ramp([2, 2, 4]), row, row], [("axis", .int(1))], gives: row),
      contains: "on axis 1")
  }
}
