#pragma once

/*
 * Becoming the guest user, irreversibly. Source: credentials(7), setresuid(2).
 */

#include "schema/types.h"

/**
 * identity_become() - groups, then gid, then uid, saved ids too, and look that it cannot be undone
 *
 * An agent that is not root can only be who it is.
 *
 * Return: 0, -EPERM where the kernel or the check said no, -EINVAL for ids out of range.
 */
int identity_become(const LoginVerdict *who);
