// The seed of Swift's hash tables, from the host: WASI's random_get.
#include <stddef.h>
#include <unistd.h>

void arc4random_buf(void *bytes, size_t count) {
  // getentropy grants at most 256 bytes a call.
  for (char *at = bytes; count > 0;) {
    size_t part = count < 256 ? count : 256;
    if (getentropy(at, part) != 0) __builtin_trap();
    at += part;
    count -= part;
  }
}
