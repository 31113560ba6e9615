import Tensors
import Testing

@Suite struct RuntimeErrorTests {
  @Test func placeholders() {
    let cases: [(RuntimeError, String)] = [
      (RuntimeError(.fail, "plain"), "plain"),
      (RuntimeError(.fail, "%d, %d and %d", -3, .max, .min), "-3, 9223372036854775807 and -9223372036854775808"),
      (RuntimeError(.fail, "%d %d", 0), "0 0"),
      (RuntimeError(.fail, "%t and %t", 1, 16), "float32 and bfloat16"),
      (RuntimeError(.fail, "%t, %t", 99, -1), "element type 99, element type -1"),
      (RuntimeError(.fail, "input %s has %d", name: "mäx", 7), "input 'mäx' has 7"),
      (RuntimeError(.fail, "no name %s"), "no name ''"),
      (RuntimeError(.fail, "%v", shapes: [[1, -1, 3]]), "[1, ?, 3]"),
      (RuntimeError(.fail, "%v", shapes: []), "[]"),
      (
        RuntimeError(.fail, "%s: %v of %t, %s: %v", names: ["a", "b"], shapes: [[], [0]], 7),
        "'a': [] of int64, 'b': [0]"
      ),
      (RuntimeError(.fail, "100%% of %d%%, %x, 5%", 3), "100% of 3%, x, 5%"),
    ]
    for (error, text) in cases {
      #expect(error.reason == text)
      #expect(error.message == text)
    }
  }

  @Test func nodeIsNamedOnce() {
    let error = RuntimeError(.invalidArgument, "rank must be %d, got %v", shapes: [[3, 3]], 4)
    let inner = RuntimeError.Node(name: "conv1", opType: "Conv", opset: 22, inputShapes: [[1, 2]])
    let outer = RuntimeError.Node(name: "if", opType: "If", opset: 22)
    #expect(error.at(inner).at(outer).message == "node 'conv1' (Conv): rank must be 4, got [3, 3]")
    #expect(error.reason == "rank must be 4, got [3, 3]")
    #expect(error.node?.inputShapes == [[1, 2]])
    #expect("\(error)" == error.message)
    #expect(error.code.rawValue == 2)
  }
}
