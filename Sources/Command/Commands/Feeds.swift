import Apus
import Tensors

/// What a model is fed: files for inputs that are named, made-up numbers for the others.
struct Feeds {
  static let options = [
    Usage.Option("--input", "NAME=FILE", "an input from a .npy or .pb file; FILE alone is the next input"),
    Usage.Option("--dim", "NAME=N", "the size of a symbolic dim of inputs that are made up (default: 1)"),
    Usage.Option("--shape", "NAME=N,N,…", "the whole shape of an input that is made up"),
    Usage.Option("--seed", "N", "the seed of inputs that are made up (default: 1)"),
  ]

  private let files: [Name]
  private var dims: [(Name, Int)] = []
  private var shapes: [(Name, [Int])] = []
  private let seed: Int

  init(_ arguments: Arguments) throws(RuntimeError) {
    files = arguments.values("--input")
    seed = try arguments.integer("--seed", 0...Int.max) ?? 1
    for (name, text) in try arguments.pairs("--dim") { dims.append((name, try Feeds.size(text))) }
    for (name, text) in try arguments.pairs("--shape") {
      var shape: [Int] = []
      if !text.isEmpty {
        for part in text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
          shape.append(try Feeds.size(Name(Array(part))))
        }
      }
      shapes.append((name, shape))
    }
  }

  private static func size(_ text: Name) throws(RuntimeError) -> Int {
    guard let size = text.integer.flatMap(Int.init(exactly:)), size >= 0 else {
      throw RuntimeError(.invalidArgument, "a dim must be a number of at least 0, got %s", name: text)
    }
    return size
  }

  /// The inputs that are named.
  var names: [Name] { files.compactMap { $0.split(at: UInt8(ascii: "="))?.0 } }

  /// A value for every input that must have one, in the model's order, and for those that may be left out and are named.
  func values(for session: Session, _ model: ModelFile, _ host: Host) throws(RuntimeError) -> [(Name, Value)] {
    let given = try assign(session.inputs, session.optionalInputs)
    var generator = Generator(seed: seed)
    var values: [(Name, Value)] = []
    for (i, input) in (session.inputs + session.optionalInputs).enumerated() {
      if let path = given[i] {
        let value = try ValueFile.read(path, as: model.declaredType(input.name), allocator: session.allocator, host)
        values.append((input.name, value))
      } else if i >= session.inputs.count {
        continue
      } else if input.kind == .tensor {
        let shape = try self.shape(of: input)
        values.append(
          (input.name, .tensor(try generator.tensor(input.type ?? .float32, Shape(shape), session.allocator))))
      } else if !input.isOptional {
        throw RuntimeError(
          .invalidArgument, "input %s is no tensor: --input gives it from a .pb file", name: input.name)
      }
    }
    try refuseUnknown(session.inputs)
    return values
  }

  /// The files by input: named ones first, then the others in order, which are for inputs that must be fed.
  private func assign(_ required: [DeclaredValue], _ optional: [DeclaredValue]) throws(RuntimeError) -> [Name?] {
    let inputs = required + optional
    var assigned = [Name?](repeating: nil, count: inputs.count)
    var unnamed: [Name] = []
    for text in files {
      guard let (name, path) = text.split(at: UInt8(ascii: "=")) else {
        unnamed.append(text)
        continue
      }
      guard let i = inputs.firstIndex(where: { $0.name == name }) else {
        throw RuntimeError(.invalidArgument, "the model has no input %s", name: name)
      }
      assigned[i] = path
    }
    for path in unnamed {
      guard let i = required.indices.first(where: { assigned[$0] == nil }) else {
        throw RuntimeError(.invalidArgument, "the model has %d inputs, %s is one too many", name: path, required.count)
      }
      assigned[i] = path
    }
    return assigned
  }

  /// The shape of an input that is made up.
  func shape(of input: DeclaredValue) throws(RuntimeError) -> [Int] {
    if let (_, shape) = shapes.last(where: { $0.0 == input.name }) { return shape }
    guard let declared = input.dims else {
      throw RuntimeError(.invalidArgument, "input %s declares no shape: --shape NAME=1,2,3 gives one", name: input.name)
    }
    return declared.map { dim in
      switch dim {
      case .known(let size): size
      case .named(let name): dims.last { $0.0 == name }?.1 ?? 1
      case .unknown: 1
      }
    }
  }

  /// A dim or shape that no input has is a slip of the hand.
  private func refuseUnknown(_ inputs: [DeclaredValue]) throws(RuntimeError) {
    for (name, _) in shapes where !inputs.contains(where: { $0.name == name }) {
      throw RuntimeError(.invalidArgument, "the model has no input %s", name: name)
    }
    for (name, _) in dims {
      let isKnown = inputs.contains { input in input.dims?.contains(.named(name)) == true }
      if !isKnown { throw RuntimeError(.invalidArgument, "no input has a dim %s", name: name) }
    }
  }
}
