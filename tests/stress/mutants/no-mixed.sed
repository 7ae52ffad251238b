# a hint without the time of its last change names the wrong user
# -n 500000 -k 0 -d 20000 -t 1000 -w 8
s/^#define MIXED_VALID ((uint64_t)1 << 32)/#define MIXED_VALID ((uint64_t)0)/
