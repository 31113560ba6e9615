import Testing

@testable import Kernels

@Suite struct GemmTests {
  struct Case: CustomTestStringConvertible {
    var m: Int
    var n: Int
    var k: Int
    var testDescription: String { "\(m)x\(n)x\(k)" }
  }
  static let cases: [Case] = [
    Case(m: 0, n: 5, k: 3), Case(m: 3, n: 0, k: 3), Case(m: 3, n: 5, k: 0), Case(m: 1, n: 1, k: 1),
    Case(m: 1, n: 7, k: 5), Case(m: 1, n: 8, k: 4), Case(m: 1, n: 41, k: 300), Case(m: 1, n: 64, k: 513),
    Case(m: 3, n: 4, k: 2), Case(m: 4, n: 8, k: 8), Case(m: 5, n: 9, k: 7), Case(m: 7, n: 11, k: 257),
    Case(m: 13, n: 17, k: 19), Case(m: 16, n: 16, k: 256), Case(m: 31, n: 33, k: 600), Case(m: 259, n: 23, k: 31),
    Case(m: 97, n: 101, k: 103), Case(m: 4, n: 4, k: 1000), Case(m: 2, n: 3, k: 511), Case(m: 64, n: 70, k: 300),
  ]

  static func reference(_ c: Case, _ a: [Float], _ b: [Float], _ finish: (Double, Int, Int) -> Double) -> [Double] {
    (0..<c.m * c.n).map { i in
      let (row, column) = (i / c.n, i % c.n)
      var sum = 0.0
      for k in 0..<c.k { sum += Double(a[row * c.k + k]) * Double(b[k * c.n + column]) }
      return finish(sum, row, column)
    }
  }

  /// A [rows, columns] as [columns, rows].
  static func transposed(_ a: [Float], rows: Int, columns: Int) -> [Float] {
    (0..<rows * columns).map { a[$0 % rows * columns + $0 / rows] }
  }

