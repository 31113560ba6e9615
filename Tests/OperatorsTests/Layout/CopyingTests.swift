import Apus
import Tensors
import TestSupport
import Testing

@Suite struct CopyingTests {
  /// A transposed tensor, element by element.
  private func transposed(_ dims: [Int], _ order: [Int]) -> Tensor {
    let (out, steps) = (order.map { dims[$0] }, dims.packedStrides)
    return .float32(
      out,
      (0..<out.productSaturating).map { i in
        var (rest, at) = (i, 0)
        for k in out.indices.reversed() {
          at += rest % out[k] * steps[order[k]]
          rest /= out[k]
        }
        return Float(at)
      })
  }

  /// uint4 by its bytes, two elements in each.
  private func nibbles(_ dims: [Int], _ bytes: [UInt8]) -> Tensor {
    let tensor = try! Allocator().tensor(.uint4, Shape(dims))
    for (i, byte) in bytes.enumerated() { tensor.bytes.storeBytes(of: byte, toByteOffset: i, as: UInt8.self) }
    return tensor
  }

  /// float6 by its codes, four in three bytes.
  private func sixes(_ dims: [Int], _ codes: [UInt8]) -> Tensor {
    let tensor = try! Allocator().tensor(.float6e2m3, Shape(dims))
    for byte in 0..<tensor.byteCount {
      let bits = (8 * byte..<8 * byte + 8).map { $0 / 6 < codes.count ? codes[$0 / 6] >> UInt8($0 % 6) & 1 : 0 }
      let value = bits.reversed().reduce(UInt8(0)) { $0 << 1 | $1 }
      tensor.bytes.storeBytes(of: value, toByteOffset: byte, as: UInt8.self)
    }
    return tensor
  }

  @Test func transpose() {
    let table: [([Int], [Int])] = [
      ([2, 3], [1, 0]), ([2, 3, 4], [2, 0, 1]), ([2, 3, 4], [0, 2, 1]), ([2, 3, 4, 5], [0, 2, 1, 3]),
      ([2, 3, 4, 5], [0, 3, 1, 2]), ([37, 67], [1, 0]), ([3, 33, 70], [0, 2, 1]), ([3, 33, 70], [2, 1, 0]), ([5], [0]),
      ([1, 7, 1, 9], [3, 2, 1, 0]), ([2, 0, 3], [2, 1, 0]),
    ]
    for (dims, order) in table {
      check([
        Case(
          "\(dims) \(order)", "Transpose", [.ramp(dims)], [("perm", .ints(order.map { Int64($0) }))],
          gives: [transposed(dims, order)])
      ])
    }
    check([
      Case("reversed", "Transpose", [.ramp([2, 3])], gives: [transposed([2, 3], [1, 0])]),
      Case("scalar", "Transpose", [.float32([], [1])], gives: [.float32([], [1])]),
      Case("bytes", "Transpose", [.uint8([2, 2], [1, 2, 3, 4])], gives: [.uint8([2, 2], [1, 3, 2, 4])]),
      Case("halves", "Transpose", [.float16([2, 2], [1, 2, 3, 4])], gives: [.float16([2, 2], [1, 3, 2, 4])]),
      Case("doubles", "Transpose", [.float64([2, 2], [1, 2, 3, 4])], gives: [.float64([2, 2], [1, 3, 2, 4])]),
      Case(
        "strings", "Transpose", [.strings([2, 2], ["a", "b", "c", "d"])],
        gives: [.strings([2, 2], ["a", "c", "b", "d"])]),
      Case(
        "six bits", "Transpose", [sixes([2, 4], [1, 2, 0x3f, 4, 0x2a, 6, 7, 0x38])],
        gives: [sixes([4, 2], [1, 0x2a, 2, 6, 0x3f, 7, 4, 0x38])]),
      Case("nibbles", "Transpose", [nibbles([2, 2], [0x21, 0x43])], gives: [nibbles([2, 2], [0x31, 0x42])]),
    ])
    checkError(
      Case("order", "Transpose", [.ramp([2, 3])], [("perm", .ints([0, 0]))], gives: [.ramp([2, 3])]), contains: "differ"
    )
  }

