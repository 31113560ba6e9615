// A tile of bytes by sums of four products: what VNNI has on x86-64 and relaxed SIMD brings to wasm. The results are
// exact wherever an instruction takes one factor as unsigned; wasm/runtime/dot.c is this file as a module of its own.
#ifndef CKERNELS_DOT_BYTES_H
#define CKERNELS_DOT_BYTES_H

#include <stddef.h>
#include <stdint.h>

typedef int32_t ck_sums4 __attribute__((ext_vector_type(4)));
typedef int8_t ck_bytes16 __attribute__((ext_vector_type(16)));

#if defined(__wasm_relaxed_simd__)
#define CK_DOT_FUNCTION static inline
#define CK_DOT4(s, x, y) s = (ck_sums4)__builtin_wasm_relaxed_dot_i8x16_i7x16_add_s_i32x4(y, x, s);
#elif defined(__x86_64__)
#include <immintrin.h>
#define CK_DOT_FUNCTION static inline __attribute__((target("avxvnni"), noinline))
#define CK_DOT4(s, x, y) s = (ck_sums4)_mm_dpbusd_avx_epi32((__m128i)s, (__m128i)x, (__m128i)y);
#else
#define CK_DOT_FUNCTION static inline
#define CK_DOT4(s, x, y)                                                                                               \
  for (int i = 0; i < 4; i++)                                                                                          \
    for (int j = 0; j < 4; j++) s[i] += (int32_t)(uint8_t)(x)[4 * i + j] * (y)[4 * i + j];
#endif

#if defined(__wasm__)
#define CK_DOT_PIN(value) __asm__ volatile("" : "+r"(value))
#else
#define CK_DOT_PIN(value) (void)0
#endif

#define CK_DOT_ROW(r)                                                                                                  \
  {                                                                                                                    \
    int32_t four;                                                                                                      \
    __builtin_memcpy(&four, a + 4 * r, 4);                                                                             \
    ck_bytes16 x = (ck_bytes16)(ck_sums4)(four);                                                                       \
    CK_DOT4(l##r, x, y0)                                                                                               \
    CK_DOT4(h##r, x, y1)                                                                                               \
  }
#define CK_DOT_PUT(r)                                                                                                  \
  __builtin_memcpy(c + r * ldc, &l##r, 16);                                                                            \
  __builtin_memcpy(c + r * ldc + 4, &h##r, 16);

/// C [4 · quads, 8] ← A · B: A is unsigned bytes, `[quads, blocks, 4 rows, 4]`, B signed, `[blocks, 8 columns, 4]`.
/// Rows of C are `ldc` elements apart.
CK_DOT_FUNCTION void ck_dotBytes(
    const uint8_t *_Nonnull a, const int8_t *_Nonnull b, int32_t *_Nonnull c, ptrdiff_t ldc, ptrdiff_t quads,
    ptrdiff_t blocks) {
  for (ptrdiff_t quad = 0; quad < quads; quad++) {
    ck_sums4 l0 = 0, h0 = 0, l1 = 0, h1 = 0, l2 = 0, h2 = 0, l3 = 0, h3 = 0;
    const int8_t *y = b;
    for (ptrdiff_t i = 0; i < blocks; i++) {
      CK_DOT_PIN(a);
      CK_DOT_PIN(y);
      ck_bytes16 y0, y1;
      __builtin_memcpy(&y0, y, 16);
      __builtin_memcpy(&y1, y + 16, 16);
      CK_DOT_ROW(0) CK_DOT_ROW(1) CK_DOT_ROW(2) CK_DOT_ROW(3)
      a += 16;
      y += 32;
    }
    CK_DOT_PUT(0) CK_DOT_PUT(1) CK_DOT_PUT(2) CK_DOT_PUT(3)
    c += 4 * ldc;
  }
}

/// Whether this processor has such an instruction.
static inline int ck_hasDotBytes(void) {
#if defined(__x86_64__)
  // AVX-VNNI has no name of its own in every compiler's builtin: leaf 7, subleaf 1, EAX bit 4, under AVX2.
  unsigned a, b, c, d;
  if (!__builtin_cpu_supports("avx2")) return 0;
  __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(1));
  return a >> 4 & 1;
#else
  return 0;
#endif
}

#endif
