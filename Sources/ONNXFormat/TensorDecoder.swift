import Tensors

extension TensorRecord: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .varint): dims.append(try reader.int64())
    case (1, .bytes): try reader.packedInts(into: &dims)
    case (2, .varint): elementType = try reader.int32()
    case (3, .bytes):
      throw RuntimeError(.notImplemented, "a tensor in segments at byte %d", Int(clamping: field.offset))
    case (8, .bytes): name = try reader.name()
    case (9, .bytes):
      let (offset, length) = try reader.range()
      // Some writers leave an empty raw_data beside the typed field that they use.
      if length > 0 || hasNoData { data = .raw(offset: offset, length: length) }
    case (13, .bytes):
      let entry = try reader.message(MetadataEntry.self)
      var external = ExternalData()
      if case .external(let known) = data { external = known }
      try external.set(entry, at: field.offset)
      data = .external(external)
    default:
      if let kind = Run.Field(rawValue: field.number) {
        try merge(kind, field, from: &reader)
      } else {
        try reader.skip(field)
      }
    }
  }

  private var hasNoData: Bool {
    if case .fields(let runs) = data { runs.isEmpty } else { false }
  }

  /// Notes where a run of typed values is, or lengthens the run that it continues.
  private mutating func merge(
    _ kind: Run.Field, _ field: WireReader.Field, from reader: inout WireReader
  ) throws(RuntimeError) {
    let isPacked = field.wire == .bytes && kind != .string
    guard isPacked || field.wire == kind.wireType else { return try reader.skip(field) }
    var runs: [Run] = []
    switch data {
    case .fields(let known): runs = known
    case .raw(_, let length) where length == 0: break
    // raw_data and external data count for more than the typed fields.
    case .raw, .external, .memory, .source: return try reader.skip(field)
    }
    if isPacked {
      let (offset, length) = try reader.range()
      runs.append(Run(field: kind, offset: offset, length: length, isPacked: true))
    } else {
      try reader.skip(field)
      let last = runs.count - 1
      if last >= 0, !runs[last].isPacked, runs[last].field == kind,
        runs[last].offset + runs[last].length == field.offset
      {
        data = .fields([])
        runs[last].length = reader.position - runs[last].offset
      } else {
        runs.append(
          Run(field: kind, offset: field.offset, length: reader.position - field.offset, isPacked: false))
      }
    }
    data = .fields(runs)
  }
}

extension TensorRecord.Run.Field {
  /// How one value is laid out.
  var wireType: WireReader.WireType {
    switch self {
    case .float: .fixed32
    case .double: .fixed64
    case .string: .bytes
    case .int32, .int64, .uint64: .varint
    }
  }
}

extension SparseTensorRecord: WireMessage {
  public mutating func merge(_ field: WireReader.Field, from reader: inout WireReader) throws(RuntimeError) {
    switch (field.number, field.wire) {
    case (1, .bytes): try reader.message(into: &values)
    case (2, .bytes): try reader.message(into: &indices)
    case (3, .varint): dims.append(try reader.int64())
    case (3, .bytes): try reader.packedInts(into: &dims)
    default: try reader.skip(field)
    }
  }
}

extension ExternalData {
  /// Takes one key and value; keys that are not known (`checksum`) are left.
  mutating func set(_ entry: MetadataEntry, at offset: Int64) throws(RuntimeError) {
    if entry.key == "location" { location = entry.value }
    guard entry.key == "offset" || entry.key == "length" else { return }
    guard let number = entry.value.decimal else {
      throw RuntimeError(
        .invalidProtobuf, "external data's %s at byte %d is not a number of bytes", name: entry.key,
        Int(clamping: offset))
    }
    if entry.key == "offset" { self.offset = number } else { length = number }
  }
}

extension Name {
  /// The value of decimal digits, nothing else; nil also where it exceeds 64 bits.
  var decimal: Int64? {
    if isEmpty { return nil }
    var value: Int64 = 0
    for byte in bytes {
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, overflow) = product.addingReportingOverflow(Int64(byte - 48))
      if overflowed || overflow { return nil }
      value = sum
    }
    return value
  }
}
