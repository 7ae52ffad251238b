# without a look at the claim before each word, a late writer writes anyway
# -n 3000000 -k 0 -d 1000 -t 500 -a 8 -w 10 -r 10
/if (word_load(control) != claim)/,/return false;/d
