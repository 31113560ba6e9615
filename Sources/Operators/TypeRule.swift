import GraphIR
import Kernels
import Tensors

/// Which element types the inputs of a node may have, and which its outputs have then: a letter for each.
///
/// `Ti>T` takes a tensor and indices, and answers the tensor's type. The last letter before `>`, or all that stands behind
/// a `*`, holds for further inputs too, and the last letter of all for further outputs. Shapes have no part in it, so
/// that a session is refused while it is made.
///
/// | letter | the element type |
/// |---|---|
/// | `T` | of input 0, which must be one of the row's `types`; beside it, where halves are widened, any that mixes with it |
/// | `1` to `9` | of the input with that index |
/// | `a` | that an attribute gives, if it does |
/// | `w` | of input 0, float32 where that is a half type |
/// | `f` `l` `n` `u` `b` `s` | float32, int64, int32, uint8, bool, string |
/// | `i` | int32 or int64: indices |
/// | `y` | int8 or uint8: bytes |
/// | `x` | float32 and its halves |
/// | `z` | the same, or uint8 |
/// | `v` | the same as `x`, or float8e8m0: scales |
/// | `q` | the same as `v`, or int32 |
/// | `k` | what can be quantised to |
/// | `r` | all four types of floats |
/// | `e` | float32 or float64 |
/// | `m` | numbers |
/// | `o` | numbers and bool |
/// | `c` | whatever can be cast |
/// | `.` | any; of an output, not known before it is there |
public struct TypeRule {
  /// The types of what control flow hands to its bodies and takes from them.
  struct Bodies {
    /// What a body's first inputs are; then come the node's inputs from `inputStart` on.
    var first: [ElementType] = []
    var inputStart = 0
    /// The first output of a body that is an output of the node.
    var outputStart = 0
  }

  /// The letters. An operator whose attributes decide sets others when it binds.
  var letters: StaticString
  /// What input 0 may be.
  var first: TypeSet
  /// What `a` stands for.
  var answer: ElementType?
  var bodies = Bodies()
  /// Whether float32 and its halves mix, and float64 with them.
  private let widens: Bool
  private let mixesReals: Bool

  /// Of an operator that takes and answers anything.
  init() {
    letters = ".>."
    first = .all
    widens = false
    mixesReals = false
  }

  init(_ row: Operator) {
    letters = row.signature
    first = row.types
    widens = row.widens
    mixesReals = row.traits.contains(.mixesReals)
  }

  /// The letters of inputs end here.
  private var end: Int {
    var end = 0
    while letters.utf8Start[end] != UInt8(ascii: ">") { end += 1 }
    return end
  }

  /// The index of the input whose type a letter stands for.
  private static func place(_ letter: UInt8) -> Int? {
    if letter == UInt8(ascii: "T") { return 0 }
    return letter > UInt8(ascii: "0") && letter <= UInt8(ascii: "9") ? Int(letter - UInt8(ascii: "0")) : nil
  }

  /// The one type that a letter stands for.
  private static func type(_ letter: UInt8) -> ElementType? {
    switch letter {
    case UInt8(ascii: "f"): .float32
    case UInt8(ascii: "l"): .int64
    case UInt8(ascii: "n"): .int32
    case UInt8(ascii: "u"): .uint8
    case UInt8(ascii: "b"): .bool
    case UInt8(ascii: "s"): .string
    default: nil
    }
  }

  private static func types(_ letter: UInt8) -> TypeSet {
    switch letter {
    case UInt8(ascii: "i"): .indices
    case UInt8(ascii: "y"): .bytes
    case UInt8(ascii: "x"): .float32AndHalves
    case UInt8(ascii: "z"): [.float32AndHalves, .init(.uint8)]
    case UInt8(ascii: "q"): [.float32AndHalves, .init(.int32), .init(.float8e8m0)]
    case UInt8(ascii: "r"): .floats
    case UInt8(ascii: "e"): .reals
    case UInt8(ascii: "m"): .numbers
    case UInt8(ascii: "o"): [.numbers, .bool]
    case UInt8(ascii: "k"): .quantized
    case UInt8(ascii: "v"): [.float32AndHalves, .init(.float8e8m0)]
    case UInt8(ascii: "c"): .castable
    default: type(letter).map { TypeSet($0) } ?? .all
    }
  }

