import Apus
import Tensors
import TestSupport
import Testing

@Suite struct RandomTests {
  private func run(
    _ op: String, _ attributes: [(String, AttributeProto.Value)], _ inputs: [Tensor] = [], opset: Int = 22
  ) throws -> [Double] {
    var graph = GraphProto()
    var node = NodeProto()
    node.opType = Name(text: op)
    node.attributes = attributes.map { AttributeProto(Name(text: $0.0), $0.1) }
    node.outputs = ["y"]
    for (i, input) in inputs.enumerated() {
      node.inputs.append(Name(text: "x\(i)"))
      graph.initializers.append(TensorRecord(name: Name(text: "x\(i)"), input))
    }
    graph.nodes = [node]
    graph.outputs = [ValueInfoProto(name: "y", type: .none)]
    let session = try Session(model: model(graph, opset: opset))
    let first = try session.run([])[0].1.tensor!.doubles
    #expect(try session.run([])[0].1.tensor!.doubles != first, "\(op) answers the same twice")
    return first
  }

  @Test func distributions() throws {
    let shape: (String, AttributeProto.Value) = ("shape", .ints([10_000]))
    let uniform = try run("RandomUniform", [shape, ("low", .float(2)), ("high", .float(4))])
    #expect(uniform.allSatisfy { $0 >= 2 && $0 <= 4 })
    #expect(abs(uniform.reduce(0, +) / 10_000 - 3) < 0.05)
    let normal = try run("RandomNormal", [shape, ("mean", .float(1)), ("scale", .float(3)), ("seed", .float(7))])
    let mean = normal.reduce(0, +) / 10_000
    #expect(abs(mean - 1) < 0.15)
    #expect(abs(normal.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 10_000 - 9) < 0.5)
    #expect(try run("RandomNormal", [shape, ("mean", .float(1)), ("scale", .float(3)), ("seed", .float(7))]) == normal)
    let coins = try run("Bernoulli", [], [.float32([10_000], [Float](repeating: 0.25, count: 10_000))])
    #expect(abs(coins.reduce(0, +) / 10_000 - 0.25) < 0.03)
    #expect(coins.allSatisfy { $0 == 0 || $0 == 1 })
  }

  @Test func multinomial() throws {
    // e^0 : e^log 3, twice as often asked of the second row's only likely class.
    let odds = Tensor.float32([2, 2], [0, 1.0986123, -100, 0])
    let drawn = try run("Multinomial", [("sample_size", .int(10_000)), ("dtype", .int(7))], [odds])
    #expect(abs(drawn[..<10_000].reduce(0, +) / 10_000 - 0.75) < 0.03)
    #expect(drawn[10_000...].allSatisfy { $0 == 1 })
    checkError(
      Case("type", "Multinomial", [odds], [("dtype", .int(1))], gives: [odds]), contains: "dtype must be 6 or 7, got 1")
    checkError(Case("classes", "Multinomial", [.float32([1, 0], [])], gives: [odds]), contains: "a class to draw")
  }

  @Test func dropout() throws {
    check([
      Case(
        "inference", "Dropout", [.ramp([3]), .float32([], [0.9])], gives: [.ramp([3]), .bool([3], [true, true, true])]),
      Case("before opset 12", "Dropout", opset: 7, [.ramp([3])], [("ratio", .float(0.9))], gives: [.ramp([3])]),
    ])
    let kept = try run(
      "Dropout", [],
      [.float32([10_000], [Float](repeating: 3, count: 10_000)), .float32([], [0.25]), .bool([], [true])])
    #expect(kept.allSatisfy { $0 == 0 || abs($0 - 4) < 1e-5 })
    #expect(abs(kept.reduce(0, +) / 10_000 - 3) < 0.1)
  }
}
