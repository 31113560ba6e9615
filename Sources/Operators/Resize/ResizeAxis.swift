import GraphIR
import Kernels
import Tensors

/// How Resize maps positions of the output back to the input.
enum CoordinateMode {
  case halfPixel, halfPixelSymmetric, pytorchHalfPixel, alignCorners, asymmetric, cropAndResize
  /// Of opsets 11 and 12, for nearest neighbours.
  case halfPixelForNearest

  init(_ name: Name) throws(RuntimeError) {
    switch name {
    case _ where name == "half_pixel": self = .halfPixel
    case _ where name == "half_pixel_symmetric": self = .halfPixelSymmetric
    case _ where name == "pytorch_half_pixel": self = .pytorchHalfPixel
    case _ where name == "align_corners": self = .alignCorners
    case _ where name == "asymmetric": self = .asymmetric
    case _ where name == "tf_crop_and_resize": self = .cropAndResize
    case _ where name == "tf_half_pixel_for_nn": self = .halfPixelForNearest
    default:
      throw RuntimeError(.notImplemented, "coordinate_transformation_mode %s is not implemented", name: name)
    }
  }
}

/// Which of two neighbours is the nearest.
enum NearestMode {
  case roundPreferFloor, roundPreferCeil, floor, ceil
  /// Before opset 11: down when the axis grows, up when it shrinks.
  case byScale

  init(_ name: Name) throws(RuntimeError) {
    switch name {
    case _ where name == "round_prefer_floor": self = .roundPreferFloor
    case _ where name == "round_prefer_ceil": self = .roundPreferCeil
    case _ where name == "floor": self = .floor
    case _ where name == "ceil": self = .ceil
    default: throw RuntimeError(.invalidGraph, "nearest_mode %s is not known", name: name)
    }
  }
}

/// How one axis is resized.
struct ResizeAxis {
  let length: Int
  let newLength: Int
  let scale: Float
  /// The length before it was cut to an integer.
  let exactLength: Double
  /// The part of the input that is looked at, 0 to 1; of `.cropAndResize` only.
  var roi: (start: Float, end: Float) = (0, 1)

  /// Resized by a scale.
  init(length: Int, scale: Float) {
    self.length = length
    self.scale = scale
    exactLength = Double(scale) * Double(length)
    newLength =
      exactLength.isFinite && exactLength >= 0 && exactLength < Double(Int.max / 2) ? Int(Float(length) * scale) : 0
  }

  /// Resized to a size.
  init(length: Int, newLength: Int) {
    self.length = length
    self.newLength = newLength
    scale = length == 0 ? 1 : Float(newLength) / Float(length)
    exactLength = Double(newLength)
  }

  init(length: Int, newLength: Int, scale: Float) {
    self.length = length
    self.newLength = newLength
    self.scale = scale
    exactLength = Double(scale) * Double(length)
  }

  func isUnchanged(_ mode: CoordinateMode) -> Bool {
    length == newLength && (mode == .cropAndResize ? roi == (0, 1) : scale == 1)
  }

  /// The input position of output position `i`. In float32 it gives the reference's ties of nearest neighbours.
  func coordinate<T: BinaryFloatingPoint>(_ i: Int, _ mode: CoordinateMode, as _: T.Type) -> T {
    let (x, size, newSize) = (T(i), T(length), T(exactLength))
    // A size says what the scale is more exactly than the scale itself.
    let factor = exactLength == Double(newLength) && T.self != Float.self ? newSize / size : T(scale)
    switch mode {
    case .halfPixel: return (x + 0.5) / factor - 0.5
    case .pytorchHalfPixel: return newLength == 1 ? 0 : (x + 0.5) / factor - 0.5
    case .halfPixelForNearest: return (x + 0.5) / factor
    case .halfPixelSymmetric:
      let offset = size / 2 * (1 - T(newLength) / newSize)
      return offset + (x + 0.5) / factor - 0.5
    case .alignCorners: return newSize == 1 ? 0 : x * (size - 1) / (newSize - 1)
    case .asymmetric: return x / factor
    case .cropAndResize:
      let (start, end) = (T(roi.start), T(roi.end))
      if newLength == 1 { return (start + end) * (size - 1) / 2 }
      return start * (size - 1) + x * (end - start) * (size - 1) / (T(newLength) - 1)
    }
  }

  /// The input position nearest to output position `i`, or -1 where that lies outside.
  func nearest(_ i: Int, _ mode: CoordinateMode, _ nearest: NearestMode) -> Int32 {
    if isUnchanged(mode) { return Int32(i) }
    let x = coordinate(i, mode, as: Float.self)
    if mode == .cropAndResize, x < 0 || x > Float(length - 1) { return -1 }
    let rounded: Float
    switch nearest {
    case .floor: rounded = x.rounded(.down)
    case .ceil: rounded = x.rounded(.up)
    case .roundPreferFloor: rounded = (x - 0.5).rounded(.up)
    case .roundPreferCeil: rounded = (x + 0.5).rounded(.down)
    case .byScale: rounded = scale < 1 ? x.rounded(.up) : x.rounded(.down)
    }
    return Int32(max(0, min(rounded, Float(length - 1))))
  }
}
