import CKernels
import Tensors

/// Writes a block for the host, field by field, into memory that it keeps for the next one; wasm/ABI.md has the layout.
final class BlockWriter {
  private var base: UnsafeMutableRawPointer
  private var capacity = 1 << 10
  private var count = 4
  /// Whether there was no memory for a part of the block.
  private(set) var isCut = false

  init() {
    // What comes first must have room for an error.
    base = ck_allocate(capacity)!
    base.storeBytes(of: 0, as: UInt32.self)
  }

  deinit { ck_free(base) }

  /// Begins another block over the last one.
  func reset() {
    count = 4
    isCut = false
  }

  /// The whole block, its byte count in front; good until the next reset.
  func finished() -> UnsafeRawBufferPointer {
    base.storeBytes(of: UInt32(truncatingIfNeeded: count - 4).littleEndian, as: UInt32.self)
    return UnsafeRawBufferPointer(start: base, count: count)
  }

  func u32(_ value: Int) {
    append(UInt32(truncatingIfNeeded: value))
  }

  func i32(_ value: Int) {
    append(UInt32(bitPattern: Int32(clamping: value)))
  }

  func f64(_ value: Double) {
    let bits = value.bitPattern
    append(UInt32(truncatingIfNeeded: bits))
    append(UInt32(truncatingIfNeeded: bits >> 32))
  }

  /// The byte count, the bytes, and zeros up to a multiple of four; what is not UTF-8 is replaced.
  func name(_ name: Name) {
    let name = name.wellFormed
    let byteCount = name.bytes.count
    u32(byteCount)
    guard byteCount > 0, let place = take((byteCount + 3) & ~3) else { return }
    // The last word first: the bytes then leave the zeros behind them.
    (place + (byteCount - 1) / 4 * 4).storeBytes(of: 0, as: UInt32.self)
    name.bytes.withUnsafeBytes { place.copyMemory(from: $0.baseAddress!, byteCount: byteCount) }
  }

  func list<Items: Collection>(_ items: Items, _ write: (BlockWriter, Items.Element) -> Void) {
    u32(items.count)
    for item in items { write(self, item) }
  }

  func dims(_ dims: [Int]) {
    u32(dims.count)
    for dim in dims { i32(dim) }
  }

  private func append(_ word: UInt32) {
    take(4)?.storeBytes(of: word.littleEndian, as: UInt32.self)
  }

  /// Room for more bytes, a multiple of four; nil where there is no memory.
  private func take(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    if byteCount > capacity - count, !grow(by: byteCount) { return nil }
    defer { count += byteCount }
    return base + count
  }

  private func grow(by byteCount: Int) -> Bool {
    let larger = max(2 * capacity, count + byteCount)
    guard !isCut, let fresh = ck_allocate(larger) else {
      isCut = true
      return false
    }
    fresh.copyMemory(from: base, byteCount: count)
    ck_free(base)
    base = fresh
    capacity = larger
    return true
  }
}
