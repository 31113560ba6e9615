import Testing

@testable import Kernels

@Suite struct ConvolutionTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    var batch = 1
    var groups = 1
    var channels = 1
    var filters = 1
    var window: Window
    var testDescription: String { name }
  }

  /// A window whose output is as large as its padding allows.
  static func window(
    _ input: Extent, _ kernel: Extent, stride: Extent = .one, dilation: Extent = .one, before: Extent = .zero,
    after: Extent? = nil
  ) -> Window {
    let after = after ?? before
    func size(_ i: Int, _ k: Int, _ s: Int, _ d: Int, _ a: Int, _ b: Int) -> Int {
      (i + a + b - (k - 1) * d - 1) / s + 1
    }
    return Window(
      input: input,
      output: Extent(
        size(input.d, kernel.d, stride.d, dilation.d, before.d, after.d),
        size(input.h, kernel.h, stride.h, dilation.h, before.h, after.h),
        size(input.w, kernel.w, stride.w, dilation.w, before.w, after.w)),
      kernel: kernel, stride: stride, dilation: dilation, before: before, after: after)
  }

  static let cases: [Case] = [
    Case(name: "point", channels: 3, filters: 5, window: window(Extent(7, 9), .one)),
    Case(name: "point, one pixel", channels: 33, filters: 6, window: window(Extent(1, 1), .one)),
    Case(name: "point, stride 2", channels: 4, filters: 4, window: window(Extent(8, 9), .one, stride: Extent(2, 2))),
    Case(name: "point, deep", channels: 300, filters: 9, window: window(Extent(5, 5), .one)),
    Case(name: "3x3", channels: 5, filters: 7, window: window(Extent(9, 11), Extent(3, 3))),
    Case(
      name: "3x3 padded, deep", batch: 2, channels: 40, filters: 12,
      window: window(Extent(14, 14), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "7x7 output", channels: 16, filters: 8, window: window(Extent(7, 7), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "7x7 stride 2", channels: 3, filters: 10,
      window: window(Extent(33, 31), Extent(7, 7), stride: Extent(2, 2), before: Extent(0, 3, 3))),
    Case(
      name: "asymmetric pads", channels: 2, filters: 3,
      window: window(Extent(6, 5), Extent(2, 3), before: Extent(0, 2, 0), after: Extent(0, 0, 3))),
    Case(
      name: "pads beyond the input", channels: 1, filters: 1,
      window: window(Extent(2, 2), Extent(2, 2), before: Extent(0, 3, 4))),
    Case(
      name: "dilated, strided", channels: 3, filters: 4,
      window: window(
        Extent(17, 19), Extent(3, 2), stride: Extent(2, 3), dilation: Extent(2, 3), before: Extent(0, 2, 1))
    ),
    Case(
      name: "groups", batch: 2, groups: 3, channels: 2, filters: 5,
      window: window(Extent(6, 7), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "line", channels: 4, filters: 6,
      window: window(Extent(50), Extent(5), stride: Extent(2), before: Extent(0, 0, 2))),
    Case(
      name: "volume", channels: 2, filters: 3,
      window: window(Extent(4, 5, 6), Extent(2, 3, 2), stride: Extent(1, 2, 1), before: Extent(1, 1, 0))),
    Case(name: "many positions", channels: 3, filters: 4, window: window(Extent(40, 40), Extent(3, 3))),
    Case(name: "no input", channels: 0, filters: 2, window: window(Extent(3, 3), .one)),
    Case(name: "no batch", batch: 0, channels: 2, filters: 2, window: window(Extent(3, 3), .one)),
    Case(
      name: "one filter, wide", channels: 5, filters: 1,
      window: window(Extent(6, 45), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "one filter, less wide", batch: 2, channels: 5, filters: 1,
      window: window(Extent(6, 19), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "one filter of a long line", channels: 3, filters: 1,
      window: window(Extent(3100), Extent(7), before: Extent(0, 0, 3))),
    Case(name: "two filters inside", channels: 4, filters: 2, window: window(Extent(9, 29), Extent(2, 3))),
    Case(
      name: "three filters", channels: 7, filters: 3,
      window: window(Extent(9, 13), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "three filters, farther apart", channels: 3, filters: 3,
      window: window(
        Extent(21, 23), Extent(3, 3), stride: Extent(2, 1), dilation: Extent(3, 2), before: Extent(0, 2, 3))),
    Case(
      name: "groups of few filters", batch: 2, groups: 3, channels: 2, filters: 4,
      window: window(Extent(5, 8), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "a volume of few filters", channels: 2, filters: 2,
      window: window(Extent(4, 5, 18), Extent(2, 3, 2), stride: Extent(1, 2, 1), before: Extent(1, 1, 0))),
    Case(
      name: "input is not all used", channels: 2, filters: 2,
      window: window(Extent(10, 10), Extent(2, 2), stride: Extent(3, 3))),
  ]

  static func reference(_ c: Case, _ x: [Float], _ w: [Float], _ bias: [Float]) -> [Double] {
    let (i, o, k) = (c.window.input, c.window.output, c.window.kernel)
    var y: [Double] = []
    for n in 0..<c.batch {
      for f in 0..<c.groups * c.filters {
        for oz in 0..<o.d {
          for oy in 0..<o.h {
            for ox in 0..<o.w {
              var sum = Double(bias[f])
              for channel in 0..<c.channels {
                let plane = (n * c.groups + f / c.filters) * c.channels + channel
                for kz in 0..<k.d {
                  for ky in 0..<k.h {
                    for kx in 0..<k.w {
                      let z = oz * c.window.stride.d - c.window.before.d + kz * c.window.dilation.d
                      let yy = oy * c.window.stride.h - c.window.before.h + ky * c.window.dilation.h
                      let xx = ox * c.window.stride.w - c.window.before.w + kx * c.window.dilation.w
                      guard 0..<i.d ~= z, 0..<i.h ~= yy, 0..<i.w ~= xx else { continue }
                      let value = x[((plane * i.d + z) * i.h + yy) * i.w + xx]
                      sum += Double(value) * Double(w[(((f * c.channels + channel) * k.d + kz) * k.h + ky) * k.w + kx])
                    }
                  }
                }
              }
              y.append(sum)
            }
          }
        }
      }
    }
    return y
  }

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let depth = c.channels * c.window.kernel.count
    let input = Memory(random: c.batch * c.groups * c.channels * c.window.input.count, seed: 1)
    let weights = Memory(random: c.groups * c.filters * depth, seed: 2)
    let bias = Memory(random: c.groups * c.filters, seed: 3)
    let addend = Memory(random: c.batch * c.groups * c.filters * c.window.output.count, seed: 4)
    let scales = Memory(random: c.groups * c.filters, seed: 5)
    let plain = Self.reference(c, input.array, weights.array, bias.array)

    let packed = Memory(count: Convolution.packedCount(groups: c.groups, filters: c.filters, depth: depth))
    let whole = 0..<c.groups * c.filters
    Convolution.packWeights(
      weights.read, filters: whole, groups: c.groups, filters: c.filters, depth: depth, into: packed.base)
    // A filter at a time is the same.
    let single = Memory(count: packed.count)
    for f in whole {
      Convolution.packWeights(
        weights.read + f * depth, filters: f..<f + 1, groups: c.groups, filters: c.filters, depth: depth,
        into: single.base)
    }
    #expect(packed.array == single.array)

    let convolution = Convolution(
      batch: c.batch, groups: c.groups, channels: c.channels, filters: c.filters, window: c.window)
    var first: [Float]?
    for threads in [1, 3] {
      let platform = threads == 1 ? Platform.serial : reversed(threads: threads)
      let scratch = Memory(count: convolution.scratchCount(threadCount: threads))
      let out = Memory(count: addend.count)
      convolution.run(
        platform, input.read, packedWeights: packed.read, into: out.base, Epilogue(bias: bias.read),
        scratch: scratch.base)
      #expect(relativeDifference(out.array, plain) < 2e-6)
      #expect(first == nil || first == out.array)
      first = out.array
      var epilogue = Epilogue(bias: bias.read)
      epilogue.addend = addend.read
      epilogue.low = 0
      epilogue.high = Float(plain.max() ?? 0) * 0.75
      convolution.run(
        platform, input.read, packedWeights: packed.read, into: out.base, epilogue, scratch: scratch.base)
      let bounded = zip(plain, addend.array).map { min(max($0 + Double($1), 0), Double(epilogue.high)) }
      #expect(relativeDifference(out.array, bounded) < 3e-6)
      #expect(out.isIntact && scratch.isIntact && packed.isIntact)
    }

    // Scales of a folded batch normalisation multiply the weights.
    Convolution.packWeights(
      weights.read, filters: whole, groups: c.groups, filters: c.filters, depth: depth, scales: scales.read,
      into: packed.base)
    let scaled = Self.reference(
      c, input.array, weights.array.enumerated().map { $1 * scales.base[$0 / max(depth, 1)] }, bias.array)
    let scratch = Memory(count: convolution.scratchCount(threadCount: 1))
    let out = Memory(count: addend.count)
    convolution.run(
      .serial, input.read, packedWeights: packed.read, into: out.base, Epilogue(bias: bias.read), scratch: scratch.base)
    #expect(relativeDifference(out.array, scaled) < 2e-6)
  }

  static let depthwise: [Case] = [
    Case(name: "3x3", groups: 3, window: window(Extent(8, 9), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "3x3 stride 2", batch: 2, groups: 3,
      window: window(Extent(11, 15), Extent(3, 3), stride: Extent(2, 2), before: Extent(0, 1, 1))),
    Case(
      name: "3x3 stride 2, pads after", groups: 4,
      window: window(
        Extent(12, 12), Extent(3, 3), stride: Extent(2, 2), before: .zero, after: Extent(0, 1, 1))),
    Case(name: "5x5", groups: 2, window: window(Extent(14, 14), Extent(5, 5), before: Extent(0, 2, 2))),
    Case(
      name: "5x5 stride 2", groups: 2,
      window: window(Extent(28, 27), Extent(5, 5), stride: Extent(2, 2), before: Extent(0, 2, 2))),
    Case(
      name: "dilated 3x3", groups: 2,
      window: window(Extent(15, 13), Extent(3, 3), dilation: Extent(2, 2), before: Extent(0, 2, 2))),
    Case(
      name: "stride 3, dilation 2", groups: 3,
      window: window(
        Extent(20, 22), Extent(3, 4), stride: Extent(3, 3), dilation: Extent(1, 2), before: Extent(0, 1, 2))
    ),
    Case(name: "7x7", groups: 2, window: window(Extent(7, 7), Extent(7, 7), before: Extent(0, 3, 3))),
    Case(name: "multiplier", groups: 2, filters: 3, window: window(Extent(6, 6), Extent(3, 3))),
    Case(name: "line", groups: 3, window: window(Extent(33), Extent(4), before: Extent(0, 0, 2))),
    Case(name: "one pixel", groups: 5, window: window(Extent(1, 1), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(name: "large", groups: 16, window: window(Extent(56, 56), Extent(3, 3), before: Extent(0, 1, 1))),
    Case(
      name: "pads beyond the input", groups: 1, window: window(Extent(2, 2), Extent(2, 2), before: Extent(0, 3, 4))),
  ]

  @Test(arguments: depthwise) func depthwiseAgreesWithTheDefinition(_ c: Case) {
    let input = Memory(random: c.batch * c.groups * c.window.input.count, seed: 1)
    let weights = Memory(random: c.groups * c.filters * c.window.kernel.count, seed: 2)
    let bias = Memory(random: c.groups * c.filters, seed: 3)
    let addend = Memory(random: c.batch * c.groups * c.filters * c.window.output.count, seed: 4)
    let plain = Self.reference(c, input.array, weights.array, bias.array)
    let convolution = Depthwise(batch: c.batch, channels: c.groups, multiplier: c.filters, window: c.window)
    for threads in [1, 3] {
      let platform = threads == 1 ? Platform.serial : reversed(threads: threads)
      let scratch = Memory(count: convolution.scratchCount(threadCount: threads))
      let out = Memory(count: addend.count)
      var epilogue = Epilogue(bias: bias.read)
      epilogue.low = -0.5
      convolution.run(
        platform, input.read, weights: weights.read, into: out.base, epilogue, scratch: scratch.base)
      #expect(relativeDifference(out.array, plain.map { max($0, -0.5) }) < 2e-6)
      epilogue = Epilogue(bias: bias.read)
      epilogue.addend = addend.read
      epilogue.activation = .sigmoid
      convolution.run(
        platform, input.read, weights: weights.read, into: out.base, epilogue, scratch: scratch.base)
      let want = zip(plain, addend.array).map { 1 / (1 + CMath.exp(-$0 - Double($1))) }
      #expect(relativeDifference(out.array, want) < 2e-6)
      #expect(out.isIntact && scratch.isIntact)
    }
  }

  @Test(arguments: cases) func transposedAgreesWithTheDefinition(_ c: Case) {
    // The input is the window's output; each value is spread over its window.
    let (small, large, k) = (c.window.output, c.window.input, c.window.kernel)
    let input = Memory(random: c.batch * c.groups * c.channels * small.count, seed: 1)
    let weights = Memory(random: c.groups * c.channels * c.filters * k.count, seed: 2)
    let bias = Memory(random: c.groups * c.filters, seed: 3)
    var want = [Double](repeating: 0, count: c.batch * c.groups * c.filters * large.count)
    for (i, _) in want.enumerated() { want[i] = Double(bias.base[i / large.count % (c.groups * c.filters)]) }
    for n in 0..<c.batch {
      for g in 0..<c.groups {
        for channel in 0..<c.channels {
          for p in 0..<small.count {
            let (oz, oy, ox) = (p / small.w / small.h, p / small.w % small.h, p % small.w)
            let value = Double(input.base[((n * c.groups + g) * c.channels + channel) * small.count + p])
            for f in 0..<c.filters {
              for t in 0..<k.count {
                let z = oz * c.window.stride.d - c.window.before.d + t / k.w / k.h * c.window.dilation.d
                let y = oy * c.window.stride.h - c.window.before.h + t / k.w % k.h * c.window.dilation.h
                let x = ox * c.window.stride.w - c.window.before.w + t % k.w * c.window.dilation.w
                guard 0..<large.d ~= z, 0..<large.h ~= y, 0..<large.w ~= x else { continue }
                let weight = weights.base[((g * c.channels + channel) * c.filters + f) * k.count + t]
                let plane = (n * c.groups + g) * c.filters + f
                want[((plane * large.d + z) * large.h + y) * large.w + x] += value * Double(weight)
              }
            }
          }
        }
      }
    }
    let packed = Memory(
      count: ConvTranspose.packedCount(
        groups: c.groups, channels: c.channels, filters: c.filters, kernelCount: k.count))
    // Ranges that do not care where a group ends.
    for first in stride(from: 0, to: c.groups * c.channels, by: 3) {
      ConvTranspose.packWeights(
        weights.read + first * c.filters * k.count, channels: first..<min(first + 3, c.groups * c.channels),
        channels: c.channels, filters: c.filters, kernelCount: k.count, into: packed.base)
    }
    let transpose = ConvTranspose(
      batch: c.batch, groups: c.groups, channels: c.channels, filters: c.filters, window: c.window)
    for threads in [1, 3] {
      let scratch = Memory(count: transpose.scratchCount(threadCount: threads))
      let out = Memory(count: want.count)
      transpose.run(
        threads == 1 ? .serial : reversed(threads: threads), input.read, packedWeights: packed.read, into: out.base,
        Epilogue(bias: bias.read), scratch: scratch.base)
      #expect(relativeDifference(out.array, want) < 2e-6)
      #expect(out.isIntact && scratch.isIntact && packed.isIntact)
    }
  }
}
