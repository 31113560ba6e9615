// The double-precision functions of libm, by names that Swift sees on every platform. f32 kernels use them only where
// the result is rounded to f32 once.
#ifndef CKERNELS_LIBM_H
#define CKERNELS_LIBM_H

#include <math.h>

static inline double ck_sin(double x) { return sin(x); }
static inline double ck_cos(double x) { return cos(x); }
static inline double ck_tan(double x) { return tan(x); }
static inline double ck_asin(double x) { return asin(x); }
static inline double ck_acos(double x) { return acos(x); }
static inline double ck_atan(double x) { return atan(x); }
static inline double ck_sinh(double x) { return sinh(x); }
static inline double ck_cosh(double x) { return cosh(x); }
static inline double ck_tanh(double x) { return tanh(x); }
static inline double ck_asinh(double x) { return asinh(x); }
static inline double ck_acosh(double x) { return acosh(x); }
static inline double ck_atanh(double x) { return atanh(x); }
static inline double ck_exp(double x) { return exp(x); }
static inline double ck_expm1(double x) { return expm1(x); }
static inline double ck_log(double x) { return log(x); }
static inline double ck_log1p(double x) { return log1p(x); }
static inline double ck_erf(double x) { return erf(x); }
static inline double ck_pow(double x, double y) { return pow(x, y); }
static inline double ck_fmod(double x, double y) { return fmod(x, y); }

#endif
