import ONNXFormat
import Tensors
import Testing

@Suite struct ExternalSourcesTests {
  @Test(arguments: ["weights.bin", "sub/weights.bin", "./a", "..a", "a..", "a/..b", "größe"])
  func opensPathsBesideTheModel(_ path: String) throws {
    let sources = GivenSources([Name(text: path): [1]])
    #expect(try sources.source(Name(text: path)).byteCount == 1)
  }

  @Test(arguments: [
    "", "/etc/passwd", "..", "../a", "a/../../b", "a\\..\\b", "\\a", "C:\\a", "http://a/b", "a\0b", "./", "././../a",
  ])
  func refusesPathsElsewhere(_ path: String) throws {
    let sources = GivenSources([Name(text: path): [1]])
    let said = message { _ = try sources.source(Name(text: path)) }
    #expect(said == "external data must be in a relative path without '..', got '\(path)'")
    #expect(sources.openCount == 0)
  }

  @Test func opensEachFileOnce() throws {
    let sources = GivenSources(["a": [1], "b": [2]])
    for name in ["a", "b", "a", "./a", "././b"] as [Name] { _ = try sources.source(name) }
    #expect(sources.openCount == 2)
  }
}
