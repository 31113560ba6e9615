/// What follows a product before it is stored: `activation(alpha · sum + bias + addend)`.
public struct Epilogue {
  /// The function of one value that a product or convolution can end with.
  public enum Activation: UInt8, Sendable {
    /// Between `low` and `high` of the epilogue: nothing, Relu and Clip.
    case clamp
    /// x < 0 ? low · x : x
    case leakyRelu
    /// Exact, by erf.
    case gelu
    case geluTanh
    case sigmoid
    case silu
    case tanh
    case softplus
    /// max(0, min(1, low · x + high))
    case hardSigmoid
    /// x · max(0, min(1, x / 6 + 1/2))
    case hardSwish
  }

  public var alpha: Float = 1
  /// One value for each column [N], or for each row [M] if `biasPerRow`.
  public var bias: UnsafePointer<Float>?
  public var biasPerRow = false
  /// Added to the output, element by element, at the same offsets. It must not be the output, which holds partial sums.
  public var addend: UnsafePointer<Float>?
  public var activation = Activation.clamp
  public var low = -Float.infinity
  public var high = Float.infinity

  public init() {}

  public init(bias: UnsafePointer<Float>?, biasPerRow: Bool = false) {
    self.bias = bias
    self.biasPerRow = biasPerRow
  }

  /// Whether sums stay what they are.
  var isEmpty: Bool {
    alpha == 1 && bias == nil && addend == nil && activation == .clamp && low == -.infinity && high == .infinity
  }

  /// The same but for the function at its end.
  var withoutActivation: Epilogue {
    var sums = self
    sums.activation = .clamp
    sums.low = -.infinity
    sums.high = .infinity
    return sums
  }

  /// The same for the part of the output that starts at `row`, `column` and `offset` elements in.
  func advanced(row: Int, column: Int, offset: Int) -> Epilogue {
    var part = self
    if let bias { part.bias = bias + (biasPerRow ? row : column) }
    if let addend { part.addend = addend + offset }
    return part
  }
}
