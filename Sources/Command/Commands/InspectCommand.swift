import Apus
import Tensors

/// Shows what a model is made of, before and after the passes.
struct InspectCommand: Subcommand {
  static let usage = Usage(
    "inspect", "Shows a model's inputs, outputs, opsets and nodes, before and after the passes.", operands: "MODEL",
    1...1,
    options: [
      Usage.Option("--nodes", nil, "list every node, as it is run"),
      Usage.Option("--opt", "LEVEL", SessionOptions.levels),
      Usage.Option("--json", nil, "print JSON"),
    ])

  private let model: Name
  private let options: SessionOptions
  private let listsNodes: Bool
  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) {
    model = arguments.operands[0]
    options = try SessionOptions(arguments)
    listsNodes = arguments.has("--nodes")
    asJSON = arguments.has("--json")
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    let file = try ModelFile(model, host)
    let allocator = Allocator()
    let imported = try file.imported(host, allocator)
    let before = NodeCounts(imported.graph)
    if options.optimization > .none {
      try host.about(file.path) { () throws(RuntimeError) in
        try Pipeline.optimize(
          imported.graph, level: options.optimization, context: PassContext(allocator: allocator))
      }
    }
    let after = NodeCounts(imported.graph)
    if asJSON {
      host.terminal.write(try json(file, imported, before, after))
    } else {
      host.terminal.write(text(file, imported, before, after))
    }
    return 0
  }

  private func text(_ file: ModelFile, _ imported: ImportedModel, _ before: NodeCounts, _ after: NodeCounts) -> Text {
    let proto = file.proto
    var out: Text = []
    out.append(name: file.path)
    out.append(text: ": ")
    out.append(byteCount: file.source.byteCount)
    out.append(text: ", IR version ")
    out.append(integer: proto.irVersion)
    for (domain, version) in imported.opsets.versions {
      out.append(text: ", ")
      out.append(name: domain.isEmpty ? "ai.onnx" : domain)
      out.append(UInt8(ascii: " "))
      out.append(decimal: version)
    }
    if !proto.producerName.isEmpty {
      out.append(text: ", from ")
      out.append(name: proto.producerName)
      if !proto.producerVersion.isEmpty { out.append(UInt8(ascii: " ")) }
      out.append(name: proto.producerVersion)
    }
    out.append(UInt8(ascii: "\n"))
    for (title, values) in [("inputs", imported.inputs), ("outputs", imported.outputs)]
      as [(StaticString, [DeclaredValue])]
    {
      out.append(text: title)
      out.append(UInt8(ascii: "\n"))
      var table = Table(alignsRight: [false, false])
      for value in values {
        var name: Text = []
        var type: Text = []
        name.append(name: value.name)
        type.append(declared: value)
        table.add([name, type])
      }
      out += table.text(indent: 2)
    }
    out.append(text: "weights\n  ")
    out.append(decimal: proto.graph.initializers.count)
    out.append(text: " tensors, ")
    out.append(byteCount: file.weightByteCount)
    out.append(text: "\nnodes\n  ")
    out.append(decimal: before.total)
    out.append(text: " in the file, ")
    out.append(decimal: after.total)
    out.append(text: " after the passes\n")
    var table = Table(alignsRight: [false, true, true], header: ["operator", "file", "after"])
    for row in before.rows(with: after) {
      var counts: [Text] = [[], []]
      counts[0].append(decimal: row.before)
      counts[1].append(decimal: row.after)
      table.add([row.operator.bytes] + counts)
    }
    out += table.text(indent: 2)
    if !proto.metadata.isEmpty { out.append(text: "metadata\n") }
    for entry in proto.metadata {
      out.append(text: "  ")
      out.append(name: entry.key)
      out.append(text: ": ")
      out.append(name: entry.value)
      out.append(UInt8(ascii: "\n"))
    }
    if listsNodes {
      out.append(text: "graph\n")
      out += GraphPrinter(imported.graph, indent: 2, namesNodes: true).bytes
    }
    return out
  }

  private func json(
    _ file: ModelFile, _ imported: ImportedModel, _ before: NodeCounts, _ after: NodeCounts
  ) throws(RuntimeError) -> Text {
    let proto = file.proto
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("path")
      json.string(file.path)
      json.key("byteCount")
      json.integer(file.source.byteCount)
      json.key("irVersion")
      json.integer(proto.irVersion)
      json.key("producer")
      json.string(proto.producerName)
      json.key("opsets")
      try json.object { (json) throws(RuntimeError) in
        for (domain, version) in imported.opsets.versions {
          json.key(domain.isEmpty ? "ai.onnx" : domain)
          json.integer(version)
        }
      }
      json.key("metadata")
      try json.object { (json) throws(RuntimeError) in
        for entry in proto.metadata {
          json.key(entry.key)
          json.string(entry.value)
        }
      }
      json.key("inputs")
      try json.array { (json) throws(RuntimeError) in for value in imported.inputs { try json.declared(value) } }
      json.key("outputs")
      try json.array { (json) throws(RuntimeError) in for value in imported.outputs { try json.declared(value) } }
      json.key("weights")
      try json.object { (json) throws(RuntimeError) in
        json.key("count")
        json.integer(proto.graph.initializers.count)
        json.key("byteCount")
        json.integer(file.weightByteCount)
      }
      json.key("nodes")
      try json.object { (json) throws(RuntimeError) in
        json.key("before")
        json.integer(before.total)
        json.key("after")
        json.integer(after.total)
      }
      json.key("operators")
      try json.array { (json) throws(RuntimeError) in
        for row in before.rows(with: after) {
          try json.object { (json) throws(RuntimeError) in
            json.key("operator")
            json.string(row.operator)
            json.key("before")
            json.integer(row.before)
            json.key("after")
            json.integer(row.after)
          }
        }
      }
      if listsNodes {
        json.key("graph")
        try json.nodes(of: imported.graph)
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}

extension ModelFile {
  /// The bytes of the weights that the file lists, packed.
  var weightByteCount: Int64 {
    proto.graph.initializers.reduce(0) { sum, record in
      guard let type = try? record.knownType(), let shape = try? record.shape() else { return sum }
      return sum + Int64(type.byteCount(shape.count))
    }
  }
}

/// How many nodes of each operator a graph has, those of its bodies with them.
struct NodeCounts {
  private(set) var total = 0
  private var counts: [(operator: Name, count: Int)] = []

  init(_ graph: Graph) { add(graph) }

  private mutating func add(_ graph: Graph) {
    for node in graph.nodes {
      total += 1
      let name = node.qualifiedType
      if let i = counts.firstIndex(where: { $0.operator == name }) {
        counts[i].count += 1
      } else {
        counts.append((name, 1))
      }
      for body in node.bodies { add(body.graph) }
    }
  }

  /// A row for every operator in either, the most frequent first.
  func rows(with after: NodeCounts) -> [(operator: Name, before: Int, after: Int)] {
    var rows = counts.map { row in
      (operator: row.operator, before: row.count, after: after.counts.first { $0.operator == row.operator }?.count ?? 0)
    }
    for row in after.counts where !counts.contains(where: { $0.operator == row.operator }) {
      rows.append((row.operator, 0, row.count))
    }
    return rows.sorted { a, b in
      if max(a.before, a.after) != max(b.before, b.after) { return max(a.before, a.after) > max(b.before, b.after) }
      return a.operator.bytes.lexicographicallyPrecedes(b.operator.bytes)
    }
  }
}

extension JSON {
  mutating func nodes(of graph: Graph) throws(RuntimeError) {
    try array { (json) throws(RuntimeError) in
      for node in graph.nodes {
        try json.object { (json) throws(RuntimeError) in
          json.key("name")
          json.string(node.name)
          json.key("operator")
          json.string(node.qualifiedType)
          json.key("inputs")
          try json.array { (json) throws(RuntimeError) in for id in node.inputs { json.string(graph.valueName(id)) } }
          json.key("outputs")
          try json.array { (json) throws(RuntimeError) in for id in node.outputs { json.string(graph.valueName(id)) } }
          if node.bodies.isEmpty { return }
          json.key("bodies")
          try json.object { (json) throws(RuntimeError) in
            for body in node.bodies {
              json.key(body.attribute)
              try json.nodes(of: body.graph)
            }
          }
        }
      }
    }
  }
}
