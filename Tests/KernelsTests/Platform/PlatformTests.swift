import Kernels
import Testing

@Suite struct PlatformTests {
  @Test func everyIndexRunsOnce() {
    for platform in [Platform.serial, reversed(threads: 3)] {
      for count in [0, 1, 2, 7, 100] {
        var seen = [Int](repeating: 0, count: count)
        platform.parallelFor(count) { i, slot in
          #expect(slot < platform.threadCount)
          seen[i] += 1
        }
        #expect(seen.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test func rangesCoverWithoutOverlap() {
    for threads in 1...4 {
      for (count, grain) in [(0, 1), (1, 1), (15, 4), (16, 4), (17, 4), (1000, 64), (1000, 10_000)] {
        var seen = [Int](repeating: 0, count: count)
        reversed(threads: threads).parallelRanges(count, grain: grain) { range in
          #expect(range.lowerBound % 16 == 0)
          for i in range { seen[i] += 1 }
        }
        #expect(seen.allSatisfy { $0 == 1 }, "\(count) by \(grain) on \(threads)")
      }
    }
  }

  @Test func serialDeclinesToMultiply() {
    let c = Memory([5])
    #expect(!Platform.serial.hasSgemm)
    #expect(!Platform.serial.sgemm(.init(m: 1, n: 1, k: 1, a: c.read, lda: 1, b: c.read, ldb: 1, c: c.base, ldc: 1)))
    #expect(c.array == [5])
  }
}
