import GraphIR
import Tensors

/// Attention written out becomes one node, without the matrix of scores in memory and without transposed copies:
/// Transpose(Softmax(Q · Transpose(K) · scale + mask) · V).
///
/// The transposition behind it tells that there are four dims, or three where heads and batch are one; in three dims that
/// of K is enough. The constant scale, or a weight that Q comes from, tells that all is float32 or of a half type; without
/// either it is left as it is. A mask may also be a choice between scores and a number so low that a score added to it
/// changes nothing: Where(seen, scores, -3e38). Or it is added in four dims, to scores reshaped from three and back.
enum FuseAttention {
  static let pass = Pass("fuse attention") { graph, context in
    let matcher = Matcher(graph, allocator: context.allocator)
    var patch = Patch()
    for (index, node) in graph.nodes.enumerated() where node.domain.isEmpty {
      let nodes = fused(node, matcher)
      if !nodes.isEmpty { patch.replacements.append((index, nodes)) }
    }
    return patch
  }

  /// From [batch, heads, rows, columns] to [batch, rows, heads, columns], and back.
  private static let interleaving: [Int64] = [0, 2, 1, 3]
  /// From [heads, rows, columns] to [rows, heads, columns], and back.
  private static let interleavingOfThree: [Int64] = [1, 0, 2]

  private static func isTranspose(_ node: Node, _ order: [Int64]) -> Bool {
    guard node.opType == "Transpose", case .ints(let perm)? = node.attributes["perm"] else { return false }
    return perm == order
  }

  /// The transposition back that a value is read by alone.
  private static func isInterleaved(_ id: ValueID, _ matcher: Matcher) -> Bool {
    guard let reader = matcher.reader(id), reader.domain.isEmpty else { return false }
    return isTranspose(reader, interleaving) || isTranspose(reader, interleavingOfThree)
  }

  private static func fused(_ root: Node, _ matcher: Matcher) -> [Node] {
    let isTransposed = isTranspose(root, interleaving) || isTranspose(root, interleavingOfThree)
    let rank = isTranspose(root, interleaving) ? 4 : 3
    var product = root
    if isTransposed {
      guard let found = matcher.producer(root.inputs[0], "MatMul", isAlone: true) else { return [] }
      product = found
    } else if root.opType != "MatMul" || isInterleaved(root.outputs[0], matcher) {
      return []
    }
    guard let (softmax, axis, castType) = weights(product.inputs[0], matcher),
      let scores = Scores(softmax.inputs[0], matcher, rank: rank),
      castType == nil || castType == scores.type,
      // Nothing tells of a MatMul that Q has no more dims than K.
      axis == -1 || axis == rank - 1 && (isTransposed || hasThreeDims(scores.q, matcher))
    else { return [] }
    var nodes: [Node] = []
    var mask = scores.mask
    if let choice = scores.choice {
      guard let zero = try? matcher.allocator.tensor(choice.type, Shape([])) else { return [] }
      zero.bytes.initializeMemory(as: UInt8.self, repeating: 0, count: zero.byteCount)
      var seen = choice.node
      seen.inputs[choice.input] = matcher.graph.addValue(seen.name + Name("/zero"), constant: LoadedConstant(zero))
      seen.outputs = [matcher.graph.addValue(seen.name + Name("/mask"))]
      nodes.append(seen)
      if mask >= 0 {
        let sum = matcher.graph.addValue(seen.name + Name("/masks"))
        nodes.append(Node(name: seen.name, "Add", opset: 14, inputs: [seen.outputs[0], mask], outputs: [sum]))
        mask = sum
      } else {
        mask = seen.outputs[0]
      }
    }
    let v = interleaved(product.inputs[1], matcher, rank: rank)
    var (key, value) = (Operand(id: scores.k.id, isInterleaved: scores.k.isInterleaved), v)
    var repeats = 1
    if rank == 4, !key.isInterleaved, !value.isInterleaved, let k = Repetition(key.id, matcher),
      let v = Repetition(value.id, matcher), k.count == v.count, k.batch == v.batch, keepsBatch(root, k.batch, matcher)
    {
      (key.id, value.id, repeats) = (k.source, v.source, k.count)
    }
    let q = interleaved(scores.q, matcher, rank: rank)
    var attributes = Attributes()
    attributes[Name("scale")] = .float(scores.scale)
    attributes[Name("interleaved")] = .ints([q, key, value].map { $0.isInterleaved ? 1 : 0 } + [isTransposed ? 1 : 0])
    if rank != 4 { attributes[Name("rank")] = .int(Int64(rank)) }
    if scores.heads > 1 { attributes[Name("heads")] = .int(Int64(scores.heads)) }
    if repeats > 1 { attributes[Name("repeats")] = .int(Int64(repeats)) }
    nodes.append(
      Node(
        name: root.name, "Attention", domain: FusedOperators.domain, opset: 1,
        inputs: [q.id, key.id, value.id] + (mask < 0 ? [] : [mask]), outputs: root.outputs, attributes: attributes))
    return nodes
  }

