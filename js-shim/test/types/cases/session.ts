import { AnyOnnxValue, InferenceSession, Tensor } from 'onnxruntime-web';

export async function use(bytes: Uint8Array, more: ArrayBuffer) {
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['wasm', 'cpu', 'another', { name: 'webgpu', preferredLayout: 'NHWC' }, { name: 'webnn', deviceType: 'npu' }],
    graphOptimizationLevel: 'extended',
    executionMode: 'parallel',
    enableCpuMemArena: true,
    enableMemPattern: false,
    freeDimensionOverrides: { batch: 1 },
    preferredOutputLocation: { y: 'cpu-pinned' },
    externalData: ['weights.bin', { path: 'more.bin', data: bytes }, { path: 'url.bin', data: 'https://example.com/x' }],
    extra: { session: { set_denormal_as_zero: '1' } },
    logSeverityLevel: 0,
  };
  const session: InferenceSession = await InferenceSession.create('model.onnx', options);
  await InferenceSession.create(bytes, options);
  await InferenceSession.create(more);
  await InferenceSession.create(more, 8, 16, options);
  await InferenceSession.create(more, 8);

  const x = new Tensor('float32', [1, 2], [2]);
  const all: InferenceSession.ReturnType = await session.run({ x });
  const { y } = await session.run({ x }, ['y'], { tag: 'one', logSeverityLevel: 4 });
  const values = y.data as Float32Array;
  await session.run({ x }, { y: null, z: x }, { terminate: false });
  const fetches: InferenceSession.FetchesType = { y: null };
  const feeds: InferenceSession.FeedsType = { x };
  await session.run(feeds, fetches);
  await session.release();
  session.startProfiling();
  session.endProfiling();

  for (const info of session.inputMetadata) {
    if (info.isTensor) {
      const shape: readonly (number | string)[] = info.shape;
      const type: Tensor.Type = info.type;
    } else {
      // expect TS2339
      info.shape;
    }
  }

  // expect TS2769
  await InferenceSession.create(5);
  // expect TS2554
  await InferenceSession.create();
  // expect TS2322
  const level: InferenceSession.SessionOptions = { graphOptimizationLevel: 'most' };
  const context: InferenceSession.SessionOptions = {
    // expect TS2740
    epContextDataRead: { callback: async () => bytes, maxDataSize: 1024 },
  };
  // expect TS2322
  const wrong: InferenceSession.SessionOptions = { nonsense: true };
  // expect TS2322
  await session.run({ x: new Float32Array(2) });
  // expect TS2769
  await session.run({ x }, { y: 5 });
  // expect TS2540
  session.inputNames = [];
  // expect TS2351
  new InferenceSession();
  return { all, values, level, context, wrong };
}

// What there is beside the reference.
export async function more(bytes: Uint8Array, signal: AbortSignal, response: Response, url: URL) {
  let seen = 0;
  const session = await InferenceSession.create(response, {
    signal,
    yieldEveryMs: 20,
    maxMemory: 1e9,
    intermediates: ['hidden'],
    determinism: 'strict',
    onProgress: (progress) => {
      seen += progress.loaded / (progress.total ?? 1);
      if (progress.phase === 'download') console.log(progress.path);
    },
    transfer: true,
  });
  await InferenceSession.create(url);
  await InferenceSession.create(new Request(url));
  await InferenceSession.create(response.body!);
  await InferenceSession.create(response.blob());
  await InferenceSession.create(Promise.resolve(bytes));
  const other: InferenceSession = InferenceSession.createSync(bytes, { intermediates: true });
  const { y } = other.runSync({ x: new Tensor([true]) }, ['y']);
  const { weights, arena, peak } = session.memory;
  const graph: Uint8Array | undefined = session.optimizedModel;
  await session.run({ x: new Tensor([true]) }, { signal, yieldEveryMs: 10, transfer: true });

  // Sequences, maps and optionals, in and out.
  await session.run({ list: [y, y], map: new Map([['a', 1]]), nothing: null });
  const value = y as AnyOnnxValue;
  if (Array.isArray(value)) value.length;
  if (value instanceof Map) value.get('a');

  try {
    await session.run({});
  } catch (error) {
    const { code, node, opType, opset, shapes, hint, cause } = error as InferenceSession.RuntimeError;
    return [code.toFixed(), node?.length, opType, opset, shapes?.[0][0], hint, cause];
  }
  // expect TS2322
  const determinism: InferenceSession.SessionOptions = { determinism: 'perhaps' };
  InferenceSession.createSync('model.onnx');
  InferenceSession.createSync(bytes.buffer, 8, 16);
  await InferenceSession.create(new DataView(bytes.buffer));
  // expect TS2345
  InferenceSession.createSync(response);
  // expect TS2540
  session.memory.peak = 0;
  return [weights, arena, peak, graph, determinism, seen];
}
