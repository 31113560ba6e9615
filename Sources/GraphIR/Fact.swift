import Tensors

/// Everything known about a value before it is computed: its element type, its shape, and its elements where they are
/// constant.
///
/// Facts are what `infer` takes and answers. Since small constants travel in them, the arithmetic on shapes that
/// exporters write (Shape → Gather → Concat → Reshape) is folded by the operators' ordinary kernels.
///
/// A fact is one reference to what it says, since facts are handed on more often than anything is read of them: to copy
/// one or to leave one out costs a word.
public struct Fact {
  public enum Kind { case tensor, sequence, optional, map }

  private final class Known {
    let kind: Kind
    let type: ElementType
    let dims: [Int]?
    let value: Tensor?
    let narrow: ElementType?

    init(_ kind: Kind, _ type: ElementType, _ dims: [Int]?, _ value: Tensor?, _ narrow: ElementType?) {
      self.kind = kind
      self.type = type
      self.dims = dims
      self.value = value
      self.narrow = narrow
    }
  }

  private var known: Known

  public var kind: Kind { known.kind }
  /// The element type of a tensor, or of the tensors in a sequence or optional.
  public var type: ElementType { known.type }
  /// The shape; a dim below 0 depends on data, and `nil` says that even the rank does.
  ///
  /// Inputs of `infer` are always known whole: where a shape depends on data, the plan is cut and goes on with the real
  /// one.
  public var dims: [Int]? {
    get { known.dims }
    set { known = Known(kind, type, newValue, value, narrow) }
  }
  /// The elements, where they are constant and few.
  public var value: Tensor? {
    get { known.value }
    set { known = Known(kind, type, dims, newValue, narrow) }
  }
  /// Where operators are shown a wider type than there is: the real one, to which what has this fact is narrowed.
  public var narrow: ElementType? {
    get { known.narrow }
    set { known = Known(kind, type, dims, value, newValue) }
  }

  private init(_ known: Known) { self.known = known }

  @inline(never)
  public init(_ type: ElementType, _ dims: [Int]?, kind: Kind = .tensor) {
    self.init(Known(kind, type, dims, nil, nil))
  }

  /// The fact of a constant.
  public init(_ tensor: Tensor) { self.init(Known(.tensor, tensor.type, tensor.shape.dims, tensor, nil)) }

  /// What is known of a computed value; its elements are taken as constant only where `isConstant`.
  public init(_ value: Value, isConstant: Bool = false) {
    switch value {
    case .tensor(let tensor):
      self.init(Known(.tensor, tensor.type, tensor.shape.dims, isConstant ? tensor : nil, nil))
    case .sequence: self.init(.float32, nil, kind: .sequence)
    case .map: self.init(.float32, nil, kind: .map)
    case .none: self.init(.float32, nil, kind: .optional)
    }
  }

  /// Of a tensor of which no more is known than its type, or nothing.
  public init(_ type: ElementType?) { self.init(type ?? .float32, nil, kind: type == nil ? .optional : .tensor) }

  /// Whether every dim is known.
  public var isShaped: Bool { kind == .tensor && dims.map { $0.allSatisfy { $0 >= 0 } } ?? false }

  /// The known shape: `[]` where it is not known, which `infer` never sees in its inputs.
  public var shape: [Int] { @inline(never) get { dims ?? [] } }
  public var rank: Int { @inline(never) get { shape.count } }
  public var count: Int { @inline(never) get { shape.productSaturating } }

  /// The same type and shape, and no claim about the elements.
  public var withoutValue: Fact { with(dims: dims) }

  @inline(never) public func with(type: ElementType) -> Fact { Fact(type, dims, kind: kind) }
  @inline(never) public func with(dims: [Int]?) -> Fact { Fact(Known(kind, type, dims, nil, narrow)) }

  /// Whether the other says the same; elements count as other ones where it would take long to tell.
  public func isSame(as other: Fact) -> Bool {
    if known === other.known { return true }
    guard kind == other.kind, type == other.type, dims == other.dims else { return false }
    guard let value, let others = other.value else { return value == nil && other.value == nil }
    return value.hasSameElements(as: others)
  }

  /// The constant elements of an int32 or int64 tensor, clamped to `Int`; `nil` where they are not known yet.
  public var integers: [Int]? {
    guard let value, type == .int64 || type == .int32 else { return nil }
    return value.integers
  }
}

/// The facts of a node's inputs, in order; one that was left out is `nil`.
public struct Facts {
  private let list: [Fact?]

  public init(_ list: [Fact?]) { self.list = list }

  public var count: Int { list.count }

  /// Input `i`, which the operator's row in the registry requires.
  public subscript(i: Int) -> Fact { @inline(never) get { list[i]! } }

  /// Input `i`, or `nil` where it was left out.
  public subscript(optional i: Int) -> Fact? { @inline(never) get { i < list.count ? list[i] : nil } }

  /// The inputs that are present.
  public var present: [Fact] { list.compactMap { $0 } }
}
