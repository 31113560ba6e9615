import Apus
import CKernels

/// The control block: words at a fixed address that the host may read and write while nothing runs, and after a trap.
///
/// wasm/ABI.md has the table.
final class Control {
  /// What the core is at.
  enum Phase: UInt32 {
    case idle = 0
    case create = 1
    case run = 2
  }

  private enum Word {
    static let version = 0
    static let phase = 1
    static let stop = 2
    static let step = 3
    static let team = 4
    static let responseAddress = 5
    static let responseByteCount = 6
    static let nodeByteCount = 7
    static let opTypeByteCount = 8
    static let text = 9
    static let count = 128
  }

  /// The version of the boundary; a host of another one must not go on.
  static let version: UInt32 = 3

  let words: UnsafeMutablePointer<UInt32>
  /// What `respond` answers.
  let block = BlockWriter()
  private(set) var response = UnsafeRawBufferPointer(start: nil, count: 0)

  init() {
    // 512 bytes; without them nothing at all would work.
    words = ck_allocate(4 * Word.count)!.assumingMemoryBound(to: UInt32.self)
    words.update(repeating: 0, count: Word.count)
    words[Word.version] = Control.version
  }

  /// Whether the host asked that what runs be stopped.
  var isStopped: Bool { words[Word.stop] != 0 }

  /// Where the team is that worker threads may join.
  var team: UnsafeMutableRawPointer? {
    get { UnsafeMutableRawPointer(bitPattern: UInt(words[Word.team])) }
    set { words[Word.team] = UInt32(truncatingIfNeeded: UInt(bitPattern: newValue)) }
  }

  func begin(_ phase: Phase) {
    words[Word.phase] = phase.rawValue
    words[Word.stop] = 0
    words[Word.step] = 0
    note(nil)
  }

  func end() {
    words[Word.phase] = Phase.idle.rawValue
    note(nil)
  }

  /// Writes which node comes next, so that a trap in it can be told by name.
  func note(_ node: RuntimeError.Node?) {
    words[Word.step] &+= 1
    guard let node else {
      words[Word.nodeByteCount] = 0
      words[Word.opTypeByteCount] = 0
      return
    }
    let room = 4 * (Word.count - Word.text)
    let text = UnsafeMutableRawPointer(words + Word.text)
    let opType = min(node.opType.bytes.count, room / 2)
    let name = min(node.name.bytes.count, room - opType)
    node.name.bytes.withUnsafeBytes { if let base = $0.baseAddress { text.copyMemory(from: base, byteCount: name) } }
    node.opType.bytes.withUnsafeBytes {
      if let base = $0.baseAddress { (text + name).copyMemory(from: base, byteCount: opType) }
    }
    words[Word.nodeByteCount] = UInt32(name)
    words[Word.opTypeByteCount] = UInt32(opType)
  }

  /// Answers what is written in `block`, until the next answer; false where there was no memory for all of it.
  func respond() -> Bool {
    if block.isCut { return false }
    response = block.finished()
    words[Word.responseAddress] = UInt32(truncatingIfNeeded: UInt(bitPattern: response.baseAddress))
    words[Word.responseByteCount] = UInt32(response.count)
    return true
  }
}
