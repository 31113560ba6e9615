// What each level defines.
#ifndef ENTRIES_H
#define ENTRIES_H

#define ENTRIES(level)                                                                                                 \
  void ck_multiplyFloats##level(const ck_floatBlock *block);                                                           \
  void ck_packFloatColumns##level(const ck_floatColumns *columns, ptrdiff_t first, ptrdiff_t count, float *packed);    \
  void ck_quantizeBytes##level(                                                                                        \
      const float *source, uint8_t *target, ptrdiff_t count, float scale, int32_t zero, int32_t low, int32_t high);    \
  void ck_dequantizeBytes##level(                                                                                      \
      const uint8_t *source, float *target, ptrdiff_t count, float scale, int32_t zero, int isSigned);                 \
  void ck_mapFloats##level(int function, const float *source, float *target, ptrdiff_t count);                         \
  void ck_softmaxRow##level(const float *source, float *target, ptrdiff_t count);                                      \
  void ck_depthwise##level(const ck_depthwisePlane *plane);

ENTRIES(1)
ENTRIES(2)

#endif
