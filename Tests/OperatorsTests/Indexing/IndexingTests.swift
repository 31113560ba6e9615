import Tensors
import TestSupport
import Testing

@Suite struct IndexingTests {
  @Test func gather() {
    let x = Tensor.ramp([3, 2])
    check([
      Case("rows", "Gather", [x, .int64([2], [2, 0])], gives: [.float32([2, 2], [4, 5, 0, 1])]),
      Case(
        "columns", "Gather", [x, .int32([1, 2], [-1, 0])], [("axis", .int(1))],
        gives: [.float32([3, 1, 2], [1, 0, 3, 2, 5, 4])]),
      Case("a scalar index", "Gather", [x, .int64([], [1])], gives: [.float32([2], [2, 3])]),
      Case(
        "strings", "Gather", [.strings([2], ["a", "b"]), .int64([3], [1, 0, 1])],
        gives: [.strings([3], ["b", "a", "b"])]),
      Case("no indices", "Gather", [x, .int64([0], [])], gives: [.float32([0, 2], [])]),
      Case(
        "elements", "GatherElements", [x, .int64([2, 2], [0, 2, -1, 1])], gives: [.float32([2, 2], [0, 5, 4, 3])]),
      Case(
        "elements of rows", "GatherElements", [x, .int64([3, 1], [1, 0, 1])], [("axis", .int(1))],
        gives: [.float32([3, 1], [1, 2, 5])]),
      Case("tuples", "GatherND", [x, .int64([2, 2], [0, 1, -1, 0])], gives: [.float32([2], [1, 4])]),
      Case("slices", "GatherND", [x, .int64([2, 1], [2, 0])], gives: [.float32([2, 2], [4, 5, 0, 1])]),
      Case(
        "batches", "GatherND", [.ramp([2, 2, 2]), .int64([2, 1], [1, 0])], [("batch_dims", .int(1))],
        gives: [.float32([2, 2], [2, 3, 4, 5])]),
    ])
    checkError(Case("outside", "Gather", [x, .int64([1], [3])], gives: [x]), contains: "[3]", "got 3")
    checkError(Case("tuple outside", "GatherND", [x, .int64([1, 2], [0, -3])], gives: [x]), contains: "[3, 2]", "-3")
    checkError(
      Case("type", "Gather", [x, .float32([1], [0])], gives: [x]), contains: "input 1 may not be of type float32")
    check([
      Case(
        "wide elements", "GatherElements",
        [.int64([2, 2, 3], (0..<12).map { Int64($0) }), .int32([2, 1, 2], [1, -1, 0, -2])], [("axis", .int(1))],
        gives: [.int64([2, 1, 2], [3, 4, 6, 7])]),
      Case(
        "bytes", "GatherElements", [.uint8([1, 3], [7, 8, 9]), .int64([1, 4], [2, 0, -1, 1])], [("axis", .int(1))],
        gives: [.uint8([1, 4], [9, 7, 9, 8])]),
    ])
    for index in [Int64.min, -4, 3, Int64.max, 1 << 32] {
      checkError(
        Case("far outside", "GatherElements", [x, .int64([2, 1], [0, index])], gives: [x]), contains: "must be within")
      checkError(Case("far outside", "Gather", [x, .int64([2], [0, index])], gives: [x]), contains: "must be within")
    }
    checkError(
      Case("far outside", "Gather", [x, .int32([2], [0, .min])], gives: [x]), contains: "must be within")
    checkError(Case("rank", "GatherElements", [x, .int64([1], [0])], gives: [x]), contains: "[1]", "[3, 2]")
  }

