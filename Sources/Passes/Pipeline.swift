import GraphIR
import Operators
import Tensors

/// THE LIST: every pass with the level from which it runs, in order.
public final class Pipeline {
  @export(interface) public static let passes: [(pass: Pass, level: OptimizationLevel)] = [
    // Before small weights are folded to what they are dequantised to.
    (FuseQuantized.pass, .extended),
    (FoldConstants.pass, .basic),
    (FuseDequantizedProduct.pass, .extended),
    (FoldDequantize.pass, .all),
    (EliminateIdentity.pass, .basic),
    (ShareCommonNodes.pass, .basic),
    (FuseGelu.pass, .extended),
    (FuseSwish.pass, .extended),
    (FuseNormalization.pass, .extended),
    (FuseRotary.pass, .extended),
    (FuseAttention.pass, .extended),
    (SinkTransposes.pass, .extended),
    (FuseSkipNormalization.pass, .extended),
    (FuseBatchNormalization.pass, .extended),
    (FuseScaledProduct.pass, .extended),
    (FuseBias.pass, .extended),
    (FuseAddend.pass, .extended),
    (FuseActivation.pass, .extended),
  ]

  /// How often the list is walked at most: a fusion may make another one possible.
  private static let roundLimit = 4

  private let level: OptimizationLevel
  private let context: PassContext
  /// The graph that passes go over now, last, and the bodies that come after it.
  private var graphs: [Graph]
  private var round = 0
  /// The place in the list of the next pass.
  private var next = 0
  private var hasChanged = false

  @export(interface) public init(_ graph: Graph, level: OptimizationLevel, context: PassContext) {
    self.level = level
    self.context = context
    graphs = level > .none ? [graph] : []
  }

  /// Rewrites the graph, and the bodies in it, until no pass finds anything.
  @export(interface) public static func optimize(
    _ graph: Graph, level: OptimizationLevel, context: PassContext
  ) throws(RuntimeError) {
    let pipeline = Pipeline(graph, level: level, context: context)
    while try !pipeline.advance() {}
  }

  /// Applies the next pass; true when there is none left.
  @export(interface) public func advance() throws(RuntimeError) -> Bool {
    guard let graph = graphs.last else { return true }
    if round == 0, next == 0 {
      graph.removeUnread()
      // Passes look at inputs by their index.
      for node in graph.nodes {
        do throws(RuntimeError) { try Registry.checkArity(of: node) } catch { throw error.at(node.place) }
      }
    }
    let (pass, minimum) = Pipeline.passes[next]
    if minimum <= level {
      let patch = try pass.patch(graph, context)
      hasChanged = hasChanged || !patch.isEmpty
      graph.apply(patch)
    }
    next += 1
    if next == Pipeline.passes.count { endRound(graph) }
    return graphs.isEmpty
  }

  private func endRound(_ graph: Graph) {
    next = 0
    round += 1
    if hasChanged, round < Pipeline.roundLimit {
      hasChanged = false
      return
    }
    round = 0
    hasChanged = false
    graph.handDownConstants()
    graphs.removeLast()
    for node in graph.nodes { graphs += node.bodies.map { $0.graph } }
  }
}
