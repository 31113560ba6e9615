import Apus
import TestSupport
import Testing

@testable import Passes

/// The graph that is left after one pass, or after all, as text.
func printed(
  _ graph: GraphProto, opset: Int = 22, after pass: Pass?
) throws(RuntimeError) -> String {
  var proto = model(graph, opset: opset)
  proto.opsetImports.append(OpsetImport(domain: "com.microsoft", version: 1))
  let graph = try proto.imported().graph
  let context = PassContext(allocator: testAllocator)
  if let pass {
    graph.apply(try pass.patch(graph, context))
  } else {
    try Pipeline.optimize(graph, level: .all, context: context)
  }
  return graph.printed
}

/// A graph, what a pass must make of it, and what it is fed: plain and optimised runs must agree.
struct PassCase {
  let name: String
  let graph: GraphProto
  var opset = 22
  /// The nodes after the pass without the outputs' line; nil where it must change nothing.
  let becomes: String?
  var feeds: [(String, Tensor)] = []

  init(
    _ name: String, _ inputs: [String], constants: KeyValuePairs<String, Tensor> = [:], opset: Int = 22,
    _ nodes: [NodeProto], _ outputs: [String] = ["y"], becomes: String?, feeds: [(String, Tensor)] = []
  ) {
    self.name = name
    graph = TestSupport.graph(inputs, constants: constants, nodes, outputs)
    self.opset = opset
    self.becomes = becomes
    self.feeds = feeds
  }

  /// A graph of one input, `x`.
  init(
    _ name: String, constants: KeyValuePairs<String, Tensor> = [:], opset: Int = 22, _ nodes: [NodeProto],
    _ outputs: [String] = ["y"], becomes: String?, feeds: [(String, Tensor)] = []
  ) {
    self.init(name, ["x"], constants: constants, opset: opset, nodes, outputs, becomes: becomes, feeds: feeds)
  }
}

/// Applies one pass to each graph, or all, and compares a plain with an optimised run where there is something to feed.
func check(_ pass: Pass?, _ cases: [PassCase], sourceLocation: SourceLocation = #_sourceLocation) {
  for test in cases {
    do {
      let before = try model(test.graph, opset: test.opset).imported().graph.printed
      let after = try printed(test.graph, opset: test.opset, after: pass)
      let outputs = before.split(separator: "\n").last!
      let expected = test.becomes.map { $0.isEmpty ? "\(outputs)" : "\($0)\n\(outputs)" } ?? before
      #expect(after == expected, "\(test.name)", sourceLocation: sourceLocation)
      if !test.feeds.isEmpty { try checkRuns(test, sourceLocation) }
    } catch {
      Issue.record("\(test.name): \(error)", sourceLocation: sourceLocation)
    }
  }
}

/// The same after all passes.
func checkAll(_ cases: [PassCase], sourceLocation: SourceLocation = #_sourceLocation) {
  check(nil, cases, sourceLocation: sourceLocation)
}

func checkRuns(_ test: PassCase, _ sourceLocation: SourceLocation = #_sourceLocation) throws {
  let feeds = test.feeds.map { (Name(text: $0.0), Value.tensor($0.1)) }
  let plain = try Session(model(test.graph, opset: test.opset), .none).run(feeds)
  let optimised = try Session(model(test.graph, opset: test.opset), .all).run(feeds)
  for (a, b) in zip(plain, optimised) {
    let problem = difference(b.1.tensor!, a.1.tensor!, relative: 1e-5, absolute: 1e-5)
    if let problem { Issue.record("\(test.name), \(a.0.text): \(problem)", sourceLocation: sourceLocation) }
  }
}

extension Tensor {
  /// float32 values between 0.5 and 1.5 without a pattern.
  static func positive(_ dims: [Int], seed: Int = 1) -> Tensor {
    float32(dims, mixed(dims, seed: seed).doubles.map { Float(1 + $0 / 2) })
  }
}
