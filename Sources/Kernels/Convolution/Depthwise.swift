/// A convolution whose every output channel sees one input channel: [batch, channels, height, width] with
/// [channels · multiplier, kernel] to [batch, channels · multiplier, height, width].
///
/// A plane is copied once into rows that are padded and, for a stride s, split into every s-th column. After that
/// every tap of four neighbouring outputs is one vector in memory.
public struct Depthwise {
  public var batch: Int
  public var channels: Int
  /// Output channels for each input channel.
  public var multiplier: Int
  /// Of depth 1.
  public var window: Window

  public init(batch: Int, channels: Int, multiplier: Int = 1, window: Window) {
    assert(window.kernel.d == 1 && window.output.d == 1 && window.input.d == 1)
    self.batch = batch
    self.channels = channels
    self.multiplier = multiplier
    self.window = window
  }

  /// Columns of one of the parts a row is split into: a vector may start at the last output.
  private var part: Int { (window.reach.w + window.stride.w - 1) / window.stride.w + 4 }
  var rowStride: Int { part * window.stride.w }
  private var planeCount: Int { (window.reach.h * rowStride + 15) / 16 * 16 }
  private var tapCount: Int { (window.kernel.count + 15) / 16 * 16 }

  /// f32 elements of scratch that `run` needs on `threadCount` threads.
  public func scratchCount(threadCount: Int) -> Int { tapCount + planeCount * threadCount }

  /// Weights are as they come, [channels · multiplier, kernel]; bias, where there is one, is [channels · multiplier].
  public func run(
    _ platform: Platform, _ input: UnsafePointer<Float>, weights: UnsafePointer<Float>,
    into output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, scratch: UnsafeMutablePointer<Float>
  ) {
    let kernel = window.kernel
    guard batch * channels * multiplier > 0, window.output.count > 0 else { return }
    let taps = UnsafeMutableRawPointer(scratch).assumingMemoryBound(to: Int32.self)
    for y in 0..<kernel.h {
      for x in 0..<kernel.w {
        let column = x * window.dilation.w
        let offset = y * window.dilation.h * rowStride + column % window.stride.w * part + column / window.stride.w
        taps[y * kernel.w + x] = Int32(offset)
      }
    }
    let planes = scratch + tapCount
    let planeCount = planeCount
    // Padding is written once: every plane of a slot leaves it as it is.
    fillLanes(planes, with: 0, count: planeCount * platform.threadCount)
    // Work is a plane; a region of threads is worth it from about 100,000 products on.
    let isSplit = batch * channels * multiplier * window.output.count * kernel.count > 100_000
    platform.parallelFor(batch * channels, if: isSplit) { item, slot in
      plane(item, input, weights, output, epilogue, UnsafePointer(taps), planes + slot * planeCount)
    }
  }

  /// One input channel of one item.
  private func plane(
    _ item: Int, _ input: UnsafePointer<Float>, _ weights: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<Float>, _ epilogue: Epilogue, _ taps: UnsafePointer<Int32>,
    _ plane: UnsafeMutablePointer<Float>
  ) {
    let source = UnsafePointer(input) + item &* window.input.count
    var isSpread = false
    let count = window.output.count
    // What the vector loops do themselves; the rest follows in a second pass over a plane that is still at hand.
    let isSimple = epilogue.activation == .clamp && epilogue.addend == nil && epilogue.alpha == 1
    for i in 0..<multiplier {
      let channel = item % channels &* multiplier &+ i
      let place = (item &* multiplier &+ i) &* count
      let weights = weights + channel &* window.kernel.count
      let target = output + place
      let bias = isSimple ? epilogue.bias?[channel] ?? 0 : 0
      let low = isSimple ? epilogue.low : -Float.infinity
      let high = isSimple ? epilogue.high : Float.infinity
      if !slide(source, weights, target, bias, low, high) {
        if !isSpread { spread(source, into: plane) }
        isSpread = true
        if wideRows(plane, weights, taps, target, bias, low, high) {
          // Done.
        } else if window.kernel.h == 3 && window.kernel.w == 3 {
          rows3x3(plane, weights, taps, target, bias, low, high)
        } else {
          rows(plane, weights, taps, target, bias, low, high)
        }
      }
      if !isSimple {
        var rest = epilogue.advanced(row: channel, column: 0, offset: place)
        rest.biasPerRow = true
        if rest.bias != nil { rest.bias = epilogue.bias! + channel }
        finish(target, ldc: count, rows: 1, columns: count, rest)
      }
    }
  }

  /// The plane as padded rows of parts; what is around it is zero already.
  private func spread(_ source: UnsafePointer<Float>, into plane: UnsafeMutablePointer<Float>) {
    let (input, before, step, part) = (window.input, window.before, window.stride.w, part)
    let rowStride = rowStride
    let isWide = before.w &+ input.w <= part &* step
    for y in 0..<window.reach.h {
      let row = plane + y &* rowStride
      let fromY = y &- before.h
      let from = source + fromY &* input.w
      if fromY < 0 || fromY >= input.h { continue }
      if step == 1 && isWide {
        copyLanes(from, into: row + before.w, count: input.w)
      } else if step == 2 && isWide {
        // Column 0 of the input is padded column `before`, and so on.
        let even = row + (before.w % 2 &* part &+ before.w / 2)
        let odd = row + ((before.w &+ 1) % 2 &* part &+ (before.w &+ 1) / 2)
        split(from, input.w, even, odd)
      } else {
        for column in 0..<part &* step {
          let x = column &- before.w
          row[column % step &* part &+ column / step] = x < 0 || x >= input.w ? 0 : from[x]
        }
      }
    }
  }

