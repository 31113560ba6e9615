import Tensors

/// A graph as lines of text: `y = Conv(x, w, b) {strides: [1, 1]}`, the bodies of control flow indented below.
///
/// An input or output left out is `-`, a value that a pass made and gave no name is `%7`.
public struct GraphPrinter {
  /// The text so far, in UTF-8.
  public private(set) var bytes: [UInt8] = []
  private let namesNodes: Bool

  /// The nodes of `graph`, a line each behind `indent` blanks; `namesNodes` puts the nodes' names behind them.
  public init(_ graph: Graph, indent: Int = 0, namesNodes: Bool = false) {
    self.namesNodes = namesNodes
    print(graph, indent)
  }

  private mutating func print(_ graph: Graph, _ indent: Int) {
    for node in graph.nodes {
      begin(indent)
      print(node.outputs.map { graph.valueName($0) })
      bytes.append(text: " = ")
      print(node.qualifiedType)
      bytes.append(text: "(")
      print(node.inputs.map { graph.valueName($0) })
      bytes.append(text: ")")
      print(node.attributes)
      if namesNodes, !node.name.isEmpty {
        bytes.append(text: "  '")
        print(node.name)
        bytes.append(text: "'")
      }
      bytes.append(text: "\n")
      for body in node.bodies { print(body, indent + 2) }
    }
  }

  /// `body(i, cond):`, its nodes, and `-> what it answers`. What it captures is not among its inputs.
  private mutating func print(_ body: Body, _ indent: Int) {
    begin(indent)
    print(body.attribute)
    bytes.append(text: "(")
    print(body.graph.inputs.dropLast(body.captures.count).map { body.graph.valueName($0) })
    bytes.append(text: "):\n")
    print(body.graph, indent + 2)
    begin(indent + 2)
    bytes.append(text: "-> ")
    print(body.graph.outputs.map { body.graph.valueName($0) })
    bytes.append(text: "\n")
  }

  private mutating func print(_ attributes: Attributes) {
    if attributes.entries.isEmpty { return }
    bytes.append(text: " {")
    for (i, entry) in attributes.entries.enumerated() {
      if i > 0 { bytes.append(text: ", ") }
      print(entry.name)
      bytes.append(text: ": ")
      print(entry.value)
    }
    bytes.append(text: "}")
  }

  private mutating func print(_ attribute: Attribute) {
    switch attribute {
    case .int(let value): bytes += value.description.utf8
    case .float(let value): bytes += value.description.utf8
    case .string(let value): printQuoted(value)
    case .ints(let values): printList(values.count) { printer, i in printer.bytes += values[i].description.utf8 }
    case .floats(let values): printList(values.count) { printer, i in printer.bytes += values[i].description.utf8 }
    case .strings(let values): printList(values.count) { printer, i in printer.printQuoted(values[i]) }
    case .tensor(let value): print(value)
    case .tensors(let values): printList(values.count) { printer, i in printer.print(values[i]) }
    case .type(let type, _): bytes.append(text: type.name)
    }
  }

  /// The type and shape of a tensor: its elements may still be in the file.
  private mutating func print(_ constant: Constant) {
    bytes.append(text: constant.type.name)
    bytes.append(text: " ")
    bytes.append(shape: constant.shape.dims)
  }

  private mutating func printList(_ count: Int, _ item: (inout GraphPrinter, Int) -> Void) {
    bytes.append(text: "[")
    for i in 0..<count {
      if i > 0 { bytes.append(text: ", ") }
      item(&self, i)
    }
    bytes.append(text: "]")
  }

  private mutating func print(_ names: [Name]) {
    for (i, name) in names.enumerated() {
      if i > 0 { bytes.append(text: ", ") }
      print(name)
    }
  }

  private mutating func printQuoted(_ name: Name) {
    bytes.append(text: "\"")
    print(name)
    bytes.append(text: "\"")
  }

  /// Control characters are shown as `?`: a file must not steer the terminal.
  private mutating func print(_ name: Name) {
    for byte in name.bytes { bytes.append(byte < 32 || byte == 127 ? UInt8(ascii: "?") : byte) }
  }

  private mutating func begin(_ indent: Int) { bytes += [UInt8](repeating: UInt8(ascii: " "), count: indent) }
}

extension Graph {
  /// A value's name, `%7` where it has none, `-` where it was left out.
  public func valueName(_ id: ValueID) -> Name {
    guard id >= 0 else { return "-" }
    if !values[id].name.isEmpty { return values[id].name }
    var text = [UInt8(ascii: "%")]
    text.append(decimal: id)
    return Name(text)
  }
}

extension Node {
  /// `Conv`, or `com.microsoft.MatMulNBits` outside the default domain.
  public var qualifiedType: Name { domain.isEmpty ? opType : domain + "." + opType }
}
