// Where a script that is no module came from: asked while it is loaded, for later nobody tells.
export const apusAddress =
  typeof document === 'object' && document.currentScript
    ? document.currentScript.src
    : typeof location === 'object'
    ? location.href
    : undefined;
