// The level is chosen here, once for a block of work.
#include "CKernels.h"

#if defined(__x86_64__)
#include "entries.h"

void ck_multiplyFloats(int level, const ck_floatBlock *block) {
  level > 1 ? ck_multiplyFloats2(block) : ck_multiplyFloats1(block);
}
void ck_packFloatColumns(
    int level, const ck_floatColumns *columns, ptrdiff_t first, ptrdiff_t count, float *packed) {
  level > 1 ? ck_packFloatColumns2(columns, first, count, packed)
            : ck_packFloatColumns1(columns, first, count, packed);
}
#endif
