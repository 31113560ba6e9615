/// Sorts places by what is at them; those of equal things stay in their order.
///
/// A merge sort that is there once: the library's is compiled anew, in two kilobytes, for everything that is sorted.
@export(interface) public func sortPlaces(_ places: inout [Int], by precedes: (Int, Int) -> Bool) {
  var other = places
  var width = 1
  while width < places.count {
    var start = 0
    while start < places.count {
      let (middle, end) = (min(start + width, places.count), min(start + 2 * width, places.count))
      var (left, right) = (start, middle)
      for i in start..<end {
        if right == end || left < middle && !precedes(places[right], places[left]) {
          other[i] = places[left]
          left += 1
        } else {
          other[i] = places[right]
          right += 1
        }
      }
      start = end
    }
    swap(&places, &other)
    width *= 2
  }
}

/// The numbers in ascending order.
public func ascending(_ numbers: [Int]) -> [Int] {
  var sorted = numbers
  sortPlaces(&sorted) { $0 < $1 }
  return sorted
}
