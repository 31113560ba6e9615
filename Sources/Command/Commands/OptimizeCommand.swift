import Apus
import Tensors

/// Writes a model as the passes leave it.
struct OptimizeCommand: Subcommand {
  static let usage = Usage(
    "optimize", "Writes a model as it is after the passes, weights included.", operands: "MODEL OUT", 2...2,
    options: [Usage.Option("--opt", "LEVEL", SessionOptions.levels)],
    notes: ["Fused operators are of the domain 'apus', which only this runtime knows; level basic writes none."])

  private let model: Name
  private let out: Name
  private let options: SessionOptions

  init(_ arguments: Arguments) throws(RuntimeError) {
    model = arguments.operands[0]
    out = arguments.operands[1]
    options = try SessionOptions(arguments)
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    let file = try ModelFile(model, host)
    if out == file.path { throw RuntimeError(.invalidArgument, "%s cannot be written while it is read", name: out) }
    let allocator = Allocator()
    let imported = try file.imported(host, allocator)
    let before = NodeCounts(imported.graph)
    let writer = try host.about(file.path) { () throws(RuntimeError) in
      try Pipeline.optimize(imported.graph, level: options.optimization, context: PassContext(allocator: allocator))
      let model = try GraphExport.model(imported, from: file.proto, allocator: allocator)
      return try ModelEncoder(TensorLoader(file.source, external: file.external)).encode(model)
    }
    try writer.write(to: try Files.create(out))
    var text: Text = []
    text.append(name: out)
    text.append(text: ": ")
    text.append(byteCount: writer.byteCount)
    text.append(text: ", ")
    text.append(decimal: NodeCounts(imported.graph).total)
    text.append(text: " nodes of ")
    text.append(decimal: before.total)
    text.append(text: "\n")
    host.terminal.write(text)
    return 0
  }
}
