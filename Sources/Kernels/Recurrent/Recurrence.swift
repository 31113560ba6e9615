/// One direction of a recurrent layer over [steps, batch, inputSize].
///
/// Weights are W [gates · hidden, inputSize] and R [gates · hidden, hidden], the bias [2 · gates · hidden] for W, then
/// for
/// R. Gates are those of ONNX: input, output, forget, cell of an LSTM; update, reset, hidden of a GRU.
public struct Recurrence {
  public enum Cell: Sendable {
    case simple
    /// Whether the reset gate comes behind the product with the hidden state.
    case gru(resetsLast: Bool)
    /// Whether the forget gate is what the input gate leaves.
    case lstm(isCoupled: Bool)

    public var gates: Int {
      switch self {
      case .simple: 1
      case .gru: 3
      case .lstm: 4
      }
    }
  }

  public var cell: Cell
  public var steps: Int
  public var batch: Int
  public var inputSize: Int
  public var hidden: Int
  /// Of the gates, the candidate and (LSTM) the cell: as many as the cell has.
  public var activations: [GateActivation]
  public var isReverse = false
  /// What gates are cut to before their function: -clip...clip.
  public var clip = Float.infinity
  /// Whether W and R are given as `packInput` and `packState` leave them.
  public var isPacked = false
  /// Whether what is multiplied is rounded to what bytes can say: by the range of all inputs, and of each item's state.
  public var roundsToBytes = false

  public init(
    _ cell: Cell, steps: Int, batch: Int, inputSize: Int, hidden: Int, activations: [GateActivation]
  ) {
    self.cell = cell
    self.steps = steps
    self.batch = batch
    self.inputSize = inputSize
    self.hidden = hidden
    self.activations = activations
  }

  private var width: Int { cell.gates * hidden }
  /// Columns of R that are multiplied with the hidden state as it is; a GRU may want the rest later.
  private var firstWidth: Int {
    if case .gru(let resetsLast) = cell, !resetsLast { return 2 * hidden }
    return width
  }
  private func rounded(_ count: Int) -> Int { (count + 15) / 16 * 16 }
  /// f32 elements of W, packed, and of R.
  public var packedInputCount: Int { rounded(GemmPack.rightCount(k: inputSize, n: width)) }
  public var packedStateCount: Int {
    rounded(GemmPack.rightCount(k: hidden, n: firstWidth))
      + rounded(GemmPack.rightCount(k: hidden, n: width - firstWidth))
  }

  private var roundedCount: Int { roundsToBytes ? batch * max(steps * inputSize, hidden) : 0 }

  /// f32 elements of scratch that `run` needs.
  public var scratchCount: Int {
    rounded(steps * batch * width) + (isPacked ? 0 : packedInputCount + packedStateCount) + rounded(width)
      + rounded(batch * width) + rounded(batch * hidden) + rounded(roundedCount)
  }

  /// Packs rows of W, given from the first of them on; they begin at a multiple of eight.
  public func packInput(_ source: UnsafePointer<Float>, rows: Range<Int>, into packed: UnsafeMutablePointer<Float>) {
    pack(source, rows, inputSize, width, packed)
  }

  /// The same of R, of rows that are all multiplied with the hidden state as it is, or all of them not.
  public func packState(_ source: UnsafePointer<Float>, rows: Range<Int>, into packed: UnsafeMutablePointer<Float>) {
    pack(source, rows, hidden, firstWidth, packed)
  }

  @inline(never)
  private func pack(
    _ source: UnsafePointer<Float>, _ rows: Range<Int>, _ k: Int, _ split: Int, _ packed: UnsafeMutablePointer<Float>
  ) {
    if rows.isEmpty || k == 0 { return }
    let isLast = rows.lowerBound >= split
    let first = isLast ? split : 0
    packRightTransposed(
      source, stride: k, columns: rows.lowerBound &- first..<rows.upperBound &- first, k: k,
      n: isLast ? width &- split : split,
      into: packed + (isLast ? rounded(GemmPack.rightCount(k: k, n: split)) : 0))
  }

