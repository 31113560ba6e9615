import GraphIR
import Operators
import Tensors

/// THE LIST: every pass with the level from which it runs, in order.
public enum Pipeline {
  public static let passes: [(pass: Pass, level: OptimizationLevel)] = [
    (FoldConstants.pass, .basic),
    (FoldDequantize.pass, .basic),
    (EliminateIdentity.pass, .basic),
    (ShareCommonNodes.pass, .basic),
    (FuseGelu.pass, .extended),
    (FuseSwish.pass, .extended),
    (FuseNormalization.pass, .extended),
    (FuseBatchNormalization.pass, .extended),
    (FuseBias.pass, .extended),
    (FuseAddend.pass, .extended),
    (FuseActivation.pass, .extended),
  ]

  /// How often the list is walked at most: a fusion may make another one possible.
  private static let roundLimit = 4

  /// Rewrites the graph, and the bodies in it, until no pass finds anything.
  public static func optimize(
    _ graph: Graph, level: OptimizationLevel, context: PassContext
  ) throws(RuntimeError) {
    graph.removeUnread()
    // Passes look at inputs by their index.
    for node in graph.nodes {
      do throws(RuntimeError) { try Registry.checkArity(of: node) } catch { throw error.at(node.place) }
    }
    for round in 0..<roundLimit {
      var hasChanged = false
      for (pass, minimum) in passes where minimum <= level {
        let patch = try pass.patch(graph, context)
        hasChanged = hasChanged || !patch.isEmpty
        graph.apply(patch)
      }
      if !hasChanged || round == roundLimit - 1 { break }
    }
    graph.handDownConstants()
    for node in graph.nodes {
      for body in node.bodies { try optimize(body.graph, level: level, context: context) }
    }
  }
}
