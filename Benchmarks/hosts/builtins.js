// What a peer's driver written for Node takes of it, for pages: files are those that the page has fetched.

/** @type {Map<string, Uint8Array>}  by path */
export const files = new Map();

export function readFileSync(path) {
  const found = files.get(path);
  if (!found) throw new Error(`the page must have fetched ${path}`);
  return found;
}

export const resolve = (...parts) => parts.reduce((base, part) => new URL(part, new URL(base, location)).pathname, '/');
export const pathToFileURL = (path) => new URL(path, location);

export default { readFileSync, resolve };
