import Tensors
import Testing

@testable import Apus
@testable import Command

@Suite struct CommandTests {
  let folder = Folder()

  private func path(_ name: Name) -> String { folder.path.joined(name).text }

  // MARK: The command line

  @Test func statusTellsMisuseFromFailure() {
    let cases: [([String], Int32)] = [
      ([], 2), (["--version"], 0), (["--help"], 0), (["help"], 0), (["help", "run"], 0), (["help", "walk"], 2),
      (["walk"], 2), (["run"], 2), (["run", "--help"], 0), (["run", "a", "b"], 2), (["run", "a", "--opt", "some"], 2),
      (["run", "a", "--threads", "0"], 2), (["run", "a", "--dim", "batch"], 2), (["run", "a", "--dim", "b=x"], 2),
      (["bench", "a", "--runs", "0"], 2), (["test"], 2), (["test", "--rtol", "-1", "a"], 2), (["run", "/nowhere"], 1),
      (["inspect", "/nowhere"], 1), (["check", "/nowhere"], 1), (["bench", "/nowhere"], 1), (["test", "/nowhere"], 1),
    ]
    for (words, status) in cases {
      let terminal = KeptTerminal()
      let found = Command.run(words.map { Name(text: $0) }, Host(terminal: terminal))
      #expect(found == status, "\(words)")
      #expect((terminal.errors.isEmpty) == (status == 0 || words.first == "check"), "\(words)")
    }
    #expect(apus("walk").errors == "apus: there is no command 'walk'\n`apus help` shows what there is.\n")
    #expect(apus("run", "--frob").errors == "apus: unknown option '--frob'\n`apus help run` shows what there is.\n")
  }

  // MARK: run

  @Test func runsOnFiles() throws {
    let model = try folder.write("m.onnx", Models.product())
    let input = try folder.write("x.pb", Models.file(.floats([2, 2], [1, 0, 0, 1])))
    let named = apus("run", model.text, "--input", "x=\(input.text)", "--output-dir", path("out/deep"))
    #expect(named.status == 0)
    #expect(named.output.hasPrefix("y: float32 [2, 3]  1, 2, 3, 4, 5, 6\n  -> \(path("out/deep/y.npy"))\nloaded in "))
    let written = try Npy.read(try Files.open(folder.path.joined("out/deep/y.npy")), allocator: Allocator())
    #expect(written.values(Float.self) == [1, 2, 3, 4, 5, 6])
    // What was written is read again.
    try Npy.write(.floats([1, 2], [1, 10]), to: try Files.create(folder.path.joined("x.npy")))
    let again = apus("run", model.text, "--input", path("x.npy"))
    #expect(again.output.hasPrefix("y: float32 [1, 3]  41, 52, 63\n"))
  }

  @Test func makesUpInputs() throws {
    let model = try folder.write("m.onnx", Models.product()).text
    let one = apus("run", model, "--json", "--elements", "100")
    #expect(one.output.contains(#""inputs":{"x":{"type":"float32","dims":[1,2],"#))
    #expect(one.output.contains(#""outputs":{"y":{"type":"float32","dims":[1,3],"#))
    #expect(apus("run", model, "--dim", "batch=5").output.hasPrefix("y: float32 [5, 3]"))
    #expect(apus("run", model, "--shape", "x=4,2").output.hasPrefix("y: float32 [4, 3]"))
    func numbers(_ seed: String) -> Substring {
      apus("run", model, "--seed", seed).output.split(separator: "\n")[0]
    }
    #expect(numbers("1") == numbers("1"))
    #expect(numbers("1") != numbers("2"))
  }

  @Test func agreesInEveryWay() throws {
    let model = try folder.write("m.onnx", Models.product()).text
    let ways = ["--opt=none", "--opt=basic", "--opt=extended", "--opt=all", "--no-blas", "--threads=1", "--threads=3"]
    let lines = ways.map { apus("run", model, $0).output.split(separator: "\n").first }
    #expect(lines[0]?.hasPrefix("y: float32 [1, 3]") == true)
    #expect(Set(lines).count == 1)
  }

