import CKernels
import Tensors

/// A convolution of bytes whose every filter sees one channel: [batch, channels, height, width] with
/// [channels · multiplier, kernel], exact in int32.
///
/// A plane is copied once into rows of int16 less the zero point, padded with 0 and, for a stride s, split into every
/// s-th column. After that a tap of eight neighbouring outputs is one vector in memory, and two taps of four of them one
/// sum of products of pairs.
public struct DepthwiseInt8 {
  private let batch: Int
  private let channels: Int
  private let multiplier: Int
  private let window: Window
  /// Columns of one of the parts a row is split into: a vector may start at the last output.
  private let part: Int
  private let rowStride: Int
  /// int16 of a plane, a multiple of 8.
  private let planeCount: Int

  /// The window has a depth of 1.
  public init(batch: Int, channels: Int, multiplier: Int, window: Window) {
    assert(window.kernel.d == 1 && window.output.d == 1 && window.input.d == 1)
    self.batch = batch
    self.channels = channels
    self.multiplier = multiplier
    self.window = window
    part = (window.reach.w + window.stride.w - 1) / window.stride.w + 8
    rowStride = [part, window.stride.w].productSaturating
    planeCount = [(window.reach.h + 7) / 8, 8, rowStride].productSaturating
  }

  private static func pairs(_ kernelCount: Int) -> Int { (kernelCount + 1) / 2 }

  // MARK: Weights

  /// Bytes of the packed weights of so many filters: pairs of taps as int16 less the zero points, the last one with 0.
  public static func packedByteCount(filters: Int, kernelCount: Int) -> Int {
    [filters, 4, pairs(kernelCount)].productSaturating
  }

  /// Packs filters `range`, given from the first of them on. `zeros` is one zero point, or one for each filter; nil is
  /// 0.
  public static func packWeights(
    _ source: UnsafePointer<UInt8>, filters range: Range<Int>, kernelCount: Int, signed: Bool,
    zeros: UnsafePointer<UInt8>?, zeroPerFilter: Bool, into packed: UnsafeMutableRawPointer
  ) {
    let widen = { (byte: UInt8) in signed ? Int16(Int8(bitPattern: byte)) : Int16(byte) }
    for filter in range {
      let from = source + (filter - range.lowerBound) * kernelCount
      let to = (packed + filter * 4 * pairs(kernelCount)).assumingMemoryBound(to: Int16.self)
      let zero = widen(zeros.map { $0[zeroPerFilter ? filter : 0] } ?? 0)
      for i in 0..<2 * pairs(kernelCount) { to[i] = i < kernelCount ? widen(from[i]) &- zero : 0 }
    }
  }

  // MARK: Running

  private var tapByteCount: Int { (8 * DepthwiseInt8.pairs(window.kernel.count) + 15) / 16 * 16 }

  public func scratchByteCount(threadCount: Int) -> Int {
    let planes = [planeCount, 2, threadCount].productSaturating
    return planes > Int.max - tapByteCount ? .max : planes + tapByteCount
  }

