# without a load of the claim before each word, a late writer writes anyway
# interleave -1
/if (word_load(control) != claim)/,/return false;/d
