/// The one error of the core: what must hold, and what was found instead.
///
/// A throw site holds a `StaticString` with placeholders and a few values, and `message` is the only place that formats
/// them: interpolation at each of the throw sites of 240 operators costs 200 kB of wasm.
///
/// | placeholder | takes | shows |
/// |---|---|---|
/// | `%d` | the next integer | `-3` |
/// | `%t` | the next integer, a raw `ElementType` | `float32` |
/// | `%s` | the next name | `'mask'` |
/// | `%n` | the next name, as it is | `mask` |
/// | `%v` | the next shape | `[1, 3, ?]`, an unknown dim is `?` |
public struct RuntimeError: Error {
  /// The codes of the reference runtime, so that a client which looks at the number finds what it knows.
  public enum Code: Int32, Sendable {
    case fail = 1
    case invalidArgument = 2
    case noSuchFile = 3
    case runtimeException = 6
    case invalidProtobuf = 7
    case notImplemented = 9
    case invalidGraph = 10
    case outOfMemory = 12
    case cancelled = 13
    // What a host throws as errors of its own, without a number: `Error`, `TypeError` and `RangeError` in JavaScript.
    case misuse = 100
    case wrongKind = 101
    case outOfRange = 102
  }

  /// Boxed, so that a typed throw passes one pointer.
  private final class Details: @unchecked Sendable {
    let code: Code
    let text: StaticString
    let integers: (Int, Int, Int)
    let names: [Name]
    let shapes: [[Int]]
    var node: Node?

    init(_ code: Code, _ text: StaticString, _ integers: (Int, Int, Int), _ names: [Name], _ shapes: [[Int]]) {
      self.code = code
      self.text = text
      self.integers = integers
      self.names = names
      self.shapes = shapes
    }
  }

  /// Where in the graph it happened; the binder and the executor add it, once.
  public struct Node: Sendable {
    public let name: Name
    public let opType: Name
    public let opset: Int
    public let inputShapes: [[Int]]

    public init(name: Name, opType: Name, opset: Int, inputShapes: [[Int]] = []) {
      self.name = name
      self.opType = opType
      self.opset = opset
      self.inputShapes = inputShapes
    }
  }

  private let details: Details

  @inline(never)
  public init(_ code: Code, _ text: StaticString, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    details = Details(code, text, (a, b, c), [], [])
  }

  @inline(never)
  public init(_ code: Code, _ text: StaticString, name: Name, _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    details = Details(code, text, (a, b, c), [name], [])
  }

  @inline(never)
  public init(_ code: Code, _ text: StaticString, shape: [Int], _ a: Int = 0, _ b: Int = 0, _ c: Int = 0) {
    details = Details(code, text, (a, b, c), [], [shape])
  }

  @inline(never)
  public init(
    _ code: Code, _ text: StaticString, shapes first: [Int], _ second: [Int], _ a: Int = 0, _ b: Int = 0, _ c: Int = 0
  ) {
    details = Details(code, text, (a, b, c), [], [first, second])
  }

  @inline(never)
  public init(
    _ code: Code, _ text: StaticString, names: [Name] = [], shapes: [[Int]], _ a: Int = 0, _ b: Int = 0, _ c: Int = 0
  ) {
    details = Details(code, text, (a, b, c), names, shapes)
  }

  public var code: Code { details.code }
  public var node: Node? { details.node }

  /// The same error, said of a node; an error that already names one keeps it.
  public func at(_ node: Node) -> RuntimeError {
    if details.node == nil { details.node = node }
    return self
  }

  /// What went wrong, without the node.
  public var reason: String { String(decoding: reasonBytes, as: UTF8.self) }

  /// What went wrong and where: `node 'conv1' (Conv): weights must have rank 4, got [3, 3]`.
  public var message: String { messageName.text }

  /// The message as bytes: `String` brings 50 kB of Unicode tables and code to the wasm file that needs none of it.
  public var messageName: Name {
    guard let node else { return Name(reasonBytes) }
    var bytes: [UInt8] = []
    bytes.append(text: "node '")
    bytes += node.name.bytes
    bytes.append(text: "' (")
    bytes += node.opType.bytes
    bytes.append(text: "): ")
    bytes += reasonBytes
    return Name(bytes)
  }

  private var reasonBytes: [UInt8] {
    var out: [UInt8] = []
    var integers = [details.integers.2, details.integers.1, details.integers.0]
    var names = Array(details.names.reversed())
    var shapes = Array(details.shapes.reversed())
    var atPlaceholder = false
    details.text.withUTF8Buffer { template in
      for byte in template {
        guard atPlaceholder else {
          if byte == UInt8(ascii: "%") { atPlaceholder = true } else { out.append(byte) }
          continue
        }
        atPlaceholder = false
        switch byte {
        case UInt8(ascii: "d"):
          out.append(decimal: integers.popLast() ?? 0)
        case UInt8(ascii: "t"):
          let raw = integers.popLast() ?? 0
          if let type = UInt8(exactly: raw).flatMap(ElementType.init(rawValue:)) {
            out.append(text: type.name)
          } else {
            out.append(text: "element type ")
            out.append(decimal: raw)
          }
        case UInt8(ascii: "s"):
          out.append(UInt8(ascii: "'"))
          out += names.popLast()?.bytes ?? []
          out.append(UInt8(ascii: "'"))
        case UInt8(ascii: "n"):
          out += names.popLast()?.bytes ?? []
        case UInt8(ascii: "v"):
          out.append(shape: shapes.popLast() ?? [])
        default:
          out.append(byte)
        }
      }
      if atPlaceholder { out.append(UInt8(ascii: "%")) }
    }
    return out
  }
}

extension RuntimeError: CustomStringConvertible {
  public var description: String { message }
}

extension [UInt8] {
  public mutating func append(text: StaticString) {
    text.withUTF8Buffer { self += $0 }
  }

  public mutating func append(decimal value: Int) {
    if value < 0 { append(UInt8(ascii: "-")) }
    var digits: [UInt8] = []
    var rest = value.magnitude
    repeat {
      digits.append(UInt8(ascii: "0") + UInt8(rest % 10))
      rest /= 10
    } while rest > 0
    self += digits.reversed()
  }

  /// `[1, 3, ?]`: a negative dim is unknown.
  public mutating func append(shape: [Int]) {
    append(UInt8(ascii: "["))
    for (i, dim) in shape.enumerated() {
      if i > 0 { append(text: ", ") }
      if dim < 0 { append(UInt8(ascii: "?")) } else { append(decimal: dim) }
    }
    append(UInt8(ascii: "]"))
  }
}