  /// Columns 0, 2, 4, ... and columns 1, 3, 5, ...
  @inline(__always)
  private func split(
    _ row: UnsafePointer<Float>, _ count: Int, _ even: UnsafeMutablePointer<Float>, _ odd: UnsafeMutablePointer<Float>
  ) {
    var i = 0
    while i &+ 8 <= count {
      let (a, b) = (load(row + i), load(row + (i &+ 4)))
      store(evenLanes(a, b), even + i / 2)
      store(oddLanes(a, b), odd + i / 2)
      i &+= 8
      // The last vectors may repeat some of those before.
      if i < count, i &+ 8 > count, count & 1 == 0 { i = count &- 8 }
    }
    while i < count {
      even[i / 2] = row[i]
      if i &+ 1 < count { odd[i / 2] = row[i &+ 1] }
      i &+= 2
    }
  }

  /// Three by three, its nine weights in registers. The offsets of the second and third column are constants where
  /// they can be: they are instructions' own offsets then.
  private func rows3x3(
    _ plane: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>,
    _ output: UnsafeMutablePointer<Float>, _ bias: Float, _ low: Float, _ high: Float
  ) {
    let (t1, t2) = (Int(taps[1]), Int(taps[2]))
    if t1 == 1 {
      rows3x3(plane, weights, taps, 1, 2, output, bias, low, high)
    } else {
      rows3x3(plane, weights, taps, t1, t2, output, bias, low, high)
    }
  }

  @inline(__always)
  private func rows3x3(
    _ plane: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>, _ t1: Int,
    _ t2: Int, _ output: UnsafeMutablePointer<Float>, _ bias: Float, _ low: Float, _ high: Float
  ) {
    let w0 = Lanes(repeating: weights[0])
    let w1 = Lanes(repeating: weights[1])
    let w2 = Lanes(repeating: weights[2])
    let w3 = Lanes(repeating: weights[3])
    let w4 = Lanes(repeating: weights[4])
    let w5 = Lanes(repeating: weights[5])
    let w6 = Lanes(repeating: weights[6])
    let w7 = Lanes(repeating: weights[7])
    let w8 = Lanes(repeating: weights[8])
    let (lows, highs) = (Lanes(repeating: low), Lanes(repeating: high))
    let down = window.stride.h &* rowStride
    let (row1, row2) = (Int(taps[3]), Int(taps[6]))
    let whole = window.output.w & ~3
    let rest = window.output.w & 3
    let back = whole > 0 ? 4 &- rest : 0
    for y in 0..<window.output.h {
      var p0 = UnsafePointer(plane) + y &* down
      var p1 = p0 + row1
      var p2 = p0 + row2
      var to = output + y &* window.output.w
      // Whole vectors; then, of what is left, one that repeats some of the outputs before, or a part of one.
      var left = whole
      for _ in 0..<2 {
        while left > 0 {
          (p0, p1, p2) = (pin(p0), pin(p1), pin(p2))
          var sum = Lanes(repeating: bias) + w0 * load(p0)
          sum.add(w1, times: load(p0 + t1))
          sum.add(w2, times: load(p0 + t2))
          sum.add(w3, times: load(p1))
          sum.add(w4, times: load(p1 + t1))
          sum.add(w5, times: load(p1 + t2))
          sum.add(w6, times: load(p2))
          sum.add(w7, times: load(p2 + t1))
          sum.add(w8, times: load(p2 + t2))
          sum = sum.atLeast(lows).atMost(highs)
          if left >= 4 { store(sum, to) } else { store(sum, to, count: left) }
          p0 += 4
          p1 += 4
          p2 += 4
          to += 4
          left &-= 4
        }
        if rest == 0 { break }
        p0 -= back
        p1 -= back
        p2 -= back
        to -= back
        left = rest &+ back
      }
    }
  }

  /// Any kernel: eight outputs at a time, then four.
  private func rows(
    _ plane: UnsafeMutablePointer<Float>, _ weights: UnsafePointer<Float>, _ taps: UnsafePointer<Int32>,
    _ output: UnsafeMutablePointer<Float>, _ bias: Float, _ low: Float, _ high: Float
  ) {
    let (lows, highs) = (Lanes(repeating: low), Lanes(repeating: high))
    let down = window.stride.h &* rowStride
    let count = window.kernel.count
    for y in 0..<window.output.h {
      var from = UnsafePointer(plane) + y &* down
      var to = output + y &* window.output.w
      var left = window.output.w
      while left > 4 {
        var s0 = Lanes(repeating: bias)
        var s1 = s0
        // The second vector may repeat some of the first.
        let second = min(4, left &- 4)
        for i in 0..<count {
          let weight = Lanes(repeating: weights[i])
          let p = from + Int(taps[i])
          s0.add(weight, times: load(p))
          s1.add(weight, times: load(p + second))
        }
        store(s0.atLeast(lows).atMost(highs), to)
        store(s1.atLeast(lows).atMost(highs), to + second)
        from += 8
        to += 8
        left &-= 8
      }
      if left > 0 {
        if left < 4, window.output.w >= 4 {
          from -= 4 &- left
          to -= 4 &- left
          left = 4
        }
        var sum = Lanes(repeating: bias)
        for i in 0..<count { sum.add(Lanes(repeating: weights[i]), times: load(from + Int(taps[i]))) }
        sum = sum.atLeast(lows).atMost(highs)
        if left == 4 { store(sum, to) } else { store(sum, to, count: left) }
      }
    }
  }
}
