import Tensors
import TestSupport
import Testing

@Suite struct DetTests {
  @Test func cases() {
    check([
      Case("one", "Det", [.float32([2, 2], [0, 1, 2, 3])], gives: [.float32([], [-2])]),
      Case("a batch", "Det", [.float32([2, 2, 2], [1, 2, 3, 4, 1, 2, 2, 4])], gives: [.float32([2], [-2, 0])]),
      Case("three", "Det", [.float64([3, 3], [2, 0, 1, 1, 3, 2, 1, 1, 4])], gives: [.float64([], [18])]),
      Case("empty", "Det", [.float32([0, 0], [])], gives: [.float32([], [1])]),
    ])
    checkError(Case("square", "Det", [.ramp([2, 3])], gives: [.ramp([])]), contains: "square", "[2, 3]")
  }
}
