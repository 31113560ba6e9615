import Tensors

/// Reads a pattern of RE2's syntax into its parts.
struct RegexParser {
  /// How deep groups may lie in each other, and how often a part may be repeated by number.
  private static let depthLimit = 100
  private static let repeatLimit = 1000

  private let pattern: Name
  private let text: [UInt32]
  private var i = 0
  private var depth = 0
  private var ignoresCase = false
  private var isMultiline = false
  private var dotTakesNewline = false

  init(_ pattern: Name) throws(RuntimeError) {
    self.pattern = pattern
    text = RegexParser.scalars(pattern.bytes)
  }

  /// The code points of UTF-8; a byte that is no part of any is U+FFFD.
  static func scalars(_ bytes: [UInt8]) -> [UInt32] {
    var scalars: [UInt32] = []
    scalars.reserveCapacity(bytes.count)
    var i = 0
    while i < bytes.count {
      let byte = bytes[i]
      let length = byte < 0x80 ? 1 : byte & 0xe0 == 0xc0 ? 2 : byte & 0xf0 == 0xe0 ? 3 : byte & 0xf8 == 0xf0 ? 4 : 0
      var scalar = length == 1 ? UInt32(byte) : UInt32(byte) & (0x7f >> UInt32(max(length, 1)))
      var isWhole = length > 0 && i + length <= bytes.count
      if isWhole {
        for j in 1..<max(length, 1) {
          isWhole = isWhole && bytes[i + j] & 0xc0 == 0x80
          scalar = scalar << 6 | UInt32(bytes[i + j] & 0x3f)
        }
      }
      scalars.append(isWhole && scalar <= CharacterClass.last ? scalar : 0xfffd)
      i += isWhole ? length : 1
    }
    return scalars
  }

  mutating func parsed() throws(RuntimeError) -> RegexNode {
    let node = try alternatives()
    if i < text.count { throw bad("pattern %s has a ) without a (") }
    return node
  }

  private func bad(_ why: StaticString) -> RuntimeError { RuntimeError(.invalidGraph, why, name: pattern) }

  private func peek(_ c: Unicode.Scalar, at offset: Int = 0) -> Bool {
    i + offset < text.count && text[i + offset] == c.value
  }

  private func symbol(_ c: UInt32) -> Unicode.Scalar { Unicode.Scalar(c) ?? "\u{fffd}" }

  private mutating func skip(_ c: Unicode.Scalar) -> Bool {
    guard peek(c) else { return false }
    i += 1
    return true
  }

  private mutating func next() throws(RuntimeError) -> UInt32 {
    guard i < text.count else { throw bad("pattern %s ends too early") }
    i += 1
    return text[i - 1]
  }

  private mutating func alternatives() throws(RuntimeError) -> RegexNode {
    depth += 1
    defer { depth -= 1 }
    guard depth < RegexParser.depthLimit else { throw bad("pattern %s has groups too deep in each other") }
    var branches = [try sequence()]
    while skip("|") { branches.append(try sequence()) }
    return branches.count == 1 ? branches[0] : .either(branches)
  }

