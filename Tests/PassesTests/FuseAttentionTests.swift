import Apus
import TestSupport
import Testing

@testable import Passes

/// Attention as exporters write it out, and what looks like it.
@Suite struct FuseAttentionTests {
  private let qkv: [(String, Tensor)] = [
    ("q", .mixed([2, 5, 3, 8])), ("k", .mixed([2, 7, 3, 8])), ("v", .mixed([2, 7, 3, 4])),
    ("m", .float32([2, 1, 1, 7], [0, 0, -1, 0, 0, 2, -50, 0, 0.5, 0, 0, 0, 0, -1e9])),
  ]
  private let numbers: KeyValuePairs<String, Tensor> = [
    "s": .float32([], [0.35]), "d": .float32([1], [2.5]), "columns": .float32([7], [1, 2, 3, 4, 5, 6, 7]),
    "half": .float64([], [0.5]),
  ]
  private let inputs = ["q", "k", "v", "m"]
  private let heads = [
    node("qh = Transpose(q)", ["perm": .ints([0, 2, 1, 3])]), node("vh = Transpose(v)", ["perm": .ints([0, 2, 1, 3])]),
    node("kt = Transpose(k)", ["perm": .ints([0, 2, 3, 1])]),
  ]
  private let end = [
    node("w = Softmax(t)", ["axis": .int(-1)]), node("o = MatMul(w, vh)"),
    node("y = Transpose(o)", ["perm": .ints([0, 2, 1, 3])]),
  ]
  private let fused = "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 1, 1, 1]}"
  private let masked = "y = apus.Attention(q, k, v, m) {scale: 0.35, interleaved: [1, 1, 1, 1]}"

  private func written(
    _ name: String, _ middle: [NodeProto], _ outputs: [String] = ["y"], end: [NodeProto]? = nil, becomes: String?
  ) -> PassCase {
    PassCase(
      name, inputs, constants: numbers, heads + middle + (end ?? self.end), outputs, becomes: becomes, feeds: qkv)
  }

  @Test func scales() {
    check(
      FuseAttention.pass,
      [
        written("behind", [node("p = MatMul(qh, kt)"), node("t = Mul(p, s)")], becomes: fused),
        written("in front of it", [node("p = MatMul(qh, kt)"), node("t = Mul(s, p)")], becomes: fused),
        written(
          "a quotient", [node("p = MatMul(qh, kt)"), node("t = Div(p, d)")],
          becomes: "y = apus.Attention(q, k, v) {scale: 0.4, interleaved: [1, 1, 1, 1]}"),
        written(
          "of both factors",
          [node("qs = Mul(qh, s)"), node("ks = Div(kt, d)"), node("t = MatMul(qs, ks)")],
          becomes: "y = apus.Attention(q, k, v) {scale: 0.14, interleaved: [1, 1, 1, 1]}"),
      ])
  }

  @Test func masks() {
    check(
      FuseAttention.pass,
      [
        written("added", [node("p = MatMul(qh, kt)"), node("c = Mul(p, s)"), node("t = Add(c, m)")], becomes: masked),
        written("before", [node("p = MatMul(qh, kt)"), node("c = Mul(p, s)"), node("t = Add(m, c)")], becomes: masked),
        written(
          "scaled in front", [node("qs = Mul(qh, s)"), node("p = MatMul(qs, kt)"), node("t = Add(m, p)")],
          becomes: masked),
      ])
  }

