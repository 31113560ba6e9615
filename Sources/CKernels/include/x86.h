// Kernels in the wide vectors that x86-64 processors may have, compiled for each level and chosen at run time by the
// argument `level`. Their code is in x86/, one source for all widths; elsewhere they are not there.
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

#if defined(__x86_64__)

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
  /// B in panels of as many columns as two vectors have: [depth, panel], rows `bStride` and panels `bPanelStride` apart.
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
void ck_multiplyFloats(int level, const ck_floatBlock *_Nonnull block);

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
void ck_packFloatColumns(
    int level, const ck_floatColumns *_Nonnull columns, ptrdiff_t first, ptrdiff_t count, float *_Nonnull packed);

#endif
#endif
