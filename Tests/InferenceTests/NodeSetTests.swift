import Testing

@testable import Inference

@Suite struct NodeSetTests {
  @Test func elements() {
    for count in [0, 1, 63, 64, 65, 128, 200] {
      var set = NodeSet(below: count)
      var expected = Set(0..<count)
      func check() {
        for from in 0...count + 130 {
          #expect(set.first(from: from) == expected.filter { $0 >= from }.min(), "below \(count), from \(from)")
        }
      }
      check()
      for node in 0..<count where node % 3 != 0 {
        set.remove(node)
        expected.remove(node)
      }
      check()
      for node in 0..<count where node % 5 == 0 {
        set.insert(node)
        expected.insert(node)
      }
      check()
    }
  }
}
