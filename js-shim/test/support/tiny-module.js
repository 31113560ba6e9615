/** The address of the control block in `trappingModule`. */
const control = 1024;

/**
 * A module with the exports of the core, of which the one named `trap` traps and the others answer 1, after a control
 * block that says which node comes next.
 */
export function trappingModule(trap, node, opType) {
  const unsigned = (value) => (value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >> 7)]);
  const signed = (value) => (value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)]);
  const list = (items) => [...unsigned(items.length), ...items.flat()];
  const text = (value) => [...unsigned(value.length), ...Buffer.from(value)];
  const section = (id, items) => [id, ...unsigned(list(items).length), ...list(items)];
  const body = (code) => [...unsigned(code.length + 2), 0, ...code, 0x0b];
  const answer = (value) => body([0x41, ...signed(value)]);

  const names = ['_initialize', 'apus_control', 'apus_allocate', 'apus_free', 'apus_create_begin', 'apus_create_step']
    .concat(['apus_create_finish', 'apus_run_begin', 'apus_run_step', 'apus_run_finish', 'apus_run_end']);
  const answers = { apus_control: control, apus_allocate: 4096 };
  const words = new Uint32Array(9);
  words.set([2, 2]);
  words.set([node.length, opType.length], 7);
  const block = [...new Uint8Array(words.buffer), ...Buffer.from(node + opType)];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, 0, 1, 0x7f]]),
    ...section(2, [[...text('env'), ...text('memory'), 2, 0, 1]]),
    ...section(3, names.map(() => [0])),
    ...section(7, names.map((name, i) => [...text(name), 0, ...unsigned(i)])),
    ...section(10, names.map((name) => (name === trap ? body([0]) : answer(answers[name] ?? 1)))),
    ...section(11, [[0, 0x41, ...signed(control), 0x0b, ...list(block)]]),
  ]);
}
