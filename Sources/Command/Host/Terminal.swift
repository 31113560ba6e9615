import CHost
import Tensors

/// Where a command's words go: results to one stream, errors and progress to another.
class Terminal {
  /// Whether somebody watches the error stream, so that progress is worth showing.
  var isWatched: Bool { false }

  func write(_ text: Text) {}
  func writeError(_ text: Text) {}

  /// Milliseconds since a fixed moment.
  final func now() -> Double { ch_milliseconds() }
}

/// The process's own streams.
final class StandardTerminal: Terminal {
  override var isWatched: Bool { ch_is_terminal(2) == 1 }

  override func write(_ text: Text) { StandardTerminal.write(text, to: 1) }
  override func writeError(_ text: Text) { StandardTerminal.write(text, to: 2) }

  private static func write(_ text: Text, to file: Int32) {
    text.withUnsafeBytes { buffer in
      var done = 0
      while done < buffer.count {
        let put = ch_write(file, buffer.baseAddress! + done, buffer.count - done)
        // Nobody is left to be told of it.
        if put <= 0 { return }
        done += Int(put)
      }
    }
  }
}

/// A line on a watched terminal that says how far long work is; nothing elsewhere.
final class Progress {
  private let terminal: Terminal
  private var isShown = false
  private var lastShown: Double

  init(_ terminal: Terminal) {
    self.terminal = terminal
    lastShown = terminal.now()
  }

  /// Shows what is being done, at most ten times a second.
  func show(_ what: StaticString, _ name: Name = Name(), percent: Int? = nil) {
    guard terminal.isWatched else { return }
    let now = terminal.now()
    guard now - lastShown >= 100 else { return }
    lastShown = now
    var line: Text = []
    line.append(text: "\r\u{1b}[K")
    line.append(text: what)
    if !name.isEmpty {
      line.append(UInt8(ascii: " "))
      line.append(name: name)
    }
    if let percent {
      line.append(UInt8(ascii: " "))
      line.append(decimal: percent)
      line.append(text: " %")
    }
    terminal.writeError(line)
    isShown = true
  }

  /// Takes the line away.
  func clear() {
    guard isShown else { return }
    isShown = false
    var line: Text = []
    line.append(text: "\r\u{1b}[K")
    terminal.writeError(line)
  }
}