  @Test func scatter() {
    let x = Tensor.float32([3, 2], [1, 1, 1, 1, 1, 1])
    let (indices, updates) = (Tensor.int64([2, 2], [0, 1, 0, -1]), Tensor.float32([2, 2], [2, 3, 4, 5]))
    check([
      Case(
        "the last one stays", "ScatterElements", [x, indices, updates], gives: [.float32([3, 2], [4, 1, 1, 3, 1, 5])]),
      Case(
        "added", "ScatterElements", [x, indices, updates], [("reduction", .string("add"))],
        gives: [.float32([3, 2], [7, 1, 1, 4, 1, 6])]),
      Case(
        "multiplied", "ScatterElements", [x, indices, updates], [("reduction", .string("mul"))],
        gives: [.float32([3, 2], [8, 1, 1, 3, 1, 5])]),
      Case(
        "greatest", "ScatterElements", [x, indices, updates], [("reduction", .string("max"))],
        gives: [.float32([3, 2], [4, 1, 1, 3, 1, 5])]),
      Case(
        "integers added", "ScatterElements",
        [.int64([1, 3], [1, 2, 3]), .int64([1, 3], [2, -1, 0]), .int64([1, 3], [10, 20, 30])],
        [("reduction", .string("add")), ("axis", .int(1))], gives: [.int64([1, 3], [31, 2, 33])]),
      Case("old name", "Scatter", opset: 9, [x, indices, updates], gives: [.float32([3, 2], [4, 1, 1, 3, 1, 5])]),
      Case(
        "along rows", "ScatterElements", [.int8([1, 3], [1, 2, 3]), .int32([1, 1], [1]), .int8([1, 1], [9])],
        [("axis", .int(1))], gives: [.int8([1, 3], [1, 9, 3])]),
      Case(
        "bytes added", "ScatterElements", [.uint8([2], [250, 1]), .int64([1], [0]), .uint8([1], [10])],
        [("reduction", .string("add"))], gives: [.uint8([2], [4, 1])]),
      Case(
        "slices", "ScatterND", [x, .int64([1, 1], [1]), .float32([1, 2], [7, 8])],
        gives: [.float32([3, 2], [1, 1, 7, 8, 1, 1])]),
      Case(
        "elements", "ScatterND", [x, .int64([2, 2], [0, 0, -1, -1]), .float32([2], [7, 8])],
        gives: [.float32([3, 2], [7, 1, 1, 1, 1, 8])]),
      Case(
        "slices added", "ScatterND", [x, .int64([2, 1], [1, 1]), .ramp([2, 2])], [("reduction", .string("add"))],
        gives: [.float32([3, 2], [1, 1, 3, 5, 1, 1])]),
      Case(
        "strings", "ScatterND", [.strings([2], ["a", "b"]), .int64([1, 1], [1]), .strings([1], ["c"])],
        gives: [.strings([2], ["a", "c"])]),
      Case(
        "least", "ScatterND", [.int64([2], [5, 5]), .int64([1, 1], [1]), .int64([1], [3])],
        [("reduction", .string("min"))], gives: [.int64([2], [5, 3])]),
    ])
    checkError(
      Case("outside", "ScatterElements", [x, .int64([1, 1], [-4]), .float32([1, 1], [0])], gives: [x]), contains: "[3]",
      "-4")
    checkError(
      Case("updates", "ScatterND", [x, .int64([1, 1], [1]), .float32([1], [7])], gives: [x]), contains: "[1]", "[3, 2]")
    checkError(
      Case(
        "reduction", "ScatterND", [x, .int64([1, 1], [1]), .ramp([1, 2])], [("reduction", .string("avg"))], gives: [x]),
      contains: "'avg'")
  }

  @Test func oneHot() {
    let values = Tensor.float32([2], [0, 1])
    check([
      Case(
        "last axis", "OneHot", [.int64([2], [1, -1]), .int64([], [3]), values],
        gives: [.float32([2, 3], [0, 1, 0, 0, 0, 1])]),
      Case(
        "first axis", "OneHot", [.int64([2], [1, 5]), .float32([1], [3]), .int32([2], [7, 8])], [("axis", .int(0))],
        gives: [.int32([3, 2], [7, 7, 8, 7, 7, 7])]),
      Case(
        "float indices", "OneHot", [.float32([1], [2]), .int64([1], [3]), .strings([2], ["n", "y"])],
        gives: [.strings([1, 3], ["n", "n", "y"])]),
    ])
    for depth in [Float.nan, .infinity, -1] {
      checkError(
        Case("depth", "OneHot", [.int64([1], [1]), .float32([], [depth]), values], gives: [values]),
        contains: "depth must be one number of 0 or more")
    }
  }

  @Test func dependsOnData() {
    let x = Tensor.float32([2, 2], [0, 1, .nan, -0.0])
    check([
      Case("non-zero", "NonZero", [x], gives: [.int64([2, 2], [0, 1, 1, 0])]),
      Case(
        "non-zero of short rows", "NonZero", [.int32([70, 2, 2], (0..<280).map { $0 % 70 == 69 ? 5 : 0 })],
        gives: [.int64([3, 4], [17, 34, 52, 69, 0, 1, 0, 1, 1, 1, 1, 1])]),
      Case(
        "non-zero of long rows", "NonZero", [.uint8([2, 200], (0..<400).map { $0 % 150 == 130 ? 1 : 0 })],
        gives: [.int64([2, 2], [0, 1, 130, 80])]),
      Case("non-zero scalar", "NonZero", [.float32([], [2])], gives: [.int64([1, 1], [0])]),
      Case("all zero", "NonZero", [.int8([3], [0, 0, 0])], gives: [.int64([1, 0], [])]),
      Case("bools", "NonZero", [.bool([3], [true, false, true])], gives: [.int64([1, 2], [0, 2])]),
      Case(
        "compress rows", "Compress", [.ramp([3, 2]), .bool([3], [false, true, true])], [("axis", .int(0))],
        gives: [.ramp([2, 2], from: 2)]),
      Case(
        "a short condition", "Compress", [.ramp([3, 2]), .bool([1], [true])], [("axis", .int(0))],
        gives: [.ramp([1, 2])]),
      Case(
        "compress all", "Compress", [.ramp([2, 2]), .bool([4], [false, true, false, true])],
        gives: [.float32([2], [1, 3])]),
      Case(
        "compress strings", "Compress", [.strings([2], ["a", "b"]), .bool([2], [false, true])],
        gives: [.strings([1], ["b"])]),
    ])
  }
}
