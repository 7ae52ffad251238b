# an unsigned age makes a stale clock reading see young grants as old
# -n 1000000 -k 0 -d 2000 -t 500 -w 8
s/return (int32_t)(now_s - stamp_s) >= (int32_t)window_s;/return now_s - stamp_s >= window_s;/
