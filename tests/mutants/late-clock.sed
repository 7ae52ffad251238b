# the clock after the geometry: a renewal goes where nobody looks any more
# interleave -1
/^cache_now(/,/^}/s/now_out->now_s = cache->clock_s();/const int early = cache_geometry(cache, \&now_out->geometry); now_out->now_s = cache->clock_s();/
/^cache_now(/,/^}/s/return cache_geometry(cache, &now_out->geometry);/return early;/
