import Tensors
import TestSupport
import Testing

@Suite struct BiasedGeluTests {
  @Test func contrib() {
    let (x, bias) = (Tensor.float32([3], [-1, 0, 2]), Tensor.float32([3], [1, 0, 1]))
    check([
      Case(
        "BiasGelu", "BiasGelu", domain: "com.microsoft", opset: 1, [x, bias], gives: [.float32([3], [0, 0, 2.9959502])]),
      Case(
        "FastGelu", "FastGelu", domain: "com.microsoft", opset: 1, [x, bias], gives: [.float32([3], [0, 0, 2.9963627])]),
      Case(
        "QuickGelu", "QuickGelu", domain: "com.microsoft", opset: 1, [x],
        gives: [.float32([3], [-0.15420422, 0, 1.9356587])]),
      Case(
        "SwiGLU", "SwiGLU", opset: 28, [.float32([2], [0, 2]), .float32([2], [5, 3])],
        gives: [.float32([2], [0, 5.284783])]),
    ])
  }
}