  @Test func saysWhatCannotBeRun() throws {
    let model = try folder.write("m.onnx", Models.product()).text
    let missing = try folder.write("missing.onnx", Models.product(opType: "Frob")).text
    try folder.write("short.onnx", Array(Models.product().dropLast(20)))
    try folder.write("empty.onnx", [])
    try folder.write("text.txt", Array("hello".utf8))
    try folder.write("bad.npy", [1, 2, 3])
    let wrongType = try folder.write("int.pb", Models.file(Tensor(.int64, [1, 2], [1, 2] as [Int64]))).text
    let wrongShape = try folder.write("wide.pb", Models.file(.floats([1, 3], [1, 2, 3]))).text
    let cases: [([String], String)] = [
      ([path("none.onnx")], "there is no file '\(path("none.onnx"))'"),
      ([folder.path.text], "there is no file '\(path("model.onnx"))'"),
      ([path("empty.onnx")], "\(path("empty.onnx")): the model is empty: 0 bytes"),
      ([path("text.txt")], "\(path("text.txt")): "),
      ([path("short.onnx")], "\(path("short.onnx")): "),
      ([missing], "\(missing): node 'product' (Frob): operator 'Frob' of domain 'ai.onnx' is not implemented"),
      ([model, "--input", "z=\(wrongType)"], "the model has no input 'z'"),
      ([model, "--input", path("nothing.npy")], "there is no file '\(path("nothing.npy"))'"),
      (
        [model, "--input", path("text.txt")], "\(path("text.txt")): values are read from files that end in .npy or .pb"
      ),
      ([model, "--input", path("bad.npy")], "\(path("bad.npy")): the file does not start like an .npy file"),
      ([model, "--input", wrongType], "\(model): input 'x' must be float32 [batch, 2], got int64 [1, 2]"),
      ([model, "--input", wrongShape], "\(model): input 'x' must be float32 [batch, 2], got float32 [1, 3]"),
      (
        [model, "--input", wrongShape, "--input", wrongShape], "the model has 1 inputs, '\(wrongShape)' is one too many"
      ),
      ([model, "--output", "z"], "\(model): the model has no value 'z'"),
      ([model, "--dim", "rows=2"], "no input has a dim 'rows'"),
      ([model, "--shape", "z=2"], "the model has no input 'z'"),
      ([model, "--output-dir", path("text.txt")], "'\(path("text.txt"))' is a file, not a directory"),
      ([model, "--memory-limit", "1", "--shape", "x=1000000,2"], "8000000 bytes are needed beside "),
    ]
    for (words, expected) in cases {
      for mode in [[], ["--json"]] as [[String]] {
        let terminal = KeptTerminal()
        let status = Command.run((["run"] + words + mode).map { Name(text: $0) }, Host(terminal: terminal))
        #expect(status == 1, "\(words)")
        #expect(terminal.errors.hasPrefix("apus: \(expected)"), "\(words)")
        #expect(terminal.output.hasPrefix(mode.isEmpty ? "" : #"{"error":{"code":"#))
        #expect(mode.isEmpty == terminal.output.isEmpty)
      }
    }
  }

  /// Values between, and initialisers that may be fed.
  @Test func namesEveryValue() throws {
    var proto = Models.productProto()
    var relu = NodeProto()
    relu.opType = "Relu"
    relu.inputs = ["y"]
    relu.outputs = ["z"]
    proto.graph.nodes.append(relu)
    proto.graph.outputs[0].name = "z"
    proto.graph.inputs.append(ValueInfoProto(name: "w", type: .tensor(elementType: 1, shape: nil)))
    let x = try folder.write("x.pb", Models.file(.floats([1, 2], [-1, 0]))).text
    let w = try folder.write("w.pb", Models.file(.floats([2, 1], [5, 6]))).text
    for version in [3, 8] as [Int64] {
      proto.irVersion = version
      let model = try folder.write("m.onnx", try ModelEncoder().encode(proto).bytes()).text
      let shown = apus("run", model, "--input", "x=\(x)", "--output", "y", "--output", "z")
      #expect(shown.output.hasPrefix("y: float32 [1, 3]  -1, -2, -3\nz: float32 [1, 3]  0, 0, 0\n"), "\(shown)")
      let fed = apus("run", model, "--input", "w=\(w)", "--input", x, "--output", "y")
      #expect(fed.output.hasPrefix("y: float32 [1, 1]  -5\n"), "\(fed)")
    }
  }

  @Test func optimizes() throws {
    var proto = Models.productProto()
    var relu = NodeProto()
    relu.opType = "Relu"
    relu.inputs = ["y"]
    relu.outputs = ["z"]
    proto.graph.nodes.append(relu)
    proto.graph.outputs[0].name = "z"
    let model = try folder.write("m.onnx", try ModelEncoder().encode(proto).bytes()).text
    let shown = apus("optimize", model, path("out.onnx"))
    #expect(shown.status == 0 && shown.output.hasSuffix(", 1 nodes of 2\n"), "\(shown)")
    #expect(apus("inspect", path("out.onnx"), "--nodes", "--opt=none").output.contains("z = apus.MatMul(x, w)"))
    #expect(apus("optimize", model, path("plain.onnx"), "--opt", "basic").output.hasSuffix(", 2 nodes of 2\n"))
    let lines = [model, path("out.onnx"), path("plain.onnx")].map { apus("run", $0).output.split(separator: "\n")[0] }
    #expect(Set(lines).count == 1)
    #expect(apus("optimize", model, model).errors == "apus: '\(model)' cannot be written while it is read\n")
    #expect(apus("optimize", model).status == 2)
    #expect(apus("optimize", path("none.onnx"), path("out.onnx")).status == 1)
    #expect(apus("optimize", model, path("no/where/out.onnx")).status == 1)
  }

