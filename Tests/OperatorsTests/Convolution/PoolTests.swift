import Tensors
import TestSupport
import Testing

@testable import ONNXFormat

@Suite struct PoolTests {
  private let nine = Tensor.ramp([1, 1, 3, 3], from: 1)

  @Test func maxima() {
    check([
      Case(
        "2 x 2", "MaxPool", [nine], [("kernel_shape", .ints([2, 2]))], gives: [.float32([1, 1, 2, 2], [5, 6, 8, 9])]),
      Case(
        "padding is below everything", "MaxPool", [.ramp([1, 1, 2, 2], from: -4)],
        [("kernel_shape", .ints([2, 2])), ("pads", .ints([1, 1, 0, 0]))],
        gives: [.float32([1, 1, 2, 2], [-4, -3, -2, -1])]),
      Case(
        "stride, dilation", "MaxPool", [.ramp([1, 1, 4, 4])],
        [("kernel_shape", .ints([2, 2])), ("strides", .ints([1, 1])), ("dilations", .ints([2, 2]))],
        gives: [.float32([1, 1, 2, 2], [10, 11, 14, 15])]),
      Case(
        "1-D", "MaxPool", [.float32([1, 2, 4], [1, 3, 2, 0, -1, -5, -2, -9])], [("kernel_shape", .ints([3]))],
        gives: [.float32([1, 2, 2], [3, 3, -1, -2])]),
      Case(
        "3-D", "MaxPool", [.ramp([1, 1, 2, 2, 3])],
        [("kernel_shape", .ints([2, 1, 2])), ("strides", .ints([1, 1, 1]))],
        gives: [.float32([1, 1, 1, 2, 2], [7, 8, 10, 11])]),
      Case(
        "empty batch", "MaxPool", [.ramp([0, 2, 4, 4])], [("kernel_shape", .ints([2, 2]))],
        gives: [.ramp([0, 2, 3, 3])]),
      Case(
        "SAME_UPPER", "MaxPool", [nine], [("kernel_shape", .ints([2, 2])), ("auto_pad", .string("SAME_UPPER"))],
        gives: [.float32([1, 1, 3, 3], [5, 6, 6, 8, 9, 9, 8, 9, 9])]),
      Case(
        "SAME_LOWER", "MaxPool", [nine], [("kernel_shape", .ints([2, 2])), ("auto_pad", .string("SAME_LOWER"))],
        gives: [.float32([1, 1, 3, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9])]),
      Case(
        "int8", "MaxPool", opset: 12, [.int8([1, 1, 4], [-128, -3, -5, 127])], [("kernel_shape", .ints([2]))],
        gives: [.int8([1, 1, 3], [-3, -3, 127])]),
      Case(
        "uint8", "MaxPool", opset: 12, [.uint8([1, 1, 3], [200, 7, 255])], [("kernel_shape", .ints([2]))],
        gives: [.uint8([1, 1, 2], [200, 255])]),
      Case(
        "float16", "MaxPool", [.float16([1, 1, 3], [0.5, -1, 2])], [("kernel_shape", .ints([2]))],
        gives: [.float16([1, 1, 2], [0.5, 2])]),
    ])
  }

