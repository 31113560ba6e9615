import Apus

/// What the host gives: reading, and a clock. In wasm these are imports, natively a test sets them.
enum Host {
  #if arch(wasm32)
    static func read(_ source: Int32, _ offset: Double, _ byteCount: Int, _ target: UnsafeMutableRawPointer) -> Int32 {
      apusRead(source, offset, Int32(truncatingIfNeeded: byteCount), target)
    }
    static func open(_ location: UnsafeRawBufferPointer) -> Int32 {
      guard let base = location.baseAddress else { return -1 }
      return apusOpen(base, Int32(truncatingIfNeeded: location.count))
    }
    static func byteCount(_ source: Int32) -> Double { apusByteCount(source) }
    static func forget(_ source: Int32, _ offset: Double) { apusForget(source, offset) }
    static func now() -> Double { apusNow() }
    static func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
      guard let base = bytes.baseAddress else { return 0 }
      return apusWrite(base, Int32(truncatingIfNeeded: bytes.count))
    }
    /// The host's product of bytes, where it has one: it answers 0 to everything else.
    static var dotBytes: Platform.DotBytes? {
      var (a, b, c) = (UInt8(0), Int8(0), Int32(0))
      guard apusDot(&a, &b, &c, 0, 0, 0) != 0 else { return nil }
      return { _ = apusDot($0, $1, $2, Int32($3), Int32($4), Int32($5)) }
    }
  #else
    struct Functions {
      var read: (Int32, Double, Int, UnsafeMutableRawPointer) -> Int32 = { _, _, _, _ in -1 }
      var open: (UnsafeRawBufferPointer) -> Int32 = { _ in -1 }
      var byteCount: (Int32) -> Double = { _ in 0 }
      var forget: (Int32, Double) -> Void = { _, _ in }
      var now: () -> Double = { 0 }
      var write: (UnsafeRawBufferPointer) -> Int32 = { _ in -1 }
    }
    nonisolated(unsafe) static var functions = Functions()

    static func read(_ source: Int32, _ offset: Double, _ byteCount: Int, _ target: UnsafeMutableRawPointer) -> Int32 {
      functions.read(source, offset, byteCount, target)
    }
    static func open(_ location: UnsafeRawBufferPointer) -> Int32 { functions.open(location) }
    static func byteCount(_ source: Int32) -> Double { functions.byteCount(source) }
    static func forget(_ source: Int32, _ offset: Double) { functions.forget(source, offset) }
    static func now() -> Double { functions.now() }
    static func write(_ bytes: UnsafeRawBufferPointer) -> Int32 { functions.write(bytes) }
    static var dotBytes: Platform.DotBytes? { nil }
  #endif
}

#if arch(wasm32)
  /// Fills `target` with bytes of a source; below 0 where it cannot.
  @_extern(wasm, module: "apus", name: "read")
  @_extern(c)
  private func apusRead(_ source: Int32, _ offset: Double, _ count: Int32, _ target: UnsafeMutableRawPointer) -> Int32

  /// Opens a file beside the model; a source, or below 0.
  @_extern(wasm, module: "apus", name: "open")
  @_extern(c)
  private func apusOpen(_ location: UnsafeRawPointer, _ byteCount: Int32) -> Int32

  @_extern(wasm, module: "apus", name: "byte_count")
  @_extern(c)
  private func apusByteCount(_ source: Int32) -> Double

  /// Says that no byte of a source before `offset` will be read again.
  @_extern(wasm, module: "apus", name: "forget")
  @_extern(c)
  private func apusForget(_ source: Int32, _ offset: Double)

  /// Milliseconds since any fixed moment.
  @_extern(wasm, module: "apus", name: "now")
  @_extern(c)
  private func apusNow() -> Double

  /// Takes the next bytes of the optimised model; below 0 where it cannot.
  @_extern(wasm, module: "apus", name: "write")
  @_extern(c)
  private func apusWrite(_ bytes: UnsafeRawPointer, _ byteCount: Int32) -> Int32
#endif

#if arch(wasm32)
  /// `Platform.DotBytes`; 0 where the host has none.
  @_extern(wasm, module: "apus", name: "dot")
  @_extern(c)
  private func apusDot(
    _ a: UnsafePointer<UInt8>, _ b: UnsafePointer<Int8>, _ c: UnsafeMutablePointer<Int32>, _ stride: Int32,
    _ quads: Int32, _ blocks: Int32
  ) -> Int32
#endif

/// Bytes that the host is asked for, range by range.
final class HostSource: ByteSource {
  private let handle: Int32

  init(_ handle: Int32) throws(RuntimeError) {
    guard let byteCount = Int64(exactly: Host.byteCount(handle)) else {
      throw RuntimeError(.invalidArgument, "the size of a source must be a whole number")
    }
    self.handle = handle
    super.init(byteCount: byteCount)
  }

  override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    guard Host.read(handle, Double(offset), count, target) >= 0 else {
      throw RuntimeError(.fail, "the host could not read %d bytes at byte %d", count, Int(clamping: offset))
    }
  }

  override func forget(before offset: Int64) { Host.forget(handle, Double(offset)) }
}

/// The host, which keeps the optimised model.
final class HostSink: ByteSink {
  override func write(_ bytes: UnsafeRawBufferPointer) throws(RuntimeError) {
    if Host.write(bytes) < 0 { throw RuntimeError(.fail, "the host could not take %d bytes", bytes.count) }
  }
}

/// Files of weights that the host finds by their place beside the model.
final class HostExternalSources: ExternalSources {
  override func open(_ location: Name) throws(RuntimeError) -> ByteSource {
    let number = location.wellFormed.bytes.withUnsafeBytes { Host.open($0) }
    guard number >= 0 else {
      throw RuntimeError(.noSuchFile, "external data %s could not be opened", name: location)
    }
    return try HostSource(number)
  }
}
