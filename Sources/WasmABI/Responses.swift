import Apus

/// A response in JSON, which every host can read; results alone, which each run has, are fields of a block. wasm/ABI.md
/// has the members.
///
/// The punctuation is spelt out: closures for what nests cost 10 kB of wasm.
struct ResponseText {
  private(set) var bytes: [UInt8] = []

  mutating func error(_ error: RuntimeError) {
    number(#"{"code":"#, Int(error.code.rawValue))
    string(#","message":"#, error.messageName)
    if let node = error.node {
      string(#","node":"#, node.name)
      string(#","opType":"#, node.opType)
      number(#","opset":"#, node.opset)
      text(#","shapes":["#)
      for (i, shape) in node.inputShapes.enumerated() {
        text(i == 0 ? "[" : ",[")
        for (i, dim) in shape.enumerated() { number(i == 0 ? "" : ",", dim) }
        text("]")
      }
      text("]")
    }
    text("}")
  }

  mutating func description(of session: Session) {
    text(#"{"inputs":["#)
    for (i, input) in session.inputs.enumerated() {
      text(i == 0 ? "" : ",")
      declared(input.name, input.shownKind, type: input.type, dims: input.dims)
    }
    for (i, input) in session.optionalInputs.enumerated() {
      text(session.inputs.isEmpty && i == 0 ? "" : ",")
      declared(input.name, input.shownKind, type: input.type, dims: input.dims, hasDefault: true)
    }
    text(#"],"outputs":["#)
    for (i, output) in session.outputs.enumerated() {
      text(i == 0 ? "" : ",")
      declared(output.name, output.shownKind, type: output.type, dims: output.dims)
    }
    text("]}")
  }

  /// An input or output; what is `metadata` a host may show as it is.
  @inline(never)
  mutating func declared(
    _ name: Name, _ kind: Fact.Kind, type: ElementType?, dims: [DeclaredValue.Dim]?, hasDefault: Bool = false
  ) {
    let typeName = Name(type?.name ?? "")
    string(#"{"name":"#, name)
    string(#","kind":"#, Name(kind.name))
    string(#","type":"#, typeName)
    text(hasDefault ? #","hasDefault":true"# : #","hasDefault":false"#)
    string(#","metadata":{"name":"#, name)
    if kind == .tensor {
      string(#","isTensor":true,"type":"#, typeName)
      text(#","shape":["#)
      for (i, dim) in (dims ?? []).enumerated() {
        text(i == 0 ? "" : ",")
        switch dim {
        case .known(let size): number("", size)
        case .named(let symbol): string("", symbol)
        case .unknown: text(#""""#)
        }
      }
      text(dims == nil ? #"],"unranked":true}}"# : "]}}")
    } else {
      text(#","isTensor":false}}"#)
    }
  }

  mutating func memory(_ memory: Session.Memory) {
    number(#"{"weights":"#, memory.weights)
    number(#","arena":"#, memory.arena)
    number(#","peak":"#, memory.peak)
    text("}")
  }

  mutating func profile(_ entries: [Profile.Entry]) {
    text("[")
    for (i, entry) in entries.enumerated() {
      string(i == 0 ? #"{"name":"# : #",{"name":"#, entry.name)
      string(#","opType":"#, entry.opType)
      number(#","runs":"#, entry.runCount)
      // To the nanosecond; the digit in front of the rest keeps its zeros, and is none of the number.
      let milliseconds = entry.milliseconds >= 0 ? min(entry.milliseconds, 2e9) : 0
      let whole = Int(milliseconds)
      number(#","milliseconds":"#, whole)
      let at = bytes.count
      number("", 1_000_000 + Int((milliseconds - Double(whole)) * 1_000_000))
      bytes[at] = UInt8(ascii: ".")
      text("}")
    }
    text("]")
  }

  @inline(never)
  mutating func text(_ text: StaticString) { bytes.append(text: text) }

  @inline(never)
  private mutating func number(_ before: StaticString, _ number: Int) {
    text(before)
    bytes.append(decimal: number)
  }

  @inline(never)
  private mutating func string(_ before: StaticString, _ name: Name) {
    text(before)
    var json = JSON()
    json.string(name)
    bytes += json.bytes
  }
}

extension DeclaredValue {
  fileprivate var shownKind: Fact.Kind { isOptional ? .optional : kind }
}

extension Fact.Kind {
  fileprivate var name: StaticString {
    switch self {
    case .tensor: "tensor"
    case .sequence: "sequence"
    case .map: "map"
    case .optional: "optional"
    }
  }
}

extension BlockWriter {
  func text(_ write: (inout ResponseText) -> Void) {
    var text = ResponseText()
    write(&text)
    name(Name(text.bytes))
  }

  func results(of run: Run) {
    u32(run.resultCount)
    run.forEachResult { value($0) }
  }
}
