#pragma once

/*
 * Login helper: the process in which PAM and the name service run. It is the agent's own binary,
 * executed anew, so that nothing of the monitor's memory is in it. It answers LoginQuestions with
 * LoginVerdicts, one packet each, until its socket closes. What it blocks on, only one login waits
 * for; past its deadline the monitor kills it.
 */

#include "base/base.h"

#define LOGIN_HELPER_NAME  "guestops-agent: login" /* argv[0] that makes the agent a helper */
#define LOGIN_HELPER_FD    0
#define LOGIN_PACKET_BYTES ((size_t)192 << 10)

/* Return: the exit status of the process. */
int login_helper_main(const char *pam_service);
