import * as ort from 'onnxruntime-web';
import { Tensor, TypedTensor } from 'onnxruntime-web';

/** Accepts only what is exactly of type `T`. */
declare function is<T>(): <U>(value: U & ([T] extends [U] ? unknown : never) & T) => void;

is<TypedTensor<'float32'>>()(new Tensor('float32', new Float32Array(4), [2, 2]));
is<TypedTensor<'float32'>>()(new Tensor('float32', [1, 2, 3, 4]));
is<TypedTensor<'float32'>>()(new Tensor(new Float32Array(4)));
is<TypedTensor<'float64'>>()(new Tensor(new Float64Array(4), [4]));
is<TypedTensor<'int64'>>()(new Tensor('int64', [1, 2], [2]));
is<TypedTensor<'int64'>>()(new Tensor('int64', [1n, 2n]));
is<TypedTensor<'uint64'>>()(new Tensor(BigUint64Array.of(1n)));
is<TypedTensor<'string'>>()(new Tensor('string', ['a', 'b'], [2]));
is<TypedTensor<'string'>>()(new Tensor(['a', 'b'] as const));
is<TypedTensor<'bool'>>()(new Tensor('bool', [true, false]));
is<TypedTensor<'bool'>>()(new Tensor('bool', new Uint8Array(2)));
is<TypedTensor<'bool'>>()(new Tensor([true, false]));
is<TypedTensor<'uint8'>>()(new Tensor(new Uint8ClampedArray(1)));
is<TypedTensor<'uint8'>>()(new Tensor('uint8', new Uint8ClampedArray(1), [1]));
is<TypedTensor<'float16'>>()(new Tensor('float16', new Uint16Array(1)));
is<TypedTensor<'int4'>>()(new Tensor('int4', new Uint8Array(1), [2]));

const name: Tensor.Type = 'float32';
const general: Tensor = new Tensor(name, new Float32Array(1));
const data: Tensor.DataType = general.data;
const again: Tensor = general.reshape([1, 1]);
const size: number = again.size + again.dims.length;
const parts = async (tensor: TypedTensor<'float32'>): Promise<Float32Array> => tensor.getData(true);

// Element types without arrays of their own.
const narrow: ort.NarrowTensor<'bfloat16'> = new Tensor('bfloat16', new Uint16Array(2), [2]);

// Memory elsewhere.
declare const buffer: Tensor.GpuBufferType;
is<TypedTensor<'int32'>>()(Tensor.fromGpuBuffer(buffer, { dataType: 'int32', dims: [2], dispose() {} }));
is<TypedTensor<'uint8'>>()(Tensor.fromPinnedBuffer('uint8', new Uint8Array(2)));
is<TypedTensor<'float32'>>()(new Tensor({ location: 'gpu-buffer', type: 'float32', gpuBuffer: buffer, dims: [2] }));

const image = async () => Tensor.fromImage('https://example.com/cat.png', { width: 2, height: 2, norm: { mean: [1, 2, 3] } });
const options: ort.TensorToDataUrlOptions = { format: 'RGB', tensorLayout: 'NCHW' };
const url: string = general.toDataURL(options);

// expect TS2554
new Tensor();
// expect TS2769
new Tensor('float32');
// expect TS2769
new Tensor([1, 2, 3, 4]);
// expect TS2769
new Tensor(new Float32Array(4), 2);
// expect TS2769
new Tensor('bool', new Uint8ClampedArray(2), [2]);
// expect TS2769
new Tensor('complex64', [1]);
// expect TS2348
ort.Tensor('float32', [1, 2, 3, 4], [2, 2]);
// expect TS2352
new Tensor(new Uint8Array(4)) as TypedTensor<'bool'>;
// expect TS2540
general.data = new Float32Array(1);
// expect TS2322
const wrong: TypedTensor<'float32'> = new Tensor('float64', [1]);
// expect TS2345
Tensor.fromPinnedBuffer('string', ['a']);
