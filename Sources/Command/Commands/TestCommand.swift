import Apus
import Tensors

/// Runs models on inputs whose outputs are known: folders as ONNX's own tests have them.
struct TestCommand: Subcommand {
  static let usage = Usage(
    "test", "Runs folders of a model.onnx with test_data_set_N/input_N.pb and output_N.pb, and compares.",
    operands: "[FOLDER...]", 0...Int.max,
    options: [
      Usage.Option("--list", "FILE", "a file with a folder a line; # starts a comment"),
      Usage.Option("--root", "DIR", "where the folders of the list are (default: here)"),
      Usage.Option("--rtol", "X", "the difference allowed, times the expected number (default: 1e-3)"),
      Usage.Option("--atol", "X", "the difference allowed besides (default: 1e-7)"),
      Usage.Option(
        "--max-relative", "X", "instead: the largest difference allowed, over the largest number expected"),
      Usage.Option("--shapes", nil, "compare types and shapes alone: for models of random numbers"),
      Usage.Option("--quantum", "N", "the difference allowed in integers of 16 bits and fewer (default: 0)"),
      Usage.Option("--create", nil, "only make the sessions"),
      Usage.Option("--quiet", nil, "print only what fails, and the sum"),
    ] + SessionOptions.options + [Usage.Option("--json", nil, "print JSON, a line for each folder")],
    notes: ["A folder without a model.onnx stands for those in it. Values are read from .npy files too."])

