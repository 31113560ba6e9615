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
void ck_quantizeBytes(
    int level, const float *source, uint8_t *target, ptrdiff_t count, float scale, int32_t zero, int32_t low,
    int32_t high) {
  level > 1 ? ck_quantizeBytes2(source, target, count, scale, zero, low, high)
            : ck_quantizeBytes1(source, target, count, scale, zero, low, high);
}
void ck_dequantizeBytes(
    int level, const uint8_t *source, float *target, ptrdiff_t count, float scale, int32_t zero, int isSigned) {
  level > 1 ? ck_dequantizeBytes2(source, target, count, scale, zero, isSigned)
            : ck_dequantizeBytes1(source, target, count, scale, zero, isSigned);
}
void ck_mapFloats(int level, int function, const float *source, float *target, ptrdiff_t count) {
  level > 1 ? ck_mapFloats2(function, source, target, count) : ck_mapFloats1(function, source, target, count);
}
void ck_softmaxRow(int level, const float *source, float *target, ptrdiff_t count) {
  level > 1 ? ck_softmaxRow2(source, target, count) : ck_softmaxRow1(source, target, count);
}
void ck_depthwise(int level, const ck_depthwisePlane *plane) {
  level > 1 ? ck_depthwise2(plane) : ck_depthwise1(plane);
}
#endif
