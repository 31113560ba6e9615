// Kernels that slide over a plane as it lies in memory, in 512 bits: what lies outside is masked instead of copied into
// a padded plane. See ck_slideProducts and ck_slideMaximum.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,bmi2")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/// Lanes whose column, counted on from `first`, is in a row of `width`.
INLINE __mmask16 inside(ptrdiff_t first, ptrdiff_t width) {
  ptrdiff_t low = first < 0 ? -first : 0, high = width - first;
  if (high > 16) high = 16;
  return low >= high ? 0 : (__mmask16)((0xffffu >> (16 - high)) & (0xffffu << low));
}

/// What one tap reads for sixteen outputs of a row.
typedef struct {
  ptrdiff_t offset;
  /// Of the columns from `offset` on; with a stride of 2 of 32 of them; and of the outputs.
  __mmask16 low, high, some;
} reach;

INLINE reach reachOf(const ck_slide *s, ptrdiff_t x, ptrdiff_t tap) {
  reach r;
  r.offset = x * s->xStride - s->xBefore + tap * s->xDilation;
  r.low = inside(r.offset, s->inputWidth);
  r.high = inside(r.offset + 16, s->inputWidth);
  r.some = s->xStride == 1 ? r.low : (__mmask16)(_pext_u32((uint32_t)r.low | (uint32_t)r.high << 16, 0x55555555));
  return r;
}

INLINE __m512 take(const float *row, const reach *r, const int STRIDE, __mmask16 low, __mmask16 high) {
  __m512 x = _mm512_maskz_loadu_ps(low, row + r->offset);
  if (STRIDE == 1) return x;
  const __m512i even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  return _mm512_permutex2var_ps(x, even, _mm512_maskz_loadu_ps(high, row + r->offset + 16));
}

INLINE __m512 finish(const int PRODUCTS, __m512 sum, __m512 low, __m512 high) {
  // NaN stays.
  return PRODUCTS ? _mm512_min_ps(high, _mm512_max_ps(low, sum)) : sum;
}

/// What a 3 x 3 kernel sees of one row, and which lanes of it are inside.
typedef struct {
  __m512 values[3];
  __mmask16 some[3];
} line;

INLINE line lineAt(const int STRIDE, const ck_slide *s, const reach *r, ptrdiff_t y) {
  line l;
  if (y < 0 || y >= s->inputHeight) {
    l.values[0] = l.values[1] = l.values[2] = _mm512_setzero_ps();
    l.some[0] = l.some[1] = l.some[2] = 0;
    return l;
  }
  const float *row = s->source + y * s->inputWidth;
#pragma clang loop unroll(full)
  for (int j = 0; j < 3; j++) {
    if (STRIDE == 1 || j != 1) l.values[j] = take(row, r + j, STRIDE, r[j].low, r[j].high);
    l.some[j] = r[j].some;
  }
  if (STRIDE == 2) {
    // The columns between those of the first tap.
    const __m512i odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    const float *p = row + r[0].offset;
    l.values[1] = _mm512_permutex2var_ps(
        _mm512_maskz_loadu_ps(r[0].low, p), odd, _mm512_maskz_loadu_ps(r[0].high, p + 16));
  }
  return l;
}

