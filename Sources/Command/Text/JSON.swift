import Tensors

extension JSON {
  mutating func integer(_ value: Int64) {
    var text: Text = []
    text.append(integer: value)
    literal(text)
  }

  mutating func unsigned(_ value: UInt64) {
    var text: Text = []
    text.append(unsigned: value)
    literal(text)
  }

  /// A number in the fewest digits that mean it; what JSON cannot say is a string: `"nan"`, `"inf"`, `"-inf"`.
  mutating func number(_ value: Double) { number(value.isFinite, value.description) }

  mutating func number(_ value: Float) { number(value.isFinite, value.description) }

  /// A number rounded to so many decimals.
  mutating func fixed(_ value: Double, decimals: Int) {
    var text: Text = []
    text.append(fixed: value, decimals: decimals)
    literal(text)
  }

  private mutating func number(_ isFinite: Bool, _ description: String) {
    guard isFinite else { return string(Name(text: description)) }
    literal(Text(description.utf8))
  }
}
