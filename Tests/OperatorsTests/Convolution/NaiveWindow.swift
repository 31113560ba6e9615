import Tensors
import TestSupport

/// Windows by their definition, one element at a time, for tests to compare with.
struct NaiveWindow {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var before: [Int]
  var output: [Int]

  /// A window over spatial dims `input`; `pads` are those before, then those behind.
  init(_ input: [Int], kernel: [Int], strides: [Int]? = nil, dilations: [Int]? = nil, pads: [Int]? = nil) {
    let ones = [Int](repeating: 1, count: input.count)
    let pads = pads ?? [Int](repeating: 0, count: 2 * input.count)
    self.kernel = kernel
    self.strides = strides ?? ones
    self.dilations = dilations ?? ones
    before = Array(pads[..<input.count])
    output = []
    for i in input.indices {
      let room = input[i] + pads[i] + pads[input.count + i] - (kernel[i] - 1) * self.dilations[i] - 1
      output.append(room / self.strides[i] + 1)
    }
  }

  /// Every index of a tensor of these dims, in order.
  static func indices(_ dims: [Int]) -> [[Int]] {
    dims.reduce([[]]) { all, dim in all.flatMap { head in (0..<dim).map { head + [$0] } } }
  }

  /// The input's index for an output and a tap, where that is inside.
  func source(_ place: [Int], _ tap: [Int], _ input: [Int]) -> [Int]? {
    let at = place.indices.map { place[$0] * strides[$0] + tap[$0] * dilations[$0] - before[$0] }
    return zip(at, input).allSatisfy { $0 >= 0 && $0 < $1 } ? at : nil
  }

  static func offset(_ index: [Int], _ dims: [Int]) -> Int { zip(index, dims).reduce(0) { $0 * $1.1 + $1.0 } }

  /// The convolution of [N, C, spatial] with [M, C / groups, kernel], summed in double.
  func convolve(_ x: Tensor, _ w: Tensor, _ bias: Tensor? = nil, groups: Int = 1) -> Tensor {
    let (xs, ws) = (x.doubles, w.doubles)
    let (input, filters, channels) = (Array(x.shape.dims[2...]), w.shape[0], w.shape[1])
    var values: [Float] = []
    for n in 0..<x.shape[0] {
      for m in 0..<filters {
        for place in NaiveWindow.indices(output) {
          var sum = bias?.doubles[m] ?? 0
          for c in 0..<channels {
            let channel = m / (filters / groups) * channels + c
            for tap in NaiveWindow.indices(kernel) {
              guard let at = source(place, tap, input) else { continue }
              sum +=
                xs[NaiveWindow.offset([n, channel] + at, x.shape.dims)]
                * ws[NaiveWindow.offset([m, c] + tap, w.shape.dims)]
            }
          }
          values.append(Float(sum))
        }
      }
    }
    return .float32([x.shape[0], filters] + output, values)
  }
}

extension Tensor {
  /// float32 values between -1 and 1 without a pattern.
  static func mixed(_ dims: [Int], seed: Int = 1) -> Tensor {
    float32(dims, (0..<dims.productSaturating).map { Float(($0 * 7919 + seed * 104_729) % 2003) / 1001.5 - 1 })
  }
}
