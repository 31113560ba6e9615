/// Depth, height and width; what a lower rank lacks is 1 (of a size, stride or dilation) or 0 (of padding).
public struct Extent: Equatable, Sendable {
  public var d: Int
  public var h: Int
  public var w: Int

  public init(_ d: Int, _ h: Int, _ w: Int) {
    self.d = d
    self.h = h
    self.w = w
  }
  public init(_ h: Int, _ w: Int) { self.init(1, h, w) }
  public init(_ w: Int) { self.init(1, 1, w) }

  public static var one: Extent { Extent(1, 1, 1) }
  public static var zero: Extent { Extent(0, 0, 0) }
  public var count: Int { d * h * w }
}

/// How a kernel slides over a plane (or line, or volume) of input. Output position o sees the input positions
/// o · stride - before + k · dilation for k below the kernel's size; those outside the input are padding.
public struct Window: Sendable {
  public var input: Extent
  public var output: Extent
  public var kernel: Extent
  public var stride = Extent.one
  public var dilation = Extent.one
  /// Padding before the first and after the last input position.
  public var before = Extent.zero
  public var after = Extent.zero

  public init(
    input: Extent, output: Extent, kernel: Extent, stride: Extent = .one, dilation: Extent = .one,
    before: Extent = .zero, after: Extent = .zero
  ) {
    self.input = input
    self.output = output
    self.kernel = kernel
    self.stride = stride
    self.dilation = dilation
    self.before = before
    self.after = after
  }

  /// What the windows reach, counted from the first position of the padding.
  var reach: Extent {
    Extent(
      (output.d - 1) * stride.d + (kernel.d - 1) * dilation.d + 1,
      (output.h - 1) * stride.h + (kernel.h - 1) * dilation.h + 1,
      (output.w - 1) * stride.w + (kernel.w - 1) * dilation.w + 1)
  }

  /// The columns o of `outputs` for which o · stride + shift is one of `inputs` columns.
  @inline(__always)
  func inputs(_ shift: Int, _ outputs: Int, _ inputs: Int) -> (first: Int, end: Int) {
    let first = shift >= 0 ? 0 : (stride.w &- 1 &- shift) / stride.w
    let end = inputs <= shift ? 0 : (inputs &- 1 &- shift) / stride.w &+ 1
    return (first, min(outputs, end))
  }

  /// Whether every window lies within the input.
  var isInside: Bool {
    before == .zero && reach.d <= input.d && reach.h <= input.h && reach.w <= input.w
  }
}
