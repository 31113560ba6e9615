/// A convolution in float64 of [batch, groups · channels, input] with weights [groups · filters, channels, kernel].
public func convolve(
  _ platform: Platform, _ source: UnsafePointer<Double>, weights: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
  into target: UnsafeMutablePointer<Double>, batch: Int, groups: Int, channels: Int, filters: Int, _ window: Window
) {
  let (input, kernel, points) = (window.input, window.kernel, window.output.count)
  let planes = groups &* filters
  platform.parallelFor(batch &* planes) { (image: Int) in
    let (item, filter) = image.quotientAndRemainder(dividingBy: planes)
    let first = source + (item &* groups &+ filter / filters) &* channels &* input.count
    let factors = weights + filter &* channels &* kernel.count
    forEachPosition(window) { point, z, y, x in
      var sum = bias?[filter] ?? 0
      for channel in 0..<channels {
        let (plane, own) = (first + channel &* input.count, factors + channel &* kernel.count)
        forEachTap(window, z, y, x) { tap, place in sum += own[tap] * plane[place] }
      }
      target[image &* points &+ point] = sum
    }
  }
}

/// A transposed convolution in float64 of [batch, groups · channels, output of the window] with weights
/// [groups · channels, filters, kernel], into [batch, groups · filters, input of the window].
public func convolveTransposed(
  _ platform: Platform, _ source: UnsafePointer<Double>, weights: UnsafePointer<Double>, bias: UnsafePointer<Double>?,
  into target: UnsafeMutablePointer<Double>, batch: Int, groups: Int, channels: Int, filters: Int, _ window: Window
) {
  let (size, kernel, points) = (window.input.count, window.kernel.count, window.output.count)
  platform.parallelFor(batch &* groups &* filters) { (image: Int) in
    let (item, plane) = image.quotientAndRemainder(dividingBy: groups &* filters)
    let (group, filter) = plane.quotientAndRemainder(dividingBy: filters)
    let to = target + image &* size
    for i in 0..<size { to[i] = bias?[plane] ?? 0 }
    for channel in group &* channels..<(group &+ 1) &* channels {
      let from = source + (item &* groups &* channels &+ channel) &* points
      let own = weights + (channel &* filters &+ filter) &* kernel
      forEachPosition(window) { point, z, y, x in
        forEachTap(window, z, y, x) { tap, place in to[place] += from[point] * own[tap] }
      }
    }
  }
}

/// Calls `body` for each output of the window, with its number and its place.
@inline(__always)
private func forEachPosition(_ window: Window, _ body: (_ point: Int, _ z: Int, _ y: Int, _ x: Int) -> Void) {
  var point = 0
  for z in 0..<window.output.d {
    for y in 0..<window.output.h {
      for x in 0..<window.output.w {
        body(point, z, y, x)
        point &+= 1
      }
    }
  }
}

/// Calls `body` for each tap of an output that lies in the input, with its number and the element it is on.
@inline(__always)
private func forEachTap(_ window: Window, _ z: Int, _ y: Int, _ x: Int, _ body: (_ tap: Int, _ place: Int) -> Void) {
  let (input, kernel) = (window.input, window.kernel)
  for kz in 0..<kernel.d {
    let atZ = z &* window.stride.d &- window.before.d &+ kz &* window.dilation.d
    if atZ < 0 || atZ >= input.d { continue }
    for ky in 0..<kernel.h {
      let atY = y &* window.stride.h &- window.before.h &+ ky &* window.dilation.h
      if atY < 0 || atY >= input.h { continue }
      for kx in 0..<kernel.w {
        let atX = x &* window.stride.w &- window.before.w &+ kx &* window.dilation.w
        if atX < 0 || atX >= input.w { continue }
        body((kz &* kernel.h &+ ky) &* kernel.w &+ kx, (atZ &* input.h &+ atY) &* input.w &+ atX)
      }
    }
  }
}
