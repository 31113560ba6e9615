import Tensors

/// Turns the values of a typed field (`float_data`, `int32_data`, …) into packed bytes, in ascending order.
///
/// A value of `int32_data` becomes as many bytes as the element type has: 2 for float16 and bfloat16, whose bits it
/// holds, 1 for the 8-bit types and for two int4. Of a float6 it holds one element, and four become three bytes.
struct RunReader {
  /// How many values the runs hold.
  let valueCount: Int64
  /// The bytes that one value becomes; 0 for strings.
  private let valueWidth: Int
  private let valuesPerElement: Int
  private let bitWidth: Int
  private let field: TensorRecord.Run.Field
  private let runs: [TensorRecord.Run]
  let source: ByteSource

  /// Where the next value is: in which run, through which reader, and the packed byte it becomes.
  private var run = 0
  private var reader: WireReader?
  private var nextByte = 0
  /// Of float6: how many elements were read, and their bits that are of a byte to come.
  private var taken: Int64 = 0
  private var pending: UInt64 = 0
  private var pendingBits: UInt64 = 0

  init(_ runs: [TensorRecord.Run], _ type: ElementType, _ source: ByteSource) throws(RuntimeError) {
    let (field, width) = type.typedField
    self.field = field
    valueWidth = width
    bitWidth = type.bitWidth
    valuesPerElement = type == .complex64 || type == .complex128 ? 2 : 1
    self.runs = runs.filter { $0.field == field }
    self.source = source
    var count: Int64 = 0
    for run in self.runs { count += try RunReader.count(run, source) }
    valueCount = count
  }

  /// Where in the file the first value is; nil where there is none.
  var start: Int64? { runs.first?.offset }

  /// The values that `elements` elements take.
  func valueCount(for elements: Int) -> Int {
    if bitWidth == 6 { return elements }
    if bitWidth > 0, bitWidth < 8 { return (elements - 1) / (8 / bitWidth) + (elements > 0 ? 1 : 0) }
    let (count, overflow) = elements.multipliedReportingOverflow(by: valuesPerElement)
    return overflow ? .max : count
  }

  private static func count(_ run: TensorRecord.Run, _ source: ByteSource) throws(RuntimeError) -> Int64 {
    if run.isPacked {
      let width: Int64 =
        switch run.field {
        case .float: 4
        case .double: 8
        default: 1
        }
      if width > 1 {
        guard run.length % width == 0 else {
          throw RuntimeError(
            .invalidProtobuf, "packed values at byte %d take %d bytes, not a multiple of %d", Int(clamping: run.offset),
            Int(clamping: run.length), Int(width))
        }
        return run.length / width
      }
    }
    var reader = try WireReader(source, offset: run.offset, length: run.length)
    var count: Int64 = 0
    while reader.position < reader.end {
      if run.isPacked {
        _ = try reader.varint()
      } else if let field = try reader.nextField() {
        try reader.skip(field)
      }
      count += 1
    }
    return count
  }

  /// Copies packed bytes `start ..< start + count`, which stand at whole values.
  @inline(never)
  mutating func read(at start: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    assert(start % valueWidth == 0 && count % valueWidth == 0)
    if start < nextByte { rewind() }
    while nextByte < start { _ = try nextValue() }
    var written = 0
    while written < count {
      let copied = try copyPacked(count - written, into: target + written)
      if copied > 0 {
        written += copied
        continue
      }
      let value = try nextValue()
      switch valueWidth {
      case 1: (target + written).storeBytes(of: UInt8(truncatingIfNeeded: value), as: UInt8.self)
      case 2: (target + written).storeBytes(of: UInt16(truncatingIfNeeded: value), as: UInt16.self)
      case 4: (target + written).storeBytes(of: UInt32(truncatingIfNeeded: value), as: UInt32.self)
      default: (target + written).storeBytes(of: value, as: UInt64.self)
      }
      written += valueWidth
    }
  }

  /// All values of `string_data`.
  mutating func strings() throws(RuntimeError) -> [Name] {
    try WireReader.expectMemory(for: valueCount, timesBytes: 16)
    var names: [Name] = []
    for run in runs {
      var reader = try WireReader(source, offset: run.offset, length: run.length)
      while let _ = try reader.nextField() { names.append(try reader.name()) }
    }
    return names
  }

  private mutating func rewind() {
    run = 0
    reader = nil
    nextByte = 0
    (taken, pending, pendingBits) = (0, 0, 0)
  }

  /// Makes `reader` stand before a value.
  private mutating func findValue() throws(RuntimeError) {
    while true {
      if let reader, reader.position < reader.end { return }
      if reader != nil { run += 1 }
      guard run < runs.count else {
        throw RuntimeError(.fail, "a tensor read beyond its %d values", Int(clamping: valueCount))
      }
      reader = try WireReader(source, offset: runs[run].offset, length: runs[run].length)
    }
  }

  /// Copies whole packed float or double values as they stand; 0 where the next value is of another form.
  private mutating func copyPacked(_ count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) -> Int {
    guard field == .float || field == .double else { return 0 }
    try findValue()
    guard runs[run].isPacked, let available = reader.map({ $0.end - $0.position }) else { return 0 }
    let bytes = Int(min(Int64(count), available))
    try reader?.copy(bytes, into: target)
    nextByte += bytes
    return bytes
  }

  /// The next value, or byte of values that share bytes.
  private mutating func nextValue() throws(RuntimeError) -> UInt64 {
    nextByte += valueWidth
    guard bitWidth == 6 else { return try storedValue() }
    // The last byte may have no more than the end of the last element.
    while pendingBits < 8, taken < valueCount {
      pending |= (try storedValue() & 0x3f) << pendingBits
      pendingBits += 6
      taken += 1
    }
    let byte = pending & 0xff
    pending >>= 8
    pendingBits = max(pendingBits, 8) - 8
    return byte
  }

  private mutating func storedValue() throws(RuntimeError) -> UInt64 {
    try findValue()
    guard var reader else { return 0 }
    self.reader = nil
    if !runs[run].isPacked { _ = try reader.nextField() }
    let value: UInt64 =
      switch field.wireType {
      case .fixed32: UInt64(try reader.fixed32())
      case .fixed64: try reader.fixed64()
      default: try reader.varint()
      }
    self.reader = reader
    return value
  }
}

extension ElementType {
  /// The typed field that holds this type's values, and the bytes that one of them becomes.
  var typedField: (TensorRecord.Run.Field, Int) {
    switch self {
    case .float32, .complex64: (.float, 4)
    case .float64, .complex128: (.double, 8)
    case .int64: (.int64, 8)
    case .uint32: (.uint64, 4)
    case .uint64: (.uint64, 8)
    case .string: (.string, 0)
    case .int32: (.int32, 4)
    case .int16, .uint16, .float16, .bfloat16: (.int32, 2)
    case .int8, .uint8, .bool, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .int4,
      .uint4, .float4e2m1, .int2, .uint2, .float6e2m3, .float6e3m2:
      (.int32, 1)
    }
  }
}
