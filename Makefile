# SPDX-License-Identifier: ISC
# popauth - one Makefile, non-recursive.  `make help` lists the targets.
#
# Variables: CC CFLAGS CPPFLAGS LDFLAGS, which come after our own flags and win;
# CC_FOR_BUILD (for a cross build: the builder's own compiler);
# DESTDIR prefix sysconfdir pamdir mandir unitdir,
# V=1 (show commands), WERROR=1 (warnings are errors), FLAVOUR=release|asan|tsan|fuzz
# (objects of each flavour are in build/FLAVOUR/; fuzz needs CC=clang).

FLAVOUR   ?= release
B         := build/$(FLAVOUR)
VERSION   := 0.1.0

prefix     ?= /usr
sbindir    ?= $(prefix)/sbin
sysconfdir ?= /etc
mandir     ?= $(prefix)/share/man
bashdir    ?= $(prefix)/share/bash-completion/completions
zshdir     ?= $(prefix)/share/zsh/site-functions
MULTIARCH  := $(shell $(CC) -print-multiarch 2>/dev/null)
libdir     ?= $(prefix)/lib
pkglibdir  ?= $(libdir)/popauth
pamdir     ?= /lib/$(if $(MULTIARCH),$(MULTIARCH)/)security
unitdir    ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
docdir     ?= $(prefix)/share/doc

# ---- how things are compiled ------------------------------------------------

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wnull-dereference -Wundef -Wcast-qual \
	-Wcast-align -Wwrite-strings -Wvla -Wswitch-enum -Wimplicit-fallthrough \
	-Wpointer-arith $(if $(WERROR),-Werror)

CFLAGS  ?=
LDFLAGS ?=

# What the compiler defines with the user's flags; empty without a compiler.
MACROS := $(shell $(CC) -O2 $(CPPFLAGS) $(CFLAGS) -dM -E -x c /dev/null 2>/dev/null)
ifneq (,$(MACROS))
ifeq (,$(findstring __LP64__,$(MACROS)))
$(error popauth needs a 64-bit machine: "$(CC) $(CFLAGS)" compiles for another)
endif
endif

# Usage: $(call if-taken,FLAG): the flag, if the compiler knows it.
if-taken = $(shell $(CC) $(CFLAGS) $(1) -Werror -fsyntax-only -x c /dev/null 2>/dev/null && echo '$(1)')

# The user's level counts, and without optimization there can be none.
FORTIFY := $(if $(findstring __OPTIMIZE__,$(MACROS)),$(if \
	$(findstring _FORTIFY_SOURCE,$(MACROS)),,-D_FORTIFY_SOURCE=3))
# Calls and returns checked by the processor: of x86, of arm64.
BRANCHES := $(call if-taken,-fcf-protection) $(call if-taken,-mbranch-protection=standard)

HARDEN_release := -O2 -g $(FORTIFY)
HARDEN_asan    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined \
	-fno-sanitize-recover=all
LINK_asan      := -fsanitize=address,undefined
# For the stress program only: ThreadSanitizer supports neither Criterion nor fences.
HARDEN_tsan    := -O1 -g -fno-omit-frame-pointer -fsanitize=thread -DWORD_STEP
LINK_tsan      := -fsanitize=thread
HARDEN_fuzz    := $(HARDEN_asan) -fsanitize=fuzzer-no-link
LINK_fuzz      := $(LINK_asan)

ALL_CPPFLAGS := -I. -D_GNU_SOURCE -DPOPAUTH_VERSION='"$(VERSION)"' \
	-DPOPAUTH_LIBDIR='"$(pkglibdir)"' $(CPPFLAGS)
# -fPIC for all, because the same objects go into programs and the module.
ALL_CFLAGS := -std=c11 $(WARN) -fPIC -fvisibility=hidden \
	-fstack-protector-strong -fstack-clash-protection $(BRANCHES) \
	$(HARDEN_$(FLAVOUR)) $(CFLAGS)
