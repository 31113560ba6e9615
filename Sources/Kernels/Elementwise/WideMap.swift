import CKernels

/// Applies one of the functions of CKernels' x86.h in the widest vectors of this machine, or declines where it has
/// none. The bits are those of the lanes.
func mapWide(
  _ function: Int, _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
) -> Bool {
  let level = VectorLevel.detected
  guard level > .baseline else { return false }
  ck_mapFloats(level.rawValue, Int32(function), source, target, count)
  return true
}
