import Apus
import Testing

@testable import WasmABI

/// The other side of the boundary, in Swift: gives a model's bytes, writes requests and reads responses.
final class TestHost {
  let model: [UInt8]
  /// What was fed last: the run borrows its bytes.
  private var fed: [(Int, Value)] = []

  init(model: [UInt8]) throws {
    self.model = model
    Host.functions = Host.Functions()
    Host.functions.read = { source, offset, byteCount, target in
      guard source == 0 else { return -1 }
      model.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + Int(offset), byteCount: byteCount) }
      return 0
    }
    Host.functions.byteCount = { $0 == 0 ? Double(model.count) : -1 }
  }

  /// A session that is not loaded yet.
  func begin(options: [HostOption] = []) throws -> Int32 {
    let session = beginStatus(options: options)
    try #require(session > 0, "\(message)")
    return session
  }

  func beginStatus(options: [HostOption]) -> Int32 {
    let block = BlockWriter()
    block.options(options)
    return send(block) { apusCreateBegin($0, $1) }
  }

  func create(options: [HostOption] = []) throws -> Int32 {
    let session = try begin(options: options)
    while true {
      let status = apusCreateStep(session, 0)
      try #require(status >= 0, "\(message)")
      if status == 0 { return session }
    }
  }

  func begin(_ session: Int32, feeds: [(Int, Value)], fetches: [Int]) throws {
    let status = beginStatus(session, feeds: feeds, fetches: fetches)
    try #require(status == 0, "\(message)")
  }

  func beginStatus(
    _ session: Int32, feeds: [(Int, Value)], unknown: [Name] = [], fetches: [Int] = [], names: [Name] = [],
    options: [HostOption] = []
  ) -> Int32 {
    fed = feeds
    let block = BlockWriter()
    block.options(options)
    block.u32(feeds.count + unknown.count)
    for name in unknown {
      block.i32(-1)
      block.name(name)
      block.value(.none)
    }
    for (index, value) in feeds {
      block.i32(index)
      block.value(value)
    }
    block.u32(fetches.count + names.count)
    for index in fetches { block.i32(index) }
    for name in names {
      block.i32(-1)
      block.name(name)
    }
    return send(block) { apusRunBegin(session, $0, $1) }
  }

  /// The response of a call that must succeed.
  func response(_ call: () -> Int32) throws -> BlockReader {
    try #require(call() == 0, "\(message)")
    return try BlockReader(instance.control.response)
  }

  func expectError(
    containing text: String, sourceLocation: SourceLocation = #_sourceLocation, _ call: () -> Int32
  ) throws {
    let status = call()
    try #require(status < 0, sourceLocation: sourceLocation)
    let message = message
    #expect(message.contains(text), "\(message)", sourceLocation: sourceLocation)
  }

  /// A response in JSON.
  func text(_ call: () -> Int32) throws -> String {
    var block = try response(call)
    return try block.name().text
  }

  /// What the last error said, in JSON.
  var message: String {
    guard var block = try? BlockReader(instance.control.response) else { return "no response" }
    return (try? block.name().text) ?? "no error"
  }

  private func send(_ block: BlockWriter, _ call: (UnsafeRawPointer?, Int32) -> Int32) -> Int32 {
    let bytes = block.finished()
    return call(bytes.baseAddress, Int32(bytes.count))
  }
}

extension BlockWriter {
  fileprivate func options(_ options: [HostOption]) {
    list(options) { block, option in
      block.name(option.key)
      block.name(option.kind)
      block.f64(option.number)
      block.name(option.text)
    }
  }
}

extension HostOption {
  static func number(_ key: Name, _ number: Double, _ text: Name = "") -> HostOption {
    HostOption(key: key, kind: "number", number: number, text: text)
  }

  static func text(_ key: Name, _ text: Name) -> HostOption {
    HostOption(key: key, kind: "string", number: .nan, text: text)
  }

  static func bool(_ key: Name, _ value: Bool) -> HostOption {
    HostOption(key: key, kind: "boolean", number: .nan, text: value ? "true" : "false")
  }

  static func other(_ key: Name, _ kind: Name, _ text: Name) -> HostOption {
    HostOption(key: key, kind: kind, number: .nan, text: text)
  }
}
