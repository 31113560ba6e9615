// For `require`, and for scripts, where `ort` is a global.
import { ort } from './default.js';

export * from './names.js';
export default ort;
export as namespace ort;
