import CKernels
import Testing

@testable import Kernels

/// Convolutions and pools in every level of vectors that this machine has.
@Suite struct WideConvolutionTests {
  typealias Case = ConvolutionTests.Case

  static let cases: [Case] =
    ConvolutionTests.cases + [
      Case(
        name: "13 filters, 3x3 over 21 columns", channels: 7, filters: 13,
        window: ConvolutionTests.window(Extent(20, 21), Extent(3, 3), before: Extent(0, 1, 1))),
      Case(
        name: "stride 2 over 40 columns", channels: 70, filters: 26,
        window: ConvolutionTests.window(
          Extent(40, 80), Extent(3, 3), stride: Extent(2, 2), before: Extent(0, 1, 1))),
    ]

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let depth = c.channels * c.window.kernel.count
    let input = Memory(random: c.batch * c.groups * c.channels * c.window.input.count, seed: 1)
    let weights = Memory(random: c.groups * c.filters * depth, seed: 2)
    let bias = Memory(random: c.groups * c.filters, seed: 3)
    let addend = Memory(random: c.batch * c.groups * c.filters * c.window.output.count, seed: 4)
    let plain = ConvolutionTests.reference(c, input.array, weights.array, bias.array)
    let packed = Memory(count: Convolution.packedCount(groups: c.groups, filters: c.filters, depth: depth))
    Convolution.packWeights(
      weights.read, filters: 0..<c.groups * c.filters, groups: c.groups, filters: c.filters, depth: depth,
      into: packed.base)
    let convolution = Convolution(
      batch: c.batch, groups: c.groups, channels: c.channels, filters: c.filters, window: c.window)
    var first: [Float]?
    for level in wideLevels {
      for threads in [1, 3] {
        let platform = reversed(threads: threads, vectors: level, fuses: true)
        let scratch = Memory(count: convolution.scratchCount(threadCount: threads))
        let out = Memory(count: addend.count)
        var epilogue = Epilogue(bias: bias.read)
        epilogue.addend = addend.read
        epilogue.low = 0
        epilogue.high = Float(plain.max() ?? 0) * 0.75
        convolution.run(
          platform, input.read, packedWeights: packed.read, into: out.base, epilogue, scratch: scratch.base)
        let bounded = zip(plain, addend.array).map { min(max($0 + Double($1), 0), Double(epilogue.high)) }
        #expect(relativeDifference(out.array, bounded) < 3e-6, "\(level) \(threads)")
        #expect(first == nil || first == out.array, "\(level) \(threads)")
        first = out.array
        epilogue = Epilogue(bias: bias.read)
        convolution.run(
          platform, input.read, packedWeights: packed.read, into: out.base, epilogue, scratch: scratch.base)
        let sums = out.array
        #expect(relativeDifference(sums, plain) < 2e-6, "\(level) \(threads)")
        epilogue.activation = .tanh
        convolution.run(
          platform, input.read, packedWeights: packed.read, into: out.base, epilogue, scratch: scratch.base)
        let bent = sums.map { CMath.tanh(Double($0)) }
        #expect(relativeDifference(out.array, bent) < 1e-6, "\(level) \(threads)")
        #expect(out.isIntact && scratch.isIntact && packed.isIntact)
      }
    }
  }

  #if arch(x86_64)
    static let slides: [Case] =
      ConvolutionTests.depthwise.filter { $0.filters == 1 } + [
        Case(
          name: "3x3 over 40 columns", groups: 2,
          window: ConvolutionTests.window(Extent(9, 40), Extent(3, 3), before: Extent(0, 1, 1))),
        Case(
          name: "3x3 stride 2 over 77 columns", groups: 2,
          window: ConvolutionTests.window(
            Extent(10, 77), Extent(3, 3), stride: Extent(2, 2), before: Extent(0, 1, 1))),
        Case(
          name: "3x3 strides 2 and 1", groups: 2,
          window: ConvolutionTests.window(
            Extent(10, 20), Extent(3, 3), stride: Extent(2, 1), before: Extent(0, 0, 2), after: Extent(0, 3, 0))),
        Case(
          name: "3x3 strides 1 and 2", groups: 2,
          window: ConvolutionTests.window(Extent(10, 20), Extent(3, 3), stride: Extent(1, 2))),
      ]

    @Test(arguments: slides) func slidesAgreeWithTheDefinition(_ c: Case) {
      guard VectorLevel.detected >= .avx512 else { return }
      let input = Memory(random: c.batch * c.groups * c.window.input.count, seed: 1)
      let weights = Memory(random: c.groups * c.window.kernel.count, seed: 2)
      let bias = Memory(random: c.groups, seed: 3)
      let want = ConvolutionTests.reference(c, input.array, weights.array, bias.array)
      let out = Memory(count: want.count)
      let count = c.window.output.count
      for plane in 0..<c.batch * c.groups {
        let target = out.base + plane * count
        guard var slide = c.window.slide(input.read + plane * c.window.input.count, target) else { return }
        slide.weights = weights.read + plane % c.groups * c.window.kernel.count
        (slide.bias, slide.low, slide.high) = (bias.base[plane % c.groups], -0.5, 0.5)
        ck_slideProducts(&slide)
      }
      #expect(relativeDifference(out.array, want.map { min(max($0, -0.5), 0.5) }) < 2e-6)
      #expect(out.isIntact)
      // The largest value, with a NaN and an infinity among them.
      if input.count > 3 {
        input.base[input.count / 2] = .nan
        input.base[1] = .infinity
      }
      for plane in 0..<c.batch * c.groups {
        let source = input.read + plane * c.window.input.count
        guard var slide = c.window.slide(source, out.base + plane * count) else { return }
        ck_slideMaximum(&slide)
        for i in 0..<count {
          let largest = Self.largest(source, c.window, i / c.window.output.w, i % c.window.output.w)
          let got = out.base[plane * count + i]
          #expect(got == largest || got.isNaN && largest.isNaN, "plane \(plane) output \(i)")
        }
      }
      #expect(out.isIntact)
    }

    private static func largest(_ source: UnsafePointer<Float>, _ window: Window, _ oy: Int, _ ox: Int) -> Float {
      var largest = -Float.infinity
      for ky in 0..<window.kernel.h {
        for kx in 0..<window.kernel.w {
          let y = oy * window.stride.h - window.before.h + ky * window.dilation.h
          let x = ox * window.stride.w - window.before.w + kx * window.dilation.w
          guard 0..<window.input.h ~= y, 0..<window.input.w ~= x else { continue }
          let value = source[y * window.input.w + x]
          largest = value < largest ? largest : value
        }
      }
      return largest
    }

    @Test(arguments: [3, 4, 5]) func spreadPlanesAgreeWithTheDefinition(_ side: Int) {
      for level in wideLevels {
        for width in [1, 7, 8, 15, 16, 17, 33] {
          let stride = width + side
          let plane = Memory(random: 6 * stride + 4 * stride, seed: 1)
          let weights = Memory(random: side * side, seed: 2)
          let taps = (0..<side * side).map { Int32($0 / side * stride + $0 % side) }
          let out = Memory(count: 5 * width)
          var none: Int32 = 0
          var rows = ck_depthwisePlane(
            plane: plane.read, weights: weights.read, taps: &none, tapCount: taps.count, down: stride, height: 5,
            width: width, output: out.base, bias: 0.25, low: -1, high: 1)
          taps.withUnsafeBufferPointer {
            rows.taps = $0.baseAddress!
            ck_depthwise(level.rawValue, &rows)
          }
          let want = (0..<5 * width).map { i in
            var sum: Float = 0.25
            for t in 0..<taps.count {
              sum = weights.base[t] * plane.base[i / width * stride + i % width + Int(taps[t])] + sum
            }
            return min(max(sum, -1), 1)
          }
          #expect(out.array == want && out.isIntact, "\(level) \(width)")
        }
      }
    }
  #endif
}
