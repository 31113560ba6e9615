import Tensors

/// Hands out a call's scratch memory piece by piece, each aligned to 16 bytes.
///
/// `scratchByteCount` adds up `byteCount(_:)` of the same pieces.
struct ScratchMemory {
  private var next: UnsafeMutableRawPointer

  init(_ call: Call) { next = call.scratch }

  /// What a piece of `count` bytes takes; saturates.
  @inline(never) static func byteCount(_ count: Int) -> Int { count > Int.max - 16 ? .max : (count + 15) / 16 * 16 }

  /// What pieces of so many f32 elements take together; saturates.
  static func floatBytes(_ counts: [Int]) -> Int {
    counts.reduce(0) { sum, count in
      let (total, overflow) = sum.addingReportingOverflow(byteCount([count, 4].productSaturating))
      return overflow ? .max : total
    }
  }

  @inline(never) mutating func take(byteCount: Int) -> UnsafeMutableRawPointer {
    let piece = next
    next += ScratchMemory.byteCount(byteCount)
    return piece
  }

  mutating func take<T: BitwiseCopyable>(_ count: Int, of _: T.Type) -> UnsafeMutablePointer<T> {
    take(byteCount: count * MemoryLayout<T>.stride).assumingMemoryBound(to: T.self)
  }

  mutating func tensor(_ type: ElementType, _ shape: Shape) -> Tensor {
    let byteCount = type.byteCount(shape.count)
    return Tensor(type, shape, Storage(borrowed: take(byteCount: byteCount), byteCount: byteCount))
  }
}
