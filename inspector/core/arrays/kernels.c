/* Sums, extremes, counts and bits of float32 in one pass each, at the speed of memory, and how often
   each bit pattern of 8 or 16 bits occurs.

   numpy goes through the numbers once for each of them, which takes three times as long although
   the later passes find them in a cache. Everything is added up as double, in runs of RUN numbers
   whose sums are then added: over n numbers the error is below (RUN + n / RUN) * 2^-53 of the sum
   of absolute values. Numbers that are not finite make sums of squares that are not, and nothing
   else here means anything then: the caller looks closer.

   packaging/build_kernels.py compiles this, kernels.py calls it. */

#include <stdint.h>

#define RUN 4096

/* One version for each generation of processors; the right one is chosen when this is loaded. */
#if defined(__x86_64__) && defined(__gnu_linux__) && !defined(__clang__) && !defined(ONE_TARGET)
#define EACH __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define EACH
#endif

#ifdef _WIN32
#define SHARED __declspec(dllexport)
#else
#define SHARED
#endif

struct tally {
    double total, squares;
    double low, high;
    int64_t zero;
};

SHARED EACH void tally_float32(const float *restrict values, int64_t size, struct tally *out)
{
    double total = 0, squares = 0;
    float low = __builtin_inff(), high = -__builtin_inff();
    int64_t zero = 0;
    for (int64_t begin = 0; begin < size; begin += RUN) {
        int64_t end = begin + RUN < size ? begin + RUN : size;
        double run_total = 0, run_squares = 0;
        int32_t run_zero = 0;
#pragma omp simd reduction(+ : run_total, run_squares, run_zero) reduction(min : low) \
    reduction(max : high)
        for (int64_t i = begin; i < end; i++) {
            float value = values[i];
            double wide = value;
            run_total += wide;
            run_squares += wide * wide;
            low = value < low ? value : low;
            high = value > high ? value : high;
            run_zero += value == 0;
        }
        total += run_total;
        squares += run_squares;
        zero += run_zero;
    }
    *out = (struct tally){total, squares, low, high, zero};
}

struct marks {
    int64_t below_normal;
    uint32_t used;
};

/* Takes the bits of float32: how many are of numbers below the smallest normal one, zero too. */
SHARED EACH void marks_float32(const uint32_t *restrict bits, int64_t size, struct marks *out)
{
    const uint32_t smallest = 0x00800000;
    int64_t below = 0;
    uint32_t used = 0;
    for (int64_t begin = 0; begin < size; begin += RUN) {
        int64_t end = begin + RUN < size ? begin + RUN : size;
        int32_t run_below = 0;
#pragma omp simd reduction(+ : run_below) reduction(| : used)
        for (int64_t i = begin; i < end; i++) {
            run_below += (bits[i] & 0x7fffffff) < smallest;
            used |= bits[i];
        }
        below += run_below;
    }
    *out = (struct marks){below, used};
}

/* Returns whether float16 holds all of these float32 exactly; infinities and NaN count as held. */
SHARED EACH int32_t fits_float16(const uint32_t *restrict bits, int64_t size)
{
    for (int64_t begin = 0; begin < size; begin += RUN) {
        int64_t end = begin + RUN < size ? begin + RUN : size;
        uint32_t lost = 0;
#pragma omp simd reduction(| : lost)
        for (int64_t i = begin; i < end; i++) {
            uint32_t magnitude = bits[i] & 0x7fffffff, power = magnitude >> 23;
            /* From 2^-14 on it has 13 bits less of the fraction, below that steps of 2^-24. */
            uint32_t less = power >= 113 ? 13 : power > 102 ? 126 - power : 24;
            uint32_t fraction = (magnitude & 0x7fffff) | 0x800000;
            uint32_t is_lost = (fraction & ((1u << less) - 1)) != 0 || power > 142;
            lost |= is_lost & (magnitude != 0) & (power != 255);
        }
        if (lost)
            return 0;
    }
    return 1;
}

struct distance {
    double total, squares, a_squares, b_squares, product;
    double largest, a_peak;
    int64_t at, changed, flips;
};

/* Looks for the place of the largest difference only if that is more than `known`. */
SHARED EACH void distance_float32(const float *restrict a, const float *restrict b, int64_t size,
                               double known, struct distance *out)
{
    double total = 0, squares = 0, a_squares = 0, b_squares = 0, product = 0, largest = 0;
    float a_peak = 0;
    int64_t changed = 0, flips = 0, at = 0;
    for (int64_t begin = 0; begin < size; begin += RUN) {
        int64_t end = begin + RUN < size ? begin + RUN : size;
        double run_total = 0, run_squares = 0, run_a = 0, run_b = 0, run_product = 0;
        double run_largest = 0;
        int32_t run_changed = 0, run_flips = 0;
#pragma omp simd reduction(+ : run_total, run_squares, run_a, run_b, run_product)               \
    reduction(+ : run_changed, run_flips) reduction(max : run_largest, a_peak)
        for (int64_t i = begin; i < end; i++) {
            union { float value; int32_t bits; } one = {a[i]}, other = {b[i]};
            double p = one.value, q = other.value, apart = __builtin_fabs(q - p);
            float size_of_one = __builtin_fabsf(one.value);
            run_total += apart;
            run_squares += apart * apart;
            run_a += p * p;
            run_b += q * q;
            run_product += p * q;
            run_largest = apart > run_largest ? apart : run_largest;
            a_peak = size_of_one > a_peak ? size_of_one : a_peak;
            run_changed += one.bits != other.bits;
            run_flips += (one.bits ^ other.bits) < 0 && one.value != 0 && other.value != 0;
        }
        total += run_total;
        squares += run_squares;
        a_squares += run_a;
        b_squares += run_b;
        product += run_product;
        changed += run_changed;
        flips += run_flips;
        if (run_largest > largest) {
            largest = run_largest;
            if (largest > known)
                for (at = begin; __builtin_fabs((double)b[at] - a[at]) != largest;)
                    at++;
        }
    }
    *out = (struct distance){total,   squares, a_squares, b_squares, product,
                             largest, a_peak,  at,        changed,   flips};
}

/* The same pattern often comes twice in a row: a counter that was just written is not ready yet, so
   neighbours have tables of their own. What comes next is fetched by hand: all this writing keeps
   the processor from looking ahead. */
#define TABLES 2
#define AHEAD 2048 /* bytes */
#define LINE 64

#define COUNT(type, patterns)                                                                   \
    SHARED void count_##type(const type##_t *restrict values, int64_t size,                     \
                             uint32_t tables[restrict TABLES][patterns])                        \
    {                                                                                           \
        const int64_t step = LINE / sizeof *values;                                             \
        int64_t i = 0;                                                                          \
        for (; i + step <= size; i += step) {                                                   \
            __builtin_prefetch((const char *)(values + i) + AHEAD);                             \
            for (int64_t j = i; j < i + step; j += TABLES)                                      \
                for (int table = 0; table < TABLES; table++)                                    \
                    tables[table][values[j + table]]++;                                         \
        }                                                                                       \
        for (; i < size; i++)                                                                   \
            tables[0][values[i]]++;                                                             \
    }

COUNT(uint8, 256)
COUNT(uint16, 65536)