  @Test(arguments: cases) func everyFormAgrees(_ c: Case) {
    let a = Memory(random: c.m * c.k, seed: 1)
    let b = Memory(random: c.k * c.n, seed: 2)
    let bT = Memory(Self.transposed(b.array, rows: c.k, columns: c.n))
    let want = Self.reference(c, a.array, b.array) { sum, _, _ in sum }
    let packedA = Memory(count: GemmPack.leftCount(m: c.m, k: c.k))
    let packedB = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    let packedT = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    let scratch = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    packLeft(a.read, stride: c.k, rows: 0..<c.m, m: c.m, k: c.k, into: packedA.base)
    packRight(b.read, stride: c.n, rows: 0..<c.k, columns: 0..<c.n, k: c.k, into: packedB.base)
    packRightTransposed(bT.read, stride: c.k, columns: 0..<c.n, k: c.k, n: c.n, into: packedT.base)
    #expect(packedB.array == packedT.array)

    let lefts = [("rows", GemmLeft.rows(a.read, stride: c.k)), ("packed", .packed(packedA.read))]
    let rights = [
      ("packed", GemmRight.packed(packedB.read)), ("rows", .rows(b.read, stride: c.n)),
      ("columns", .columns(bT.read, stride: c.k)),
    ]
    var first: [Float]?
    for platform in [Platform.serial, reversed(threads: 3)] {
      for (leftName, left) in lefts {
        for (rightName, right) in rights {
          let out = Memory(count: c.m * c.n)
          gemm(platform, m: c.m, n: c.n, k: c.k, left, right, into: out.base, ldc: c.n, scratch: scratch.base)
          #expect(relativeDifference(out.array, want) < 2e-6, "\(leftName) \(rightName)")
          #expect(out.isIntact && scratch.isIntact && packedA.isIntact && packedB.isIntact)
          // A row times columns is a dot product there, and may differ in the last bits.
          if c.m == 1 && rightName == "columns" { continue }
          if let first { #expect(first == out.array, "\(leftName) \(rightName) \(platform.threadCount)") }
          first = out.array
        }
      }
    }
  }

  @Test(arguments: cases) func chunksPackLikeTheWhole(_ c: Case) {
    let b = Memory(random: c.k * c.n, seed: 3)
    let bT = Memory(Self.transposed(b.array, rows: c.k, columns: c.n))
    let whole = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    let chunked = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    let chunkedT = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    packRight(b.read, stride: c.n, rows: 0..<c.k, columns: 0..<c.n, k: c.k, into: whole.base)
    for first in stride(from: 0, to: c.k, by: 5) {
      let rows = first..<min(c.k, first + 5)
      for left in stride(from: 0, to: c.n, by: 8) {
        packRight(
          b.read + first * c.n + left, stride: c.n, rows: rows, columns: left..<min(c.n, left + 8), k: c.k,
          into: chunked.base)
      }
    }
    for first in stride(from: 0, to: c.n, by: 16) {
      let columns = first..<min(c.n, first + 16)
      packRightTransposed(bT.read + first * c.k, stride: c.k, columns: columns, k: c.k, n: c.n, into: chunkedT.base)
    }
    #expect(whole.array == chunked.array)
    #expect(whole.array == chunkedT.array)
  }

  @Test(arguments: cases) func theEpilogueFollowsTheSum(_ c: Case) {
    let a = Memory(random: c.m * c.k, seed: 1)
    let b = Memory(random: c.k * c.n, seed: 2)
    let columnBias = Memory(random: c.n, seed: 4)
    let rowBias = Memory(random: c.m, seed: 5)
    let addend = Memory(random: c.m * c.n, seed: 6)
    let packedA = Memory(count: GemmPack.leftCount(m: c.m, k: c.k))
    let packedB = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    packLeft(a.read, stride: c.k, rows: 0..<c.m, m: c.m, k: c.k, into: packedA.base)
    packRight(b.read, stride: c.n, rows: 0..<c.k, columns: 0..<c.n, k: c.k, into: packedB.base)
    for perRow in [false, true] {
      for activation in [Epilogue.Activation.clamp, .silu] {
        var epilogue = Epilogue(bias: perRow ? rowBias.read : columnBias.read, biasPerRow: perRow)
        epilogue.alpha = 0.5
        epilogue.addend = addend.read
        epilogue.activation = activation
        if activation == .clamp {
          epilogue.low = -0.25
          epilogue.high = 2
        }
        let want = Self.reference(c, a.array, b.array) { sum, row, column in
          let bias = perRow ? rowBias.base[row] : columnBias.base[column]
          let x = sum * 0.5 + Double(bias) + Double(addend.base[row * c.n + column])
          return activation == .clamp ? min(max(x, -0.25), 2) : x / (1 + exponential(-x))
        }
        for platform in [Platform.serial, reversed(threads: 2)] {
          for left in [GemmLeft.rows(a.read, stride: c.k), .packed(packedA.read)] {
            let out = Memory(count: c.m * c.n)
            gemm(
              platform, m: c.m, n: c.n, k: c.k, left, .packed(packedB.read), into: out.base, ldc: c.n, epilogue)
            #expect(relativeDifference(out.array, want) < 3e-6, "per row \(perRow) \(activation)")
            #expect(out.isIntact)
          }
        }
      }
    }
  }

  @Test(arguments: cases) func aColumnIsADotProductOfEachRow(_ c: Case) {
    let a = Memory(random: c.m * c.k, seed: 1)
    let x = Memory(random: c.k, seed: 2)
    let bias = Memory(random: c.m, seed: 3)
    let want = (0..<c.m).map { row in
      (0..<c.k).reduce(Double(bias.base[row])) { $0 + Double(a.base[row * c.k + $1]) * Double(x.base[$1]) }
    }
    for platform in [Platform.serial, reversed(threads: 2)] {
      let out = Memory(count: c.m)
      gemvColumn(
        platform, m: c.m, k: c.k, a.read, stride: c.k, x.read, into: out.base,
        Epilogue(bias: bias.read, biasPerRow: true))
      #expect(relativeDifference(out.array, want) < 2e-6)
      #expect(out.isIntact)
    }
  }

  /// Sums run over k in order within blocks, whatever the tile: each is the sum that a loop gives.
  @Test(arguments: cases) func sumsAreInOrder(_ c: Case) {
    guard c.m > 1, c.k > 0 else { return }
    let a = Memory(random: c.m * c.k, seed: 1)
    let b = Memory(random: c.k * c.n, seed: 2)
    let block = GemmBlock.depth(of: c.k)
    let want = (0..<c.m * c.n).map { i in
      var total: Float = 0
      for first in stride(from: 0, to: c.k, by: block) {
        var sum: Float = 0
        for k in first..<min(c.k, first + block) { sum += a.base[i / c.n * c.k + k] * b.base[k * c.n + i % c.n] }
        total = first == 0 ? sum : sum + total
      }
      return total
    }
    let packedA = Memory(count: GemmPack.leftCount(m: c.m, k: c.k))
    packLeft(a.read, stride: c.k, rows: 0..<c.m, m: c.m, k: c.k, into: packedA.base)
    let scratch = Memory(count: GemmPack.rightCount(k: c.k, n: c.n))
    for left in [GemmLeft.rows(a.read, stride: c.k), .packed(packedA.read)] {
      let out = Memory(count: c.m * c.n)
      gemm(
        .serial, m: c.m, n: c.n, k: c.k, left, .rows(b.read, stride: c.n), into: out.base, ldc: c.n,
        scratch: scratch.base)
      #expect(out.array == want)
    }
  }

  @Test func nanAndInfinityPass() {
    let a = Memory([.nan, 1, 1, .infinity])
    let b = Memory([1, 1, 1, 1])
    let out = Memory(count: 4)
    var epilogue = Epilogue()
    epilogue.low = 0
    let scratch = Memory(count: GemmPack.rightCount(k: 2, n: 2))
    gemm(
      .serial, m: 2, n: 2, k: 2, .rows(a.read, stride: 2), .rows(b.read, stride: 2), into: out.base, ldc: 2, epilogue,
      scratch: scratch.base)
    #expect(out.array[0].isNaN && out.array[1].isNaN)
    #expect(out.array[2] == .infinity && out.array[3] == .infinity)
  }
}

/// e^x in double precision, without libm: halved until small, then the series, then squared back.
func exponential(_ x: Double) -> Double {
  var (x, squarings) = (x, 0)
  while abs(x) > 0.01 {
    x /= 2
    squarings += 1
  }
  var (sum, term) = (1.0, 1.0)
  for i in 1...8 {
    term *= x / Double(i)
    sum += term
  }
  for _ in 0..<squarings { sum *= sum }
  return sum
}
