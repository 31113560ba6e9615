// Pages that go wrong in each way there is, for harness.mjs.
export const pages = ['fails', 'strays', 'hangs', 'empty', 'broken', 'absent', 'goes-well'].map((file) => ({
  file: `../harness/${file}`,
  as: file,
}));
