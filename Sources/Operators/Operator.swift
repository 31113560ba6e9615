import GraphIR
import Kernels
import Tensors

// READ THIS FIRST: what an operator is.

/// An operator of ONNX, bound to one node: a struct with three functions for three moments.
///
/// 1. `init` **binds**, once a session: reads attributes, packs constant weights.
/// 2. `infer` **shapes**, once per input-shape signature: says type and shape of every output.
/// 3. `run` **computes**, every time, and allocates nothing: outputs are there, in the inferred shapes.
///
/// Operators validate and throw (`<what must hold>, got <value>`; the executor adds the node's name); kernels get
/// arguments that are already right.
public protocol OperatorKernel: FamilyKernel {
  init(_ site: Site) throws(RuntimeError)
}

/// What an operator does once it is bound. A family whose members differ in a parameter (one reduction from another) is
/// one struct of this kind; the rows of the registry then say how each is made.
public protocol FamilyKernel {
  /// The facts of the outputs. Inputs have known shapes. A shape that depends on an input's elements is answered with
  /// unknown dims as long as `inputs[i].value` is nil, and asked for again when the elements are there.
  func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact]

  func run(_ call: Call) throws(RuntimeError)

  /// The shapes of the outputs where only a look at all the data can tell (NonZero, Compress). Asked when the inputs'
  /// elements are there and `infer` still leaves dims open.
  func measure(_ call: Call) throws(RuntimeError) -> [[Int]]

  /// The bytes of scratch memory that `run` wants for such inputs and so many threads.
  func scratchByteCount(_ inputs: Facts, threads: Int) -> Int

  /// Whether output 0 has just the elements of input 0, one by one, for such inputs. Then it may be the memory of input
  /// 0 under another shape, and `run` is not called.
  func movesNothing(_ inputs: Facts) -> Bool

  /// Whether each element of the one output comes from the elements at its place in the inputs, which broadcast.
  static var isElementwise: Bool { get }
}

extension FamilyKernel {
  public func measure(_ call: Call) throws(RuntimeError) -> [[Int]] {
    throw RuntimeError(.notImplemented, "the output's shape depends on data in a way that is not supported")
  }

  public func scratchByteCount(_ inputs: Facts, threads: Int) -> Int { 0 }

  public func movesNothing(_ inputs: Facts) -> Bool { false }

  public static var isElementwise: Bool { false }
}

/// An operator that runs subgraphs: a state machine that says which body to enter next.
///
/// The executor keeps the frames, so that cancelling, yielding and limits work inside loops.
public protocol ControlFlowKernel {
  init(_ site: Site) throws(RuntimeError)

  /// The state of one execution.
  func start(_ call: Call) throws(RuntimeError) -> ControlFlowState
}

/// One execution of a control-flow operator.
open class ControlFlowState {
  public enum Action {
    /// Run body `index` on these inputs; captures are added by the executor.
    case enter(body: Int, inputs: [Value])
    case finish(outputs: [Value])
  }

  public init() {}

  /// What to do next; `results` are the outputs of the body that was entered last, empty at first.
  open func next(_ results: [Value]) throws(RuntimeError) -> Action {
    fatalError("a subclass says what comes next")
  }
}

/// A row of the registry: an operator from one opset version on.
public struct Operator {
  public let name: StaticString
  public let domain: StaticString
  /// The first version of the domain that this row is right for.
  public let since: Int
  /// How many inputs a node may have; the first `lowerBound` of them must be present.
  public let arity: ClosedRange<Int>
  /// The element types that the first input may have.
  public let types: TypeSet
  /// The element types of inputs and outputs: see `TypeRule`.
  public let signature: StaticString
  public let memory: MemoryUse
  public let traits: Traits
  let bind: (Site) throws(RuntimeError) -> BoundKernel

  /// How output 0 may lie in memory.
  public enum MemoryUse {
    /// In memory of its own.
    case fresh
    /// In the memory of input 0 or 1, where that is as large and not needed any more.
    case inPlace
    /// Always the memory of input 0 under another shape: `run` is never called.
    case view
  }

  /// What else the planner must know.
  public struct Traits: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Every run answers something else: never folded.
    public static let random = Traits(rawValue: 1)
    /// The kernel knows float32 alone; float16 and bfloat16 are widened around it.
    public static let widensHalves = Traits(rawValue: 4)
    /// The same, but only output 0 is narrowed again: the others are statistics in float32.
    public static let widensHalvesOfFirstOutput = Traits(rawValue: 8)
    /// The kernel, which is widened around, reads float64 beside float32.
    public static let mixesReals = Traits(rawValue: 16)
    /// Inputs may be sequences, maps and empty optionals, not tensors only.
    public static let takesValues = Traits(rawValue: 2)
    /// See `FamilyKernel.isElementwise`, which rows have it from.
    public static let elementwise = Traits(rawValue: 32)
  }
}

// In an extension, so that a row is made by the initialiser of its members at last, which the compiler knows how to do
// beforehand: the table is then data.
extension Operator {
  /// A row of an operator that has a struct of its own.
  public init<K: OperatorKernel>(
    _ name: StaticString, domain: StaticString = "", since: Int, _ arity: ClosedRange<Int>, _: K.Type,
    types: TypeSet = .all, signature: StaticString = "T>T", memory: MemoryUse = .fresh, traits: Traits = []
  ) {
    self.init(
      name, domain: domain, since: since, arity, types: types, signature: signature, memory: memory, traits: traits
    ) { site throws(RuntimeError) in try K(site) }
  }

