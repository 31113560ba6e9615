import CKernels
import Tensors

/// The largest byte of each window of [planes, depth, height, width]; padding counts for nothing.
///
/// Rows are compared sixteen columns at a time into one row between zeros, then its columns.
public struct MaxPoolInt8 {
  private let planes: Int
  private let window: Window
  private let isSigned: Bool

  public init(planes: Int, window: Window, isSigned: Bool) {
    self.planes = planes
    self.window = window
    self.isSigned = isSigned
  }

  /// Bytes of a row: what a vector of the input's last columns covers is in it too.
  private var rowByteCount: Int { (max(window.reach.w, window.before.w + window.input.w) + 31) / 16 * 16 }

  public func scratchByteCount(threadCount: Int) -> Int { [rowByteCount, threadCount].productSaturating }

  public func run(
    _ platform: Platform, _ source: UnsafeRawPointer, into target: UnsafeMutableRawPointer,
    scratch: UnsafeMutableRawPointer
  ) {
    let (inputCount, outputCount) = (window.input.count, window.output.count)
    let rowByteCount = rowByteCount
    // A region of threads is worth it from about 100,000 comparisons on.
    let isSplit = planes &* outputCount > 100_000 / window.kernel.count
    platform.parallelFor(planes, if: isSplit) { plane, slot in
      let from = source.assumingMemoryBound(to: UInt8.self) + plane &* inputCount
      let to = target.assumingMemoryBound(to: UInt8.self) + plane &* outputCount
      pool(from, into: to, (scratch + slot &* rowByteCount).assumingMemoryBound(to: UInt8.self), rowByteCount)
    }
  }

  /// One plane. Signed bytes are compared as unsigned ones that are 128 more.
  private func pool(
    _ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>, _ row: UnsafeMutablePointer<UInt8>,
    _ rowByteCount: Int
  ) {
    let (input, output, kernel) = (window.input, window.output, window.kernel)
    let flip: UInt8 = isSigned ? 128 : 0
    let inside = row + window.before.w
    let (step, gap) = (window.stride.w, window.dilation.w)
    var to = target
    for z in 0..<output.d {
      for y in 0..<output.h {
        for i in 0..<rowByteCount { row[i] = 0 }
        for tap in 0..<kernel.d &* kernel.h {
          let (kz, ky) = tap.quotientAndRemainder(dividingBy: kernel.h)
          let fromZ = z &* window.stride.d &- window.before.d &+ kz &* window.dilation.d
          let fromY = y &* window.stride.h &- window.before.h &+ ky &* window.dilation.h
          guard fromZ >= 0, fromZ < input.d, fromY >= 0, fromY < input.h else { continue }
          compare(source + (fromZ &* input.h &+ fromY) &* input.w, flip, with: inside, count: input.w)
        }
        for x in 0..<output.w {
          let columns = row + x &* step
          var largest = columns[0]
          for k in 1..<max(kernel.w, 1) { largest = max(largest, columns[k &* gap]) }
          to[x] = largest ^ flip
        }
        to += output.w
      }
    }
  }

  @inline(__always)
  private func compare(
    _ source: UnsafePointer<UInt8>, _ flip: UInt8, with row: UnsafeMutablePointer<UInt8>, count: Int
  ) {
    let flips = SIMD16(repeating: flip)
    var i = 0
    while i &+ 16 <= count {
      ck_storeVector(ck_maxBytes(ck_loadBytes(source + i) ^ flips, ck_loadBytes(row + i)), row + i)
      i &+= 16
      // The last vector may repeat some of the columns before.
      if i < count, i &+ 16 > count { i = count &- 16 }
    }
    while i < count {
      row[i] = max(row[i], source[i] ^ flip)
      i &+= 1
    }
  }
}
