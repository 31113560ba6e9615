import Apus
import Tensors

/// Measures how long a model takes, and which operators take it.
struct BenchCommand: Subcommand {
  static let usage = Usage(
    "bench", "Measures a model: time to load, first run, median and minimum of many, and time by operator.",
    operands: "MODEL", 1...1,
    options: Feeds.options + [
      Usage.Option("--runs", "N", "how many runs to measure (default: as many as --seconds takes, at least 5)"),
      Usage.Option("--seconds", "S", "how long to measure (default: 2)"),
      Usage.Option("--warmup", "N", "runs before those that are measured, at least 1 (default: 3)"),
      Usage.Option("--top", "N", "how many operators to show (default: 12)"),
    ] + SessionOptions.options + [Usage.Option("--json", nil, "print JSON")])

  private let model: Name
  private let feeds: Feeds
  private let runs: Int?
  private let seconds: Double
  private let warmup: Int
  private let top: Int
  private let options: SessionOptions
  private let asJSON: Bool

  init(_ arguments: Arguments) throws(RuntimeError) {
    model = arguments.operands[0]
    feeds = try Feeds(arguments)
    runs = try arguments.integer("--runs", 1...1_000_000)
    seconds = try arguments.number("--seconds") ?? 2
    warmup = try arguments.integer("--warmup", 1...1_000_000) ?? 3
    top = try arguments.integer("--top", 0...Int.max) ?? 12
    options = try SessionOptions(arguments)
    asJSON = arguments.has("--json")
  }

  /// What was measured, in milliseconds.
  private struct Measurement {
    var threads = 1
    var create = 0.0
    var firstRun = 0.0
    /// Sorted.
    var runs: [Double] = []
    var operators: [(name: Name, nodes: Int, milliseconds: Double)] = []

    var median: Double {
      let middle = runs.count / 2
      return runs.count % 2 == 1 ? runs[middle] : (runs[middle - 1] + runs[middle]) / 2
    }
    var minimum: Double { runs.first ?? 0 }
    var mean: Double { runs.reduce(0, +) / Double(runs.count) }
    /// Nine of ten runs took no longer.
    var ninth: Double { runs[min(runs.count - 1, (runs.count * 9 + 9) / 10 - 1)] }
  }

  func run(_ host: Host) throws(RuntimeError) -> Int32 {
    let file = try ModelFile(model, host)
    var measurement = Measurement()
    try measureRuns(file, &measurement, host)
    if top > 0 { try measureOperators(file, &measurement, host) }
    if asJSON {
      host.terminal.write(try json(file, measurement))
    } else {
      host.terminal.write(text(file, measurement))
    }
    return 0
  }

  private func measureRuns(_ file: ModelFile, _ measurement: inout Measurement, _ host: Host) throws(RuntimeError) {
    let terminal = host.terminal
    let progress = Progress(terminal)
    defer { progress.clear() }
    let started = terminal.now()
    let session = try file.session(options, fed: feeds.names, host)
    measurement.create = terminal.now() - started
    measurement.threads = options.platform(host).threadCount
    let inputs = try feeds.values(for: session, file, host)
    measurement.firstRun = try time(session, inputs, file, host)
    for i in 1..<max(warmup, 1) {
      progress.show("warming up, run", percent: 100 * i / warmup)
      _ = try time(session, inputs, file, host)
    }
    let from = terminal.now()
    while true {
      let elapsed = terminal.now() - from
      if let runs {
        if measurement.runs.count >= runs { break }
        progress.show("measuring", percent: 100 * measurement.runs.count / runs)
      } else {
        if measurement.runs.count >= 5, elapsed >= seconds * 1000 { break }
        progress.show("measuring", percent: min(100, Int(elapsed / max(seconds * 10, 1e-9))))
      }
      measurement.runs.append(try time(session, inputs, file, host))
    }
    measurement.runs.sort()
  }