  /// A matrix for each head, and whether its rows lie between those of other heads.
  private struct Operand {
    var id: ValueID
    var isInterleaved: Bool
  }

  private static func interleaved(_ id: ValueID, _ matcher: Matcher, rank: Int) -> Operand {
    if let node = matcher.producer(id, "Transpose"), isTranspose(node, rank == 4 ? interleaving : interleavingOfThree) {
      return Operand(id: node.inputs[0], isInterleaved: true)
    }
    return Operand(id: id, isInterleaved: false)
  }

  /// Whether a value has three dims, or a shape to which it is brought has.
  private static func hasThreeDims(_ id: ValueID, _ matcher: Matcher) -> Bool {
    if let reshape = matcher.producer(id, "Reshape"), reshape.inputs.count == 2 {
      return Dim.list(reshape.inputs[1], matcher)?.count == 3
    }
    guard let transpose = matcher.producer(id, "Transpose"), case .ints(let perm)? = transpose.attributes["perm"] else {
      return false
    }
    return perm.count == 3
  }

  /// The softmax that a value is, its axis, and the one type that it is cast to on the way.
  private static func weights(_ id: ValueID, _ matcher: Matcher) -> (Node, axis: Int, ElementType?)? {
    var (id, type) = (id, ElementType?.none)
    while let cast = matcher.producer(id, "Cast", isAlone: true) {
      guard case .int(let to)? = cast.attributes["to"],
        let to = UInt8(exactly: to).flatMap({ ElementType(rawValue: $0) }),
        type == nil || type == to
      else { return nil }
      (id, type) = (cast.inputs[0], to)
    }
    guard let softmax = matcher.producer(id, "Softmax", isAlone: true),
      let axis = try? softmax.attributes.int("axis") ?? (softmax.opset < 13 ? 1 : -1)
    else { return nil }
    return (softmax, axis, type)
  }

  /// Q · Kᵀ, scaled before or after, and what is added to it.
  private struct Scores {
    var q: ValueID
    var k: Operand
    var scale: Float = 1
    var mask: ValueID = -1
    /// The node that chooses between scores, its input of that number, and another, and the type of it.
    var choice: (node: Node, input: Int, type: ElementType)?
    /// What the constants of the scale are of.
    var type: ElementType
    /// The heads that the first of three dims is parted into for the mask.
    var heads = 1

    init?(_ id: ValueID, _ matcher: Matcher, rank: Int) {
      var scores = id
      var type: ElementType?
      if rank == 3, let parted = PartedSum(id, matcher) {
        (scores, mask, heads) = (parted.scores, parted.mask, parted.heads)
      } else if let sum = matcher.producer(id, "Add", isAlone: true), sum.broadcastsFromTheRight {
        // The side that ends in a product is the scores.
        let isLeft = Scores.isProduct(sum.inputs[0], matcher)
        guard isLeft != Scores.isProduct(sum.inputs[1], matcher) else { return nil }
        (scores, mask) = isLeft ? (sum.inputs[0], sum.inputs[1]) : (sum.inputs[1], sum.inputs[0])
      }
      if heads == 1, let found = Scores.choice(scores, matcher) {
        choice = found
        scores = found.node.inputs[found.input]
      }
      Scores.takeScale(&scores, &scale, &type, matcher)
      guard let product = matcher.producer(scores, "MatMul", isAlone: true) else { return nil }
      (q, scores) = (product.inputs[0], product.inputs[1])
      Scores.takeScale(&q, &scale, &type, matcher)
      Scores.takeScale(&scores, &scale, &type, matcher)
      guard let transpose = matcher.producer(scores, "Transpose") else { return nil }
      var source = transpose.inputs[0]
      if isTranspose(transpose, rank == 4 ? [0, 1, 3, 2] : [0, 2, 1]) {
        Scores.takeScale(&source, &scale, &type, matcher)
        k = FuseAttention.interleaved(source, matcher, rank: rank)
      } else if isTranspose(transpose, rank == 4 ? [0, 2, 3, 1] : [1, 2, 0]) {
        k = Operand(id: source, isInterleaved: true)
      } else {
        return nil
      }
      guard let type = choice?.type ?? type ?? Scores.type(of: q, matcher),
        type == .float32 || type == .float16 || type == .bfloat16
      else { return nil }
      self.type = type
    }

    /// The choice between scores and a number that hides them.
    private static func choice(_ id: ValueID, _ matcher: Matcher) -> (node: Node, input: Int, type: ElementType)? {
      guard let node = matcher.producer(id, "Where", isAlone: true) else { return nil }
      for input in 1...2 {
        let other = node.inputs[3 - input]
        guard let number = matcher.scalar(other), number <= -1e30, let type = matcher.constant(other)?.type,
          type == .float32 || type == .bfloat16, isScaledProduct(node.inputs[input], matcher)
        else { continue }
        return (node, input, type)
      }
      return nil
    }

