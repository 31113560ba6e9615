/** What build this script is of, written in by build.mjs; the worker file must be of the same. */
export const build = typeof apusBuild === 'string' ? apusBuild : 'unbundled';
