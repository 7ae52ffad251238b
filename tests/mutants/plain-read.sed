# a plain read of a shared word is a data race
# threads -T -n 20000 -k 0 -t 500 -w 4
/^word_load_acquire(/,/^}/s/return __atomic_load_n(word, __ATOMIC_ACQUIRE);/return *word;/