  /// Runs all steps. `h` and `c` (LSTM only) are [batch, hidden], the state before and then after. `y`, where somebody
  /// wants it, gets the hidden state of every step, zeros beyond the end of a sequence.
  public func run(
    _ platform: Platform, _ x: UnsafePointer<Float>, w: UnsafePointer<Float>, r: UnsafePointer<Float>,
    bias: UnsafePointer<Float>?, peepholes: UnsafePointer<Float>?, lengths: UnsafePointer<Int32>?,
    h: UnsafeMutablePointer<Float>, c: UnsafeMutablePointer<Float>?, y: UnsafeMutablePointer<Float>?, stepStride: Int,
    batchStride: Int, scratch: UnsafeMutablePointer<Float>
  ) {
    guard batch > 0, hidden > 0 else { return }
    var next = scratch
    let take = { (count: Int) -> UnsafeMutablePointer<Float> in
      defer { next += rounded(count) }
      return next
    }
    let fromInput = take(steps * batch * width)
    var (packedW, packedR) = (w, r)
    if !isPacked {
      let (input, state) = (take(packedInputCount), take(packedStateCount))
      packInput(w, rows: 0..<width, into: input)
      packState(r, rows: 0..<firstWidth, into: state)
      packState(r + firstWidth * hidden, rows: firstWidth..<width, into: state)
      (packedW, packedR) = (UnsafePointer(input), UnsafePointer(state))
    }
    let packedLast = packedR + rounded(GemmPack.rightCount(k: hidden, n: firstWidth))
    let inputBias = take(width)
    let gates = take(batch * width)
    let product = take(batch * hidden)
    let bytes = take(roundedCount)
    /// The left factor of a product.
    let left = { (source: UnsafePointer<Float>, rows: Int, count: Int) -> UnsafePointer<Float> in
      if !roundsToBytes { return source }
      for row in 0..<rows { roundToBytes(source + row * count, count, into: bytes + row * count) }
      return UnsafePointer(bytes)
    }
    var resetsLast = false
    if case .gru(true) = cell { resetsLast = true }

    for i in 0..<width {
      // Behind a late reset the bias of the candidate's R must be reset too.
      let both = !(resetsLast && i >= 2 * hidden)
      inputBias[i] = bias.map { $0[i] + (both ? $0[width + i] : 0) } ?? 0
    }
    gemm(
      platform, m: steps * batch, n: width, k: inputSize,
      .rows(left(x, 1, steps * batch * inputSize), stride: inputSize), .packed(packedW), into: fromInput, ldc: width,
      Epilogue(bias: UnsafePointer(inputBias)))

    for i in 0..<steps {
      let step = isReverse ? steps - 1 - i : i
      let input = fromInput + step * batch * width
      gemm(
        platform, m: batch, n: firstWidth, k: hidden, .rows(left(UnsafePointer(h), batch, hidden), stride: hidden),
        .packed(packedR), into: gates, ldc: width)
      if resetsLast {
        for row in 0..<batch {
          let candidate = gates + (row * width + 2 * hidden)
          if let bias { for j in 0..<hidden { candidate[j] += bias[width + 2 * hidden + j] } }
          let other = input + row * width
          for j in 0..<(2 * hidden) { gates[row * width + j] += other[j] }
        }
      } else {
        for row in 0..<batch {
          for j in 0..<firstWidth { gates[row * width + j] += input[row * width + j] }
        }
      }
      if case .gru = cell {
        resetGates(platform, gates, input, h, resetsLast, product, packedLast)
      }
      for row in 0..<batch {
        let isActive = lengths.map { step < Int($0[row]) } ?? true
        let state = h + row * hidden
        if isActive { advance(gates + row * width, state, c.map { $0 + row * hidden }, peepholes) }
        guard let y else { continue }
        let to = y + (step * stepStride + row * batchStride)
        if isActive { copyLanes(state, into: to, count: hidden) } else { fillLanes(to, with: 0, count: hidden) }
      }
    }
    // A sequence of no steps ends in zeros, whatever it began with.
    if let lengths {
      for row in 0..<batch where lengths[row] <= 0 {
        fillLanes(h + row * hidden, with: 0, count: hidden)
        if let c { fillLanes(c + row * hidden, with: 0, count: hidden) }
      }
    }
  }

  private func activate(_ gate: UnsafeMutablePointer<Float>, _ count: Int, _ i: Int) {
    if clip < .infinity { for j in 0..<count { gate[j] = min(max(gate[j], -clip), clip) } }
    activations[i].apply(gate, count)
  }

  /// The gates of a GRU up to its candidate, which needs the reset gate.
  private func resetGates(
    _ platform: Platform, _ gates: UnsafeMutablePointer<Float>, _ input: UnsafePointer<Float>,
    _ h: UnsafePointer<Float>, _ resetsLast: Bool, _ product: UnsafeMutablePointer<Float>,
    _ packedLast: UnsafePointer<Float>
  ) {
    for row in 0..<batch {
      let gate = gates + row * width
      activate(gate, 2 * hidden, 0)
      let reset = gate + hidden
      for j in 0..<hidden {
        if resetsLast {
          gate[2 * hidden + j] *= reset[j]
        } else {
          product[row * hidden + j] = reset[j] * h[row * hidden + j]
        }
      }
    }
    if !resetsLast {
      gemm(
        platform, m: batch, n: hidden, k: hidden, .rows(UnsafePointer(product), stride: hidden), .packed(packedLast),
        into: gates + 2 * hidden, ldc: width)
    }
    for row in 0..<batch {
      let candidate = gates + (row * width + 2 * hidden)
      for j in 0..<hidden { candidate[j] += input[row * width + 2 * hidden + j] }
      activate(candidate, hidden, 1)
    }
  }

  /// The state of one item after a step.
  private func advance(
    _ gate: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>, _ c: UnsafeMutablePointer<Float>?,
    _ peepholes: UnsafePointer<Float>?
  ) {
    switch cell {
    case .simple:
      activate(gate, hidden, 0)
      copyLanes(gate, into: h, count: hidden)
    case .gru:
      for j in 0..<hidden { h[j] = (1 - gate[j]) * gate[2 * hidden + j] + gate[j] * h[j] }
    case .lstm(let isCoupled):
      let c = c!
      let (input, output, forget, candidate) = (gate, gate + hidden, gate + 2 * hidden, gate + 3 * hidden)
      if let peepholes {
        for j in 0..<hidden {
          input[j] += peepholes[j] * c[j]
          forget[j] += peepholes[2 * hidden + j] * c[j]
        }
      }
      activate(input, hidden, 0)
      if isCoupled {
        for j in 0..<hidden { forget[j] = 1 - input[j] }
      } else {
        activate(forget, hidden, 0)
      }
      activate(candidate, hidden, 1)
      for j in 0..<hidden { c[j] = forget[j] * c[j] + input[j] * candidate[j] }
      if let peepholes { for j in 0..<hidden { output[j] += peepholes[hidden + j] * c[j] } }
      activate(output, hidden, 0)
      copyLanes(c, into: h, count: hidden)
      activations[2].apply(h, hidden)
      for j in 0..<hidden { h[j] *= output[j] }
    }
  }
}
