import WasmABI
