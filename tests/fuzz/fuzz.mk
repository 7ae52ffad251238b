# SPDX-License-Identifier: ISC
# Harnesses: tests/fuzz/NAME.c, see tests/fuzz/fuzz.h, and their common parts:
# tests/fuzz/lib.  Included by the Makefile, whose variables it uses.

FUZZ := $(filter-out replay,$(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c)))

# FLAVOUR=fuzz has libFuzzer's main(), the others replay.c's.
FUZZ_MAIN := $(if $(filter fuzz,$(FLAVOUR)),,$(call obj,tests/fuzz/replay.c))

# Calls of the gate that lib/wire.c replaces.
WIRED := close connect fstat poll recv send setsockopt socket clock_mono_ms

# The checks of the harnesses are not counted as coverage.
ifeq ($(FLAVOUR),fuzz)
$(B)/obj/tests/fuzz/lib/%.o: HARDEN_fuzz += -fno-sanitize=fuzzer-no-link
endif

comma := ,
WIRED_FUZZ := $(addprefix $(B)/fuzz/,auth_dovecot smtp_session)
$(WIRED_FUZZ): FUZZ_WRAP := $(addprefix -Wl$(comma)--wrap=,$(WIRED))
$(WIRED_FUZZ): $(call obj,tests/fuzz/lib/wire.c)
$(B)/fuzz/table: $(call obj,tests/fuzz/lib/table_world.c)
$(B)/fuzz/smtp_session: $(call obj,$(addprefix tests/fuzz/lib/,mta.c smtp_client.c))

$(B)/fuzz/%: $(B)/obj/tests/fuzz/%.o $(FUZZ_MAIN) $(GATE) $(AUTH) $(DAEMON) $(CTL) \
    $(PAMCHECK) $(DECISION) $(RULES) $(CTL_MODULE) \
    $(CONFIG) $(SHMCACHE) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) \
	    $(if $(FUZZ_MAIN),,-fsanitize=fuzzer) $(FUZZ_WRAP) -o $@ $(filter %.o,$^) \
	    -ljansson -lpam -lurcu -lpthread

# Only a sanitizer links them all; a change that breaks one is seen without.
.PHONY: fuzz-objects
fuzz-objects: $(call obj,$(wildcard tests/fuzz/*.c tests/fuzz/lib/*.c))

.PHONY: fuzz-programs
fuzz-programs: $(addprefix $(B)/fuzz/,$(FUZZ))

.PHONY: replay
replay:                              ## the fuzzers' corpora under ASan and UBSan (TAP)
	tests/fuzz/run replay

.PHONY: fuzz
fuzz:                                ## new inputs for all parsers (FUZZ_SECONDS= each, SEED=, HARNESS=)
	tests/fuzz/run hunt $(or $(FUZZ_SECONDS),60) $(or $(SEED),0) $(HARNESS)
