// Kernels in the wide vectors that x86-64 processors may have, compiled for each level and chosen at run time by the
// argument `level`. Their code is in x86/, one source for all widths; elsewhere no level has them.
#ifndef CKERNELS_X86_H
#define CKERNELS_X86_H

#include <stdint.h>

/// 0: nothing beyond the baseline, 1: AVX2 and FMA, 2: AVX-512 (F, BW, DQ, VL), 3: AVX-512 with VNNI.
static inline int ck_vectorLevel(void) {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return 0;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl"))
    return 1;
  return __builtin_cpu_supports("avx512vnni") ? 3 : 2;
#else
  return 0;
#endif
}

// Elsewhere the functions are there and do nothing: callers ask for the level first.
#if defined(__x86_64__)
#define CK_X86(...) __VA_ARGS__;
#else
#define CK_X86(...) static inline __VA_ARGS__ {}
#endif

/// What follows a product before it is stored: bounded(alpha · sum + bias + addend).
typedef struct {
  float alpha, low, high;
  /// One for each column, or for each row.
  const float *_Nullable bias;
  int biasPerRow;
  /// Of the output's layout.
  const float *_Nullable addend;
} ck_floatEnd;

/// One block of depth of a product of f32 matrices.
typedef struct {
  ptrdiff_t rows, columns, depth;
  /// A [rows, depth], rows `aStride` apart; or, where that is 0, panels of four rows, [depth, 4], `aPanelStride` apart.
  const float *_Nonnull a;
  ptrdiff_t aStride, aPanelStride;
  /// B in panels of as many columns as two vectors have, [depth, panel]: rows `bStride`, panels `bPanelStride` apart.
  const float *_Nonnull b;
  ptrdiff_t bStride, bPanelStride;
  /// A last panel that is narrower, with rows `bLastStride` apart.
  const float *_Nonnull bLast;
  ptrdiff_t bLastStride;
  float *_Nonnull c;
  ptrdiff_t ldc;
  /// Adds to what is in C.
  int accumulate;
  /// NULL where more of the depth follows.
  const ck_floatEnd *_Nullable end;
} ck_floatBlock;

/// C ← (C +) A · B, each product fused with its sum, in order of the depth.
CK_X86(void ck_multiplyFloats(int level, const ck_floatBlock *_Nonnull block))

/// What a convolution sees as a matrix: element (tap, position) is at offset taps[tap] + the position's from `source`.
typedef struct {
  const float *_Nonnull source;
  /// Offsets of the taps that are packed.
  const int32_t *_Nonnull taps;
  ptrdiff_t depth;
  /// Sizes of the output's rows and planes, and offsets from one position to the next in a row, a plane, a volume.
  ptrdiff_t width, height, xStep, yStep, zStep;
} ck_floatColumns;

/// Packs `count` positions from `first` on as panels for ck_multiplyFloats, which follow each other; a last panel has
/// rows of a multiple of eight.
CK_X86(void ck_packFloatColumns(
    int level, const ck_floatColumns *_Nonnull columns, ptrdiff_t first, ptrdiff_t count, float *_Nonnull packed))

/// A product of bytes. A is unsigned bytes in quads of rows, [quads, blocks, 4 rows, 4], B signed ones in panels of
/// eight columns, [panels, blocks, 8, 4], with the sums of its columns.
typedef struct {
  ptrdiff_t rows, columns, blocks;
  const uint8_t *_Nonnull a;
  const int8_t *_Nonnull b;
  int32_t *_Nonnull c;
  ptrdiff_t ldc;
  const int32_t *_Nonnull columnSums;
  /// Zero points of the rows, `rowZeroStep` apart, as unsigned bytes after ^ rowFlip; NULL is 0 before it.
  const uint8_t *_Nullable rowZeros;
  ptrdiff_t rowZeroStep;
  uint8_t rowFlip;
  /// Sums of A less its zero points by row, where B has zero points; and those, as signed bytes after ^ columnFlip.
  const int32_t *_Nullable rowSums;
  const uint8_t *_Nullable columnZeros;
  ptrdiff_t columnZeroStep;
  uint8_t columnFlip;
} ck_byteBlock;

/// C ← (A - a0) · (B - b0), exact while sums fit in int32, which wrap. For level 3.
CK_X86(void ck_multiplyBytes(const ck_byteBlock *_Nonnull block))

/// Packs up to four rows of bytes ^ flip, `stride` apart, as one block of such a B; `packed` is the block
/// in the first panel. Adds to the sums of the columns, or begins them. For level 3.
CK_X86(void ck_packFours(
    const uint8_t *_Nonnull rows, ptrdiff_t stride, int height, ptrdiff_t columns, uint8_t flip,
    int8_t *_Nonnull packed, ptrdiff_t panelStride, int32_t *_Nonnull sums, int isFirst))

/// round(x / scale) + zero, ties to even, between `low` and `high`, as bytes; NaN becomes `zero`.
CK_X86(void ck_quantizeBytes(
    int level, const float *_Nonnull source, uint8_t *_Nonnull target, ptrdiff_t count, float scale, int32_t zero,
    int32_t low, int32_t high))
/// (q - zero) · scale.
CK_X86(void ck_dequantizeBytes(
    int level, const uint8_t *_Nonnull source, float *_Nonnull target, ptrdiff_t count, float scale, int32_t zero,
    int isSigned))

enum { CK_EXP, CK_TANH, CK_SIGMOID, CK_SILU, CK_ERF, CK_GELU, CK_GELU_TANH };
/// A function of each value, the bits of Transcendental.swift. `target` may be `source`.
CK_X86(void ck_mapFloats(
    int level, int function, const float *_Nonnull source, float *_Nonnull target, ptrdiff_t count))

/// Softmax of one row, the bits of Softmax.swift.
CK_X86(void ck_softmaxRow(int level, const float *_Nonnull source, float *_Nonnull target, ptrdiff_t count))

/// Rows of a depthwise convolution over a plane whose taps are at offsets from an output's place; nothing is fused.
typedef struct {
  const float *_Nonnull plane;
  const float *_Nonnull weights;
  const int32_t *_Nonnull taps;
  ptrdiff_t tapCount;
  /// Elements from one row of outputs to the next, in the plane.
  ptrdiff_t down;
  ptrdiff_t height, width;
  float *_Nonnull output;
  float bias, low, high;
} ck_depthwisePlane;
CK_X86(void ck_depthwise(int level, const ck_depthwisePlane *_Nonnull plane))

/// A kernel over a plane as it lies in memory; what lies outside is padding. `xStride` is 1 or 2.
typedef struct {
  const float *_Nonnull source;
  float *_Nonnull output;
  ptrdiff_t inputHeight, inputWidth, outputHeight, outputWidth, kernelHeight, kernelWidth;
  ptrdiff_t yStride, xStride, yDilation, xDilation, yBefore, xBefore;
  /// Of products alone.
  const float *_Nullable weights;
  float bias, low, high;
} ck_slide;

/// bounded(bias + Σ weight · x), padding 0, nothing fused: as ck_depthwise. For level 2 and up.
CK_X86(void ck_slideProducts(const ck_slide *_Nonnull slide))
/// The largest value that is no padding; of several with NaN the one after the last. For level 2 and up.
CK_X86(void ck_slideMaximum(const ck_slide *_Nonnull slide))

#undef CK_X86
#endif
