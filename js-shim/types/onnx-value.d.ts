import type { NarrowTensor, Tensor } from './tensor.js';

/** Kept for programs that name it: what `run` is typed to return are tensors. */
export type NonTensorType = never;

export type OnnxValue = Tensor | NonTensorType;

export type OnnxValueDataLocation = Tensor.DataLocation;

/**
 * Everything that a model may take or give: a tensor; an array for a sequence; a Map for a map, its keys strings,
 * bigints or, where it is given, numbers; null for an optional that is empty.
 *
 * `run` is typed as if all results were tensors, as programs expect. Say `value as AnyOnnxValue` of one that is not.
 */
export type AnyOnnxValue =
  | Tensor
  | NarrowTensor
  | readonly AnyOnnxValue[]
  | ReadonlyMap<string | bigint | number, string | number | bigint | AnyOnnxValue>
  | null;
