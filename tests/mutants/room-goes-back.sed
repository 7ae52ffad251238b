# a store of the level that is allocated takes back what another process announced
# interleave -1
/^add(/,/^}/s/(void)word_cas(word, seen, seen + 1);/*word = seen + 1;/
