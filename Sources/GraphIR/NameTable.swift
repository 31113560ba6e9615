import Tensors

/// Numbers by name.
///
/// Every table by name in the core is one of these, with the number as an index: each other dictionary type would cost
/// the wasm file another 5 kB.
public typealias NameTable = [Name: Int]
