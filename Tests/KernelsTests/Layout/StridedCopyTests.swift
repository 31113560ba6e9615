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

  /// Runs of every short length, cut out of rows and put into others, and no byte beside them.
  @Test func shortRuns() {
    for type in [ElementType.uint8, .uint16, .float32, .int64] {
      let width = type.byteWidth
      for run in [1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65] {
        let dims = [2, 3, run + 4]
        let (source, target) = (try! Allocator().tensor(type, Shape(dims)), try! Allocator().tensor(type, Shape(dims)))
        for i in 0..<source.byteCount {
          source.bytes.storeBytes(of: UInt8(truncatingIfNeeded: i % 251), toByteOffset: i, as: UInt8.self)
          target.bytes.storeBytes(of: 255, toByteOffset: i, as: UInt8.self)
        }
        // From the third element of each row to the second; rows from the last to the first.
        let steps = dims.packedStrides
        copyStrided(
          source, 2 + 2 * steps[1], [steps[0], -steps[1], 1], to: target, 1, steps, dims: [2, 3, run], on: .serial)
        let isRight = (0..<target.byteCount).allSatisfy { i in
          let (row, column) = (i / width / dims[2], i / width % dims[2])
          let byte = target.bytes.load(fromByteOffset: i, as: UInt8.self)
          guard 1...run ~= column else { return byte == 255 }
          let from = ((row / 3 * 3 + 2 - row % 3) * dims[2] + column + 1) * width + i % width
          return byte == UInt8(truncatingIfNeeded: from % 251)
        }
        #expect(isRight, "\(type) runs of \(run)")
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
