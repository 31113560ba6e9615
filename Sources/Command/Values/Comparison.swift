import Tensors

/// How far a number may be from the expected one.
struct Tolerance {
  /// Times the expected number's magnitude, and added to it. Of bfloat16 it is two units in the last place at least, as
  /// ONNX's own tests have it.
  var relative = 1e-3
  var absolute = 1e-7
  /// Where set, it alone counts: the largest difference over the largest magnitude expected in the tensor.
  var overMaximum: Double?
  /// By how much integers of 16 bits and fewer, which quantised numbers are kept in, may differ.
  var quantum = 0.0
  /// Whether only types and shapes are compared: what random operators answer.
  var isOfShapes = false

  func relative(to type: ElementType) -> Double { type == .bfloat16 ? max(relative, 0x1p-6) : relative }
}

/// What a comparison of values found.
///
/// Floats may differ by the tolerance, and so may small integers; two NaN are the same, and so are two infinities of one
/// sign; all else must be equal.
struct Comparison {
  /// What is wrong first, or nil.
  private(set) var mismatch: Text?
  /// Over all numbers that are finite in both.
  private(set) var maxDifference = 0.0
  private(set) var maxExpected = 0.0

  /// The largest difference over the largest magnitude expected.
  var relativeDifference: Double { maxDifference == 0 ? 0 : maxDifference / maxExpected }

  init(_ actual: Value, _ expected: Value, _ tolerance: Tolerance) {
    compare(actual, expected, tolerance)
  }

  private mutating func compare(_ actual: Value, _ expected: Value, _ tolerance: Tolerance) {
    switch (actual, expected) {
    case (.none, .none): break
    case (.tensor(let a), .tensor(let b)): compare(a, b, tolerance)
    case (.sequence(let a), .sequence(let b)):
      if a.elements.count != b.elements.count {
        return fail("has %d elements, %d are expected", a.elements.count, b.elements.count)
      }
      for (i, pair) in zip(a.elements, b.elements).enumerated() where mismatch == nil {
        compare(pair.0, pair.1, tolerance)
        if let reason = mismatch {
          var text: Text = []
          text.append(text: "element ")
          text.append(decimal: i)
          text.append(text: ": ")
          mismatch = text + reason
        }
      }
    case (.map(let a), .map(let b)):
      compare(a.keys, b.keys, tolerance)
      if mismatch == nil { compare(a.values, b.values, tolerance) }
    default:
      var text: Text = []
      text.append(text: "is ")
      text.append(text: actual.kindName)
      text.append(text: ", ")
      text.append(text: expected.kindName)
      text.append(text: " is expected")
      mismatch = text
    }
  }

  private mutating func compare(_ a: Tensor, _ b: Tensor, _ tolerance: Tolerance) {
    guard a.type == b.type, a.shape == b.shape else {
      var text: Text = []
      text.append(text: "is ")
      text.append(text: a.type.name)
      text.append(UInt8(ascii: " "))
      text.append(shape: a.shape.dims)
      text.append(text: ", ")
      text.append(text: b.type.name)
      text.append(UInt8(ascii: " "))
      text.append(shape: b.shape.dims)
      text.append(text: " is expected")
      mismatch = text
      return
    }
    if tolerance.isOfShapes { return }
    var tolerance = tolerance
    tolerance.relative = tolerance.relative(to: a.type)
    var wrongCount = 0
    var firstWrong = 0
    var differs = 0.0
    for i in 0..<a.count {
      let isSame: Bool
      switch a.type {
      case .string: isSame = a.storage.strings[i] == b.storage.strings[i]
      case .int64, .uint64:
        isSame =
          a.bytes.load(fromByteOffset: i * 8, as: UInt64.self) == b.bytes.load(fromByteOffset: i * 8, as: UInt64.self)
        if !isSame { note(a.number(i), b.number(i)) }
      case .complex64, .complex128:
        let real = isClose(a.number(i), b.number(i), tolerance)
        isSame = isClose(a.imaginary(i), b.imaginary(i), tolerance) && real
      default:
        let (x, y) = (a.number(i), b.number(i))
        if a.type.isFraction {
          isSame = isClose(x, y, tolerance)
        } else {
          isSame = x == y || (a.type.isQuantised && (x - y).magnitude <= tolerance.quantum)
          note(x, y)
        }
      }
      if isSame { continue }
      if wrongCount == 0 {
        firstWrong = i
        differs = (a.number(i) - b.number(i)).magnitude
      }
      wrongCount += 1
    }
    if let limit = tolerance.overMaximum, a.type.isFraction, wrongCount == 0, relativeDifference > limit {
      var text: Text = []
      text.append(text: "differs by ")
      text.append(number: maxDifference)
      text.append(text: " at most, ")
      text.append(number: relativeDifference)
      text.append(text: " of the largest number expected")
      mismatch = text
    }
    if wrongCount > 0 { describe(a, b, wrongCount, firstWrong, differs) }
  }

  private mutating func isClose(_ x: Double, _ y: Double, _ tolerance: Tolerance) -> Bool {
    if x.isNaN || y.isNaN { return x.isNaN && y.isNaN }
    if x.isInfinite || y.isInfinite { return x == y }
    note(x, y)
    if tolerance.overMaximum != nil { return true }
    return (x - y).magnitude <= tolerance.absolute + tolerance.relative * y.magnitude
  }

  private mutating func note(_ x: Double, _ y: Double) {
    maxDifference = max(maxDifference, (x - y).magnitude)
    maxExpected = max(maxExpected, y.magnitude)
  }

  private mutating func describe(_ a: Tensor, _ b: Tensor, _ wrongCount: Int, _ first: Int, _ differs: Double) {
    var text: Text = []
    text.append(decimal: wrongCount)
    text.append(text: " of ")
    text.append(decimal: a.count)
    text.append(text: " elements differ, first at ")
    var rest = first
    text.append(
      shape: a.shape.strides.map { stride in
        defer { rest %= max(stride, 1) }
        return rest / max(stride, 1)
      })
    text.append(text: ": ")
    text.append(element: first, of: a)
    text.append(text: ", expected ")
    text.append(element: first, of: b)
    if a.type != .string, a.type != .bool {
      text.append(text: " (difference ")
      text.append(number: differs)
      text.append(text: ", largest ")
      text.append(number: maxDifference)
      text.append(text: ")")
    }
    mismatch = text
  }

  private mutating func fail(_ text: StaticString, _ a: Int, _ b: Int) {
    mismatch = Name(text: RuntimeError(.fail, text, a, b).reason).bytes
  }
}

extension ElementType {
  /// Whether numbers of this type are rounded, so that two right answers may differ.
  var isFraction: Bool {
    switch self {
    case .float32, .float64, .float16, .bfloat16, .complex64, .complex128, .float8e4m3fn, .float8e4m3fnuz, .float8e5m2,
      .float8e5m2fnuz, .float8e8m0, .float4e2m1, .float6e2m3, .float6e3m2:
      true
    default: false
    }
  }
}

extension ElementType {
  fileprivate var isQuantised: Bool {
    switch self {
    case .int8, .uint8, .int16, .uint16, .int4, .uint4, .int2, .uint2: true
    default: false
    }
  }
}

extension Value {
  fileprivate var kindName: StaticString {
    switch self {
    case .none: "none"
    case .tensor: "a tensor"
    case .sequence: "a sequence"
    case .map: "a map"
    }
  }
}
