#pragma once

/* Files that describe a machine, or where to find some; guestops-vm(5). */

#include "inventory/provider.h"

/* Return: 0, or a negative errno; what is wrong has been logged. */
int vm_config_load(const char *path, VmConfig **ret);
VmConfig *vm_config_free(VmConfig *config);
DEFINE_CLEANUP(VmConfig, vm_config_free)

bool vm_config_equal(const VmConfig *a, const VmConfig *b);

/* Return: what no two files may have in common: the UUID of its machine, or where it finds some. */
const char *vm_config_key(const VmConfig *config);

/* Return: the provider that the file names. */
const ProviderType *vm_config_provider(const VmConfig *config);
