import GraphIR
import Kernels
import Operators
import Tensors

/// A rewrite of graphs: looks at one and answers a patch.
///
/// `name` is what tools print. A pass that cannot be sure leaves the graph as it is.
public struct Pass: Sendable {
  public let name: StaticString
  let patch: @Sendable (Graph, PassContext) throws(RuntimeError) -> Patch

  init(_ name: StaticString, _ patch: @escaping @Sendable (Graph, PassContext) throws(RuntimeError) -> Patch) {
    self.name = name
    self.patch = patch
  }
}

/// What passes have at hand besides the graph.
public struct PassContext {
  public let allocator: Allocator

  public init(allocator: Allocator) { self.allocator = allocator }
}

/// How much a session optimises.
public enum OptimizationLevel: Int, Sendable, Comparable {
  /// Nodes run as they are written.
  case none = 0
  /// Constants are folded, nodes without effect are dropped, and nodes that compute the same are one.
  case basic = 1
  /// Nodes are fused into bigger ones.
  case extended = 2
  /// Weights take the form that they are computed with.
  case all = 3

  public static func < (a: OptimizationLevel, b: OptimizationLevel) -> Bool { a.rawValue < b.rawValue }
}
