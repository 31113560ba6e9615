// An application as people write them: it says the package's name and is bundled.
import { InferenceSession, Tensor } from 'onnxruntime-web';

export { InferenceSession, Tensor };
globalThis.timesLoaded = (globalThis.timesLoaded ?? 0) + 1;
