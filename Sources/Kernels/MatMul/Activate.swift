/// Applies the function of an epilogue to values that are in C; bounds are the tile's own business.
public func activate(_ c: UnsafeMutablePointer<Float>, ldc: Int, rows: Int, columns: Int, _ epilogue: Epilogue) {
  let low = Lanes(repeating: epilogue.low)
  let high = Lanes(repeating: epilogue.high)
  let zero = Lanes(repeating: 0)
  let one = Lanes(repeating: 1)
  for row in 0..<rows {
    let c = c + row &* ldc
    switch epilogue.activation {
    case .clamp: mapLanes(c, into: c, count: columns) { $0.atLeast(low).atMost(high) }
    case .leakyRelu: mapLanes(c, into: c, count: columns) { Lanes.select($0.isLess(zero), $0 * low, $0) }
    case .gelu: gelu(c, into: c, count: columns)
    case .geluTanh: geluTanh(c, into: c, count: columns)
    case .sigmoid: sigmoid(c, into: c, count: columns)
    case .silu: silu(c, into: c, count: columns)
    case .tanh: tanh(c, into: c, count: columns)
    case .softplus: softplus(c, into: c, count: columns)
    case .hardSigmoid: mapLanes(c, into: c, count: columns) { ($0 * low + high).atMost(one).atLeast(zero) }
    case .hardSwish:
      let sixth = Lanes(repeating: 1 / 6)
      let half = Lanes(repeating: 0.5)
      mapLanes(c, into: c, count: columns) { $0 * ($0 * sixth + half).atMost(one).atLeast(zero) }
    }
  }
}
