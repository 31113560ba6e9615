import Tensors

/// Rows of text in columns as wide as their widest cell.
struct Table {
  /// Which columns are numbers and stand at the right.
  private let alignsRight: [Bool]
  private var rows: [[Text]] = []

  init(alignsRight: [Bool], header: [StaticString] = []) {
    self.alignsRight = alignsRight
    if !header.isEmpty { rows.append(header.map { Name($0).bytes }) }
  }

  mutating func add(_ cells: [Text]) { rows.append(cells) }

  /// All rows, each with a line's end.
  func text(indent: Int = 0) -> Text {
    var widths = [Int](repeating: 0, count: alignsRight.count)
    for row in rows { for (i, cell) in row.enumerated() { widths[i] = max(widths[i], cell.columnCount) } }
    var out: Text = []
    for row in rows {
      var line = Text(repeating: 32, count: indent)
      for (i, cell) in row.enumerated() {
        let padding = Text(repeating: 32, count: widths[i] - cell.columnCount)
        if i > 0 { line.append(text: "  ") }
        line += alignsRight[i] ? padding + cell : cell + padding
      }
      while line.last == 32 { line.removeLast() }
      out += line
      out.append(UInt8(ascii: "\n"))
    }
    return out
  }
}

extension Text {
  /// The columns that this takes on a terminal, one a character.
  fileprivate var columnCount: Int { reduce(0) { $0 + ($1 & 0xc0 == 0x80 ? 0 : 1) } }
}
