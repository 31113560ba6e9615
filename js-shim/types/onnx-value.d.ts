import type { NarrowTensor, Tensor } from './tensor.js';

/** Kept for programs that name it: what `run` is typed to return are tensors. */
export type NonTensorType = never;

export type OnnxValue = Tensor | NonTensorType;

export type OnnxValueDataLocation = Tensor.DataLocation;

/**
 * Everything that a model may take or give: a tensor; an array for a sequence; a Map for a map; null for an optional
 * tensor or sequence that is empty. Keys of a Map are strings or bigints, and values are of the type that the model
 * declares; numbers are taken for bigints too.
 *
 * `run` is typed as if all results were tensors, as programs expect. Say `value as AnyOnnxValue` of one that is not.
 */
export type AnyOnnxValue =
  | Tensor
  | NarrowTensor
  | readonly AnyOnnxValue[]
  | ReadonlyMap<string | bigint | number, string | number | bigint | AnyOnnxValue>
  | null;
