// libm in double precision by name. f32 kernels that have no polynomial of their own round these results once.
#ifndef CKERNELS_CMATH_H
#define CKERNELS_CMATH_H

#include <math.h>

#define CK_UNARY(name)                                                                                                 \
  static inline double ck_##name(double x) { return name(x); }
#define CK_BINARY(name)                                                                                                \
  static inline double ck_##name(double x, double y) { return name(x, y); }

CK_UNARY(sin)
CK_UNARY(cos)
CK_UNARY(tan)
CK_UNARY(asin)
CK_UNARY(acos)
CK_UNARY(atan)
CK_UNARY(sinh)
CK_UNARY(cosh)
CK_UNARY(tanh)
CK_UNARY(asinh)
CK_UNARY(acosh)
CK_UNARY(atanh)
CK_UNARY(exp)
CK_UNARY(expm1)
CK_UNARY(log)
CK_UNARY(log1p)
CK_UNARY(log2)
CK_UNARY(erf)
CK_UNARY(cbrt)
CK_UNARY(tgamma)
CK_BINARY(pow)
CK_BINARY(fmod)
CK_BINARY(atan2)

#undef CK_UNARY
#undef CK_BINARY

#endif
