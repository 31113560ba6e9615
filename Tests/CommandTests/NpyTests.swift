import ONNXFormat
import Tensors
import Testing

@testable import Command

@Suite struct NpyTests {
  /// A header of version 1.0, as NumPy pads it.
  static func file(_ dictionary: String, _ data: [UInt8], version: UInt8 = 1) -> [UInt8] {
    var header = Array(dictionary.utf8)
    header += [UInt8](repeating: 32, count: 117 - header.count) + [10]
    var size = [UInt8(header.count), 0]
    if version > 1 { size += [0, 0] }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + size + header + data
  }

  struct Case: CustomTestStringConvertible {
    let testDescription: String
    let file: [UInt8]
    var expected: ElementType?
    let type: ElementType
    let dims: [Int]
    /// Packed, in C order.
    let bytes: [UInt8]
  }

  /// Files as NumPy 2 and ml_dtypes write them.
  static let cases = [
    Case(
      testDescription: "C order",
      file: file("{'descr': '<i2', 'fortran_order': False, 'shape': (2, 3), }", [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]),
      type: .int16, dims: [2, 3], bytes: [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]),
    Case(
      testDescription: "Fortran order",
      file: file("{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }", [0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5, 0]),
      type: .int16, dims: [2, 3], bytes: [0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0]),
    Case(
      testDescription: "Fortran order of rank 3",
      file: file(
        "{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 2), }", [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]),
      type: .uint8, dims: [2, 3, 2], bytes: Array(0...11)),
    Case(
      testDescription: "big-endian",
      file: file("{'descr': '>f4', 'fortran_order': False, 'shape': (2,), }", [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]),
      type: .float32, dims: [2], bytes: [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]),
    Case(
      testDescription: "big-endian complex",
      file: file("{'descr': '>c8', 'fortran_order': False, 'shape': (1,), }", [0x3f, 0x80, 0, 0, 0x40, 0, 0, 0]),
      type: .complex64, dims: [1], bytes: [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]),
    Case(
      testDescription: "scalar",
      file: file("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", [0, 0, 0, 0, 0, 0, 0x16, 0x40]),
      type: .float64, dims: [], bytes: [0, 0, 0, 0, 0, 0, 0x16, 0x40]),
    Case(
      testDescription: "no elements", file: file("{'descr': '|b1', 'fortran_order': False, 'shape': (0, 3), }", []),
      type: .bool, dims: [0, 3], bytes: []),
    Case(
      testDescription: "version 2",
      file: file("{'descr': '|i1', 'fortran_order': False, 'shape': (1,), }", [5], version: 2),
      type: .int8, dims: [1], bytes: [5]),
    Case(
      testDescription: "other order, quotes and spaces",
      file: file(#"{"shape":( 2L , ) , "descr" : "<u2","fortran_order":False}"#, [1, 2, 3, 4]), type: .uint16,
      dims: [2],
      bytes: [1, 2, 3, 4]),
    Case(
      testDescription: "bfloat16 as void",
      file: file("{'descr': '<V2', 'fortran_order': False, 'shape': (2,), }", [0x80, 0x3f, 0, 0xc0]),
      expected: .bfloat16, type: .bfloat16, dims: [2], bytes: [0x80, 0x3f, 0, 0xc0]),
    Case(
      testDescription: "float8 as void",
      file: file("{'descr': '<V1', 'fortran_order': False, 'shape': (2,), }", [0x38, 0xc0]),
      expected: .float8e4m3fn, type: .float8e4m3fn, dims: [2], bytes: [0x38, 0xc0]),
    Case(
      testDescription: "int4 as void",
      file: file("{'descr': '<V1', 'fortran_order': False, 'shape': (3,), }", [1, 0x0e, 7]),
      expected: .int4, type: .int4, dims: [3], bytes: [0xe1, 7]),
    Case(
      testDescription: "float6 as void",
      file: file("{'descr': '|V1', 'fortran_order': False, 'shape': (5,), }", [1, 0x3f, 2, 4, 0x29]),
      expected: .float6e3m2, type: .float6e3m2, dims: [5], bytes: [0xc1, 0x2f, 0x10, 0x29]),
    Case(
      testDescription: "int4 from int8",
      file: file("{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }", [1, 0xfe]),
      expected: .int4, type: .int4, dims: [2], bytes: [0xe1]),
    Case(
      testDescription: "uint2 in Fortran order",
      file: file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2), }", [0, 2, 1, 3]), expected: .uint2,
      type: .uint2, dims: [2, 2], bytes: [0b11_10_01_00]),
  ]

  @Test(arguments: cases) func reads(_ item: Case) throws {
    let tensor = try Npy.read(try MemorySource(item.file), expecting: item.expected, allocator: Allocator())
    #expect(tensor.type == item.type)
    #expect(tensor.shape.dims == item.dims)
    #expect(tensor.packedBytes == item.bytes)
  }

  @Test func readsStrings() throws {
    let wide = "61000000 00000000 00000000 00000000 67000000 f6000000".filter { $0 != " " }
    let bytes = stride(from: 0, to: wide.count, by: 2).map { i in
      UInt8(wide.dropFirst(i).prefix(2), radix: 16)!
    }
    let unicode = Self.file("{'descr': '<U2', 'fortran_order': False, 'shape': (3,), }", bytes)
    #expect(try Npy.read(try MemorySource(unicode), allocator: Allocator()).storage.strings == ["a", "", "gö"])
    let plain = Self.file("{'descr': '|S3', 'fortran_order': True, 'shape': (1, 2), }", [97, 0, 0, 98, 99, 100])
    #expect(try Npy.read(try MemorySource(plain), allocator: Allocator()).storage.strings == ["a", "bcd"])
  }

  struct Bad: CustomTestStringConvertible {
    let testDescription: String
    let file: [UInt8]
    let message: String
  }

  static let bad = [
    Bad(testDescription: "empty", file: [], message: "the file does not start like an .npy file"),
    Bad(
      testDescription: "not npy", file: Array("PK\u{3}\u{4}0123456789".utf8),
      message: "the file does not start like an .npy file"),
    Bad(
      testDescription: "version 4", file: file("{}", [], version: 4),
      message: "the .npy version must be 1 to 3, got 4"),
    Bad(
      testDescription: "too short",
      file: file("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", [0, 0, 0, 0]),
      message: "an array [3] of 4 bytes an element needs more than the file's 4 bytes"),
    Bad(
      testDescription: "too many dims to count",
      file: file("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", []),
      message: "an array [4294967296, 4294967296] of 4 bytes an element needs more than the file's 0 bytes"),
    Bad(
      testDescription: "object", file: file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", []),
      message: "arrays of '|O' are not supported"),
    Bad(
      testDescription: "long double",
      file: file("{'descr': '<f16', 'fortran_order': False, 'shape': (1,), }", [UInt8](repeating: 0, count: 16)),
      message: "arrays of 'f16' are not supported"),
    Bad(
      testDescription: "void of no known type",
      file: file("{'descr': '|V1', 'fortran_order': False, 'shape': (1,), }", [0]),
      message: "arrays of 'V1' are not supported"),
    Bad(
      testDescription: "endless empty strings",
      file: file("{'descr': '<U0', 'fortran_order': False, 'shape': (999999999999,), }", []),
      message: "arrays of 'U0' are not supported"),
    Bad(
      testDescription: "record", file: file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", []),
      message: "the .npy header must have '\"' at its byte 10"),
    Bad(
      testDescription: "no shape", file: file("{'descr': '<f4', 'fortran_order': False, }", []),
      message: "the .npy header is incomplete"),
    Bad(
      testDescription: "negative dim", file: file("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", []),
      message: "the .npy header must have a dim at its byte 51"),
    Bad(
      testDescription: "unknown key", file: file("{'colour': 'red'}", []),
      message: "the .npy header has an unknown key 'colour'"),
  ]

  @Test(arguments: bad) func saysWhatIsWrong(_ item: Bad) throws {
    var said: String?
    do throws(RuntimeError) { _ = try Npy.read(try MemorySource(item.file), allocator: Allocator()) } catch {
      said = error.message
    }
    #expect(said == item.message)
  }

  /// A file cut anywhere throws, and one with any byte changed at most throws.
  @Test func neverTraps() throws {
    for item in Self.cases {
      for length in 0..<item.file.count {
        let source = try MemorySource(Array(item.file[..<length]))
        #expect(throws: RuntimeError.self) {
          _ = try Npy.read(source, expecting: item.expected, allocator: Allocator())
        }
      }
      for position in 0..<min(item.file.count, 90) {
        for value in [0, 1, 0x39, 0x7f, 0xff] as [UInt8] {
          var file = item.file
          file[position] = value
          _ = try? Npy.read(try MemorySource(file), expecting: item.expected, allocator: Allocator(limit: 1 << 20))
        }
      }
    }
  }

  @Test(arguments: ElementType.allCases) func writesWhatItReads(_ type: ElementType) throws {
    let folder = Folder()
    for dims in [[], [3], [2, 3], [0, 2]] as [[Int]] {
      let tensor: Tensor
      if type == .string {
        let words = ["a", "", "größe", "日本", "e", "f"] as [Name]
        tensor = Tensor(shape: Shape(dims), strings: Array(words.prefix(Shape(dims).count)))
      } else {
        tensor = try Allocator().tensor(type, Shape(dims))
        for i in 0..<tensor.byteCount {
          tensor.bytes.storeBytes(of: UInt8(i * 37 % 251), toByteOffset: i, as: UInt8.self)
        }
        // What a packed type leaves of its last byte is zero.
        if type.bitWidth < 8, tensor.count * type.bitWidth % 8 > 0 {
          let last = tensor.byteCount - 1
          let mask = UInt8(1 << (tensor.count * type.bitWidth % 8) - 1)
          tensor.bytes.storeBytes(
            of: tensor.bytes.load(fromByteOffset: last, as: UInt8.self) & mask, toByteOffset: last, as: UInt8.self)
        }
      }
      let path = folder.path.joined("t.npy")
      try Npy.write(tensor, to: try Files.create(path))
      let header = Npy.header(tensor)
      #expect(header.count % 64 == 0)
      let again = try Npy.read(try Files.open(path), expecting: type, allocator: Allocator())
      #expect(again.type == type && again.shape == tensor.shape)
      #expect(again.packedBytes == tensor.packedBytes && again.storage.strings == tensor.storage.strings)
    }
  }
}
