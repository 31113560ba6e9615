import Apus
import Tensors
import TestSupport
import Testing

@Suite struct ArgExtremeTests {
  @Test func cases() {
    let x = Tensor.float32([2, 3], [3, 1, 3, -1, 5, -1])
    let keep: [(String, AttributeProto.Value)] = [("axis", .int(1))]
    check([
      Case("first", "ArgMax", [x], keep, gives: [.int64([2, 1], [0, 1])]),
      Case("last", "ArgMax", [x], keep + [("select_last_index", .int(1))], gives: [.int64([2, 1], [2, 1])]),
      Case("least", "ArgMin", [x], keep, gives: [.int64([2, 1], [1, 0])]),
      Case("least, last", "ArgMin", [x], keep + [("select_last_index", .int(1))], gives: [.int64([2, 1], [1, 2])]),
      Case("outer axis", "ArgMax", [x], gives: [.int64([1, 3], [0, 1, 0])]),
      Case("dims go", "ArgMin", [x], [("axis", .int(-2)), ("keepdims", .int(0))], gives: [.int64([3], [1, 0, 1])]),
      Case("bytes", "ArgMax", [.uint8([3], [1, 255, 2])], gives: [.int64([1], [1])]),
      Case("unsigned", "ArgMax", [.uint64([2], [1, .max])], gives: [.int64([1], [1])]),
      Case("half", "ArgMax", [.float16([3], [-2, -1, -3])], gives: [.int64([1], [1])]),
      Case("long", "ArgMax", [.float32([300], (0..<300).map { Float(($0 * 7) % 300) })], gives: [.int64([1], [257])]),
    ])
    let odd = Tensor.float32([2, 5], [1, .nan, 3, .nan, -.infinity, .nan, 2, 2, -0.0, 0])
    check([
      Case("NaN is the greatest", "ArgMax", [odd], keep, gives: [.int64([2, 1], [1, 0])]),
      Case(
        "the last NaN", "ArgMax", [odd], keep + [("select_last_index", .int(1))], gives: [.int64([2, 1], [3, 0])]),
      Case("NaN is not the least", "ArgMin", [odd], keep, gives: [.int64([2, 1], [4, 3])]),
      Case(
        "zeros are equal", "ArgMin", [odd], keep + [("select_last_index", .int(1))],
        gives: [.int64([2, 1], [4, 4])]),
      Case(
        "NaN comes first", "TopK", [odd, .int64([1], [3])],
        gives: [nil, .int64([2, 3], [1, 3, 2, 0, 1, 2])]),
      Case(
        "NaN comes last", "TopK", [odd, .int64([1], [4])], [("largest", .int(0))],
        gives: [nil, .int64([2, 4], [4, 0, 2, 1, 3, 4, 1, 2])]),
    ])
    checkError(
      Case("empty", "ArgMax", [.float32([0], [])], gives: [.int64([1], [0])]), contains: "must not be 0")
  }

  @Test func topK() {
    let x = Tensor.float32([2, 4], [3, 1, 3, 2, -1, 5, -1, 0])
    let (k, two) = (Tensor.int64([1], [3]), Tensor.int64([1], [2]))
    check([
      Case(
        "greatest", "TopK", [x, k],
        gives: [.float32([2, 3], [3, 3, 2, 5, 0, -1]), .int64([2, 3], [0, 2, 3, 1, 3, 0])]),
      Case(
        "least", "TopK", [x, two], [("largest", .int(0))],
        gives: [.float32([2, 2], [1, 2, -1, -1]), .int64([2, 2], [1, 3, 0, 2])]),
      Case(
        "outer axis", "TopK", [x, .int64([1], [1])], [("axis", .int(0))],
        gives: [.float32([1, 4], [3, 5, 3, 2]), .int64([1, 4], [0, 1, 0, 0])]),
      Case("values alone", "TopK", [x, two], gives: [.float32([2, 2], [3, 3, 5, 0])]),
      Case("positions alone", "TopK", [x, two], gives: [nil, .int64([2, 2], [0, 2, 1, 3])]),
      Case("none", "TopK", [x, .int64([1], [0])], gives: [.float32([2, 0], []), .int64([2, 0], [])]),
      Case(
        "attribute", "TopK", opset: 1, [x], [("k", .int(1))],
        gives: [.float32([2, 1], [3, 5]), .int64([2, 1], [0, 1])]),
      Case(
        "integers", "TopK", [.int64([3], [1, .max, .min]), two], gives: [.int64([2], [.max, 1]), .int64([2], [1, 0])]),
      Case(
        "long", "TopK", [.int32([500], (0..<500).map { Int32(($0 * 37) % 500) }), k],
        gives: [.int32([3], [499, 498, 497]), .int64([3], [27, 54, 81])]),
    ])
    checkError(Case("too many", "TopK", [x, .int64([1], [5])], gives: [x, x]), contains: "0...4", "5")
  }

  @Test func cumulative() {
    let halves = (0..<600).map { (i: Int) -> Float in Float(i % 300 + 1) / 2 }
    let numbers = (0..<300).map { (i: Int) -> Int32 in Int32(i) }
    let behind = numbers.map { (i: Int32) -> Int32 in (299 * 300 - i * (i + 1)) / 2 }
    let x = Tensor.float64([2, 3], [1, 2, 3, 4, 5, 6])
    let (rows, columns) = (Tensor.int32([], [0]), Tensor.int64([], [1]))
    check([
      Case("sum", "CumSum", [x, columns], gives: [.float64([2, 3], [1, 3, 6, 4, 9, 15])]),
      Case("down", "CumSum", [x, rows], gives: [.float64([2, 3], [1, 2, 3, 5, 7, 9])]),
      Case(
        "exclusive", "CumSum", [x, columns], [("exclusive", .int(1))], gives: [.float64([2, 3], [0, 1, 3, 0, 4, 9])]),
      Case(
        "reverse", "CumSum", [x, columns], [("reverse", .int(1))], gives: [.float64([2, 3], [6, 5, 3, 15, 11, 6])]),
      Case(
        "both", "CumSum", [x, columns], [("reverse", .int(1)), ("exclusive", .int(1))],
        gives: [.float64([2, 3], [5, 3, 0, 11, 6, 0])]),
      Case(
        "product", "CumProd", opset: 26, [.int32([3], [2, 3, 4]), .int64([], [0])], gives: [.int32([3], [2, 6, 24])]),
      Case(
        "long", "CumSum", [.float32([2, 300], [Float](repeating: 0.5, count: 600)), columns],
        gives: [.float32([2, 300], halves)]),
      Case(
        "long, from the end", "CumSum", [.int32([300], numbers), rows],
        [("reverse", .int(1)), ("exclusive", .int(1))],
        gives: [.int32([300], behind)]),
      Case(
        "float down", "CumSum", [.float32([2, 3], [1, 2, 3, 4, 5, 6]), rows],
        gives: [.float32([2, 3], [1, 2, 3, 5, 7, 9])]),
      Case(
        "float up", "CumSum", [.float32([2, 3], [1, 2, 3, 4, 5, 6]), rows],
        [("reverse", .int(1)), ("exclusive", .int(1))],
        gives: [.float32([2, 3], [4, 5, 6, 0, 0, 0])]),
      Case("float", "CumSum", [.float32([3], [1, 2, 3]), .int64([1], [-1])], gives: [.float32([3], [1, 3, 6])]),
    ])
  }
}
