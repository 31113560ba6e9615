import Tensors
import TestSupport
import Testing

@testable import Kernels

@Suite struct TopKTests {
  @Test func againstASort() {
    for (outer, dim, inner) in [(1, 1, 1), (1, 200, 1), (3, 17, 1), (2, 9, 4), (1, 129, 3)] {
      let values = (0..<outer * dim * inner).map { Float(($0 * 7919) % 41) - 20 }
      let x = Tensor.float32([outer, dim, inner], values)
      for k in Set([0, 1, 2, dim / 2, dim]) where k <= dim {
        for largest in [true, false] {
          let out = Tensor.ramp([outer, k, inner])
          let indices = Tensor.int64([outer, k, inner], [Int64](repeating: -1, count: outer * k * inner))
          topK(
            x, k, axis: 1, largest: largest, values: out, indices: indices.bytes.assumingMemoryBound(to: Int64.self),
            on: threads)
          for o in 0..<outer {
            for i in 0..<inner {
              let line = (0..<dim).map { values[(o * dim + $0) * inner + i] }
              let best = line.indices.sorted {
                largest == (line[$0] > line[$1]) && line[$0] != line[$1] || line[$0] == line[$1] && $0 < $1
              }
              for rank in 0..<k {
                #expect(indices.elements(Int64.self)[(o * k + rank) * inner + i] == Int64(best[rank]))
                #expect(out.elements(Float.self)[(o * k + rank) * inner + i] == line[best[rank]])
              }
            }
          }
        }
      }
    }
  }

  /// NaN is the greatest, and of equal elements the first comes first, wherever vectors begin.
  @Test func topKOfNaNAndTies() {
    for inner in [1, 2] {
      var values = (0..<90 * inner).map { Float(($0 / inner * 31) % 17) - 8 }
      for i in [40, 41, 77] { values[i * inner] = .nan }
      let x = Tensor.float32([90, inner], values)
      let keys = (0..<90).map { values[$0 * inner].isNaN ? Float.infinity : values[$0 * inner] }
      for largest in [true, false] {
        let order = (0..<90).sorted { keys[$0] != keys[$1] ? largest == (keys[$0] > keys[$1]) : $0 < $1 }
        for k in [1, 5, 60, 90] {
          let indices = Tensor.int64([k, inner], [Int64](repeating: -1, count: k * inner))
          topK(
            x, k, axis: 0, largest: largest, values: nil,
            indices: indices.bytes.assumingMemoryBound(to: Int64.self), on: .serial)
          #expect((0..<k).map { Int(indices.elements(Int64.self)[$0 * inner]) } == Array(order[..<k]))
        }
      }
    }
  }
}