  public func run(
    _ platform: Platform, _ input: ConvolutionInt8.Input, packedWeights: UnsafeRawPointer, _ end: FilterEnd,
    scratch: UnsafeMutableRawPointer
  ) {
    let kernel = window.kernel
    let planeCount = planeCount
    let pairs = DepthwiseInt8.pairs(kernel.count)
    let (inputCount, outputCount) = (window.input.count, window.output.count)
    let planes = batch &* channels
    guard planes &* multiplier > 0, outputCount > 0 else { return }
    let taps = scratch.assumingMemoryBound(to: Int32.self)
    for i in 0..<2 &* pairs {
      let (y, x) = min(i, kernel.count &- 1).quotientAndRemainder(dividingBy: kernel.w)
      let column = x &* window.dilation.w
      let offset =
        y &* window.dilation.h &* rowStride &+ column % window.stride.w &* part &+ column / window.stride.w
      taps[i] = Int32(truncatingIfNeeded: offset)
    }
    let spaces = (scratch + tapByteCount).assumingMemoryBound(to: Int16.self)
    // Padding is written once: every plane of a slot leaves it as it is.
    for i in 0..<planeCount &* platform.threadCount { spaces[i] = 0 }
    let body = { (item: Int, slot: Int) in
      let space = spaces + slot &* planeCount
      spread(input.bytes + item &* inputCount, input, into: space)
      for i in 0..<multiplier {
        let filter = item % channels &* multiplier &+ i
        let weights = packedWeights.assumingMemoryBound(to: Int32.self) + filter &* pairs
        let place = (item &* multiplier &+ i) &* outputCount
        rows(UnsafePointer(space), weights, UnsafePointer(taps), end, filter: filter, at: place)
      }
    }
    // Work is a plane; a region of threads is worth it from about 100,000 products on.
    let isSplit = planes &* multiplier &* outputCount > 100_000 / kernel.count
    (isSplit ? platform : platform.alone).parallelFor(planes, body)
  }

  /// The plane as padded rows of parts; what is around it is zero already.
  private func spread(
    _ source: UnsafePointer<UInt8>, _ input: ConvolutionInt8.Input, into plane: UnsafeMutablePointer<Int16>
  ) {
    let (size, before, step, part) = (window.input, window.before, window.stride.w, part)
    let flip = input.unsignedFlip
    let (flips, evenFlips) = (SIMD16(repeating: flip), SIMD8(repeating: Int16(flip)))
    let zero = Int16(input.unsignedZero)
    let zeros = SIMD8(repeating: zero)
    let count = min(size.w, max(0, rowStride &- before.w))
    for y in max(0, before.h)..<max(before.h, min(window.reach.h, before.h &+ size.h)) {
      let row = plane + y &* rowStride
      let from = source + (y &- before.h) &* size.w
      var i = 0
      if step == 1 {
        while i &+ 8 <= count {
          store8((ck_widenUnsigned(from + i) ^ evenFlips) &- zeros, row + (before.w &+ i))
          i &+= 8
          // The last vectors may repeat some of those before.
          if i < count, i &+ 8 > count { i = count &- 8 }
        }
      } else if step == 2 {
        // Column 0 of the input is padded column `before`, and so on.
        let even = row + (before.w % 2 &* part &+ before.w / 2)
        let odd = row + ((before.w &+ 1) % 2 &* part &+ (before.w &+ 1) / 2)
        while i &+ 16 <= count {
          let bytes = ck_loadBytes(from + i) ^ flips
          store8(ck_evenBytes(bytes) &- zeros, even + i / 2)
          store8(ck_oddBytes(bytes) &- zeros, odd + i / 2)
          i &+= 16
          if i < count, i &+ 16 > count, count & 1 == 0 { i = count &- 16 }
        }
      }
      guard i < count else { continue }
      var (column, phase) = (before.w &+ i).quotientAndRemainder(dividingBy: step)
      while i < count {
        row[phase &* part &+ column] = Int16(from[i] ^ flip) &- zero
        i &+= 1
        phase &+= 1
        if phase == step { (column, phase) = (column &+ 1, 0) }
      }
    }
  }

  @inline(__always)
  private func store8(_ words: SIMD8<Int16>, _ target: UnsafeMutablePointer<Int16>) {
    UnsafeMutableRawPointer(target).storeBytes(of: words, as: SIMD8<Int16>.self)
  }

