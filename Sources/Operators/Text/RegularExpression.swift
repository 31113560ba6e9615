import Tensors

/// A regular expression of RE2's syntax, which says whether it matches the whole of a text.
///
/// It becomes a small program whose states are all followed at once (Thompson's construction), so that the time is the
/// text's length times the program's, whatever the pattern. Classes of Unicode properties (`\pL`) and `\C` are refused.
///
/// <https://github.com/google/re2/wiki/Syntax>
struct RegularExpression {
  /// One state of the program.
  enum Instruction {
    /// Takes a character of a class, and goes on with the next state.
    case take(CharacterClass)
    case assert(Assertion)
    case split(Int, Int)
    case jump(Int)
    case accept
  }

  enum Assertion {
    case textStart, textEnd, lineStart, lineEnd, wordBoundary, noWordBoundary
  }

  private let program: [Instruction]

  init(_ pattern: Name) throws(RuntimeError) {
    var parser = try RegexParser(pattern)
    var compiler = RegexCompiler()
    try compiler.emit(try parser.parsed())
    compiler.program.append(.accept)
    program = compiler.program
  }

  func matches(_ text: Name) -> Bool {
    let scalars = RegexParser.scalars(text.bytes)
    var current = StateSet(program.count)
    var next = StateSet(program.count)
    follow(0, at: 0, scalars, into: &current)
    for (i, scalar) in scalars.enumerated() {
      if current.states.isEmpty { return false }
      next.clear()
      for state in current.states {
        if case .take(let characters) = program[state], characters.contains(scalar) {
          follow(state + 1, at: i + 1, scalars, into: &next)
        }
      }
      swap(&current, &next)
    }
    return current.states.contains { if case .accept = program[$0] { true } else { false } }
  }

  /// States that are reached, each once.
  private struct StateSet {
    var states: [Int] = []
    var isIn: [Bool]

    init(_ count: Int) { isIn = [Bool](repeating: false, count: count) }

    mutating func clear() {
      for state in states { isIn[state] = false }
      states.removeAll(keepingCapacity: true)
    }
  }

  /// Adds `state` and all that can be reached from it without taking a character.
  private func follow(_ state: Int, at position: Int, _ text: [UInt32], into set: inout StateSet) {
    var stack = [state]
    while let state = stack.popLast() {
      if set.isIn[state] { continue }
      set.isIn[state] = true
      set.states.append(state)
      switch program[state] {
      case .take, .accept: break
      case .jump(let to): stack.append(to)
      case .split(let a, let b): stack += [b, a]
      case .assert(let assertion): if holds(assertion, at: position, text) { stack.append(state + 1) }
      }
    }
  }

  private func holds(_ assertion: Assertion, at i: Int, _ text: [UInt32]) -> Bool {
    func isWord(_ i: Int) -> Bool { i >= 0 && i < text.count && CharacterClass.word.contains(text[i]) }
    switch assertion {
    case .textStart: return i == 0
    case .textEnd: return i == text.count
    case .lineStart: return i == 0 || text[i - 1] == 10
    case .lineEnd: return i == text.count || text[i] == 10
    case .wordBoundary: return isWord(i - 1) != isWord(i)
    case .noWordBoundary: return isWord(i - 1) == isWord(i)
    }
  }
}

/// A set of characters: ranges of code points.
struct CharacterClass {
  static let last: UInt32 = 0x10ffff
  private(set) var ranges: [(UInt32, UInt32)] = []
  /// Whether the other case of a letter counts too.
  var ignoresCase = false
  var isNegated = false

  init(_ ranges: [(UInt32, UInt32)] = []) { self.ranges = ranges }

  static var digit: CharacterClass { CharacterClass([(48, 57)]) }
  static var space: CharacterClass { CharacterClass([(9, 10), (12, 13), (32, 32)]) }
  static var word: CharacterClass { CharacterClass([(48, 57), (65, 90), (95, 95), (97, 122)]) }
  static var all: CharacterClass { CharacterClass([(0, last)]) }
  static var allButNewline: CharacterClass { CharacterClass([(0, 9), (11, last)]) }

  mutating func add(_ first: UInt32, _ last: UInt32) { ranges.append((first, last)) }
  mutating func add(_ other: CharacterClass) { ranges += other.complemented(other.isNegated) }

  /// The ranges, or those between them.
  private func complemented(_ isNegated: Bool) -> [(UInt32, UInt32)] {
    guard isNegated else { return ranges }
    var (between, next) = ([(UInt32, UInt32)](), UInt32(0))
    var order = Array(ranges.indices)
    sortPlaces(&order) { ranges[$0].0 < ranges[$1].0 }
    for i in order {
      let (low, high) = ranges[i]
      if low > next { between.append((next, low - 1)) }
      next = max(next, high + 1)
    }
    if next <= CharacterClass.last { between.append((next, CharacterClass.last)) }
    return between
  }

  func contains(_ c: UInt32) -> Bool {
    var isIn = has(c)
    if ignoresCase, !isIn { isIn = has(LetterCase.lower.converted(c)) || has(LetterCase.upper.converted(c)) }
    return isIn != isNegated
  }

  private func has(_ c: UInt32) -> Bool {
    for range in ranges where c >= range.0 && c <= range.1 { return true }
    return false
  }
}

/// A part of a pattern.
indirect enum RegexNode {
  case empty
  case take(CharacterClass)
  case assert(RegularExpression.Assertion)
  case sequence([RegexNode])
  case either([RegexNode])
  /// `most` is nil where there is no end.
  case repeated(RegexNode, least: Int, most: Int?)
}

/// Turns a pattern's parts into a program.
private struct RegexCompiler {
  /// States, and visits of parts on the way, that a pattern may cost.
  private static let limit = 20_000
  var program: [RegularExpression.Instruction] = []
  private var cost = 0

  mutating func emit(_ node: RegexNode) throws(RuntimeError) {
    cost += 1
    guard cost < RegexCompiler.limit else {
      throw RuntimeError(.invalidGraph, "the pattern must be shorter: it has more than %d states", RegexCompiler.limit)
    }
    switch node {
    case .empty: break
    case .take(let characters): program.append(.take(characters))
    case .assert(let assertion): program.append(.assert(assertion))
    case .sequence(let nodes): for node in nodes { try emit(node) }
    case .either(let nodes):
      var ends: [Int] = []
      for (i, node) in nodes.enumerated() {
        let split = program.count
        if i < nodes.count - 1 { program.append(.accept) }
        try emit(node)
        guard i < nodes.count - 1 else { break }
        ends.append(program.count)
        program.append(.accept)
        program[split] = .split(split + 1, program.count)
      }
      for end in ends { program[end] = .jump(program.count) }
    case .repeated(let node, let least, let most):
      for _ in 0..<least { try emit(node) }
      guard let most else {
        let split = program.count
        program.append(.accept)
        try emit(node)
        program.append(.jump(split))
        program[split] = .split(split + 1, program.count)
        return
      }
      var splits: [Int] = []
      for _ in least..<most {
        splits.append(program.count)
        program.append(.accept)
        try emit(node)
      }
      for split in splits { program[split] = .split(split + 1, program.count) }
    }
  }
}
