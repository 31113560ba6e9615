import Apus
import TestSupport
import Testing

@testable import Passes

/// Rotary embeddings as exporters write them out.
@Suite struct FuseRotaryTests {
  private let constants: KeyValuePairs<String, Tensor> = [
    "zero": .int64([1], [0]), "half": .int64([1], [4]), "end": .int64([1], [Int64.max]), "last": .int64([1], [3]),
    "eight": .int64([1], [8]), "one": .int64([1], [1]), "back": .int64([1], [-1]), "halves": .int64([2], [4, 4]),
  ]
  private let angles = [node("c = Cos(a)"), node("s = Sin(a)")]
  private let slices = [
    node("f = Slice(x, zero, half, last, one)"), node("g = Slice(x, half, end, last, one)"), node("n = Neg(g)"),
    node("r = Concat(n, f)", ["axis": .int(-1)]),
  ]
  private let sum = [node("p = Mul(x, c)"), node("q = Mul(r, s)"), node("y = Add(p, q)")]
  private let feeds: [(String, Tensor)] = [("x", .mixed([2, 3, 5, 8])), ("a", .mixed([2, 1, 5, 8]))]
  private let fused = "c = Cos(a)\ns = Sin(a)\ny = apus.RotateHalf(x, c, s) {split: 4, axis: 3}"

  private func written(_ name: String, _ nodes: [NodeProto], _ outputs: [String] = ["y"], becomes: String?) -> PassCase
  {
    PassCase(name, ["x", "a"], constants: constants, angles + nodes, outputs, becomes: becomes, feeds: feeds)
  }

  @Test func rotations() {
    check(
      FuseRotary.pass,
      [
        written("slices", slices + sum, becomes: fused),
        written(
          "turned", slices + [node("p = Mul(c, x)"), node("q = Mul(s, r)"), node("y = Add(q, p)")], becomes: fused),
        written(
          "halves",
          [
            node("f, g = Split(x, halves)", ["axis": .int(-1)]), node("n = Neg(g)"),
            node("r = Concat(n, f)", ["axis": .int(-1)]),
          ] + sum, becomes: "c = Cos(a)\ns = Sin(a)\ny = apus.RotateHalf(x, c, s) {split: 4, axis: -1}"),
      ])
  }

  @Test func whatIsNot() {
    check(
      FuseRotary.pass,
      [
        written("the turned half read elsewhere", slices + sum, ["y", "r"], becomes: nil),
        written(
          "the other half negated",
          [slices[0], slices[1], node("n = Neg(f)"), node("r = Concat(g, n)", ["axis": .int(-1)])] + sum, becomes: nil),
        written(
          "an end that may come too soon",
          [slices[0], node("g = Slice(x, half, eight, last, one)")] + slices[2...] + sum, becomes: nil),
        written(
          "another value", slices + [node("z = Abs(x)"), node("p = Mul(z, c)"), sum[1], sum[2]], becomes: nil),
        PassCase(
          "angles that may be whole numbers", ["x", "c", "s"], constants: constants, slices + sum, becomes: nil,
          feeds: [("x", .mixed([2, 3, 5, 8])), ("c", .mixed([5, 8])), ("s", .mixed([5, 8]))]),
      ])
  }
}
