// An application as people write them: it says the package's name and is bundled.
import { InferenceSession, Tensor, env } from 'onnxruntime-web';

export { InferenceSession, Tensor, env };

// Whoever runs this file is counted, also where it is not the page.
new BroadcastChannel('application').postMessage('runs');
