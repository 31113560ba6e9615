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
  }

  /// A session that is not loaded yet.
  func begin(options: [(Name, CreateRequest.Option)] = []) throws -> Int32 {
    let block = BlockWriter()
    block.f64(Double(model.count))
    block.list([("graphOptimizationLevel", .number(99))] + options) { block, option in
      block.name(option.0)
      switch option.1 {
      case .number(let number):
        block.u32(0)
        block.f64(number)
      case .text(let text):
        block.u32(1)
        block.name(text)
      }
    }
    let session = send(block) { apusCreateBegin($0, $1) }
    try #require(session > 0)
    return session
  }

  func create(options: [(Name, CreateRequest.Option)] = []) throws -> Int32 {
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
    _ session: Int32, feeds: [(Int, Value)], fetches: [Int] = [], names: [Name] = []
  ) -> Int32 {
    fed = feeds
    let block = BlockWriter()
    block.u32(0)
    block.list(feeds) { block, feed in
      block.i32(feed.0)
      block.value(feed.1)
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

  /// What the last error said.
  private var message: String {
    guard var block = try? BlockReader(instance.control.response) else { return "no response" }
    _ = try? block.i32()
    return (try? block.name().text) ?? "no error"
  }

  private func send(_ block: BlockWriter, _ call: (UnsafeRawPointer?, Int32) -> Int32) -> Int32 {
    let bytes = block.finished()
    return call(bytes.baseAddress, Int32(bytes.count))
  }
}
