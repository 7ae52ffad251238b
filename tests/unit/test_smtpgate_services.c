/* SPDX-License-Identifier: ISC */
/* services: which services of the gate a machine has. */
#include "smtpgate/check/services.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMTP (1U << CONF_SERVICE_SMTP)
#define SUBMISSION (1U << CONF_SERVICE_SUBMISSION)
#define SUBMISSIONS (1U << CONF_SERVICE_SUBMISSIONS)

static char root[] = "/tmp/popauth-services.XXXXXX";
static struct conf conf;
static struct services services;

static void
begin(void)
{
	cr_assert_not_null(mkdtemp(root));
	cr_assert_eq(conf_defaults(&conf), 0);
}

static void
end(void)
{
	char command[PATH_MAX];

	conf_free(&conf);
	snprintf(command, sizeof(command), "rm -r %s", root);
	cr_assert_eq(system(command), 0);
}

TestSuite(smtpgate_services, .init = begin, .fini = end);

static const char *
make_path(const char *name)
{
	static char path[PATH_MAX];
	char *slash;

	snprintf(path, sizeof(path), "%s%s", root, name);
	for (slash = path + strlen(root); (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		(void)mkdir(path, 0755);
		*slash = '/';
	}
	return path;
}

static void
enable(const char *target, const char *unit)
{
	char name[PATH_MAX];

	snprintf(name, sizeof(name), "/etc/systemd/system/%s.wants/%s", target,
	    unit);
	cr_assert_eq(symlink("/nonexistent", make_path(name)), 0);
}

static void
write_xinetd_file(const char *name, const char *text)
{
	FILE *file = fopen(make_path(name), "w");

	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

static void
write_xinetd(const char *text)
{
	write_xinetd_file("/etc/xinetd.d/smtpgate", text);
}

static void
listen_at(enum conf_service_number number)
{
	conf.services[number].listen.items =
	    calloc(1, sizeof(struct conf_endpoint));
	conf.services[number].listen.n = 1;
}

Test(smtpgate_services, without_any_the_service_is_smtp_as_the_gates_user)
{
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SMTP);
	cr_expect_not(services.is_by_root);
	cr_expect_not(services.listens);
	cr_expect_not(services.has_listener);
}

Test(smtpgate_services, services_with_an_address_are_found)
{
	listen_at(CONF_SERVICE_SUBMISSION);
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SUBMISSION);
	cr_expect(services.listens);
}

Test(smtpgate_services, enabled_sockets_and_the_listener_are_found)
{
	enable("sockets.target", "smtpgate-submissions.socket");
	enable("multi-user.target", "smtpgate.service");
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SUBMISSIONS);
	cr_expect(services.has_listener);
	cr_expect_not(services.is_by_root);
}

Test(smtpgate_services, xinetd_starts_the_gate_as_root)
{
	write_xinetd("service smtp\n{\n\tdisable = no\n"
		     "\tserver = /usr/sbin/smtpgate\n}\n"
		     "service submission\n{\n"
		     "\tserver = /usr/sbin/smtpgate\n"
		     "\tserver_args = -s submission\n\tdisable = yes\n}\n");
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SMTP);
	cr_expect(services.is_by_root);
	listen_at(CONF_SERVICE_SUBMISSION);
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SMTP | SUBMISSION);
	cr_expect_not(services.is_by_root);
}

Test(smtpgate_services, xinetds_arguments_name_the_service)
{
	write_xinetd("service mail-submission\n{\n"
		     "\tserver\t\t= /usr/sbin/smtpgate\n"
		     "\tserver_args\t= -s submission\n}\n"
		     "service smtp\n{\n\tserver = /usr/sbin/other\n}\n");
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SUBMISSION);
}

Test(smtpgate_services, the_shipped_file_of_xinetd_is_off)
{
	write_xinetd("service smtp\n{\n\tdisable\t\t= yes\n"
		     "\tserver\t\t= /usr/sbin/smtpgate\n}\n");
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SMTP);
	cr_expect_not(services.is_by_root);
}

Test(smtpgate_services, any_file_of_xinetd_may_start_the_gate)
{
	write_xinetd("service smtp\n{\n\tdisable\t\t= yes\n"
		     "\tserver\t\t= /usr/sbin/smtpgate\n}\n");
	write_xinetd_file("/etc/xinetd.d/site",
	    "service smtp\n{\n\tdisable = no\n"
	    "\tserver = /usr/sbin/smtpgate\n}\n");
	services_find(root, &conf, &services);
	cr_expect_eq(services.found, SMTP);
	cr_expect(services.is_by_root);
	cr_expect_not(services.is_ipv4);
}

Test(smtpgate_services, xinetds_flags_may_allow_ipv4_alone)
{
	write_xinetd("service smtp\n{\n\tflags = IPv4\n"
		     "\tserver = /usr/sbin/smtpgate\n}\n");
	services_find(root, &conf, &services);
	cr_expect(services.is_ipv4);
	listen_at(CONF_SERVICE_SMTP);
	services_find(root, &conf, &services);
	cr_expect_not(services.is_ipv4);
}
