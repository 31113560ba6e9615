import CKernels

extension Depthwise {
  /// All rows of one plane in the widest vectors of this machine, or false where it has none. The bits are those of the
  /// lanes.
  @inline(__always)
  func wideRows(
    _ plane: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>,
    _ output: UnsafeMutablePointer<Float>, _ bias: Float, _ low: Float, _ high: Float
  ) -> Bool {
    #if arch(x86_64)
      let level = VectorLevel.detected
      guard level > .baseline else { return false }
      var rows = ck_depthwisePlane(
        plane: plane, weights: weights, taps: taps, tapCount: window.kernel.count, down: window.stride.h * rowStride,
        height: window.output.h, width: window.output.w, output: output, bias: bias, low: low, high: high)
      ck_depthwise(level.rawValue, &rows)
      return true
    #else
      return false
    #endif
  }
}
