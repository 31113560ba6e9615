// For `import`.
import { ort } from './default.js';

export * from './names.js';
export default ort;
