import GraphIR
import Kernels
import Tensors

/// Trees that were read from the attributes of a node, checked, in the form that the kernel walks.
///
/// Indices are within bounds, features are known not to be negative, and no path comes back to a node it has left.
final class TreeStorage {
  private let nodeMemory: Storage
  private let rootMemory: Storage
  private let weightMemory: Storage
  private let memberMemory: Storage
  private let rootCount: Int
  private let isPlain: Bool
  /// The features that a row must have.
  let features: Int

  init(
    nodes: [Forest.Node], roots: [Int32], weights: [Forest.Weight], members: [Double], allocator: Allocator
  ) throws(RuntimeError) {
    try TreeStorage.checkPaths(nodes, roots)
    var nodes = nodes
    isPlain = TreeStorage.makePlain(&nodes)
    nodeMemory = try TreeStorage.copied(nodes, allocator)
    rootMemory = try TreeStorage.copied(roots, allocator)
    weightMemory = try TreeStorage.copied(weights, allocator)
    memberMemory = try TreeStorage.copied(members, allocator)
    rootCount = roots.count
    features = nodes.reduce(0) { $1.mode == .leaf ? $0 : max($0, Int($1.feature) + 1) }
  }

  /// Writes what is below a number as at most the number before, and leads leaves to themselves; true where the forest is
  /// plain then.
  private static func makePlain(_ nodes: inout [Forest.Node]) -> Bool {
    var isPlain = true
    for i in nodes.indices {
      if nodes[i].mode == .less, nodes[i].value > -.infinity {
        nodes[i].mode = .lessOrEqual
        nodes[i].value = nodes[i].value.nextDown
      }
      if nodes[i].mode == .leaf {
        nodes[i].yes = Int32(i)
        nodes[i].no = Int32(i)
      } else if nodes[i].mode != .lessOrEqual || nodes[i].passesMissing {
        isPlain = false
      }
    }
    return isPlain
  }

  private static func copied<T: BitwiseCopyable>(_ list: [T], _ allocator: Allocator) throws(RuntimeError) -> Storage {
    let byteCount = list.count * MemoryLayout<T>.stride
    let storage = try allocator.allocate(byteCount: byteCount)
    list.withUnsafeBytes { if byteCount > 0 { storage.base.copyMemory(from: $0.baseAddress!, byteCount: byteCount) } }
    return storage
  }

  /// Throws where a path from a root comes back to a node that it came from. Nodes may be shared.
  private static func checkPaths(_ nodes: [Forest.Node], _ roots: [Int32]) throws(RuntimeError) {
    // 0: not seen; 1, 2: being left by the first or second branch; 3: done.
    var states = [UInt8](repeating: 0, count: nodes.count)
    var path: [Int32] = []
    for root in roots where states[Int(root)] == 0 {
      path.append(root)
      while let last = path.last {
        let node = nodes[Int(last)]
        let state = states[Int(last)]
        if node.mode == .leaf || state >= 2 {
          states[Int(last)] = 3
          path.removeLast()
          continue
        }
        states[Int(last)] = state + 1
        let next = state == 0 ? node.yes : node.no
        switch states[Int(next)] {
        case 0: path.append(next)
        case 3: break
        default: throw RuntimeError(.invalidGraph, "a tree must not come back to its node %d", Int(next))
        }
      }
    }
  }

  func forest(targets: Int, aggregate: Forest.Aggregate, isDouble: Bool) -> Forest {
    Forest(
      nodes: nodeMemory.base.assumingMemoryBound(to: Forest.Node.self),
      roots: rootMemory.base.assumingMemoryBound(to: Int32.self), rootCount: rootCount,
      weights: weightMemory.base.assumingMemoryBound(to: Forest.Weight.self),
      members: memberMemory.base.assumingMemoryBound(to: Double.self), targets: targets, aggregate: aggregate,
      isPlain: isPlain, isDouble: isDouble)
  }
}

/// Reads the attributes of the tree operators.
struct TreeReader {
  let site: Site

  /// Numbers given as floats, or as a tensor of float32 or float64.
  func numbers(_ floats: StaticString, _ tensor: StaticString) throws(RuntimeError) -> [Double] {
    if let given = try site.floats(floats), !given.isEmpty { return given.map { Double($0) } }
    return try numbers(tensor) ?? []
  }

  /// The elements of a float tensor.
  func numbers(_ name: StaticString) throws(RuntimeError) -> [Double]? {
    guard let tensor = try site.tensor(name) else { return nil }
    switch tensor.type {
    case .float32: return tensor.elements(Float.self).map { Double($0) }
    case .float64: return Array(tensor.elements(Double.self))
    default:
      throw RuntimeError(.notImplemented, "numbers of %t are not implemented", Int(tensor.type.rawValue))
    }
  }