  /// A choice between scores and a number that hides them.
  @Test func choices() {
    let constants: KeyValuePairs<String, Tensor> = [
      "s": .float32([], [0.35]), "low": .float32([], [-3e38]), "high": .float32([], [-10000]),
      "causal": .bool([5, 7], (0..<35).map { $0 % 7 <= $0 / 7 + 2 }),
      "hidden": .bool([7], [false, true, false, false, false, false, true]),
    ]
    let product = [node("p = MatMul(qh, kt)"), node("c = Mul(p, s)")]
    func choice(_ name: String, _ inputs: [String], _ middle: [NodeProto], becomes: String?) -> PassCase {
      PassCase(
        name, inputs, constants: constants, heads + product + middle + end, becomes: becomes,
        feeds: qkv.filter { inputs.contains($0.0) })
    }
    let three = ["q", "k", "v"]
    check(
      FuseAttention.pass,
      [
        choice(
          "of what is seen", three, [node("t = Where(causal, c, low)")],
          becomes: """
            t/mask = Where(causal, t/zero, low)
            y = apus.Attention(q, k, v, t/mask) {scale: 0.35, interleaved: [1, 1, 1, 1]}
            """),
        choice(
          "of what is hidden", three, [node("t = Where(hidden, low, c)")],
          becomes: """
            t/mask = Where(hidden, low, t/zero)
            y = apus.Attention(q, k, v, t/mask) {scale: 0.35, interleaved: [1, 1, 1, 1]}
            """),
        choice(
          "and a mask", inputs, [node("w0 = Where(causal, c, low)"), node("t = Add(w0, m)")],
          becomes: """
            w0/mask = Where(causal, w0/zero, low)
            w0/masks = Add(w0/mask, m)
            y = apus.Attention(q, k, v, w0/masks) {scale: 0.35, interleaved: [1, 1, 1, 1]}
            """),
        choice("of a number that a score may reach", three, [node("t = Where(causal, c, high)")], becomes: nil),
        choice("of scores twice", three, [node("t = Where(causal, c, c)")], becomes: nil),
      ])
  }

  /// Where nothing is scaled, a weight says what all is of.
  @Test func types() {
    let constants: KeyValuePairs<String, Tensor> = [
      "a": .mixed([8, 8]), "wide": .float64([8, 8], [Double](repeating: 0.25, count: 64)),
    ]
    func projected(_ weight: String) -> [NodeProto] {
      [
        node("qp = MatMul(q, \(weight))"), node("qh = Transpose(qp)", ["perm": .ints([0, 2, 1, 3])]), heads[1],
        heads[2],
        node("t = MatMul(qh, kt)"),
      ] + end
    }
    check(
      FuseAttention.pass,
      [
        PassCase(
          "float32", ["q", "k", "v"], constants: constants, projected("a"),
          becomes: "qp = MatMul(q, a)\ny = apus.Attention(qp, k, v) {scale: 1.0, interleaved: [1, 1, 1, 1]}",
          feeds: Array(qkv[..<3])),
        PassCase("float64", ["q", "k", "v"], constants: constants, projected("wide"), becomes: nil),
      ])
  }

  @Test func casts() {
    let end = [
      node("u = Softmax(t)", ["axis": .int(3)]), node("w = Cast(u)", ["to": .int(1)]), node("o = MatMul(w, vh)"),
      node("y = Transpose(o)", ["perm": .ints([0, 2, 1, 3])]),
    ]
    let middle = [node("p = MatMul(qh, kt)"), node("t = Mul(p, s)")]
    check(FuseAttention.pass, [written("of weights to what they are", middle, end: end, becomes: fused)])
  }

