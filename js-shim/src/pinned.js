// Tensors that live in a session's own memory: what `preferredOutputLocation: 'cpu-pinned'` asks for. They are written
// and fed again without leaving it. In the worker file.
import { arrayOf, typeNamed, typeOfCode } from './tensor-types.js';

/** The pinned tensors of one session. They end with it. */
export class PinnedTensors {
  #core;
  #Tensor;
  #isIdle;
  /** Addresses in use. */
  #places = new Set();
  /** Disposed of while a run may still read them. */
  #leftovers = [];
  /** @type {WeakMap<Tensor, { address: number, byteCount: number }>} */
  #placeOf = new WeakMap();
  #forgotten =
    typeof FinalizationRegistry === 'function' ? new FinalizationRegistry((address) => this.#free(address)) : undefined;

  /**
   * @param {import('./core.js').Core} core
   * @param {() => boolean} isIdle  whether no run is under way or waits
   * @param {typeof import('./tensor.js').Tensor} Tensor  the script's own
   */
  constructor(core, isIdle, Tensor) {
    this.#core = core;
    this.#isIdle = isIdle;
    this.#Tensor = Tensor;
  }

  /** A result as a tensor that stays where results are; undefined for what cannot be pinned. */
  keep({ type, dims, address, byteCount }) {
    const row = typeOfCode(type);
    if (!(row?.bits >= 8) || !byteCount) return undefined;
    const place = this.#core.allocated(byteCount, 'bytes');
    const { memory } = this.#core.shareable;
    new Uint8Array(memory.buffer).copyWithin(place, address, address + byteCount);
    this.#places.add(place);
    const Elements = arrayOf(row);
    let last;
    const view = () => {
      if (!this.#places.has(place)) return undefined;
      // Memory that grows leaves its old views empty.
      if (last?.buffer !== memory.buffer) {
        last = new Elements(memory.buffer, place, byteCount / Elements.BYTES_PER_ELEMENT);
      }
      return last;
    };
    const tensor = new this.#Tensor({ location: 'cpu-pinned', type: row.name, dims, data: view() });
    tensor.disposer = () => this.#free(place);
    const ignore = () => {};
    Object.defineProperties(tensor, {
      cpuData: { get: view, set: ignore, enumerable: true },
      dataLocation: { get: () => (this.#places.has(place) ? 'cpu-pinned' : 'none'), set: ignore, enumerable: true },
    });
    this.#placeOf.set(tensor, { address: place, byteCount });
    this.#forgotten?.register(tensor, place);
    return tensor;
  }

  /** A feed of this session's own memory, which nobody needs to copy; undefined for any other tensor. */
  valueOf(tensor) {
    const place = this.#placeOf.get(tensor);
    if (!place || !this.#places.has(place.address)) return undefined;
    return { kind: 'tensor', type: typeNamed(tensor.type).code, dims: [...tensor.dims], ...place };
  }

  /** Gives back what was disposed of, when no run reads it any more. */
  sweep() {
    for (const address of this.#leftovers.splice(0)) this.#core.free(address);
  }

  /** The session's memory is gone, and all of them with it. */
  end() {
    this.#places.clear();
    this.#leftovers = [];
  }

  #free(address) {
    if (!this.#places.delete(address)) return;
    this.#leftovers.push(address);
    if (this.#isIdle()) this.sweep();
  }
}
