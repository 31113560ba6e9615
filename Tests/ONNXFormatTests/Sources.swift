import Glibc
import ONNXFormat
import Tensors

/// Bytes that end where an unreadable page begins: a read beyond them ends the test.
final class GuardedSource: ByteSource {
  private let pages: UnsafeMutableRawPointer
  private let length: Int

  init(_ bytes: [UInt8]) {
    let page = 4096
    let size = (bytes.count + page - 1) / page * page
    length = size + page
    pages = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    mprotect(pages + size, page, PROT_NONE)
    let start = pages + (size - bytes.count)
    bytes.withUnsafeBytes { if let base = $0.baseAddress { start.copyMemory(from: base, byteCount: $0.count) } }
    super.init(byteCount: Int64(bytes.count), mapped: UnsafeRawPointer(start))
  }

  deinit { munmap(pages, length) }
}

/// Bytes that are fetched like those of a host, and counted.
final class FetchedSource: ByteSource {
  private let bytes: [UInt8]
  private(set) var fetchedBytes = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    super.init(byteCount: Int64(bytes.count))
  }

  override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    fetchedBytes += count
    let range = bytes[Int(offset)..<Int(offset) + count]
    range.withUnsafeBytes { target.copyMemory(from: $0.baseAddress!, byteCount: count) }
  }
}

/// Files beside a model, by name.
final class GivenSources: ExternalSources {
  private let files: [Name: [UInt8]]
  private(set) var openCount = 0

  init(_ files: [Name: [UInt8]]) { self.files = files }

  override func open(_ location: Name) throws(RuntimeError) -> ByteSource {
    openCount += 1
    guard let bytes = files[location] else { return try super.open(location) }
    return FetchedSource(bytes)
  }
}

extension Tensor {
  /// The packed bytes of all elements.
  var packedBytes: [UInt8] {
    withExtendedLifetime(storage) { Array(UnsafeRawBufferPointer(start: bytes, count: byteCount)) }
  }

  /// The elements, copied: a pointer into a tensor that nothing holds is soon a wrong one.
  func values<T: BitwiseCopyable>(_: T.Type) -> [T] { withExtendedLifetime(storage) { Array(elements(T.self)) } }
}

/// The message of the error that `body` throws, or nil.
func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return (error as? RuntimeError)?.message ?? "\(error)"
  }
}
