# an unsigned age makes a stale clock reading see young grants as old
# interleave -1
s/return (int32_t)(now_s - stamp_s) >= (int32_t)window_s;/return now_s - stamp_s >= window_s;/