ALL_LDFLAGS := $(LINK_$(FLAVOUR)) \
	-Wl,-z,relro,-z,now,-z,noexecstack -Wl,--as-needed $(LDFLAGS)

# The machine that programs are compiled for, and the compiler of programs that
# run while they are.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) $(CFLAGS) -dumpmachine 2>/dev/null)))
ifeq ($(MACHINE),$(shell uname -m))
CC_FOR_BUILD       ?= $(CC)
CPPFLAGS_FOR_BUILD ?= $(CPPFLAGS)
endif
CC_FOR_BUILD       ?= cc

comma := ,
say = $(if $(V),,@printf '  %-4s %s\n' $(1) $@;)

obj = $(patsubst %.c,$(B)/obj/%.o,$(1))

# ---- what there is ----------------------------------------------------------

COMMON    := $(call obj,$(wildcard common/*.c))
CONFIG    := $(call obj,$(wildcard config/*.c))
SHMCACHE  := $(call obj,$(wildcard shmcache/*.c))
MODULE    := $(call obj,$(wildcard pam_popauth/*.c))
# All objects of a program but main.o are linked into its unit tests, too.
DAEMON    := $(call obj,$(filter-out popauthd/main.c,$(wildcard popauthd/*.c)))
CTL       := $(call obj,$(filter-out popauthctl/main.c,$(wildcard popauthctl/*.c)))
PAMCHECK  := $(call obj,$(wildcard pamcheck/*.c))
DECISION  := $(call obj,$(wildcard decision/*.c))
RULES     := $(call obj,$(wildcard rules/*.c))
GATE      := $(call obj,$(filter-out smtpgate/main.c smtpgate/sandbox/filter.c, \
	$(wildcard smtpgate/*.c smtpgate/*/*.c)))
TLS       := $(call obj,$(wildcard smtpgate-tls/*.c))
AUTH      := $(call obj,$(filter-out smtpgate-auth/main.c,$(wildcard smtpgate-auth/*.c)))
# The module's parser of options.
CTL_MODULE := $(call obj,pam_popauth/arguments.c)
# The records between the gate and smtpgate-auth.
GATE_AUTH := $(call obj,smtpgate-auth/request.c)
UNIT      := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/test_*.c))
PAMTESTS  := $(patsubst tests/pam/%.c,%,$(wildcard tests/pam/test_*.c))

EXAMPLES  := tests/system/machines/server/etc/postfix/master.cf.gate
# Each page is beside its program.
MANUALS   := $(wildcard $(foreach n,5 7 8,*/*.$(n))) $(B)/popauth.conf.5

PROGRAMS := $(addprefix $(B)/,popauthd popauthctl smtpgate smtpgate-tls.so \
	smtpgate-auth pam_popauth.so)

.PHONY: all
all: $(PROGRAMS) $(B)/popauth.conf.5                     ## build everything (the default)

$(B)/popauthd: $(B)/obj/popauthd/main.o $(DAEMON) $(RULES) $(CONFIG) $(SHMCACHE) $(COMMON)
$(B)/popauthd: LIBS = -lurcu -lpthread
$(B)/popauthctl: $(B)/obj/popauthctl/main.o $(CTL) $(PAMCHECK) $(DECISION) $(RULES) $(CTL_MODULE) $(CONFIG) $(SHMCACHE) $(COMMON)
# Exported: modules call these when popauthctl plays a login (pamtest.c).
$(B)/popauthctl: LIBS = -ljansson -lpam \
	-Wl,--export-dynamic-symbol=pam_syslog \
	-Wl,--export-dynamic-symbol=pam_vsyslog \
	-Wl,--export-dynamic-symbol=pam_popauth_log
