import Apus
import TestSupport
import Testing

@Suite struct FlexAttentionTests {
  private let q = Tensor.float32([1, 2, 1, 2], [1, 0, 0, 2])
  private let k = Tensor.float32([1, 1, 2, 2], [1, 0, 0, 1])
  private let v = Tensor.float32([1, 1, 2, 1], [1, 5])

  private func proto(_ attributes: KeyValuePairs<String, AttributeProto.Value>, _ type: String = "float32")
    -> ModelProto
  {
    var proto = model(
      graph(
        ["q: \(type)", "k: \(type)", "v: \(type)"],
        constants: ["far": .float32([], [-100]), "first": .int64([1], [0])],
        [node("y = ai.onnx.preview.FlexAttention(q, k, v)", attributes)], ["y"]), opset: 26)
    proto.opsetImports.append(OpsetImport(domain: "ai.onnx.preview", version: 1))
    return proto
  }

  /// Two heads share one of keys; e^(score) decides between the values 1 and 5.
  @Test func sharedHeads() {
    func expected(_ difference: Double) -> Float { Float(1 + 4 / (1 + Double.exp(-difference))) }
    check(
      "scaled", proto(["scale": .float(0.5)]), ["q": q, "k": k, "v": v],
      gives: [.float32([1, 2, 1, 1], [expected(-0.5), expected(1)])])
    let root = 1 / 2.0.squareRoot()
    check(
      "by its size", proto([:]), ["q": q, "k": k, "v": v],
      gives: [.float32([1, 2, 1, 1], [expected(-root), expected(2 * root)])])
  }

  @Test func modifiers() {
    // The first key is put out of sight by a value of the graph around, weights are doubled by one of their own.
    let mask = graph(
      ["s"], constants: ["hidden": .float32([1, 1, 1, 2], [1, 0])],
      [node("b = Mul(hidden, far)"), node("t = Add(s, b)")], ["t"])
    let double = graph(["p"], [node("r = Add(p, p)")], ["r"])
    check(
      "both", proto(["score_mod": .graph(mask), "prob_mod": .graph(double)]), ["q": q, "k": k, "v": v],
      gives: [.float32([1, 2, 1, 1], [10, 10])])
  }

  @Test func types() {
    let expected = Tensor.float64([1, 1, 1, 1], [3])
    check(
      "float64", proto(["scale": .float(0)], "float64"),
      [
        "q": .float64([1, 1, 1, 1], [7]), "k": .float64([1, 1, 2, 1], [1, 2]), "v": .float64([1, 1, 2, 1], [1, 5]),
      ],
      gives: [expected])
    check(
      "float16", proto(["scale": .float(0)], "float16"),
      [
        "q": .float16([1, 1, 1, 1], [7]), "k": .float16([1, 1, 2, 1], [1, 2]), "v": .float16([1, 1, 2, 1], [1, 5]),
      ],
      gives: [.float16([1, 1, 1, 1], [3])])
  }

  @Test func errors() {
    #expect(
      message { () throws(RuntimeError) in _ = try Session(proto(["softmax_precision": .int(7)]), .all) }
        .contains("softmax_precision must be"))
    let two = graph(["a", "b"], [node("t = Add(a, b)")], ["t"])
    #expect(
      message { () throws(RuntimeError) in _ = try Session(proto(["score_mod": .graph(two)]), .all) }
        .contains("must have 1 input and 1 output, got 2"))
  }
}

extension Double {
  fileprivate static func exp(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for i in 1..<60 {
      term *= x / Double(i)
      sum += term
    }
    return sum
  }
}
