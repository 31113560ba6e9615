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

  /// The window has a depth of 1.
  public init(batch: Int, channels: Int, multiplier: Int, window: Window) {
    assert(window.kernel.d == 1 && window.output.d == 1 && window.input.d == 1)
    self.batch = batch
    self.channels = channels
    self.multiplier = multiplier
    self.window = window
    part = (window.reach.w + window.stride.w - 1) / window.stride.w + 8
  }

  private static func pairs(_ kernelCount: Int) -> Int { (kernelCount + 1) / 2 }

  // MARK: Weights

  /// Bytes of the packed weights of so many filters: pairs of taps as int16 less the zero points, the last one with 0.
  public static func packedByteCount(filters: Int, kernelCount: Int) -> Int { filters * 4 * pairs(kernelCount) }

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

  private var rowStride: Int { [part, window.stride.w].productSaturating }
  /// A multiple of 8 int16.
  private var planeCount: Int { ([window.reach.h, rowStride].productSaturating &+ 7) & ~7 }
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
    guard batch * channels * multiplier > 0, window.output.count > 0 else { return }
    let taps = scratch.assumingMemoryBound(to: Int32.self)
    for i in 0..<2 * DepthwiseInt8.pairs(kernel.count) {
      let (y, x) = min(i, kernel.count - 1).quotientAndRemainder(dividingBy: kernel.w)
      let column = x * window.dilation.w
      let offset = y * window.dilation.h * rowStride + column % window.stride.w * part + column / window.stride.w
      taps[i] = Int32(truncatingIfNeeded: offset)
    }
    let planeCount = planeCount
    let planes = (scratch + tapByteCount).assumingMemoryBound(to: Int16.self)
    // Padding is written once: every plane of a slot leaves it as it is.
    for i in 0..<planeCount * platform.threadCount { planes[i] = 0 }
    let body = { (item: Int, slot: Int) in
      let plane = planes + slot * planeCount
      spread(input.bytes + item &* window.input.count, input, into: plane)
      for i in 0..<multiplier {
        let filter = item % channels &* multiplier &+ i
        let weights = packedWeights.assumingMemoryBound(to: Int32.self) + filter &* DepthwiseInt8.pairs(kernel.count)
        let place = (item &* multiplier &+ i) &* window.output.count
        rows(UnsafePointer(plane), weights, UnsafePointer(taps), end, filter: filter, at: place)
      }
    }
    // Work is a plane; a region of threads is worth it from about 100,000 products on.
    if batch * channels * multiplier * window.output.count * kernel.count > 100_000 {
      platform.parallelFor(batch * channels, body)
    } else {
      for item in 0..<batch * channels { body(item, 0) }
    }
  }

  /// The plane as padded rows of parts; what is around it is zero already.
  private func spread(
    _ source: UnsafePointer<UInt8>, _ input: ConvolutionInt8.Input, into plane: UnsafeMutablePointer<Int16>
  ) {
    let (size, before, step, part) = (window.input, window.before, window.stride.w, part)
    let flip = input.unsignedFlip
    let zero = Int16(input.unsignedZero)
    let zeros = SIMD8(repeating: zero)
    let count = min(size.w, max(0, rowStride &- before.w))
    for y in max(0, before.h)..<max(before.h, min(window.reach.h, before.h &+ size.h)) {
      let row = plane + y &* rowStride
      let from = source + (y &- before.h) &* size.w
      var i = 0
      if step <= 2 {
        // Column 0 of the input is padded column `before`, and so on.
        let next = before.w &+ 1
        let even = row + (before.w % step &* part &+ before.w / step)
        let odd = row + (next % step &* part &+ next / step)
        while i &+ 16 <= count {
          let bytes = ck_loadBytes(from + i) ^ SIMD16(repeating: flip)
          if step == 1 {
            store8(ck_lowBytes(bytes) &- zeros, even + i)
            store8(ck_highBytes(bytes) &- zeros, even + (i &+ 8))
          } else {
            store8(ck_evenBytes(bytes) &- zeros, even + i / 2)
            store8(ck_oddBytes(bytes) &- zeros, odd + i / 2)
          }
          i &+= 16
          // The last vectors may repeat some of those before.
          if i < count, i &+ 16 > count, step == 1 || count & 1 == 0 { i = count &- 16 }
        }
      }
      while i < count {
        let column = before.w &+ i
        row[column % step &* part &+ column / step] = Int16(from[i] ^ flip) &- zero
        i &+= 1
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
    for y in 0..<window.output.h {
      let from = UnsafeRawPointer(plane + y &* down)
      var x = 0
      while x < width {
        let p = from + 2 &* x
        let (low, high) =
          isNine ? sums(p, weights, taps, pairs: 5, bias) :
          sums(p, weights, taps, pairs: DepthwiseInt8.pairs(window.kernel.count), bias)
        // Whole vectors while they do not leave the plane: the next row writes over what is too much.
        let at = y &* width &+ x
        end.store(low, high, scale, offset, at: place &+ at, count: min(8, count &- at))
        x &+= 8
        if x < width, x &+ 8 > width { x = width &- 8 }
      }
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
      let a = ck_loadHalves(p + 2 &* Int(taps[2 &* pair]))
      let b = ck_loadHalves(p + 2 &* Int(taps[2 &* pair &+ 1]))
      let weight = ck_splatPair(weights[pair])
      low = low &+ ck_dot(ck_interleaveLowWords(a, b), weight)
      high = high &+ ck_dot(ck_interleaveHighWords(a, b), weight)
    }
    return (low, high)
  }
}
