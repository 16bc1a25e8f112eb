#pragma once

/*
 * One PAM check, without a session. Runs in the login helper only: modules block, and some leak.
 * libpam is loaded when first needed, so that the long-lived monitor has nothing but libc.
 *
 * Source: pam(3); the calls and their order are those of the VMware guest's service.
 */

#include "base/base.h"

/*
 * Loads the modules of @service ahead of the first check, and keeps them loaded: each check would
 * load them anew, which takes longer than all else in a check without password. A service that
 * cannot be read is told by pam_check().
 */
void pam_warm_up(const char *service);

/**
 * pam_check() - may this user in?
 * @password:   NULL skips authentication: account rules only (expired, locked, denied by hour…)
 * @ret_detail: what PAM said, for the guest's log; static
 *
 * Returns at once: the delay that modules ask for after a refusal is the caller's to serve.
 *
 * Return: 0, -EACCES for a refusal whatever its reason, -EIO where PAM itself is broken.
 */
int pam_check(const char *service, const char *user, const char *password, const char **ret_detail);