  /// Keys and values of a cache, [batch, heads, rows, columns].
  @Test func layouts() {
    let q = [node("qh = Transpose(q)", ["perm": .ints([0, 2, 1, 3])])]
    let turned = q + [node("kt = Transpose(k)", ["perm": .ints([0, 1, 3, 2])])]
    let middle = [node("p = MatMul(qh, kt)"), node("t = Mul(p, s)"), node("w = Softmax(t)", ["axis": .int(-1)])]
    let end = [node("o = MatMul(w, v)"), node("y = Transpose(o)", ["perm": .ints([0, 2, 1, 3])])]
    let feeds: [(String, Tensor)] = [
      ("q", .mixed([2, 5, 3, 8])), ("k", .mixed([2, 3, 7, 8])), ("v", .mixed([1, 3, 7, 4])),
    ]
    check(
      FuseAttention.pass,
      [
        PassCase(
          "by heads", ["q", "k", "v"], constants: numbers, turned + middle + end,
          becomes: "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 0, 0, 1]}", feeds: feeds),
        PassCase(
          "one matrix of values for all", ["q", "k", "v"], constants: numbers, turned + middle + end,
          becomes: "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 0, 0, 1]}",
          feeds: feeds.dropLast() + [("v", .mixed([7, 4]))]),
        PassCase(
          "one query for all", ["q", "k", "v"], constants: numbers, turned + middle + end,
          becomes: "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 0, 0, 1]}",
          feeds: [("q", .mixed([1, 1, 1, 8]))] + feeds.dropFirst()),
      ])
  }

  private let three: [(String, Tensor)] = [
    ("q", .mixed([6, 5, 8])), ("k", .mixed([6, 7, 8])), ("v", .mixed([6, 7, 4])), ("m", .mixed([2, 1, 5, 7])),
  ]

  private func inThree(
    _ name: String, _ nodes: [NodeProto], _ outputs: [String] = ["y"], feeds: [(String, Tensor)]? = nil,
    becomes: String?
  ) -> PassCase {
    let constants: KeyValuePairs<String, Tensor> = [
      "s": .float32([], [0.35]), "half": .float64([], [0.5]), "four": .int64([4], [2, 3, 5, 7]),
      "back": .int64([3], [6, 5, 7]), "open": .int64([4], [2, 3, -1, 7]), "openBack": .int64([3], [6, -1, 7]),
      "turned": .int64([4], [2, 3, 7, 5]), "rank3": .int64([3], [6, -1, 8]),
    ]
    let feeds = feeds ?? Array(three[..<3])
    return PassCase(
      name, feeds.map { $0.0 }, constants: constants, nodes, outputs, becomes: becomes, feeds: feeds)
  }

