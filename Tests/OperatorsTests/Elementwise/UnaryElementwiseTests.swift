import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct UnaryElementwiseTests {
  /// Each function against Foundation's in double precision, in every float type.
  @Test func functions() {
    let table: [(String, (Double) -> Double, [Double])] = [
      ("Abs", { abs($0) }, [-2, 0, 3]), ("Acos", acos, [-1, 0, 0.5]), ("Acosh", acosh, [1, 2, 10]),
      ("Asin", asin, [-1, 0, 0.5]), ("Asinh", asinh, [-2, 0, 3]), ("Atan", atan, [-2, 0, 3]),
      ("Atanh", atanh, [-0.5, 0, 0.9]), ("Ceil", ceil, [-1.5, 0.2, 3]), ("Cos", cos, [-2, 0, 3]),
      ("Cosh", cosh, [-2, 0, 3]), ("Erf", erf, [-2, 0, 0.3]), ("Exp", exp, [-2, 0, 3]),
      ("Floor", floor, [-1.5, 0.2, 3]),
      ("Log", log, [0.5, 1, 10]), ("Neg", { -$0 }, [-2, 0, 3]), ("Reciprocal", { 1 / $0 }, [-2, 0.5, 3]),
      ("Round", { $0.rounded(.toNearestOrEven) }, [-1.5, 0.5, 2.5, 2.6]),
      ("Sign", { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }, [-2, 0, 3]),
      ("Sin", sin, [-2, 0, 3]), ("Sinh", sinh, [-2, 0, 3]), ("Sqrt", sqrt, [0, 2, 9]), ("Tan", tan, [-1, 0, 1]),
      ("Tanh", tanh, [-2, 0, 3]), ("Sigmoid", { 1 / (1 + exp(-$0)) }, [-2, 0, 3]),
      ("Softplus", { log(1 + exp($0)) }, [-2, 0, 3]), ("Softsign", { $0 / (1 + abs($0)) }, [-2, 0, 3]),
      ("Relu", { max($0, 0) }, [-2, 0, 3]), ("HardSwish", { $0 * min(max($0 / 6 + 0.5, 0), 1) }, [-4, -1, 0, 2, 5]),
      ("Mish", { $0 * tanh(log(1 + exp($0))) }, [-2, 0, 3]), ("Elu", { $0 < 0 ? exp($0) - 1 : $0 }, [-2, 0, 3]),
      ("Celu", { $0 < 0 ? exp($0) - 1 : $0 }, [-2, 0, 3]),
      ("Selu", { 1.0507009873554805 * ($0 < 0 ? 1.6732632423543772 * (exp($0) - 1) : $0) }, [-2, 0, 3]),
      ("LeakyRelu", { $0 < 0 ? 0.01 * $0 : $0 }, [-2, 0, 3]),
      ("HardSigmoid", { min(max(0.2 * $0 + 0.5, 0), 1) }, [-4, 0, 1]),
      ("ThresholdedRelu", { $0 > 1 ? $0 : 0 }, [-2, 1, 3]),
      ("Shrink", { $0 < -0.5 ? $0 : $0 > 0.5 ? $0 : 0 }, [-2, 0.2, 3]),
      ("Gelu", { 0.5 * $0 * (1 + erf($0 / 2.0.squareRoot())) }, [-2, 0, 3]),
    ]
    for (op, function, points) in table {
      // Longer than a vector, with a rest.
      let values = (0..<4).flatMap { _ in points } + [points[0]]
      let results = values.map(function)
      let dims = [values.count]
      let floats = values.map(Float.init)
      check([
        Case(op, op, [.float32(dims, floats)], gives: [.float32(dims, floats.map { Float(function(Double($0))) })]),
        Case(
          "\(op) double", op, [.float64(dims, values)], gives: [.float64(dims, results)], relative: 1e-6, absolute: 1e-8
        ),
        Case(
          "\(op) half", op, [.float16(dims, floats)],
          gives: [.float16(dims, floats.map { Float(function(Double(Half.widen(Half.narrow($0))))) })], relative: 1e-3),
      ])
    }
  }

  @Test func parameters() {
    let x = Tensor.float32([3], [-2, 0.5, 3])
    check([
      Case("LeakyRelu", "LeakyRelu", [x], [("alpha", .float(0.5))], gives: [.float32([3], [-1, 0.5, 3])]),
      Case(
        "HardSigmoid", "HardSigmoid", [x], [("alpha", .float(0.5)), ("beta", .float(0.25))],
        gives: [.float32([3], [0, 0.5, 1])]),
      Case("Elu", "Elu", [x], [("alpha", .float(2))], gives: [.float32([3], [-1.7293295, 0.5, 3])]),
      Case("Celu", "Celu", [x], [("alpha", .float(2))], gives: [.float32([3], [-1.2642411, 0.5, 3])]),
      Case("ThresholdedRelu", "ThresholdedRelu", [x], [("alpha", .float(0.5))], gives: [.float32([3], [0, 0, 3])]),
      Case(
        "Shrink", "Shrink", [x], [("lambd", .float(1)), ("bias", .float(0.5))], gives: [.float32([3], [-1.5, 0, 2.5])]),
      Case(
        "Shrink of integers", "Shrink", [.int8([3], [-2, 1, 3])], [("lambd", .float(1)), ("bias", .float(1))],
        gives: [.int8([3], [-1, 0, 2])]),
      Case("Swish", "Swish", opset: 24, [x], gives: [.float32([3], [-0.23840584, 0.31122967, 2.8577224])]),
      Case(
        "Gelu by tanh", "Gelu", [.float32([1], [1])], [("approximate", .string("tanh"))],
        gives: [.float32([1], [0.841192])]),
    ])
    checkError(
      Case("Gelu", "Gelu", [x], [("approximate", .string("sinh"))], gives: [x]), contains: "none or tanh", "'sinh'")
  }

  @Test func integersAndBools() {
    check([
      Case("Abs", "Abs", [.int8([3], [-128, -1, 5])], gives: [.int8([3], [-128, 1, 5])]),
      Case("Neg", "Neg", [.int64([2], [.min, 7])], gives: [.int64([2], [.min, -7])]),
      Case("Sign", "Sign", [.int32([3], [-9, 0, 9])], gives: [.int32([3], [-1, 0, 1])]),
      Case("Relu", "Relu", [.int8([2], [-3, 3])], gives: [.int8([2], [0, 3])]),
      Case("Not", "Not", [.bool([3], [true, false, true])], gives: [.bool([3], [false, true, false])]),
      Case(
        "long Not", "Not", [.bool([1003], (0..<1003).map { $0 * 31 % 7 < 3 })],
        gives: [.bool([1003], (0..<1003).map { $0 * 31 % 7 >= 3 })]),
      Case("BitwiseNot", "BitwiseNot", [.uint8([2], [0, 240])], gives: [.uint8([2], [255, 15])]),
      Case("IsNaN", "IsNaN", [.float32([3], [.nan, 1, .infinity])], gives: [.bool([3], [true, false, false])]),
      Case("IsNaN half", "IsNaN", [.float16([2], [.nan, 1])], gives: [.bool([2], [true, false])]),
      Case(
        "IsInf", "IsInf", [.float64([3], [.nan, -.infinity, .infinity])], gives: [.bool([3], [false, true, true])]),
      Case(
        "only negative", "IsInf", [.float32([3], [1, -.infinity, .infinity])], [("detect_positive", .int(0))],
        gives: [.bool([3], [false, true, false])]),
      Case("scalar", "Exp", [.float32([], [0])], gives: [.float32([], [1])]),
      Case("empty", "Exp", [.float32([0], [])], gives: [.float32([0], [])]),
    ])
    checkError(Case("type", "Exp", [.int32([1], [1])], gives: [.int32([1], [1])]), contains: "int32")
  }
}
