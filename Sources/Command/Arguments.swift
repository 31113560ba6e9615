import Tensors

/// What a command takes: read by the parser and printed by `--help`.
struct Usage {
  struct Option {
    /// With its dashes: `--threads`.
    let name: StaticString
    /// What its value is called; nil: it takes none.
    let value: StaticString?
    let help: StaticString

    init(_ name: StaticString, _ value: StaticString? = nil, _ help: StaticString) {
      self.name = name
      self.value = value
      self.help = help
    }
  }

  let command: StaticString
  let summary: StaticString
  /// The arguments that are not options, as shown: `MODEL`.
  let operands: StaticString
  /// How many of them there may be.
  let operandCount: ClosedRange<Int>
  let options: [Option]
  /// More to know, a line each.
  let notes: [StaticString]

  init(
    _ command: StaticString, _ summary: StaticString, operands: StaticString, _ operandCount: ClosedRange<Int>,
    options: [Option], notes: [StaticString] = []
  ) {
    self.command = command
    self.summary = summary
    self.operands = operands
    self.operandCount = operandCount
    self.options = options
    self.notes = notes
  }

  /// What `--help` prints.
  var text: Text {
    var out: Text = []
    out.append(text: "usage: apus ")
    out.append(text: command)
    out.append(text: " [option...] ")
    out.append(text: operands)
    out.append(text: "\n\n")
    out.append(text: summary)
    out.append(text: "\n\n")
    var table = Table(alignsRight: [false, false])
    for option in options + [Option("--help", nil, "show this")] {
      var name = Name(option.name).bytes
      if let value = option.value {
        name.append(32)
        name.append(text: value)
      }
      table.add([name, Name(option.help).bytes])
    }
    out += table.text(indent: 2)
    if !notes.isEmpty { out.append(text: "\n") }
    for note in notes {
      out.append(text: note)
      out.append(text: "\n")
    }
    return out
  }
}

/// A command line, taken apart by a `Usage`. Options stand anywhere: `--name value`, `--name=value`; behind `--` there
/// are only operands.
struct Arguments {
  private(set) var operands: [Name] = []
  private var given: [(name: Name, value: Name)] = []

  init(_ words: [Name], _ usage: Usage) throws(RuntimeError) {
    var rest = words[...]
    var onlyOperands = false
    while let word = rest.popFirst() {
      if onlyOperands || !word.hasPrefix("-") || word.bytes.count == 1 {
        operands.append(word)
        continue
      }
      if word == "--" {
        onlyOperands = true
        continue
      }
      let (name, attached) = word.split(at: UInt8(ascii: "=")).map { ($0, Optional($1)) } ?? (word, nil)
      guard let option = usage.options.first(where: { name == $0.name }) else {
        throw RuntimeError(.invalidArgument, "unknown option %s", name: name)
      }
      if option.value == nil {
        if attached != nil { throw RuntimeError(.invalidArgument, "option %s takes no value", name: name) }
        given.append((name, Name()))
      } else {
        guard let value = attached ?? rest.popFirst() else {
          throw RuntimeError(.invalidArgument, "option %s needs a value", name: name)
        }
        given.append((name, value))
      }
    }
    guard usage.operandCount.contains(operands.count) else {
      if operands.count < usage.operandCount.lowerBound {
        throw RuntimeError(.invalidArgument, "%s is missing", name: Name(usage.operands))
      }
      throw RuntimeError(.invalidArgument, "%s is one too many", name: operands[usage.operandCount.upperBound])
    }
  }

  func has(_ name: StaticString) -> Bool { given.contains { $0.name == name } }

  /// Every value of an option, in order.
  func values(_ name: StaticString) -> [Name] { given.filter { $0.name == name }.map { $0.value } }

  /// The last value of an option.
  func value(_ name: StaticString) -> Name? { given.last { $0.name == name }?.value }

  /// An option's value as an integer of a range.
  func integer(_ name: StaticString, _ range: ClosedRange<Int>) throws(RuntimeError) -> Int? {
    guard let text = value(name) else { return nil }
    guard let value = text.integer.flatMap(Int.init(exactly:)), range.contains(value) else {
      throw RuntimeError(
        .invalidArgument, "option %s must be %d to %d, got %s", names: [Name(name), text], shapes: [],
        range.lowerBound, range.upperBound)
    }
    return value
  }

  /// An option's value as a number of at least 0.
  func number(_ name: StaticString) throws(RuntimeError) -> Double? {
    guard let text = value(name) else { return nil }
    guard let value = text.number, value >= 0 else {
      throw RuntimeError(
        .invalidArgument, "option %s must be a number of at least 0, got %s", names: [Name(name), text], shapes: [])
    }
    return value
  }

  /// Every value of an option as `NAME=REST`.
  func pairs(_ name: StaticString) throws(RuntimeError) -> [(Name, Name)] {
    var pairs: [(Name, Name)] = []
    for value in values(name) {
      guard let pair = value.split(at: UInt8(ascii: "=")) else {
        throw RuntimeError(
          .invalidArgument, "option %s must be NAME=VALUE, got %s", names: [Name(name), value], shapes: [])
      }
      pairs.append(pair)
    }
    return pairs
  }
}
