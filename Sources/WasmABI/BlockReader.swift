import Tensors

/// Reads a block that the host wrote, field by field; wasm/ABI.md has the layout.
///
/// A block whose fields do not fit is an error, not a trap: the host may be of another release.
struct BlockReader {
  private var at: UnsafeRawPointer
  private var left: Int

  init(_ block: UnsafeRawBufferPointer) throws(RuntimeError) {
    guard let base = block.baseAddress else { throw RuntimeError(.invalidArgument, "a block must not be empty") }
    at = base
    left = block.count
    let following = try u32()
    guard following == left else {
      throw RuntimeError(.invalidArgument, "a block says %d bytes follow, there are %d", following, left)
    }
  }

  mutating func u32() throws(RuntimeError) -> Int {
    Int(truncatingIfNeeded: try take(4).loadUnaligned(as: UInt32.self))
  }

  mutating func i32() throws(RuntimeError) -> Int {
    Int(try take(4).loadUnaligned(as: Int32.self))
  }

  mutating func f64() throws(RuntimeError) -> Double {
    try take(8).loadUnaligned(as: Double.self)
  }

  /// A count of bytes or an offset: a whole number that an `f64` holds exactly.
  mutating func integer() throws(RuntimeError) -> Int64 {
    let value = try f64()
    guard let exact = Int64(exactly: value) else {
      throw RuntimeError(.invalidArgument, "a size or offset must be a whole number")
    }
    return exact
  }

  mutating func name() throws(RuntimeError) -> Name {
    let count = try u32()
    let padded = count.addingReportingOverflow(3)
    guard count >= 0, !padded.overflow else { throw cut(count) }
    let bytes = try take(padded.partialValue & ~3)
    return Name(Array(UnsafeRawBufferPointer(start: bytes, count: count)))
  }

  mutating func list<Item>(
    _ read: (inout BlockReader) throws(RuntimeError) -> Item
  ) throws(RuntimeError) -> [Item] {
    let count = try u32()
    // Each item takes four bytes at least, so a count beyond that is not believed.
    guard count >= 0, count <= left / 4 else { throw cut(count) }
    var items: [Item] = []
    items.reserveCapacity(count)
    for _ in 0..<count { items.append(try read(&self)) }
    return items
  }

  mutating func shape() throws(RuntimeError) -> Shape {
    let dims = try list { (block) throws(RuntimeError) in try block.i32() }
    for dim in dims where dim < 0 {
      throw RuntimeError(.invalidArgument, "a dim must be at least 0, got %d", dim)
    }
    return Shape(dims)
  }

  private mutating func take(_ count: Int) throws(RuntimeError) -> UnsafeRawPointer {
    guard count <= left else { throw cut(count) }
    defer {
      at += count
      left -= count
    }
    return at
  }

  private func cut(_ count: Int) -> RuntimeError {
    RuntimeError(.invalidArgument, "a block ends %d bytes before the %d that a field needs", left, count)
  }
}
