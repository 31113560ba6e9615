import Tensors

/// The index of a value in its graph; `-1` stands for an input or output left out.
public typealias ValueID = Int

/// One operator applied to values.
///
/// A node is one reference to what it says, as a `Fact` is: passes hand nodes on much more often than they change one.
/// Who sets something of a copy changes that copy alone.
public struct Node {
  private final class Content {
    let name: Name
    var opType, domain: Name
    var opset: Int
    var inputs, outputs: [ValueID]
    var attributes: Attributes
    var bodies: [Body]

    init(
      _ name: Name, _ opType: Name, _ domain: Name, _ opset: Int, _ inputs: [ValueID], _ outputs: [ValueID],
      _ attributes: Attributes, _ bodies: [Body]
    ) {
      (self.name, self.opType, self.domain, self.opset) = (name, opType, domain, opset)
      (self.inputs, self.outputs, self.attributes, self.bodies) = (inputs, outputs, attributes, bodies)
    }

    var copy: Content { Content(name, opType, domain, opset, inputs, outputs, attributes, bodies) }
  }

  private var content: Content

  public var name: Name { content.name }
  public var opType: Name {
    get { content.opType }
    set { owned().opType = newValue }
  }
  /// Empty for ai.onnx.
  public var domain: Name {
    get { content.domain }
    set { owned().domain = newValue }
  }
  /// The version of the domain that the model asks for.
  public var opset: Int {
    get { content.opset }
    set { owned().opset = newValue }
  }
  public var inputs: [ValueID] {
    get { content.inputs }
    set { owned().inputs = newValue }
  }
  public var outputs: [ValueID] {
    get { content.outputs }
    set { owned().outputs = newValue }
  }
  public var attributes: Attributes {
    get { content.attributes }
    set { owned().attributes = newValue }
  }
  /// The subgraphs of control flow, in the order of the operator's attributes.
  public var bodies: [Body] {
    get { content.bodies }
    set { owned().bodies = newValue }
  }

  @inline(never)
  public init(
    name: Name = Name(), _ opType: Name, domain: Name = Name(), opset: Int, inputs: [ValueID], outputs: [ValueID],
    attributes: Attributes = Attributes(), bodies: [Body] = []
  ) {
    content = Content(name, opType, domain, opset, inputs, outputs, attributes, bodies)
  }

  /// The content, no other copy's.
  @inline(never)
  private mutating func owned() -> Content {
    if !isKnownUniquelyReferenced(&content) { content = content.copy }
    return content
  }

  /// Every value that the node reads: its inputs and what its bodies capture.
  public var reads: [ValueID] { bodies.reduce(inputs) { $0 + $1.captures } }

  /// The node as errors name it.
  public var place: RuntimeError.Node { RuntimeError.Node(name: name, opType: opType, opset: opset) }
}

/// A subgraph of control flow, closed: what it uses of the outer graph has become inputs of its own.
public struct Body {
  /// The attribute that holds it: `then_branch`, `body`.
  public let attribute: Name
  public let graph: Graph
  /// Values of the outer graph, which fill the last inputs of `graph`.
  public var captures: [ValueID]

  public init(attribute: Name, graph: Graph, captures: [ValueID]) {
    self.attribute = attribute
    self.graph = graph
    self.captures = captures
  }

  /// The number of inputs that the operator fills; the others are captures.
  public var formalCount: Int { graph.inputs.count - captures.count }

  fileprivate mutating func takeConstants(of outer: Graph) {
    var kept: (outer: [ValueID], inner: [ValueID]) = ([], [])
    for (captured, inner) in zip(captures, graph.inputs[formalCount...]) {
      if captured >= 0, let constant = outer.values[captured].constant {
        graph.values[inner].constant = constant
      } else {
        kept.outer.append(captured)
        kept.inner.append(inner)
      }
    }
    graph.inputs = graph.inputs[..<formalCount] + kept.inner
    captures = kept.outer
  }
}

/// A graph of nodes in an order in which every value is made before it is read.
public final class Graph {
  /// What the graph knows of one of its values.
  public struct ValueInfo {
    public var name: Name
    /// Set where the value is an initialiser or was folded.
    public var constant: Constant?

    public init(name: Name = Name(), constant: Constant? = nil) {
      self.name = name
      self.constant = constant
    }
  }

  public var name = Name()
  public var values: [ValueInfo] = []
  public var nodes: [Node] = []
  public var inputs: [ValueID] = []
  public var outputs: [ValueID] = []
  /// The outputs as the file declares them: a loop without a trip answers these types.
  public var declaredOutputs: [DeclaredValue] = []

  public init() {}

  public func addValue(_ name: Name = Name(), constant: Constant? = nil) -> ValueID {
    values.append(ValueInfo(name: name, constant: constant))
    return values.count - 1
  }

  /// Makes constants of this graph constants of the bodies that capture them, which passes may have folded since.
  public func handDownConstants() {
    for i in nodes.indices {
      for j in nodes[i].bodies.indices { nodes[i].bodies[j].takeConstants(of: self) }
    }
  }

  /// For every value the node that makes it, or `nil` for inputs and constants.
  public func producers() -> [Int?] {
    var producers = [Int?](repeating: nil, count: values.count)
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where output >= 0 { producers[output] = index }
    }
    return producers
  }

  /// For every value whether it is an output of the graph.
  public func outputMask() -> [Bool] {
    var mask = [Bool](repeating: false, count: values.count)
    for output in outputs where output >= 0 { mask[output] = true }
    return mask
  }

  /// For every value the last node that reads it, or -1.
  public func lastReaders() -> [Int] {
    var readers = [Int](repeating: -1, count: values.count)
    for (index, node) in nodes.enumerated() {
      for input in node.reads where input >= 0 { readers[input] = index }
    }
    return readers
  }

  /// For every value how often nodes and the graph's outputs read it.
  public func useCounts() -> [Int] {
    var counts = [Int](repeating: 0, count: values.count)
    for node in nodes {
      for input in node.reads where input >= 0 { counts[input] += 1 }
    }
    for output in outputs where output >= 0 { counts[output] += 1 }
    return counts
  }
}
