// Vector operations that Swift's SIMD4 compiles to scalar code or calls. Each has a wasm builtin and a portable form
// with the same result for every input, NaN and signed zero included.
#ifndef CKERNELS_LANES_H
#define CKERNELS_LANES_H

#include <stdint.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

typedef float ck_f32x4 __attribute__((ext_vector_type(4)));
typedef int32_t ck_i32x4 __attribute__((ext_vector_type(4)));
typedef uint32_t ck_u32x4 __attribute__((ext_vector_type(4)));
typedef int16_t ck_i16x8 __attribute__((ext_vector_type(8)));
typedef uint16_t ck_u16x8 __attribute__((ext_vector_type(8)));
typedef int8_t ck_i8x16 __attribute__((ext_vector_type(16)));
typedef uint8_t ck_u8x16 __attribute__((ext_vector_type(16)));
typedef int8_t ck_i8x8 __attribute__((ext_vector_type(8)));
typedef uint8_t ck_u8x8 __attribute__((ext_vector_type(8)));
typedef int16_t ck_i16x4 __attribute__((ext_vector_type(4)));

#define CK_LANES static inline __attribute__((always_inline))

/// b < a ? b : a. A NaN in `a` stays; a NaN in `b` is dropped.
CK_LANES ck_f32x4 ck_pmin(ck_f32x4 a, ck_f32x4 b) {
#if defined(__wasm_simd128__)
  return __builtin_wasm_pmin_f32x4(a, b);
#elif defined(__SSE2__)
  return (ck_f32x4)_mm_min_ps((__m128)b, (__m128)a);
#else
  ck_i32x4 take = b < a;
  return (ck_f32x4)((take & (ck_i32x4)b) | (~take & (ck_i32x4)a));
#endif
}

/// a < b ? b : a. A NaN in `a` stays; a NaN in `b` is dropped.
CK_LANES ck_f32x4 ck_pmax(ck_f32x4 a, ck_f32x4 b) {
#if defined(__wasm_simd128__)
  return __builtin_wasm_pmax_f32x4(a, b);
#elif defined(__SSE2__)
  return (ck_f32x4)_mm_max_ps((__m128)b, (__m128)a);
#else
  ck_i32x4 take = a < b;
  return (ck_f32x4)((take & (ck_i32x4)b) | (~take & (ck_i32x4)a));
#endif
}

/// The bits of `yes` where the mask's lane is all ones, of `no` where it is all zeros.
CK_LANES ck_f32x4 ck_select(ck_i32x4 mask, ck_f32x4 yes, ck_f32x4 no) {
#if defined(__wasm_relaxed_simd__)
  return (ck_f32x4)__builtin_wasm_relaxed_laneselect_i32x4((ck_i32x4)yes, (ck_i32x4)no, mask);
#elif defined(__wasm_simd128__)
  return (ck_f32x4)__builtin_wasm_bitselect((ck_i32x4)yes, (ck_i32x4)no, mask);
#else
  return (ck_f32x4)((mask & (ck_i32x4)yes) | (~mask & (ck_i32x4)no));
#endif
}

// Comparisons as masks of all ones or all zeros.
CK_LANES ck_i32x4 ck_less(ck_f32x4 a, ck_f32x4 b) { return a < b; }
CK_LANES ck_i32x4 ck_lessEqual(ck_f32x4 a, ck_f32x4 b) { return a <= b; }
CK_LANES ck_i32x4 ck_equal(ck_f32x4 a, ck_f32x4 b) { return a == b; }

/// Whether a lane of a mask is all ones.
CK_LANES int ck_any(ck_i32x4 a) {
#if defined(__wasm_simd128__)
  return __builtin_wasm_any_true_v128((ck_i8x16)a);
#elif defined(__SSE2__)
  return _mm_movemask_ps((__m128)a) != 0;
#else
  return (a[0] | a[1] | a[2] | a[3]) != 0;
#endif
}

CK_LANES ck_f32x4 ck_abs(ck_f32x4 a) { return (ck_f32x4)((ck_i32x4)a & 0x7fffffff); }
CK_LANES ck_f32x4 ck_negate(ck_f32x4 a) { return -a; }
/// The magnitude of `a` with the sign of `b`.
CK_LANES ck_f32x4 ck_copySign(ck_f32x4 a, ck_f32x4 b) {
  return (ck_f32x4)(((ck_i32x4)a & 0x7fffffff) | ((ck_i32x4)b & (int32_t)0x80000000));
}
CK_LANES ck_f32x4 ck_floor(ck_f32x4 a) { return __builtin_elementwise_floor(a); }
CK_LANES ck_f32x4 ck_ceil(ck_f32x4 a) { return __builtin_elementwise_ceil(a); }
/// To the nearest integer, ties to even.
CK_LANES ck_f32x4 ck_nearest(ck_f32x4 a) { return __builtin_elementwise_roundeven(a); }
CK_LANES ck_f32x4 ck_squareRoot(ck_f32x4 a) { return __builtin_elementwise_sqrt(a); }

