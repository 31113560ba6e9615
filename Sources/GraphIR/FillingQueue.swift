import ONNXFormat
import Tensors

/// The fillings of a session, done side by side in the order of the files that they read.
///
/// A weight may be read several times, and nodes are not in the order of their weights. Here all that reads a piece of a
/// file does so before anything reads further on, so that a host which keeps the file hears at once what of it will not
/// be read again (`ByteSource.forget`).
public final class FillingQueue {
  /// A heap: none reads from before the one above it.
  private var heap: [Filling]
  private let allocator: Allocator
  private var staging: Storage
  private var front: Origin?
  /// How many fillings there were.
  public let count: Int

  public init(_ fillings: [Filling], allocator: Allocator) throws(RuntimeError) {
    heap = fillings
    count = fillings.count
    self.allocator = allocator
    staging = try allocator.allocate(byteCount: 0)
    for i in stride(from: count / 2, to: 0, by: -1) { sink(i - 1) }
  }

  /// How many fillings are left.
  public var remaining: Int { heap.count }

  /// The node whose weight is read next.
  public var node: RuntimeError.Node? { heap.first?.node }

  /// Fills the next range; true when there is none left. Nothing else may read the files any more.
  @export(interface) public func advance() throws(RuntimeError) -> Bool {
    guard let filling = heap.first else { return true }
    forget(before: filling.origin)
    do throws(RuntimeError) {
      let needed = filling.stagingByteCount
      if staging.byteCount < needed { staging = try allocator.allocate(byteCount: needed) }
      if try filling.advance(staging.base) {
        heap[0] = heap[heap.count - 1]
        heap.removeLast()
      }
    } catch {
      throw filling.node.map { error.at($0) } ?? error
    }
    sink(0)
    return heap.isEmpty
  }

  private func forget(before origin: Origin?) {
    if let front, front.source !== origin?.source { front.source.forget(before: front.source.byteCount) }
    if let origin { origin.source.forget(before: origin.offset) }
    front = origin
  }

  /// Lets the one at place `i` sink to where nothing below it reads from further in front.
  private func sink(_ i: Int) {
    var i = i
    while true {
      var first = i
      for child in 2 * i + 1..<2 * i + 3 where child < heap.count && heap[child].comes(before: heap[first]) {
        first = child
      }
      if first == i { return }
      heap.swapAt(i, first)
      i = first
    }
  }
}

extension Filling {
  /// What is in memory comes first. Of two at the same place neither does: the one that was begun goes on.
  fileprivate func comes(before other: Filling) -> Bool {
    guard let b = other.origin else { return false }
    guard let a = origin else { return true }
    return a.source.number == b.source.number ? a.offset < b.offset : a.source.number < b.source.number
  }
}
