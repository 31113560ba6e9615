import Apus
import TestSupport
import Testing

/// Attention that broadcasts as the products do that it was; answers are those of ai.onnx's nodes.
@Suite struct FusedAttentionTests {
  private struct Form {
    let name: String
    let q, k, v: [Int]
    var mask: [Int]?
    var interleaved: [Int64] = [0, 0, 0, 1]
  }

  private static let forms = [
    Form(name: "plain", q: [2, 3, 5, 8], k: [2, 3, 7, 8], v: [2, 3, 7, 4]),
    Form(name: "one query", q: [1, 3, 1, 8], k: [1, 3, 7, 8], v: [1, 3, 7, 4], mask: [1, 1, 1, 7]),
    Form(name: "a batch of masks", q: [1, 3, 5, 8], k: [1, 3, 7, 8], v: [1, 3, 7, 4], mask: [4, 1, 5, 7]),
    Form(name: "a mask of columns", q: [2, 3, 5, 8], k: [2, 3, 7, 8], v: [2, 3, 7, 4], mask: [5, 1]),
    Form(name: "keys for all heads", q: [2, 3, 5, 8], k: [2, 1, 7, 8], v: [1, 1, 7, 4], mask: [7]),
    Form(name: "queries for all heads", q: [5, 8], k: [2, 3, 7, 8], v: [7, 4], mask: [3, 1, 1]),
    Form(name: "more keys than one block", q: [1, 2, 300, 4], k: [1, 2, 17, 4], v: [1, 2, 17, 20], mask: [300, 17]),
    Form(name: "no keys", q: [1, 2, 3, 4], k: [1, 2, 0, 4], v: [1, 2, 0, 4]),
    Form(name: "no queries", q: [1, 2, 0, 4], k: [1, 2, 3, 4], v: [1, 2, 3, 4]),
    Form(name: "no columns", q: [1, 2, 3, 0], k: [1, 2, 3, 0], v: [1, 2, 3, 2]),
  ]

  private func plain(_ form: Form) throws -> [Tensor?] {
    var nodes = [
      node("kt = Transpose(k)", ["perm": .ints([0, 1, 3, 2])]), node("p = MatMul(q, kt)"), node("c = Mul(p, s)"),
    ]
    nodes.append(form.mask == nil ? node("t = Identity(c)") : node("t = Add(c, m)"))
    nodes += [
      node("w = Softmax(t)", ["axis": .int(-1)]), node("o = MatMul(w, v)"),
      node("y = Transpose(o)", ["perm": .ints([0, 2, 1, 3])]),
    ]
    var feeds: [(String, Tensor)] = [("q", .mixed(form.q)), ("k", .mixed(form.k)), ("v", .mixed(form.v))]
    if let mask = form.mask { feeds.append(("m", .mixed(mask))) }
    let graph = graph(feeds.map { $0.0 }, constants: ["s": .float32([], [0.5])], nodes, ["y"])
    let session = try Session(model(graph), .none)
    return try session.run(feeds.map { (Name(text: $0.0), Value.tensor($0.1)) }).map { $0.1.tensor }
  }

  @Test func forms() throws {
    check(
      try FusedAttentionTests.forms.map { form in
        Case(
          form.name, "Attention", domain: "apus", opset: 1,
          [.mixed(form.q), .mixed(form.k), .mixed(form.v)] + (form.mask.map { [.mixed($0)] } ?? []),
          [("scale", .float(0.5)), ("interleaved", .ints(form.interleaved))], gives: try plain(form))
      })
  }

  @Test func errors() {
    func broken(_ name: String, q: [Int], k: [Int], v: [Int], mask: [Int]? = nil, repeats: Int64 = 1) -> Case {
      Case(
        name, "Attention", domain: "apus", opset: 1,
        [.mixed(q), .mixed(k), .mixed(v)] + (mask.map { [.mixed($0)] } ?? []),
        [("interleaved", .ints([0, 0, 0, 1])), ("repeats", .int(repeats))], gives: [.mixed(q)])
    }
    let (q, k, v) = ([1, 2, 3, 4], [1, 2, 5, 4], [1, 2, 5, 6])
    checkError(broken("rank 5", q: [1] + q, k: k, v: v), contains: "rank 2 to 4", "[1, 1, 2, 3, 4]")
    checkError(broken("inner dims", q: q, k: [1, 2, 5, 3], v: v), contains: "inner dims", "[1, 2, 5, 3]")
    checkError(broken("rows of V", q: q, k: k, v: [1, 2, 4, 6]), contains: "V must have 5 rows", "[1, 2, 4, 6]")
    checkError(broken("heads", q: q, k: [1, 3, 5, 4], v: v), contains: "do not broadcast", "[1, 3, 1]")
    checkError(
      broken("heads of K and V", q: [1, 6, 3, 4], k: [1, 3, 5, 4], v: v, repeats: 2), contains: "as many heads",
      "[1, 3, 5, 4]")
    checkError(
      broken("heads that do not repeat", q: q, k: k, v: v, repeats: 3), contains: "do not broadcast", "[1, 2, 3]")
    checkError(
      broken("a mask with more rows", q: [1, 2, 1, 4], k: k, v: v, mask: [3, 5]), contains: "more rows than Q")
    func ofThree(_ name: String, q: [Int], k: [Int], v: [Int], heads: Int64 = 1, rank: Int64 = 3) -> Case {
      Case(
        name, "Attention", domain: "apus", opset: 1, [.mixed(q), .mixed(k), .mixed(v)],
        [("interleaved", .ints([0, 0, 0, 0])), ("rank", .int(rank)), ("heads", .int(heads))], gives: [.mixed(q)])
    }
    checkError(
      ofThree("heads that do not part", q: [4, 3, 4], k: [4, 5, 4], v: [4, 5, 6], heads: 3),
      contains: "multiple of 3", "[4, 3, 4]")
    checkError(
      ofThree("another batch", q: [6, 3, 4], k: [6, 5, 4], v: [3, 5, 6], heads: 3), contains: "batch of Q", "[6, 5, 4]")
    checkError(ofThree("parted, of rank 4", q: q, k: k, v: v, heads: 2), contains: "rank 3", "[1, 2, 3, 4]")
    checkError(ofThree("rank 2", q: q, k: k, v: v, rank: 2), contains: "rank must be 4, or 3", "got 2")
    checkError(ofThree("no heads", q: q, k: k, v: v, heads: 0), contains: "rank must be 4, or 3")
    checkError(broken("a mask that does not fit", q: q, k: k, v: v, mask: [4]), contains: "do not broadcast")
  }
}
