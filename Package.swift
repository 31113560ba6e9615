// swift-tools-version: 6.1
import PackageDescription

/// Leaves out what only Linux has: `.when(platforms:)` excludes nothing for the bare wasm triple.
let forWasm = Context.environment["APUS_WASM"] != nil

/// Builds without OpenBLAS, with our own matrix multiplication throughout.
let withoutOpenBLAS = Context.environment["APUS_NO_OPENBLAS"] != nil

/// What only prepares work is compiled for size in the wasm files; kernels, and what their loops inline, for speed.
/// The flag is unsafe to SwiftPM, which refuses it in a dependency; no dependency is built with `APUS_WASM`.
let small: [SwiftSetting] = forWasm ? [.unsafeFlags(["-Osize"])] : []

/// The spine: each target imports only those above it.
var targets: [Target] = [
  .target(name: "CKernels", linkerSettings: forWasm ? [] : [.linkedLibrary("m")]),
  .target(name: "Tensors", dependencies: ["CKernels"]),
  .target(name: "Kernels", dependencies: ["CKernels", "Tensors"]),
  .target(name: "ONNXFormat", dependencies: ["Tensors"], swiftSettings: small),
  .target(name: "GraphIR", dependencies: ["Tensors", "ONNXFormat"], swiftSettings: small),
  .target(name: "Operators", dependencies: ["Tensors", "Kernels", "GraphIR"], swiftSettings: small),
  .target(name: "Passes", dependencies: ["Tensors", "GraphIR", "Operators"], swiftSettings: small),
  .target(
    name: "Inference", dependencies: ["Tensors", "Kernels", "ONNXFormat", "GraphIR", "Operators", "Passes"],
    swiftSettings: small),
  .target(name: "Apus", dependencies: ["Tensors", "Kernels", "ONNXFormat", "Inference"], swiftSettings: small),
  .target(name: "WasmABI", dependencies: ["CKernels", "Apus"], swiftSettings: small),
  .target(name: "CHost"),
  .target(
    name: "Command", dependencies: ["CHost", "Apus", "Operators"] + (forWasm ? [] : ["NativePlatform"]),
    swiftSettings: small),
  .executableTarget(name: "ApusMain", dependencies: ["Command"]),
]
var products: [Product] = [
  .library(name: "Apus", targets: ["Apus"]),
  .executable(name: "apus", targets: ["ApusMain"]),
]

if forWasm {
  // What a browser or Node loads: the exports of WasmABI, and no start function.
  targets.append(.executableTarget(name: "OrtModule", dependencies: ["WasmABI"]))
  products.append(.executable(name: "ort", targets: ["OrtModule"]))
} else {
  if !withoutOpenBLAS {
    targets.append(.systemLibrary(name: "COpenBLAS"))
  }
  targets += [
    .target(
      name: "NativePlatform",
      dependencies: ["CKernels", "Kernels"] + (withoutOpenBLAS ? [] : ["COpenBLAS"]),
      swiftSettings: withoutOpenBLAS ? [] : [.define("OPENBLAS")]),
    .target(name: "TestSupport", dependencies: ["Apus", "Operators"], path: "Tests/TestSupport"),
  ]
  let tested: [(String, [Target.Dependency])] = [
    ("Tensors", []),
    ("Kernels", ["Tensors", "CKernels", "NativePlatform"]),
    ("ONNXFormat", ["Tensors"]),
    ("GraphIR", ["Tensors", "ONNXFormat"]),
    ("Operators", ["Tensors", "GraphIR", "Inference"]),
    ("Passes", ["Tensors", "GraphIR", "Operators", "Inference"]),
    ("Inference", ["Tensors", "GraphIR", "Operators", "NativePlatform"]),
    ("WasmABI", ["Tensors"]),
    ("Command", ["Tensors"]),
  ]
  for (name, others) in tested {
    targets.append(
      .testTarget(name: name + "Tests", dependencies: [.target(name: name), "TestSupport"] + others))
  }
}

let package = Package(name: "Apus", products: products, targets: targets)