  @Test func concat() {
    let (a, b) = (Tensor.float32([2, 1], [1, 2]), Tensor.float32([2, 2], [3, 4, 5, 6]))
    check([
      Case("columns", "Concat", [a, b], [("axis", .int(-1))], gives: [.float32([2, 3], [1, 3, 4, 2, 5, 6])]),
      Case("rows", "Concat", [b, b], [("axis", .int(0))], gives: [.float32([4, 2], [3, 4, 5, 6, 3, 4, 5, 6])]),
      Case("an empty one", "Concat", [.float32([2, 0], []), a], [("axis", .int(1))], gives: [a]),
      Case(
        "strings", "Concat", [.strings([1], ["a"]), .strings([2], ["b", "c"])], [("axis", .int(0))],
        gives: [.strings([3], ["a", "b", "c"])]),
      Case("opset 1", "Concat", opset: 1, [a, a], gives: [.float32([2, 2], [1, 1, 2, 2])]),
    ])
    checkError(
      Case("dims", "Concat", [a, .ramp([3, 2])], [("axis", .int(1))], gives: [a]), contains: "[2, 1]", "[3, 2]")
  }

  @Test func split() {
    let x = Tensor.ramp([2, 5])
    let three = [Tensor.float32([2, 2], [0, 1, 5, 6]), .float32([2, 2], [2, 3, 7, 8]), .float32([2, 1], [4, 9])]
    check([
      Case("a shorter last", "Split", [x], [("axis", .int(1)), ("num_outputs", .int(3))], gives: three),
      Case("sizes", "Split", [x, .int64([3], [2, 2, 1])], [("axis", .int(1))], gives: three),
      Case("attribute", "Split", opset: 11, [x], [("axis", .int(-1)), ("split", .ints([2, 2, 1]))], gives: three),
      Case(
        "one not wanted", "Split", [x, .int64([3], [2, 2, 1])], [("axis", .int(1))], gives: [three[0], nil, three[2]]),
      Case("an empty part", "Split", [.ramp([2]), .int64([2], [0, 2])], gives: [.float32([0], []), .ramp([2])]),
    ])
    checkError(
      Case("sum", "Split", [x, .int64([2], [2, 2])], [("axis", .int(1))], gives: [x, x]), contains: "[2, 2]", "5")
  }

  @Test func slice() {
    let x = Tensor.ramp([3, 4])
    func slice(_ name: String, _ starts: [Int64], _ ends: [Int64], _ axes: [Int64], _ steps: [Int64], _ y: Tensor)
      -> Case
    {
      let n = [starts.count]
      return Case(
        name, "Slice", [x, .int64(n, starts), .int64(n, ends), .int64(n, axes), .int64(n, steps)], gives: [y])
    }
    check([
      slice("both axes", [1, 0], [3, 3], [0, 1], [1, 2], .float32([2, 2], [4, 6, 8, 10])),
      slice("to the end", [2], [.max], [1], [1], .float32([3, 2], [2, 3, 6, 7, 10, 11])),
      slice("backwards", [-1], [.min], [1], [-1], .float32([3, 4], [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8])),
      slice("backwards by 2", [3, 2], [0, -4], [1, 0], [-2, -1], .float32([3, 2], [11, 9, 7, 5, 3, 1])),
      slice("negative bounds", [-2], [-1], [1], [1], .float32([3, 1], [2, 6, 10])),
      slice("nothing", [2], [2], [0], [1], .float32([0, 4], [])),
      slice("beyond", [0], [100], [0], [1], x),
      slice("a long step", [0], [.max], [0], [.max], .float32([1, 4], [0, 1, 2, 3])),
      Case("int32", "Slice", [x, .int32([1], [1]), .int32([1], [2])], gives: [.ramp([1, 4], from: 4)]),
      Case(
        "attributes", "Slice", opset: 1, [x], [("starts", .ints([1])), ("ends", .ints([2])), ("axes", .ints([1]))],
        gives: [.float32([3, 1], [1, 5, 9])]),
      Case(
        "empty input", "Slice",
        [.float32([0], []), .int64([1], [-1]), .int64([1], [.min]), .int64([1], [0]), .int64([1], [-1])],
        gives: [.float32([0], [])]),
      Case(
        "strings", "Slice",
        [.strings([3], ["a", "b", "c"]), .int64([1], [2]), .int64([1], [-9]), .int64([1], [0]), .int64([1], [-1])],
        gives: [.strings([3], ["c", "b", "a"])]),
    ])
    checkError(slice("step", [0], [1], [0], [0], x), contains: "steps must not be 0")
  }

