import Tensors
import TestSupport
import Testing

@Suite struct AllocatorTests {
  @Test func countsWhatLives() throws {
    let allocator = Allocator(limit: 100)
    var first: Storage? = try allocator.allocate(byteCount: 60)
    let second = try allocator.allocate(byteCount: 40)
    #expect(allocator.used == 100)
    #expect(
      message { () throws(RuntimeError) in _ = try allocator.allocate(byteCount: 1) }
        == "1 bytes are needed beside 100 in use, the limit is 100")
    #expect(first?.byteCount == 60)
    first = nil
    #expect(allocator.used == 40)
    #expect(allocator.peak == 100)
    // A refusal leaves everything as it was.
    let empty = try allocator.allocate(byteCount: 0)
    #expect(allocator.used == 40 && empty.byteCount == 0)
    _ = second
  }

  @Test func alignsTo64() throws {
    let allocator = Allocator()
    let kept = try [1, 3, 63, 64, 65].map { try allocator.allocate(byteCount: $0) }
    for storage in kept { #expect(UInt(bitPattern: storage.base) % 64 == 0) }
  }

  @Test func viewsKeepTheirBytes() throws {
    let allocator = Allocator()
    var view: Tensor?
    do {
      let tensor = try allocator.tensor(.float32, [2, 3])
      view = tensor.reshaped([6])
    }
    #expect(allocator.used == 24 && view?.count == 6)
    view = nil
    #expect(allocator.used == 0)
  }

  @Test func stringsAreCountedWhileTheyLive() throws {
    let allocator = Allocator(limit: 64)
    do {
      let tensor = try allocator.tensor(.string, [4])
      #expect(tensor.storage.strings == [Name](repeating: Name(), count: 4))
      #expect(allocator.used == 64)
    }
    #expect(allocator.used == 0)
    #expect(throws: RuntimeError.self) { try allocator.tensor(.string, [5]) }
  }

  /// Shapes that no memory holds are refused, and none wraps to something small.
  @Test func hugeShapes() {
    let cases: [(ElementType, [Int])] = [
      (.float32, [.max]), (.float32, [1 << 40, 1 << 40]), (.int8, [.max]), (.uint4, [.max]), (.string, [.max]),
      (.string, [1 << 60]), (.string, [1 << 62, 4]), (.complex128, [1 << 60]), (.float64, [1 << 32, 1 << 31]),
    ]
    for (type, dims) in cases {
      #expect(
        message { () throws(RuntimeError) in _ = try Allocator().tensor(type, Shape(dims)) }.contains("bytes"),
        "\(type) \(dims)")
    }
  }

  @Test func shapes() {
    let cases: [([Int], count: Int, strides: [Int])] = [
      ([], 1, []), ([5], 5, [1]), ([2, 3, 4], 24, [12, 4, 1]), ([2, 0, 4], 0, [0, 4, 1]),
      ([1 << 40, 1 << 40, 0], 0, [0, 0, 1]), ([1 << 40, 1 << 40], .max, [1 << 40, 1]),
      ([1 << 62, 4, 3], .max, [12, 3, 1]),
    ]
    for (dims, count, strides) in cases {
      #expect(Shape(dims).count == count, "\(dims)")
      #expect(Shape(dims).strides == strides, "\(dims)")
    }
  }

  @Test func byteCounts() {
    let cases: [(ElementType, Int, Int)] = [
      (.uint2, 0, 0), (.uint2, 1, 1), (.int2, 4, 1), (.int2, 5, 2), (.uint4, 1, 1), (.int4, 2, 1), (.float4e2m1, 3, 2),
      (.int4, .max, .max / 2 + 1), (.uint2, .max, .max / 4 + 1), (.bool, 3, 3), (.float8e8m0, 3, 3), (.bfloat16, 3, 6),
      (.float32, .max, .max), (.float32, .max / 4, .max - 3), (.complex128, 2, 32), (.string, 9, 0),
      (.float6e2m3, 1, 1), (.float6e2m3, 2, 2), (.float6e3m2, 3, 3), (.float6e3m2, 4, 3), (.float6e2m3, 9, 7),
      (.float6e3m2, .max, .max / 8 * 6 + 6),
    ]
    for (type, count, bytes) in cases { #expect(type.byteCount(count) == bytes, "\(count) of \(type)") }
    for type in ElementType.allCases where type != .string {
      #expect(type.byteCount(8) == type.bitWidth, "\(type)")
      #expect(ElementType(rawValue: type.rawValue) == type)
    }
  }

  @Test func integersOfEitherWidth() {
    #expect(Tensor.int64([3], [-1, .max, 5]).integers == [-1, .max, 5])
    #expect(Tensor.int32([2], [.min, 7]).integers == [-2_147_483_648, 7])
  }
}