/// a · b + c, rounded twice; once where the wasm file uses relaxed SIMD and the processor has it so.
CK_LANES ck_f32x4 ck_multiplyAdd(ck_f32x4 a, ck_f32x4 b, ck_f32x4 c) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_madd_f32x4(a, b, c);
#else
  return a * b + c;
#endif
}

/// int32 to float32, rounded to nearest even.
CK_LANES ck_f32x4 ck_convert(ck_i32x4 a) { return __builtin_convertvector(a, ck_f32x4); }
/// float64 to int64, towards zero; what is beyond the range becomes its nearest end, and NaN 0.
CK_LANES int64_t ck_integer(double x) {
#if defined(__wasm__)
  return __builtin_wasm_trunc_saturate_s_i64_f64(x);
#else
  return x >= 0x1p63 ? INT64_MAX : x > -0x1p63 ? (int64_t)x : x == x ? INT64_MIN : 0;
#endif
}
/// float32 to int32, towards zero; the values must be in the range of int32.
CK_LANES ck_i32x4 ck_truncate(ck_f32x4 a) {
#if defined(__wasm_relaxed_simd__)
  return __builtin_wasm_relaxed_trunc_s_i32x4_f32x4(a);
#elif defined(__wasm_simd128__)
  return __builtin_wasm_trunc_saturate_s_i32x4_f32x4(a);
#else
  return __builtin_convertvector(a, ck_i32x4);
#endif
}

CK_LANES ck_i32x4 ck_bits(ck_f32x4 a) { return (ck_i32x4)a; }
CK_LANES ck_f32x4 ck_float(ck_i32x4 a) { return (ck_f32x4)a; }
#define CK_SHIFTS(n)                                                                                                   \
  CK_LANES ck_i32x4 ck_shiftLeft##n(ck_i32x4 a) { return a << n; }                                                     \
  CK_LANES ck_i32x4 ck_shiftRight##n(ck_i32x4 a) { return a >> n; }
CK_SHIFTS(1)
CK_SHIFTS(23)

// Lanes 0 2 4 6 and 1 3 5 7 of two vectors in a row.
CK_LANES ck_f32x4 ck_even(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 0, 2, 4, 6); }
CK_LANES ck_f32x4 ck_odd(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 1, 3, 5, 7); }
// Steps of a 4 x 4 transposition.
CK_LANES ck_f32x4 ck_interleaveLow(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 0, 4, 1, 5); }
CK_LANES ck_f32x4 ck_interleaveHigh(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 2, 6, 3, 7); }
CK_LANES ck_f32x4 ck_lowHalves(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 0, 1, 4, 5); }
CK_LANES ck_f32x4 ck_highHalves(ck_f32x4 a, ck_f32x4 b) { return __builtin_shufflevector(a, b, 2, 3, 6, 7); }

/// Sums of neighbours of the sixteen-bit products: lane i is a[2i]·b[2i] + a[2i+1]·b[2i+1], as int32.
CK_LANES ck_i32x4 ck_dot(ck_i16x8 a, ck_i16x8 b) {
#if defined(__wasm_simd128__)
  return __builtin_wasm_dot_s_i32x4_i16x8(a, b);
#elif defined(__SSE2__)
  return (ck_i32x4)_mm_madd_epi16((__m128i)a, (__m128i)b);
#else
  ck_i32x4 even = __builtin_convertvector(a.even, ck_i32x4) * __builtin_convertvector(b.even, ck_i32x4);
  ck_i32x4 odd = __builtin_convertvector(a.odd, ck_i32x4) * __builtin_convertvector(b.odd, ck_i32x4);
  return even + odd;
#endif
}

