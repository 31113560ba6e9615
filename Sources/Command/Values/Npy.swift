import ONNXFormat
import Tensors

/// NumPy's array file: a header that is a Python dictionary, then the elements.
///
/// <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>. NumPy has no bfloat16, float8 or types of
/// less than a byte; `ml_dtypes` writes them as void (`V2`, `V1`), which is read as what the model declares.
enum Npy {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The array in a file; `expected` says what void elements and small integers are meant to be.
  static func read(
    _ source: ByteSource, expecting expected: ElementType? = nil, allocator: Allocator
  ) throws(RuntimeError) -> Tensor {
    let header = try Header(source)
    let type = try header.type(expecting: expected)
    let shape = Shape(header.dims)
    let count = shape.count
    let available = source.byteCount - header.dataOffset
    let (needed, overflow) = count.multipliedReportingOverflow(by: header.width)
    // Asked before anything is allocated: a header may claim what it likes.
    guard !overflow, Int64(needed) <= available else {
      throw RuntimeError(
        .invalidArgument, "an array %v of %d bytes an element needs more than the file's %d bytes",
        shape: header.dims,
        header.width, Int(clamping: available))
    }
    if type == .string {
      let strings = try strings(source, header, count, allocator)
      if !header.isFortranOrder { return Tensor(shape: shape, strings: strings) }
      return Tensor(shape: shape, strings: rowMajorOrder(header.dims).map { strings[$0] })
    }
    let elements = try allocator.tensor(type, shape)
    if type.bitWidth < 8 {
      let bytes = try allocator.allocate(byteCount: needed)
      try source.read(at: header.dataOffset, count: needed, into: bytes.base)
      pack(bytes.base, into: elements, header.isFortranOrder ? rowMajorOrder(header.dims) : nil)
      return elements
    }
    try source.read(at: header.dataOffset, count: needed, into: elements.bytes)
    if header.isBigEndian { reverseBytes(elements.bytes, count: needed, width: header.partWidth) }
    guard header.isFortranOrder else { return elements }
    let ordered = try allocator.tensor(type, shape)
    let width = type.byteWidth
    for (to, from) in rowMajorOrder(header.dims).enumerated() {
      (ordered.bytes + to * width).copyMemory(from: elements.bytes + from * width, byteCount: width)
    }
    return ordered
  }

  /// Writes an array, in C order. Types that NumPy lacks: int4 and the like become bytes of one value each, bfloat16
  /// and float8 void.
  static func write(_ tensor: Tensor, to sink: FileSink) throws(RuntimeError) {
    try sink.write(header(tensor))
    if tensor.type == .string { return try sink.write(characters(tensor)) }
    guard tensor.type.bitWidth < 8 else {
      return try sink.write(UnsafeRawBufferPointer(start: tensor.bytes, count: tensor.byteCount))
    }
    var values: [UInt8] = []
    for i in 0..<tensor.count {
      values.append(UInt8(truncatingIfNeeded: tensor.smallInteger(i)))
      if values.count == 65536 {
        try sink.write(values)
        values = []
      }
    }
    try sink.write(values)
  }

  /// Everything before the elements, padded so that they start at a multiple of 64 bytes.
  static func header(_ tensor: Tensor) -> [UInt8] {
    var text: Text = []
    text.append(text: "{'descr': '")
    if tensor.type == .string {
      text.append(text: "<U")
      text.append(decimal: max(1, tensor.longestString))
    } else {
      text.append(text: tensor.type.npyDescription)
    }
    text.append(text: "', 'fortran_order': False, 'shape': (")
    for dim in tensor.shape.dims {
      text.append(decimal: dim)
      text.append(text: ",")
      if tensor.shape.rank > 1 { text.append(text: " ") }
    }
    text.append(text: "), }")
    let unpadded = magic.count + 4 + text.count + 1
    text += [UInt8](repeating: 32, count: (64 - unpadded % 64) % 64)
    text.append(UInt8(ascii: "\n"))
    return magic + [1, 0, UInt8(truncatingIfNeeded: text.count), UInt8(truncatingIfNeeded: text.count >> 8)] + text
  }

  /// For each element in row-major order, where it stands in column-major order.
  private static func rowMajorOrder(_ dims: [Int]) -> [Int] {
    let strides = Array(Array(dims.reversed()).packedStrides.reversed())
    var index = [Int](repeating: 0, count: dims.count)
    var from = 0
    var order: [Int] = []
    for _ in 0..<dims.productSaturating {
      order.append(from)
      var axis = dims.count - 1
      while axis >= 0 {
        index[axis] += 1
        from += strides[axis]
        if index[axis] < dims[axis] { break }
        from -= strides[axis] * dims[axis]
        index[axis] = 0
        axis -= 1
      }
    }
    return order
  }

