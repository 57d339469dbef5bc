/* Calls the code that was compiled for the processor at hand. */

#include "recurrent.h"

#define PUBLIC __attribute__((visibility("default")))
#define DECLARED(kind)                                  \
    int64_t skseq_forwards_float_##kind(const Call *);  \
    int64_t skseq_forwards_double_##kind(const Call *); \
    int64_t skseq_back_float_##kind(const Call *);      \
    int64_t skseq_back_double_##kind(const Call *);
#define CALLED(way, kind) \
    (call->is_double ? skseq_##way##_double_##kind(call) : skseq_##way##_float_##kind(call))

DECLARED(plain)
#ifdef HAS_AVX2
DECLARED(avx2)
#endif
#ifdef HAS_AVX512
DECLARED(avx512)
#endif

/* For a check that Python and this code speak of the same. */
PUBLIC int64_t skseq_call_size(void) { return sizeof(Call); }

/* The newest set of instructions: 0 those of every processor, 1 AVX2, 2 AVX-512. */
PUBLIC int64_t skseq_instructions(void)
{
#ifdef HAS_AVX512
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl"))
        return 2;
#endif
#ifdef HAS_AVX2
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 1;
#endif
    return 0;
}

/* Both return 0, or 1 if there is no memory. */
PUBLIC int64_t skseq_forwards(const Call *call)
{
#ifdef HAS_AVX512
    if (call->instructions == 2)
        return CALLED(forwards, avx512);
#endif
#ifdef HAS_AVX2
    if (call->instructions == 1)
        return CALLED(forwards, avx2);
#endif
    return CALLED(forwards, plain);
}

PUBLIC int64_t skseq_back(const Call *call)
{
#ifdef HAS_AVX512
    if (call->instructions == 2)
        return CALLED(back, avx512);
#endif
#ifdef HAS_AVX2
    if (call->instructions == 1)
        return CALLED(back, avx2);
#endif
    return CALLED(back, plain);
}
