import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct ResampleTests {
  /// Elements picked by tables, of every width, with rows that repeat and places outside.
  @Test func nearest() {
    let tables: [([Int], [[Int32]])] = [
      ([3], [[0, 0, 1, 1, 2, 2]]),
      ([2, 5], [[0, 0, 1, 1], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]]),
      ([2, 2, 9], [[1, 0], [0, 0, 0, 1, 1], (0..<18).map { Int32($0 / 2) }]),
      ([2, 2, 9], [[0, 0], [0, 1, 1, 0], (0..<17).map { Int32($0 / 2) }]),
      ([3, 4], [[0, -1, -1, 2, 2], [0, 0, 1, 1, 2, 2, 3, 3]]),
      ([2, 4], [[0, 0, 1], [-1, 0, 1, 2, 3, -1, 3, 3, 1]]),
      ([2, 2, 8], [[-1, 1], [0, 0, 1], (0..<16).map { Int32($0 / 2) }]),
    ]
    for (dims, indices) in tables {
      let steps = dims.packedStrides
      let out = indices.map { $0.count }
      for type in [ElementType.uint8, .uint16, .float32, .int64] {
        for platform in [Platform.serial, threads] {
          let width = type.byteWidth
          let (source, target) = (
            try! Allocator().tensor(type, Shape(dims)), try! Allocator().tensor(type, Shape(out))
          )
          for i in 0..<source.byteCount {
            source.bytes.storeBytes(of: UInt8(i / width + 1), toByteOffset: i, as: UInt8.self)
          }
          let outside = [UInt8](repeating: 200, count: 8)
          let flat = indices.flatMap { $0 }
          flat.withUnsafeBufferPointer { flat in
            outside.withUnsafeBytes {
              resizeNearest(
                platform, source, into: target, indices: flat.baseAddress!, outside: $0.baseAddress!)
            }
          }
          let isRight = (0..<target.count).allSatisfy { i in
            var (rest, at, isOutside) = (i, 0, false)
            for axis in out.indices.reversed() {
              let index = Int(indices[axis][rest % out[axis]])
              isOutside = isOutside || index < 0
              at += index * steps[axis]
              rest /= out[axis]
            }
            return (0..<width).allSatisfy {
              target.bytes.load(fromByteOffset: i * width + $0, as: UInt8.self) == (isOutside ? 200 : UInt8(at + 1))
            }
          }
          #expect(isRight, "\(type) \(dims) to \(out)")
        }
      }
    }
  }
}
