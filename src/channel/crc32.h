#pragma once

/* CRC-32 as in ISO 3309 and zlib. */

#include "base/base.h"

uint32_t crc32_of(const void *data, size_t size);
