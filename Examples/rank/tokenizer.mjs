/**
 * WordPiece, as BERT's uncased models were trained with: text becomes words, words become the longest pieces of the
 * vocabulary from the left, `##` marking a piece inside a word.
 */
export class Tokenizer {
  /** @param {string} vocabulary the text of vocab.txt: a piece a line, its number is its line */
  constructor(vocabulary) {
    this.ids = new Map(vocabulary.split(/\r?\n/).filter((piece) => piece !== '').map((piece, id) => [piece, id]));
    [this.unknown, this.start, this.end, this.padding] = ['[UNK]', '[CLS]', '[SEP]', '[PAD]'].map((piece) => {
      if (!this.ids.has(piece)) throw new Error(`the vocabulary has no ${piece}`);
      return this.ids.get(piece);
    });
  }

  /** The numbers of the pieces of one text, between [CLS] and [SEP], at most `limit` of them. */
  encode(text, limit = 256) {
    const pieces = words(text).flatMap((word) => this.pieces(word));
    return [this.start, ...pieces.slice(0, limit - 2), this.end];
  }

  /** The pieces of a word; [UNK] for the whole of it where one part has none. */
  pieces(word) {
    if (word.length > LONGEST) return [this.unknown];
    const found = [];
    for (let from = 0; from < word.length;) {
      let to = word.length;
      const text = () => (from > 0 ? '##' : '') + word.slice(from, to).join('');
      while (to > from && !this.ids.has(text())) to--;
      if (to === from) return [this.unknown];
      found.push(this.ids.get(text()));
      from = to;
    }
    return found;
  }

  /**
   * A batch for the model: every text padded to the longest, as int64 rows.
   * @returns {{ids: BigInt64Array, mask: BigInt64Array, types: BigInt64Array, dims: [number, number]}}
   */
  batch(texts) {
    const rows = texts.map((text) => this.encode(text));
    const length = Math.max(...rows.map((row) => row.length));
    const ids = new BigInt64Array(rows.length * length).fill(BigInt(this.padding));
    const mask = new BigInt64Array(rows.length * length);
    rows.forEach((row, i) => {
      row.forEach((id, j) => (ids[i * length + j] = BigInt(id)));
      mask.fill(1n, i * length, i * length + row.length);
    });
    return { ids, mask, types: new BigInt64Array(ids.length), dims: [rows.length, length] };
  }
}

/** A word of more characters than this is not looked at. */
const LONGEST = 100;

const CHINESE = /[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/u;
// Unicode's punctuation, and the ASCII signs that Unicode counts as symbols.
const PUNCTUATION = /[\p{P}$+<=>^`|~]/u;
const IGNORED = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/u;

/** Lower-case words, as arrays of characters: without accents, signs and Chinese characters each a word of its own. */
export function words(text) {
  const out = [];
  let word = [];
  const close = () => {
    if (word.length > 0) out.push(word);
    word = [];
  };
  // Accents go by decomposition; the mark is then a character of its own. Lower case goes by the character, because a
  // whole string would get its final sigmas.
  for (const character of text.normalize('NFD')) {
    if (IGNORED.test(character) || /\p{Mn}/u.test(character)) continue;
    if (/\s/u.test(character)) close();
    else if (PUNCTUATION.test(character) || CHINESE.test(character)) {
      close();
      out.push([character]);
    } else word.push(...character.toLowerCase());
  }
  close();
  return out;
}
