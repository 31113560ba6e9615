import Apus
import Tensors

/// Runs a model once and shows or writes what it answers.
struct RunCommand: Subcommand {
  static let usage = Usage(
    "run", "Runs a model once and prints its outputs, or writes them to files.", operands: "MODEL", 1...1,
    options: Feeds.options + [
      Usage.Option("--output", "NAME", "an output, or any value of the graph, to show (default: all outputs)"),
      Usage.Option("--output-dir", "DIR", "where to write every output as NAME.npy"),
      Usage.Option("--elements", "N", "how many elements of each output to print (default: 6)"),
    ] + SessionOptions.options + [Usage.Option("--json", nil, "print JSON")],
    notes: ["Inputs that no file is given for are made up from the seed: floats in [-1, 1), integers 0 or 1."])

  private let model: Name
  private let feeds: Feeds
  private let outputs: [Name]
  private let directory: Name?
  private let elements: Int
  private let options: SessionOptions
  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) {
    model = arguments.operands[0]
    feeds = try Feeds(arguments)
    outputs = arguments.values("--output")
    directory = arguments.value("--output-dir")
    elements = try arguments.integer("--elements", 0...Int.max) ?? 6
    options = try SessionOptions(arguments)
    asJSON = arguments.has("--json")
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    let started = host.terminal.now()
    let file = try ModelFile(model, host)
    let session = try file.session(options, fed: feeds.names, fetched: outputs, host)
    let created = host.terminal.now()
    let inputs = try feeds.values(for: session, file, host)
    let fed = host.terminal.now()
    let results = try host.about(file.path) { () throws(RuntimeError) in
      try session.run(inputs, fetches: outputs.isEmpty ? nil : outputs)
    }
    let times = (create: created - started, run: host.terminal.now() - fed)
    let paths = try write(results)
    if asJSON {
      host.terminal.write(try json(inputs, results, paths, times))
    } else {
      host.terminal.write(text(results, paths, times))
    }
    return 0
  }

  /// The files of each output; empty lists where none are asked for.
  private func write(_ results: [(Name, Value)]) throws(RuntimeError) -> [[Name]] {
    guard let directory else { return results.map { _ in [] } }
    try Files.makeDirectory(directory)
    var taken: [Name] = []
    var paths: [[Name]] = []
    for (name, value) in results {
      var fileName = name.asFileName
      while taken.contains(fileName) { fileName = fileName + "_" }
      taken.append(fileName)
      paths.append(try ValueFile.write(value, name: fileName, in: directory))
    }
    return paths
  }

  private func text(_ results: [(Name, Value)], _ paths: [[Name]], _ times: (create: Double, run: Double)) -> Text {
    var out: Text = []
    for ((name, value), written) in zip(results, paths) {
      out.append(name: name)
      out.append(text: ": ")
      out.append(summary: value, elements: elements)
      for path in written {
        out.append(text: "\n  -> ")
        out.append(name: path)
      }
      out.append(UInt8(ascii: "\n"))
    }
    out.append(text: "loaded in ")
    out.append(fixed: times.create, decimals: 1)
    out.append(text: " ms, ran in ")
    out.append(fixed: times.run, decimals: 1)
    out.append(text: " ms\n")
    return out
  }

  private func json(
    _ inputs: [(Name, Value)], _ results: [(Name, Value)], _ paths: [[Name]], _ times: (create: Double, run: Double)
  ) throws(RuntimeError) -> Text {
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("createMilliseconds")
      json.fixed(times.create, decimals: 3)
      json.key("milliseconds")
      json.fixed(times.run, decimals: 3)
      json.key("inputs")
      try json.object { (json) throws(RuntimeError) in
        for (name, value) in inputs {
          json.key(name)
          try json.value(value, elements: 0)
        }
      }
      json.key("outputs")
      try json.object { (json) throws(RuntimeError) in
        for (name, value) in results {
          json.key(name)
          try json.value(value, elements: elements)
        }
      }
      if directory == nil { return }
      json.key("files")
      try json.object { (json) throws(RuntimeError) in
        for ((name, _), written) in zip(results, paths) {
          json.key(name)
          try json.array { (json) throws(RuntimeError) in for path in written { json.string(path) } }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}
