import Tensors

/// `out = condition ? x : y` under broadcasting; elements are moved by their width, whatever their type.
public func select(_ condition: Tensor, _ x: Tensor, _ y: Tensor, into out: Tensor, on platform: Platform) {
  assert(condition.type == .bool && x.type == out.type && y.type == out.type)
  let walk = BroadcastWalk(out.shape.dims, condition.shape.dims, x.shape.dims, y.shape.dims)
  let choices = condition.bytes.assumingMemoryBound(to: UInt8.self)
  if out.type == .string {
    walk.forEachRow(in: 0..<walk.count) { first, count, at in
      for i in 0..<count {
        out.storage.strings[first + i] =
          choices[at.0 + i * walk.step(0)] != 0
          ? x.storage.strings[at.1 + i * walk.step(1)] : y.storage.strings[at.2 + i * walk.step(2)]
      }
    }
    return
  }
  platform.parallelRanges(walk.count, grain: 16_384) { range in
    walk.forEachRow(in: range) { first, count, at in
      switch out.type.byteWidth {
      case 1: select(UInt8.self, walk, choices, x, y, out, first, count, at)
      case 2: select(UInt16.self, walk, choices, x, y, out, first, count, at)
      case 4 where walk.step(1) | walk.step(2) != 0: selectLanes(walk, choices, x, y, out, first, count, at)
      case 4: select(UInt32.self, walk, choices, x, y, out, first, count, at)
      case 8: select(UInt64.self, walk, choices, x, y, out, first, count, at)
      default: select(SIMD2<UInt64>.self, walk, choices, x, y, out, first, count, at)
      }
    }
  }
}

@inline(__always)
private func select<T>(
  _: T.Type, _ walk: BroadcastWalk, _ choices: UnsafePointer<UInt8>, _ x: Tensor, _ y: Tensor, _ out: Tensor,
  _ first: Int, _ count: Int, _ at: (Int, Int, Int)
) {
  let out = out.bytes.assumingMemoryBound(to: T.self) + first
  let x = x.bytes.assumingMemoryBound(to: T.self) + at.1
  let y = y.bytes.assumingMemoryBound(to: T.self) + at.2
  let (stepC, stepX, stepY) = (walk.step(0), walk.step(1), walk.step(2))
  for i in 0..<count {
    // Both are read whatever is chosen, which needs no branch: choices may be as good as random.
    let (a, b) = (x[i &* stepX], y[i &* stepY])
    out[i] = choices[at.0 &+ i &* stepC] != 0 ? a : b
  }
}

/// The same for elements of four bytes in loops that become vectors, where x or y has more than one for the row.
private func selectLanes(
  _ walk: BroadcastWalk, _ choices: UnsafePointer<UInt8>, _ x: Tensor, _ y: Tensor, _ out: Tensor,
  _ first: Int, _ count: Int, _ at: (Int, Int, Int)
) {
  let out = out.bytes.assumingMemoryBound(to: UInt32.self) + first
  var x = UnsafePointer(x.bytes.assumingMemoryBound(to: UInt32.self)) + at.1
  var y = UnsafePointer(y.bytes.assumingMemoryBound(to: UInt32.self)) + at.2
  let choices = choices + at.0
  var (stepX, stepY) = (walk.step(1), walk.step(2))
  var isReversed = false
  if walk.step(0) == 0 {
    // One choice for the row.
    if choices[0] == 0 { (x, stepX) = (y, stepY) }
    if stepX == 0 {
      out.update(repeating: x[0], count: count)
    } else {
      UnsafeMutableRawPointer(out).copyMemory(from: x, byteCount: count &* 4)
    }
    return
  }
  if stepX == 0 {
    (x, y, isReversed) = (y, x, true)
    stepY = 0
  }
  if stepY == 0 {
    let other = y[0]
    for i in 0..<count {
      let one = x[i]
      out[i] = (choices[i] != 0) != isReversed ? one : other
    }
    return
  }
  for i in 0..<count {
    let (a, b) = (x[i], y[i])
    out[i] = choices[i] != 0 ? a : b
  }
}

/// `out = a == b` for strings, under broadcasting.
public func equalStrings(_ a: Tensor, _ b: Tensor, into out: Tensor) {
  let walk = BroadcastWalk(out.shape.dims, a.shape.dims, b.shape.dims)
  guard out.count > 0 else { return }
  walk.forEachRow(in: 0..<walk.count) { first, count, at in
    for i in 0..<count {
      let isEqual = a.storage.strings[at.0 + i * walk.step(0)] == b.storage.strings[at.1 + i * walk.step(1)]
      out.bytes.storeBytes(of: isEqual ? 1 : 0, toByteOffset: first + i, as: UInt8.self)
    }
  }
}
