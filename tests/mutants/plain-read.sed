# a plain read of a shared word is a data race
# threads -T -n 20000 -k 0 -t 500 -w 4
s/^\(#define WORD_LOAD_ACQUIRE(word)\) __atomic_load_n(word, __ATOMIC_ACQUIRE)$/\1 (*(word))/
