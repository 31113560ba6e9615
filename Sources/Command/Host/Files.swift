import CHost
import ONNXFormat
import Tensors

/// The file system, through `CHost`: the same for Linux and WASI.
enum Files {
  enum Kind {
    case nothing, file, directory
  }

  static func kind(_ path: Name) -> Kind {
    switch path.withCString({ ch_kind($0) }) {
    case Int32(ch_file): .file
    case Int32(ch_directory): .directory
    default: .nothing
    }
  }

  /// A file's bytes, mapped where the host can.
  static func open(_ path: Name) throws(RuntimeError) -> ByteSource {
    if kind(path) == .directory { throw RuntimeError(.noSuchFile, "%s is a directory, not a file", name: path) }
    let file = path.withCString { ch_open_to_read($0) }
    if file < 0 { throw failure(file, path, "%s cannot be opened (errno %d)") }
    let size = ch_size(file)
    if size < 0 {
      ch_close(file)
      throw failure(Int32(size), path, "%s cannot be read (errno %d)")
    }
    return FileSource(path, file: file, byteCount: size)
  }

  /// A small file's bytes, all of them.
  static func read(_ path: Name) throws(RuntimeError) -> [UInt8] {
    let source = try open(path)
    let storage = try Allocator().allocate(byteCount: Int(clamping: source.byteCount))
    try source.read(at: 0, count: storage.byteCount, into: storage.base)
    return withExtendedLifetime(storage) {
      Array(UnsafeRawBufferPointer(start: storage.base, count: storage.byteCount))
    }
  }

  /// Creates a file, or empties the one there is.
  static func create(_ path: Name) throws(RuntimeError) -> FileSink {
    let file = path.withCString { ch_open_to_write($0) }
    if file < 0 { throw failure(file, path, "%s cannot be written (errno %d)") }
    return FileSink(path, file: file)
  }

  /// Makes a directory and those that it is in, where they are not there.
  static func makeDirectory(_ path: Name) throws(RuntimeError) {
    switch kind(path) {
    case .directory: return
    case .file: throw RuntimeError(.fail, "%s is a file, not a directory", name: path)
    case .nothing: break
    }
    let parent = path.directory
    if parent != path { try makeDirectory(parent) }
    let status = path.withCString { ch_make_directory($0) }
    if status < 0 { throw failure(status, path, "directory %s cannot be made (errno %d)") }
  }

  /// The names in a directory, sorted by their bytes.
  static func list(_ path: Name) throws(RuntimeError) -> [Name] {
    guard let directory = path.withCString({ ch_open_directory($0) }) else {
      throw RuntimeError(.noSuchFile, "there is no directory %s", name: path)
    }
    defer { ch_close_directory(directory) }
    var names: [Name] = []
    while let entry = ch_next_entry(directory) {
      let name = Name(cString: entry)
      if name != Name(".") && name != Name("..") { names.append(name) }
    }
    return names.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
  }

  static func failure(_ status: Int32, _ path: Name, _ text: StaticString) -> RuntimeError {
    if status == ch_no_such_file { return RuntimeError(.noSuchFile, "there is no file %s", name: path) }
    if status == ch_permission { return RuntimeError(.noSuchFile, "%s may not be opened", name: path) }
    if ch_is_outside(status) != 0 {
      return RuntimeError(.noSuchFile, "%s is outside the directories that were given", name: path)
    }
    return RuntimeError(.noSuchFile, text, name: path, -Int(status))
  }
}

/// A file that is read where it is mapped, or a range at a time.
private final class FileSource: ByteSource {
  private let path: Name
  private let file: Int32

  init(_ path: Name, file: Int32, byteCount: Int64) {
    self.path = path
    self.file = file
    let mapped = Int(exactly: byteCount).flatMap { $0 > 0 ? ch_map(file, $0) : nil }
    super.init(byteCount: byteCount, mapped: mapped)
  }

  deinit {
    if let mapped { ch_unmap(mapped, Int(byteCount)) }
    ch_close(file)
  }

  override func fetch(at offset: Int64, count: Int, into target: UnsafeMutableRawPointer) throws(RuntimeError) {
    if mapped != nil { return try super.fetch(at: offset, count: count, into: target) }
    var done = 0
    while done < count {
      let got = ch_read_at(file, target + done, count - done, offset + Int64(done))
      if got < 0 { throw Files.failure(Int32(got), path, "%s cannot be read (errno %d)") }
      if got == 0 { throw RuntimeError(.fail, "%s became shorter while it was read", name: path) }
      done += Int(got)
    }
  }
}

/// A file that is written from its start on.
final class FileSink: ByteSink {
  private let path: Name
  private let file: Int32

  fileprivate init(_ path: Name, file: Int32) {
    self.path = path
    self.file = file
  }

  deinit { ch_close(file) }

  override func write(_ bytes: UnsafeRawBufferPointer) throws(RuntimeError) {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let put = ch_write(file, start + done, bytes.count - done)
      if put <= 0 { throw Files.failure(Int32(put), path, "%s cannot be written (errno %d)") }
      done += Int(put)
    }
  }

  func write(_ bytes: [UInt8]) throws(RuntimeError) {
    var failure: RuntimeError?
    bytes.withUnsafeBytes { buffer in
      do throws(RuntimeError) { try write(buffer) } catch { failure = error }
    }
    if let failure { throw failure }
  }
}

/// External data in the files beside a model.
final class FilesBeside: ExternalSources {
  private let directory: Name

  init(model path: Name) { directory = path.directory }

  override func open(_ location: Name) throws(RuntimeError) -> ByteSource {
    try Files.open(directory.joined(location))
  }
}

extension Name {
  init(cString: UnsafePointer<CChar>) {
    var bytes: [UInt8] = []
    var next = cString
    while next.pointee != 0 {
      bytes.append(UInt8(bitPattern: next.pointee))
      next += 1
    }
    self.init(bytes)
  }

  fileprivate func withCString<R>(_ body: (UnsafePointer<CChar>) -> R) -> R {
    var terminated = bytes.map { CChar(bitPattern: $0) }
    terminated.append(0)
    return terminated.withUnsafeBufferPointer { body($0.baseAddress!) }
  }
}
