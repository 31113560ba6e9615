import Tensors

/// Reads tensors that a model file describes, from the file itself or the files beside it.
public final class TensorLoader {
  public let source: ByteSource
  public let external: ExternalSources

  public init(_ source: ByteSource, external: ExternalSources = ExternalSources()) {
    self.source = source
    self.external = external
  }

  /// A reader of one tensor; throws where its elements are not as many as its dims say.
  @inline(never)
  @export(interface) public func reader(_ record: TensorRecord) throws(RuntimeError) -> TensorReader {
    try TensorReader(record, self)
  }

  /// The whole tensor, in memory of its own.
  @export(interface) public func load(_ record: TensorRecord, allocator: Allocator) throws(RuntimeError) -> Tensor {
    if case .memory(let tensor) = record.data { return tensor }
    var reader = try reader(record)
    if reader.type == .string { return Tensor(shape: reader.shape, strings: try reader.strings()) }
    let tensor = try allocator.tensor(reader.type, reader.shape)
    try reader.read(at: 0, count: reader.byteCount, into: tensor.bytes)
    return tensor
  }
}

/// A place in one of a model's files.
public struct Origin {
  public let source: ByteSource
  public let offset: Int64
}

/// One tensor's packed little-endian bytes, read a range at a time to where they stay, whatever form the file has.
public struct TensorReader {
  public let type: ElementType
  public let shape: Shape
  /// The packed bytes of all elements; 0 for strings.
  public let byteCount: Int

  /// What `read` copies from.
  enum Place {
    case bytes(ByteSource, offset: Int64)
    case runs(RunReader)
    case memory(Tensor)
    case source(ElementSource)
  }
  private var place: Place

  init(_ record: TensorRecord, _ loader: TensorLoader) throws(RuntimeError) {
    let type = try record.knownType()
    shape = try record.shape()
    self.type = type
    byteCount = type.byteCount(shape.count)
    switch record.data {
    case .raw(let offset, let length):
      if type == .string && (length > 0 || !shape.isEmpty) {
        throw RuntimeError(.invalidProtobuf, "tensor %s of strings must not have raw_data", name: record.name)
      }
      guard length == Int64(byteCount) else {
        throw RuntimeError(
          .invalidProtobuf, "raw_data of %s has %d bytes, %t %v needs %d", names: [record.name], shapes: [shape.dims],
          Int(clamping: length), Int(type.rawValue), byteCount)
      }
      place = .bytes(loader.source, offset: offset)
    case .external(let data):
      place = try TensorReader.place(data, record.name, type, byteCount, loader.external)
    case .memory(let tensor):
      place = .memory(tensor)
    case .source(let source):
      place = .source(source)
    case .fields(let runs):
      let runReader = try RunReader(runs, type, loader.source)
      let needed = runReader.valueCount(for: shape.count)
      guard runReader.valueCount == Int64(needed) else {
        throw RuntimeError(
          .invalidProtobuf, "tensor %s has %d values, %t %v needs %d", names: [record.name], shapes: [shape.dims],
          Int(clamping: runReader.valueCount), Int(type.rawValue), needed)
      }
      place = .runs(runReader)
    }
  }

  private static func place(
    _ data: ExternalData, _ name: Name, _ type: ElementType, _ byteCount: Int, _ external: ExternalSources
  ) throws(RuntimeError) -> Place {
    if type == .string {
      throw RuntimeError(.invalidProtobuf, "tensor %s of strings must not have external data", name: name)
    }
    if let length = data.length, length != Int64(byteCount) {
      throw RuntimeError(
        .invalidProtobuf, "external data of %s has %d bytes, its dims need %d", name: name, Int(clamping: length),
        byteCount)
    }
    let source = try external.source(data.location)
    guard data.offset <= source.byteCount, Int64(byteCount) <= source.byteCount - data.offset else {
      throw RuntimeError(
        .invalidProtobuf, "external data %s must have %d bytes from byte %d, the file has %d", name: data.location,
        byteCount, Int(clamping: data.offset), Int(clamping: source.byteCount))
    }
    return .bytes(source, offset: data.offset)
  }

  /// The file that byte `start` comes from, and the lowest place there which is read for it and for all that follow;
  /// nil where the elements are in memory.
  public func origin(of start: Int) -> Origin? {
    switch place {
    case .bytes(let source, let offset): Origin(source: source, offset: offset + Int64(start))
    // A reader that goes back starts at the front again.
    case .runs(let runs): runs.start.map { Origin(source: runs.source, offset: $0) }
    case .memory, .source: nil
    }
  }

  /// All bytes, where they are in memory already and live as long as the source; of any alignment.
  public var mapped: UnsafeRawPointer? {
    switch place {
    case .bytes(let source, let offset): source.mapped.map { $0 + Int(truncatingIfNeeded: offset) }
    case .memory(let tensor): UnsafeRawPointer(tensor.bytes)
    case .runs, .source: nil
    }
  }

  /// Copies `count` packed bytes from byte `start` on to `target`; both are multiples of the element's width.
  ///
  /// Ascending ranges are read in one walk through the file; one that goes back starts at the front again.
  @inline(never)
  public mutating func read(at start: Int, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    guard start >= 0, count >= 0, start <= byteCount, count <= byteCount - start else {
      throw RuntimeError(.fail, "%d bytes from byte %d of a tensor of %d", count, start, byteCount)
    }
    if count == 0 { return }
    switch place {
    case .bytes(let source, let offset): try source.read(at: offset + Int64(start), count: count, into: target)
    case .memory(let tensor): target.copyMemory(from: tensor.bytes + start, byteCount: count)
    case .source(let source): try source.read(at: start, count: count, into: target)
    case .runs(var runs):
      try runs.read(at: start, count: count, into: target)
      place = .runs(runs)
    }
  }

  /// The elements of a tensor of strings.
  public mutating func strings() throws(RuntimeError) -> [Name] {
    switch place {
    case .memory(let tensor): return tensor.storage.strings
    case .bytes, .source: return []
    case .runs(var runs): return try runs.strings()
    }
  }
}

extension TensorRecord {
  /// The element type, where it is one of ONNX's.
  public func knownType() throws(RuntimeError) -> ElementType {
    guard let raw = UInt8(exactly: elementType), let type = ElementType(rawValue: raw) else {
      throw RuntimeError(.invalidProtobuf, "tensor %s has the unknown element type %d", name: name, Int(elementType))
    }
    return type
  }

  /// The dims as a shape; throws where one is negative or exceeds `Int`.
  public func shape() throws(RuntimeError) -> Shape {
    var sizes: [Int] = []
    for dim in dims {
      guard let size = Int(exactly: dim), size >= 0 else {
        throw RuntimeError(
          .invalidProtobuf, "tensor %s has the dim %d", name: name, Int(clamping: dim))
      }
      sizes.append(size)
    }
    return Shape(sizes)
  }
}
