/// The columns of a convolution as panels for the tile, without a matrix of them in memory.
///
/// The input is padded once, if at all. Then an output position is an offset into it, and so is a tap of the kernel
/// in a channel, and element (tap, position) of the matrix is at the sum of the two.
struct Im2Col {
  /// One group of channels of one input, padded: [channels, depth, height, width].
  let source: UnsafePointer<Float>
  /// Elements of `source` that may be read.
  let sourceCount: Int
  /// Offsets of the taps, [channels, kernel].
  let taps: UnsafePointer<Int32>
  let lastTap: Int
  let rowStride: Int
  let planeStride: Int
  let window: Window

  /// Where output position `p` has its first tap.
  @inline(__always)
  func offset(_ p: Int) -> Int {
    let (row, x) = p.quotientAndRemainder(dividingBy: window.output.w)
    let (z, y) = row.quotientAndRemainder(dividingBy: window.output.h)
    return z &* window.stride.d &* planeStride &+ y &* window.stride.h &* rowStride &+ x &* window.stride.w
  }

  /// Fills `taps` for `channels` channels that are `channelStride` elements apart; returns the largest offset.
  static func fillTaps(
    _ taps: UnsafeMutablePointer<Int32>, channels: Int, channelStride: Int, planeStride: Int, rowStride: Int,
    window: Window
  ) -> Int {
    var i = 0
    for channel in 0..<channels {
      for z in 0..<window.kernel.d {
        for y in 0..<window.kernel.h {
          for x in 0..<window.kernel.w {
            let row = channel &* channelStride &+ z &* window.dilation.d &* planeStride
            taps[i] = Int32(row &+ y &* window.dilation.h &* rowStride &+ x &* window.dilation.w)
            i &+= 1
          }
        }
      }
    }
    return i == 0 ? 0 : Int(taps[i &- 1])
  }

  /// Packs taps `rows` of positions `columns` as panels of eight columns, `[ceil(columns / 8), rows, 8]`. What a last
  /// panel lacks is repeated from the last position.
  func pack(rows: Range<Int>, columns: Range<Int>, into packed: UnsafeMutablePointer<Float>) {
    var target = packed
    var column = columns.lowerBound
    while column < columns.upperBound {
      let run = panelsInLine(from: column, to: columns.upperBound)
      if run > 0 {
        packLine(rows, column, panels: run, target)
        target += run &* rows.count &* 8
        column &+= run &* 8
        continue
      }
      packFour(rows, column, columns.upperBound, target)
      if column &+ 4 < columns.upperBound { packFour(rows, column &+ 4, columns.upperBound, target + 4) }
      target += rows.count &* 8
      column &+= 8
    }
  }

  /// The most panels that are packed tap by tap: two cache lines of input each, so that lines are read ahead.
  private static let run = 8

  /// Whole panels from `column` on that see neighbours in memory.
  @inline(__always)
  private func panelsInLine(from column: Int, to end: Int) -> Int {
    guard window.stride.w == 1 else { return 0 }
    let line = window.output.w &- column % window.output.w
    return min(Im2Col.run, min(line, end &- column) / 8)
  }

  /// Whole panels of neighbours: for each tap one run of memory.
  @inline(__always)
  private func packLine(_ rows: Range<Int>, _ column: Int, panels: Int, _ target: UnsafeMutablePointer<Float>) {
    let from = source + offset(column)
    let step = rows.count &* 8
    var row = target
    for k in rows {
      var p = from + Int(taps[k])
      var to = row
      for _ in 0..<panels {
        store(load(p), to)
        store(load(p + 4), to + 4)
        p += 8
        to += step
      }
      row += 8
    }
  }

  /// Half a panel: one vector for each tap.
  @inline(__always)
  private func packFour(_ rows: Range<Int>, _ column: Int, _ end: Int, _ target: UnsafeMutablePointer<Float>) {
    var to = target
    let o0 = offset(column)
    let o1 = offset(min(column &+ 1, end &- 1))
    let o2 = offset(min(column &+ 2, end &- 1))
    let o3 = offset(min(column &+ 3, end &- 1))
    let step = o1 &- o0
    let isEven = o2 &- o1 == step && o3 &- o2 == step
    if isEven && step == 1 {
      let from = source + o0
      for k in rows {
        store(load(from + Int(taps[k])), to)
        to += 8
      }
    } else if isEven && step == 2 && o0 &+ lastTap &+ 8 <= sourceCount {
      let from = source + o0
      for k in rows {
        let p = from + Int(taps[k])
        store(evenLanes(load(p), load(p + 4)), to)
        to += 8
      }
    } else {
      for k in rows {
        let p = source + Int(taps[k])
        to[0] = p[o0]
        to[1] = p[o1]
        to[2] = p[o2]
        to[3] = p[o3]
        to += 8
      }
    }
  }
}

/// Copies a plane (or volume) into the middle of zeros: `padded` is [reach] and all of it is written.
func padPlane(_ source: UnsafePointer<Float>, into padded: UnsafeMutablePointer<Float>, _ window: Window) {
  let (reach, input, before) = (window.reach, window.input, window.before)
  var to = padded
  for z in 0..<reach.d {
    let fromZ = z &- before.d
    for y in 0..<reach.h {
      let fromY = y &- before.h
      if fromZ < 0 || fromZ >= input.d || fromY < 0 || fromY >= input.h {
        fillLanes(to, with: 0, count: reach.w)
      } else {
        let left = min(before.w, reach.w)
        let middle = min(input.w, reach.w &- left)
        fillLanes(to, with: 0, count: left)
        copyLanes(source + (fromZ &* input.h &+ fromY) &* input.w, into: to + left, count: middle)
        fillLanes(to + (left &+ middle), with: 0, count: reach.w &- left &- middle)
      }
      to += reach.w
    }
  }
}
