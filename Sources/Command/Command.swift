import CHost
import Tensors

/// The command `apus`: what its words mean, and which of them there are.
public enum Command {
  /// THE LIST of subcommands.
  nonisolated(unsafe) private static let subcommands: [Entry] = [
    Entry(RunCommand.self),
    Entry(InspectCommand.self),
    Entry(OptimizeCommand.self),
    Entry(CheckCommand.self),
    Entry(BenchCommand.self),
    Entry(TestCommand.self),
    Entry(OperatorsCommand.self),
  ]

  /// 0 is success; 1 says that something failed, 2 that the command line was not understood.
  public static let failure: Int32 = 1
  public static let misuse: Int32 = 2

  /// Runs the process's own command line, and ends the process.
  public static func main() -> Never {
    exit(run(Host.arguments(), Host(terminal: StandardTerminal())))
  }

  /// Runs a command line without the program's name; the result is the exit status.
  static func run(_ words: [Name], _ host: Host) -> Int32 {
    guard let first = words.first else {
      host.terminal.writeError(overview)
      return misuse
    }
    if first == "--version" {
      host.terminal.write(Name("apus 0.1.0\n").bytes)
      return 0
    }
    if first == "help" || first == "--help" || first == "-h" {
      guard words.count > 1 else {
        host.terminal.write(overview)
        return 0
      }
      guard let entry = subcommands.first(where: { words[1] == $0.usage.command }) else {
        return misused(RuntimeError(.invalidArgument, "there is no command %s", name: words[1]), "", host)
      }
      host.terminal.write(entry.usage.text)
      return 0
    }
    guard let entry = subcommands.first(where: { first == $0.usage.command }) else {
      return misused(RuntimeError(.invalidArgument, "there is no command %s", name: first), "", host)
    }
    return entry.run(Array(words.dropFirst()), host)
  }

  private static var overview: Text {
    var out: Text = []
    out.append(text: "usage: apus COMMAND [option...] ...\n\nRuns ONNX models.\n\n")
    var table = Table(alignsRight: [false, false])
    for entry in subcommands { table.add([Name(entry.usage.command).bytes, Name(entry.usage.summary).bytes]) }
    out += table.text(indent: 2)
    out.append(text: "\n`apus help COMMAND` shows its options.\n")
    return out
  }

  fileprivate static func misused(_ error: RuntimeError, _ command: StaticString, _ host: Host) -> Int32 {
    var out: Text = []
    out.append(text: "apus: ")
    out.append(name: Name(text: error.message))
    out.append(text: "\n`apus help")
    if command.utf8CodeUnitCount > 0 { out.append(UInt8(ascii: " ")) }
    out.append(text: command)
    out.append(text: "` shows what there is.\n")
    host.terminal.writeError(out)
    return misuse
  }

  fileprivate static func failed(_ error: RuntimeError, asJSON: Bool, _ host: Host) -> Int32 {
    let message = host.message(error)
    if asJSON {
      var json = JSON()
      json.error(error, message)
      host.terminal.write(json.bytes + [UInt8(ascii: "\n")])
    }
    var out: Text = []
    out.append(text: "apus: ")
    out.append(name: message)
    out.append(UInt8(ascii: "\n"))
    host.terminal.writeError(out)
    return failure
  }

  /// A subcommand without its type.
  private struct Entry {
    let usage: Usage
    let run: ([Name], Host) -> Int32

    init<S: Subcommand>(_: S.Type) {
      usage = S.usage
      run = { words, host in
        if words.contains(where: { $0 == "--help" || $0 == "-h" }) {
          host.terminal.write(S.usage.text)
          return 0
        }
        let subcommand: S
        let asJSON: Bool
        do throws(RuntimeError) {
          let arguments = try Arguments(words, S.usage)
          asJSON = arguments.has("--json")
          subcommand = try S(arguments)
        } catch {
          return misused(error, S.usage.command, host)
        }
        do throws(RuntimeError) { return try subcommand.run(host) } catch {
          return failed(error, asJSON: asJSON, host)
        }
      }
    }
  }
}

/// One of the command's verbs. `init` throws where the command line is wrong, `run` where the work fails.
protocol Subcommand {
  static var usage: Usage { get }
  init(_ arguments: Arguments) throws(RuntimeError)
  func run(_ host: Host) throws(RuntimeError) -> Int32
}

extension JSON {
  /// `{"error": {…}}`
  mutating func error(_ error: RuntimeError, _ message: Name) {
    try? object { (json) throws(RuntimeError) in
      json.key("error")
      try json.object { (json) throws(RuntimeError) in
        json.key("code")
        json.integer(Int(error.code.rawValue))
        json.key("message")
        json.string(message)
        guard let node = error.node else { return }
        json.key("node")
        json.string(node.name)
        json.key("opType")
        json.string(node.opType)
        json.key("opset")
        json.integer(node.opset)
      }
    }
  }
}
