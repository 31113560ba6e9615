import Apus

extension BlockWriter {
  func error(_ error: RuntimeError) {
    i32(Int(error.code.rawValue))
    name(error.messageName)
    if let node = error.node {
      u32(1)
      name(node.name)
      name(node.opType)
      i32(node.opset)
      list(node.inputShapes) { $0.dims($1) }
    } else {
      u32(0)
    }
    name(Name())
  }

  func description(of session: Session) {
    u32(session.inputs.count + session.optionalInputs.count)
    for input in session.inputs { declared(input) }
    for input in session.optionalInputs { declared(input, hasDefault: true) }
    list(session.outputs) { $0.declared($1) }
    list(session.constantInputs) { $0.name($1) }
  }

  private func declared(_ value: DeclaredValue, hasDefault: Bool = false) {
    let dims: [DeclaredDim]? = value.dims.map { dims in
      dims.map { dim in
        switch dim {
        case .known(let size): DeclaredDim(size: size)
        case .named(let symbol): DeclaredDim(symbol: symbol)
        case .unknown: DeclaredDim()
        }
      }
    }
    let kind = value.isOptional ? .optional : ValueKind(value.kind)
    declared(value.name, hasDefault: hasDefault, kind: kind, type: value.type, dims: dims)
  }

  /// `dims` is nil where the rank is unknown.
  func declared(_ name: Name, hasDefault: Bool, kind: ValueKind, type: ElementType?, dims: [DeclaredDim]?) {
    self.name(name)
    u32(hasDefault ? 1 : 0)
    u32(kind.rawValue)
    u32(type.map { Int($0.rawValue) } ?? 0)
    u32(dims == nil ? 0 : 1)
    list(dims ?? []) { block, dim in
      block.i32(dim.size)
      block.name(dim.symbol)
    }
  }

  func results(of run: Run) {
    u32(run.resultCount)
    run.forEachResult { value($0) }
  }

  func memory(_ memory: Session.Memory) {
    f64(Double(memory.weights))
    f64(Double(memory.arena))
    f64(Double(memory.peak))
  }

  func profile(_ entries: [Profile.Entry]) {
    list(entries) { block, entry in
      block.name(entry.name)
      block.name(entry.opType)
      block.u32(entry.runCount)
      block.f64(entry.milliseconds)
    }
  }
}

/// What kind of value an input or output is, as a description says it.
enum ValueKind: Int {
  case tensor = 1
  case sequence = 2
  case map = 3
  case optional = 4

  init(_ kind: Fact.Kind) {
    switch kind {
    case .tensor: self = .tensor
    case .sequence: self = .sequence
    case .map: self = .map
    case .optional: self = .optional
    }
  }
}

/// A dim of a declared shape: its size, else -1 and perhaps a symbol.
struct DeclaredDim {
  var size = -1
  var symbol = Name()
}
