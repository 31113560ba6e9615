import GraphIR
import Tensors

/// Which values between a model's inputs and outputs keep their names through optimisation, so that runs may ask for
/// them. Nothing is fused across such a value.
public enum Intermediates {
  case none
  /// Every value that a node computes.
  case all
  /// These; an initialiser among them stays in memory also where it is packed.
  case named([Name])

  public mutating func add(_ name: Name) {
    switch self {
    case .none: self = .named([name])
    case .all: break
    case .named(let names): self = .named(names + [name])
    }
  }

  func values(of graph: Graph) throws(RuntimeError) -> [ValueID] {
    switch self {
    case .none: return []
    case .all: return graph.nodes.flatMap { $0.outputs }.filter { $0 >= 0 }
    case .named(let names):
      var values: [ValueID] = []
      for name in names {
        guard let value = graph.values.firstIndex(where: { $0.name == name }) else {
          throw RuntimeError(.invalidArgument, "the model has no value %s", name: name)
        }
        values.append(value)
      }
      return values
    }
  }
}

extension Program {
  /// The value of the graph that a run may be asked for by `name`.
  func fetchable(_ name: Name) throws(RuntimeError) -> ValueID {
    var isNamed = false
    for (id, info) in graph.values.enumerated() where info.name == name {
      isNamed = true
      if case .tensor = constants[id] { return id }
      let isComputed = graph.nodes.contains { $0.outputs.contains(id) }
      if isComputed || graph.inputs.contains(id) { return id }
    }
    if isNamed {
      throw RuntimeError(
        .invalidArgument,
        "value %s did not outlast optimisation: the session option 'intermediates' keeps the values that it names",
        name: name)
    }
    throw RuntimeError(.invalidArgument, "the model has no output %s", name: name)
  }
}
