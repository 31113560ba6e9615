#if arch(x86_64)
  import CKernels
  import Testing

  @testable import Kernels

  /// Functions in every level of vectors that this machine has: the bits of the lanes.
  @Suite struct WideFunctionTests {
    static let values: [Float] =
      [0, -0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -.greatestFiniteMagnitude, 88.8, -103.9, -87]
      + randomFloats(3000, seed: 1).map { $0 * 12 } + randomFloats(1000, seed: 2).map { $0 * 120 }
      + randomFloats(1000, seed: 3)

    static func bits(_ values: [Float]) -> [UInt32] { values.map { $0.isNaN ? 1 : $0.bitPattern } }

    private func check(_ function: Int, _ name: String, _ lanes: (Lanes) -> Lanes) {
      for count in [0, 1, 5, 8, 15, 16, 17, 31, Self.values.count] {
        let source = Memory(Array(Self.values.prefix(count)))
        let want = Memory(count: count)
        mapLanes(source.read, into: want.base, count: count, lanes)
        for level in wideLevels {
          let out = Memory(count: count)
          ck_mapFloats(level.rawValue, Int32(function), source.read, out.base, count)
          #expect(Self.bits(out.array) == Self.bits(want.array), "\(name) \(level) \(count)")
          #expect(out.isIntact)
        }
      }
    }

    @Test func functions() {
      check(CK_EXP, "exp") { $0.exponential }
      check(CK_TANH, "tanh") { $0.hyperbolicTangent }
      check(CK_SIGMOID, "sigmoid") { $0.sigmoid }
      check(CK_SILU, "silu") { $0.silu }
      check(CK_ERF, "erf") { $0.errorFunction }
      check(CK_GELU, "gelu") { $0.gelu }
      check(CK_GELU_TANH, "gelu by tanh") { $0.geluTanh }
    }

    @Test func softmax() {
      for count in Array(1...40) + [197, 1000] {
        for kind in 0..<4 {
          var values = randomFloats(count, seed: UInt32(count)).map { $0 * 10 }
          if kind == 1 { values[count / 2] = -.infinity }
          if kind == 2 { values = values.map { _ in -.infinity } }
          if kind == 3 { values[count - 1] = .infinity }
          let source = Memory(values)
          let want = Memory(count: count)
          softmaxLanes(source.read, into: want.base, count, false)
          for level in wideLevels {
            let out = Memory(values)
            ck_softmaxRow(level.rawValue, out.read, out.base, count)
            #expect(Self.bits(out.array) == Self.bits(want.array), "\(level) \(count) \(kind)")
            #expect(out.isIntact)
          }
        }
      }
    }

    @Test func quantising() {
      for count in [0, 1, 7, 8, 9, 16, 31, 1000] {
        for (zero, low, high) in [(Int32(0), Int32(-128), Int32(127)), (128, 0, 255), (-5, -128, 127)] {
          let scale: Float = 0.037
          let source = Memory(Array(Self.values.prefix(count)))
          let want = source.array.map { x -> Int32 in
            x.isNaN ? zero : Int32(max(-200_000, min(200_000, (x / scale).rounded(.toNearestOrEven)))) + zero
          }.map { UInt8(truncatingIfNeeded: min(max($0, low), high)) }
          for level in wideLevels {
            var bytes = [UInt8](repeating: 77, count: count + 64)
            ck_quantizeBytes(level.rawValue, source.read, &bytes, count, scale, zero, low, high)
            #expect(Array(bytes.prefix(count)) == want && bytes.suffix(64).allSatisfy { $0 == 77 }, "\(level) \(count)")
            let out = Memory(count: count)
            ck_dequantizeBytes(level.rawValue, want, out.base, count, scale, zero, low < 0 ? 1 : 0)
            let back = want.map { Float((low < 0 ? Int32(Int8(bitPattern: $0)) : Int32($0)) - zero) * scale }
            #expect(out.array == back && out.isIntact, "\(level) \(count)")
          }
        }
      }
    }
  }
#endif
