import Testing

@testable import Inference

@Suite struct MemoryPlanTests {
  private typealias Buffer = MemoryPlan.Buffer

  /// Random lifetimes and sizes: no two buffers that live at one step share a byte.
  @Test(arguments: 0..<200) func liveBuffersDoNotOverlap(seed: Int) {
    var random = Generator(state: UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1)
    var buffers: [Buffer] = []
    var step = 0
    for _ in 0..<random.below(60) {
      step += random.below(3)
      let last = random.below(10) == 0 ? Int.max : step + random.below(12)
      let size = [0, 1, 63, 64, 65, random.below(5000)][random.below(6)]
      buffers.append(Buffer(byteCount: size, first: step, last: last))
    }
    let plan = MemoryPlan(buffers)
    #expect(plan.offsets.count == buffers.count)
    var busiest = 0
    for (i, a) in buffers.enumerated() {
      let aRange = plan.offsets[i]..<plan.offsets[i] + max(a.byteCount, 1)
      #expect(
        aRange.lowerBound % MemoryPlan.alignment == 0 && aRange.lowerBound >= 0 && aRange.upperBound <= plan.byteCount)
      var live = 0
      for (j, b) in buffers.enumerated() where b.first <= a.first && a.first <= b.last {
        live += (max(b.byteCount, 1) + 63) / 64 * 64
        guard j != i else { continue }
        let bRange = plan.offsets[j]..<plan.offsets[j] + max(b.byteCount, 1)
        #expect(!aRange.overlaps(bRange), "\(a) at \(aRange) and \(b) at \(bRange)")
      }
      busiest = max(busiest, live)
    }
    // Fragments may cost something, but memory is used again.
    #expect(plan.byteCount >= busiest && plan.byteCount <= 2 * busiest)
  }

  @Test func reuse() {
    let cases: [(String, [(size: Int, first: Int, last: Int)], offsets: [Int], total: Int)] = [
      ("none", [], [], 0),
      ("a chain needs two", [(640, 0, 1), (640, 1, 2), (640, 2, 3), (640, 3, 4)], [0, 640, 0, 640], 1280),
      (
        "the smallest gap that holds it", [(640, 0, 0), (64, 0, 9), (128, 0, 0), (64, 0, 9), (128, 1, 1)],
        [0, 640, 704, 832, 704], 896
      ),
      ("neighbouring gaps join", [(64, 0, 0), (64, 0, 1), (64, 0, 9), (128, 2, 2)], [0, 64, 128, 0], 192),
      ("a gap at the end grows", [(64, 0, 9), (64, 0, 0), (256, 1, 1)], [0, 64, 64], 320),
      ("no gap is big enough", [(64, 0, 0), (64, 0, 9), (65, 1, 1)], [0, 64, 128], 256),
      ("empty ones have a place", [(0, 0, 0), (0, 0, 0)], [0, 64], 128),
      ("outputs stay", [(64, 0, .max), (64, 1, .max), (64, 2, .max)], [0, 64, 128], 192),
    ]
    for (name, buffers, offsets, total) in cases {
      let plan = MemoryPlan(buffers.map { Buffer(byteCount: $0.size, first: $0.first, last: $0.last) })
      #expect(plan.offsets == offsets && plan.byteCount == total, "\(name): \(plan.offsets), \(plan.byteCount)")
    }
  }

  /// xorshift64.
  private struct Generator {
    var state: UInt64
    mutating func below(_ bound: Int) -> Int {
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Int(state % UInt64(bound))
    }
  }
}
