/*
 * A log-linear histogram of nanoseconds: 128 buckets per power of two, so that a value is known
 * to 0.8 %. A value is reported as its bucket's upper edge, as HdrHistogram does.
 */
#ifndef MOORING_BENCH_HISTOGRAM_H
#define MOORING_BENCH_HISTOGRAM_H

#include "common.h"

#define SUB_BITS 7
#define BUCKETS ((64 - SUB_BITS + 1) << SUB_BITS)

struct histogram {
    uint64_t counts[BUCKETS], total, max;
};

static inline unsigned bucket_of(uint64_t value) {
    if (value < 2u << SUB_BITS) return (unsigned) value;
    unsigned shift = (unsigned) (63 - __builtin_clzll(value) - SUB_BITS);
    return (shift << SUB_BITS) + (unsigned) (value >> shift);
}

static inline uint64_t bucket_top(unsigned bucket) {
    if (bucket < 2u << SUB_BITS) return bucket;
    unsigned shift = (bucket >> SUB_BITS) - 1;
    uint64_t in_octave = bucket - (shift << SUB_BITS);
    return ((in_octave + 1) << shift) - 1;
}

static inline void record(struct histogram *h, uint64_t value) {
    h->counts[bucket_of(value)]++;
    h->total++;
    if (value > h->max) h->max = value;
}

static inline uint64_t percentile(const struct histogram *h, double percent) {
    uint64_t rank = (uint64_t) (percent / 100.0 * (double) h->total + 0.5), seen = 0;
    if (rank < 1) rank = 1;
    for (unsigned i = 0; i < BUCKETS; i++) {
        seen += h->counts[i];
        if (seen >= rank) return bucket_top(i) < h->max ? bucket_top(i) : h->max;
    }
    return 0;
}

/* {"p50":..,"p90":..,"p99":..,"p99.9":..,"max":..,"buckets":[[top,count],...]} */
static inline void print_histogram(const struct histogram *h) {
    printf("{\"p50\":%llu,\"p90\":%llu,\"p99\":%llu,\"p99.9\":%llu,\"max\":%llu,\"buckets\":[",
           (unsigned long long) percentile(h, 50), (unsigned long long) percentile(h, 90),
           (unsigned long long) percentile(h, 99), (unsigned long long) percentile(h, 99.9),
           (unsigned long long) h->max);
    const char *comma = "";
    for (unsigned i = 0; i < BUCKETS; i++) {
        if (!h->counts[i]) continue;
        printf("%s[%llu,%llu]", comma, (unsigned long long) bucket_top(i),
               (unsigned long long) h->counts[i]);
        comma = ",";
    }
    printf("]}");
}

#endif