  @Test func readsExternalDataBesideTheModel() throws {
    var proto = Models.productProto()
    proto.graph.initializers = []
    var writer = try ModelEncoder().encode(proto)
    // The weight of the model in another file: a graph field of its own is merged with the first.
    try writer.message(7) { (graph) throws(RuntimeError) in
      try graph.message(5) { (tensor) throws(RuntimeError) in
        tensor.packed(1, [2, 3] as [Int64])
        tensor.int(2, 1)
        tensor.name(8, "w")
        for (key, value) in [("location", "weights/w.bin"), ("offset", "4")] as [(Name, Name)] {
          try tensor.message(13) { (entry) throws(RuntimeError) in
            entry.name(1, key)
            entry.name(2, value)
          }
        }
        tensor.int(14, 1)
      }
    }
    let model = try folder.write("sub/m.onnx", try writer.bytes()).text
    let gone = apus("run", model)
    #expect(gone.status == 1)
    #expect(gone.errors.contains("there is no file '\(path("sub/weights/w.bin"))'"))
    let weights: [Float] = [0, 1, 2, 3, 4, 5, 6]
    try folder.write("sub/weights/w.bin", weights.withUnsafeBytes { Array($0) })
    let input = try folder.write("x.pb", Models.file(.floats([1, 2], [1, 10]))).text
    #expect(apus("run", model, "--input", input).output.hasPrefix("y: float32 [1, 3]  41, 52, 63\n"))
  }

  // MARK: inspect and check

