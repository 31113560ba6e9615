import Kernels

/// An array of test data with guard values on both sides, so that a kernel that writes outside shows.
final class Memory {
  private static let guardCount = 16
  private static let guardValue: Float = -7.25e30
  private let raw: UnsafeMutablePointer<Float>
  let count: Int
  var base: UnsafeMutablePointer<Float> { raw + Memory.guardCount }
  var read: UnsafePointer<Float> { UnsafePointer(base) }
  var array: [Float] { (0..<count).map { base[$0] } }
  /// False once something outside has been written.
  var isIntact: Bool {
    (0..<Memory.guardCount).allSatisfy {
      raw[$0] == Memory.guardValue && raw[Memory.guardCount + count + $0] == Memory.guardValue
    }
  }

  init(_ values: [Float]) {
    count = values.count
    raw = .allocate(capacity: count + 2 * Memory.guardCount)
    raw.initialize(repeating: Memory.guardValue, count: count + 2 * Memory.guardCount)
    for (i, value) in values.enumerated() { base[i] = value }
  }

  convenience init(count: Int, fill: Float = .nan) { self.init([Float](repeating: fill, count: count)) }

  /// Values in -1..<1 that depend on the seed alone.
  convenience init(random count: Int, seed: UInt32) { self.init(randomFloats(count, seed: seed)) }

  deinit { raw.deallocate() }
}

func randomFloats(_ count: Int, seed: UInt32, scale: Float = 1) -> [Float] {
  var state = seed &* 2_654_435_761 &+ 12345
  return (0..<count).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return Float(Int32(bitPattern: state) >> 8) * 0x1p-23 * scale
  }
}

/// The largest difference, relative to the largest reference value.
func relativeDifference(_ got: [Float], _ want: [Double]) -> Double {
  var difference = got.count == want.count ? 0.0 : .infinity
  var scale = 1e-30
  for (a, b) in zip(got, want) {
    if a.isNaN != b.isNaN { return .infinity }
    if a.isNaN || Double(a) == b { continue }
    difference = max(difference, abs(Double(a) - b))
    scale = max(scale, abs(b))
  }
  return difference / scale
}

/// Two and three threads in name, one after another in fact, in an order that shows a dependence on it.
func reversed(threads: Int, vectors: VectorLevel = .baseline, fuses: Bool = false) -> Platform {
  Platform(
    threadCount: threads,
    loop: { count, task, context in
      for i in (0..<count).reversed() { task(context, i, i % threads) }
    }, vectors: vectors, fuses: fuses)
}

/// The levels above the baseline that this machine has.
let wideLevels = VectorLevel.allCases.filter { $0 > .baseline && $0 <= .detected }
