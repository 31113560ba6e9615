import Tensors
import TestSupport
import Testing

@Suite struct GemmTests {
  @Test func forms() {
    let a = Tensor.ramp([2, 3])
    let b = Tensor.ramp([3, 2])
    let product: [Float] = [10, 13, 28, 40]
    func plus(_ c: [Float]) -> Tensor { .float32([2, 2], zip(product, c).map { $0 + $1 }) }
    check([
      Case("no C", "Gemm", [a, b], gives: [plus([0, 0, 0, 0])]),
      Case("C scalar", "Gemm", [a, b, .float32([], [1])], gives: [plus([1, 1, 1, 1])]),
      Case("C [N]", "Gemm", [a, b, .float32([2], [1, 2])], gives: [plus([1, 2, 1, 2])]),
      Case("C [M, 1]", "Gemm", [a, b, .float32([2, 1], [1, 2])], gives: [plus([1, 1, 2, 2])]),
      Case("C [1, N]", "Gemm", [a, b, .float32([1, 2], [1, 2])], gives: [plus([1, 2, 1, 2])]),
      Case("C [M, N]", "Gemm", [a, b, .ramp([2, 2])], gives: [plus([0, 1, 2, 3])]),
      Case("beta 0", "Gemm", [a, b, .ramp([2, 2])], [("beta", .float(0))], gives: [plus([0, 0, 0, 0])]),
      Case(
        "alpha and beta", "Gemm", [a, b, .ramp([2, 2])], [("alpha", .float(2)), ("beta", .float(0.5))],
        gives: [.float32([2, 2], [20, 26.5, 57, 81.5])]),
      Case(
        "transposed", "Gemm", [.float32([3, 2], [0, 3, 1, 4, 2, 5]), .float32([2, 3], [0, 2, 4, 1, 3, 5])],
        [("transA", .int(1)), ("transB", .int(1))], gives: [plus([0, 0, 0, 0])]),
      Case(
        "a factor no integer holds", "Gemm", [.int32([1, 1], [0]), .int32([1, 1], [3]), .int32([1], [4])],
        [("alpha", .float(1e30)), ("beta", .float(.nan))], gives: [.int32([1, 1], [0])]),
      Case(
        "float64", "Gemm", [.float64([1, 1], [2]), .float64([1, 1], [3]), .float64([1], [4])], [("alpha", .float(0.5))],
        gives: [.float64([1, 1], [7])]),
      Case(
        "activation", "FusedGemm", domain: "com.microsoft", opset: 1, [a, b, .float32([2], [-20, -20])],
        [("activation", .string("Relu"))], gives: [.float32([2, 2], [0, 0, 8, 20])]),
      Case(
        "activation of float16", "FusedGemm", domain: "com.microsoft", opset: 1,
        [.float16([1, 1], [2]), .float16([1, 1], [-3])], [("activation", .string("Relu"))],
        gives: [.float16([1, 1], [0])]),
      Case(
        "a leak by its own attribute", "FusedGemm", domain: "com.microsoft", opset: 1,
        [a, b, .float32([2], [-20, -20])], [("activation", .string("LeakyRelu")), ("activation_alpha", .float(0.5))],
        gives: [.float32([2, 2], [-5, -3.5, 8, 20])]),
    ])
  }

  @Test func errors() {
    checkError(
      Case("C", "Gemm", [.ramp([2, 3]), .ramp([3, 2]), .ramp([3])], gives: [.ramp([2, 2])]), contains: "[3]", "[2, 2]")
  }
}
