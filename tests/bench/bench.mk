# SPDX-License-Identifier: ISC
# The peers' comparison.  Included by the Makefile, whose variables it uses.

BENCH_OBJ  := $(call obj,$(wildcard tests/bench/*.c))
BENCH_LIBS := -llmdb -ltdb -ldb -lhiredis -lurcu-cds -lurcu-common -lurcu \
	-lpthread -lm

# The peers' libraries are made with -O2; hardening stays on, as in a product.
$(B)/bench/bench: $(BENCH_OBJ) $(SHMCACHE) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) $(BENCH_LIBS)

# The cost of the PAM module for a login.
$(B)/bench/login: $(B)/obj/tests/bench/login/login.o $(SHMCACHE) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) -lpam

.PHONY: bench
bench:                               ## speed beside the peers (root installs them; QUICK=1 in two minutes)
	tests/bench/run $(if $(QUICK),--quick)

$(B)/bench/shovel: $(B)/obj/tests/bench/smtp/shovel.o
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ $^

.PHONY: bench-smtp
bench-smtp:                          ## a session through the gate, beside nginx, HAProxy, Postfix (root; QUICK=1)
	tests/bench/smtp/run $(if $(QUICK),--quick)

.PHONY: bench-siege
bench-siege:                         ## who is served by a besieged listener (root; QUICK=1)
	tests/bench/siege/run $(if $(QUICK),--quick)