  private let folders: [Name]
  private let list: Name?
  private let root: Name
  private var tolerance = Tolerance()
  private let onlyCreates: Bool
  private let isQuiet: Bool
  private let options: SessionOptions
  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) {
    folders = arguments.operands
    list = arguments.value("--list")
    root = arguments.value("--root") ?? "."
    tolerance.relative = try arguments.number("--rtol") ?? tolerance.relative
    tolerance.absolute = try arguments.number("--atol") ?? tolerance.absolute
    tolerance.overMaximum = try arguments.number("--max-relative")
    tolerance.isOfShapes = arguments.has("--shapes")
    tolerance.quantum = try arguments.number("--quantum") ?? 0
    onlyCreates = arguments.has("--create")
    isQuiet = arguments.has("--quiet")
    options = try SessionOptions(arguments)
    asJSON = arguments.has("--json")
    if folders.isEmpty, list == nil {
      throw RuntimeError(.invalidArgument, "a folder or --list is missing")
    }
  }

  /// How one folder went.
  private struct Result {
    let name: Name
    /// Why it failed, or nil.
    var reason: Name?
    var milliseconds = 0.0
    /// The largest difference over the largest number expected, of the worst output.
    var relativeDifference = 0.0
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    let folders = try allFolders()
    let progress = Progress(host.terminal)
    var passed = 0
    for (i, folder) in folders.enumerated() {
      progress.show("testing", folder.name, percent: 100 * i / folders.count)
      let result = test(folder.path, folder.name, host)
      if result.reason == nil { passed += 1 }
      if isQuiet, result.reason == nil { continue }
      progress.clear()
      host.terminal.write(asJSON ? try json(result) : text(result))
    }
    progress.clear()
    if !asJSON { host.terminal.write(sum(passed, folders.count)) }
    return passed == folders.count ? 0 : Command.failure
  }

  /// Every folder with what it is called: its last part, or its line in the list.
  private func allFolders() throws(RuntimeError) -> [(path: Name, name: Name)] {
    var all: [(path: Name, name: Name)] = []
    for folder in folders {
      if Files.kind(folder) != .directory {
        throw RuntimeError(.noSuchFile, "there is no directory %s", name: folder)
      }
      if Files.kind(folder.joined("model.onnx")) == .file {
        all.append((folder, folder.lastPart))
        continue
      }
      let inside = try Files.list(folder).map { folder.joined($0) }
        .filter { Files.kind($0.joined("model.onnx")) == .file }
      if inside.isEmpty { throw RuntimeError(.noSuchFile, "there is no model.onnx in or below %s", name: folder) }
      all += inside.map { ($0, $0.lastPart) }
    }
    if let list {
      for line in try Files.read(list).split(separator: UInt8(ascii: "\n")) {
        let text = line.prefix { $0 != UInt8(ascii: "#") }.filter { $0 > 32 }
        if !text.isEmpty { all.append((root.joined(Name(text)), Name(text))) }
      }
    }
    return all
  }

  private func test(_ folder: Name, _ name: Name, _ host: Host) -> Result {
    var result = Result(name: name)
    let started = host.terminal.now()
    do throws(RuntimeError) {
      let file = try ModelFile(folder, host)
      let session = try file.session(options, host)
      if onlyCreates { return result }
      let sets = try Files.list(folder).filter { $0.hasPrefix("test_data_set_") }
      if sets.isEmpty { throw RuntimeError(.noSuchFile, "there is no test_data_set_N in the folder") }
      for set in sets where result.reason == nil {
        try run(folder.joined(set), session, file, &result, host)
      }
    } catch {
      result.reason = host.message(error, about: folder.joined("model.onnx"))
    }
    result.milliseconds = host.terminal.now() - started
    return result
  }

  /// Runs one set of inputs; the first output that is wrong is the reason to fail.
  private func run(
    _ set: Name, _ session: Session, _ file: ModelFile, _ result: inout Result, _ host: Host
  ) throws(RuntimeError) {
    var inputs: [(Name, Value)] = []
    for (i, input) in session.inputs.enumerated() {
      guard let path = TestCommand.path(set, "input_", i) else { continue }
      let type = file.declaredType(input.name)
      inputs.append((input.name, try ValueFile.read(path, as: type, allocator: session.allocator, host)))
    }
    let outputs = try session.run(inputs)
    var compared = 0
    for (i, info) in file.proto.graph.outputs.enumerated() {
      guard let path = TestCommand.path(set, "output_", i) else { continue }
      let expected = try ValueFile.read(path, as: info.type, allocator: session.allocator, host)
      guard let actual = outputs.first(where: { $0.0 == info.name })?.1 else {
        throw RuntimeError(.fail, "output %s is missing", name: info.name)
      }
      let comparison = Comparison(actual, expected, tolerance)
      result.relativeDifference = max(result.relativeDifference, comparison.relativeDifference)
      compared += 1
      if let mismatch = comparison.mismatch {
        var text: Text = []
        text.append(text: "output ")
        text.append(quoted: info.name)
        text.append(UInt8(ascii: " "))
        result.reason = Name(text + mismatch)
        return
      }
    }
    if compared == 0 { throw RuntimeError(.noSuchFile, "there is no output to compare with in %s", name: set) }
  }

  private static func path(_ set: Name, _ prefix: StaticString, _ index: Int) -> Name? {
    var text = Name(prefix).bytes
    text.append(decimal: index)
    for suffix in [".pb", ".npy"] as [Name] {
      let path = set.joined(Name(text) + suffix)
      if Files.kind(path) == .file { return path }
    }
    return nil
  }

  private func text(_ result: Result) -> Text {
    var out: Text = []
    out.append(text: result.reason == nil ? "pass " : "fail ")
    out.append(name: result.name)
    if let reason = result.reason {
      out.append(text: ": ")
      out.append(name: reason)
    }
    out.append(UInt8(ascii: "\n"))
    return out
  }

  private func json(_ result: Result) throws(RuntimeError) -> Text {
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("name")
      json.string(result.name)
      json.key("ok")
      json.bool(result.reason == nil)
      json.key("reason")
      if let reason = result.reason { json.string(reason) } else { json.null() }
      json.key("milliseconds")
      json.fixed(result.milliseconds, decimals: 3)
      json.key("relativeDifference")
      json.number(result.relativeDifference)
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }

  private func sum(_ passed: Int, _ total: Int) -> Text {
    var out: Text = []
    out.append(decimal: passed)
    out.append(text: " passed, ")
    out.append(decimal: total - passed)
    out.append(text: " failed\n")
    return out
  }
}