/// Sixteen columns of outputs of a 3 x 3 kernel from top to bottom; a row of the input is read once, or twice.
INLINE void slideThree(
    const int STRIDE, const int DOWN, const int PRODUCTS, const ck_slide *s, const __m512 *w, ptrdiff_t x,
    __mmask16 some) {
  const __m512 low = _mm512_set1_ps(s->low), high = _mm512_set1_ps(s->high);
  const __m512 start = _mm512_set1_ps(PRODUCTS ? s->bias : -__builtin_inff());
  const reach reaches[3] = {reachOf(s, x, 0), reachOf(s, x, 1), reachOf(s, x, 2)};
  float *to = s->output + x;
  ptrdiff_t y = -s->yBefore;
  line lines[3];
  lines[0] = lineAt(STRIDE, s, reaches, y);
  if (DOWN == 1) lines[1] = lineAt(STRIDE, s, reaches, y + 1);
  for (ptrdiff_t left = s->outputHeight; left > 0; left--) {
    if (DOWN == 2) lines[1] = lineAt(STRIDE, s, reaches, y + 1);
    lines[2] = lineAt(STRIDE, s, reaches, y + 2);
    __m512 sum = start;
#pragma clang loop unroll(full)
    for (int i = 0; i < 3; i++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < 3; j++) {
        sum = PRODUCTS ? w[3 * i + j] * lines[i].values[j] + sum
                       : _mm512_mask_max_ps(sum, lines[i].some[j], sum, lines[i].values[j]);
      }
    }
    _mm512_mask_storeu_ps(to, some, finish(PRODUCTS, sum, low, high));
    to += s->outputWidth;
    y += DOWN;
    lines[0] = DOWN == 1 ? lines[1] : lines[2];
    if (DOWN == 1) lines[1] = lines[2];
  }
}

/// Sixteen outputs of one row, whatever lies outside.
INLINE void slideRow(
    const int STRIDE, const int PRODUCTS, const ck_slide *s, ptrdiff_t x, ptrdiff_t y, __mmask16 some) {
  __m512 sum = _mm512_set1_ps(PRODUCTS ? s->bias : -__builtin_inff());
  for (ptrdiff_t i = 0; i < s->kernelHeight; i++) {
    const ptrdiff_t line = y * s->yStride - s->yBefore + i * s->yDilation;
    const __mmask16 rowMask = line >= 0 && line < s->inputHeight ? 0xffff : 0;
    const float *row = s->source + line * s->inputWidth;
    for (ptrdiff_t j = 0; j < s->kernelWidth; j++) {
      const reach r = reachOf(s, x, j);
      __m512 value = take(row, &r, STRIDE, r.low & rowMask, r.high & rowMask);
      if (PRODUCTS) {
        sum = _mm512_set1_ps(s->weights[i * s->kernelWidth + j]) * value + sum;
      } else {
        sum = _mm512_mask_max_ps(sum, r.some & rowMask, sum, value);
      }
    }
  }
  sum = finish(PRODUCTS, sum, _mm512_set1_ps(s->low), _mm512_set1_ps(s->high));
  _mm512_mask_storeu_ps(s->output + y * s->outputWidth + x, some, sum);
}

/// All outputs, sixteen columns at a time from top to bottom, so that masks are made once.
INLINE void slide(const int STRIDE, const int PRODUCTS, const ck_slide *s) {
  const int three =
      s->kernelHeight == 3 && s->kernelWidth == 3 && s->yStride <= 2 && s->yDilation == 1 && s->xDilation == 1;
  __m512 w[9];
#pragma clang loop unroll(full)
  for (int t = 0; t < 9; t++) w[t] = _mm512_set1_ps(PRODUCTS && three ? s->weights[t] : 0);
  for (ptrdiff_t x = 0; x < s->outputWidth; x += 16) {
    const __mmask16 some = inside(x, s->outputWidth);
    if (three && s->yStride == 1) {
      slideThree(STRIDE, 1, PRODUCTS, s, w, x, some);
    } else if (three) {
      slideThree(STRIDE, 2, PRODUCTS, s, w, x, some);
    } else {
      for (ptrdiff_t y = 0; y < s->outputHeight; y++) slideRow(STRIDE, PRODUCTS, s, x, y, some);
    }
  }
}

#define SLIDE(name, STRIDE, PRODUCTS) \
  static TARGET __attribute__((noinline)) void name(const ck_slide *s) { slide(STRIDE, PRODUCTS, s); }
SLIDE(products1, 1, 1)
SLIDE(products2, 2, 1)
SLIDE(maximum1, 1, 0)
SLIDE(maximum2, 2, 0)

void ck_slideProducts(const ck_slide *s) { s->xStride == 1 ? products1(s) : products2(s); }
void ck_slideMaximum(const ck_slide *s) { s->xStride == 1 ? maximum1(s) : maximum2(s); }
#endif
