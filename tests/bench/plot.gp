# SPDX-License-Identifier: ISC
# The picture of a bench: gnuplot -e "csv='...'; svg='...'" plot.gp

set datafile separator ','
set terminal svg size 1200,900 dynamic font 'sans,12' background 'white'
set output svg
set multiplot layout 2,2 title 'popauth and its peers' font ',16'
set style data histogram
set style histogram cluster gap 1
set style fill solid 0.8 border -1
set boxwidth 0.9
set grid ytics
set logscale y
set format y '%.0s%c'
set ylabel 'operations a second'
set key outside right top vertical samplen 1 font ',10'

peers = 'popauth popauth-key lmdb tdb bdb files redis lfht array'

# One median; gnuplot draws what a pipe prints.
median(peer, entries, processes, keys, measure) = \
    sprintf("awk -F, '$1==\"%s\" && $2==%s && $3==%s && $4==\"%s\" && $5==\"%s\"{print $8; f=1} END{if(!f) print \"nan\"}' %s", \
    peer, entries, processes, keys, measure, csv)
row(peer, cells) = "< { ".cells."; }"

set title '100,000 entries, one process, uniform keys'
set xrange [-0.7:*]
set xtics ('hit' 0, 'miss' 1, 'insert' 2, 'refresh' 3, '95/5' 4)
plot for [p in peers] row(p, \
    median(p, '100000', '1', 'uniform', 'hit').'; '. \
    median(p, '100000', '1', 'uniform', 'miss').'; '. \
    median(p, '100000', '1', 'uniform', 'insert').'; '. \
    median(p, '100000', '1', 'uniform', 'refresh').'; '. \
    median(p, '100000', '1', 'uniform', '95/5')) using 1 title p

set title 'a hit, as the table gets larger (one process, uniform)'
set xtics ('10,000' 0, '100,000' 1, '1,000,000' 2)
plot for [p in peers] row(p, \
    median(p, '10000', '1', 'uniform', 'hit').'; '. \
    median(p, '100000', '1', 'uniform', 'hit').'; '. \
    median(p, '1000000', '1', 'uniform', 'hit')) using 1 title p

set title '95 look-ups, 5 refreshes, by processes (100,000, Zipf)'
set xtics ('1' 0, '2' 1, '4' 2)
plot for [p in peers] row(p, \
    median(p, '100000', '1', 'zipf', '95/5').'; '. \
    median(p, '100000', '2', 'zipf', '95/5').'; '. \
    median(p, '100000', '4', 'zipf', '95/5')) using 1 title p

set title 'open + one look-up + close; sweep of all expired (100,000)'
set ylabel 'us; ms'
set format y '%g'
set xtics ('open + look-up, us' 0, 'sweep, ms' 1)
plot for [p in peers] row(p, \
    median(p, '100000', '1', 'uniform', 'open+lookup+close').'; '. \
    median(p, '100000', '1', 'uniform', 'sweep-all')) using 1 title p

unset multiplot