// What the wasm back end must not see through. It merges address arithmetic and nests the sums of several steps into
// one expression, and the many values that are then live spill (measured in V8: 31 instead of 50 GFLOP/s). No code.
#if defined(__wasm__)
#define CK_HIDE(value) __asm__ volatile("" : "+r"(value))
#else
#define CK_HIDE(value) (void)0
#endif
CK_LANES ck_f32x4 ck_pin(ck_f32x4 a) {
  CK_HIDE(a);
  return a;
}
CK_LANES ck_i32x4 ck_pinIntegers(ck_i32x4 a) {
  CK_HIDE(a);
  return a;
}
CK_LANES const void *_Nonnull ck_pinPointer(const void *_Nonnull p) {
  CK_HIDE(p);
  return p;
}

/// Reads a byte of every line of the cache in `bytes` bytes from `p` on, so that they are there when they are used:
/// many lines are then under way at once, where the arithmetic of a tile lets the processor look only a few ahead.
static inline void ck_touch(const void *_Nonnull p, size_t bytes) {
  const uint8_t *line = (const uint8_t *)p;
  uint32_t sum = 0;
  for (size_t i = 0; i < bytes; i += 64) {
    sum += line[i];
    CK_HIDE(sum);
  }
}

/// Two int16 as one int32 pattern, in every lane.
CK_LANES ck_i16x8 ck_splatPair(int32_t pair) { return (ck_i16x8)(ck_i32x4)(pair); }

CK_LANES ck_i32x4 ck_minIntegers(ck_i32x4 a, ck_i32x4 b) { return __builtin_elementwise_min(a, b); }
CK_LANES ck_i32x4 ck_maxIntegers(ck_i32x4 a, ck_i32x4 b) { return __builtin_elementwise_max(a, b); }

