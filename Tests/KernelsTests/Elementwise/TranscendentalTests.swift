import Testing

@testable import Kernels

@Suite struct TranscendentalTests {
  struct Case: CustomTestStringConvertible {
    var name: String
    /// The largest error allowed, in units of the result's last place; results below the normal numbers count in units
    /// of 2^-149.
    var ulp: Double
    /// Only for arguments of at most this magnitude: beyond, the condition of the function is the error.
    var limit: Float = .infinity
    /// Errors of an absolute size below this do not count.
    var absolute: Double = 0
    var kernel: @Sendable (UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
    var reference: @Sendable (Double) -> Double
    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(name: "exp", ulp: 1.01, kernel: { exp($0, into: $1, count: $2) }, reference: CMath.exp),
    Case(name: "log", ulp: 1.5, kernel: { log($0, into: $1, count: $2) }, reference: CMath.log),
    Case(name: "tanh", ulp: 3, kernel: { tanh($0, into: $1, count: $2) }, reference: CMath.tanh),
    Case(
      name: "sigmoid", ulp: 3, absolute: 0x1p-126, kernel: { sigmoid($0, into: $1, count: $2) },
      reference: { 1 / (1 + CMath.exp(-$0)) }),
    Case(
      name: "silu", ulp: 4, absolute: 0x1p-118, kernel: { silu($0, into: $1, count: $2) },
      reference: { $0 == -.infinity ? .nan : $0 / (1 + CMath.exp(-$0)) }),
    Case(name: "erf", ulp: 2, kernel: { erf($0, into: $1, count: $2) }, reference: CMath.erf),
    // What cancels below zero is bounded in absolute terms.
    Case(
      name: "gelu", ulp: 4, absolute: 1e-7, kernel: { gelu($0, into: $1, count: $2) },
      reference: { $0 == -.infinity ? 0 : $0 * (1 + CMath.erf($0 * 0.5.squareRoot())) / 2 }),
    Case(
      name: "geluTanh", ulp: 4, limit: 1e10, absolute: 4e-7, kernel: { geluTanh($0, into: $1, count: $2) },
      reference: { $0 * (1 + CMath.tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) / 2 }),
    Case(
      name: "softplus", ulp: 2, kernel: { softplus($0, into: $1, count: $2) },
      reference: { max($0, 0) + CMath.log1p(CMath.exp(-abs($0))) }),
    Case(
      name: "elu", ulp: 2, kernel: { UnaryRows.elu(alpha: 1)[.f32]!($0, $1, $2) },
      reference: { $0 < 0 ? CMath.expm1($0) : $0 }),
    Case(
      name: "selu", ulp: 4, kernel: { UnaryRows.selu(alpha: 1.6732632, gamma: 1.050701)[.f32]!($0, $1, $2) },
      reference: { Double(Float(1.050701)) * ($0 < 0 ? Double(Float(1.6732632)) * CMath.expm1($0) : $0) }),
    Case(
      name: "celu", ulp: 4, kernel: { UnaryRows.celu(alpha: 0.3)[.f32]!($0, $1, $2) },
      reference: { $0 < 0 ? Double(Float(0.3)) * CMath.expm1($0 / Double(Float(0.3))) : $0 }),
    Case(
      name: "celu with a negative alpha", ulp: 1, kernel: { UnaryRows.celu(alpha: -2)[.f32]!($0, $1, $2) },
      reference: { $0 < 0 ? -2 * CMath.expm1($0 / -2) : $0 }),
    Case(
      name: "mish", ulp: 5, absolute: 0x1p-118, kernel: { UnaryRows.mish[.f32]!($0, $1, $2) },
      reference: { $0 == -.infinity ? .nan : $0 * CMath.tanh(max($0, 0) + CMath.log1p(CMath.exp(-abs($0)))) }),
    Case(
      name: "softsign", ulp: 1.5, kernel: { UnaryRows.softsign[.f32]!($0, $1, $2) },
      reference: { $0.isInfinite ? .nan : $0 / (1 + abs($0)) }),
    Case(name: "floor", ulp: 0, kernel: { UnaryRows.floor[.f32]!($0, $1, $2) }, reference: { $0.rounded(.down) }),
    Case(name: "ceil", ulp: 0, kernel: { UnaryRows.ceil[.f32]!($0, $1, $2) }, reference: { $0.rounded(.up) }),
    Case(
      name: "round", ulp: 0, kernel: { UnaryRows.round[.f32]!($0, $1, $2) },
      reference: { $0.rounded(.toNearestOrEven) }),
    Case(name: "sin", ulp: 2.5, kernel: { sin($0, into: $1, count: $2) }, reference: CMath.sin),
    Case(name: "cos", ulp: 2.5, kernel: { cos($0, into: $1, count: $2) }, reference: CMath.cos),
  ]

  /// Every 4,099th float32, and those at the edges.
  static let arguments: [Float] =
    stride(from: UInt32(0), to: 0xffff_0000, by: 4099).map { Float(bitPattern: $0) }
    + [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .leastNormalMagnitude,
      .greatestFiniteMagnitude, 88.72283, 88.72284, -87.33655, -103.97208, -103.97209, 0.6931472, 0.87499994, 0.875,
      1.5707964, 3.1415927, 6.2831855, 99_999, 100_001, 0.41421357, 1e-20,
    ]

  @Test(arguments: cases) func errorIsBounded(_ c: Case) {
    let source = Memory(Self.arguments)
    let target = Memory(count: source.count)
    c.kernel(source.read, target.base, source.count)
    var (worst, at, got, wanted) = (0.0, Float(0), Float(0), 0.0)
    for (i, x) in Self.arguments.enumerated() where !(abs(x) > c.limit) {
      let y = target.base[i]
      let want = c.reference(Double(x))
      let rounded = Float(want)
      var error = 0.0
      if rounded.isNaN != y.isNaN {
        error = .infinity
      } else if rounded.isNaN || rounded == y {
        continue
      } else if rounded.isInfinite || y.isInfinite {
        error = rounded.isInfinite && y.isInfinite ? .infinity : abs(Double(y.nextDown) - want) > 1e32 ? 1 : .infinity
      } else {
        error = abs(Double(y) - want)
        if error <= c.absolute { continue }
        error /= Double(max(rounded.ulp, .leastNonzeroMagnitude))
      }
      if error > worst { (worst, at, got, wanted) = (error, x, y, want) }
    }
    print("\(c.name): at most \(worst) ulp, at \(at): \(got), not \(wanted)")
    #expect(worst <= c.ulp, "at \(at): \(got), not \(wanted)")
    #expect(target.isIntact)
  }

  @Test(arguments: cases) func anyLengthInPlace(_ c: Case) {
    let values = randomFloats(23, seed: 9, scale: 5)
    let all = Memory(values)
    let want = Memory(count: 23)
    c.kernel(all.read, want.base, 23)
    for count in [0, 1, 3, 4, 5, 7, 8, 13, 23] {
      let memory = Memory(Array(values.prefix(count)))
      c.kernel(memory.read, memory.base, count)
      #expect(memory.array.map(\.bitPattern) == want.array.prefix(count).map(\.bitPattern))
      #expect(memory.isIntact)
    }
  }
}