  private mutating func sequence() throws(RuntimeError) -> RegexNode {
    var nodes: [RegexNode] = []
    while i < text.count, !peek("|"), !peek(")") {
      if peek("\\"), peek("Q", at: 1) {
        i += 2
        let isEmpty = peek("\\") && peek("E", at: 1)
        while i < text.count, !(peek("\\") && peek("E", at: 1)) { nodes.append(take(try next())) }
        i = min(i + 2, text.count)
        // A repetition behind it is the last character's.
        if !isEmpty, let last = nodes.popLast() { nodes.append(try repeated(last)) }
        continue
      }
      nodes.append(try repeated(try atom()))
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// The part with the repetition that stands behind it. Whether as few as possible are taken does not matter here.
  private mutating func repeated(_ node: RegexNode) throws(RuntimeError) -> RegexNode {
    guard let (least, most) = try repetition() else { return node }
    _ = skip("?")
    let start = i
    guard try repetition() == nil else {
      i = start
      throw bad("pattern %s repeats a repetition")
    }
    return .repeated(node, least: least, most: most)
  }

  private mutating func repetition() throws(RuntimeError) -> (Int, Int?)? {
    if skip("*") { return (0, nil) }
    if skip("+") { return (1, nil) }
    if skip("?") { return (0, 1) }
    let start = i
    // Braces that are no repetition are themselves.
    guard skip("{"), let least = number() else {
      i = start
      return nil
    }
    var most: Int? = least
    if skip(",") { most = number() }
    guard skip("}") else {
      i = start
      return nil
    }
    guard least <= RegexParser.repeatLimit, most ?? least <= RegexParser.repeatLimit, least <= most ?? least else {
      throw bad("pattern %s repeats more often than 1000 times, or less than 0")
    }
    return (least, most)
  }

  private mutating func number() -> Int? {
    var value: Int?
    while i < text.count, text[i] >= 48, text[i] <= 57 {
      value = min((value ?? 0) * 10 + Int(text[i] - 48), 1 << 20)
      i += 1
    }
    return value
  }

  private func take(_ c: UInt32) -> RegexNode { take(CharacterClass([(c, c)])) }

  private func take(_ characters: CharacterClass) -> RegexNode {
    var characters = characters
    characters.ignoresCase = ignoresCase
    return .take(characters)
  }

  private mutating func atom() throws(RuntimeError) -> RegexNode {
    let c = try next()
    switch symbol(c) {
    case "(": return try group()
    case "[": return take(try bracketed())
    case ".": return .take(dotTakesNewline ? .all : .allButNewline)
    case "^": return .assert(isMultiline ? .lineStart : .textStart)
    case "$": return .assert(isMultiline ? .lineEnd : .textEnd)
    case "*", "+", "?": throw bad("pattern %s repeats nothing")
    case "\\":
      if let assertion = assertion() { return .assert(assertion) }
      if let characters = perlClass() { return take(characters) }
      return take(try escaped())
    default: return take(c)
    }
  }

  private mutating func assertion() -> RegularExpression.Assertion? {
    if skip("A") { return .textStart }
    if skip("z") { return .textEnd }
    if skip("b") { return .wordBoundary }
    if skip("B") { return .noWordBoundary }
    return nil
  }

  /// What follows a parenthesis.
  private mutating func group() throws(RuntimeError) -> RegexNode {
    let flags = (ignoresCase, isMultiline, dotTakesNewline)
    if skip("?") {
      if peek("P") || peek("<") {
        _ = skip("P")
        guard skip("<") else { throw bad("pattern %s has a group of a kind that is not known") }
        let start = i
        while i < text.count, CharacterClass.word.contains(text[i]) { i += 1 }
        guard i > start, skip(">") else { throw bad("pattern %s has a group of no name, or looks behind") }
      } else {
        try readFlags()
        if skip(")") { return .empty }
        guard skip(":") else { throw bad("pattern %s has a group of a kind that is not known") }
      }
    }
    let node = try alternatives()
    guard skip(")") else { throw bad("pattern %s has a ( without a )") }
    (ignoresCase, isMultiline, dotTakesNewline) = flags
    return node
  }

  private mutating func readFlags() throws(RuntimeError) {
    var isOn = true
    while !peek(":"), !peek(")") {
      switch symbol(try next()) {
      case "i": ignoresCase = isOn
      case "m": isMultiline = isOn
      case "s": dotTakesNewline = isOn
      case "U": break
      case "-" where isOn: isOn = false
      default: throw bad("pattern %s has a flag that is not known, or looks around")
      }
    }
  }

  /// `\d` and its like.
  private mutating func perlClass() -> CharacterClass? {
    guard i < text.count else { return nil }
    var characters: CharacterClass
    switch symbol(text[i]) {
    case "d", "D": characters = .digit
    case "s", "S": characters = .space
    case "w", "W": characters = .word
    default: return nil
    }
    characters.isNegated = text[i] < 97
    i += 1
    return characters
  }

  /// One character, behind a backslash.
  private mutating func escaped() throws(RuntimeError) -> UInt32 {
    let c = try next()
    switch symbol(c) {
    case "a": return 7
    case "f": return 12
    case "n": return 10
    case "r": return 13
    case "t": return 9
    case "v": return 11
    case "x": return try hexadecimal()
    case "0"..."7":
      // One octal digit but 0 would be a reference back.
      var value = c - 48
      var count = 1
      while count < 3, i < text.count, text[i] >= 48, text[i] <= 55 {
        value = value * 8 + text[i] - 48
        i += 1
        count += 1
      }
      if c != 48, count == 1 { throw bad("pattern %s refers back, which takes more than linear time") }
      return value
    default:
      guard c < 128, !CharacterClass.word.contains(c) || c == 95 else {
        throw bad("pattern %s has an escape that is not known")
      }
      return c
    }
  }

  private mutating func hexadecimal() throws(RuntimeError) -> UInt32 {
    let isBraced = skip("{")
    var (value, count) = (UInt32(0), 0)
    while i < text.count, count < (isBraced ? 6 : 2), let digit = hexDigit(text[i]) {
      value = value << 4 | digit
      i += 1
      count += 1
    }
    guard count == 2 || isBraced && count > 0, !isBraced || skip("}"), value <= CharacterClass.last else {
      throw bad("pattern %s has a bad hexadecimal escape")
    }
    return value
  }

  private func hexDigit(_ c: UInt32) -> UInt32? {
    switch c {
    case 48...57: c - 48
    case 65...70: c - 55
    case 97...102: c - 87
    default: nil
    }
  }

  /// What follows a bracket.
  private mutating func bracketed() throws(RuntimeError) -> CharacterClass {
    var characters = CharacterClass()
    characters.isNegated = skip("^")
    var isFirst = true
    while isFirst || !peek("]") {
      isFirst = false
      if peek("["), peek(":", at: 1) {
        characters.add(try posixClass())
        continue
      }
      if peek("\\") {
        i += 1
        if let inner = perlClass() {
          characters.add(inner)
          continue
        }
        i -= 1
      }
      let low = try character()
      var high = low
      if peek("-"), !peek("]", at: 1), i + 1 < text.count {
        i += 1
        high = try character()
      }
      guard low <= high else { throw bad("pattern %s has a range that ends before it begins") }
      characters.add(low, high)
    }
    i += 1
    return characters
  }

  private mutating func character() throws(RuntimeError) -> UInt32 {
    let c = try next()
    return c == 92 ? try escaped() : c
  }

  /// `[:alpha:]` and its like.
  private mutating func posixClass() throws(RuntimeError) -> CharacterClass {
    i += 2
    let isNegated = skip("^")
    var name = Name()
    while i < text.count, text[i] >= 97, text[i] <= 122 { name.bytes.append(UInt8(truncatingIfNeeded: try next())) }
    guard skip(":"), skip("]") else { throw bad("pattern %s has a named set that does not end") }
    var characters: CharacterClass
    switch name {
    case _ where name == "alnum": characters = CharacterClass([(48, 57), (65, 90), (97, 122)])
    case _ where name == "alpha": characters = CharacterClass([(65, 90), (97, 122)])
    case _ where name == "ascii": characters = CharacterClass([(0, 127)])
    case _ where name == "blank": characters = CharacterClass([(9, 9), (32, 32)])
    case _ where name == "cntrl": characters = CharacterClass([(0, 31), (127, 127)])
    case _ where name == "digit": characters = .digit
    case _ where name == "graph": characters = CharacterClass([(33, 126)])
    case _ where name == "lower": characters = CharacterClass([(97, 122)])
    case _ where name == "print": characters = CharacterClass([(32, 126)])
    case _ where name == "punct": characters = CharacterClass([(33, 47), (58, 64), (91, 96), (123, 126)])
    case _ where name == "space": characters = CharacterClass([(9, 13), (32, 32)])
    case _ where name == "upper": characters = CharacterClass([(65, 90)])
    case _ where name == "word": characters = .word
    case _ where name == "xdigit": characters = CharacterClass([(48, 57), (65, 70), (97, 102)])
    default: throw bad("pattern %s has a named set that is not known")
    }
    characters.isNegated = isNegated
    return characters
  }
}
