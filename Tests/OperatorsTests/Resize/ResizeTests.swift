import Tensors
import TestSupport
import Testing

@Suite struct ResizeTests {
  private let image = Tensor.ramp([1, 1, 4, 4])

  @Test func interpolation() {
    check([
      Case(
        "linear", "Resize", opset: 19, [image, nil, .float32([4], [1, 1, 0.6, 0.6])], [("mode", .string("linear"))],
        gives: [.float32([1, 1, 2, 2], [1.6666665, 3.3333333, 8.333333, 10])]),
      Case(
        "cubic", "Resize", opset: 19, [.float32([1, 1, 2, 2], [0, 1, 4, 5]), nil, .float32([4], [1, 1, 2, 1])],
        [("mode", .string("cubic"))],
        gives: [.float32([1, 1, 4, 2], [-0.421875, 0.578125, 0.90625, 1.90625, 3.09375, 4.09375, 4.421875, 5.421875])]),
      Case(
        "nearest, rows repeat", "Resize", opset: 19,
        [.ramp([2, 1, 2, 2]), nil, .float32([4], [1, 1, 2, 2])],
        [
          ("mode", .string("nearest")), ("coordinate_transformation_mode", .string("asymmetric")),
          ("nearest_mode", .string("floor")),
        ],
        gives: [
          .float32(
            [2, 1, 4, 4],
            [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 3, 3, 2, 2, 3, 3, 4, 4, 5, 5, 4, 4, 5, 5, 6, 6, 7, 7, 6, 6, 7, 7])
        ]),
      Case(
        "nearest, rows outside", "Resize", opset: 19,
        [.ramp([2, 2]), .float32([4], [-1, 0, 1, 1]), nil, .int64([2], [4, 2])],
        [
          ("mode", .string("nearest")), ("coordinate_transformation_mode", .string("tf_crop_and_resize")),
          ("extrapolation_value", .float(9)),
        ],
        gives: [.float32([4, 2], [9, 9, 9, 9, 0, 1, 2, 3])]),
      Case(
        "antialiased", "Resize", opset: 19, [image, nil, .float32([4], [1, 1, 0.5, 1])],
        [("mode", .string("linear")), ("antialias", .int(1))],
        gives: [.float32([1, 1, 2, 4], [2.5, 3.5, 4.5, 5.5, 9.5, 10.5, 11.5, 12.5])]),
      Case(
        "antialiased bytes are rounded", "Resize", opset: 18,
        [.uint8([4], [0, 255, 255, 1]), nil, .float32([1], [0.5])],
        [("mode", .string("linear")), ("antialias", .int(1))], gives: [.uint8([2], [128, 128])]),
      Case(
        "a cubic of bytes saturates", "Resize", opset: 18, [.uint8([4], [0, 0, 255, 255]), nil, .float32([1], [2])],
        [("mode", .string("cubic"))], gives: [.uint8([8], [0, 0, 0, 57, 197, 255, 255, 255])]),
      Case(
        "one output of pytorch_half_pixel lies at 0", "Resize", opset: 19,
        [.float32([3], [1, 5, 2]), nil, nil, .int64([1], [1])],
        [("mode", .string("cubic")), ("coordinate_transformation_mode", .string("pytorch_half_pixel"))],
        gives: [.float32([1], [1])]),
      Case(
        "cropped, a value outside", "Resize", opset: 19,
        [.ramp([3]), .float32([2], [0.5, 1.5]), nil, .int64([1], [3])],
        [
          ("mode", .string("linear")), ("coordinate_transformation_mode", .string("tf_crop_and_resize")),
          ("extrapolation_value", .float(9)),
        ],
        gives: [.float32([3], [1, 2, 9])]),
      Case(
        "half precision by scales of an axis", "Resize", opset: 18,
        [.float16([1, 2], [0, 4]), nil, .float32([1], [2])],
        [("mode", .string("linear")), ("axes", .ints([1]))], gives: [.float16([1, 4], [0, 1, 3, 4])]),
    ])
  }

  @Test func doubled() {
    for width in [1, 3, 4, 11] {
      let x = Tensor.ramp([2, width])
      let y = (0..<8 * width).map { Float($0 / (4 * width) * width + $0 % (2 * width) / 2) }
      check([
        Case(
          "\(width) columns", "Resize", opset: 19, [x, nil, .float32([2], [2, 2])],
          [
            ("mode", .string("nearest")), ("coordinate_transformation_mode", .string("asymmetric")),
            ("nearest_mode", .string("floor")),
          ], gives: [.float32([4, 2 * width], y)])
      ])
    }
  }

  @Test func nearest() {
    check([
      Case(
        "bytes, ties prefer the floor", "Resize", opset: 13, [.uint8([4], [1, 2, 3, 4]), nil, nil, .int64([1], [2])],
        gives: [.uint8([2], [1, 3])]),
      Case(
        "ties prefer the ceiling", "Resize", opset: 13, [.uint8([4], [1, 2, 3, 4]), nil, nil, .int64([1], [2])],
        [("nearest_mode", .string("round_prefer_ceil"))], gives: [.uint8([2], [2, 4])]),
      Case(
        "tf_half_pixel_for_nn", "Resize", opset: 11, [.ramp([4]), .float32([0], []), .float32([1], [0.6])],
        [("coordinate_transformation_mode", .string("tf_half_pixel_for_nn")), ("nearest_mode", .string("floor"))],
        gives: [.float32([2], [0, 2])]),
      Case(
        "not larger", "Resize", opset: 19, [.ramp([2, 4]), nil, nil, .int64([2], [4, 4])],
        [("keep_aspect_ratio_policy", .string("not_larger"))], gives: [.ramp([2, 4])]),
      Case(
        "Upsample", "Upsample", opset: 9, [.ramp([1, 2]), .float32([2], [2, 2])],
        gives: [.float32([2, 4], [0, 0, 1, 1, 0, 0, 1, 1])]),
      Case(
        "Upsample by an attribute", "Upsample", opset: 7, [.ramp([2])], [("scales", .floats([2]))],
        gives: [.float32([4], [0, 0, 1, 1])]),
    ])
    checkError(
      Case("no scales", "Resize", opset: 13, [.ramp([2])], gives: [.ramp([2])]), contains: "scales or sizes")
  }
}