  /// Heads, or batch and heads in one, as [batch · heads, rows, columns].
  @Test func threeDims() {
    let turned = node("kt = Transpose(k)", ["perm": .ints([0, 2, 1])])
    let product = node("p = MatMul(q, kt)")
    let scaled = [turned, product, node("t = Mul(p, s)")]
    let end = [node("w = Softmax(t)", ["axis": .int(-1)]), node("y = MatMul(w, v)")]
    let interleaved = [
      node("qh = Transpose(q)", ["perm": .ints([1, 0, 2])]), node("kt = Transpose(k)", ["perm": .ints([1, 2, 0])]),
      node("vh = Transpose(v)", ["perm": .ints([1, 0, 2])]), node("p = MatMul(qh, kt)"), node("t = Mul(p, s)"),
      node("w = Softmax(t)", ["axis": .int(2)]), node("o = MatMul(w, vh)"),
      node("y = Transpose(o)", ["perm": .ints([1, 0, 2])]),
    ]
    let byRows: [(String, Tensor)] = [
      ("q", .mixed([5, 6, 8])), ("k", .mixed([7, 6, 8])), ("v", .mixed([7, 6, 4])),
    ]
    func masked(_ four: String, _ back: String, reads: String = "c") -> [NodeProto] {
      scaled + [
        node("a = Reshape(t, \(four))"), node("b = Add(a, m)"), node("c = Reshape(b, \(back))"),
        node("w = Softmax(\(reads))", ["axis": .int(-1)]), node("y = MatMul(w, v)"),
      ]
    }
    let plain = "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [0, 0, 0, 0], rank: 3}"
    check(
      FuseAttention.pass,
      [
        inThree("heads first", scaled + end, becomes: plain),
        inThree(
          "queries of more dims", scaled + end, feeds: [("q", .mixed([2, 6, 5, 8]))] + Array(three[1..<3]),
          becomes: plain),
        inThree(
          "a mask of two", scaled + [node("u = Add(t, m)"), node("w = Softmax(u)", ["axis": .int(-1)]), end[1]],
          feeds: Array(three[..<3]) + [("m", .mixed([5, 7]))],
          becomes: "y = apus.Attention(q, k, v, m) {scale: 0.35, interleaved: [0, 0, 0, 0], rank: 3}"),
        inThree(
          "rows first", interleaved, feeds: byRows,
          becomes: "y = apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 1, 1, 1], rank: 3}"),
        inThree(
          "a mask of four", masked("four", "back"), feeds: three,
          becomes: "y = apus.Attention(q, k, v, m) {scale: 0.35, interleaved: [0, 0, 0, 0], rank: 3, heads: 3}"),
        inThree(
          "the axis that is last of three",
          [turned, node("qr = Reshape(q, rank3)"), node("p = MatMul(qr, kt)"), node("t = Mul(p, s)")] + [
            node("w = Softmax(t)", ["axis": .int(2)]), end[1],
          ],
          becomes:
            "qr = Reshape(q, rank3)\ny = apus.Attention(qr, k, v) {scale: 0.35, interleaved: [0, 0, 0, 0], rank: 3}"
        ),
        inThree(
          "the axis that need not be last", scaled + [node("w = Softmax(t)", ["axis": .int(2)]), end[1]],
          becomes: nil),
        inThree("a mask of open rows", masked("open", "openBack"), feeds: three, becomes: nil),
        inThree(
          "rows that become columns", masked("turned", "back"),
          feeds: Array(three[..<3]) + [("m", .mixed([2, 1, 7, 5]))],
          becomes: nil),
        inThree("scores read elsewhere", scaled + end, ["y", "p"], becomes: nil),
        inThree("weights read elsewhere", scaled + end, ["y", "w"], becomes: nil),
        inThree("a masked sum read elsewhere", masked("four", "back"), ["y", "b"], feeds: three, becomes: nil),
        inThree("no scale, so of any type", [turned, node("t = MatMul(q, kt)")] + end, becomes: nil),
        inThree(
          "columns of K",
          [node("kt = Transpose(k)", ["perm": .ints([0, 1, 2])]), product, node("t = Mul(p, s)")] + end,
          feeds: [three[0], ("k", .mixed([6, 8, 7])), three[2]], becomes: nil),
        PassCase(
          "in float64", ["q", "k", "v"], constants: ["half": .float64([], [0.5])],
          [turned, product, node("t = Mul(p, half)")] + end, becomes: nil),
      ])
  }

  @Test func whatIsNot() {
    let product = node("p = MatMul(qh, kt)")
    let scaled = [product, node("t = Mul(p, s)")]
    check(
      FuseAttention.pass,
      [
        written("weights read elsewhere", scaled, ["y", "w"], becomes: nil),
        written("scores read elsewhere", scaled, ["y", "p"], becomes: nil),
        written("no scale, so of any type", [node("t = MatMul(qh, kt)")], becomes: nil),
        written("a scale a column", [product, node("t = Mul(p, columns)")], becomes: nil),
        written(
          "a product added to a product", [product, node("c = Mul(p, s)"), node("t = Add(c, c)")], becomes: nil),
        written(
          "softmax over queries", scaled,
          end: [node("w = Softmax(t)", ["axis": .int(2)])] + end[1...], becomes: nil),
        written(
          "heads that stay", scaled,
          end: [end[0], end[1], node("y = Transpose(o)", ["perm": .ints([0, 1, 3, 2])])], becomes: nil),
        PassCase(
          "keys by an order of another rank", inputs, constants: numbers,
          [
            node("qh = Transpose(q)", ["perm": .ints([0, 2, 1, 3])]), node("vh = Identity(v)"),
            node("kt = Transpose(k)", ["perm": .ints([1, 0])]),
          ] + scaled + end, becomes: nil),
        PassCase(
          "in float64", ["q", "k", "v"], constants: numbers, heads + [product, node("t = Mul(p, half)")] + end,
          becomes: nil),
      ])
  }

