import Testing

@testable import Kernels

@Suite struct WinogradTests {
  typealias Case = ConvolutionTests.Case

  private static func square(
    _ name: String, batch: Int = 1, _ channels: Int, _ filters: Int, _ input: Extent, before: Extent = Extent(0, 1, 1),
    after: Extent? = nil
  ) -> Case {
    Case(
      name: name, batch: batch, channels: channels, filters: filters,
      window: ConvolutionTests.window(input, Extent(3, 3), before: before, after: after))
  }

  static let cases = [
    square("whole tiles", 16, 16, Extent(8, 8)),
    square("odd sizes", batch: 2, 5, 7, Extent(9, 11)),
    square("one tile in part", 3, 2, Extent(3, 3)),
    square("one pixel", 4, 5, Extent(1, 1)),
    square("no padding", 6, 9, Extent(10, 7), before: .zero),
    square("asymmetric pads", 2, 3, Extent(6, 5), before: Extent(0, 2, 0), after: Extent(0, 0, 3)),
    square("deep", 300, 17, Extent(6, 5)),
    square("several chunks", 64, 18, Extent(53, 41)),
    square("no batch", batch: 0, 2, 2, Extent(4, 4)),
  ]

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let depth = c.channels * 9
    let input = Memory(random: c.batch * c.channels * c.window.input.count, seed: 1)
    let weights = Memory(random: c.filters * depth, seed: 2)
    let bias = Memory(random: c.filters, seed: 3)
    let addend = Memory(random: c.batch * c.filters * c.window.output.count, seed: 4)
    let scales = Memory(random: c.filters, seed: 5)
    let scaled = weights.array.enumerated().map { $1 * scales.base[$0 / max(depth, 1)] }
    let plain = ConvolutionTests.reference(c, input.array, scaled, bias.array)

    let packed = Memory(count: Winograd.packedCount(filters: c.filters, channels: c.channels))
    for first in stride(from: 0, to: c.filters, by: 4) {
      Winograd.packWeights(
        weights.read + first * depth, filters: first..<min(c.filters, first + 4), filters: c.filters,
        channels: c.channels, scales: scales.read, into: packed.base)
    }
    let convolution = Winograd(batch: c.batch, channels: c.channels, filters: c.filters, window: c.window)
    let fused = wideLevels.flatMap { level in [1, 3].map { reversed(threads: $0, vectors: level, fuses: true) } }
    /// What the first platform answered of those that fuse, and of those that do not.
    var firsts: [Bool: [Float]] = [:]
    for platform in [Platform.serial, reversed(threads: 3)] + fused {
      let scratch = Memory(count: convolution.scratchCount(threadCount: platform.threadCount))
      let out = Memory(count: addend.count)
      let run = { (epilogue: Epilogue) in
        convolution.run(
          platform, input.read, packedWeights: packed.read, into: out.base, epilogue, scratch: scratch.base)
      }
      run(Epilogue(bias: bias.read))
      #expect(relativeDifference(out.array, plain) < 5e-6)
      #expect(firsts[platform.fuses, default: out.array] == out.array, "\(platform.vectors), \(platform.threadCount)")
      firsts[platform.fuses] = out.array
      var epilogue = Epilogue(bias: bias.read)
      epilogue.addend = addend.read
      epilogue.low = 0
      epilogue.high = Float(plain.max() ?? 0) * 0.75
      run(epilogue)
      let bounded = zip(plain, addend.array).map { min(max($0 + Double($1), 0), Double(epilogue.high)) }
      #expect(relativeDifference(out.array, bounded) < 5e-6)
      epilogue.activation = .leakyRelu
      epilogue.low = 0.5
      run(epilogue)
      let bent = zip(plain, addend.array).map { $0 + Double($1) }.map { $0 < 0 ? $0 / 2 : $0 }
      #expect(relativeDifference(out.array, bent) < 5e-6)
      #expect(out.isIntact && scratch.isIntact && packed.isIntact)
    }
  }

  @Test func fewChannelsAndManyAreNotWorthIt() {
    #expect(Winograd.suits(filters: 64, channels: 64))
    #expect(Winograd.suits(filters: 256, channels: 256))
    #expect(!Winograd.suits(filters: 64, channels: 3))
    #expect(!Winograd.suits(filters: 8, channels: 64))
    #expect(!Winograd.suits(filters: 512, channels: 512))
    #expect(!Winograd.suits(filters: .max, channels: .max))
  }
}
