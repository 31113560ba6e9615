import Tensors
import Testing

@testable import Command

@Suite struct GeneratorTests {
  @Test(arguments: ElementType.allCases) func makesTheSameNumbersAgain(_ type: ElementType) throws {
    func make(_ seed: Int) throws -> Tensor {
      var generator = Generator(seed: seed)
      return try generator.tensor(type, Shape([97]), Allocator())
    }
    let (first, again, other) = (try make(1), try make(1), try make(2))
    #expect(first.packedBytes == again.packedBytes && first.storage.strings == again.storage.strings)
    #expect(first.packedBytes != other.packedBytes || first.storage.strings != other.storage.strings)
    if type == .string { return }
    let numbers = (0..<97).map { first.number($0) }
    #expect(numbers.allSatisfy { $0.isFinite })
    if type.isFloat {
      #expect(numbers.allSatisfy { $0 >= -1 && $0 <= 1 })
      #expect(Set(numbers).count > 80)
    } else {
      #expect(Set(numbers).count > 1)
    }
  }
}