    /// The type of a weight or another constant that a value comes from, by ways that keep the type.
    private static func type(of id: ValueID, _ matcher: Matcher) -> ElementType? {
      var id = id
      for _ in 0..<8 {
        guard id >= 0, let index = matcher.producers[id] else { return nil }
        let node = matcher.graph.nodes[index]
        guard node.domain.isEmpty, let first = node.inputs.first else { return nil }
        switch node.opType {
        case _ where node.opType == "MatMul" || node.opType == "Add" || node.opType == "Gemm" || node.opType == "Mul":
          for input in node.inputs[..<min(2, node.inputs.count)] {
            if let constant = matcher.constant(input) { return constant.type }
          }
        case _ where node.opType == "Transpose" || node.opType == "Reshape" || node.opType == "Split": break
        default: return nil
        }
        id = first
      }
      return nil
    }

    private static func isProduct(_ id: ValueID, _ matcher: Matcher) -> Bool {
      isScaledProduct(id, matcher) || choice(id, matcher) != nil
    }

    fileprivate static func isScaledProduct(_ id: ValueID, _ matcher: Matcher) -> Bool {
      var (id, scale, type) = (id, Float(1), ElementType?.none)
      takeScale(&id, &scale, &type, matcher)
      return matcher.producer(id, "MatMul", isAlone: true) != nil
    }

    /// Goes through a product with a constant number, or a quotient by one, that nobody else reads.
    private static func takeScale(
      _ id: inout ValueID, _ scale: inout Float, _ type: inout ElementType?, _ matcher: Matcher
    ) {
      if let product = matcher.producer(id, "Mul", isAlone: true), product.broadcastsFromTheRight {
        for (value, factor) in [(product.inputs[0], product.inputs[1]), (product.inputs[1], product.inputs[0])] {
          guard let number = matcher.scalar(factor) else { continue }
          (id, scale, type) = (value, scale * number, matcher.constant(factor)?.type)
          return
        }
      } else if let quotient = matcher.producer(id, "Div", isAlone: true), quotient.broadcastsFromTheRight,
        let number = matcher.scalar(quotient.inputs[1]), number != 0
      {
        (id, scale, type) = (quotient.inputs[0], scale / number, matcher.constant(quotient.inputs[1])?.type)
      }
    }
  }

  /// A mask of four dims on scores of three: Reshape(Reshape(scores, [batch, heads, rows, columns]) + mask, [batch · heads,
  /// rows, columns]). That rows and columns are those of the scores follows from their product with V.
  private struct PartedSum {
    let scores, mask: ValueID
    let heads: Int

    init?(_ id: ValueID, _ matcher: Matcher) {
      guard let back = matcher.producer(id, "Reshape", isAlone: true), back.inputs.count == 2,
        let sum = matcher.producer(back.inputs[0], "Add", isAlone: true), sum.broadcastsFromTheRight,
        let three = Dim.list(back.inputs[1], matcher), three.count == 3
      else { return nil }
      for side in 0..<2 {
        guard let there = matcher.producer(sum.inputs[side], "Reshape", isAlone: true), there.inputs.count == 2,
          let four = Dim.list(there.inputs[1], matcher), four.count == 4, case .number(let heads) = four[1], heads > 1,
          four[2].isSize, four[3].isSize, four[2] == three[1], four[3] == three[2],
          Scores.isScaledProduct(there.inputs[0], matcher)
        else { continue }
        (scores, mask, self.heads) = (there.inputs[0], sum.inputs[1 - side], heads)
        return
      }
      return nil
    }
  }

  /// Heads that each stand for several, as grouped queries are written out:
  /// Reshape(Expand(Unsqueeze(x, 2), [batch, heads, count, rows, columns]), [batch, heads · count, rows, columns]).
  private struct Repetition {
    let source: ValueID
    let count: Int
    let batch: Dim

    init?(_ id: ValueID, _ matcher: Matcher) {
      guard let reshape = matcher.producer(id, "Reshape"), let expand = matcher.producer(reshape.inputs[0], "Expand"),
        let unsqueeze = matcher.producer(expand.inputs[0], "Unsqueeze"),
        matcher.axes(of: unsqueeze) == [2], reshape.inputs.count == 2,
        let target = Dim.list(reshape.inputs[1], matcher), target.count == 4,
        let shape = Dim.list(expand.inputs[1], matcher), shape.count == 5,
        case .number(let heads) = shape[1], case .number(let count) = shape[2], case .number(let all) = target[1],
        heads > 0, count > 1, all == heads * count, shape[0] == target[0], shape[3] == target[2], shape[4] == target[3],
        case .number(let columns) = shape[4], columns > 0
      else { return nil }
      (source, self.count, batch) = (unsqueeze.inputs[0], count, shape[0])
    }
  }

  /// Whether the result is made to have this batch, so that it cannot have come from the repetition alone.
  private static func keepsBatch(_ root: Node, _ batch: Dim, _ matcher: Matcher) -> Bool {
    guard let reader = matcher.reader(root.outputs[0]), reader.opType == "Reshape", reader.domain.isEmpty,
      reader.inputs.count == 2
    else { return false }
    return Dim.list(reader.inputs[1], matcher)?.first == batch
  }
}
