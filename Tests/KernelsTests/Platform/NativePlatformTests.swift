import Kernels
import NativePlatform
import Synchronization
import Testing

@Suite struct NativePlatformTests {
  @Test func everyIndexRunsOnceOnSomeSlot() {
    let platform = Platform.native(threads: 3)
    #expect(platform.threadCount == 3)
    for count in [0, 1, 2, 3, 10, 1000] {
      for _ in 0..<200 {
        let seen = UnsafeMutablePointer<UInt8>.allocate(capacity: max(count, 1))
        defer { seen.deallocate() }
        seen.initialize(repeating: 0, count: max(count, 1))
        platform.parallelFor(count) { index, slot in
          seen[index] &+= slot < 3 ? 1 : 100
        }
        #expect((0..<count).allSatisfy { seen[$0] == 1 })
      }
    }
  }

  @Test func aSlotIsOneThreadAtATime() {
    let platform = Platform.native(threads: 4)
    let inUse = Slots()
    platform.parallelFor(4000) { _, slot in
      inUse.enter(slot)
      inUse.leave(slot)
    }
    #expect(inUse.clashes.load(ordering: .relaxed) == 0)
  }

  private final class Slots: Sendable {
    let a = Atomic<Int>(0)
    let b = Atomic<Int>(0)
    let c = Atomic<Int>(0)
    let d = Atomic<Int>(0)
    let clashes = Atomic<Int>(0)

    func enter(_ slot: Int) { if add(slot, 1) != 0 { clashes.add(1, ordering: .relaxed) } }
    func leave(_ slot: Int) { _ = add(slot, -1) }
    private func add(_ slot: Int, _ n: Int) -> Int {
      switch slot {
      case 0: a.add(n, ordering: .sequentiallyConsistent).oldValue
      case 1: b.add(n, ordering: .sequentiallyConsistent).oldValue
      case 2: c.add(n, ordering: .sequentiallyConsistent).oldValue
      default: d.add(n, ordering: .sequentiallyConsistent).oldValue
      }
    }
  }

  @Test func loopsMayNestAndCallersMayMeet() async {
    let platform = Platform.native(threads: 2)
    let sum = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<4 {
        group.addTask {
          for _ in 0..<50 {
            platform.parallelFor(5) { (_: Int) in platform.parallelFor(7) { (_: Int) in sum.add() } }
          }
        }
      }
    }
    #expect(sum.value.load(ordering: .relaxed) == 4 * 50 * 35)
  }

  private final class Counter: Sendable {
    let value = Atomic<Int>(0)
    func add() { value.add(1, ordering: .relaxed) }
  }

  @Test func threadsSleepAndWakeUp() {
    for _ in 0..<20 {
      let platform = Platform.native(threads: 3, blas: false)
      let sum = Counter()
      for _ in 0..<3 {
        platform.parallelFor(10) { (_: Int) in sum.add() }
        // Longer than a worker stays awake.
        for i in 0..<2_000_000 where i == -1 { sum.add() }
      }
      #expect(sum.value.load(ordering: .relaxed) == 30)
    }
  }

  @Test func theLibraryAgreesWithOurs() {
    let ours = Platform.native(threads: 2, blas: false)
    let theirs = Platform.native(threads: 2)
    #expect(!ours.hasSgemm)
    let (m, n, k) = (67, 130, 95)
    let a = Memory(random: m * k, seed: 1)
    let b = Memory(random: n * k, seed: 2)
    let scratch = Memory(count: GemmPack.rightCount(k: k, n: n))
    let bias = Memory(random: n, seed: 3)
    var results: [[Float]] = []
    for platform in [Platform.serial, ours, theirs, .native(threads: 2, vectors: .baseline)] {
      let c = Memory(count: m * n)
      gemm(
        platform, m: m, n: n, k: k, .rows(a.read, stride: k), .columns(b.read, stride: k), into: c.base, ldc: n,
        Epilogue(bias: bias.read), scratch: scratch.base)
      results.append(c.array)
      #expect(c.isIntact)
    }
    #expect(results[0] == results[1])
    for other in results[2...] { #expect(relativeDifference(other, results[0].map { Double($0) }) < 1e-6) }
  }

  @Test func everyFormOfTheCallSplits() {
    let platform = Platform.native(threads: 2, vectors: .baseline)
    guard platform.hasSgemm else { return }
    for (m, n, k) in [(64, 600, 40), (600, 64, 40)] {
      for transposeA in [false, true] {
        for transposeB in [false, true] {
          let a = Memory(random: m * k, seed: 1)
          let b = Memory(random: n * k, seed: 2)
          let c = Memory(random: m * n, seed: 3)
          let want = (0..<m * n).map { i in
            let (row, column) = (i / n, i % n)
            var sum = 0.0
            for k0 in 0..<k {
              let x = a.base[transposeA ? k0 * m + row : row * k + k0]
              sum += Double(x) * Double(b.base[transposeB ? column * k + k0 : k0 * n + column])
            }
            return 2 * sum + 0.5 * Double(c.base[i])
          }
          #expect(
            platform.sgemm(
              .init(
                transposeA: transposeA, transposeB: transposeB, m: m, n: n, k: k, alpha: 2, a: a.read,
                lda: transposeA ? m : k, b: b.read, ldb: transposeB ? k : n, beta: 0.5, c: c.base, ldc: n)))
          #expect(relativeDifference(c.array, want) < 1e-6)
        }
      }
    }
  }
}
