#pragma once

/* The sets of instructions for which all is compiled; names that are seen from outside
differ by them. */

#include <stdint.h>

#if UINTPTR_MAX != UINT64_MAX
#error "addresses take eight bytes"
#endif

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#if defined(__AVX512F__)
#define KIND avx512
#elif defined(__AVX2__)
#define KIND avx2
#else
#define KIND plain
#endif
