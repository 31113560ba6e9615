// The seed of Swift's hash tables where the module may import nothing for it: a constant. The keys are names of one
// model in one memory, so there is nobody to flood another's table, and the order of iteration is the same everywhere.
#include <stddef.h>
#include <stdint.h>

void arc4random_buf(void *bytes, size_t count) {
  uint8_t *at = bytes;
  uint32_t state = 0x9e3779b9;
  for (size_t i = 0; i < count; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    at[i] = (uint8_t)state;
  }
}
