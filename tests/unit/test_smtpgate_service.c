/* SPDX-License-Identifier: ISC */
/* service: the names. */
#include "smtpgate/service.h"

#include "config/conf.h"

#include <criterion/criterion.h>

Test(smtpgate_service, each_service_is_found_by_its_name)
{
	cr_expect_eq(service_number("smtp"), CONF_SERVICE_SMTP);
	cr_expect_eq(service_number("submission"), CONF_SERVICE_SUBMISSION);
	cr_expect_eq(service_number("submissions"), CONF_SERVICE_SUBMISSIONS);
}

Test(smtpgate_service, any_other_name_is_none)
{
	cr_expect_eq(service_number(""), -1);
	cr_expect_eq(service_number("smtps"), -1);
}
