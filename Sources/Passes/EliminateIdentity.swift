import GraphIR
import Tensors

/// Drops nodes that answer their input: Identity, and Dropout in inference.
enum EliminateIdentity {
  static let pass = Pass("eliminate identity") { graph, _ in
    var patch = Patch()
    let isOutput = graph.outputMask()
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      let isIdentity =
        node.opType == "Identity"
        || node.opType == "Dropout" && node.opset >= 7 && node.inputs.count < 3
          && node.outputs.dropFirst().allSatisfy { $0 < 0 }
      guard isIdentity, let input = node.inputs.first, input >= 0, let output = node.outputs.first, output >= 0 else {
        continue
      }
      // A graph's output keeps its own value, so that its name stays.
      guard !isOutput[output] else { continue }
      patch.remove(index)
      patch.substitute(output, by: input)
    }
    return patch
  }
}
