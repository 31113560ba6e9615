import Glibc
import Tensors

@testable import Apus
@testable import Command

/// A terminal whose words are kept.
final class KeptTerminal: Terminal {
  private(set) var output = ""
  private(set) var errors = ""
  private let watched: Bool

  init(watched: Bool = false) { self.watched = watched }

  override var isWatched: Bool { watched }
  override func write(_ text: Text) { output += String(decoding: text, as: UTF8.self) }
  override func writeError(_ text: Text) { errors += String(decoding: text, as: UTF8.self) }
}

/// A directory of a test's own, removed with it.
final class Folder {
  let path: Name

  init() {
    var template = Array("/tmp/apus-test-XXXXXX".utf8CString)
    path = Name(cString: mkdtemp(&template))
  }

  deinit { Folder.remove(path) }

  private static func remove(_ path: Name) {
    guard Files.kind(path) == .directory else {
      unlink(path.text)
      return
    }
    for name in (try? Files.list(path)) ?? [] { remove(path.joined(name)) }
    rmdir(path.text)
  }

  /// Writes a file in the folder, and the folders that it is in; answers its path.
  @discardableResult
  func write(_ name: Name, _ bytes: [UInt8]) throws -> Name {
    let file = path.joined(name)
    try Files.makeDirectory(file.directory)
    try Files.create(file).write(bytes)
    return file
  }

  func read(_ name: Name) throws -> [UInt8] { try Files.read(path.joined(name)) }
}

/// Runs a command line in this process.
func apus(_ words: String..., watched: Bool = false) -> (status: Int32, output: String, errors: String) {
  let terminal = KeptTerminal(watched: watched)
  let status = Command.run(words.map { Name(text: $0) }, Host(terminal: terminal))
  return (status, terminal.output, terminal.errors)
}

extension Tensor {
  convenience init<T: BitwiseCopyable>(_ type: ElementType, _ dims: [Int], _ values: [T]) {
    let tensor = try! Allocator().tensor(type, Shape(dims))
    values.withUnsafeBytes { if let base = $0.baseAddress { tensor.bytes.copyMemory(from: base, byteCount: $0.count) } }
    self.init(type, tensor.shape, tensor.storage)
  }

  static func floats(_ dims: [Int], _ values: [Float]) -> Tensor { Tensor(.float32, dims, values) }

  func values<T: BitwiseCopyable>(_: T.Type) -> [T] { withExtendedLifetime(storage) { Array(elements(T.self)) } }

  var packedBytes: [UInt8] {
    withExtendedLifetime(storage) { Array(UnsafeRawBufferPointer(start: bytes, count: byteCount)) }
  }
}

/// Models that the tests run.
enum Models {
  /// `y = x · w` for `x: [batch, 2]` and `w = [[1, 2, 3], [4, 5, 6]]`.
  static func product(opType: Name = "MatMul") throws -> [UInt8] {
    try ModelEncoder().encode(productProto(opType: opType)).bytes()
  }

  static func productProto(opType: Name = "MatMul") -> ModelProto {
    var model = ModelProto()
    model.irVersion = 8
    model.producerName = "tests"
    model.opsetImports = [OpsetImport(domain: "", version: 17)]
    model.metadata = [MetadataEntry(key: "author", value: "us")]
    model.graph.name = "product"
    model.graph.inputs = [
      ValueInfoProto(name: "x", type: .tensor(elementType: 1, shape: [.parameter("batch"), .value(2)]))
    ]
    model.graph.outputs = [
      ValueInfoProto(name: "y", type: .tensor(elementType: 1, shape: [.parameter("batch"), .value(3)]))
    ]
    model.graph.initializers = [TensorRecord(name: "w", .floats([2, 3], [1, 2, 3, 4, 5, 6]))]
    var node = NodeProto()
    node.name = "product"
    node.opType = opType
    node.inputs = ["x", "w"]
    node.outputs = ["y"]
    model.graph.nodes = [node]
    return model
  }

  /// A tensor as ONNX's tests have it.
  static func file(_ tensor: Tensor) throws -> [UInt8] {
    try ModelEncoder().encode(TensorRecord(name: "", tensor)).bytes()
  }

  /// A folder `name` with the model and one set of an input and an output.
  static func test(
    _ folder: Folder, _ name: Name, model: [UInt8]? = nil, input: Tensor? = nil, output: Tensor? = nil
  ) throws {
    try folder.write(name.joined("model.onnx"), try model ?? product())
    let set = name.joined("test_data_set_0")
    try folder.write(set.joined("input_0.pb"), try file(input ?? .floats([1, 2], [1, 10])))
    try folder.write(set.joined("output_0.pb"), try file(output ?? .floats([1, 3], [41, 52, 63])))
  }
}
