// What each level defines.
#ifndef ENTRIES_H
#define ENTRIES_H

#define ENTRIES(level)                                                                                                 \
  void ck_multiplyFloats##level(const ck_floatBlock *block);                                                           \
  void ck_packFloatColumns##level(const ck_floatColumns *columns, ptrdiff_t first, ptrdiff_t count, float *packed);

ENTRIES(1)
ENTRIES(2)

#endif
