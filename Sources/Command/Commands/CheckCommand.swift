import Apus
import Operators
import Tensors

/// Says whether models can be run, and what of them is missing here.
struct CheckCommand: Subcommand {
  static let usage = Usage(
    "check", "Says which operators or types of a model are missing; the exit status is 1 where any is.",
    operands: "MODEL...",
    1...Int.max, options: [Usage.Option("--json", nil, "print JSON, a line for each model")],
    notes: ["Where all operators are known the model is loaded too, which finds attributes that are not supported."])

  private let models: [Name]
  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) {
    models = arguments.operands
    asJSON = arguments.has("--json")
  }

  /// One reason why a model cannot run.
  private struct Problem {
    let operatorName: Name
    let message: Name
    var count = 1
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    var status: Int32 = 0
    for path in models {
      let problems = problems(of: path, host)
      if !problems.isEmpty { status = Command.failure }
      host.terminal.write(asJSON ? try json(path, problems) : text(path, problems))
    }
    return status
  }

  private func problems(of path: Name, _ host: Host) -> [Problem] {
    var problems: [Problem] = []
    do throws(RuntimeError) {
      let file = try ModelFile(path, host)
      let imported = try file.imported(host, Allocator())
      let types = KnownTypes(file.proto)
      find(in: imported.graph, types, &problems)
      if problems.isEmpty { _ = try file.session(SessionOptions(), host) }
    } catch {
      // The path stands at the line's start already.
      let message = host.message(error, about: path)
      problems.append(Problem(operatorName: error.node?.opType ?? Name(), message: message))
    }
    return problems
  }

  private func find(in graph: Graph, _ types: KnownTypes, _ problems: inout [Problem]) {
    for node in graph.nodes {
      do throws(RuntimeError) {
        let row = try Registry.row(for: node)
        if let id = node.inputs.first, id >= 0, let type = types.type(of: id, in: graph), !row.types.contains(type) {
          throw RuntimeError(
            .notImplemented, "operator %s is not implemented for %t", name: node.qualifiedType, Int(type.rawValue))
        }
      } catch {
        let message = Name(text: error.message)
        if let i = problems.firstIndex(where: { $0.message == message }) {
          problems[i].count += 1
        } else {
          problems.append(Problem(operatorName: node.qualifiedType, message: message))
        }
      }
      for body in node.bodies { find(in: body.graph, types, &problems) }
    }
  }

  private func text(_ path: Name, _ problems: [Problem]) -> Text {
    var out: Text = []
    out.append(name: path)
    if problems.isEmpty {
      out.append(text: ": can be run\n")
      return out
    }
    out.append(text: ": cannot be run\n")
    for problem in problems {
      out.append(text: "  ")
      out.append(name: problem.message)
      if problem.count > 1 {
        out.append(text: " (")
        out.append(decimal: problem.count)
        out.append(text: " nodes)")
      }
      out.append(UInt8(ascii: "\n"))
    }
    return out
  }

  private func json(_ path: Name, _ problems: [Problem]) throws(RuntimeError) -> Text {
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("path")
      json.string(path)
      json.key("canRun")
      json.bool(problems.isEmpty)
      json.key("problems")
      try json.array { (json) throws(RuntimeError) in
        for problem in problems {
          try json.object { (json) throws(RuntimeError) in
            json.key("operator")
            if problem.operatorName.isEmpty { json.null() } else { json.string(problem.operatorName) }
            json.key("message")
            json.string(problem.message)
            json.key("count")
            json.integer(problem.count)
          }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}

/// The element types that a model's file tells: of its inputs, its constants, and the values it describes.
private struct KnownTypes {
  private var types: [Name: ElementType] = [:]

  init(_ proto: ModelProto) {
    for info in proto.graph.inputs + proto.graph.valueInfos + proto.graph.outputs {
      if let type = info.type.elementType { types[info.name] = type }
    }
  }

  func type(of id: ValueID, in graph: Graph) -> ElementType? {
    graph.values[id].constant?.type ?? types[graph.values[id].name]
  }
}