# libseccomp makes the filter of system calls here, once: at each start of a gate
# it would take longer than the rest of the start.
$(B)/gen/sandbox_filter.h: smtpgate/sandbox/filter.c Makefile
	@mkdir -p $(@D)
	$(call say,GEN)$(CC_FOR_BUILD) $(CPPFLAGS_FOR_BUILD) -O1 -o $(B)/gen/filter $< -lseccomp && \
	    $(B)/gen/filter $(MACHINE) >$@.new && mv $@.new $@
$(B)/obj/smtpgate/sandbox/sandbox.o: $(B)/gen/sandbox_filter.h
$(B)/obj/smtpgate/sandbox/sandbox.o: ALL_CPPFLAGS += -I$(B)/gen

$(B)/smtpgate: $(B)/obj/smtpgate/main.o $(GATE) $(DECISION) $(RULES) $(GATE_AUTH) $(CONFIG) $(SHMCACHE) $(COMMON)
$(B)/smtpgate-auth: $(B)/obj/smtpgate-auth/main.o $(AUTH) $(CONFIG) $(SHMCACHE) $(COMMON)
# Exported: libpam and its modules log by these (smtpgate-auth/syslog.c).
$(B)/smtpgate-auth: LIBS = -lpam $(addprefix -Wl$(comma)--export-dynamic-symbol=, \
	syslog vsyslog __syslog_chk __vsyslog_chk)

$(B)/popauthd $(B)/popauthctl $(B)/smtpgate $(B)/smtpgate-auth:
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) $(LIBS)

# The gate loads it when it has a certificate (smtpgate/wire/tls.h).
$(B)/smtpgate-tls.so: $(TLS)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -shared $(ALL_LDFLAGS) -Wl,--no-undefined \
	    -o $@ $(filter %.o,$^) -lssl -lcrypto

# The manual page is made of the comments of the reference.
$(B)/popauth.conf.5: config/manual.awk config/reference.conf config/popauth.conf.5.in
	$(call say,GEN)awk -f config/manual.awk RS= config/reference.conf \
	    RS='\n' config/popauth.conf.5.in >$@.new && mv $@.new $@

# The module uses only those files of common/ that may run inside another program,
# and exports only pam_sm_*.
MODULE_COMMON := $(call obj,$(addprefix common/,addr.c cidr.c client.c clock.c logline.c logsocket.c siphash.c)) \
	$(call obj,rules/inforce.c rules/rules.c)

$(B)/pam_popauth.so: $(MODULE) $(SHMCACHE) $(MODULE_COMMON) pam_popauth/module.map
	$(call say,LD)$(CC) $(ALL_CFLAGS) -shared $(ALL_LDFLAGS) -Wl,--no-undefined \
	    -Wl,--version-script=pam_popauth/module.map \
	    -o $@ $(filter %.o,$^) -lpam

$(B)/obj/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A path that is compiled in: a change of it builds these again.
.PHONY: force
$(B)/libdir: force
	@mkdir -p $(@D)
	@echo '$(pkglibdir)' | cmp -s - $@ || echo '$(pkglibdir)' >$@
$(call obj,$(addprefix smtpgate/,main.c listener/worker.c sandbox/sandbox.c wire/tls.c)): $(B)/libdir

# ---- tests ------------------------------------------------------------------

# Criterion's macros have conversions that our own code may not have.
$(B)/obj/tests/%.o: ALL_CFLAGS += -Wno-conversion

$(B)/unit/%: $(B)/obj/tests/unit/%.o $(GATE) $(TLS) $(AUTH) $(DAEMON) $(CTL) \
    $(PAMCHECK) $(DECISION) $(RULES) $(CTL_MODULE) $(CONFIG) $(SHMCACHE) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) \
	    -lcriterion -ljansson -lpam -lurcu -lssl -lcrypto \
	    -lpthread

# -rdynamic: the runner's own pam_popauth_log() receives the module's lines.
$(B)/pam/%: $(B)/obj/tests/pam/%.o \
    $(B)/obj/tests/pam/fixture.o $(B)/obj/tests/pam/auth_fixture.o $(AUTH) \
    $(CONFIG) $(SHMCACHE) $(COMMON)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie -rdynamic $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) -lcriterion -lpam

