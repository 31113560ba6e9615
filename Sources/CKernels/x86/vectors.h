// Vectors of one level: WIDTH is the number of floats of one. Included with LEVEL 1 (256 bits) or 2 (512 bits).
#ifndef VECTORS_H
#define VECTORS_H

#include <immintrin.h>
#include <stddef.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(name) JOIN(name, LEVEL)

#if LEVEL == 1
#define TARGET __attribute__((target("avx2,fma")))
#define WIDTH 8
#else
#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma")))
#define WIDTH 16
#endif
#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float NAMED(floats) __attribute__((vector_size(4 * WIDTH)));
typedef float NAMED(looseFloats) __attribute__((vector_size(4 * WIDTH), aligned(4)));
#define floats NAMED(floats)

INLINE floats NAMED(load)(const float *p) { return *(const NAMED(looseFloats) *)p; }
INLINE void NAMED(store)(floats x, float *p) { *(NAMED(looseFloats) *)p = x; }
INLINE floats NAMED(splat)(float x) {
#if LEVEL == 1
  return (floats)_mm256_set1_ps(x);
#else
  return (floats)_mm512_set1_ps(x);
#endif
}
INLINE floats NAMED(fuse)(floats a, floats b, floats c) {
#if LEVEL == 1
  return (floats)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
  return (floats)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#endif
}
/// b < a ? b : a; a NaN in `a` stays.
INLINE floats NAMED(atMost)(floats a, floats b) {
#if LEVEL == 1
  return (floats)_mm256_min_ps((__m256)b, (__m256)a);
#else
  return (floats)_mm512_min_ps((__m512)b, (__m512)a);
#endif
}
INLINE floats NAMED(atLeast)(floats a, floats b) {
#if LEVEL == 1
  return (floats)_mm256_max_ps((__m256)b, (__m256)a);
#else
  return (floats)_mm512_max_ps((__m512)b, (__m512)a);
#endif
}

/// The first lanes of a vector.
#if LEVEL == 1
typedef __m256i NAMED(lanes);
static const int32_t laneMasks[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
#else
typedef __mmask16 NAMED(lanes);
#endif
#define lanes NAMED(lanes)

INLINE lanes NAMED(firstLanes)(ptrdiff_t count) {
  if (count < 0) count = 0;
  if (count > WIDTH) count = WIDTH;
#if LEVEL == 1
  return _mm256_loadu_si256((const __m256i *)(laneMasks + 8 - count));
#else
  return (__mmask16)((1u << count) - 1);
#endif
}
/// Lanes that are not among the first are zero, and their memory is not touched.
INLINE floats NAMED(loadSome)(const float *p, lanes some) {
#if LEVEL == 1
  return (floats)_mm256_maskload_ps(p, some);
#else
  return (floats)_mm512_maskz_loadu_ps(some, p);
#endif
}
INLINE void NAMED(storeSome)(floats x, float *p, lanes some) {
#if LEVEL == 1
  _mm256_maskstore_ps(p, some, (__m256)x);
#else
  _mm512_mask_storeu_ps(p, some, (__m512)x);
#endif
}

#endif
