# lowering an address without a mark loses a neighbour's grant
# -n 6000000 -k 0 -d 1000 -t 500 -a 4 -w 8 -r 30
s/: control_with_mark(seen, control_mark(seen) + 1);/: seen;/
