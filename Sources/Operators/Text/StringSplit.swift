import GraphIR
import Kernels
import Tensors

/// Parts strings at a delimiter, or at runs of white space; output 1 says how many parts each gave.
///
/// <https://onnx.ai/onnx/operators/onnx__StringSplit.html>
struct StringSplit: OperatorKernel {
  private let delimiter: [UInt8]
  private let most: Int

  init(_ site: Site) throws(RuntimeError) {
    delimiter = try site.string("delimiter")?.bytes ?? []
    most = try site.int("maxsplit", default: .max)
    guard most >= 0 else { throw RuntimeError(.invalidGraph, "maxsplit must not be negative, got %d", most) }
  }

  func infer(_ inputs: Facts) -> [Fact] { [.anything, .anything] }

  func run(_ call: Call) throws(RuntimeError) {
    let x = call.inputs[0]
    let parts = x.storage.strings.map { split($0.bytes) }
    let width = parts.reduce(0) { max($0, $1.count) }
    let counts = try call.allocator.tensor(.int64, x.shape)
    let words = try call.allocator.tensor(.string, Shape(x.shape.dims + [width]))
    for (i, list) in parts.enumerated() {
      counts.elements(Int64.self)[i] = Int64(list.count)
      for (j, word) in list.enumerated() { words.storage.strings[i * width + j] = Name(word) }
    }
    call.outputs[value: 0] = .tensor(words)
    call.outputs[value: 1] = .tensor(counts)
  }

  private func split(_ text: [UInt8]) -> [[UInt8]] {
    if delimiter.isEmpty { return splitAtSpaces(text) }
    // An empty text has no parts.
    if text.isEmpty { return [] }
    var parts: [[UInt8]] = []
    var (start, i) = (0, 0)
    while i + delimiter.count <= text.count, parts.count < most {
      if text[i..<(i + delimiter.count)].elementsEqual(delimiter) {
        parts.append(Array(text[start..<i]))
        i += delimiter.count
        start = i
      } else {
        i += 1
      }
    }
    parts.append(Array(text[start...]))
    return parts
  }

  private func splitAtSpaces(_ text: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var i = 0
    while true {
      while i < text.count, isSpace(text[i]) { i += 1 }
      if i == text.count { return parts }
      if parts.count == most {
        var end = text.count
        while isSpace(text[end - 1]) { end -= 1 }
        parts.append(Array(text[i..<end]))
        return parts
      }
      let start = i
      while i < text.count, !isSpace(text[i]) { i += 1 }
      parts.append(Array(text[start..<i]))
    }
  }

  private func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte >= 9 && byte <= 13 }
}
