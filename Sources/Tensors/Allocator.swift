import CKernels

/// Where the bytes of tensors, packed weights, arenas and scratch come from: malloc with a budget and an answer.
///
/// In Embedded Swift a failed `allocate` returns address 0 and goes on; only malloc says that there is none. So all
/// memory whose size depends on the model comes from here, and a refusal is an error like any other.
public final class Allocator {
  /// Bytes in use now.
  public private(set) var used = 0
  /// The highest value of `used` so far, in bytes.
  public private(set) var peak = 0
  /// The most bytes that may be in use at once.
  public let limit: Int

  public init(limit: Int = .max) { self.limit = limit }

  /// Fresh memory, aligned to 64 bytes, of undefined content.
  public func allocate(byteCount: Int) throws(RuntimeError) -> Storage {
    assert(byteCount >= 0)
    let (total, overflow) = used.addingReportingOverflow(byteCount)
    if overflow || total > limit {
      throw RuntimeError(.outOfMemory, "%d bytes are needed beside %d in use, the limit is %d", byteCount, used, limit)
    }
    guard byteCount < Int.max - 64, let base = ck_allocate(byteCount) else {
      throw RuntimeError(.outOfMemory, "no memory for %d bytes beside %d in use", byteCount, used)
    }
    used = total
    peak = max(peak, used)
    return Storage(owned: base, byteCount: byteCount, allocator: self)
  }

  /// Fresh memory for a tensor; strings start empty.
  public func tensor(_ type: ElementType, _ shape: Shape) throws(RuntimeError) -> Tensor {
    if type == .string {
      return Tensor(shape, try strings(count: shape.count))
    }
    return Tensor(type, shape, try allocate(byteCount: type.byteCount(shape.count)))
  }

  /// Empty strings. An array header each is counted for as long as they live, and asked for before Swift's own array is
  /// made, which would trap.
  private func strings(count: Int) throws(RuntimeError) -> Storage {
    let (byteCount, overflow) = count.multipliedReportingOverflow(by: 16)
    let headers = try allocate(byteCount: overflow ? .max : byteCount)
    return Storage(strings: [Name](repeating: Name(), count: count), owner: headers)
  }

  /// Throws where there is not even a little memory left for bookkeeping.
  ///
  /// Swift's own arrays and objects cannot fail but by a trap, so each phase of work asks first.
  public func makeSureOfReserve() throws(RuntimeError) {
    let reserve = 1 << 18
    guard let probe = ck_allocate(reserve) else {
      throw RuntimeError(.outOfMemory, "no memory for bookkeeping, %d bytes, beside %d in use", reserve, used)
    }
    ck_free(probe)
  }

  fileprivate func returned(_ byteCount: Int) { used -= byteCount }
}

/// A run of bytes, or of strings, that tensors share by reference.
public final class Storage {
  public let base: UnsafeMutableRawPointer
  public let byteCount: Int
  /// The elements of a string tensor; empty for every other type.
  public var strings: [Name]
  private let allocator: Allocator?
  private let owner: AnyObject?

  fileprivate init(owned base: UnsafeMutableRawPointer, byteCount: Int, allocator: Allocator) {
    self.base = base
    self.byteCount = byteCount
    self.allocator = allocator
    strings = []
    owner = nil
  }

  /// Bytes that belong to someone else, who lives as long as `owner` does.
  public init(borrowed base: UnsafeMutableRawPointer, byteCount: Int, owner: AnyObject? = nil) {
    self.base = base
    self.byteCount = byteCount
    self.owner = owner
    allocator = nil
    strings = []
  }

  /// Strings; `owner` is what stands for their memory with an allocator.
  public init(strings: [Name], owner: AnyObject? = nil) {
    self.strings = strings
    base = UnsafeMutableRawPointer(bitPattern: 64)!
    byteCount = 0
    allocator = nil
    self.owner = owner
  }

  deinit {
    guard let allocator else { return }
    ck_free(base)
    allocator.returned(byteCount)
  }
}
