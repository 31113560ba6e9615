import CKernels

extension Window {
  /// A kernel over planes without depth as they lie in memory, for the widest vectors of x86-64; nil where this
  /// machine has none, or columns are farther apart than two.
  func slide(_ source: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>) -> ck_slide? {
    guard VectorLevel.detected >= .avx512, stride.w <= 2, kernel.d == 1, self.output.d == 1, input.d == 1,
      before.d == 0
    else { return nil }
    return ck_slide(
      source: source, output: output, inputHeight: input.h, inputWidth: input.w, outputHeight: self.output.h,
      outputWidth: self.output.w, kernelHeight: kernel.h, kernelWidth: kernel.w, yStride: stride.h,
      xStride: stride.w, yDilation: dilation.h, xDilation: dilation.w, yBefore: before.h, xBefore: before.w,
      weights: nil, bias: 0, low: 0, high: 0)
  }
}

extension Depthwise {
  /// One plane of the input as it lies, or false where this machine or the window is not for that. The bits are those
  /// of the lanes.
  @inline(__always)
  func slide(
    _ source: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ bias: Float, _ low: Float, _ high: Float
  ) -> Bool {
    guard var slide = window.slide(source, output) else { return false }
    (slide.weights, slide.bias, slide.low, slide.high) = (weights, bias, low, high)
    ck_slideProducts(&slide)
    return true
  }

  /// One plane that is spread, in the widest vectors of this machine, or false where it has none. The bits are those of
  /// the lanes.
  @inline(__always)
  func wideRows(
    _ plane: UnsafePointer<Float>, _ weights: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>,
    _ output: UnsafeMutablePointer<Float>, _ bias: Float, _ low: Float, _ high: Float
  ) -> Bool {
    let level = VectorLevel.detected
    guard level > .baseline else { return false }
    var rows = ck_depthwisePlane(
      plane: plane, weights: weights, taps: taps, tapCount: window.kernel.count, down: window.stride.h * rowStride,
      height: window.output.h, width: window.output.w, output: output, bias: bias, low: low, high: high)
    ck_depthwise(level.rawValue, &rows)
    return true
  }
}

/// The largest value of each window of one plane, or false where this machine or the window is not for that.
@inline(__always)
func slideMaximum(
  _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ window: Window
) -> Bool {
  guard var slide = window.slide(source, target) else { return false }
  ck_slideMaximum(&slide)
  return true
}