// The low bytes, and the low halves, of four integers.
CK_LANES void ck_storeBytes(ck_i32x4 a, void *_Nonnull p) {
  typedef int8_t bytes __attribute__((ext_vector_type(4)));
  bytes v = __builtin_convertvector(a, bytes);
  __builtin_memcpy(p, &v, 4);
}
CK_LANES void ck_storeHalves(ck_i32x4 a, void *_Nonnull p) {
  ck_i16x4 v = __builtin_convertvector(a, ck_i16x4);
  __builtin_memcpy(p, &v, 8);
}
// Lanes 0 to 3 and 4 to 7 as int32.
CK_LANES ck_i32x4 ck_lowIntegers(ck_i16x8 a) { return __builtin_convertvector(a.lo, ck_i32x4); }
CK_LANES ck_i32x4 ck_highIntegers(ck_i16x8 a) { return __builtin_convertvector(a.hi, ck_i32x4); }
CK_LANES ck_i16x8 ck_loadHalves(const void *_Nonnull p) {
  ck_i16x8 v;
  __builtin_memcpy(&v, p, 16);
  return v;
}
// Sixteen bytes as low and high nibbles, and those as int16.
CK_LANES ck_u8x16 ck_loadBytes(const void *_Nonnull p) {
  ck_u8x16 v;
  __builtin_memcpy(&v, p, 16);
  return v;
}
CK_LANES ck_u8x16 ck_lowNibbles(ck_u8x16 a) { return a & 15; }
CK_LANES ck_u8x16 ck_highNibbles(ck_u8x16 a) { return a >> 4; }
CK_LANES ck_i16x8 ck_lowBytes(ck_u8x16 a) { return __builtin_convertvector(a.lo, ck_i16x8); }
CK_LANES ck_i16x8 ck_highBytes(ck_u8x16 a) { return __builtin_convertvector(a.hi, ck_i16x8); }
// Nibble 0, 1, 2 or 3 of each of eight sixteen-bit words.
CK_LANES ck_i16x8 ck_nibbles0(ck_u16x8 a) { return (ck_i16x8)(a & 15); }
CK_LANES ck_i16x8 ck_nibbles1(ck_u16x8 a) { return (ck_i16x8)((a >> 4) & 15); }
CK_LANES ck_i16x8 ck_nibbles2(ck_u16x8 a) { return (ck_i16x8)((a >> 8) & 15); }
CK_LANES ck_i16x8 ck_nibbles3(ck_u16x8 a) { return (ck_i16x8)(a >> 12); }
CK_LANES ck_u16x8 ck_loadWords(const void *_Nonnull p) {
  ck_u16x8 v;
  __builtin_memcpy(&v, p, 16);
  return v;
}
/// One integer in lane 0, zero in the others.
CK_LANES ck_i32x4 ck_single(int32_t x) { return (ck_i32x4){x, 0, 0, 0}; }
// a0 b0 a1 b1 ... of the first, and of the last eight bytes.
CK_LANES ck_u8x16 ck_interleaveLowBytes(ck_u8x16 a, ck_u8x16 b) {
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}
CK_LANES ck_u8x16 ck_interleaveHighBytes(ck_u8x16 a, ck_u8x16 b) {
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

// a0 b0 a1 b1 ... of the first, and of the last four words; and of pairs of bytes.
CK_LANES ck_i16x8 ck_interleaveLowWords(ck_i16x8 a, ck_i16x8 b) {
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}
CK_LANES ck_i16x8 ck_interleaveHighWords(ck_i16x8 a, ck_i16x8 b) {
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}
CK_LANES ck_u8x16 ck_interleaveLowPairs(ck_u8x16 a, ck_u8x16 b) {
  return (ck_u8x16)ck_interleaveLowWords((ck_i16x8)a, (ck_i16x8)b);
}
CK_LANES ck_u8x16 ck_interleaveHighPairs(ck_u8x16 a, ck_u8x16 b) {
  return (ck_u8x16)ck_interleaveHighWords((ck_i16x8)a, (ck_i16x8)b);
}
/// Bytes 0 2 4 ... and 1 3 5 ..., widened.
CK_LANES ck_i16x8 ck_evenBytes(ck_u8x16 a) { return (ck_i16x8)((ck_u16x8)a & 255); }
CK_LANES ck_i16x8 ck_oddBytes(ck_u8x16 a) { return (ck_i16x8)((ck_u16x8)a >> 8); }
CK_LANES ck_u8x16 ck_maxBytes(ck_u8x16 a, ck_u8x16 b) { return __builtin_elementwise_max(a, b); }
/// 1 of each byte that is not 0.
CK_LANES ck_u8x16 ck_truths(ck_u8x16 a) { return (ck_u8x16)(a != 0) & 1; }
/// Of bools: what both are, where `both` is 1, what one alone is, where `either` is, and the opposite of `a`, where
/// `flip` is.
CK_LANES ck_u8x16 ck_combineTruths(ck_u8x16 a, ck_u8x16 b, uint8_t both, uint8_t either, uint8_t flip) {
  ck_u8x16 x = ck_truths(a), y = ck_truths(b);
  return (x & y & both) | ((x ^ y) & either) | ((x ^ flip) & flip);
}
/// The first eight bytes.
CK_LANES uint64_t ck_firstWord(ck_u8x16 a) {
  uint64_t word;
  __builtin_memcpy(&word, &a, 8);
  return word;
}
CK_LANES void ck_storeVector(ck_u8x16 a, void *_Nonnull p) { __builtin_memcpy(p, &a, 16); }

/// Sums of each four signed bytes.
CK_LANES ck_i32x4 ck_sumFours(ck_u8x16 a) {
#if defined(__wasm_simd128__)
  return __builtin_wasm_extadd_pairwise_i16x8_s_i32x4(__builtin_wasm_extadd_pairwise_i8x16_s_i16x8((ck_i8x16)a));
#else
  ck_i16x8 pairs = ((ck_i16x8)a << 8 >> 8) + ((ck_i16x8)a >> 8);
  return ck_dot(pairs, (ck_i16x8)1);
#endif
}

/// Four vectors of integers that fit signed bytes, as such.
CK_LANES ck_u8x16 ck_narrow(ck_i32x4 a, ck_i32x4 b, ck_i32x4 c, ck_i32x4 d) {
#if defined(__wasm_simd128__)
  return (ck_u8x16)__builtin_wasm_narrow_s_i8x16_i16x8(
      __builtin_wasm_narrow_s_i16x8_i32x4(a, b), __builtin_wasm_narrow_s_i16x8_i32x4(c, d));
#elif defined(__SSE2__)
  return (ck_u8x16)_mm_packs_epi16(
      _mm_packs_epi32((__m128i)a, (__m128i)b), _mm_packs_epi32((__m128i)c, (__m128i)d));
#else
  ck_u8x16 bytes;
  for (int i = 0; i < 4; i++) bytes[i] = a[i], bytes[4 + i] = b[i], bytes[8 + i] = c[i], bytes[12 + i] = d[i];
  return bytes;
#endif
}

// Eight bytes, widened.
CK_LANES ck_i16x8 ck_widenSigned(const void *_Nonnull p) {
  ck_i8x8 v;
  __builtin_memcpy(&v, p, 8);
  return __builtin_convertvector(v, ck_i16x8);
}
CK_LANES ck_i16x8 ck_widenUnsigned(const void *_Nonnull p) {
  ck_u8x8 v;
  __builtin_memcpy(&v, p, 8);
  return __builtin_convertvector(v, ck_i16x8);
}

#endif
