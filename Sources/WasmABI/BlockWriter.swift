import Tensors

/// Writes a block for the host, field by field; wasm/ABI.md has the layout.
struct BlockWriter {
  private var bytes: [UInt8] = [0, 0, 0, 0]

  mutating func u32(_ value: Int) {
    append(UInt32(truncatingIfNeeded: value))
  }

  mutating func i32(_ value: Int) {
    append(Int32(clamping: value))
  }

  mutating func f64(_ value: Double) {
    let bits = value.bitPattern
    append(UInt32(truncatingIfNeeded: bits))
    append(UInt32(truncatingIfNeeded: bits >> 32))
  }

  /// The byte count, the bytes, and zeros up to a multiple of four.
  mutating func name(_ name: Name) {
    u32(name.bytes.count)
    bytes += name.bytes
    while bytes.count % 4 != 0 { bytes.append(0) }
  }

  mutating func list<Items: Collection>(_ items: Items, _ write: (inout BlockWriter, Items.Element) -> Void) {
    u32(items.count)
    for item in items { write(&self, item) }
  }

  mutating func dims(_ dims: [Int]) {
    list(dims) { $0.i32($1) }
  }

  /// The whole block, its byte count in front.
  consuming func finished() -> [UInt8] {
    var whole = bytes
    let following = UInt32(truncatingIfNeeded: whole.count - 4)
    for i in 0..<4 { whole[i] = UInt8(truncatingIfNeeded: following >> (8 * UInt32(i))) }
    return whole
  }

  private mutating func append(_ word: some FixedWidthInteger) {
    for i in 0..<4 { bytes.append(UInt8(truncatingIfNeeded: word >> (8 * i))) }
  }
}
