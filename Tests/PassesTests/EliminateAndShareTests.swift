import Apus
import TestSupport
import Testing

@testable import Passes

@Suite struct EliminateAndShareTests {
  private let x = [("x", Tensor.mixed([2, 3]))]

  @Test func identities() {
    let body = graph([], [node("t = Identity(i)"), node("u = Neg(t)")], ["u"])
    check(
      EliminateIdentity.pass,
      [
        PassCase(
          "in between", [node("i = Identity(x)"), node("j = Identity(i)"), node("y = Neg(j)")], becomes: "y = Neg(x)",
          feeds: x),
        PassCase("an output", [node("y = Identity(x)")], becomes: nil, feeds: x),
        PassCase("Dropout", [node("i = Dropout(x)", ["seed": .int(1)]), node("y = Neg(i)")], becomes: "y = Neg(x)"),
        PassCase(
          "Dropout with a ratio", constants: ["r": .float32([], [0.5])],
          [node("i = Dropout(x, r)"), node("y = Neg(i)")], becomes: "y = Neg(x)"),
        PassCase(
          "Dropout that may train", ["x", "r", "t: bool"], [node("i = Dropout(x, r, t)"), node("y = Neg(i)")],
          becomes: nil),
        PassCase("Dropout with a mask", [node("i, m = Dropout(x)"), node("y = Neg(i)")], ["y", "m"], becomes: nil),
        PassCase("Dropout of old", opset: 6, [node("i = Dropout(x)"), node("y = Neg(i)")], becomes: nil),
        PassCase(
          "captured", ["x", "c: bool"],
          [node("i = Identity(x)"), node("y = If(c)", ["then_branch": .graph(body), "else_branch": .graph(body)])],
          becomes: """
            y = If(c)
              then_branch():
                t = Identity(i)
                u = Neg(t)
                -> u
              else_branch():
                t = Identity(i)
                u = Neg(t)
                -> u
            """, feeds: x + [("c", .bool([], [true]))]),
      ])
  }

  @Test func common() {
    check(
      ShareCommonNodes.pass,
      [
        PassCase(
          "twins", [node("a = Neg(x)"), node("b = Neg(x)"), node("y = Add(a, b)")],
          becomes: "a = Neg(x)\ny = Add(a, a)", feeds: x),
        PassCase(
          "a chain",
          [node("a = Neg(x)"), node("b = Abs(a)"), node("c = Neg(x)"), node("d = Abs(c)"), node("y = Add(b, d)")],
          becomes: "a = Neg(x)\nb = Abs(a)\ny = Add(b, b)", feeds: x),
        PassCase(
          "equal small constants", constants: ["i": .int64([1], [0]), "j": .int64([1], [0])],
          [node("s = Gather(x, i)"), node("t = Gather(x, j)"), node("y = Add(s, t)")],
          becomes: "s = Gather(x, i)\ny = Add(s, s)", feeds: x),
        PassCase(
          "constants of other shapes", constants: ["i": .int64([1], [0]), "j": .int64([], [0])],
          [node("s = Gather(x, i)"), node("t = Gather(x, j)"), node("y = Add(s, t)")], becomes: nil, feeds: x),
        PassCase(
          "other attributes",
          [
            node("a = Softmax(x)", ["axis": .int(0)]), node("b = Softmax(x)", ["axis": .int(1)]), node("y = Add(a, b)"),
          ], becomes: nil, feeds: x),
        PassCase(
          "other inputs", ["x", "z"], [node("a = Sub(x, z)"), node("b = Sub(z, x)"), node("y = Add(a, b)")],
          becomes: nil, feeds: x + [("z", .mixed([2, 3]))]),
        PassCase(
          "two outputs of the graph", [node("y = Neg(x)"), node("z = Neg(x)")], ["y", "z"], becomes: nil, feeds: x),
        PassCase(
          "the second is an output", [node("a = Neg(x)"), node("b = Abs(a)"), node("y = Neg(x)")], ["b", "y"],
          becomes: nil, feeds: x),
        PassCase(
          "more outputs",
          [
            node("a, i = MaxPool(x)", ["kernel_shape": .ints([1])]),
            node("b = MaxPool(x)", ["kernel_shape": .ints([1])]), node("y = Add(a, b)"), node("z = Neg(i)"),
          ], ["y", "z"], becomes: nil),
        PassCase(
          "not implemented", [node("a = NoSuchOp(x)"), node("b = NoSuchOp(x)"), node("y = Add(a, b)")], becomes: nil),
      ])
  }
}
