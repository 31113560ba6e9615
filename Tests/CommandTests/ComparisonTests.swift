import Tensors
import Testing

@testable import Command

@Suite struct ComparisonTests {
  // Tensors are read only here.
  struct Case: CustomTestStringConvertible, @unchecked Sendable {
    let testDescription: String
    let actual: Tensor
    let expected: Tensor
    var tolerance = Tolerance()
    /// The mismatch, or nil where the two count as equal.
    let mismatch: String?
  }

  static let cases = [
    Case(testDescription: "equal", actual: .floats([2], [1, 2]), expected: .floats([2], [1, 2]), mismatch: nil),
    Case(testDescription: "close", actual: .floats([1], [1000.9]), expected: .floats([1], [1000]), mismatch: nil),
    Case(
      testDescription: "not close", actual: .floats([2, 2], [1, 2, 3, 4.5]), expected: .floats([2, 2], [1, 2, 3, 4]),
      mismatch: "1 of 4 elements differ, first at [1, 1]: 4.5, expected 4 (difference 0.5, largest 0.5)"),
    Case(
      testDescription: "tolerances are the caller's", actual: .floats([1], [1.5]), expected: .floats([1], [1]),
      tolerance: Tolerance(relative: 0, absolute: 0.5), mismatch: nil),
    Case(
      testDescription: "the relative one is of the expected", actual: .floats([1], [2]), expected: .floats([1], [1]),
      tolerance: Tolerance(relative: 0.9, absolute: 0),
      mismatch: "1 of 1 elements differ, first at [0]: 2, expected 1 (difference 1, largest 1)"),
    Case(
      testDescription: "only shapes", actual: .floats([2], [1, 2]), expected: .floats([2], [3, 4]),
      tolerance: Tolerance(isOfShapes: true), mismatch: nil),
    Case(
      testDescription: "shapes differ", actual: .floats([2], [1, 2]), expected: .floats([1, 2], [1, 2]),
      tolerance: Tolerance(isOfShapes: true), mismatch: "is float32 [2], float32 [1, 2] is expected"),
    Case(
      testDescription: "NaN equals NaN", actual: .floats([2], [.nan, .infinity]),
      expected: .floats([2], [.nan, .infinity]),
      mismatch: nil),
    Case(
      testDescription: "NaN is no number", actual: .floats([1], [.nan]), expected: .floats([1], [1]),
      mismatch: "1 of 1 elements differ, first at [0]: nan, expected 1 (difference nan, largest 0)"),
    Case(
      testDescription: "infinities have signs", actual: .floats([1], [.infinity]), expected: .floats([1], [-.infinity]),
      mismatch: "1 of 1 elements differ, first at [0]: inf, expected -inf (difference inf, largest 0)"),
    Case(
      testDescription: "a large number is not infinite", actual: .floats([1], [3e38]),
      expected: .floats([1], [.infinity]),
      mismatch: "1 of 1 elements differ, first at [0]: 3e+38, expected inf (difference inf, largest 0)"),
    Case(
      testDescription: "shape", actual: .floats([2], [1, 2]), expected: .floats([1, 2], [1, 2]),
      mismatch: "is float32 [2], float32 [1, 2] is expected"),
    Case(
      testDescription: "type", actual: .floats([1], [1]), expected: Tensor(.int32, [1], [1] as [Int32]),
      mismatch: "is float32 [1], int32 [1] is expected"),
    Case(
      testDescription: "integers are exact", actual: Tensor(.int64, [1], [Int64.max - 1]),
      expected: Tensor(.int64, [1], [Int64.max]),
      mismatch:
        "1 of 1 elements differ, first at [0]: 9223372036854775806, expected 9223372036854775807"
        + " (difference 0, largest 0)"
    ),
    Case(
      testDescription: "bytes are exact", actual: Tensor(.uint8, [2], [1, 200] as [UInt8]),
      expected: Tensor(.uint8, [2], [1, 201] as [UInt8]),
      mismatch: "1 of 2 elements differ, first at [1]: 200, expected 201 (difference 1, largest 1)"),
    Case(
      testDescription: "halves are numbers", actual: Tensor(.float16, [1], [0x3c00] as [UInt16]),
      expected: Tensor(.float16, [1], [0x3c00] as [UInt16]), mismatch: nil),
    Case(
      testDescription: "imaginary parts", actual: Tensor(.complex64, [1], [1, 2] as [Float]),
      expected: Tensor(.complex64, [1], [1, 3] as [Float]),
      mismatch: "1 of 1 elements differ, first at [0]: 1+2i, expected 1+3i (difference 0, largest 1)"),
    Case(
      testDescription: "strings", actual: Tensor(shape: [2], strings: ["a", "b"]),
      expected: Tensor(shape: [2], strings: ["a", "c"]),
      mismatch: "1 of 2 elements differ, first at [1]: 'b', expected 'c'"),
    Case(
      testDescription: "over the maximum, within", actual: .floats([2], [100, 0.9]), expected: .floats([2], [100, 0]),
      tolerance: Tolerance(overMaximum: 0.01), mismatch: nil),
    Case(
      testDescription: "over the maximum, beyond", actual: .floats([2], [100, 2]), expected: .floats([2], [100, 0]),
      tolerance: Tolerance(overMaximum: 0.01),
      mismatch: "differs by 2 at most, 0.02 of the largest number expected"),
    Case(
      testDescription: "over the maximum, NaN", actual: .floats([2], [100, .nan]), expected: .floats([2], [100, 0]),
      tolerance: Tolerance(overMaximum: 0.01),
      mismatch: "1 of 2 elements differ, first at [1]: nan, expected 0 (difference nan, largest 0)"),
  ]

