import Apus
import TestSupport
import Testing

@testable import Inference
@testable import WasmABI

@Suite struct BlockTests {
  /// What each response is, written by this side and read by the host.
  struct Written {
    let name: String
    let write: (BlockWriter) -> Void
  }

  static var written: [Written] {
    [
      Written(name: "description") { block in
        block.text { text in
          text.text(#"{"inputs":["#)
          text.declared("pixels", .tensor, type: .float32, dims: [.named("batch"), .known(3), .unknown])
          text.text(",")
          text.declared("scale", .tensor, type: .float16, dims: [], hasDefault: true)
          text.text(#"],"outputs":["#)
          text.declared("label", .tensor, type: .string, dims: nil)
          text.text(",")
          text.declared("scores", .sequence, type: nil, dims: nil)
          text.text("]}")
        }
      },
      Written(name: "results") { block in
        let results: [Value] = [
          .tensor(borrowed(.float64, [1, 2], at: 65536)),
          .tensor(.strings([2], ["cat", ""])),
          .sequence(Value.Sequence([.tensor(borrowed(.bool, [1], at: 131072))])),
          .map(Value.Map(keys: .strings([1], ["cat"]), values: borrowed(.float32, [1], at: 262144))),
        ]
        block.list(results) { $0.value($1) }
      },
      Written(name: "error") { block in
        block.text { $0.error(RuntimeError(.invalidProtobuf, "the file ends at byte %d", 12)) }
      },
      Written(name: "node-error") { block in
        let node = RuntimeError.Node(
          name: "conv1", opType: "Conv", opset: 17, inputShapes: [[1, 3, -1, 224], []])
        block.text { $0.error(RuntimeError(.notImplemented, "group must be 1, got %d", 2).at(node)) }
      },
      Written(name: "memory") { block in
        block.text { $0.memory(Session.Memory(weights: 5_000_000_000, arena: 4096, peak: 5_500_000_000)) }
      },
      Written(name: "profile") { block in
        let entries = [
          Profile.Entry(name: "conv1", opType: "Conv", runCount: 3, milliseconds: 1.5),
          Profile.Entry(name: "", opType: "Relu", runCount: 3, milliseconds: 0.25),
        ]
        block.text { $0.profile(entries) }
      },
    ]
  }

  /// A block grows past the memory it began with, and the next one is written over it.
  @Test func blocksAreWrittenOverTheLast() throws {
    let block = BlockWriter()
    for length in [3, 5000, 0, 6] {
      block.reset()
      block.name(Name([UInt8](repeating: 65, count: length)))
      block.f64(-1.5)
      let bytes = block.finished()
      #expect(bytes.count == 4 + 4 + (length + 3) / 4 * 4 + 8)
      for at in 8 + length..<bytes.count - 8 { #expect(bytes[at] == 0) }
      var reader = try BlockReader(bytes)
      #expect(try reader.name().bytes == [UInt8](repeating: 65, count: length))
      #expect(try reader.f64() == -1.5)
    }
  }

  @Test func responsesAreTheGoldenBytes() {
    for test in BlockTests.written {
      let block = BlockWriter()
      test.write(block)
      #expect(Array(block.finished()) == goldenBlocks[test.name], "\(test.name)")
    }
  }

  @Test func everyGoldenBlockIsTested() {
    let names = BlockTests.written.map(\.name) + ["create-request", "run-request"]
    #expect(names.sorted() == goldenBlocks.keys.sorted())
  }

  @Test func createRequestIsReadFromTheGoldenBytes() throws {
    try read("create-request") { (block) throws(RuntimeError) in
      let request = try CreateRequest(&block)
      #expect(request.options.optimization == .basic && request.threadCount == 4)
      #expect(request.options.dims.map(\.symbol.text) == ["bâtch"] && request.options.dims[0].size == 4)
    }
  }

  @Test func runRequestIsReadFromTheGoldenBytes() throws {
    try read("run-request") { (block) throws(RuntimeError) in
      let request = try RunRequest(&block)
      guard case .index(0) = request.feeds[0].0, case .tensor(let first) = request.feeds[0].1,
        case .index(2) = request.feeds[1].0, case .tensor(let words) = request.feeds[1].1,
        case .name(let third) = request.feeds[2].0, case .sequence(let sequence) = request.feeds[2].1,
        case .index(1) = request.fetches[0], case .name(let hidden) = request.fetches[1]
      else {
        Issue.record("\(request)")
        return
      }
      #expect(first.type == .float32 && first.shape == [2, 3])
      #expect(first.bytes == UnsafeMutableRawPointer(bitPattern: 4096) && first.storage.byteCount == 24)
      #expect(words.type == .string && words.storage.strings.map(\.text) == ["a", "hé\0"])
      #expect(third == "W" && hidden == "hidden")
      #expect(sequence.elements.count == 2)
      guard case .tensor(let element) = sequence.elements[0], case .none = sequence.elements[1] else {
        Issue.record("\(sequence.elements)")
        return
      }
      #expect(element.type == .int64 && element.shape == [] && element.storage.byteCount == 8)
    }
  }

  @Test func everyCutRequestIsAnError() {
    for name in ["create-request", "run-request"] {
      let whole = goldenBlocks[name]!
      for count in 4..<whole.count {
        // Shortened, and with the byte count corrected, so that the fields are what does not fit.
        var bytes = Array(whole[..<count])
        withUnsafeBytes(of: UInt32(count - 4).littleEndian) { bytes.replaceSubrange(..<4, with: $0) }
        #expect(throws: RuntimeError.self, "\(name) cut to \(count) bytes") {
          try bytes.withUnsafeBytes { buffer in
            var block = try BlockReader(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            if name == "create-request" { _ = try CreateRequest(&block) } else { _ = try RunRequest(&block) }
          }
        }
      }
    }
  }

  @Test func everyWrongByteIsAnErrorOrAnotherRequest() {
    // Nothing may trap, whatever a byte says.
    let whole = goldenBlocks["run-request"]!
    for at in 4..<whole.count {
      for wrong in [UInt8(0xff), 0x80, 0x7f, 0x01] {
        var bytes = whole
        bytes[at] = wrong
        bytes.withUnsafeBytes { buffer in
          if var block = try? BlockReader(buffer) { _ = try? RunRequest(&block) }
        }
      }
    }
  }

  @Test func aWrongByteCountIsAnError() {
    let whole = goldenBlocks["run-request"]!
    #expect(throws: RuntimeError.self) {
      try whole.withUnsafeBytes { buffer in
        _ = try BlockReader(UnsafeRawBufferPointer(rebasing: buffer.dropLast(4)))
      }
    }
  }

  private func read(
    _ name: String, _ body: (inout BlockReader) throws(RuntimeError) -> Void
  ) throws {
    let bytes = goldenBlocks[name]!
    try bytes.withUnsafeBytes { buffer in
      var block = try BlockReader(buffer)
      try body(&block)
    }
  }

  /// A tensor of which only the place is looked at.
  private static func borrowed(_ type: ElementType, _ dims: [Int], at address: Int) -> Tensor {
    let base = UnsafeMutableRawPointer(bitPattern: address)!
    return Tensor(type, Shape(dims), Storage(borrowed: base, byteCount: type.byteCount(Shape(dims).count)))
  }
}
