import Operators
import Tensors

/// Lists the registry.
struct OperatorsCommand: Subcommand {
  static let usage = Usage(
    "operators", "Lists the operators there are, by domain and version, and the types of their first input.",
    operands: "", 0...0, options: [Usage.Option("--json", nil, "print JSON")])

  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) { asJSON = arguments.has("--json") }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    host.terminal.write(asJSON ? try json() : text())
    return 0
  }

  /// What models may name: not what only passes write.
  private var rows: [Operator] { Registry.rows.filter { Name($0.domain) != "apus" } }

  private func types(of row: Operator) -> [Name] {
    ElementType.allCases.filter { row.types.contains($0) }.map { Name($0.name) }
  }

  private func domain(of row: Operator) -> Name { row.domain.utf8CodeUnitCount == 0 ? "ai.onnx" : Name(row.domain) }

  private func text() -> Text {
    var table = Table(alignsRight: [false, false, true, false], header: ["operator", "domain", "since", "types"])
    for row in rows {
      var since: Text = []
      since.append(decimal: row.since)
      let types = types(of: row)
      var cell: Text = []
      if types.count == ElementType.allCases.count {
        cell.append(text: "all")
      } else {
        for type in types {
          if !cell.isEmpty { cell.append(text: " ") }
          cell.append(name: type)
        }
      }
      table.add([Name(row.name).bytes, domain(of: row).bytes, since, cell])
    }
    return table.text()
  }

  private func json() throws(RuntimeError) -> Text {
    var json = JSON()
    try json.array { (json) throws(RuntimeError) in
      for row in rows {
        try json.object { (json) throws(RuntimeError) in
          json.key("name")
          json.string(Name(row.name))
          json.key("domain")
          json.string(domain(of: row))
          json.key("since")
          json.integer(row.since)
          json.key("types")
          try json.array { (json) throws(RuntimeError) in for type in types(of: row) { json.string(type) } }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}