  /// A session of its own, so that looking at the clock for each node costs the other one nothing.
  private func measureOperators(_ file: ModelFile, _ measurement: inout Measurement, _ host: Host) throws(RuntimeError)
  {
    let terminal = host.terminal
    let session = try file.session(options, fed: feeds.names, clock: { terminal.now() }, host)
    let inputs = try feeds.values(for: session, file, host)
    for _ in 0..<warmup { _ = try time(session, inputs, file, host) }
    let before = session.profile?.byOperator ?? []
    let runCount = max(1, min(measurement.runs.count, 5))
    for _ in 0..<runCount { _ = try time(session, inputs, file, host) }
    for entry in session.profile?.byOperator ?? [] {
      let earlier = before.first { $0.opType == entry.opType }
      let milliseconds = entry.milliseconds - (earlier?.milliseconds ?? 0)
      let nodes = (entry.runCount - (earlier?.runCount ?? 0)) / runCount
      measurement.operators.append((entry.opType, nodes, milliseconds / Double(runCount)))
    }
    measurement.operators.sort { $0.milliseconds > $1.milliseconds }
  }

  private func time(
    _ session: Session, _ inputs: [(Name, Value)], _ file: ModelFile, _ host: Host
  ) throws(RuntimeError) -> Double {
    let started = host.terminal.now()
    try host.about(file.path) { () throws(RuntimeError) in _ = try session.run(inputs) }
    return host.terminal.now() - started
  }

  private func text(_ file: ModelFile, _ measurement: Measurement) -> Text {
    var out: Text = []
    out.append(name: file.path)
    out.append(UInt8(ascii: "\n"))
    var times = Table(alignsRight: [false, true, false])
    let rows: [(StaticString, Double)] = [
      ("load", measurement.create), ("first run", measurement.firstRun), ("median", measurement.median),
      ("minimum", measurement.minimum), ("mean", measurement.mean), ("90 %", measurement.ninth),
    ]
    for (name, value) in rows {
      var cell: Text = []
      cell.append(fixed: value, decimals: 3)
      times.add([Name(name).bytes, cell, Name("ms").bytes])
    }
    out += times.text(indent: 2)
    out.append(text: "  over ")
    out.append(decimal: measurement.runs.count)
    out.append(text: " runs on ")
    out.append(decimal: measurement.threads)
    out.append(text: measurement.threads == 1 ? " thread\n" : " threads\n")
    if measurement.operators.isEmpty { return out }
    let total = measurement.operators.reduce(0) { $0 + $1.milliseconds }
    var table = Table(alignsRight: [false, true, true, true], header: ["operator", "nodes", "ms a run", "share"])
    for row in measurement.operators.prefix(top) {
      var cells: [Text] = [[], [], []]
      cells[0].append(decimal: row.nodes)
      cells[1].append(fixed: row.milliseconds, decimals: 3)
      cells[2].append(fixed: total > 0 ? 100 * row.milliseconds / total : 0, decimals: 1)
      cells[2].append(text: " %")
      table.add([row.name.bytes] + cells)
    }
    out += table.text(indent: 2)
    return out
  }

  private func json(_ file: ModelFile, _ measurement: Measurement) throws(RuntimeError) -> Text {
    var json = JSON()
    try json.object { (json) throws(RuntimeError) in
      json.key("path")
      json.string(file.path)
      json.key("threads")
      json.integer(measurement.threads)
      let rows: [(StaticString, Double)] = [
        ("create", measurement.create), ("firstRun", measurement.firstRun), ("median", measurement.median),
        ("minimum", measurement.minimum), ("mean", measurement.mean), ("p90", measurement.ninth),
      ]
      for (name, value) in rows {
        json.key(Name(name))
        json.fixed(value, decimals: 4)
      }
      json.key("runs")
      try json.array { (json) throws(RuntimeError) in for time in measurement.runs { json.fixed(time, decimals: 4) } }
      json.key("operators")
      try json.array { (json) throws(RuntimeError) in
        for row in measurement.operators.prefix(top) {
          try json.object { (json) throws(RuntimeError) in
            json.key("operator")
            json.string(row.name)
            json.key("nodes")
            json.integer(row.nodes)
            json.key("milliseconds")
            json.fixed(row.milliseconds, decimals: 4)
          }
        }
      }
    }
    return json.bytes + [UInt8(ascii: "\n")]
  }
}
