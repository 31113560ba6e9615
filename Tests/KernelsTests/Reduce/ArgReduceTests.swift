import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct ArgReduceTests {
  /// Against a search one by one: every place in a vector, ties, zeros of both signs, and NaN here and there or alone.
  @Test func extremesOfFloats() {
    let kinds: [(String, (Int) -> Float)] = [
      ("ties", { Float(($0 * 7919) % 5) - 2 }), ("zeros", { $0 % 3 == 0 ? -0.0 : 0 }),
      ("some NaN", { $0 % 13 == 7 ? .nan : Float(($0 * 7919) % 11) }), ("NaN alone", { _ in .nan }),
      ("NaN first", { $0 < 3 ? .nan : -Float.infinity }), ("rising", { Float($0) }), ("falling", { -Float($0) }),
    ]
    for (name, value) in kinds {
      for (dim, inner) in [(1, 1), (3, 1), (4, 1), (7, 1), (12, 1), (37, 1), (64, 1), (2, 3), (9, 6), (5, 130)] {
        let values = (0..<2 * dim * inner).map(value)
        let x = Tensor.float32([2, dim, inner], values)
        for greatest in [true, false] {
          for selectLast in [true, false] {
            var expected: [Int64] = []
            for o in 0..<2 {
              for k in 0..<inner {
                // NaN as what is above infinity.
                let line = (0..<dim).map { i -> (Int, Float) in
                  let v = values[(o * dim + i) * inner + k]
                  return v.isNaN ? (1, 0) : (0, v)
                }
                let best = greatest ? line.max { $0 < $1 }! : line.min { $0 < $1 }!
                let place = selectLast ? line.lastIndex { $0 == best } : line.firstIndex { $0 == best }
                expected.append(Int64(place!))
              }
            }
            let out = Tensor.int64([2, 1, inner], [Int64](repeating: -1, count: 2 * inner))
            argExtreme(x, axis: 1, greatest: greatest, selectLast: selectLast, into: out, on: .serial)
            #expect(Array(out.elements(Int64.self)) == expected, "\(name) \(dim) \(inner) \(greatest) \(selectLast)")
          }
        }
      }
    }
  }
}