  @Test func expandAndTile() {
    check([
      Case(
        "expand", "Expand", [.float32([3, 1], [1, 2, 3]), .int64([2], [3, 2])],
        gives: [.float32([3, 2], [1, 1, 2, 2, 3, 3])]),
      Case(
        "more dims", "Expand", [.float32([2], [1, 2]), .int64([3], [2, 1, 1])],
        gives: [.float32([2, 1, 2], [1, 2, 1, 2])]),
      Case("to nothing", "Expand", [.float32([1], [1]), .int64([2], [0, 2])], gives: [.float32([0, 2], [])]),
      Case("string", "Expand", [.strings([], ["a"]), .int64([1], [2])], gives: [.strings([2], ["a", "a"])]),
      Case(
        "tile", "Tile", [.float32([2, 2], [1, 2, 3, 4]), .int64([2], [1, 2])],
        gives: [.float32([2, 4], [1, 2, 1, 2, 3, 4, 3, 4])]),
      Case(
        "tile rows", "Tile", [.float32([1, 2], [1, 2]), .int64([2], [2, 1])], gives: [.float32([2, 2], [1, 2, 1, 2])]),
      Case("tile bools", "Tile", [.bool([1], [true]), .int64([1], [3])], gives: [.bool([3], [true, true, true])]),
      Case("no tiles", "Tile", [.ramp([2]), .int64([1], [0])], gives: [.float32([0], [])]),
    ])
    checkError(Case("shape", "Expand", [.ramp([2]), .int64([1], [3])], gives: [.ramp([3])]), contains: "[2]", "[3]")
  }

  @Test func pad() {
    let x = Tensor.float32([2, 3], [1, 2, 3, 4, 5, 6])
    func pad(_ name: String, _ mode: String, _ pads: [Int64], _ y: Tensor) -> Case {
      Case(name, "Pad", [x, .int64([4], pads)], [("mode", .string(.init(text: mode)))], gives: [y])
    }
    check([
      pad("zeros", "constant", [0, 1, 1, 0], .float32([3, 4], [0, 1, 2, 3, 0, 4, 5, 6, 0, 0, 0, 0])),
      pad("away", "constant", [-1, 0, 0, -1], .float32([1, 2], [4, 5])),
      pad("edge", "edge", [1, 1, 0, 2], .float32([3, 6], [1, 1, 2, 3, 3, 3, 1, 1, 2, 3, 3, 3, 4, 4, 5, 6, 6, 6])),
      pad(
        "reflect", "reflect", [0, 2, 1, 1], .float32([3, 6], [3, 2, 1, 2, 3, 2, 6, 5, 4, 5, 6, 5, 3, 2, 1, 2, 3, 2])),
      pad(
        "reflect twice", "reflect", [0, 5, 0, 0], .float32([2, 8], [2, 1, 2, 3, 2, 1, 2, 3, 5, 4, 5, 6, 5, 4, 5, 6])),
      pad("wrap", "wrap", [1, 1, 0, 1], .float32([3, 5], [6, 4, 5, 6, 4, 3, 1, 2, 3, 1, 6, 4, 5, 6, 4])),
      Case(
        "value", "Pad", [.int32([1], [7]), .int64([2], [1, 1]), .int32([], [-1])], gives: [.int32([3], [-1, 7, -1])]),
      Case(
        "axes", "Pad", [x, .int64([2], [1, 0]), nil, .int64([1], [-1])],
        gives: [.float32([2, 4], [0, 1, 2, 3, 0, 4, 5, 6])]),
      Case(
        "attributes", "Pad", opset: 2, [.float32([1], [7])], [("pads", .ints([1, 0])), ("value", .float(2))],
        gives: [.float32([2], [2, 7])]),
    ])
    checkError(
      Case("mode", "Pad", [x, .int64([4], [0, 0, 0, 0])], [("mode", .string("mirror"))], gives: [x]),
      contains: "'mirror'")
    checkError(Case("count", "Pad", [x, .int64([2], [0, 0])], gives: [x]), contains: "two pads")
  }