  /// Heads of keys and values that stand for several of queries.
  private func grouped(
    _ heads: Int64, _ count: Int64, all: Int64, missing: Int64 = -1, reader: String = "batch"
  ) -> ([NodeProto], KeyValuePairs<String, Tensor>) {
    func repeated(_ x: String) -> [NodeProto] {
      [
        node("\(x)u = Unsqueeze(\(x), two)"), node("\(x)n = Shape(\(x))"), node("\(x)g = Gather(\(x)n, at2)"),
        node("\(x)r = Unsqueeze(\(x)g, zero)"),
        node("\(x)s = Concat(batch, heads, count, \(x)r, columns)", ["axis": .int(0)]),
        node("\(x)ones = ConstantOfShape(five)", ["value": .tensor(TensorRecord(name: Name(), .int64([1], [1])))]),
        node("\(x)minus = Mul(\(x)ones, missing)"), node("\(x)q = Equal(\(x)s, \(x)minus)"),
        node("\(x)w = Where(\(x)q, \(x)ones, \(x)s)"), node("\(x)e = Expand(\(x)u, \(x)w)"),
        node("\(x)to = Concat(batch, all, \(x)r, columns)", ["axis": .int(0)]),
        node("\(x)h = Reshape(\(x)e, \(x)to)"),
      ]
    }
    let nodes =
      [
        node("n = Shape(q)"), node("b = Gather(n, at0)"), node("batch = Unsqueeze(b, zero)"),
        node("qh = Transpose(q)", ["perm": .ints([0, 2, 1, 3])]),
      ] + repeated("k") + repeated("v") + [
        node("kt = Transpose(kh)", ["perm": .ints([0, 1, 3, 2])]), node("p = MatMul(qh, kt)"), node("t = Mul(p, s)"),
        node("w = Softmax(t)", ["axis": .int(-1)]), node("o = MatMul(w, vh)"),
        node("z = Transpose(o)", ["perm": .ints([0, 2, 1, 3])]),
        node("flat = Concat(\(reader), rest)", ["axis": .int(0)]), node("y = Reshape(z, flat)"),
      ]
    return (
      nodes,
      [
        "s": .float32([], [0.35]), "two": .int64([1], [2]), "zero": .int64([1], [0]), "at0": .int64([], [0]),
        "at2": .int64([], [2]), "heads": .int64([1], [heads]), "count": .int64([1], [count]),
        "all": .int64([1], [all]), "columns": .int64([1], [8]), "five": .int64([1], [5]),
        "missing": .int64([], [missing]), "rest": .int64([1], [-1]), "batch of two": .int64([1], [2]),
        "fixed": .int64([1], [2]),
      ]
    )
  }

  @Test func groups() throws {
    let feeds: [(String, Tensor)] = [
      ("q", .mixed([2, 5, 6, 8])), ("k", .mixed([2, 2, 7, 8])), ("v", .mixed([2, 2, 7, 8])),
    ]
    for (name, arguments, isFused) in [
      ("repeated heads", grouped(2, 3, all: 6), true),
      ("where other numbers are replaced", grouped(2, 3, all: 6, missing: -2), false),
      ("a result of another batch", grouped(2, 3, all: 6, reader: "fixed"), false),
    ] {
      let test = PassCase(
        name, ["q", "k", "v"], constants: arguments.1, arguments.0,
        becomes: nil, feeds: feeds)
      let text = try printed(test.graph, after: FuseAttention.pass)
      #expect(
        text.contains("apus.Attention(q, k, v) {scale: 0.35, interleaved: [1, 0, 0, 1], repeats: 3}") == isFused,
        "\(name)")
      #expect(text.contains("Expand") != isFused, "\(name)")
      try checkRuns(test)
    }
  }
}