# The stacks of pam-check beside those of libpam.
$(B)/pam/test_pam_stacks: $(call obj,$(addprefix pamcheck/,pamcontrol.c pamfile.c pamflaw.c pammodule.c pamrun.c))

.SECONDARY:

.PHONY: unit
unit: $(addprefix $(B)/unit/,$(UNIT)) | fuzz-objects ## unit tests (TAP); compiles the fuzz harnesses, too
	@tests/unit/run $^

# A plain program, for valgrind, too.  A sanitizer has its own malloc.
$(B)/pam/cycles: $(B)/obj/tests/pam/cycles.o $(SHMCACHE) $(COMMON) \
    $(if $(LINK_$(FLAVOUR)),,$(B)/obj/tests/pam/blocks.o)
	@mkdir -p $(@D)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie -rdynamic $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) -lpam

.PHONY: pam
pam: $(B)/pam_popauth.so $(B)/pam/cycles $(B)/bench/login $(addprefix $(B)/pam/,$(PAMTESTS)) ## the module under the real libpam (TAP)
	@tests/pam/run $(B) $(PAMTESTS)

.PHONY: races
races:                               ## the table under every interruption, stress, mutants: short (TAP)
	tests/races short $(SEED)

.PHONY: stress
stress:                              ## long accidents: a hundred million operations, ten thousand kills (STRESS_OPS=, SEED=)
	tests/races long "$(SEED)" $(STRESS_OPS)

.PHONY: layout
layout: all                          ## floors, circles, sizes and recipes of the sources (TAP)
	tests/layout/check

.PHONY: manual
manual:                              ## the manual pages compared with the tree (TAP)
	tests/manual/check

.PHONY: model
model:                               ## all states of the table's protocol, by spin (TAP)
	tests/model/run long

