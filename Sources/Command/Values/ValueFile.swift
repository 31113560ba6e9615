import GraphIR
import ONNXFormat
import Tensors

/// A value in a file: `.npy`, or `.pb` as ONNX's tests have them.
enum ValueFile {
  /// Reads a file as the value that `type` declares.
  static func read(
    _ path: Name, as type: TypeProto, allocator: Allocator, _ host: Host
  ) throws(RuntimeError) -> Value {
    let source = try Files.open(path)
    return try host.about(path) { () throws(RuntimeError) in
      if path.hasSuffix(".npy") {
        return .tensor(try Npy.read(source, expecting: type.elementType, allocator: allocator))
      }
      guard path.hasSuffix(".pb") else {
        throw RuntimeError(.invalidArgument, "values are read from files that end in .npy or .pb")
      }
      let record = try ValueRecord(decoding: source, as: type.recordKind)
      return try record.load(TensorLoader(source, external: FilesBeside(model: path)), allocator: allocator)
    }
  }

  /// Writes a value as one `.npy` file, or as several: `NAME.0.npy` for the parts of a sequence, `NAME.keys.npy` and
  /// `NAME.values.npy` for a map. Answers their paths.
  static func write(_ value: Value, name: Name, in directory: Name) throws(RuntimeError) -> [Name] {
    switch value {
    case .none: return []
    case .tensor(let tensor):
      let path = directory.joined(name + ".npy")
      try Npy.write(tensor, to: try Files.create(path))
      return [path]
    case .sequence(let sequence):
      var paths: [Name] = []
      for (i, element) in sequence.elements.enumerated() {
        var part: Text = [UInt8(ascii: ".")]
        part.append(decimal: i)
        paths += try write(element, name: name + Name(part), in: directory)
      }
      return paths
    case .map(let map):
      return try write(.tensor(map.keys), name: name + ".keys", in: directory)
        + write(.tensor(map.values), name: name + ".values", in: directory)
    }
  }
}

extension TypeProto {
  /// Which message a value of this type is in.
  var recordKind: ValueRecord.Kind {
    switch self {
    case .none, .tensor, .sparseTensor: .tensor
    case .sequence: .sequence
    case .map: .map
    case .optional: .optional
    }
  }

  /// The element type of a tensor.
  var elementType: ElementType? {
    guard case .tensor(let raw, _) = self else { return nil }
    return UInt8(exactly: raw).flatMap(ElementType.init(rawValue:))
  }
}
