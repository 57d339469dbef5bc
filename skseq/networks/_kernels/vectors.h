/* Vectors of numbers, and what gates do with them.

A vector holds LANES numbers, of which a processor has REGISTERS. */

#include <float.h>
#include <stdint.h>

#if defined(__AVX512F__)
#define BYTES 64
#elif defined(__AVX2__)
#define BYTES 32
#else
#define BYTES 16
#endif
#if defined(__x86_64__) && !defined(__AVX512F__)
#define REGISTERS 16
#else
#define REGISTERS 32
#endif

#ifdef DOUBLE
#define REAL double
#define WHOLE int64_t
#define MANTISSA 52
#define BIAS 1023
#define EPSILON DBL_EPSILON
#define ROUNDING 6755399441055744.0 /* 1.5 * 2^52: what is added to it becomes whole */
#define FAR 708.0 /* whose exponential is a normal number, as is its reciprocal */
#else
#define REAL float
#define WHOLE int32_t
#define MANTISSA 23
#define BIAS 127
#define EPSILON FLT_EPSILON
#define ROUNDING 12582912.0f
#define FAR 87.0f
#if defined(__FMA__) || defined(__aarch64__)
#define TANH_END 7.99881172180175781f
#else
#define TANH_END 7.90531110763549805f
#endif
#endif

/* Functions of x86's vectors that the language has no words for. */
#ifdef __x86_64__
#include <immintrin.h>
#define JOIN3_(a, b, c) a##b##c
#define JOIN3(a, b, c) JOIN3_(a, b, c)
#if BYTES == 64
#define PREFIX _mm512_
#elif BYTES == 32
#define PREFIX _mm256_
#else
#define PREFIX _mm_
#endif
#ifdef DOUBLE
#define INTRINSIC(name) JOIN3(PREFIX, name, _pd)
#else
#define INTRINSIC(name) JOIN3(PREFIX, name, _ps)
#endif
#define packet __typeof__(INTRINSIC(setzero)())
#endif

#define INLINE static inline __attribute__((always_inline, unused))
#define UNROLL _Pragma("GCC unroll 16")

typedef REAL vec __attribute__((vector_size(BYTES)));
typedef WHOLE ivec __attribute__((vector_size(BYTES)));
typedef REAL loose __attribute__((vector_size(BYTES), aligned(sizeof(REAL)), may_alias));

#define LANES ((int64_t)(BYTES / sizeof(REAL)))

INLINE vec load(const REAL *from) { return *(const loose *)from; }

INLINE void store(REAL *to, vec x) { *(loose *)to = x; }

/* The first n values, zeros behind them. */
INLINE vec load_some(const REAL *from, int64_t n)
{
    if (n >= LANES)
        return load(from);
    vec x = {0};
    for (int64_t i = 0; i < n; i++)
        x[i] = from[i];
    return x;
}

INLINE void store_some(REAL *to, vec x, int64_t n)
{
    if (n >= LANES)
        store(to, x);
    else
        for (int64_t i = 0; i < n; i++)
            to[i] = x[i];
}

INLINE vec pick(ivec where, vec a, vec b)
{
    return (vec)(((ivec)a & where) | ((ivec)b & ~where));
}

/* NaN stays NaN: x86's functions take the second of two numbers if one of them is NaN. */
INLINE vec clip(vec x, REAL end)
{
    vec high = end - (vec){0};
#ifdef INTRINSIC
    return (vec)INTRINSIC(max)((packet)-high,
                               (packet)INTRINSIC(min)((packet)high, (packet)x));
#else
    x = pick(x > high, high, x);
    return pick(x < -high, -high, x);
#endif
}

/* 1 / x of normal numbers; a division takes as long as ten products. */
INLINE vec reciprocal(vec x)
{
#if defined(__AVX512F__) && !defined(DOUBLE)
    vec y = (vec)_mm512_rcp14_ps((__m512)x);
    return y * (2 - x * y);
#else
    return 1 / x;
#endif
}

/* Of x in the range of normal results: Cephes' polynomial, or Taylor's. */
INLINE vec exponential(vec x)
{
    vec shifted = x * (REAL)1.4426950408889634 + ROUNDING; /* the last bits are a whole n */
    vec n = shifted - ROUNDING;
    vec scale = (vec)((ivec)(((ivec)shifted << MANTISSA)) + ((WHOLE)BIAS << MANTISSA));
#ifndef DOUBLE
    vec r = x - n * 0.693359375f + n * 2.12194440e-4f;
    vec p = 1.3981999507e-3f + r * 1.9875691500e-4f;
    p = 4.1665795894e-2f + r * (8.3334519073e-3f + r * p);
    p = 5.0000001201e-1f + r * (1.6666665459e-1f + r * p);
#else
    vec r = x - n * 6.93145751953125e-1 - n * 1.42860682030941723212e-6;
    vec p = 1 / 479001600.0 + r * (1 / 6227020800.0);
    p = 1 / 3628800.0 + r * (1 / 39916800.0 + r * p);
    p = 1 / 40320.0 + r * (1 / 362880.0 + r * p);
    p = 1 / 720.0 + r * (1 / 5040.0 + r * p);
    p = 1 / 24.0 + r * (1 / 120.0 + r * p);
    p = 0.5 + r * (1 / 6.0 + r * p);
#endif
    return (1 + (r + r * r * p)) * scale;
}

INLINE vec sigmoid(vec x) { return reciprocal(1 + exponential(-clip(x, FAR))); }

INLINE vec hyperbolic_tangent(vec x)
{
#ifndef DOUBLE /* one ratio of polynomials, as in Eigen; 1 where it ends */
    x = clip(x, TANH_END);
    vec s = x * x;
    vec p =
        -8.60467152213735e-11f + s * (2.00018790482477e-13f + s * -2.76076847742355e-16f);
    p = 1.48572235717979e-05f + s * (5.12229709037114e-08f + s * p);
    p = 4.89352455891786e-03f + s * (6.37261928875436e-04f + s * p);
    vec q = 1.18534705686654e-04f + s * 1.19825839466702e-06f;
    q = 4.89352518554385e-03f + s * (2.26843463243900e-03f + s * q);
    return x * p * reciprocal(q);
#else /* Cephes' ratio near 0, the exponential beyond */
    vec s = x * x;
    vec p = (-9.64399179425052238628e-1 * s - 9.92877231001918586564e1) * s -
            1.61468768441708447952e3;
    vec q = ((s + 1.12811678491632931402e2) * s + 2.23548839060100448583e3) * s +
            4.84406305325125486048e3;
    vec far = 1 - 2 * reciprocal(1 + exponential(clip(2 * x, 50)));
    return pick(s < 0.625 * 0.625, x + x * s * p / q, far);
#endif
}

/* exp(-x) where x is above 0; else 1, which nothing else becomes: no gradient passes. */
INLINE vec remainder_of(vec x)
{
    vec y = exponential(-clip(x, FAR)), one = 1 - (vec){0};
    y = pick(y >= 1, one - EPSILON / 2, y);
    return pick(x <= 0, one, y);
}
