// Constants of the vector functions, in memory: V8 builds a vector constant from two 64-bit immediates wherever it is
// used, and a load that fills all lanes takes 40 % less time over a whole exponential (measured).
#ifndef CKERNELS_COEFFICIENTS_H
#define CKERNELS_COEFFICIENTS_H

/// Polynomials are fitted for least largest error and given highest power first.
typedef struct {
  float rounder; // Neighbours are 1 apart here: adding it rounds to an integer.
  float zero, half, one, two;
  int32_t bias;  // Of the exponent of float32.
  float expLowest, expHighest, expm1Lowest, inverseLn2, ln2High, ln2Low;
  float exp[5];  // (e^r - 1 - r) / r² for |r| ≤ ln 2 / 2
  int32_t sqrtHalf;
  float smallestNormal, twoTo23, twentyThree, infinity, nan;
  float log[8];  // (log(1 + f) - f + f² / 2) / f³ for √½ ≤ 1 + f ≤ √2
  float sqrt2Less1;
  float tanhHighest;
  float erfBorder, erfHighest;
  float erf[6];  // erf(x) / x - 1 in x², below the border
  float erfc[7]; // -log(1 - erf(x)), above it
  float geluHighest;
  float tail[9]; // log2(erfc(x / √2) / 2), below the highest
  float exp2[5]; // (2^r - 1) / r for |r| ≤ ½
  float geluCube, geluScale;
  float circularHighest, twoOverPi;
  float halfPi[4]; // Parts of eight bits, and what is left.
  float sin[3];  // (sin r - r) / r³ in r² for |r| ≤ π / 4
  float cos[3];  // (cos r - 1 + r² / 2) / r⁴ in r²
} ck_coefficients_t;

static const ck_coefficients_t ck_coefficientTable = {
    .rounder = 0x1.8p23f,
    .zero = 0,
    .half = 0.5f,
    .one = 1,
    .two = 2,
    .bias = 127,
    .expLowest = -104,
    .expHighest = 89,
    .expm1Lowest = -87,
    .inverseLn2 = 1.442695f,
    .ln2High = 0.693359375f,
    .ln2Low = -2.1219444e-4f,
    .exp = {0.0013814174f, 0.008368921f, 0.041668408f, 0.1666652f, 0.49999994f},
    .sqrtHalf = 0x3f3504f3,
    .smallestNormal = 0x1p-126f,
    .twoTo23 = 0x1p23f,
    .twentyThree = 23,
    .infinity = __builtin_inff(),
    .nan = __builtin_nanf(""),
    .log = {-0.076344974f, 0.12761578f, -0.13160183f, 0.14201757f, -0.16623357f, 0.20001227f, -0.2500082f, 0.3333333f},
    .sqrt2Less1 = 0.41421356f,
    .tanhHighest = 9.5f,
    .erfBorder = 0.875f,
    .erfHighest = 3.95f,
    .erf = {-0.00062032545f, 0.0050321813f, -0.026791463f, 0.11282455f, -0.3761255f, 0.12837911f},
    .erfc = {-0.00019990123f, 0.0030819946f, -0.022381024f, 0.10425019f, 0.6368207f, 1.1278894f, 0.0001442124f},
    .geluHighest = 9,
    .tail = {-1.3773927e-06f, 2.1892502e-05f, -0.00010282695f, -0.00033944967f, 0.0073305313f, -0.052684024f,
             -0.45914438f, -1.1511133f, -0.99999982f},
    .exp2 = {0.0013264727f, 0.009671513f, 0.055507336f, 0.24022242f, 0.693147f},
    .geluCube = 0.044715f,
    .geluScale = 0.7978845608f,
    .circularHighest = 100000,
    .twoOverPi = 0.63661975f,
    .halfPi = {1.5703125f, 0.0004825592f, 1.2665987e-06f, 9.920936e-10f},
    .sin = {-0.00019516656f, 0.008332173f, -0.16666655f},
    .cos = {2.443773e-05f, -0.0013887362f, 0.041666646f},
};

CK_LANES const ck_coefficients_t *_Nonnull ck_coefficients(void) {
  const ck_coefficients_t *table = &ck_coefficientTable;
  CK_HIDE(table);
  return table;
}

#endif
