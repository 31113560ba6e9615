import Testing

@testable import Kernels

/// Products in every level of vectors that this machine has.
@Suite struct WideGemmTests {
  static let cases: [GemmTests.Case] =
    GemmTests.cases + [
      .init(m: 12, n: 32, k: 9), .init(m: 14, n: 31, k: 33), .init(m: 16, n: 17, k: 5), .init(m: 27, n: 48, k: 270),
      .init(m: 11, n: 1000, k: 40), .init(m: 25, n: 600, k: 12), .init(m: 1, n: 65, k: 700), .init(m: 9, n: 16, k: 1),
      .init(m: 120, n: 100, k: 60),
    ]

  /// Each sum as a loop over k gives it, fused, in the blocks of `gemm`.
  static func inOrder(_ c: GemmTests.Case, _ a: [Float], _ b: [Float]) -> [Float] {
    let block = max(1, GemmBlock.depth(of: c.k))
    return (0..<c.m * c.n).map { i in
      var total: Float = 0
      for first in stride(from: 0, to: c.k, by: block) {
        var sum: Float = 0
        for k in first..<min(c.k, first + block) { sum.addProduct(a[i / c.n * c.k + k], b[k * c.n + i % c.n]) }
        total = first == 0 ? sum : sum + total
      }
      return total
    }
  }

  @Test(arguments: cases) func sumsAreFusedAndInOrder(_ c: GemmTests.Case) {
    let a = Memory(random: c.m * c.k, seed: 1)
    let b = Memory(random: c.k * c.n, seed: 2)
    let bT = Memory(GemmTests.transposed(b.array, rows: c.k, columns: c.n))
    let want = Self.inOrder(c, a.array, b.array)
    let packedA = Memory(count: GemmPack.leftCount(m: c.m, k: c.k))
    packLeft(a.read, stride: c.k, rows: 0..<c.m, m: c.m, k: c.k, into: packedA.base)
    let scratch = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    for level in wideLevels {
      for threads in [1, 3] {
        let platform =
          threads == 1 ? Platform(vectors: level, fuses: true) : reversed(threads: 3, vectors: level, fuses: true)
        let panel = platform.panelColumns
        let packedB = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
        // A few rows, and a few columns, at a time.
        for first in stride(from: 0, to: c.k, by: 5) {
          let rows = first..<min(c.k, first + 5)
          packRight(
            b.read + first * c.n, stride: c.n, rows: rows, columns: 0..<c.n, k: c.k, n: c.n, panel: panel,
            into: packedB.base)
        }
        let packedT = Memory(count: packedB.count)
        for first in stride(from: 0, to: c.n, by: panel) {
          packRightTransposed(
            bT.read + first * c.k, stride: c.k, columns: first..<min(c.n, first + panel), k: c.k, n: c.n,
            panel: panel, into: packedT.base)
        }
        #expect(packedB.array == packedT.array && packedB.isIntact && packedT.isIntact)
        for (name, left) in [("rows", GemmLeft.rows(a.read, stride: c.k)), ("packed", .packed(packedA.read))] {
          for (form, right) in [
            ("packed", GemmRight.packed(packedB.read, panel: panel)), ("rows", .rows(b.read, stride: c.n)),
            ("columns", .columns(bT.read, stride: c.k)),
          ] {
            let out = Memory(count: c.m * c.n)
            gemm(platform, m: c.m, n: c.n, k: c.k, left, right, into: out.base, ldc: c.n, scratch: scratch.base)
            if c.m == 1, form != "packed", name == "rows" {
              // A row times a matrix as it lies has a kernel of its own.
              #expect(relativeDifference(out.array, want.map { Double($0) }) < 2e-6)
            } else {
              #expect(out.array == want, "\(level) \(threads) \(name) \(form)")
            }
            #expect(out.isIntact && scratch.isIntact && packedA.isIntact)
          }
        }
      }
    }
  }

  @Test(arguments: cases) func theEpilogueFollowsTheSum(_ c: GemmTests.Case) {
    let a = Memory(random: c.m * c.k, seed: 1)
    let b = Memory(random: c.k * c.n, seed: 2)
    let columnBias = Memory(random: c.n, seed: 4)
    let rowBias = Memory(random: c.m, seed: 5)
    let addend = Memory(random: c.m * c.n, seed: 6)
    for level in wideLevels {
      let platform = reversed(threads: 2, vectors: level, fuses: true)
      let packed = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
      packRight(
        b.read, stride: c.n, rows: 0..<c.k, columns: 0..<c.n, k: c.k, n: c.n, panel: platform.panelColumns,
        into: packed.base)
      for perRow in [false, true] {
        for activation in [Epilogue.Activation.clamp, .silu] {
          var epilogue = Epilogue(bias: perRow ? rowBias.read : columnBias.read, biasPerRow: perRow)
          epilogue.alpha = 0.5
          epilogue.addend = addend.read
          epilogue.activation = activation
          if activation == .clamp { (epilogue.low, epilogue.high) = (-0.25, 2) }
          let want = GemmTests.reference(c, a.array, b.array) { sum, row, column in
            let bias = perRow ? rowBias.base[row] : columnBias.base[column]
            let x = sum * 0.5 + Double(bias) + Double(addend.base[row * c.n + column])
            return activation == .clamp ? min(max(x, -0.25), 2) : x / (1 + exponential(-x))
          }
          let out = Memory(count: c.m * c.n)
          gemm(
            platform, m: c.m, n: c.n, k: c.k, .rows(a.read, stride: c.k),
            .packed(packed.read, panel: platform.panelColumns), into: out.base, ldc: c.n, epilogue)
          #expect(relativeDifference(out.array, want) < 3e-6, "\(level) per row \(perRow) \(activation)")
          #expect(out.isIntact)
        }
      }
    }
  }
}
