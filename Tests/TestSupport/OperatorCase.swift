import Apus
import Dispatch
import Testing

/// One call of one operator and what it must answer. A table of these is an operator's test.
public struct Case {
  public let name: String
  public let op: String
  public var domain = ""
  public var opset = 22
  /// nil is an input left out.
  public let inputs: [Tensor?]
  public var attributes: [(String, AttributeProto.Value)]
  /// What must come out; nil is an output that nobody asks for.
  public let outputs: [Tensor?]
  /// A value may differ by `absolute + relative * |expected|`.
  public var relative: Double
  public var absolute: Double

  public init(
    _ name: String, _ op: String, domain: String = "", opset: Int = 22, _ inputs: [Tensor?],
    _ attributes: [(String, AttributeProto.Value)] = [], gives outputs: [Tensor?], relative: Double = 1e-5,
    absolute: Double = 1e-6
  ) {
    self.name = name
    self.op = op
    self.domain = domain
    self.opset = opset
    self.inputs = inputs
    self.attributes = attributes
    self.outputs = outputs
    self.relative = relative
    self.absolute = absolute
  }
}

/// The ways each case is run: they must agree.
private struct Mode {
  let name: String
  let level: OptimizationLevel
  let hasConstantInputs: Bool
  let isThreaded: Bool
}

private let modes = [
  Mode(name: "plain", level: .none, hasConstantInputs: false, isThreaded: false),
  Mode(name: "optimised", level: .all, hasConstantInputs: false, isThreaded: false),
  Mode(name: "threaded", level: .none, hasConstantInputs: false, isThreaded: true),
  Mode(name: "constant", level: .none, hasConstantInputs: true, isThreaded: false),
  Mode(name: "constant first input fed", level: .all, hasConstantInputs: true, isThreaded: false),
]

/// Two threads, whatever the machine has.
public let threads = Platform(
  threadCount: 2,
  loop: { count, task, context in
    nonisolated(unsafe) let context = context
    DispatchQueue.concurrentPerform(iterations: 2) { slot in
      for index in stride(from: slot, to: count, by: 2) { task(context, index, slot) }
    }
  })

/// Runs every case in every mode, and every mode twice on one session: plans and arenas are used again.
public func check(_ cases: [Case], sourceLocation: SourceLocation = #_sourceLocation) {
  for test in cases {
    for mode in modes {
      do {
        let keepsFirst = mode.name == "constant first input fed"
        let (model, feeds) = singleNodeModel(test, constantInputs: mode.hasConstantInputs, butFirst: keepsFirst)
        var options = Session.Options()
        options.optimization = mode.level
        let session = try Session(model: model, options: options, platform: mode.isThreaded ? threads : .serial)
        for (i, expected) in test.outputs.compactMap({ $0 }).enumerated() {
          if let type = session.elementType(ofOutput: i), type != expected.type {
            Issue.record(
              "\(test.name), \(mode.name): output \(i) is said to be \(type)", sourceLocation: sourceLocation)
          }
        }
        for _ in 0..<2 {
          let results = try session.run(feeds)
          compare(results.map { $0.1 }, test, mode.name, sourceLocation)
        }
      } catch {
        Issue.record("\(test.name), \(mode.name): \(error)", sourceLocation: sourceLocation)
      }
    }
  }
}

/// Runs the case and expects an error whose message contains every one of `parts`.
public func checkError(_ test: Case, contains parts: String..., sourceLocation: SourceLocation = #_sourceLocation) {
  for level in [OptimizationLevel.none, .all] {
    do {
      let (model, feeds) = singleNodeModel(test, constantInputs: false, butFirst: false)
      var options = Session.Options()
      options.optimization = level
      let session = try Session(model: model, options: options)
      _ = try session.run(feeds)
      Issue.record("\(test.name): no error", sourceLocation: sourceLocation)
    } catch {
      let message = "\(error)"
      for part in parts where !message.contains(part) {
        Issue.record("\(test.name): '\(message)' does not contain '\(part)'", sourceLocation: sourceLocation)
      }
    }
  }
}

/// A model of one node, and what to feed it.
func singleNodeModel(_ test: Case, constantInputs: Bool, butFirst: Bool) -> (ModelProto, [(Name, Value)]) {
  var graph = GraphProto()
  graph.name = "test"
  var node = NodeProto()
  node.name = "tested"
  node.opType = Name(text: test.op)
  node.domain = Name(text: test.domain)
  node.attributes = test.attributes.map { AttributeProto(Name(text: $0.0), $0.1) }
  var feeds: [(Name, Value)] = []
  for (i, input) in test.inputs.enumerated() {
    let name = Name(text: "input\(i)")
    guard let input else {
      node.inputs.append(Name())
      continue
    }
    node.inputs.append(name)
    if constantInputs, !(butFirst && i == 0) {
      graph.initializers.append(TensorRecord(name: name, input))
    } else {
      graph.inputs.append(
        ValueInfoProto(name: name, type: .tensor(elementType: Int32(input.type.rawValue), shape: nil)))
      feeds.append((name, .tensor(input)))
    }
  }
  for (i, output) in test.outputs.enumerated() {
    let name = Name(text: "output\(i)")
    node.outputs.append(output == nil ? Name() : name)
    if output != nil { graph.outputs.append(ValueInfoProto(name: name, type: .none)) }
  }
  graph.nodes = [node]
  return (model(graph, opset: test.opset, domain: test.domain), feeds)
}

/// A model around a graph.
public func model(_ graph: GraphProto, opset: Int = 22, domain: String = "") -> ModelProto {
  var model = ModelProto()
  model.irVersion = 10
  model.opsetImports = [OpsetImport(domain: Name(), version: domain.isEmpty ? Int64(opset) : 22)]
  if !domain.isEmpty { model.opsetImports.append(OpsetImport(domain: Name(text: domain), version: Int64(opset))) }
  model.graph = graph
  return model
}

private func compare(_ values: [Value], _ test: Case, _ mode: String, _ sourceLocation: SourceLocation) {
  for (value, expected) in zip(values, test.outputs.compactMap { $0 }) {
    let label = "\(test.name), \(mode)"
    guard let tensor = value.tensor else {
      Issue.record("\(label): no tensor", sourceLocation: sourceLocation)
      continue
    }
    if let difference = difference(tensor, expected, relative: test.relative, absolute: test.absolute) {
      Issue.record("\(label): \(difference)", sourceLocation: sourceLocation)
    }
  }
}

/// What tells two tensors apart, in words; nil where they agree.
public func difference(
  _ tensor: Tensor, _ expected: Tensor, relative: Double = 1e-5, absolute: Double = 1e-6
) -> String? {
  if tensor.type != expected.type { return "type \(tensor.type) instead of \(expected.type)" }
  if tensor.shape != expected.shape { return "shape \(tensor.shape.dims) instead of \(expected.shape.dims)" }
  if tensor.type == .string {
    return tensor.storage.strings == expected.storage.strings
      ? nil : "\(tensor.storage.strings.map(\.text)) instead of \(expected.storage.strings.map(\.text))"
  }
  let isExact = !tensor.type.isFloat
  for (i, (got, want)) in zip(tensor.doubles, expected.doubles).enumerated() {
    if got == want || (got.isNaN && want.isNaN) { continue }
    if !isExact, abs(got - want) <= absolute + relative * abs(want) { continue }
    return "element \(i) is \(got) instead of \(want)"
  }
  return nil
}
