import Apus
import Tensors
import TestSupport
import Testing

@Suite struct EinsumTests {
  private func einsum(_ equation: String, _ inputs: [Tensor], _ y: Tensor) -> Case {
    Case(equation, "Einsum", inputs, [("equation", .string(Name(text: equation)))], gives: [y])
  }

  @Test func equations() {
    let (a, b) = (Tensor.float32([2, 2], [1, 2, 3, 4]), Tensor.float32([2, 2], [5, 6, 7, 8]))
    check([
      einsum("ij,jk->ik", [a, b], .float32([2, 2], [19, 22, 43, 50])),
      einsum("ij, jk -> ki", [a, b], .float32([2, 2], [19, 43, 22, 50])),
      einsum("ij,jk", [a, b], .float32([2, 2], [19, 22, 43, 50])),
      einsum("ij,kj->ik", [a, b], .float32([2, 2], [17, 23, 39, 53])),
      einsum("ij->ji", [a], .float32([2, 2], [1, 3, 2, 4])),
      einsum("ij->", [a], .float32([], [10])),
      einsum("ii->i", [a], .float32([2], [1, 4])),
      einsum("ii", [a], .float32([], [5])),
      einsum("i,j->ij", [.float32([2], [1, 2]), .float32([3], [3, 4, 5])], .float32([2, 3], [3, 4, 5, 6, 8, 10])),
      einsum("i,j->ji", [.float32([2], [1, 2]), .float32([3], [3, 4, 5])], .float32([3, 2], [3, 6, 4, 8, 5, 10])),
      einsum("bij,jbk->bik", [.ramp([2, 1, 2]), .ramp([2, 2, 1])], .float32([2, 1, 1], [2, 11])),
      einsum("jbi,bjk->bik", [.ramp([2, 2, 1]), .ramp([2, 2, 1])], .float32([2, 1, 1], [2, 11])),
      einsum("bij,bjk->bik", [.ramp([2, 1, 2]), .ramp([2, 2, 1])], .float32([2, 1, 1], [1, 13])),
      einsum("...ij,...jk->...ik", [.ramp([2, 1, 2]), .float32([2, 1], [1, 1])], .float32([2, 1, 1], [1, 5])),
      einsum("...i->...", [a], .float32([2], [3, 7])),
      einsum("ij,jk,k->i", [a, b, .float32([2], [1, -1])], .float32([2], [-3, -7])),
      einsum("ii,i->i", [a, .float32([2], [10, 100])], .float32([2], [10, 400])),
      einsum("ij,jk->ik", [.int32([1, 2], [1, 2]), .int32([2, 1], [3, 4])], .int32([1, 1], [11])),
      einsum("ij,ij->i", [.float64([1, 2], [1, 2]), .float64([1, 2], [3, 4])], .float64([1], [11])),
      einsum("ij,jk->ik", [.ramp([2, 0]), .ramp([0, 2])], .float32([2, 2], [0, 0, 0, 0])),
    ])
    checkError(einsum("ij,jk->ik", [a, .ramp([3, 2])], a), contains: "dims 2 and 3")
    checkError(einsum("ij->ik", [a], a), contains: "in no term")
    checkError(einsum("i$->i", [a], a), contains: "'i$->i'")
    checkError(einsum("ij->i", [a, b], a), contains: "2 inputs")
    checkError(einsum("ijk->i", [a], a), contains: "3 labels", "[2, 2]")
  }
}