  /// A row of one of a family of operators that share a struct: `make` says which it is.
  public init<K: FamilyKernel>(
    _ name: StaticString, domain: StaticString = "", since: Int, _ arity: ClosedRange<Int>, types: TypeSet = .all,
    signature: StaticString = "T>T", memory: MemoryUse = .fresh, traits: Traits = [],
    make: @escaping (Site) throws(RuntimeError) -> K
  ) {
    self.init(
      name: name, domain: domain, since: since, arity: arity, types: types, signature: signature, memory: memory,
      traits: K.isElementwise ? traits.union(.elementwise) : traits,
      bind: { site throws(RuntimeError) in ErasedKernel(try make(site)) })
  }

  /// A row of control flow.
  public init<K: ControlFlowKernel>(
    _ name: StaticString, domain: StaticString = "", since: Int, _ arity: ClosedRange<Int>, controlFlow _: K.Type,
    signature: StaticString
  ) {
    self.init(
      name: name, domain: domain, since: since, arity: arity, types: .all, signature: signature, memory: .fresh,
      traits: .takesValues,
      bind: { site throws(RuntimeError) in
        let kernel = try K(site)
        return BoundKernel(start: { call throws(RuntimeError) in try kernel.start(call) })
      })
  }
}

extension Operator {
  var widens: Bool { traits.contains(.widensHalves) || traits.contains(.widensHalvesOfFirstOutput) }

  /// The operator, bound to the site's node.
  func bound(to site: Site) throws(RuntimeError) -> BoundKernel {
    guard widens else { return try bind(site) }
    site.widensHalves = true
    return WideningKernel(try bind(site), traits)
  }
}

/// An operator bound to its node, without its type.
///
/// A class that is overridden, not closures: each of a hundred kernels would need four, and a context for each.
open class BoundKernel {
  /// Set for control flow, which has no other function.
  public let start: ((Call) throws(RuntimeError) -> ControlFlowState)?

  public init(start: ((Call) throws(RuntimeError) -> ControlFlowState)? = nil) { self.start = start }

  open func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { [] }
  open func run(_ call: Call) throws(RuntimeError) {}
  open func measure(_ call: Call) throws(RuntimeError) -> [[Int]] { [] }
  open func scratchByteCount(_ inputs: Facts, _ threads: Int) -> Int { 0 }
  open func movesNothing(_ inputs: Facts) -> Bool { false }
}

/// The kernel of a struct; nowhere else is a struct's type lost.
final class ErasedKernel<K: FamilyKernel>: BoundKernel {
  private let kernel: K

  init(_ kernel: K) {
    self.kernel = kernel
    super.init()
  }

  override func infer(_ inputs: Facts) throws(RuntimeError) -> [Fact] { try kernel.infer(inputs) }
  override func run(_ call: Call) throws(RuntimeError) { try kernel.run(call) }
  override func measure(_ call: Call) throws(RuntimeError) -> [[Int]] { try kernel.measure(call) }
  override func scratchByteCount(_ inputs: Facts, _ threads: Int) -> Int {
    kernel.scratchByteCount(inputs, threads: threads)
  }
  override func movesNothing(_ inputs: Facts) -> Bool { kernel.movesNothing(inputs) }
}

/// A set of element types.
public struct TypeSet: OptionSet, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public init(_ type: ElementType) { rawValue = 1 << UInt32(type.rawValue) }

  public func contains(_ type: ElementType) -> Bool { rawValue & (1 << UInt32(type.rawValue)) != 0 }

  public static let all = TypeSet(rawValue: .max)
  public static let floats: TypeSet = [.init(.float32), .init(.float64), .init(.float16), .init(.bfloat16)]
  /// These, and the formats of at most a byte.
  public static let smallFloats: TypeSet = [
    .floats, .init(.float8e4m3fn), .init(.float8e4m3fnuz), .init(.float8e5m2), .init(.float8e5m2fnuz),
    .init(.float8e8m0), .init(.float4e2m1),
  ]
  /// What operators take whose kernels know float32 alone.
  public static let float32AndHalves: TypeSet = [.init(.float32), .init(.float16), .init(.bfloat16)]
  public static let signedIntegers: TypeSet = [.init(.int8), .init(.int16), .init(.int32), .init(.int64)]
  public static let unsignedIntegers: TypeSet = [.init(.uint8), .init(.uint16), .init(.uint32), .init(.uint64)]
  public static let integers: TypeSet = [.signedIntegers, .unsignedIntegers]
  public static let numbers: TypeSet = [.floats, .integers]
  public static let signedNumbers: TypeSet = [.floats, .signedIntegers]
  public static let bool = TypeSet(.bool)
  public static let string = TypeSet(.string)
  public static let bytes: TypeSet = [.init(.int8), .init(.uint8)]
  public static let indices: TypeSet = [.init(.int32), .init(.int64)]
  /// All but complex numbers.
  public static let castable = TypeSet.all.subtracting([.init(.complex64), .init(.complex128)])
  /// What arithmetic knows, in bytes of its own.
  public static let combinable = TypeSet([.numbers, .bool, .smallFloats]).subtracting(.init(.float4e2m1))
}
