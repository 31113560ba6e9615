extension Array {
  /// Adds an element, as the library's own `append` does, but by a call: the library inlines what makes room, which is
  /// 100 bytes of code at each of 500 places.
  @inlinable @inline(never)
  package mutating func append(_ element: __owned Element) { add(element, to: &self) }
}

/// The library's `append`, which the one above hides.
@inlinable
package func add<C: RangeReplaceableCollection>(_ element: __owned C.Element, to elements: inout C) {
  elements.append(element)
}
