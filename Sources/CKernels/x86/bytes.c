// Products of bytes by sums of four, in 512 bits: see ck_multiplyBytes.
#include "CKernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")))
#define INLINE static inline __attribute__((always_inline)) TARGET

/// Vector `v` of 16 columns of a block: two panels, or the last one alone.
INLINE __m512i columnsOf(const int8_t *b, ptrdiff_t panelStride, int panels, int v) {
  __m256i low = _mm256_loadu_si256((const __m256i *)(b + 2 * v * panelStride));
  if (2 * v + 1 == panels) return _mm512_zextsi256_si512(low);
  return _mm512_inserti64x4(
      _mm512_castsi256_si512(low), _mm256_loadu_si256((const __m256i *)(b + (2 * v + 1) * panelStride)), 1);
}

/// Up to R rows by PANELS panels of eight columns.
INLINE void tile(
    const int R, const int PANELS, const ck_byteBlock *block, const int8_t *b, ptrdiff_t row, ptrdiff_t column) {
  const int VECTORS = (PANELS + 1) / 2;
  const ptrdiff_t blocks = block->blocks, panelStride = 32 * blocks;
  const uint8_t *a = block->a + row * 4 * blocks, *a4 = a + 16 * blocks, *a8 = a + 32 * blocks;
  __m512i s[12][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < R; r++) s[r][0] = s[r][1] = _mm512_setzero_si512();
  for (ptrdiff_t i = 0; i < blocks; i++) {
    __m512i y[2];
    y[0] = columnsOf(b, panelStride, PANELS, 0);
    y[1] = VECTORS == 2 ? columnsOf(b, panelStride, PANELS, 1) : y[0];
    b += 32;
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) {
      int32_t four;
      __builtin_memcpy(&four, (r < 4 ? a : r < 8 ? a4 : a8) + 16 * i + 4 * (r % 4), 4);
      __m512i x = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
      for (int v = 0; v < VECTORS; v++) s[r][v] = _mm512_dpbusd_epi32(s[r][v], x, y[v]);
    }
  }
  const ptrdiff_t left = block->columns - column;
  const int rows = block->rows - row < R ? (int)(block->rows - row) : R;
#pragma clang loop unroll(full)
  for (int v = 0; v < VECTORS; v++) {
    const ptrdiff_t first = column + 16 * v, count = left - 16 * v;
    const __mmask16 some = (__mmask16)(count >= 16 ? 0xffff : (1u << count) - 1);
    const __m512i sums = _mm512_maskz_loadu_epi32(some, block->columnSums + first);
    __m512i zeros = _mm512_setzero_si512();
    if (block->rowSums) {
      __m128i bytes = block->columnZeros == 0 ? _mm_setzero_si128()
                      : block->columnZeroStep
                          ? _mm_maskz_loadu_epi8(some, block->columnZeros + first)
                          : _mm_set1_epi8((char)*block->columnZeros);
      zeros = _mm512_cvtepi8_epi32(_mm_xor_si128(bytes, _mm_set1_epi8((char)block->columnFlip)));
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < R; r++) {
      if (r < rows) {
        uint8_t byte = block->rowZeros ? block->rowZeros[(row + r) * block->rowZeroStep] : 0;
        int32_t zero = byte ^ block->rowFlip;
        __m512i x = _mm512_sub_epi32(s[r][v], _mm512_mullo_epi32(_mm512_set1_epi32(zero), sums));
        if (block->rowSums) {
          x = _mm512_sub_epi32(x, _mm512_mullo_epi32(_mm512_set1_epi32(block->rowSums[row + r]), zeros));
        }
        _mm512_mask_storeu_epi32(block->c + (row + r) * block->ldc + first, some, x);
      }
    }
  }
}

/// All rows of a few panels, which stay in the first-level cache.
#define PANELS_OF(PANELS)                                                                                              \
  static TARGET __attribute__((noinline)) void panels##PANELS(                                                         \
      const ck_byteBlock *block, const int8_t *b, ptrdiff_t column) {                                                  \
    ptrdiff_t row = 0;                                                                                                 \
    for (; block->rows - row > 8 && block->rows - row != 16; row += 12) tile(12, PANELS, block, b, row, column);       \
    for (; block->rows - row > 4; row += 8) tile(8, PANELS, block, b, row, column);                                    \
    if (block->rows > row) tile(4, PANELS, block, b, row, column);                                                     \
  }
PANELS_OF(1)
PANELS_OF(2)
PANELS_OF(3)
PANELS_OF(4)

void ck_multiplyBytes(const ck_byteBlock *block) {
  for (ptrdiff_t column = 0; column < block->columns; column += 32) {
    const int8_t *b = block->b + column * 4 * block->blocks;
    ptrdiff_t left = block->columns - column;
    if (left > 24) {
      panels4(block, b, column);
    } else if (left > 16) {
      panels3(block, b, column);
    } else if (left > 8) {
      panels2(block, b, column);
    } else {
      panels1(block, b, column);
    }
  }
}

TARGET void ck_packFours(
    const uint8_t *rows, ptrdiff_t stride, int height, ptrdiff_t columns, uint8_t flip, int8_t *packed,
    ptrdiff_t panelStride, int32_t *sums, int isFirst) {
  const __m128i flips = _mm_set1_epi8((char)flip);
  const __m256i ones = _mm256_set1_epi8(1);
  for (ptrdiff_t column = 0; column < columns; column += 16) {
    ptrdiff_t left = columns - column;
    const __mmask16 some = (__mmask16)(left >= 16 ? 0xffff : (1u << left) - 1);
    __m128i x[4];
#pragma clang loop unroll(full)
    for (int r = 0; r < 4; r++) {
      // What is missing is zero in the packed matrix.
      __mmask16 mask = r < height ? some : 0;
      x[r] = _mm_maskz_mov_epi8(
          mask, _mm_xor_si128(_mm_maskz_loadu_epi8(mask, rows + (r < height ? r : 0) * stride + column), flips));
    }
    __m128i a = _mm_unpacklo_epi8(x[0], x[1]), b = _mm_unpackhi_epi8(x[0], x[1]);
    __m128i c = _mm_unpacklo_epi8(x[2], x[3]), d = _mm_unpackhi_epi8(x[2], x[3]);
    __m256i first = _mm256_set_m128i(_mm_unpackhi_epi16(a, c), _mm_unpacklo_epi16(a, c));
    __m256i second = _mm256_set_m128i(_mm_unpackhi_epi16(b, d), _mm_unpacklo_epi16(b, d));
    int8_t *to = packed + column / 8 * panelStride;
    __m256i *sum = (__m256i *)(sums + column), zero = _mm256_setzero_si256();
    _mm256_storeu_si256((__m256i *)to, first);
    _mm256_storeu_si256(sum, _mm256_dpbusd_epi32(isFirst ? zero : _mm256_loadu_si256(sum), ones, first));
    if (left > 8) {
      _mm256_storeu_si256((__m256i *)(to + panelStride), second);
      _mm256_storeu_si256(
          sum + 1, _mm256_dpbusd_epi32(isFirst ? zero : _mm256_loadu_si256(sum + 1), ones, second));
    }
  }
}
#endif
