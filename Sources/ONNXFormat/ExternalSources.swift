import Tensors

/// Opens the files that external data is in, each once.
///
/// The base class has none. A host overrides `open(_:)`; it is asked only for paths that stay beside the model.
open class ExternalSources {
  private var opened: [(location: Name, source: ByteSource)] = []

  public init() {}

  /// Opens the file at a path relative to the model; throws `noSuchFile` where there is none.
  open func open(_ location: Name) throws(RuntimeError) -> ByteSource {
    throw RuntimeError(.noSuchFile, "external data %s is needed and was not given", name: location)
  }

  /// The file at `location`, opened before or now.
  public final func source(_ location: Name) throws(RuntimeError) -> ByteSource {
    let plain = location.withoutDots
    if let known = opened.first(where: { $0.location == plain }) { return known.source }
    guard plain.staysInside else {
      throw RuntimeError(
        .invalidArgument, "external data must be in a relative path without '..', got %s", name: location)
    }
    let source = try open(location)
    opened.append((plain, source))
    source.number = opened.count
    return source
  }
}

extension Name {
  /// This, as a path, without './' in front: the same file is to be one source, however it is spelt.
  fileprivate var withoutDots: Name {
    var rest = bytes[...]
    while rest.starts(with: [UInt8(ascii: "."), UInt8(ascii: "/")]) { rest = rest.dropFirst(2) }
    return rest.first == UInt8(ascii: "/") ? self : Name(Array(rest))
  }

  /// Whether this, as a path, is relative and never goes up.
  var staysInside: Bool {
    if isEmpty || bytes.contains(0) { return false }
    let slash = UInt8(ascii: "/")
    let backslash = UInt8(ascii: "\\")
    if bytes[0] == slash || bytes[0] == backslash { return false }
    // `C:` is absolute where drives have letters, and no URL is a path.
    if bytes.contains(UInt8(ascii: ":")) { return false }
    for part in bytes.split(whereSeparator: { $0 == slash || $0 == backslash }) where Array(part) == [46, 46] {
      return false
    }
    return true
  }
}
