# lowering an address without a mark loses a neighbour's grant
# -n 3000000 -k 0 -d 1000 -t 500 -a 8 -w 10 -r 20
s/: control_with_mark(seen, control_mark(seen) + 1);/: seen;/
