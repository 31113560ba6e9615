import Apus

/// What the host asks for when it begins to load a model.
struct CreateRequest {
  private(set) var options = Session.Options()
  /// Threads that may work on a run.
  private(set) var threadCount = 1

  init(_ block: inout BlockReader) throws(RuntimeError) {
    var reading = HostOptions()
    for _ in 0..<(try block.u32()) { try reading.add(try block.option()) }
    options = reading.options
    threadCount = reading.threadCount
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
    // They are right, and mean nothing else to a run.
    for _ in 0..<(try block.u32()) { try block.option().check(mostVerbose: .infinity) }
    feeds = try block.list { (block) throws(RuntimeError) in
      let reference = try block.reference()
      return (reference, try block.value())
    }
    fetches = try block.list { (block) throws(RuntimeError) in try block.reference() }
  }
}

extension BlockReader {
  fileprivate mutating func option() throws(RuntimeError) -> HostOption {
    HostOption(key: try name(), kind: try name(), number: try f64(), text: try name())
  }

  fileprivate mutating func reference() throws(RuntimeError) -> RunRequest.Reference {
    let index = try i32()
    return index < 0 ? .name(try name()) : .index(index)
  }
}
