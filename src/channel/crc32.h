#pragma once

/*
 * CRC-32 as in ISO 3309 and zlib. The way of the bits that it is done by is that of Sam Russell,
 * "Chorba: A novel CRC32 implementation", 2024.
 */

#include "base/base.h"

uint32_t crc32_of(const void *data, size_t size);
