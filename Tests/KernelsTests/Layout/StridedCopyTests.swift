import Kernels
import Tensors
import TestSupport
import Testing

@Suite struct StridedCopyTests {
  @Test func everyOrderOfDims() {
    // Sizes about a block's side of 32, of every width.
    let shapes: [[Int]] = [
      [1, 1, 1], [2, 3, 4], [31, 33, 2], [3, 32, 65], [64, 1, 5], [7, 5, 3],
      [3, 600, 2], [2, 2, 530], [1100, 3, 2],
    ]
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]
    for dims in shapes {
      let steps = dims.packedStrides
      for order in orders {
        let out = order.map { dims[$0] }
        var expected: [Int] = []
        for i in 0..<out.productSaturating {
          var (rest, at) = (i, 0)
          for k in [2, 1, 0] {
            at += rest % out[k] * steps[order[k]]
            rest /= out[k]
          }
          expected.append(at)
        }
        for type in [ElementType.uint8, .uint16, .float32, .int64, .complex128] {
          for platform in [Platform.serial, threads] {
            let width = type.byteWidth
            let (source, target) = (
              try! Allocator().tensor(type, Shape(dims)), try! Allocator().tensor(type, Shape(out))
            )
            // Every byte of an element tells which element it is.
            for i in 0..<source.byteCount {
              source.bytes.storeBytes(
                of: UInt8(truncatingIfNeeded: i / width &* 31 &+ i % width), toByteOffset: i, as: UInt8.self)
            }
            transpose(source, into: target, permutation: order, on: platform)
            let isRight = (0..<target.byteCount).allSatisfy { i in
              target.bytes.load(fromByteOffset: i, as: UInt8.self)
                == UInt8(truncatingIfNeeded: expected[i / width] &* 31 &+ i % width)
            }
            #expect(isRight, "\(type) \(dims) \(order)")
          }
        }
      }
    }
  }

  @Test func largeOnThreads() {
    let source = Tensor.ramp([5, 300, 200])
    let (one, two) = (Tensor.ramp([5, 200, 300]), Tensor.ramp([5, 200, 300]))
    transpose(source, into: one, permutation: [0, 2, 1], on: .serial)
    transpose(source, into: two, permutation: [0, 2, 1], on: threads)
    #expect(one.doubles == two.doubles)
    #expect(one.doubles[1] == 200)
  }

  @Test func fills() {
    for count in [0, 1, 7, 300] {
      let out = Tensor.ramp([count])
      fill(out, with: .float32([2], [1, 9]), at: 1)
      #expect(out.doubles.allSatisfy { $0 == 9 })
    }
  }
}
