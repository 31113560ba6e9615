import Apus
import Tensors
import TestSupport
import Testing

@Suite struct UnpoolTests {
  @Test func maxUnpool() {
    let x = Tensor.float32([1, 1, 1, 2], [5, 7])
    let indices = Tensor.int64([1, 1, 1, 2], [1, 6])
    let attributes: [(String, AttributeProto.Value)] = [("kernel_shape", .ints([2, 2])), ("strides", .ints([2, 2]))]
    check([
      Case(
        "plain", "MaxUnpool", [x, indices], attributes, gives: [.float32([1, 1, 2, 4], [0, 5, 0, 0, 0, 0, 7, 0])]),
      Case(
        "a larger output", "MaxUnpool", [x, indices, .int64([4], [1, 1, 3, 5])], attributes,
        gives: [.float32([1, 1, 3, 5], [0, 5, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0])]),
      Case(
        "float64", "MaxUnpool", [.float64([1, 1, 1], [3]), .int64([1, 1, 1], [1])], [("kernel_shape", .ints([2]))],
        gives: [.float64([1, 1, 2], [0, 3])]),
    ])
    checkError(
      Case("outside", "MaxUnpool", [x, .int64([1, 1, 1, 2], [1, 8])], attributes, gives: [x]),
      contains: "indices must be below 8, got 8")
    checkError(
      Case("negative", "MaxUnpool", [x, .int64([1, 1, 1, 2], [-1, 0])], attributes, gives: [x]),
      contains: "indices must be below 8, got -1")
    checkError(
      Case("small", "MaxUnpool", [x, indices, .int64([4], [1, 1, 1, 4])], attributes, gives: [x]),
      contains: "output_shape must be [1, 1, 2, 4] or more")
  }

  @Test func col2Im() {
    // Four blocks of 2 × 2 in an image of 3 × 3: the middle is in all of them.
    let columns = Tensor.float32([1, 4, 4], [Float](repeating: 1, count: 16))
    let (image, block) = (Tensor.int64([2], [3, 3]), Tensor.int64([2], [2, 2]))
    check([
      Case(
        "overlapping", "Col2Im", [columns, image, block], gives: [.float32([1, 1, 3, 3], [1, 2, 1, 2, 4, 2, 1, 2, 1])]),
      Case(
        "strides and pads", "Col2Im", [.ramp([1, 2, 2]), .int64([1], [2]), .int64([1], [2])],
        [("strides", .ints([2])), ("pads", .ints([1, 1]))], gives: [.float32([1, 1, 2], [2, 1])]),
      Case(
        "dilated", "Col2Im", [.ramp([1, 2, 1]), .int64([1], [3]), .int64([1], [2])], [("dilations", .ints([2]))],
        gives: [.float32([1, 1, 3], [0, 0, 1])]),
      Case(
        "bytes wrap", "Col2Im", [.uint8([1, 2, 2], [200, 1, 100, 2]), .int64([1], [3]), .int64([1], [2])],
        gives: [.uint8([1, 1, 3], [200, 101, 2])]),
      Case(
        "half", "Col2Im", [.float16([1, 2, 2], [1, 2, 3, 4]), .int64([1], [3]), .int64([1], [2])],
        gives: [.float16([1, 1, 3], [1, 5, 4])]),
    ])
    checkError(
      Case("count", "Col2Im", [columns, .int64([2], [4, 3]), block], gives: [columns]),
      contains: "does not fit 6 blocks")
    checkError(
      Case("block", "Col2Im", [columns, image, .int64([2], [0, 2])], gives: [columns]), contains: "must be above 0")
  }
}
