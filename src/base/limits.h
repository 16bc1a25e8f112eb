#pragma once

/* Limits of this process. */

#include "base/base.h"

/* As many descriptors as we may have: every guest, client and started program costs one. */
void limits_raise_descriptors(void);
