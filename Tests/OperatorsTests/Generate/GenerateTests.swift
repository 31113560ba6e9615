import Apus
import Tensors
import TestSupport
import Testing

@Suite struct GenerateTests {
  @Test func constantOfShape() {
    let shape = Tensor.int64([2], [2, 1])
    check([
      Case("zeros", "ConstantOfShape", [shape], gives: [.float32([2, 1], [0, 0])]),
      Case(
        "a value", "ConstantOfShape", [shape], [("value", .tensor(TensorRecord(name: Name(), .int64([1], [7]))))],
        gives: [.int64([2, 1], [7, 7])]),
      Case("a scalar", "ConstantOfShape", [.int64([0], [])], gives: [.float32([], [0])]),
      Case("nothing", "ConstantOfShape", [.int64([1], [0])], gives: [.float32([0], [])]),
    ])
    checkError(Case("negative", "ConstantOfShape", [.int64([1], [-1])], gives: [shape]), contains: "[?]")
  }

  @Test func eyeLike() {
    let x = Tensor.ramp([2, 3])
    check([
      Case("main diagonal", "EyeLike", [x], gives: [.float32([2, 3], [1, 0, 0, 0, 1, 0])]),
      Case(
        "above", "EyeLike", [x], [("k", .int(1)), ("dtype", .int(7))], gives: [.int64([2, 3], [0, 1, 0, 0, 0, 1])]),
      Case(
        "below", "EyeLike", [.bool([2, 2], [true, true, true, true])], [("k", .int(-1))],
        gives: [.bool([2, 2], [false, false, true, false])]),
    ])
  }

  @Test func range() {
    func range<T>(_ name: String, _ make: ([Int], [T]) -> Tensor, _ a: T, _ b: T, _ c: T, _ y: [T]) -> Case {
      Case(name, "Range", [make([], [a]), make([], [b]), make([], [c])], gives: [make([y.count], y)])
    }
    check([
      range("up", Tensor.int64, 1, 7, 2, [1, 3, 5]),
      range("down", Tensor.int32, 5, 0, -2, [5, 3, 1]),
      range("empty", Tensor.int64, 5, 0, 2, []),
      range("floats", Tensor.float32, 0, 1, 0.3, [0, 0.3, 0.6, 0.9]),
      range("doubles", Tensor.float64, 1, 0, -0.5, [1, 0.5]),
      range("whole range", Tensor.int64, .min, .max, .max, [.min, -1, .max - 1]),
    ])
    checkError(range("delta", Tensor.int64, 0, 1, 0, []), contains: "delta")
  }
}