  @Test(arguments: cases) func finds(_ item: Case) {
    let comparison = Comparison(.tensor(item.actual), .tensor(item.expected), item.tolerance)
    #expect(comparison.mismatch.map { String(decoding: $0, as: UTF8.self) } == item.mismatch)
  }

  @Test func looksIntoSequencesAndMaps() {
    let one = Value.tensor(.floats([1], [1]))
    let two = Value.tensor(.floats([1], [2]))
    func sequence(_ elements: Value...) -> Value { .sequence(Value.Sequence(elements)) }
    func map(_ value: Float) -> Value {
      .map(Value.Map(keys: Tensor(.int64, [1], [1 as Int64]), values: .floats([1], [value])))
    }
    let cases: [(Value, Value, String?)] = [
      (sequence(one, two), sequence(one, two), nil), (.none, .none, nil), (map(1), map(1), nil),
      (sequence(one), sequence(one, two), "has 1 elements, 2 are expected"),
      (
        sequence(one, one), sequence(one, two),
        "element 1: 1 of 1 elements differ, first at [0]: 1, expected 2 (difference 1, largest 1)"
      ),
      (map(1), map(2), "1 of 1 elements differ, first at [0]: 1, expected 2 (difference 1, largest 1)"),
      (one, .none, "is a tensor, none is expected"), (sequence(), map(1), "is a sequence, a map is expected"),
    ]
    for (actual, expected, mismatch) in cases {
      let found = Comparison(actual, expected, Tolerance()).mismatch
      #expect(found.map { String(decoding: $0, as: UTF8.self) } == mismatch)
    }
  }

  /// The values of the small floats, from the tables of their definition.
  @Test func knowsSmallFloats() {
    let cases: [(ElementType, UInt8, Double)] = [
      (.float8e4m3fn, 0x7e, 448), (.float8e4m3fn, 0x7f, .nan), (.float8e4m3fn, 0x01, 0x1p-9), (.float8e4m3fn, 0xb8, -1),
      (.float8e4m3fnuz, 0x80, .nan), (.float8e4m3fnuz, 0x7f, 240), (.float8e4m3fnuz, 0x01, 0x1p-10),
      (.float8e5m2, 0x7b, 57344), (.float8e5m2, 0x7c, .infinity), (.float8e5m2, 0x7f, .nan),
      (.float8e5m2, 0x01, 0x1p-16),
      (.float8e5m2fnuz, 0x7f, 57344), (.float8e5m2fnuz, 0x80, .nan), (.float8e5m2fnuz, 0x01, 0x1p-17),
      (.float8e8m0, 127, 1), (.float8e8m0, 0, 0x1p-127), (.float8e8m0, 255, .nan),
      (.float4e2m1, 1, 0.5), (.float4e2m1, 7, 6), (.float4e2m1, 0xa, -1), (.float4e2m1, 2, 1),
      (.float6e2m3, 0x1f, 7.5), (.float6e2m3, 0x24, -0.5), (.float6e3m2, 0x1f, 28), (.float6e3m2, 0x21, -0.0625),
      (.int4, 0x8, -8), (.uint4, 0xf, 15), (.int2, 3, -1), (.uint2, 3, 3),
    ]
    for (type, bits, value) in cases {
      let number = Tensor(type, [1], [bits]).number(0)
      #expect(number == value || number.isNaN && value.isNaN, "\(type) \(bits)")
    }
  }
}
