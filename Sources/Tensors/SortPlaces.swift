/// Sorts places by what is at them; those of equal things stay in their order.
///
/// A merge sort that is there once: the library's is compiled anew, in two kilobytes, for everything that is sorted.
/// `spare` has room for as many.
@export(interface) public func sortPlaces(
  _ places: UnsafeMutablePointer<Int>, count: Int, spare: UnsafeMutablePointer<Int>, by precedes: (Int, Int) -> Bool
) {
  var width = 1
  while width < count {
    var start = 0
    while start < count {
      let (middle, end) = (min(start + width, count), min(start + 2 * width, count))
      var (left, right) = (start, middle)
      for i in start..<end {
        if right == end || left < middle && !precedes(places[right], places[left]) {
          spare[i] = places[left]
          left += 1
        } else {
          spare[i] = places[right]
          right += 1
        }
      }
      start = end
    }
    places.update(from: spare, count: count)
    width *= 2
  }
}

/// The same with memory of its own.
@export(interface) public func sortPlaces(_ places: inout [Int], by precedes: (Int, Int) -> Bool) {
  var spare = places
  places.withUnsafeMutableBufferPointer { places in
    spare.withUnsafeMutableBufferPointer { spare in
      guard let base = places.baseAddress, let other = spare.baseAddress else { return }
      sortPlaces(base, count: places.count, spare: other, by: precedes)
    }
  }
}

/// The numbers in ascending order.
public func ascending(_ numbers: [Int]) -> [Int] {
  var sorted = numbers
  sortPlaces(&sorted) { $0 < $1 }
  return sorted
}
