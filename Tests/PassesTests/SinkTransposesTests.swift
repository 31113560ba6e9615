import Apus
import TestSupport
import Testing

@testable import Passes

/// Transpositions that meet, and those that do not.
@Suite struct SinkTransposesTests {
  private let x = [("x", Tensor.mixed([2, 3, 4, 5]))]
  private let two = [("x", Tensor.mixed([2, 3, 4, 5])), ("z", Tensor.mixed([2, 3, 4, 5], seed: 2))]
  private let last: KeyValuePairs<String, AttributeProto.Value> = ["perm": .ints([0, 2, 3, 1])]
  private let first: KeyValuePairs<String, AttributeProto.Value> = ["perm": .ints([0, 3, 1, 2])]

  @Test func cancelled() {
    check(
      SinkTransposes.pass,
      [
        PassCase(
          "a pair", [node("a = Transpose(x)", last), node("b = Transpose(a)", first), node("y = Neg(b)")],
          becomes: "y = Neg(x)", feeds: x),
        PassCase(
          "a pair at the end", [node("a = Transpose(x)", last), node("y = Transpose(a)", first)],
          becomes: "y = Identity(x)", feeds: x),
        PassCase(
          "two become one", [node("a = Transpose(x)", last), node("y = Transpose(a)", last)],
          becomes: "y = Transpose(x) {perm: [0, 3, 1, 2]}", feeds: x),
        PassCase(
          "a pair whose first is read elsewhere",
          [
            node("a = Transpose(x)", last), node("b = Transpose(a)", first), node("y = Neg(b)"), node("w = Softmax(a)"),
          ],
          ["y", "w"], becomes: "a = Transpose(x) {perm: [0, 2, 3, 1]}\ny = Neg(x)\nw = Softmax(a)", feeds: x),
      ])
  }

  @Test func elementwise() {
    check(
      SinkTransposes.pass,
      [
        PassCase(
          "behind a chain", constants: ["s": .float32([], [2]), "t": .float32([1, 1], [3])],
          [
            node("a = Transpose(x)", last), node("b = Relu(a)"), node("c = Mul(b, s)"), node("d = Sub(t, c)"),
            node("e = Transpose(d)", first), node("y = Softmax(e)"),
          ],
          becomes: """
            b/transposed = Relu(x)
            c/transposed = Mul(b/transposed, s)
            d/transposed = Sub(t, c/transposed)
            y = Softmax(d/transposed)
            """, feeds: x),
        PassCase(
          "a vector along the last axis", constants: ["bias": .float32([3], [1, 2, 3])],
          [node("a = Transpose(x)", last), node("b = Add(a, bias)"), node("y = Transpose(b)", first)],
          becomes: "b/transposed = Add(x, bias/transposed)\ny = Identity(b/transposed)", feeds: x),
        PassCase(
          "a vector along another axis", constants: ["bias": .float32([4, 1, 1], [1, 2, 3, 4])],
          [node("a = Transpose(x)", last), node("b = Add(a, bias)"), node("y = Transpose(b)", first)],
          becomes: "b/transposed = Add(x, bias/transposed)\ny = Identity(b/transposed)", feeds: x),
        PassCase(
          "a residual connection", ["x", "z"],
          [
            node("a = Transpose(x)", last), node("r = Relu(a)"), node("b = Transpose(r)", first),
            node("c = Neg(b)"), node("d = Transpose(c)", last), node("s = Add(r, d)"),
            node("e = Transpose(s)", first), node("y = Add(e, z)"),
          ],
          becomes: """
            r/transposed = Relu(x)
            c = Neg(r/transposed)
            s/transposed = Add(r/transposed, c)
            y = Add(s/transposed, z)
            """, feeds: two),
        PassCase(
          "two that become one", ["x", "z"],
          [node("a = Transpose(x)", last), node("b = Transpose(z)", last), node("y = Add(a, b)")],
          becomes: "y/transposed = Add(x, z)\ny = Transpose(y/transposed) {perm: [0, 2, 3, 1]}", feeds: two),
        PassCase(
          "a concatenation", ["x", "z"],
          [
            node("a = Transpose(x)", last), node("b = Transpose(z)", last),
            node("c = Concat(a, b)", ["axis": .int(-1)]), node("y = Transpose(c)", first),
          ],
          becomes: "c/transposed = Concat(x, z) {axis: 1}\ny = Identity(c/transposed)", feeds: two),
      ])
  }

  @Test func whatStays() {
    check(
      SinkTransposes.pass,
      [
        PassCase(
          "no other to meet", ["x", "z"],
          [
            node("a = Transpose(x)", last), node("b = Relu(a)"), node("y = Softmax(b)"), node("w = Transpose(z)", last),
          ],
          ["y", "w"], becomes: nil, feeds: two),
        PassCase(
          "a node that mixes elements",
          [node("a = Transpose(x)", last), node("b = Softmax(a)"), node("y = Transpose(b)", first)], becomes: nil,
          feeds: x),
        PassCase(
          "another reader as it is",
          [
            node("a = Transpose(x)", last), node("b = Relu(a)"), node("y = Transpose(b)", first),
            node("w = Softmax(a)"),
          ], ["y", "w"], becomes: nil, feeds: x),
        PassCase(
          "an output",
          [node("a = Transpose(x)", last), node("b = Relu(a)"), node("y = Transpose(b)", first)], ["y", "a"],
          becomes: nil, feeds: x),
        PassCase(
          "orders that differ", ["x", "z"],
          [
            node("a = Transpose(x)", last), node("b = Transpose(z)", first),
            node("c = Concat(a, b)", ["axis": .int(0)]),
            node("y = Transpose(c)", first),
          ], becomes: nil,
          feeds: [("x", .mixed([2, 3, 3, 3])), ("z", .mixed([2, 3, 3, 3], seed: 2))]),
        PassCase(
          "an operand of unknown shape", ["x", "z"],
          [node("a = Transpose(x)", last), node("b = Mul(a, z)"), node("y = Transpose(b)", first)], becomes: nil,
          feeds: [x[0], ("z", .mixed([3]))]),
        PassCase(
          "a constant of higher rank", constants: ["one": .float32([1, 1, 1, 1, 1], [2])],
          [
            node("a = Transpose(x)", last), node("b = Mul(a, one)"),
            node("y = Transpose(b)", ["perm": .ints([0, 1, 4, 2, 3])]),
          ],
          becomes: nil, feeds: x),
        PassCase(
          "a constant with two dims", constants: ["table": .mixed([5, 3])],
          [node("a = Transpose(x)", last), node("b = Mul(a, table)"), node("y = Transpose(b)", first)], becomes: nil,
          feeds: x),
        PassCase(
          "an order that is not said", [node("a = Transpose(x)"), node("b = Relu(a)"), node("y = Transpose(b)")],
          becomes: nil, feeds: x),
        PassCase(
          "an axis before opset 7", constants: ["bias": .float32([3], [1, 2, 3])], opset: 6,
          [
            node("a = Transpose(x)", last), node("b = Add(a, bias)", ["axis": .int(3), "broadcast": .int(1)]),
            node("y = Transpose(b)", first),
          ], becomes: nil, feeds: x),
      ])
  }
}
