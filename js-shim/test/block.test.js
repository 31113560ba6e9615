import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlockReader, BlockWriter } from '../src/block.js';
import { readJSON, readResults, writeOptions, writeRunRequest } from '../src/messages.js';
import { goldenBlocks } from './support/golden.js';

const golden = goldenBlocks();

/** What `write` writes, as it comes to lie in memory, behind something else. */
function bytesOf(write) {
  const words = new Uint32Array(50_000).fill(0xffffffff);
  const block = new BlockWriter(words, 1, words.length);
  write(block);
  assert.equal(words[0], 0xffffffff);
  return new Uint8Array(words.buffer, 4, block.finish());
}

const options = [
  ['graphOptimizationLevel', 'basic'],
  ['freeDimensionOverrides.bâtch', 4],
  ['intraOpNumThreads', 4],
];

const runRequest = {
  options: [['logSeverityLevel', 2]],
  feeds: [
    { index: 0, name: 'x', value: { kind: 'tensor', type: 1, dims: [2, 3], address: 4096, byteCount: 24 } },
    { index: 2, name: 'words', value: { kind: 'strings', dims: [2], strings: ['a', 'hé\0'] } },
    {
      index: -1,
      name: 'W',
      value: {
        kind: 'sequence',
        elements: [{ kind: 'tensor', type: 7, dims: [], address: 8192, byteCount: 8 }, { kind: 'none' }],
      },
    },
  ],
  fetches: [
    { index: 1, name: 'y' },
    { index: -1, name: 'hidden' },
  ],
};

const written = [
  { name: 'create-request', write: (block) => writeOptions(block, options) },
  { name: 'run-request', write: (block) => writeRunRequest(block, runRequest) },
];

for (const { name, write } of written) {
  test(`${name} is written as the golden bytes`, () => {
    assert.deepEqual([...bytesOf(write)], [...golden[name]]);
  });
}

const read = [
  {
    name: 'description',
    read: readJSON,
    says: {
      inputs: [
        {
          name: 'pixels',
          kind: 'tensor',
          type: 'float32',
          hasDefault: false,
          metadata: { name: 'pixels', isTensor: true, type: 'float32', shape: ['batch', 3, ''] },
        },
        {
          name: 'scale',
          kind: 'tensor',
          type: 'float16',
          hasDefault: true,
          metadata: { name: 'scale', isTensor: true, type: 'float16', shape: [] },
        },
      ],
      outputs: [
        {
          name: 'label',
          kind: 'tensor',
          type: 'string',
          hasDefault: false,
          metadata: { name: 'label', isTensor: true, type: 'string', shape: [], unranked: true },
        },
        {
          name: 'scores',
          kind: 'sequence',
          type: '',
          hasDefault: false,
          metadata: { name: 'scores', isTensor: false },
        },
      ],
    },
  },
  {
    name: 'results',
    read: readResults,
    says: [
      { kind: 'tensor', type: 11, dims: [1, 2], address: 65536, byteCount: 16 },
      { kind: 'strings', dims: [2], strings: ['cat', ''] },
      { kind: 'sequence', elements: [{ kind: 'tensor', type: 9, dims: [1], address: 131072, byteCount: 1 }] },
      {
        kind: 'map',
        elements: [
          { kind: 'strings', dims: [1], strings: ['cat'] },
          { kind: 'tensor', type: 1, dims: [1], address: 262144, byteCount: 4 },
        ],
      },
    ],
  },
  { name: 'error', read: readJSON, says: { code: 7, message: 'the file ends at byte 12' } },
  {
    name: 'node-error',
    read: readJSON,
    says: {
      code: 9,
      message: "node 'conv1' (Conv): group must be 1, got 2",
      node: 'conv1',
      opType: 'Conv',
      opset: 17,
      shapes: [[1, 3, -1, 224], []],
    },
  },
  { name: 'memory', read: readJSON, says: { weights: 5e9, arena: 4096, peak: 5.5e9 } },
  {
    name: 'profile',
    read: readJSON,
    says: [
      { name: 'conv1', opType: 'Conv', runs: 3, milliseconds: 1.5 },
      { name: '', opType: 'Relu', runs: 3, milliseconds: 0.25 },
    ],
  },
];

for (const { name, read: decode, says } of read) {
  test(`${name} is read from the golden bytes`, () => {
    assert.deepEqual(decode(new BlockReader(golden[name].buffer).from(0)), says);
    // As it lies in memory: somewhere, with something before it.
    const memory = new Uint8Array(golden[name].length + 12);
    memory.set(golden[name], 12);
    assert.deepEqual(decode(new BlockReader(memory.buffer).from(12)), says);
  });
}

const fields = [
  { field: 'u32', value: 7 },
  { field: 'f64', value: 0.5 },
  { field: 'string', value: 'four' },
  { field: 'dims', value: [-1, 3] },
];

for (const { field, value } of fields) {
  const many = (block) => {
    for (let i = 0; i < 5000; i++) block[field](value);
  };

  test(`a block of many ${field} is read again`, () => {
    const reader = new BlockReader(bytesOf(many).buffer).from(4);
    for (let i = 0; i < 5000; i++) assert.deepEqual(reader[field](), value);
  });

  test(`a block of many ${field} counts what does not fit, and leaves alone what is not its own`, () => {
    const words = new Uint32Array(100);
    for (const [start, end] of [[10, 50], [50, 50], [90, 50]]) {
      const block = new BlockWriter(words, start, end);
      many(block);
      assert.equal(block.finish(), bytesOf(many).length);
    }
    assert.ok(words.subarray(11, 50).some((word) => word > 0));
    assert.deepEqual([...words.subarray(0, 11), ...words.subarray(50)], Array(61).fill(0));
  });
}

test('every golden block is tested', () => {
  assert.deepEqual(Object.keys(golden).sort(), [...written, ...read].map(({ name }) => name).sort());
});

test('numbers of 64 bits keep all of them', () => {
  const written = bytesOf((block) => {
    for (let i = 0; i < 1000; i++) block.f64(i / 3);
  });
  const reader = new BlockReader(written.buffer).from(4);
  for (let i = 0; i < 1000; i++) assert.equal(reader.f64(), i / 3);
});