  /// One plane of outputs.
  private func rows(
    _ plane: UnsafePointer<Int16>, _ weights: UnsafePointer<Int32>, _ taps: UnsafePointer<Int32>, _ end: FilterEnd,
    filter: Int, at place: Int
  ) {
    let bias = SIMD4(repeating: end.biases?[filter] ?? 0)
    let scale = Lanes(repeating: end.scales?[filter] ?? 0)
    let offset = Lanes(repeating: end.offsets?[filter] ?? 0)
    let down = window.stride.h &* rowStride
    let (width, count) = (window.output.w, window.output.count)
    let isNine = window.kernel.h == 3 && window.kernel.w == 3
    // Three by three has its weights in registers.
    let nine = Nine(weights, taps, isNine: isNine)
    for y in 0..<window.output.h {
      let from = UnsafeRawPointer(plane + y &* down)
      var x = 0
      while x < width {
        let p = from + 2 &* x
        let (low, high) =
          isNine
          ? nine.sums(p, bias) : sums(p, weights, taps, pairs: DepthwiseInt8.pairs(window.kernel.count), bias)
        // Whole vectors while they do not leave the plane: the next row writes over what is too much.
        let at = y &* width &+ x
        end.store(low, high, scale, offset, at: place &+ at, count: min(8, count &- at))
        x &+= 8
        if x < width, x &+ 8 > width { x = width &- 8 }
      }
    }
  }

  /// A kernel of three by three.
  private struct Nine {
    let (w0, w1, w2, w3, w4): (SIMD8<Int16>, SIMD8<Int16>, SIMD8<Int16>, SIMD8<Int16>, SIMD8<Int16>)
    /// Bytes to the second and third column and row.
    let (column1, column2, row1, row2): (Int, Int, Int, Int)

    /// Of another kernel nothing that is of use.
    @inline(__always)
    init(_ weights: UnsafePointer<Int32>, _ taps: UnsafePointer<Int32>, isNine: Bool) {
      let step = isNine ? 1 : 0
      (w0, w1, w2) = (ck_splatPair(weights[0]), ck_splatPair(weights[step]), ck_splatPair(weights[2 &* step]))
      (w3, w4) = (ck_splatPair(weights[3 &* step]), ck_splatPair(weights[4 &* step]))
      (column1, column2) = (2 &* Int(taps[step]), 2 &* Int(taps[2 &* step]))
      (row1, row2) = (2 &* Int(taps[3 &* step]), 2 &* Int(taps[6 &* step]))
    }

    @inline(__always)
    func sums(_ p0: UnsafeRawPointer, _ bias: SIMD4<Int32>) -> (SIMD4<Int32>, SIMD4<Int32>) {
      let (p1, p2) = (p0 + row1, p0 + row2)
      var (low, high) = (bias, bias)
      add(&low, &high, ck_loadHalves(p0), ck_loadHalves(p0 + column1), w0)
      add(&low, &high, ck_loadHalves(p0 + column2), ck_loadHalves(p1), w1)
      add(&low, &high, ck_loadHalves(p1 + column1), ck_loadHalves(p1 + column2), w2)
      add(&low, &high, ck_loadHalves(p2), ck_loadHalves(p2 + column1), w3)
      let last = ck_loadHalves(p2 + column2)
      add(&low, &high, last, last, w4)
      return (low, high)
    }
  }

  /// Eight neighbouring outputs.
  @inline(__always)
  private func sums(
    _ p: UnsafeRawPointer, _ weights: UnsafePointer<Int32>, _ taps: UnsafePointer<Int32>, pairs: Int,
    _ bias: SIMD4<Int32>
  ) -> (SIMD4<Int32>, SIMD4<Int32>) {
    var (low, high) = (bias, bias)
    for pair in 0..<pairs {
      add(
        &low, &high, ck_loadHalves(p + 2 &* Int(taps[2 &* pair])),
        ck_loadHalves(p + 2 &* Int(taps[2 &* pair &+ 1])), ck_splatPair(weights[pair]))
    }
    return (low, high)
  }
}

/// Adds two taps of eight neighbouring outputs.
@inline(__always)
private func add(
  _ low: inout SIMD4<Int32>, _ high: inout SIMD4<Int32>, _ a: SIMD8<Int16>, _ b: SIMD8<Int16>, _ weight: SIMD8<Int16>
) {
  low = ck_pinIntegers(low &+ ck_dot(ck_interleaveLowWords(a, b), weight))
  high = ck_pinIntegers(high &+ ck_dot(ck_interleaveHighWords(a, b), weight))
}
