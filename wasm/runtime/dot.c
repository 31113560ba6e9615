// A module beside ours: the one loop over bytes that relaxed SIMD makes faster, on the same memory. The loader takes it
// where it validates and where the instruction is exact here; baseline SIMD stays all that our file asks for.
#include "../../Sources/CKernels/include/dot_bytes.h"

__attribute__((export_name("dot"))) int dot(
    const uint8_t *a, const int8_t *b, int32_t *c, int ldc, int quads, int blocks) {
  ck_dotBytes(a, b, c, ldc, quads, blocks);
  return 1;
}

/// Whether bytes of any value are multiplied exactly: for unsigned ones of 128 and more it is up to the processor. Asked
/// with 255 and 127, so that no engine knows the answer before.
__attribute__((export_name("is_exact"))) int is_exact(int largest, int positive) {
  ck_bytes16 x = (ck_bytes16)(int8_t)largest, y = (ck_bytes16)(int8_t)positive, z = (ck_bytes16)(int8_t)(~positive);
  ck_sums4 high = 0, low = 0;
  CK_DOT4(high, x, y)
  CK_DOT4(low, x, z)
  return high[0] == 4 * 255 * 127 && low[0] == -4 * 255 * 128;
}
