import Apus
import TestSupport
import Testing

@Suite struct UnfoldTensorTests {
  private func unfold(
    _ name: String, _ x: Tensor, dim: Int64, size: Int64, step: Int64, gives output: Tensor
  ) -> Case {
    Case(
      name, "UnfoldTensor", domain: "com.microsoft", opset: 1, [x],
      [("dim", .int(dim)), ("size", .int(size)), ("step", .int(step))], gives: [output])
  }

  @Test func windows() {
    check([
      unfold("overlapping", .ramp([4]), dim: 0, size: 2, step: 1, gives: .float32([3, 2], [0, 1, 1, 2, 2, 3])),
      unfold("with gaps", .ramp([5]), dim: -1, size: 1, step: 3, gives: .float32([2, 1], [0, 3])),
      unfold("a rest is dropped", .ramp([5]), dim: 0, size: 2, step: 2, gives: .float32([2, 2], [0, 1, 2, 3])),
      unfold("one", .ramp([3]), dim: 0, size: 3, step: 1 << 60, gives: .float32([1, 3], [0, 1, 2])),
      unfold(
        "rows", .ramp([3, 2]), dim: 0, size: 2, step: 1, gives: .float32([2, 2, 2], [0, 2, 1, 3, 2, 4, 3, 5])),
      unfold(
        "strings", .strings([3], ["a", "b", "c"]), dim: 0, size: 2, step: 1,
        gives: .strings([2, 2], ["a", "b", "b", "c"])),
    ])
  }

  @Test func errors() {
    checkError(unfold("too large", .ramp([3]), dim: 0, size: 4, step: 1, gives: .ramp([1])), contains: "windows of 4")
    checkError(unfold("step", .ramp([3]), dim: 0, size: 1, step: 0, gives: .ramp([1])), contains: "must be above 0")
    checkError(unfold("scalar", .ramp([]), dim: 0, size: 1, step: 1, gives: .ramp([1])), contains: "rank 1 or more")
  }
}
