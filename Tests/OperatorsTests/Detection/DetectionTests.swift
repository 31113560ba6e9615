import Apus
import Tensors
import TestSupport
import Testing

@Suite struct DetectionTests {
  private let image = Tensor.ramp([1, 1, 4, 4])

  @Test func cropAndResize() {
    func crop(
      _ name: String, _ box: [Float], _ sizes: [Int32], _ attributes: [(String, AttributeProto.Value)] = [],
      gives values: [Float]
    ) -> Case {
      Case(
        name, "CropAndResize", domain: "com.microsoft", opset: 1,
        [image, .float32([1, 4], box), .int32([1], [0]), .int32([2], sizes)], attributes,
        gives: [.float32([1, 1, Int(sizes[0]), Int(sizes[1])], values)])
    }
    check([
      crop("corners", [0, 0, 1, 1], [2, 2], gives: [0, 3, 12, 15]),
      crop("one point is the middle", [0, 0, 1, 1], [1, 1], gives: [7.5]),
      crop("between", [0, 0, 0.5, 1], [2, 3], gives: [0, 1.5, 3, 6, 7.5, 9]),
      crop("turned around", [1, 1, 0, 0], [2, 2], gives: [15, 12, 3, 0]),
      crop("nearest", [0, 0, 0.5, 1], [2, 2], [("mode", .string("nearest"))], gives: [0, 3, 8, 11]),
      crop(
        "outside", [0, 0, 2, 1], [2, 2], [("extrapolation_value", .float(-1))], gives: [0, 3, -1, -1]),
      crop("NaN", [.nan, 0, 1, 1], [2, 1], gives: [0, 0]),
    ])
    checkError(
      Case(
        "batch", "CropAndResize", domain: "com.microsoft", opset: 1,
        [image, .float32([1, 4], [0, 0, 1, 1]), .int32([1], [1]), .int32([2], [1, 1])], gives: [image]),
      contains: "indices must be within the dims [1], got 1")
    checkError(
      crop("sizes", [0, 0, 1, 1], [0, 1], gives: []), contains: "sizes must be above 0, got [0, 1]")
  }

  @Test func gridSample() {
    let grid = Tensor.float32([1, 2, 2, 2], [-1, -1, 0, 0, 1, 1, 0.5, -0.5])
    let expected: [(String, String, [Float])] = [
      ("linear", "zeros", [0, 7.5, 3.75, 4.5]), ("linear", "border", [0, 7.5, 15, 4.5]),
      ("linear", "reflection", [0, 7.5, 15, 4.5]), ("nearest", "zeros", [0, 10, 0, 2]),
      ("nearest", "border", [0, 10, 15, 2]), ("cubic", "zeros", [-0.234375, 7.5, 3.984375, 4.921875]),
      ("cubic", "border", [-0.46875, 7.5, 15.46875, 4.21875]),
      ("cubic", "reflection", [-0.9375, 7.5, 15.9375, 4.21875]),
    ]
    for (mode, padding, values) in expected {
      check([
        Case(
          "\(mode), \(padding)", "GridSample", [image, grid],
          [("mode", .string(Name(text: mode))), ("padding_mode", .string(Name(text: padding)))],
          gives: [.float32([1, 1, 2, 2], values)])
      ])
    }
  }

  @Test func nonMaxSuppression() {
    let boxes = Tensor.float32([1, 4, 4], [0, 0, 1, 1, 0, 0.1, 1, 1.1, 0, -0.1, 1, 0.9, 0, 10, 1, 11])
    let scores = Tensor.float32([1, 1, 4], [0.9, 0.75, 0.6, 0.95])
    let apart = Tensor.float32([1, 4, 4], [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7])
    let equal = Tensor.float32([1, 1, 4], [0.2, 0.5, 0.5, 0.9])
    check([
      Case(
        "best first", "NonMaxSuppression", [boxes, scores, .int64([1], [3]), .float32([1], [0.5]), .float32([1], [0])],
        gives: [.int64([2, 3], [0, 0, 3, 0, 0, 0])]),
      Case(
        "limited", "NonMaxSuppression", [boxes, scores, .int64([1], [1]), .float32([1], [0.5])],
        gives: [.int64([1, 3], [0, 0, 3])]),
      Case(
        "equal scores as they come", "NonMaxSuppression",
        [apart, equal, .int64([1], [9]), .float32([1], [0.5]), .float32([1], [0.3])],
        gives: [.int64([3, 3], [0, 0, 3, 0, 0, 1, 0, 0, 2])]),
      Case("none asked for", "NonMaxSuppression", [boxes, scores], gives: [.int64([0, 3], [])]),
    ])
  }

  /// Bilinear samples of a plane that rises evenly average to what it is in the middle of a cell.
  @Test func roiAlignOfSlopes() {
    var slope: [Float] = []
    for i in 0..<576 {
      let (column, row) = (i % 12, i / 12 % 16)
      slope.append(Float((i / 192 + 1) * (column + 2 * row)))
    }
    let planes = Tensor.float32([1, 3, 16, 12], slope)
    for (samples, cells) in [(1, 3), (2, 7), (4, 5), (9, 2), (12, 3)] {
      var expected: [Float] = []
      for plane in 1...3 {
        for row in 0..<cells {
          for column in 0..<cells {
            let x: Float = 1.5 + 8 * (Float(column) + 0.5) / Float(cells)
            let y: Float = 2.5 + 10 * (Float(row) + 0.5) / Float(cells)
            expected.append(Float(plane) * (x + 2 * y))
          }
        }
      }
      check([
        Case(
          "\(samples) by \(samples) samples", "RoiAlign",
          [planes, .float32([1, 4], [2, 3, 10, 13]), .int64([1], [0])],
          [
            ("output_height", .int(Int64(cells))), ("output_width", .int(Int64(cells))),
            ("sampling_ratio", .int(Int64(samples))),
          ], gives: [.float32([1, 3, cells, cells], expected)])
      ])
    }
  }

  @Test func roiAlign() {
    check([
      Case(
        "averages", "RoiAlign", [image, .float32([1, 4], [0, 0, 3, 3]), .int64([1], [0])],
        [("output_height", .int(2)), ("output_width", .int(2)), ("sampling_ratio", .int(2))],
        gives: [.float32([1, 1, 2, 2], [1.5625, 3, 7.3125, 8.75])])
    ])
  }
}
