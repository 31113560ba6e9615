import Testing

@testable import Kernels

@Suite struct BlockQuantTests {
  struct Case: CustomTestStringConvertible {
    var n: Int
    var k: Int
    var block: Int
    var bits: Int
    var withZeros: Bool
    var testDescription: String { "\(n)x\(k), \(bits) bits, blocks of \(block)\(withZeros ? ", zero points" : "")" }
  }
  static let cases: [Case] = [2, 4, 8].flatMap { bits in
    [false, true].flatMap { withZeros in
      [(1, 16, 16), (3, 32, 32), (8, 33, 32), (9, 100, 16), (17, 300, 128), (70, 512, 32), (5, 520, 256)].map {
        Case(n: $0.0, k: $0.1, block: $0.2, bits: bits, withZeros: withZeros)
      }
    }
  }

  @Test(arguments: cases) func agreesWithTheDefinition(_ c: Case) {
    let blocks = (c.k + c.block - 1) / c.block
    let zeroStride = (blocks * c.bits + 7) / 8
    let data = GemmInt8Tests.bytes(c.n * blocks * c.block * c.bits / 8, seed: 1)
    let zeros = GemmInt8Tests.bytes(c.n * zeroStride, seed: 2)
    let scales = randomFloats(c.n * blocks, seed: 3)
    let bias = Memory(random: c.n, seed: 4)
    let mask = UInt8((1 << c.bits) - 1)
    let value = { (row: Int, k: Int) -> Double in
      let place = row * blocks + k / c.block
      let bit = k % c.block * c.bits
      let q = data[place * c.block * c.bits / 8 + bit / 8] >> UInt8(bit % 8) & mask
      let zeroBit = k / c.block * c.bits
      let zero = c.withZeros ? zeros[row * zeroStride + zeroBit / 8] >> UInt8(zeroBit % 8) & mask : 1 << (c.bits - 1)
      return (Double(q) - Double(zero)) * Double(scales[place])
    }
    data.withUnsafeBufferPointer { data in
      zeros.withUnsafeBufferPointer { zeros in
        scales.withUnsafeBufferPointer { scales in
          let b = BlockQuantized(
            n: c.n, k: c.k, block: c.block, bits: c.bits, data: data.baseAddress!, scales: scales.baseAddress!,
            zeroPoints: c.withZeros ? zeros.baseAddress! : nil)
          for m in [1, 2, 4, 5, 17] {
            let a = Memory(random: m * c.k, seed: 5)
            let want = (0..<m * c.n).map { i in
              (0..<c.k).reduce(Double(bias.base[i % c.n])) {
                $0 + Double(a.base[i / c.n * c.k + $1]) * value(i % c.n, $1)
              }
            }
            // Few rows are rounded to 16 bits of the largest value of their block; sums of f32 follow.
            let bounds = (0..<m * c.n).map { i in
              (0..<blocks).reduce(1e-6 * abs(want[i])) { bound, block in
                let ks = block * c.block..<min(c.k, (block + 1) * c.block)
                let largest = ks.map { abs(a.base[i / c.n * c.k + $0]) }.max()!
                let weights = ks.reduce(0.0) { $0 + abs(value(i % c.n, $1)) }
                return bound + weights * Double(largest) * (m <= 16 ? 0x1p-16 + 1e-6 : 1e-6)
              }
            }
            var first: [Float]?
            for threads in [1, 3] {
              let scratch = Memory(count: blockQuantScratchCount(m: m, b, threadCount: threads))
              let out = Memory(count: m * c.n)
              gemmBlockQuantized(
                threads == 1 ? .serial : reversed(threads: threads), m: m, a.read, stride: c.k, b, into: out.base,
                ldc: c.n, Epilogue(bias: bias.read), scratch: scratch.base)
              for i in 0..<m * c.n {
                #expect(abs(Double(out.base[i]) - want[i]) <= bounds[i], "\(m) rows, \(i)")
              }
              #expect(out.isIntact && scratch.isIntact)
              #expect(first == nil || first == out.array)
              first = out.array
            }
          }
        }
      }
    }
  }

  @Test func extremesDoNotOverflow() {
    for bits in [4, 8] {
      let (k, block) = (512, 256)
      let data = [UInt8](repeating: 255, count: k * bits / 8)
      let zeros = [UInt8](repeating: 0, count: 2)
      let scales: [Float] = [1, 1]
      let a = Memory(count: k, fill: 3)
      data.withUnsafeBufferPointer { data in
        zeros.withUnsafeBufferPointer { zeros in
          scales.withUnsafeBufferPointer { scales in
            let b = BlockQuantized(
              n: 1, k: k, block: block, bits: bits, data: data.baseAddress!, scales: scales.baseAddress!,
              zeroPoints: zeros.baseAddress!)
            let scratch = Memory(count: blockQuantScratchCount(m: 1, b, threadCount: 1))
            let out = Memory(count: 1)
            gemmBlockQuantized(
              .serial, m: 1, a.read, stride: k, b, into: out.base, ldc: 1, Epilogue(), scratch: scratch.base)
            let want = Double(k) * 3 * Double((1 << bits) - 1)
            #expect(relativeDifference(out.array, [want]) < 1e-4)
            a.base[100] = .nan
            gemmBlockQuantized(
              .serial, m: 1, a.read, stride: k, b, into: out.base, ldc: 1, Epilogue(), scratch: scratch.base)
            #expect(out.array[0].isNaN)
          }
        }
      }
    }
  }
}
