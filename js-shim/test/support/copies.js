/** Makes the copy of the library that is loaded next share nothing with those before it. */
export function forgetCopies() {
  for (const key of Object.getOwnPropertySymbols(globalThis)) {
    if (key.description.startsWith('apus@')) delete globalThis[key];
  }
}