  /// Bytes have a kernel of their own: rows around its vectors, padding, gaps, on one thread and two.
  @Test(arguments: [1, 2, 3]) func bytes(stride: Int) {
    for (width, gap, before, after) in [(1, 1, 1, 1), (7, 1, 0, 0), (16, 2, 1, 2), (17, 1, 2, 0), (35, 3, 1, 1)] {
      let (planes, height, kernel) = (70, 9, [3, 2])
      let size = { (input: Int, kernel: Int, pads: Int) in (input + pads - (kernel - 1) * gap - 1) / stride + 1 }
      let (rows, columns) = (size(height, kernel[0], 0), size(width, kernel[1], before + after))
      let bytes = (0..<planes * height * width).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ $0 / 13) }
      for isSigned in [false, true] {
        let flip: UInt8 = isSigned ? 128 : 0
        var largest: [UInt8] = []
        for plane in 0..<planes {
          for y in 0..<rows {
            for x in 0..<columns {
              var most: UInt8 = 0
              for tap in 0..<kernel[0] * kernel[1] {
                let row = y * stride + tap / kernel[1] * gap
                let column = x * stride + tap % kernel[1] * gap - before
                guard column >= 0, column < width else { continue }
                most = max(most, bytes[(plane * height + row) * width + column] ^ flip)
              }
              largest.append(most ^ flip)
            }
          }
        }
        let type: ElementType = isSigned ? .int8 : .uint8
        check([
          Case(
            "\(type) \(width)", "MaxPool", [.of(type, [1, planes, height, width], bytes)],
            [
              ("kernel_shape", .ints(kernel.map { Int64($0) })), ("strides", .ints([Int64(stride), Int64(stride)])),
              ("dilations", .ints([Int64(gap), Int64(gap)])), ("pads", .ints([0, Int64(before), 0, Int64(after)])),
            ], gives: [.of(type, [1, planes, rows, columns], largest)])
        ])
      }
    }
    check([
      Case(
        "a volume of bytes", "MaxPool", [.int8([1, 1, 2, 2, 3], [-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, 5])],
        [("kernel_shape", .ints([2, 1, 2]))], gives: [.int8([1, 1, 1, 2, 2], [-1, -2, -4, 5])]),
      Case(
        "no batch of bytes", "MaxPool", [.uint8([0, 2, 4], [])], [("kernel_shape", .ints([2]))],
        gives: [.uint8([0, 2, 3], [])]),
    ])
  }

  @Test func indices() {
    check([
      Case(
        "row by row", "MaxPool", [nine], [("kernel_shape", .ints([2, 2]))],
        gives: [.float32([1, 1, 2, 2], [5, 6, 8, 9]), .int64([1, 1, 2, 2], [4, 5, 7, 8])]),
      Case(
        "column by column", "MaxPool", [.ramp([1, 1, 2, 3])],
        [("kernel_shape", .ints([1, 2])), ("storage_order", .int(1))],
        gives: [.float32([1, 1, 2, 2], [1, 2, 4, 5]), .int64([1, 1, 2, 2], [2, 4, 3, 5])]),
      Case(
        "over planes", "MaxPool", [.float32([2, 2, 2], [1, 2, 4, 3, 5, 6, 8, 7])], [("kernel_shape", .ints([2]))],
        gives: [.float32([2, 2, 1], [2, 4, 6, 8]), .int64([2, 2, 1], [1, 2, 5, 6])]),
      Case(
        "the first of equal ones", "MaxPool", [.float32([1, 1, 3], [4, 4, 4])],
        [("kernel_shape", .ints([2])), ("pads", .ints([1, 1]))],
        gives: [.float32([1, 1, 4], [4, 4, 4, 4]), .int64([1, 1, 4], [0, 0, 1, 2])]),
      Case(
        "int8", "MaxPool", opset: 12, [.int8([1, 1, 3], [1, 3, 2])], [("kernel_shape", .ints([2]))],
        gives: [.int8([1, 1, 2], [3, 3]), .int64([1, 1, 2], [1, 1])]),
    ])
  }

  /// In ceil mode a last window may reach beyond the input, but not begin there.
  @Test func ceilMode() {
    let attributes: [(String, AttributeProto.Value)] = [("ceil_mode", .int(1)), ("strides", .ints([2]))]
    check([
      Case(
        "one more", "MaxPool", [.ramp([1, 1, 4])], attributes + [("kernel_shape", .ints([3]))],
        gives: [.float32([1, 1, 2], [2, 3])]),
      Case(
        "fits anyway", "MaxPool", [.ramp([1, 1, 5])], attributes + [("kernel_shape", .ints([3]))],
        gives: [.float32([1, 1, 2], [2, 4])]),
      Case(
        "would begin in the padding", "MaxPool", [.ramp([1, 1, 4])],
        attributes + [("kernel_shape", .ints([1])), ("pads", .ints([0, 1]))],
        gives: [.float32([1, 1, 2], [0, 2])]),
      Case(
        "larger than the input by less than a stride", "MaxPool", [.ramp([1, 1, 2])],
        attributes + [("kernel_shape", .ints([3]))], gives: [.float32([1, 1, 1], [1])]),
      Case(
        "mean of what is there", "AveragePool", [.ramp([1, 1, 4])], attributes + [("kernel_shape", .ints([3]))],
        gives: [.float32([1, 1, 2], [1, 2.5])]),
      Case(
        "beyond the padding nothing counts", "AveragePool", [.ramp([1, 1, 4])],
        attributes + [("kernel_shape", .ints([3])), ("pads", .ints([1, 0])), ("count_include_pad", .int(1))],
        gives: [.float32([1, 1, 2], [1.0 / 3, 2])]),
      Case(
        "padding behind counts, what is beyond does not", "AveragePool", [.ramp([1, 1, 4])],
        [
          ("ceil_mode", .int(1)), ("strides", .ints([3])), ("kernel_shape", .ints([4])), ("pads", .ints([0, 1])),
          ("count_include_pad", .int(1)),
        ],
        gives: [.float32([1, 1, 2], [1.5, 1.5])]),
    ])
    checkError(
      Case(
        "larger by a stride", "MaxPool", [.ramp([1, 1, 1])], attributes + [("kernel_shape", .ints([3]))],
        gives: [.ramp([1, 1, 1])]),
      contains: "a kernel that reaches 3 does not fit an input of 1")
  }

  @Test func means() {
    check([
      Case(
        "2 x 2", "AveragePool", [nine], [("kernel_shape", .ints([2, 2]))],
        gives: [.float32([1, 1, 2, 2], [3, 4, 6, 7])]),
      Case(
        "padding does not count", "AveragePool", [.ramp([1, 1, 3], from: 1)],
        [("kernel_shape", .ints([2])), ("pads", .ints([1, 1]))],
        gives: [.float32([1, 1, 4], [1, 1.5, 2.5, 3])]),
      Case(
        "padding counts", "AveragePool", [.ramp([1, 1, 3], from: 1)],
        [("kernel_shape", .ints([2])), ("pads", .ints([1, 1])), ("count_include_pad", .int(1))],
        gives: [.float32([1, 1, 4], [0.5, 1.5, 2.5, 1.5])]),
      Case(
        "dilation", "AveragePool", [.ramp([1, 1, 5])], [("kernel_shape", .ints([2])), ("dilations", .ints([3]))],
        gives: [.float32([1, 1, 2], [1.5, 2.5])]),
      Case(
        "3-D", "AveragePool", [.ramp([1, 1, 2, 2, 2])], [("kernel_shape", .ints([2, 2, 2]))],
        gives: [.float32([1, 1, 1, 1, 1], [3.5])]),
      Case(
        "bfloat16", "AveragePool", [.bfloat16([1, 1, 2], [1, 2])], [("kernel_shape", .ints([2]))],
        gives: [.bfloat16([1, 1, 1], [1.5])]),
    ])
  }

  /// Sizes around a vector's, against the definition.
  @Test(arguments: [1, 2, 3]) func widths(stride: Int) {
    for width in [3, 4, 5, 7, 8, 9, 16, 17, 31] {
      let x = Tensor.mixed([1, 2, 5, width])
      let window = NaiveWindow([5, width], kernel: [3, 3], strides: [stride, stride], pads: [1, 1, 1, 1])
      var (largest, means, counted): ([Float], [Float], [Float]) = ([], [], [])
      for c in 0..<2 {
        for place in NaiveWindow.indices(window.output) {
          let seen = NaiveWindow.indices([3, 3]).compactMap { window.source(place, $0, [5, width]) }
            .map { x.doubles[NaiveWindow.offset([0, c] + $0, x.shape.dims)] }
          largest.append(Float(seen.max()!))
          means.append(Float(seen.reduce(0, +) / Double(seen.count)))
          counted.append(Float(seen.reduce(0, +) / 9))
        }
      }
      let dims = [1, 2] + window.output
      let attributes: [(String, AttributeProto.Value)] = [
        ("kernel_shape", .ints([3, 3])), ("pads", .ints([1, 1, 1, 1])),
        ("strides", .ints([Int64(stride), Int64(stride)])),
      ]
      check([
        Case("max \(width)", "MaxPool", [x], attributes, gives: [.float32(dims, largest)]),
        Case("mean \(width)", "AveragePool", [x], attributes, gives: [.float32(dims, means)]),
        Case(
          "mean with padding \(width)", "AveragePool", [x], attributes + [("count_include_pad", .int(1))],
          gives: [.float32(dims, counted)]),
      ])
    }
  }

  @Test func global() {
    let x = Tensor.float32([1, 2, 2, 2], [1, 2, 3, 6, -1, -2, -3, -4])
    check([
      Case("mean", "GlobalAveragePool", [x], gives: [.float32([1, 2, 1, 1], [3, -2.5])]),
      Case("largest", "GlobalMaxPool", [x], gives: [.float32([1, 2, 1, 1], [6, -1])]),
      Case("no spatial dims", "GlobalAveragePool", [.ramp([2, 3])], gives: [.ramp([2, 3])]),
      Case("1-D", "GlobalMaxPool", [.ramp([2, 1, 3])], gives: [.float32([2, 1, 1], [2, 5])]),
      Case("empty batch", "GlobalAveragePool", [.ramp([0, 2, 3, 3])], gives: [.ramp([0, 2, 1, 1])]),
      Case("float16", "GlobalAveragePool", [.float16([1, 1, 2], [1, 2])], gives: [.float16([1, 1, 1], [1.5])]),
    ])
  }

  @Test func errors() {
    checkError(Case("no kernel", "MaxPool", [nine], gives: [nine]), contains: "attribute 'kernel_shape' is missing")
    checkError(
      Case("rank", "AveragePool", [nine], [("kernel_shape", .ints([2]))], gives: [nine]),
      contains: "the kernel must have 2 dims above 0, got [2]")
    checkError(
      Case("no spatial dims", "MaxPool", [.ramp([2, 2])], [("kernel_shape", .ints([]))], gives: [nine]),
      contains: "must have rank 3 or more, got [2, 2]")
  }
}
