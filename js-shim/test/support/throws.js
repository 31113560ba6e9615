import assert from 'node:assert/strict';

/** That `act` throws an error of that class with that very text. */
export function throwsExactly(act, Kind, message) {
  assert.throws(act, (error) => {
    assert.equal(error.message, message);
    assert.equal(error.constructor, Kind);
    return true;
  });
}

/** The same of a promise. */
export async function rejectsExactly(promise, Kind, message) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.message, message);
    assert.equal(error.constructor, Kind);
    return true;
  });
}
