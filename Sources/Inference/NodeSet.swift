/// A set of nodes by their index, whose least element from some node on is found fast.
struct NodeSet {
  private var words: [UInt64]

  /// The nodes from 0 to below `count`.
  init(below count: Int) {
    words = [UInt64](repeating: .max, count: (count + 63) / 64)
    if count % 64 != 0 { words[count / 64] = (1 << UInt64(count % 64)) - 1 }
  }

  mutating func insert(_ node: Int) { words[node / 64] |= 1 << UInt64(node % 64) }
  mutating func remove(_ node: Int) { words[node / 64] &= ~(1 << UInt64(node % 64)) }

  /// The least element that is `node` or greater.
  func first(from node: Int) -> Int? {
    var at = node / 64
    guard at < words.count else { return nil }
    var word = words[at] & (.max << UInt64(node % 64))
    while word == 0 {
      at += 1
      if at == words.count { return nil }
      word = words[at]
    }
    return at * 64 + word.trailingZeroBitCount
  }
}
