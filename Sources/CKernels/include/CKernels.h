// The C that Swift cannot say: libm and memory by name, SIMD and atomic builtins. `static inline` only, no state.
#ifndef CKERNELS_H
#define CKERNELS_H

// clang would otherwise contract `a * b + c` into a fused multiply-add where the target has one, and native and wasm
// results would differ.
#pragma STDC FP_CONTRACT OFF

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/// Memory for tensors, aligned to 64 bytes; NULL where there is none.
static inline void *_Nullable ck_allocate(size_t bytes) {
  void *memory = NULL;
  return posix_memalign(&memory, 64, bytes ? bytes : 1) == 0 ? memory : NULL;
}
static inline void ck_free(void *_Nullable memory) { free(memory); }

#include "cmath.h"
#include "lanes.h"
#include "coefficients.h"
#include "tile_avx2.h"
#include "x86.h"
#include "dot_bytes.h"
#include "threads.h"

#endif