  /// Throws where the known of these types are refused.
  public func check(_ inputs: Facts) throws(RuntimeError) {
    let end = end
    // Where the letters of further inputs begin.
    var (next, back) = (0, max(end - 1, 0))
    for i in 0..<inputs.count {
      let letter = letters.utf8Start[next]
      next += 1
      if next < end, letters.utf8Start[next] == UInt8(ascii: "*") {
        next += 1
        back = next
      }
      if next >= end { next = back }
      guard let type = inputs.type(i) else { continue }
      var allowed = i == 0 && letter == UInt8(ascii: "T") ? first : TypeRule.types(letter)
      if i > 0 {
        // What is read as float32 must not be float64, and the other way round.
        if widens, !mixesReals, let first = inputs.type(0),
          type == .float64 ? first != .float64 : first == .float64 && type.rowType == .f32
        {
          throw RuntimeError(
            .notImplemented, "input %d may not be of type %t beside %t", i, Int(type.rawValue), Int(first.rawValue))
        }
        let first = TypeRule.place(letter).flatMap { inputs.type($0) }
        if let first, first != type, !(widens && first.rowType == .f32 && type.rowType == .f32) {
          throw RuntimeError(
            .invalidArgument, "the inputs must be of one type, got %t and %t", Int(first.rawValue), Int(type.rawValue))
        }
        if letter == UInt8(ascii: "a"), let answer { allowed = TypeSet(answer) }
      }
      guard allowed.contains(type) else {
        throw RuntimeError(.notImplemented, "input %d may not be of type %t", i, Int(type.rawValue))
      }
    }
  }

  /// The types of so many outputs; nil where it is not known.
  public func outputs(_ count: Int, of inputs: Facts) -> [ElementType?] {
    var at = end + 1
    let isMixed = widens && mixesHalves(inputs)
    var types: [ElementType?] = []
    for _ in 0..<count {
      // There may be no letter at all.
      let letter = at < letters.utf8CodeUnitCount ? letters.utf8Start[at] : UInt8(ascii: ".")
      if at + 1 < letters.utf8CodeUnitCount { at += 1 }
      if letter == UInt8(ascii: "a") {
        types.append(answer)
      } else if letter == UInt8(ascii: "w") {
        types.append(inputs.type(0).map { $0.isHalf ? .float32 : $0 })
      } else if let place = TypeRule.place(letter) {
        let type = inputs.type(place)
        types.append(isMixed && type?.rowType == .f32 ? nil : type)
      } else {
        types.append(TypeRule.type(letter))
      }
    }
    return types
  }

  /// Whether inputs are of float32 and of its halves, or may be: which of them an output is, the operator says.
  private func mixesHalves(_ inputs: Facts) -> Bool {
    var first: ElementType?
    for i in 0..<inputs.count where inputs[optional: i] != nil {
      guard let type = inputs.type(i) else { return true }
      guard type.rowType == .f32 else { continue }
      if let first, first != type { return true }
      first = type
    }
    return false
  }
}

// MARK: Control flow

extension TypeRule {
  /// The types of the inputs that the operator fills of a body, from those of the node.
  public func bodyInputs(_ count: Int, of inputs: [ElementType?]) -> [ElementType?] {
    var types: [ElementType?] = []
    for i in 0..<count {
      let place = i - bodies.first.count + bodies.inputStart
      types.append(i < bodies.first.count ? bodies.first[i] : place < inputs.count ? inputs[place] : nil)
    }
    return types
  }

  /// The types of the node's outputs, where its bodies agree on them.
  public func outputs(_ count: Int, ofBodies yields: [[ElementType?]]) -> [ElementType?] {
    var types: [ElementType?] = []
    for i in 0..<count {
      let place = i + bodies.outputStart
      var type: ElementType?
      for (n, yield) in yields.enumerated() {
        let own = place < yield.count ? yield[place] : nil
        type = n == 0 || type == own ? own : nil
      }
      types.append(type)
    }
    return types
  }
}

extension Facts {
  /// The element type of input `i`, where it is a tensor.
  fileprivate func type(_ i: Int) -> ElementType? {
    guard let fact = self[optional: i], fact.kind == .tensor else { return nil }
    return fact.type
  }
}
