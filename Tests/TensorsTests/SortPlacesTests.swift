import Testing

@testable import Tensors

@Suite struct SortPlacesTests {
  @Test func agreesWithTheLibrary() {
    var state: UInt64 = 7
    for count in Array(0...40) + [1000] {
      // Few values, so that many are equal and the order of these shows.
      let values = (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 60)
      }
      var places = Array(values.indices)
      sortPlaces(&places) { values[$0] < values[$1] }
      #expect(places == values.indices.sorted { (values[$0], $0) < (values[$1], $1) })
      #expect(ascending(values) == values.sorted())
    }
  }
}
