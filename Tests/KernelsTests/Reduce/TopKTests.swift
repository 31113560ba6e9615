import Kernels
import Tensors
import TestSupport
import Testing

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

  @Test func sumsOfManyNumbersStayExact() {
    // A naive f32 sum of these is off by 1e-3.
    let count = 1_000_000
    let x = Tensor.float32([count], [Float](repeating: 0.1, count: count))
    let out = Tensor.float32([1], [0])
    reduce(.sum, x, axes: [0], into: out, on: .serial)
    #expect(abs(out.doubles[0] - 0.1 * Double(count)) < 0.1)
    let columns = Tensor.float32([count / 2, 2], [Float](repeating: 0.1, count: count))
    let pair = Tensor.float32([1, 2], [0, 0])
    reduce(.mean, columns, axes: [0], into: pair, on: .serial)
    #expect(abs(pair.doubles[1] - 0.1) < 1e-8)
  }
}