  /// Ints of a list that must have `count` of them.
  func ints(_ name: StaticString, count: Int) throws(RuntimeError) -> [Int] {
    let list = try site.ints(name) ?? []
    guard list.count == count else {
      throw RuntimeError(
        .invalidGraph, "attribute %s must have %d elements, got %d", name: Name(name), count, list.count)
    }
    return list
  }

  /// `value` as an index below `count`.
  static func index(_ value: Int, below count: Int) throws(RuntimeError) -> Int32 {
    guard value >= 0, value < min(count, Int(Int32.max)) else {
      throw RuntimeError(.invalidGraph, "an index in a tree must be below %d, got %d", count, value)
    }
    return Int32(value)
  }

  /// Trees of ai.onnx.ml before version 5: nodes are named by a tree and a number in it, and so are the weights of
  /// leaves, whose attributes begin with `prefix` ("target" or "class").
  func named(
    weightIDs: (tree: StaticString, node: StaticString, target: StaticString), weights: StaticString,
    weightTensor: StaticString, targets: Int
  ) throws(RuntimeError) -> TreeStorage {
    let trees = try site.ints("nodes_treeids") ?? []
    let count = trees.count
    guard count < Int(Int32.max) else { throw RuntimeError(.invalidGraph, "too many nodes, %d", count) }
    let ids = try ints("nodes_nodeids", count: count)
    let features = try ints("nodes_featureids", count: count)
    let (yes, no) = (try ints("nodes_truenodeids", count: count), try ints("nodes_falsenodeids", count: count))
    let missing = try site.ints("nodes_missing_value_tracks_true") ?? []
    let values = try numbers("nodes_values", "nodes_values_as_tensor")
    let modes = try site.strings("nodes_modes") ?? []
    guard modes.count == count, values.count == count, missing.isEmpty || missing.count == count else {
      throw RuntimeError(
        .invalidGraph, "%d nodes must have as many modes and values, got %d and %d", count, modes.count, values.count)
    }
    let order = try TreeNames(trees, ids)
    var nodes = [Forest.Node](repeating: Forest.Node(), count: count)
    var hasParent = [Bool](repeating: false, count: count)
    for i in 0..<count {
      nodes[i].mode = try TreeReader.mode(modes[i])
      guard nodes[i].mode != .leaf else { continue }
      nodes[i].value = values[i]
      nodes[i].feature = try TreeReader.index(features[i], below: Int(Int32.max))
      nodes[i].passesMissing = !missing.isEmpty && missing[i] != 0
      nodes[i].yes = try order.index(trees[i], yes[i])
      nodes[i].no = try order.index(trees[i], no[i])
      hasParent[Int(nodes[i].yes)] = true
      hasParent[Int(nodes[i].no)] = true
    }
    let roots = (0..<count).filter { !hasParent[$0] }.map { Int32($0) }
    let rooted = ascending(roots.map { trees[Int($0)] })
    for (a, b) in zip(rooted, rooted.dropFirst()) where a == b {
      throw RuntimeError(.invalidGraph, "tree %d must have one root", a)
    }
    guard count == 0 || !roots.isEmpty else {
      throw RuntimeError(.invalidGraph, "a tree must not come back to its root")
    }

    let list = try numbers(weights, weightTensor)
    let weightTrees = try ints(weightIDs.tree, count: list.count)
    let weightNodes = try ints(weightIDs.node, count: list.count)
    let weightTargets = try ints(weightIDs.target, count: list.count)
    // The weights of each leaf side by side, in the order they were given.
    var owners: [Int32] = []
    for i in 0..<list.count {
      let leaf = try order.index(weightTrees[i], weightNodes[i])
      if nodes[Int(leaf)].mode == .leaf { nodes[Int(leaf)].count += 1 }
      owners.append(leaf)
    }
    var next: Int32 = 0
    for i in 0..<count where nodes[i].mode == .leaf {
      nodes[i].first = next
      next += nodes[i].count
      nodes[i].count = 0
    }
    var placed = [Forest.Weight](repeating: Forest.Weight(target: 0, value: 0), count: Int(next))
    for i in 0..<list.count where nodes[Int(owners[i])].mode == .leaf {
      let leaf = Int(owners[i])
      let target = try TreeReader.index(weightTargets[i], below: targets)
      placed[Int(nodes[leaf].first + nodes[leaf].count)] = Forest.Weight(target: target, value: list[i])
      nodes[leaf].count += 1
    }
    return try TreeStorage(nodes: nodes, roots: roots, weights: placed, members: [], allocator: site.allocator)
  }

  private static func mode(_ name: Name) throws(RuntimeError) -> Forest.Mode {
    switch name {
    case _ where name == "BRANCH_LEQ": return .lessOrEqual
    case _ where name == "BRANCH_LT": return .less
    case _ where name == "BRANCH_GTE": return .greaterOrEqual
    case _ where name == "BRANCH_GT": return .greater
    case _ where name == "BRANCH_EQ": return .equal
    case _ where name == "BRANCH_NEQ": return .notEqual
    case _ where name == "LEAF": return .leaf
    default: throw RuntimeError(.invalidGraph, "node mode %s is not known", name: name)
    }
  }