STRESS := $(call obj,$(wildcard tests/stress/*.c) \
	common/addr.c common/cidr.c common/client.c common/clock.c common/siphash.c)

# With FLAVOUR=tsan.
$(B)/stress: $(STRESS) $(SHMCACHE)
	$(call say,LD)$(CC) $(ALL_CFLAGS) -pie $(ALL_LDFLAGS) -o $@ \
	    $(filter %.o,$^) -lpthread

.PHONY: threads
threads:                             ## the table's threads under ThreadSanitizer: gcc's, and clang's if installed (TAP)
	tests/races threads $(SEED)

.PHONY: check
check:                               ## all tests; installs what they need (root)
	tests/check

.PHONY: dialogues
dialogues:                           ## random dialogues with each MTA (N=, SEED=); as root (TAP)
	ONLY=RandomDialogues DIALOGUES=$(or $(N),1000) SEED=$(or $(SEED),1) \
	    tests/system/suite smtp-dialogues mtas

.PHONY: check-packages
check-packages:                      ## the packages: as files, and installed on machines; as root (TAP)
	tests/packages/check
	tests/packages/builds
	tests/packages/next build/deb-next >build/deb-next.log 2>&1
	tests/packages/next build/deb-layout layout >build/deb-layout.log 2>&1
	tests/system/suite install-matrix upgrade upgrade-site readme autopkgtest
	tests/boot/run

.PHONY: check-trixie
check-trixie:                        ## story, POP servers and MTAs of Debian 13; as root (TAP)
	RELEASE=trixie tests/system/suite story pop-hangup pop-servers pop-recipes mtas mail-clients balancers
	RELEASE=trixie SETUP_ACCIDENTS=no SETUP_SITES="stock virtual_files old_style postscreen nat" \
	    tests/system/suite setup

.PHONY: check-boot
check-boot:                          ## the packages on a machine that boots in qemu, with systemd and AppArmor; as root (TAP)
	tests/boot/run

.PHONY: demo
demo:                                ## the story on real servers (root; HOLD=1 keeps it running)
	tests/system/demo

include tests/fuzz/fuzz.mk
include tests/bench/bench.mk

# ---- products ---------------------------------------------------------------

# Usage: $(call pages,SECTION)
pages = $(notdir $(filter %.$(1),$(MANUALS)))

UNITS    := $(wildcard */*.service */*.socket */*.timer)
# They share one completion; popauthctl has its own.
COMPLETED := popauthd smtpgate smtpgate-auth popauth-setup popauth-keys
SYSUSERS := popauthd smtpgate
TMPFILES := smtpgate

# Usage: $(call place,FILE): the file, with the paths of this installation.
place = sed -e 's,/usr/sbin/,$(sbindir)/,g' -e 's,/usr/lib/popauth/,$(pkglibdir)/,g' $(1)
# Usage: $(call put,FILE,PLACE)
put = $(call place,$(1)) | install -D -m 0644 /dev/stdin $(DESTDIR)$(2)
# Usage: $(call keep,FILE,PLACE): existing configuration is not overwritten.
keep = @if [ -e $(DESTDIR)$(2) ]; then echo "kept $(DESTDIR)$(2)"; \
	else $(call put,$(1),$(2)); fi
# Usage: $(call drop,FILE,PLACE): remove it unless it was changed.
drop = @if [ -e $(DESTDIR)$(2) ] && ! $(call place,$(1)) | cmp -s - $(DESTDIR)$(2); then \
	echo "kept $(DESTDIR)$(2)"; else rm -f $(DESTDIR)$(2); fi

# A line of a recipe for each.
define newline


endef

.PHONY: install
install: all                         ## into DESTDIR, below prefix; keeps existing configuration
	install -D -m 0755 -t $(DESTDIR)$(sbindir) $(B)/popauthd $(B)/popauthctl \
	    $(B)/smtpgate $(B)/smtpgate-auth
	install -D -m 0644 -t $(DESTDIR)$(pkglibdir) $(B)/smtpgate-tls.so
	install -d -m 0755 $(DESTDIR)$(sbindir)
	sed 's,/usr/lib/popauth/setup,$(pkglibdir)/setup,' popauth-setup/popauth-setup \
	    >$(DESTDIR)$(sbindir)/popauth-setup
	$(call place,popauth-keys/popauth-keys) >$(DESTDIR)$(sbindir)/popauth-keys
	chmod 0755 $(DESTDIR)$(sbindir)/popauth-setup $(DESTDIR)$(sbindir)/popauth-keys
	install -D -m 0644 -t $(DESTDIR)$(pkglibdir)/setup popauth-setup/lib/*
	install -D -m 0755 -t $(DESTDIR)$(pkglibdir) \
	    popauthctl/popauth-postlogin
	install -D -m 0644 -t $(DESTDIR)$(pamdir) $(B)/pam_popauth.so
	install -D -m 0644 -t $(DESTDIR)$(docdir)/smtpgate/fail2ban smtpgate/fail2ban/smtpgate.conf
	install -D -m 0644 -t $(DESTDIR)$(docdir)/smtpgate/examples $(EXAMPLES)
	install -D -m 0644 config/reference.conf \
	    $(DESTDIR)$(docdir)/popauthd/examples/popauth.conf.reference
	install -D -m 0644 popauthctl/popauthctl.bash $(DESTDIR)$(bashdir)/popauthctl
	install -D -m 0644 popauthctl/popauthctl.zsh $(DESTDIR)$(zshdir)/_popauthctl
	$(foreach p,$(COMPLETED),install -D -m 0644 popauthd/popauthd.bash \
	    $(DESTDIR)$(bashdir)/$(p)$(newline))
	install -D -m 0644 popauthd/popauthd.zsh $(DESTDIR)$(zshdir)/_popauthd
	install -D -m 0644 -t $(DESTDIR)$(mandir)/man5 $(filter %.5,$(MANUALS))
	install -D -m 0644 -t $(DESTDIR)$(mandir)/man7 $(filter %.7,$(MANUALS))
	install -D -m 0644 -t $(DESTDIR)$(mandir)/man8 $(filter %.8,$(MANUALS))
	install -d -m 0755 $(DESTDIR)$(pkglibdir)/empty \
	    $(DESTDIR)$(sysconfdir)/popauth/conf.d
	$(foreach u,$(UNITS),$(call put,$(u),$(unitdir)/$(notdir $(u)))$(newline))
	$(foreach n,$(SYSUSERS),$(call put,debian/$(n).sysusers,$(sysusersdir)/$(n).conf)$(newline))
	$(foreach n,$(TMPFILES),$(call put,debian/$(n).tmpfiles,$(tmpfilesdir)/$(n).conf)$(newline))
	$(call keep,config/popauth.conf,$(sysconfdir)/popauth/popauth.conf)
	$(call keep,smtpgate-auth/smtpgate.pam,$(sysconfdir)/pam.d/smtpgate)
	$(call keep,smtpgate/smtpgate.xinetd,$(sysconfdir)/xinetd.d/smtpgate)

.PHONY: uninstall
uninstall:                           ## remove the installed files; keeps changed configuration
	rm -f $(addprefix $(DESTDIR),\
	    $(addprefix $(sbindir)/,popauthd popauthctl popauth-setup popauth-keys smtpgate smtpgate-auth) \
	    $(pkglibdir)/popauth-postlogin \
	    $(pkglibdir)/smtpgate-tls.so $(pamdir)/pam_popauth.so \
	    $(docdir)/popauthd/examples/popauth.conf.reference \
	    $(docdir)/smtpgate/fail2ban/smtpgate.conf \
	    $(addprefix $(docdir)/smtpgate/examples/,$(notdir $(EXAMPLES))) \
	    $(addprefix $(bashdir)/,popauthctl $(COMPLETED)) \
	    $(zshdir)/_popauthctl $(zshdir)/_popauthd \
	    $(addprefix $(unitdir)/,$(notdir $(UNITS))) \
	    $(patsubst %,$(sysusersdir)/%.conf,$(SYSUSERS)) \
	    $(patsubst %,$(tmpfilesdir)/%.conf,$(TMPFILES)) \
	    $(addprefix $(mandir)/man5/,$(call pages,5)) \
	    $(addprefix $(mandir)/man7/,$(call pages,7)) \
	    $(addprefix $(mandir)/man8/,$(call pages,8)))
	$(call drop,config/popauth.conf,$(sysconfdir)/popauth/popauth.conf)
	$(call drop,smtpgate-auth/smtpgate.pam,$(sysconfdir)/pam.d/smtpgate)
	$(call drop,smtpgate/smtpgate.xinetd,$(sysconfdir)/xinetd.d/smtpgate)
	rm -rf $(DESTDIR)$(pkglibdir)/setup
	-@rmdir $(addprefix $(DESTDIR),$(pkglibdir)/empty $(pkglibdir) \
	    $(docdir)/smtpgate/fail2ban $(docdir)/smtpgate/examples $(docdir)/smtpgate \
	    $(docdir)/popauthd/examples $(docdir)/popauthd \
	    $(sysconfdir)/popauth/conf.d $(sysconfdir)/popauth) 2>/dev/null || true

.PHONY: dist
dist:                                ## the last commit as build/popauth-VERSION.tar.gz
	@mkdir -p build
	git -c safe.directory="$(CURDIR)" archive --prefix=popauth-$(VERSION)/ HEAD | gzip -9n \
	    >build/popauth-$(VERSION).tar.gz

.PHONY: deb
deb:                                 ## Debian packages into build/deb/
	debian/build-debs build/deb

.PHONY: clean
clean:                               ## remove compiled files (the test roots stay)
	rm -rf build/release build/asan build/tsan build/fuzz

.PHONY: help
help:                                ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

-include $(shell find $(B) -name '*.d' 2>/dev/null)