  /// Bytes of one value each, as a type of less than a byte.
  private static func pack(_ bytes: UnsafeMutableRawPointer, into tensor: Tensor, _ order: [Int]?) {
    let bits = tensor.type.bitWidth
    var (pending, pendingBits, at) = (0, 0, 0)
    for i in 0..<tensor.count {
      let value = Int(bytes.load(fromByteOffset: order.map { $0[i] } ?? i, as: UInt8.self))
      pending |= (value & (1 << bits - 1)) << pendingBits
      pendingBits += bits
      guard pendingBits >= 8 || i == tensor.count - 1 else { continue }
      for _ in 0..<(i == tensor.count - 1 ? (pendingBits + 7) / 8 : 1) {
        tensor.bytes.storeBytes(of: UInt8(truncatingIfNeeded: pending), toByteOffset: at, as: UInt8.self)
        at += 1
        pending >>= 8
        pendingBits -= 8
      }
    }
  }

  private static func reverseBytes(_ bytes: UnsafeMutableRawPointer, count: Int, width: Int) {
    let all = UnsafeMutableRawBufferPointer(start: bytes, count: count)
    for start in stride(from: 0, to: count, by: width) { all[start..<start + width].reverse() }
  }

  /// Fixed-width strings: `U` holds a scalar in 4 bytes, `S` bytes; zeroes at the end are padding.
  private static func strings(
    _ source: ByteSource, _ header: Header, _ count: Int, _ allocator: Allocator
  ) throws(RuntimeError) -> [Name] {
    let cell = try allocator.allocate(byteCount: header.width)
    var names: [Name] = []
    for i in 0..<count {
      try source.read(at: header.dataOffset + Int64(i) * Int64(header.width), count: header.width, into: cell.base)
      var bytes = Array(UnsafeRawBufferPointer(start: cell.base, count: header.width))
      if header.kind == UInt8(ascii: "S") {
        while bytes.last == 0 { bytes.removeLast() }
        names.append(Name(bytes))
        continue
      }
      var scalars = String.UnicodeScalarView()
      for at in stride(from: 0, to: bytes.count, by: 4) {
        var value: UInt32 = 0
        for k in 0..<4 { value |= UInt32(bytes[at + (header.isBigEndian ? 3 - k : k)]) << UInt32(8 * k) }
        scalars.append(Unicode.Scalar(value) ?? "\u{fffd}")
      }
      while scalars.last?.value == 0 { scalars.removeLast() }
      names.append(Name(text: String(scalars)))
    }
    return names
  }

  /// The elements of a string tensor, each as many scalars as the longest has.
  private static func characters(_ tensor: Tensor) -> [UInt8] {
    let width = max(1, tensor.longestString)
    var out: [UInt8] = []
    for string in tensor.storage.strings {
      var left = width
      for scalar in string.text.unicodeScalars {
        for shift in [0, 8, 16, 24] as [UInt32] { out.append(UInt8(truncatingIfNeeded: scalar.value >> shift)) }
        left -= 1
      }
      out += [UInt8](repeating: 0, count: 4 * left)
    }
    return out
  }
}

extension Tensor {
  /// Element `i` of a type of less than a byte; signed where the type is.
  func smallInteger(_ i: Int) -> Int {
    let bits = type.bitWidth
    let bit = i % 8 * bits
    let at = i / 8 * bits + bit / 8
    var value = Int(bytes.load(fromByteOffset: at, as: UInt8.self)) >> (bit % 8)
    if bit % 8 + bits > 8 { value |= Int(bytes.load(fromByteOffset: at + 1, as: UInt8.self)) << (8 - bit % 8) }
    value &= 1 << bits - 1
    let isSigned = type == .int4 || type == .int2
    return isSigned && value >= 1 << (bits - 1) ? value - 1 << bits : value
  }

  /// The scalars of the longest string.
  fileprivate var longestString: Int {
    storage.strings.reduce(0) { max($0, $1.text.unicodeScalars.count) }
  }
}

extension ElementType {
  /// NumPy's name for how the elements are stored.
  fileprivate var npyDescription: StaticString {
    switch self {
    case .float32: "<f4"
    case .float64: "<f8"
    case .float16: "<f2"
    case .int8, .int4, .int2: "|i1"
    case .uint8, .uint4, .uint2: "|u1"
    case .int16: "<i2"
    case .uint16: "<u2"
    case .int32: "<i4"
    case .uint32: "<u4"
    case .int64: "<i8"
    case .uint64: "<u8"
    case .bool: "|b1"
    case .complex64: "<c8"
    case .complex128: "<c16"
    case .bfloat16: "<V2"
    case .float8e4m3fn, .float8e4m3fnuz, .float8e5m2, .float8e5m2fnuz, .float8e8m0, .float4e2m1, .float6e2m3,
      .float6e3m2:
      "|V1"
    case .string: "<U1"
    }
  }
}
