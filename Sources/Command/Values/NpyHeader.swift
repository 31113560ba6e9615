import ONNXFormat
import Tensors

extension Npy {
  /// What stands before the elements of an `.npy` file.
  struct Header {
    /// The letter of the element's kind: `f`, `i`, `u`, `b`, `c`, `U`, `S`, `V`.
    private(set) var kind: UInt8 = 0
    /// The bytes of an element.
    private(set) var width = 0
    private(set) var isBigEndian = false
    private(set) var isFortranOrder = false
    private(set) var dims: [Int] = []
    private(set) var dataOffset: Int64 = 0

    private static let sizeLimit = 1 << 20

    init(_ source: ByteSource) throws(RuntimeError) {
      let prefix = try Header.bytes(source, at: 0, count: Int(min(12, source.byteCount)))
      guard prefix.count >= 10, prefix.starts(with: [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]) else {
        throw RuntimeError(.invalidArgument, "the file does not start like an .npy file")
      }
      let version = Int(prefix[6])
      guard (1...3).contains(version), version == 1 || prefix.count == 12 else {
        throw RuntimeError(.invalidArgument, "the .npy version must be 1 to 3, got %d", version)
      }
      var size = Int(prefix[8]) | Int(prefix[9]) << 8
      var start: Int64 = 10
      if version > 1 {
        size |= Int(prefix[10]) << 16 | Int(prefix[11] & 0x7f) << 24
        start = 12
      }
      guard size <= Header.sizeLimit else {
        throw RuntimeError(.invalidArgument, "the .npy header has %d bytes", size)
      }
      var parser = Parser(bytes: try Header.bytes(source, at: start, count: size))
      dataOffset = start + Int64(size)
      try parse(&parser)
    }

    /// The bytes of what one value in an element is made of: half an element of a complex one.
    var partWidth: Int { kind == UInt8(ascii: "c") ? width / 2 : width }

    private static func bytes(_ source: ByteSource, at offset: Int64, count: Int) throws(RuntimeError) -> [UInt8] {
      let storage = try Allocator().allocate(byteCount: count)
      try source.read(at: offset, count: count, into: storage.base)
      return withExtendedLifetime(storage) { Array(UnsafeRawBufferPointer(start: storage.base, count: count)) }
    }

    private mutating func parse(_ parser: inout Parser) throws(RuntimeError) {
      var seen = 0
      try parser.expect("{")
      while !parser.take("}") {
        let key = try parser.string()
        try parser.expect(":")
        if key == "descr" {
          try describe(try parser.string())
        } else if key == "fortran_order" {
          isFortranOrder = parser.take("True")
          if !isFortranOrder { try parser.expect("False") }
        } else if key == "shape" {
          try parser.expect("(")
          while !parser.take(")") {
            dims.append(try parser.integer())
            if !parser.take(",") {
              try parser.expect(")")
              break
            }
          }
        } else {
          throw RuntimeError(.invalidArgument, "the .npy header has an unknown key %s", name: key)
        }
        seen += 1
        if !parser.take(",") {
          try parser.expect("}")
          break
        }
      }
      if seen != 3 || kind == 0 { throw RuntimeError(.invalidArgument, "the .npy header is incomplete") }
    }

    /// Reads `<f4`: byte order, kind, bytes (for `U`, scalars).
    private mutating func describe(_ text: Name) throws(RuntimeError) {
      var rest = text.bytes[...]
      if let order = rest.first,
        [UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "|"), UInt8(ascii: "=")].contains(order)
      {
        isBigEndian = order == UInt8(ascii: ">")
        rest = rest.dropFirst()
      }
      guard let letter = rest.popFirst(), let count = Name(Array(rest)).integer, count >= 0, count < 1 << 28 else {
        throw RuntimeError(.invalidArgument, "arrays of %s are not supported", name: text)
      }
      kind = letter
      width = Int(count) * (letter == UInt8(ascii: "U") ? 4 : 1)
    }

    /// The element type; `expected` decides where the file leaves it open.
    func type(expecting expected: ElementType?) throws(RuntimeError) -> ElementType {
      let type: ElementType? =
        switch (kind, width) {
        case (UInt8(ascii: "f"), 2): .float16
        case (UInt8(ascii: "f"), 4): .float32
        case (UInt8(ascii: "f"), 8): .float64
        case (UInt8(ascii: "c"), 8): .complex64
        case (UInt8(ascii: "c"), 16): .complex128
        case (UInt8(ascii: "b"), 1): .bool
        case (UInt8(ascii: "i"), 1): expected == .int4 || expected == .int2 ? expected : .int8
        case (UInt8(ascii: "i"), 2): .int16
        case (UInt8(ascii: "i"), 4): .int32
        case (UInt8(ascii: "i"), 8): .int64
        case (UInt8(ascii: "u"), 1): expected == .uint4 || expected == .uint2 ? expected : .uint8
        case (UInt8(ascii: "u"), 2): expected == .bfloat16 || expected == .float16 ? expected : .uint16
        case (UInt8(ascii: "u"), 4): .uint32
        case (UInt8(ascii: "u"), 8): .uint64
        case (UInt8(ascii: "V"), 2): .bfloat16
        case (UInt8(ascii: "V"), 1): expected.flatMap { $0.bitWidth > 0 && $0.bitWidth <= 8 ? $0 : nil }
        case (UInt8(ascii: "U"), 1...), (UInt8(ascii: "S"), 1...): .string
        default: nil
        }
      guard let type else {
        var text: Text = [kind]
        text.append(decimal: width)
        throw RuntimeError(.invalidArgument, "arrays of %s are not supported", name: Name(text))
      }
      return type
    }
  }

  /// Reads the few forms of a Python literal that headers are made of.
  private struct Parser {
    let bytes: [UInt8]
    private var at = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func skipSpace() {
      while at < bytes.count, bytes[at] == 32 || bytes[at] == 10 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
    }

    /// Steps over `text`, if it comes next.
    mutating func take(_ text: StaticString) -> Bool {
      skipSpace()
      let length = text.utf8CodeUnitCount
      guard Name(Array(bytes[at..<min(bytes.count, at + length)])) == text else { return false }
      at += length
      return true
    }

    mutating func expect(_ text: StaticString) throws(RuntimeError) {
      if !take(text) {
        throw RuntimeError(
          .invalidArgument, "the .npy header must have %s at its byte %d", names: [Name(text)], shapes: [], at)
      }
    }

    mutating func string() throws(RuntimeError) -> Name {
      let quote: UInt8
      if take("'") {
        quote = UInt8(ascii: "'")
      } else {
        // A list here describes a record, not a number.
        try expect("\"")
        quote = UInt8(ascii: "\"")
      }
      guard let end = bytes[at...].firstIndex(of: quote) else {
        throw RuntimeError(.invalidArgument, "the .npy header ends in the middle of a string")
      }
      defer { at = end + 1 }
      return Name(Array(bytes[at..<end]))
    }

    mutating func integer() throws(RuntimeError) -> Int {
      skipSpace()
      var end = at
      while end < bytes.count, bytes[end] >= 48, bytes[end] <= 57 { end += 1 }
      guard let value = Name(Array(bytes[at..<end])).integer.flatMap(Int.init(exactly:)) else {
        throw RuntimeError(.invalidArgument, "the .npy header must have a dim at its byte %d", at)
      }
      at = end
      // Python 2 wrote long integers as 3L.
      _ = take("L")
      return value
    }
  }
}
