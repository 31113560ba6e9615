import { mock } from 'node:test';

/** What was warned of while `act` ran. */
export async function warnings(act) {
  const warn = mock.method(console, 'warn', () => {});
  try {
    await act();
    return warn.mock.calls.map((call) => call.arguments[0]);
  } finally {
    warn.mock.restore();
  }
}
