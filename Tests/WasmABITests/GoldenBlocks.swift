import Foundation

/// The blocks of wasm/golden.txt, by name: hex bytes, then what they say behind a `#`.
let goldenBlocks: [String: [UInt8]] = {
  let path = URL(fileURLWithPath: #filePath).appendingPathComponent("../../../wasm/golden.txt").standardized.path
  var blocks: [String: [UInt8]] = [:]
  var name = ""
  for line in try! String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") {
    let text = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
    if text.hasSuffix(":") {
      name = String(text.dropLast())
      blocks[name] = []
    } else {
      blocks[name]?.append(contentsOf: text.split(separator: " ").map { UInt8($0, radix: 16)! })
    }
  }
  return blocks
}()
