/* SPDX-License-Identifier: ISC */
/*
 * filter - print the gate's filters of system calls, as arrays of struct
 * sock_filter: one with unix sockets, one without.
 *
 * Usage: filter MACHINE      as the compiler names it: x86_64, aarch64 ...
 *
 * It runs when the gate is compiled, on the builder, which may be another machine
 * than the gate's: libseccomp knows the numbers of both.
 *
 * A call that is not listed fails with EPERM.  So the gate cannot open a file,
 * run a program, create, find or signal a process, make memory executable,
 * change its privileges, or make a socket except to connect to a server.
 */
#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

static const struct {
	const char *name;
	uint32_t arch;
} machines[] = {
    {"x86_64", SCMP_ARCH_X86_64},
    {"aarch64", SCMP_ARCH_AARCH64},
    {"mips64el", SCMP_ARCH_MIPSEL64},
    {"powerpc64le", SCMP_ARCH_PPC64LE},
    {"riscv64", SCMP_ARCH_RISCV64},
    {"s390x", SCMP_ARCH_S390X},
};

static const int allowed[] = {
    /* open descriptors; accept4(2) and epoll: for the listener */
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(pread64),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(lseek),
    SCMP_SYS(fstat),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(accept4),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    /* sockets; socket(2) itself is below */
    SCMP_SYS(connect),
    SCMP_SYS(shutdown),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    /* time, memory, random bytes, exit */
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(getrandom),
    SCMP_SYS(futex),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* AF_UNIX last: one of the filters is without it */
static const int domains[] = {AF_INET, AF_INET6, AF_UNIX};

static const int memory[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

static void
check(int result)
{
	if (result == 0)
		return;
	fprintf(stderr, "filter: libseccomp: error %d\n", -result);
	exit(EX_SOFTWARE);
}

#define N(array) (sizeof(array) / sizeof((array)[0]))

static void
add_rules(scmp_filter_ctx ctx, size_t n_domains)
{
	size_t i;

	for (i = 0; i < N(allowed); i++)
		check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, allowed[i], 0));
	for (i = 0; i < n_domains; i++)
		check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)domains[i])));
	for (i = 0; i < N(memory); i++)
		check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, memory[i], 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)));
	/* fstat(3) of glibc, by descriptor alone */
	check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
	    SCMP_A3(SCMP_CMP_EQ, 0x1000 /* AT_EMPTY_PATH */)));
	/* a worker learns of its supervisor's death (listener/worker.c) */
	check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1,
	    SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG)));
	/* F_GETFL and F_SETFL, for pipes */
	check(seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 0));
}

static uint32_t
find_arch(const char *machine)
{
	for (size_t i = 0; i < N(machines); i++)
		if (strcmp(machine, machines[i].name) == 0)
			return machines[i].arch;
	fprintf(
	    stderr, "filter: no numbers of system calls for '%s'\n", machine);
	exit(EX_USAGE);
}

/* Rules are for the machines that the filter has when they are added. */
static void
set_arch(scmp_filter_ctx ctx, uint32_t arch)
{
	if (arch == seccomp_arch_native())
		return;
	check(seccomp_arch_add(ctx, arch));
	check(seccomp_arch_remove(ctx, seccomp_arch_native()));
}

static void
print_filter(const char *name, uint32_t arch, size_t n_domains)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	FILE *program = tmpfile();
	struct sock_filter op;

	if (ctx == NULL || program == NULL) {
		perror("filter");
		exit(EX_OSERR);
	}
	/* A binary tree of comparisons rather than a list. */
	check(seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2));
	set_arch(ctx, arch);
	add_rules(ctx, n_domains);
	check(seccomp_export_bpf(ctx, fileno(program)));
	rewind(program);
	printf("static const struct sock_filter %s[] = {\n", name);
	while (fread(&op, sizeof(op), 1, program) == 1)
		printf(
		    "{0x%04x, %u, %u, 0x%08x},\n", op.code, op.jt, op.jf, op.k);
	printf("};\n");
	seccomp_release(ctx);
	fclose(program);
}

int
main(int argc, char **argv)
{
	const uint32_t arch = find_arch(argc == 2 ? argv[1] : "");

	print_filter("with_unix_sockets", arch, N(domains));
	print_filter("without_unix_sockets", arch, N(domains) - 1);
	return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}