  @Test func blocks() {
    let x = Tensor.ramp([1, 8, 1, 2])
    check([
      Case(
        "DCR", "DepthToSpace", [x], [("blocksize", .int(2))],
        gives: [.float32([1, 2, 2, 4], [0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15])]),
      Case(
        "CRD", "DepthToSpace", [x], [("blocksize", .int(2)), ("mode", .string("CRD"))],
        gives: [.float32([1, 2, 2, 4], [0, 2, 1, 3, 4, 6, 5, 7, 8, 10, 9, 11, 12, 14, 13, 15])]),
      Case(
        "back", "SpaceToDepth", [.float32([1, 2, 2, 4], [0, 4, 1, 5, 8, 12, 9, 13, 2, 6, 3, 7, 10, 14, 11, 15])],
        [("blocksize", .int(2))], gives: [x]),
    ])
    checkError(
      Case("channels", "DepthToSpace", [.ramp([1, 3, 1, 1])], [("blocksize", .int(2))], gives: [x]), contains: "3", "4")
  }

  @Test func centerCropPad() {
    let x = Tensor.float32([2, 3], [1, 2, 3, 4, 5, 6])
    check([
      Case("both", "CenterCropPad", [x, .int64([2], [3, 2])], gives: [.float32([3, 2], [1, 2, 4, 5, 0, 0])]),
      Case(
        "one axis", "CenterCropPad", [x, .int64([1], [5])], [("axes", .ints([-1]))],
        gives: [.float32([2, 5], [0, 1, 2, 3, 0, 0, 4, 5, 6, 0])]),
      Case("odd", "CenterCropPad", [.ramp([4]), .int64([1], [1])], gives: [.ramp([1], from: 1)]),
    ])
  }

  @Test func triangles() {
    let x = Tensor.int64([2, 3], [1, 2, 3, 4, 5, 6])
    check([
      Case("upper", "Trilu", [x], gives: [.int64([2, 3], [1, 2, 3, 0, 5, 6])]),
      Case("lower", "Trilu", [x], [("upper", .int(0))], gives: [.int64([2, 3], [1, 0, 0, 4, 5, 0])]),
      Case("from 1", "Trilu", [x, .int64([], [1])], gives: [.int64([2, 3], [0, 2, 3, 0, 0, 6])]),
      Case(
        "to -1", "Trilu", [x, .int64([], [-1])], [("upper", .int(0))], gives: [.int64([2, 3], [0, 0, 0, 4, 0, 0])]),
      Case("far", "Trilu", [x, .int64([], [.max])], gives: [.int64([2, 3], [0, 0, 0, 0, 0, 0])]),
      Case("near", "Trilu", [x, .int64([], [.min])], gives: [x]),
    ])
  }

  @Test func reverseSequence() {
    let x = Tensor.ramp([3, 2])
    check([
      Case(
        "time first", "ReverseSequence", [x, .int64([2], [3, 2])], gives: [.float32([3, 2], [4, 3, 2, 1, 0, 5])]),
      Case(
        "batch first", "ReverseSequence", [x, .int64([3], [1, 2, 2])],
        [("time_axis", .int(1)), ("batch_axis", .int(0))], gives: [.float32([3, 2], [0, 1, 3, 2, 5, 4])]),
    ])
    checkError(Case("length", "ReverseSequence", [x, .int64([2], [4, 1])], gives: [x]), contains: "0...3", "4")
  }
}