  /// The trees of version 5: branches are indices of nodes, or of leaves where a flag says so.
  func indexed(targets: Int) throws(RuntimeError) -> TreeStorage {
    let features = try site.ints("nodes_featureids") ?? []
    let count = features.count
    let splits = try site.required("nodes_splits", try numbers("nodes_splits"))
    let modes = try site.required("nodes_modes", try site.tensor("nodes_modes"))
    let (yes, no) = (try ints("nodes_truenodeids", count: count), try ints("nodes_falsenodeids", count: count))
    let (yesLeafs, noLeafs) = (try ints("nodes_trueleafs", count: count), try ints("nodes_falseleafs", count: count))
    let missing = try site.ints("nodes_missing_value_tracks_true") ?? []
    let leafTargets = try site.ints("leaf_targetids") ?? []
    let leafWeights = try site.required("leaf_weights", try numbers("leaf_weights"))
    let sets = try numbers("membership_values") ?? []
    guard splits.count == count, modes.type == .uint8, modes.count == count, missing.isEmpty || missing.count == count,
      leafWeights.count == leafTargets.count, count + leafTargets.count < Int(Int32.max), sets.count < Int(Int32.max)
    else {
      throw RuntimeError(
        .invalidGraph, "%d nodes must have as many splits and modes, and %d leaves as many weights", count,
        leafTargets.count)
    }
    var nodes = [Forest.Node](repeating: Forest.Node(), count: count + leafTargets.count)
    var set = 0
    for i in 0..<count {
      guard let mode = Forest.Mode(rawValue: modes.elements(UInt8.self)[i]), mode != .leaf else {
        throw RuntimeError(.invalidGraph, "a node mode must be 0 to 6, got %d", Int(modes.elements(UInt8.self)[i]))
      }
      nodes[i].mode = mode
      nodes[i].value = splits[i]
      nodes[i].feature = try TreeReader.index(features[i], below: Int(Int32.max))
      nodes[i].passesMissing = !missing.isEmpty && missing[i] != 0
      nodes[i].yes = try branch(yes[i], isLeaf: yesLeafs[i] != 0, count, leafTargets.count)
      nodes[i].no = try branch(no[i], isLeaf: noLeafs[i] != 0, count, leafTargets.count)
      guard mode == .member else { continue }
      // Sets follow each other in the order of their nodes, a NaN between two.
      nodes[i].first = Int32(set)
      while set < sets.count, !sets[set].isNaN {
        nodes[i].count += 1
        set += 1
      }
      set += 1
      guard set <= sets.count + 1 else {
        throw RuntimeError(.invalidGraph, "membership_values must have a set for each node that asks for one")
      }
    }
    var weights: [Forest.Weight] = []
    for (i, target) in leafTargets.enumerated() {
      nodes[count + i].first = Int32(i)
      nodes[count + i].count = 1
      weights.append(
        Forest.Weight(target: try TreeReader.index(target, below: targets), value: leafWeights[i]))
    }
    var roots: [Int32] = []
    for root in try site.ints("tree_roots") ?? [] { roots.append(try TreeReader.index(root, below: count)) }
    return try TreeStorage(nodes: nodes, roots: roots, weights: weights, members: sets, allocator: site.allocator)
  }

  private func branch(_ index: Int, isLeaf: Bool, _ nodes: Int, _ leaves: Int) throws(RuntimeError) -> Int32 {
    isLeaf ? Int32(nodes) + (try TreeReader.index(index, below: leaves)) : try TreeReader.index(index, below: nodes)
  }
}

/// Nodes by the number of their tree and their number in it.
private struct TreeNames {
  private let trees: [Int]
  private let ids: [Int]
  private var order: [Int]

  init(_ trees: [Int], _ ids: [Int]) throws(RuntimeError) {
    self.trees = trees
    self.ids = ids
    order = Array(trees.indices)
    sortPlaces(&order) { (trees[$0], ids[$0]) < (trees[$1], ids[$1]) }
    for (a, b) in zip(order, order.dropFirst()) where trees[a] == trees[b] && ids[a] == ids[b] {
      throw RuntimeError(.invalidGraph, "tree %d must have one node %d, got two", trees[a], ids[a])
    }
  }

  func index(_ tree: Int, _ id: Int) throws(RuntimeError) -> Int32 {
    var (low, high) = (0, order.count)
    while low < high {
      let middle = (low + high) / 2
      let at = order[middle]
      if (trees[at], ids[at]) < (tree, id) { low = middle + 1 } else { high = middle }
    }
    guard low < order.count, trees[order[low]] == tree, ids[order[low]] == id else {
      throw RuntimeError(.invalidGraph, "tree %d must have the node %d that it points at", tree, id)
    }
    return Int32(order[low])
  }
}
