import Apus
import Tensors
import TestSupport
import Testing

@Suite struct MapsTests {
  /// Rows become maps, one of them is picked, and its values are put in the order of a vocabulary.
  @Test func throughMaps() throws {
    let model = model(
      graph(
        ["x"], constants: ["second": .int64([], [1])],
        [
          node("maps = ai.onnx.ml.ZipMap(x)", ["classlabels_strings": .strings(["a", "b", "c"])]),
          node("map = SequenceAt(maps, second)"),
          node("y = ai.onnx.ml.DictVectorizer(map)", ["string_vocabulary": .strings(["c", "?", "a"])]),
        ], ["y", "maps"]), opset: 1, domain: "ai.onnx.ml")
    let session = try Session(model: model)
    for _ in 0..<2 {
      let results = try session.run([("x", .tensor(.ramp([2, 3])))])
      #expect(difference(results[0].1.tensor!, .float32([1, 3], [5, 0, 3])) == nil)
      guard case .sequence(let maps) = results[1].1, case .map(let first) = maps.elements[0] else {
        Issue.record("no sequence of maps")
        return
      }
      #expect(first.keys.storage.strings == ["a", "b", "c"])
      #expect(first.values.doubles == [0, 1, 2])
    }
  }

  /// A map with integer keys as a row: in the order of the keys, or each at its key.
  @Test func casts() throws {
    for (form, target, expected) in [
      ("DENSE", "TO_INT64", Tensor.int64([1, 3], [7, 9, 5])), ("SPARSE", "TO_FLOAT", .float32([1, 3], [7.5, 0, 9.5])),
      ("DENSE", "TO_STRING", .strings([1, 3], ["7.5", "9.5", "5.5"])),
    ] {
      let model = model(
        graph(
          ["x"], constants: ["first": .int64([], [0])],
          [
            node("maps = ai.onnx.ml.ZipMap(x)", ["classlabels_int64s": .ints([4, 0, 2])]),
            node("map = SequenceAt(maps, first)"),
            node(
              "y = ai.onnx.ml.CastMap(map)",
              ["map_form": .string(Name(text: form)), "cast_to": .string(Name(text: target)), "max_map": .int(3)]),
          ], ["y"]), opset: 1, domain: "ai.onnx.ml")
      let result = try Session(model: model).run([("x", .tensor(.float32([1, 3], [5.5, 7.5, 9.5])))])[0].1.tensor!
      #expect(difference(result, expected) == nil, "\(form) \(target)")
    }
  }

  @Test func errors() {
    checkError(
      Case(
        "labels", "ZipMap", domain: "ai.onnx.ml", opset: 1, [.ramp([1, 2])], [("classlabels_int64s", .ints([1]))],
        gives: [.ramp([1])]), contains: "1 labels do not fit an input of [1, 2]")
    checkError(
      Case(
        "no map", "DictVectorizer", domain: "ai.onnx.ml", opset: 1, [.ramp([1, 2])],
        [("int64_vocabulary", .ints([1]))], gives: [.ramp([1])]), contains: "input 0 must be a map")
  }
}