  @Test func inspects() throws {
    let model = try folder.write("m.onnx", Models.product()).text
    let shown = apus("inspect", model, "--nodes", "--opt", "none")
    #expect(shown.status == 0)
    #expect(
      shown.output == """
        \(model): 155 B, IR version 8, ai.onnx 17, from tests
        inputs
          x  float32 [batch, 2]
        outputs
          y  float32 [batch, 3]
        weights
          1 tensors, 24 B
        nodes
          1 in the file, 1 after the passes
          operator  file  after
          MatMul       1      1
        metadata
          author: us
        graph
          y = MatMul(x, w)  'product'

        """)
    let json = apus("inspect", model, "--json", "--opt", "none").output
    #expect(json.contains(#""inputs":[{"name":"x","kind":"tensor","type":"float32","dims":["batch",2]}]"#))
    #expect(json.contains(#""opsets":{"ai.onnx":17}"#))
    #expect(json.contains(#""operators":[{"operator":"MatMul","before":1,"after":1}]"#))
    // A model that cannot be run can be looked at.
    let missing = try folder.write("missing.onnx", Models.product(opType: "Frob")).text
    #expect(apus("inspect", missing).output.contains("Frob         1      1"))
  }

  @Test func checks() throws {
    let good = try folder.write("good.onnx", Models.product()).text
    var proto = Models.productProto(opType: "Frob")
    proto.graph.nodes.append(proto.graph.nodes[0])
    proto.graph.nodes[1].inputs = ["y", "w"]
    proto.graph.nodes[1].outputs = ["z"]
    proto.graph.nodes[1].domain = "far.away"
    proto.opsetImports.append(OpsetImport(domain: "far.away", version: 3))
    let bad = try folder.write("bad.onnx", try ModelEncoder().encode(proto).bytes()).text
    var strings = Models.productProto()
    strings.graph.inputs[0].type = .tensor(elementType: 8, shape: nil)
    let typed = try folder.write("typed.onnx", try ModelEncoder().encode(strings).bytes()).text

    #expect(apus("check", good) == (0, "\(good): can be run\n", ""))
    let all = apus("check", good, bad, typed, path("none.onnx"))
    #expect(all.status == 1)
    #expect(
      all.output == """
        \(good): can be run
        \(bad): cannot be run
          operator 'Frob' of domain 'ai.onnx' is not implemented
          operator 'Frob' of domain 'far.away' is not implemented
        \(typed): cannot be run
          operator 'MatMul' is not implemented for string
        \(path("none.onnx")): cannot be run
          there is no file '\(path("none.onnx"))'

        """)
    let json = apus("check", bad, "--json").output
    #expect(json.hasPrefix(#"{"path":"\#(bad)","canRun":false,"problems":[{"operator":"Frob","message":""#))
  }

  @Test func operators() {
    let table = apus("operators")
    #expect(table.status == 0)
    #expect(table.output.hasPrefix("operator "))
    #expect(table.output.contains("\nStringConcat "))
    // What passes write is nobody's business.
    #expect(!table.output.contains(" apus "))
    let json = apus("operators", "--json").output
    #expect(json.contains(#"{"name":"Trilu","domain":"ai.onnx","since":14,"types":["float32""#))
    #expect(json.contains(#"{"name":"StringConcat","domain":"ai.onnx","since":20,"types":["string"]}"#))
  }

  // MARK: bench

  @Test func measures() throws {
    let model = try folder.write("m.onnx", Models.product()).text
    let shown = apus("bench", model, "--runs", "7", "--dim", "batch=3")
    #expect(shown.status == 0)
    for word in ["load", "first run", "median", "minimum", "over 7 runs", "MatMul", "share"] {
      #expect(shown.output.contains(word), "\(word)")
    }
    let json = apus("bench", model, "--seconds", "0", "--json").output
    #expect(json.contains(#""median":"#))
    #expect(json.split(separator: "[")[1].split(separator: "]")[0].split(separator: ",").count == 5)
    #expect(json.contains(#""operators":[{"operator":"MatMul","nodes":1,"milliseconds":"#))
  }

  // MARK: test

  @Test func testsFolders() throws {
    try Models.test(folder, "suite/good")
    try Models.test(folder, "suite/near", output: .floats([1, 3], [41.01, 52, 63]))
    try Models.test(folder, "suite/far", output: .floats([1, 3], [41, 52, 64]))
    try Models.test(folder, "suite/broken", model: [1, 2, 3])
    try Models.test(folder, "suite/input", input: .floats([2], [1, 10]))
    try folder.write("suite/empty/model.onnx", Models.product())
    try folder.write("suite/other/readme.txt", [])
    let far = "output 'y' 1 of 3 elements differ, first at [0, 2]: 63, expected 64 (difference 1, largest 1)"
    let lines = [
      "fail broken: not a protobuf field at byte 0",
      "fail empty: there is no test_data_set_N in the folder",
      "fail far: \(far)", "pass good", "fail input: input 'x' must be float32 [batch, 2], got float32 [2]", "pass near",
    ]
    let all = apus("test", path("suite"))
    #expect(all.status == 1)
    #expect(all.output == (lines + ["2 passed, 4 failed\n"]).joined(separator: "\n"))
    #expect(apus("test", path("suite/good"), path("suite/near")).status == 0)
    #expect(apus("test", "--rtol", "1e-5", path("suite/near")).status == 1)
    #expect(apus("test", "--max-relative", "0.02", path("suite/far")).status == 0)
    #expect(apus("test", "--max-relative", "0.01", path("suite/far")).status == 1)
    #expect(
      apus("test", "--quiet", path("suite")).output.hasPrefix(
        lines[0] + "\n" + lines[1] + "\n" + lines[2] + "\n" + lines[4]))

    try folder.write("list.txt", Array("# some\nsuite/good  # fine\n\nsuite/far\n".utf8))
    let listed = apus("test", "--list", path("list.txt"), "--root", folder.path.text, "--json")
    #expect(listed.output.hasPrefix(#"{"name":"suite/good","ok":true,"reason":null,"milliseconds":"#))
    #expect(listed.output.contains(#"{"name":"suite/far","ok":false,"reason":"\#(far)","milliseconds":"#))
    #expect(listed.output.split(separator: "\n").count == 2)
  }

  @Test func needsSomethingToCompare() throws {
    try folder.write("t/model.onnx", Models.product())
    try folder.write("t/test_data_set_0/input_0.pb", Models.file(.floats([1, 2], [1, 10])))
    #expect(apus("test", path("t")).output.hasPrefix("fail t: there is no output to compare with in "))
  }

  /// Progress is for eyes only.
  @Test func showsProgressOnlyToAWatcher() throws {
    for i in 0..<3 { try Models.test(folder, Name(text: "suite/t\(i)")) }
    #expect(apus("test", path("suite")).errors.isEmpty)
    let terminal = KeptTerminal(watched: true)
    let progress = Progress(terminal)
    let begun = terminal.now()
    while terminal.errors.filter({ $0 == "%" }).count < 2 { progress.show("testing", "a", percent: 5) }
    #expect(terminal.now() - begun >= 200)
    progress.clear()
    #expect(terminal.errors == "\r\u{1b}[Ktesting a 5 %\r\u{1b}[Ktesting a 5 %\r\u{1b}[K")
  }
}
