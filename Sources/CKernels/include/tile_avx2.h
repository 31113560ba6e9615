// A matrix tile in 256-bit vectors, for x86-64 processors that have them. It multiplies and adds, without fusing, in
// the order of the tile in GemmTile.swift: the bits are the same.
#ifndef CKERNELS_TILE_AVX2_H
#define CKERNELS_TILE_AVX2_H

#if defined(__x86_64__)

static inline int ck_hasWideTile(void) { return __builtin_cpu_supports("avx2"); }

typedef float ck_f32x8 __attribute__((ext_vector_type(8)));
typedef float ck_f32x8u __attribute__((ext_vector_type(8), aligned(4)));
#define CK_AVX2 static inline __attribute__((target("avx2"), noinline))

#define CK_TILE_BEGIN ck_f32x8 s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;
#define CK_TILE_STEP(x0, x1, x2, x3, x4, x5, x6, x7)                                                                   \
  {                                                                                                                    \
    ck_f32x8 y = *(const ck_f32x8u *)b;                                                                                \
    s0 += (ck_f32x8)(x0) * y;                                                                                          \
    s1 += (ck_f32x8)(x1) * y;                                                                                          \
    s2 += (ck_f32x8)(x2) * y;                                                                                          \
    s3 += (ck_f32x8)(x3) * y;                                                                                          \
    s4 += (ck_f32x8)(x4) * y;                                                                                          \
    s5 += (ck_f32x8)(x5) * y;                                                                                          \
    s6 += (ck_f32x8)(x6) * y;                                                                                          \
    s7 += (ck_f32x8)(x7) * y;                                                                                          \
    b += 8;                                                                                                            \
  }
#define CK_TILE_PUT(i)                                                                                                 \
  {                                                                                                                    \
    ck_f32x8u *to = (ck_f32x8u *)(c + (i) * ldc);                                                                      \
    *to = accumulate ? s##i + *to : s##i;                                                                              \
  }
#define CK_TILE_END                                                                                                    \
  CK_TILE_PUT(0) CK_TILE_PUT(1) CK_TILE_PUT(2) CK_TILE_PUT(3)                                                          \
  CK_TILE_PUT(4) CK_TILE_PUT(5) CK_TILE_PUT(6) CK_TILE_PUT(7)

/// C [8, 8] ← (C +) two panels of packed A, each [depth, 4], times a panel of packed B, [depth, 8].
CK_AVX2 void ck_wideTile(
    ptrdiff_t depth, const float *_Nonnull a, const float *_Nonnull a4, const float *_Nonnull b, float *_Nonnull c,
    ptrdiff_t ldc, int accumulate) {
  CK_TILE_BEGIN
  for (ptrdiff_t k = 0; k < depth; k++) {
    CK_TILE_STEP(a[0], a[1], a[2], a[3], a4[0], a4[1], a4[2], a4[3])
    a += 4;
    a4 += 4;
  }
  CK_TILE_END
}

/// The same from eight rows of A as they lie in memory, `stride` elements apart.
CK_AVX2 void ck_wideTileRows(
    ptrdiff_t depth, const float *_Nonnull a, ptrdiff_t stride, const float *_Nonnull b, float *_Nonnull c,
    ptrdiff_t ldc, int accumulate) {
  CK_TILE_BEGIN
  const float *a3 = a + 3 * stride, *a6 = a + 6 * stride;
  for (ptrdiff_t k = 0; k < depth; k++) {
    CK_TILE_STEP(
        a[k], a[k + stride], a[k + 2 * stride], a3[k], a3[k + stride], a3[k + 2 * stride], a6[k], a6[k + stride])
  }
  CK_TILE_END
}

#else

// Elsewhere there is none; nothing calls these.
static inline int ck_hasWideTile(void) { return 0; }
static inline void ck_wideTile(
    ptrdiff_t depth, const float *_Nonnull a, const float *_Nonnull a4, const float *_Nonnull b, float *_Nonnull c,
    ptrdiff_t ldc, int accumulate) {}
static inline void ck_wideTileRows(
    ptrdiff_t depth, const float *_Nonnull a, ptrdiff_t stride, const float *_Nonnull b, float *_Nonnull c,
    ptrdiff_t ldc, int accumulate) {}

#endif
#endif
