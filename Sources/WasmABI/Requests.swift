import Tensors

/// What the host asks for when it begins to load a model.
struct CreateRequest {
  /// An option by its dotted key, as `extra.session.tag`.
  enum Option {
    case number(Double)
    case text(Name)
  }

  let byteCount: Int64
  let options: [(key: Name, value: Option)]

  init(_ block: inout BlockReader) throws(RuntimeError) {
    byteCount = try block.integer()
    options = try block.list { (block) throws(RuntimeError) in
      let key = try block.name()
      return (key, try block.u32() == 0 ? .number(try block.f64()) : .text(try block.name()))
    }
  }

  /// The last number that an option is given.
  func number(_ key: StaticString) -> Double? {
    guard case .number(let number)? = options.last(where: { $0.key == key })?.value else { return nil }
    return number
  }
}

/// What the host asks for when it begins a run.
struct RunRequest {
  /// An input or output by its place in the description, or by name where it has none there.
  enum Reference {
    case index(Int)
    case name(Name)
  }

  let feeds: [(Reference, Value)]
  let fetches: [Reference]

  init(_ block: inout BlockReader) throws(RuntimeError) {
    _ = try block.u32()
    feeds = try block.list { (block) throws(RuntimeError) in
      let reference = try block.reference()
      return (reference, try block.value())
    }
    fetches = try block.list { (block) throws(RuntimeError) in try block.reference() }
  }
}

extension BlockReader {
  fileprivate mutating func reference() throws(RuntimeError) -> RunRequest.Reference {
    let index = try i32()
    return index < 0 ? .name(try name()) : .index(index)
  }
}
